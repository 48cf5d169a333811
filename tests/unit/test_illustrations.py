"""The drawings: all there, the right size, small enough, opaque, not one colour, and what the scripts really draw."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "assets" / "illustrations"
ICONS = ROOT / "assets" / "icons"
SPECIAL = {"present_card": (1080, 1080), "card_face": (856, 540), "emblem": (512, 512)}
FOLDER_LIMIT_BYTES = 6 * 1024 * 1024
# A picture that 380 x 156 pixels turn into one flat field says nothing: standard deviation of its lightness, 0 … 255.
LEAST_CONTRAST = 12.0
WHITE_TEXT_RATIO = 7.0


def _names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.png"))


def _landscapes() -> list[str]:
    return [name for name in _names() if name not in SPECIAL and not name.startswith("attract_")]


def _open(name: str) -> Image.Image:
    return Image.open(io.BytesIO((FOLDER / f"{name}.png").read_bytes()))


def _luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_there_are_enough_and_they_are_light() -> None:
    assert len(_landscapes()) >= 30
    assert sum(name.startswith("attract_wide_") for name in _names()) == 4
    assert sum(name.startswith("attract_") for name in _names()) == 8
    assert set(SPECIAL) <= set(_names())
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) <= FOLDER_LIMIT_BYTES


@pytest.mark.parametrize("name", _names())
def test_picture(name: str) -> None:
    image = _open(name)
    wanted = SPECIAL.get(name, (1024, 640))
    if name.startswith("attract_"):
        wanted = (1920, 1200) if name.startswith("attract_wide_") else (1080, 1920)
    assert image.size == wanted
    assert image.mode == ("RGBA" if name in {"card_face", "emblem"} else "RGB")
    colours = image.convert("RGB").resize((95, 59)).getcolors(95 * 59)
    assert colours is not None and len(colours) > 60, "hardly any colour: the scene did not draw"


@pytest.mark.parametrize("name", _landscapes())
def test_landscape_reads_in_the_wide_card(name: str) -> None:
    """The kiosk's card shows the middle band at 380 x 156; its lower half must hold something."""
    image = _open(name)
    band = round(image.width * 156 / 380)
    top = (image.height - band) // 2
    crop = image.crop((0, top, image.width, top + band)).resize((380, 156)).convert("L")
    assert ImageStat.Stat(crop).stddev[0] >= LEAST_CONTRAST
    assert ImageStat.Stat(crop.crop((60, 50, 320, 156))).stddev[0] >= LEAST_CONTRAST


@pytest.mark.parametrize("name", [name for name in _names() if name.startswith("attract_")])
def test_white_text_reads_on_the_lower_half_of_attract_scenes(name: str) -> None:
    """From 72 % of the height down, 58 % in landscape: white against the lightest of a grid of cells."""
    whole = _open(name).convert("RGB")
    top = round(whole.height * (0.58 if name.startswith("attract_wide_") else 0.72))
    image = whole.crop((0, top, whole.width, whole.height)).resize((24, 12), Image.Resampling.BOX)
    cells = [image.getpixel((x, y)) for x in range(24) for y in range(12)]
    lightest = max(_luminance(cell) for cell in cells if isinstance(cell, tuple))
    assert 1.05 / (lightest + 0.05) >= WHITE_TEXT_RATIO, f"{1.05 / (lightest + 0.05):.1f}:1"


def test_icons() -> None:
    for size in (512, 128, 48):
        icon = Image.open(io.BytesIO((ICONS / f"zerot-{size}.png").read_bytes()))
        assert icon.size == (size, size) and icon.mode == "RGBA"
        corner, middle = icon.getpixel((0, 0)), icon.getpixel((size // 2, size // 2))
        assert isinstance(corner, tuple) and corner[3] == 0
        assert isinstance(middle, tuple) and middle[3] == 255


def _draw(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(FOLDER / "draw.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_drawing_again_gives_the_same_pixels(tmp_path: Path) -> None:
    """Two steps of lightness, and one pixel in a thousand beyond: a rasteriser rounds edges as its processor does."""
    some = ["canoe", "market", "night_sky", "card_face", "attract_village"]
    done = _draw("--out", str(tmp_path), *some)
    assert done.returncode == 0, done.stderr
    for name in some:
        kept, again = _open(name).convert("RGBA"), Image.open(tmp_path / f"{name}.png").convert("RGBA")
        assert kept.size == again.size
        histogram = ImageChops.difference(kept, again).convert("L").histogram()
        assert sum(histogram[3:]) <= kept.width * kept.height // 1000, name


@pytest.mark.slow
def test_every_kept_picture_has_a_scene_and_the_other_way_round(tmp_path: Path) -> None:
    done = _draw("--list")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) - {"app_icon"} == set(_names())


def test_unknown_scene_is_an_error(tmp_path: Path) -> None:
    done = _draw("--out", str(tmp_path), "volcano")
    assert done.returncode == 2
    assert "no such scene: volcano" in done.stderr
    assert list(tmp_path.iterdir()) == []
