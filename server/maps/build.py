"""An OpenStreetMap extract into an MBTiles in our colours: features, style, tiles drawn by Mapnik in a child process.

Mapnik comes from Debian (python3-mapnik), which a virtual environment cannot see: the system's Python runs
`draw_tiles.py`. The file is made aside and takes its name when it is complete.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.maps import Bounds, bounds_from_degrees, tiles_in
from server.maps.features import extract_features
from server.maps.style import build_style

DRAWER = Path(__file__).with_name("draw_tiles.py")
SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/bin/python3.11", "/usr/bin/python3.13")
CHECK_SECONDS = 60
BLOCK = 8  # tiles a side drawn at once: 2 048 pixels, so that few labels meet an edge
TILES_MAX = 400_000
FORMATS = {"webp": "webp:quality=76:method=6", "png": "png8:c=96:z=9:m=h", "jpg": "jpeg85"}
OSM_CREDIT = "© contributeurs OpenStreetMap"
FACES = {"strong": "Roboto Bold", "medium": "Roboto Regular", "slanted": "Roboto Italic"}
FACE_FILES = ("Roboto-Bold.ttf", "Roboto-Regular.ttf", "Roboto-Italic.ttf")
DEBIAN_FACES = {"strong": "DejaVu Sans Bold", "medium": "DejaVu Sans Book", "slanted": "DejaVu Sans Oblique"}

Degrees = tuple[float, float, float, float]  # west, south, east, north


class MapNotBuilt(Exception):
    """There is no map; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw. `bounds` None = what the extract covers."""

    extract: Path
    out: Path
    zooms: tuple[int, int] = (11, 16)
    bounds: Degrees | None = None
    name: str = ""
    credit: str = OSM_CREDIT
    form: str = "webp"


@dataclass(frozen=True, slots=True)
class Built:
    """What was made."""

    features: int
    tiles: int
    bytes: int
    bounds: Degrees


def system_python() -> str:
    """A Python of the system that has Mapnik. Raises MapNotBuilt."""
    for python in SYSTEM_PYTHONS:
        if not os.access(python, os.X_OK):
            continue
        done = subprocess.run([python, "-c", "import mapnik"], capture_output=True, timeout=CHECK_SECONDS, check=False)
        if done.returncode == 0:
            return python
    raise MapNotBuilt("Maps are drawn by Mapnik, which is missing: sudo apt-get install python3-mapnik.")


def build_map(
    plan: Plan,
    read: Callable[[int], None] = lambda seen: None,
    drawn: Callable[[int, int], None] = lambda done, total: None,
) -> Built:
    """Draw the map. `read` hears of objects read, `drawn` of tiles. Raises MapNotBuilt, ExtractUnreadable, OSError."""
    python = system_python()
    if not plan.out.absolute().parent.is_dir():
        raise MapNotBuilt(f"There is no folder {plan.out.absolute().parent}.")
    aside = plan.out.with_name(f".{plan.out.name}.building")
    aside.unlink(missing_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="zerot-map-") as folder:
            features = Path(folder) / "features.db"
            extract = extract_features(plan.extract, features, read)
            degrees = plan.bounds or extract.header_box or extract.box
            bounds = bounds_from_degrees(*degrees)
            if bounds is None:
                raise MapNotBuilt("The bounds are west,south,east,north in degrees, west of east and south of north.")
            total = count_tiles(bounds, plan.zooms)
            if total > TILES_MAX:
                raise MapNotBuilt(f"That would be {total} tiles; at most {TILES_MAX}: choose smaller bounds or zooms.")
            _create(aside, plan, degrees)
            files, faces = fonts()
            style = build_style(str(features), faces)
            job = {
                "style": style,
                "fonts": files,
                "out": str(aside),
                "format": FORMATS[plan.form],
                "blocks": list(plan_blocks(bounds, plan.zooms)),
            }
            _draw(python, job, total, drawn)
        size = _finish(aside)
        aside.replace(plan.out)
    finally:
        aside.unlink(missing_ok=True)
        aside.with_name(aside.name + "-journal").unlink(missing_ok=True)
    return Built(extract.features, total, size, degrees)


def fonts() -> tuple[list[str], dict[str, str]]:
    """Roboto as Kivy ships it, so that map and screen have one hand; Debian's DejaVu without Kivy."""
    spec = find_spec("kivy")
    places = list(spec.submodule_search_locations or ()) if spec else []
    files = [str(Path(place) / "data" / "fonts" / name) for place in places for name in FACE_FILES]
    if len(files) == len(FACE_FILES) and all(Path(file).is_file() for file in files):
        return files, FACES
    return [], DEBIAN_FACES


