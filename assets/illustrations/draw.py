"""Draws every illustration of the kiosk: SVG built in Python, rasterised by resvg, written as optimised PNG.

    .venv/bin/python assets/illustrations/draw.py            all of them
    .venv/bin/python assets/illustrations/draw.py canoe lake  some
    .venv/bin/python assets/illustrations/draw.py --sheet /tmp/sheet.png   a contact sheet with the small crop

Pictures used by offers are 1024 x 640 pixels; their subject stays inside y = 110..530 so that the kiosk's wide
card (380 x 156) can crop them around the middle. `attract_*` are 1080 x 1920 and `attract_wide_*` 1920 x 1200,
with calm sky above and a quiet, darker foreground below for text. Deterministic: the same sources give the same pixels.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import resvg_py
import scenes_attract
import scenes_evening
import scenes_fields
import scenes_indoors
import scenes_paths
import scenes_sights
import scenes_squares
from kit import Scene
from PIL import Image

HERE = Path(__file__).resolve().parent
SIZES = {
    "attract": (1080, 1920),
    "present_card": (1080, 1080),
    "card_face": (856, 540),
    "emblem": (512, 512),
    "app_icon": (512, 512),
}
TRANSPARENT = {"card_face", "emblem", "app_icon"}
ZOOM_WIDE = 1.875  # 1024 x 640 becomes 1920 x 1200
ICON_SIZES = (512, 128, 48)
LIFTS = {
    "bees": 36, "cycling": 44, "goats": 44, "hiking": 28, "horses": 36, "mills": 10, "ochres": 26, "olive_grove": 50,
    "orchard": 36, "truffle": 24, "garden": 36, "night_sky": 26, "petanque": 26, "hotel": 26, "market": 22,
    "hamlet_shop": 24, "station": 40, "fountain": 20,
    "restaurant": 40, "cafe": 34, "antiques": 30, "pottery": 44, "deals": 26, "baths": 20, "reading": 36,
}  # fmt: skip


def catalogue() -> dict[str, Callable[[Scene], None]]:
    """Every picture's name and the function that paints it."""
    found: dict[str, Callable[[Scene], None]] = {}
    modules = (
        scenes_fields,
        scenes_paths,
        scenes_squares,
        scenes_sights,
        scenes_indoors,
        scenes_evening,
        scenes_attract,
    )
    for module in modules:
        found.update(module.SCENES)
    return found


def size_of(name: str) -> tuple[int, int]:
    """Width and height of the scene `name` in drawing units: pixels, but for the wide attract scenes."""
    if name.startswith("attract_wide_"):
        return 1024, 640  # drawn in the landscapes' own units, see ZOOM_WIDE
    return SIZES.get(name, SIZES["attract"] if name.startswith("attract_") else (1024, 640))


def render(name: str, paint: Callable[[Scene], None]) -> Image.Image:
    """Paint one scene; only the drawings of the card and the emblem may keep a transparent ground."""
    scene = Scene(name, *size_of(name), lift=LIFTS.get(name, 0))
    paint(scene)
    svg = scene.svg(ZOOM_WIDE if name.startswith("attract_wide_") else 1)
    image = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")
    if image.getchannel("A").getextrema()[0] == 255:
        return image.convert("RGB")
    if name not in TRANSPARENT:
        raise ValueError(f"{name} leaves a part of its ground unpainted")
    return image


def write_icons(image: Image.Image, folder: Path) -> None:
    """The application's icon at the sizes that window managers and menus ask for."""
    folder.mkdir(exist_ok=True)
    for size in ICON_SIZES:
        image.resize((size, size), Image.Resampling.LANCZOS).save(folder / f"zerot-{size}.png", optimize=True)


def write_sheet(target: Path, folder: Path, names: list[str]) -> None:
    """Contact sheet: each landscape in full beside its 380 x 156 crop, to be looked at by a person."""
    cell_w, cell_h, columns = 380, 400, 4
    sheet = Image.new("RGB", (cell_w * columns, cell_h * -(-len(names) // columns)), "#FBF7F0")
    for i, name in enumerate(names):
        x, y = (i % columns) * cell_w, (i // columns) * cell_h
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        w, h = picture.size
        band = round(w * 156 / 380)
        sheet.paste(picture.resize((370, round(370 * h / w)), Image.Resampling.LANCZOS).crop((0, 0, 370, 232)), (x, y))
        sheet.paste(
            picture.crop((0, (h - band) // 2, w, (h + band) // 2)).resize((370, 152), Image.Resampling.LANCZOS),
            (x, y + 238),
        )
    sheet.save(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--icons", type=Path, default=HERE.parent / "icons")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--list", action="store_true", help="print the scenes' names and draw nothing")
    arguments = parser.parse_args()
    scenes = catalogue()
    if arguments.list:
        print("\n".join(sorted(scenes)))
        return
    names: list[str] = arguments.names or list(scenes)
    unknown = sorted(set(names) - set(scenes))
    if unknown:
        parser.error(f"no such scene: {', '.join(unknown)}")
    for name in names:
        if name == "app_icon":
            write_icons(render(name, scenes[name]), arguments.icons)
            continue
        target = arguments.out / f"{name}.png"
        render(name, scenes[name]).save(target, optimize=True)
        print(f"{target.name}  {target.stat().st_size // 1024} KiB")
    if arguments.sheet:
        write_sheet(arguments.sheet, arguments.out, [name for name in names if name != "app_icon"])


if __name__ == "__main__":
    main()
