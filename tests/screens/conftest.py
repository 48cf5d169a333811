"""One X server and one Kivy window for all screen tests of this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.screens.render import Stage, prepare_environment, start_xvfb


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    prepare_environment()
    xvfb = start_xvfb()
    try:
        opened = Stage()
        opened.open()
        yield opened
    finally:
        if xvfb is not None:
            xvfb.terminate()
            xvfb.wait(timeout=10)
