"""Every screen drawn in French and English at the two tablet sizes, then measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens.checker import name_faults, overlap_faults, target_faults, text_faults
from tests.screens.render import Stage
from tests.screens.samples import SHELLS, STATES

PPI = 97.0
SIZES = ((1280, 800), (800, 1280))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", STATES)
def test_screen(stage: Stage, name: str, size: tuple[int, int], language: str) -> None:
    shell = replace(SHELLS.get(name, SHELLS[""]), language=language)
    view = stage.show(STATES[name], shell, size)
    colours = stage.colours()
    assert colours > 20, f"only {colours} colours: nothing was drawn"
    top = view.children[0]  # an overlay, when there is one, is what fingers meet
    faults = text_faults(view, size) + target_faults(top, size, PPI) + name_faults(top)
    if top is view.children[-1]:  # an overlay lies over the rest on purpose
        faults += overlap_faults(view)
    assert not faults, "\n".join(faults)