def plan_blocks(bounds: Bounds, zooms: tuple[int, int]) -> Iterator[tuple[int, int, int, int, int]]:
    """Blocks of tiles that touch the bounds: zoom, left, top, right, bottom."""
    for zoom in range(zooms[0], zooms[1] + 1):
        left, top, right, bottom = tiles_in(bounds, zoom)
        for x in range(left, right + 1, BLOCK):
            for y in range(top, bottom + 1, BLOCK):
                yield zoom, x, y, min(x + BLOCK - 1, right), min(y + BLOCK - 1, bottom)


def count_tiles(bounds: Bounds, zooms: tuple[int, int]) -> int:
    """How many tiles touch the bounds: by arithmetic, they may be thousands of millions."""
    blocks = (tiles_in(bounds, zoom) for zoom in range(zooms[0], zooms[1] + 1))
    return sum((right - left + 1) * (bottom - top + 1) for left, top, right, bottom in blocks)


def _create(path: Path, plan: Plan, degrees: Degrees) -> None:
    west, south, east, north = degrees
    metadata = {
        "name": plan.name or plan.out.stem,
        "format": plan.form,
        "bounds": f"{west:.6f},{south:.6f},{east:.6f},{north:.6f}",
        "center": f"{(west + east) / 2:.6f},{(south + north) / 2:.6f},{plan.zooms[0]}",
        "minzoom": str(plan.zooms[0]),
        "maxzoom": str(plan.zooms[1]),
        "attribution": plan.credit,
        "type": "baselayer",
        "version": "1.3",
    }
    with closing(sqlite3.connect(path)) as connection, connection:
        # A tile has one or two thousand bytes: in pages of four thousand the file would be half empty.
        connection.execute("PRAGMA page_size=1024")
        connection.execute("CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT)")
        connection.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        connection.execute("CREATE TABLE images (tile_id INTEGER PRIMARY KEY, tile_data BLOB)")
        connection.execute(
            "CREATE TABLE map (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_id INTEGER,"
            " PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID"
        )
        connection.execute(
            "CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map"
            " JOIN images ON images.tile_id = map.tile_id"
        )


def _draw(python: str, job: Mapping[str, object], total: int, drawn: Callable[[int, int], None]) -> None:
    with tempfile.TemporaryFile() as trouble:
        command = [python, "-I", str(DRAWER)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=trouble, text=True) as child:
            try:
                assert child.stdin is not None and child.stdout is not None
                with child.stdin:
                    child.stdin.write(json.dumps(job))
                done = 0
                drawn(0, total)
                for line in child.stdout:
                    if line.startswith("DONE "):
                        done += int(line[5:])
                        drawn(done, total)
            except BrokenPipeError:
                pass  # it died before it had read everything: its status says so below
            except BaseException:
                child.kill()
                raise
        if child.returncode != 0:
            trouble.seek(0)
            last = trouble.read()[-2000:].decode(errors="replace").strip().splitlines()[-1:]
            raise MapNotBuilt(f"Mapnik stopped: {last[0] if last else f'status {child.returncode}'}.")


def _finish(path: Path) -> int:
    """Compact, on the disk; its size."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("VACUUM")
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return path.stat().st_size
