"""Reading raster MBTiles (specification 1.3): tiles of a map in one SQLite file. Belongs to the thread that opened it.

The file is hostile until proved otherwise: its `tiles` may be a view that never ends, its metadata may be missing or
absurd, a tile may be a gigabyte. Every statement has a budget of steps, every value a limit; what is wrong with one
tile loses that tile, what is wrong with the file raises `MapFailed`.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from domain.maps import WORLD, ZOOM_MAX, Bounds, bounds_from_degrees, tile_bounds

TILE_BYTES_MAX = 1 << 20  # a 512-pixel PNG of a busy street map has 400 kB
TEXT_MAX = 300
# Virtual machine steps of one statement: a look-up takes hundreds, a million about 50 ms.
STEPS_MAX = 4_000_000
STEPS_BETWEEN = 20_000
_MARKUP = re.compile(r"<[^<>]{0,500}>")
_ENTITIES = {"&copy;": "©", "&amp;": "&", "&nbsp;": " ", "&#169;": "©", "&quot;": '"', "&lt;": "‹", "&gt;": "›"}


class MapFailed(Exception):
    """The file is no raster map, or is damaged. The message names no path, only what is wrong."""


@dataclass(frozen=True, slots=True)
class MapFile:
    """What the map says of itself, made good where it says nothing or nonsense."""

    name: str
    attribution: str
    zoom_min: int
    zoom_max: int
    bounds: Bounds


class MapTiles:
    """An open file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._steps = 0
        connection.set_progress_handler(self._step, STEPS_BETWEEN)
        self.about = self._read_about()

    def close(self) -> None:
        self._connection.close()

    def _step(self) -> int:
        self._steps += STEPS_BETWEEN
        return 1 if self._steps > STEPS_MAX else 0

    def _rows(self, sql: str, *values: object, most: int = 1) -> list[tuple[object, ...]]:
        self._steps = 0
        with closing(self._connection.execute(sql, values)) as cursor:
            return list(cursor.fetchmany(most))

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """The encoded picture of an XYZ tile (row 0 in the north); None when it is not there or may not be read."""
        tms_row = (1 << zoom) - 1 - row  # MBTiles counts rows from the south
        try:
            rows = self._rows(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                zoom,
                column,
                tms_row,
            )
        except (sqlite3.Error, OverflowError):
            return None  # too large, damaged here, or endless: this tile is missing
        data = rows[0][0] if rows else None
        return data if isinstance(data, bytes) and data else None

    def some_keys(self, most: int) -> list[tuple[int, int, int]]:
        """XYZ numbers of some tiles, spread over each zoom's columns; for a check before a map is sent anywhere."""
        keys = []
        per_zoom = max(1, most // max(1, self.about.zoom_max - self.about.zoom_min + 1))
        for zoom in range(self.about.zoom_min, self.about.zoom_max + 1):
            rows = self._rows(
                "SELECT tile_column, min(tile_row) FROM tiles WHERE zoom_level = ? GROUP BY tile_column",
                zoom,
                most=100_000,
            )
            found = [row for row in rows if all(isinstance(n, int) for n in row)]
            for column, row in found[:: max(1, len(found) // per_zoom)]:
                keys.append((zoom, int(str(column)), (1 << zoom) - 1 - int(str(row))))
        return keys

    def _read_about(self) -> MapFile:
        metadata = self._metadata()
        zooms = self._zooms()
        bounds = _parse_bounds(metadata.get("bounds", "")) or self._extent(zooms[-1])
        return MapFile(
            name=plain_text(metadata.get("name", "")),
            attribution=plain_text(metadata.get("attribution", "")),
            zoom_min=zooms[0],
            zoom_max=zooms[-1],
            bounds=bounds,
        )

    def _metadata(self) -> dict[str, str]:
        """Missing, or of another shape: none."""
        try:
            rows = self._rows("SELECT name, value FROM metadata", most=200)
        except sqlite3.Error:
            return {}
        return {str(row[0]).lower(): str(row[1]) for row in rows if len(row) == 2 and row[1] is not None}

    def _zooms(self) -> list[int]:
        """The zooms that have tiles: what the metadata claims is not asked."""
        found: list[int] = []
        while len(found) <= ZOOM_MAX:
            after = found[-1] if found else -1
            rows = self._rows("SELECT min(zoom_level) FROM tiles WHERE zoom_level > ?", after)
            zoom = rows[0][0] if rows else None
            if not isinstance(zoom, int) or not after < zoom <= ZOOM_MAX:
                break
            found.append(zoom)
        if not found:
            raise MapFailed("the map has no tiles")
        return found

    def _extent(self, zoom: int) -> Bounds:
        """Where there are tiles, for a map that does not say it."""
        rows = self._rows(
            "SELECT min(tile_column), max(tile_column), min(tile_row), max(tile_row) FROM tiles WHERE zoom_level = ?",
            zoom,
        )
        count = 1 << zoom
        numbers = [n for n in rows[0] if isinstance(n, int) and 0 <= n < count]
        if len(numbers) != 4:
            return WORLD
        left, right, south, north = numbers
        return tile_bounds(zoom, left, count - 1 - north, right, count - 1 - south)


def open_mbtiles(path: Path) -> MapTiles:
    """Opens and checks a map; MapFailed says what is wrong with it."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise MapFailed("the map file is missing") from error
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, TILE_BYTES_MAX)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA cache_size=-2000")
        return MapTiles(connection)
    except (sqlite3.Error, OSError, OverflowError) as error:
        connection.close()
        raise MapFailed(f"the map file cannot be read: {error}") from error
    except MapFailed:
        connection.close()
        raise


def _parse_bounds(text: str) -> Bounds | None:
    """'west,south,east,north' in degrees; None for anything else."""
    parts = text.split(",")
    if len(parts) != 4 or len(text) > TEXT_MAX:
        return None
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError:
        return None
    if not all(isfinite(value) and abs(value) <= 360 for value in (west, south, east, north)):
        return None
    return bounds_from_degrees(west, south, east, north)


def plain_text(text: str) -> str:
    """One short line: markup gone (attributions often hold a link), entities read, control characters dropped."""
    words = _MARKUP.sub(" ", text[: 10 * TEXT_MAX])
    for entity, character in _ENTITIES.items():
        words = words.replace(entity, character)
    printable = "".join(character if character.isprintable() else " " for character in words)
    return " ".join(printable.split())[:TEXT_MAX]
