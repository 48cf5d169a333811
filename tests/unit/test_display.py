"""How large the kiosk's window begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk import display
from tests.fixtures.x_screen import x_screen


def test_the_size_is_the_x_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with x_screen(tmp_path, "1080x1920") as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        assert display.x11_size() == (1080, 1920)


@pytest.mark.parametrize("name", ["", ":4711"])
def test_without_an_x_server_nothing_is_known(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name)
    assert display.x11_size() is None


def test_without_the_library_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display, "X11_LIBRARY", "libX11-that-is-not-there.so")
    assert display.x11_size() is None
