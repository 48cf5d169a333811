"""Widgets that draw by themselves: QR codes that cameras read, pictures that fail, tokens, signs."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk import theme
from tests.screens.render import Stage
from tests.screens.samples import BACK, SHELLS, STATES

SIZES = [(1280, 800), (800, 1280)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("paid", "ticket_payload"),
        ("load_done", "receipt_payload"),
        ("take_away", "qr_payload"),
        ("take_away_page", "page_url"),
        ("coupon_used", "qr_payload"),
        ("wifi", "qr_payload"),
    ],
)
def test_qr_is_read_back(stage: Stage, name: str, field: str, size: tuple[int, int]) -> None:
    import zxingcpp
    from PIL import Image

    stage.show(STATES[name], SHELLS.get(name, BACK), size)
    pixels, shape = stage.pixels()
    image = Image.frombytes("RGB", shape, pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    found = zxingcpp.read_barcodes(image)
    assert [code.text for code in found] == [getattr(STATES[name], field)]


def test_unreadable_picture_leaves_a_coloured_ground(stage: Stage, tmp_path: Path) -> None:
    from kiosk.widgets.picture import RoundedPicture

    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    stage.show(STATES["home"], BACK, SIZES[0])
    picture = RoundedPicture(source=str(broken))
    assert picture.texture is not None


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)
def test_token_pairs_contrast_seven_to_one(palette: theme.Palette) -> None:
    poor = {
        f"{ink} on {ground}": round(ratio, 2)
        for ink, ground in theme.TEXT_PAIRS
        if (ratio := theme.contrast(getattr(palette, ink), getattr(palette, ground))) < 7
    }
    assert not poor
    assert all(theme.contrast(palette.white, door) >= 7 for door in palette.doors)


def test_contrast_is_the_published_one() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # WCAG's own example of a near miss


def test_density_keeps_targets_at_twelve_millimetres() -> None:
    for ppi, width, height in (
        (97, 1280, 800),
        (149, 1280, 800),
        (149, 800, 1280),
        (102.5, 1080, 1920),
        (141, 1920, 1080),
    ):
        pixels = theme.TARGET * theme.density(ppi, width, height)
        assert pixels / ppi * 25.4 >= 12.0 - 0.01
        assert theme.TARGET_PRIMARY * theme.density(ppi, width, height) / ppi * 25.4 >= 15.0 - 0.01


def test_signs_are_those_of_the_font() -> None:
    from kiosk.widgets.icons import GLYPHS

    font = importlib.import_module("fonticon_mdi7").MDI7
    assert {name: sign for name, sign in GLYPHS.items() if getattr(font, name)[-1] != sign} == {}


def test_long_content_is_cut_between_words(stage: Stage) -> None:
    from tests.screens.checker import text_faults

    long_name = "Visite guidée de l'ancienne manufacture de papier et de ses roues à aubes " * 3
    long_text = "On y apprend comment l'eau, le chiffon et la patience faisaient une feuille. " * 30
    for size in SIZES:
        offer = STATES["offer"].offer  # type: ignore[union-attr]
        state = replace(STATES["offer"], offer=replace(offer, name=long_name, pitch=long_text))  # type: ignore[type-var]
        view = stage.show(state, BACK, size)
        pitch = view.screen.ids.pitch
        assert pitch.text.endswith("…")
        assert pitch.whole == long_text
        assert text_faults(view, size) == []
        home = STATES["home"]
        card = replace(home.strip[0], name=long_name)  # type: ignore[union-attr]
        view = stage.show(replace(home, strip=(card, *home.strip[1:])), BACK, size)  # type: ignore[union-attr, type-var]
        assert text_faults(view, size) == []
        assert long_name in [control.touch_label for control in view.walk() if hasattr(control, "touch_label")]
