"""The map's arithmetic: Web Mercator on a unit square, tiles, bounds, pins gathered into marks. Pure.

The world is the square 0 … 1 × 0 … 1 of Web Mercator (EPSG:3857), x from west to east, y from north to south, as tile
numbers of the XYZ scheme count. At zoom z it is `TILE_PX * 2**z` pixels wide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import asinh, atan, cos, degrees, floor, isfinite, pi, radians, sinh, tan

TILE_PX = 256
ZOOM_MAX = 22
# Web Mercator ends here: the square's upper and lower edge.
LATITUDE_MAX = 85.051128
EARTH_CIRCUMFERENCE_M = 40_075_016.7
# How many offers of one mark can be looked through one by one.
MARK_IDS_MAX = 24


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of the unit square."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """A part of the unit square; `top` < `bottom`."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> Spot:
        return Spot((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def holds(self, spot: Spot) -> bool:
        return self.left <= spot.x <= self.right and self.top <= spot.y <= self.bottom

    def nearest(self, spot: Spot) -> Spot:
        """`spot`, or the point of the bounds next to it."""
        return Spot(min(max(spot.x, self.left), self.right), min(max(spot.y, self.top), self.bottom))


WORLD = Bounds(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Pin:
    """One offer on the map, best first in any list of them."""

    id: str
    category: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn: one pin, or several that lie too close together. `ids`: the first MARK_IDS_MAX of them.

    `category` is the most frequent one. `spread` is how far apart the pins lie, in the unit square: 0 for one place.
    """

    spot: Spot
    category: str
    count: int
    ids: tuple[str, ...]
    spread: float = 0.0


def project(latitude: float, longitude: float) -> Spot:
    """Degrees WGS 84 → the unit square; what lies beyond its edges comes onto them."""
    lat = radians(min(max(latitude, -LATITUDE_MAX), LATITUDE_MAX))
    return Spot(min(max((longitude + 180) / 360, 0.0), 1.0), min(max((1 - asinh(tan(lat)) / pi) / 2, 0.0), 1.0))


def unproject(spot: Spot) -> tuple[float, float]:
    """The unit square → latitude and longitude in degrees."""
    return degrees(atan(sinh(pi * (1 - 2 * spot.y)))), spot.x * 360 - 180


def bounds_from_degrees(west: float, south: float, east: float, north: float) -> Bounds | None:
    """None for what bounds no part of the world."""
    if not all(isfinite(value) for value in (west, south, east, north)) or west >= east or south >= north:
        return None
    top_left, bottom_right = project(north, west), project(south, east)
    bounds = Bounds(top_left.x, top_left.y, bottom_right.x, bottom_right.y)
    return bounds if bounds.right > bounds.left and bounds.bottom > bounds.top else None


def tile_bounds(zoom: int, left: int, top: int, right: int, bottom: int) -> Bounds:
    """What a block of tiles (numbers inclusive, XYZ) covers."""
    side = 1 / (1 << zoom)
    return Bounds(left * side, top * side, (right + 1) * side, (bottom + 1) * side)


def tiles_in(bounds: Bounds, zoom: int) -> tuple[int, int, int, int]:
    """Numbers of the first and last column and row that touch the bounds: left, top, right, bottom."""
    count = 1 << zoom

    def column(value: float, upper: bool) -> int:
        number = value * count
        whole = floor(number)
        return min(max(whole - 1 if upper and whole == number else whole, 0), count - 1)

    return (
        column(bounds.left, False),
        column(bounds.top, False),
        column(bounds.right, True),
        column(bounds.bottom, True),
    )


def metres_across(latitude: float) -> float:
    """Metres on the ground of the unit square's width at a latitude."""
    return EARTH_CIRCUMFERENCE_M * cos(radians(latitude))


def gather(pins: Iterable[Pin], zoom: int, radius_px: float, tile_px: float = TILE_PX) -> tuple[Mark, ...]:
    """Pins as marks at a zoom: each pin, best first, takes those within `radius_px` of it that are free.

    Linear in the number of pins for pins that spread, and in pins × marks nearby at worst.
    """
    pins = list(pins)
    reach = radius_px / (tile_px * (1 << zoom))
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, pin in enumerate(pins):
        cells[floor(pin.spot.x / reach), floor(pin.spot.y / reach)].append(number)
    taken = [False] * len(pins)
    marks = []
    for number, pin in enumerate(pins):
        if taken[number]:
            continue
        column, row = floor(pin.spot.x / reach), floor(pin.spot.y / reach)
        members = [
            other
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for other in cells.get((x, y), ())
            if not taken[other] and _near(pins[other].spot, pin.spot, reach)
        ]
        for other in members:
            taken[other] = True
        # What was taken is looked at no more: a thousand pins in one square cost a thousand looks, not a million.
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                if (cell := cells.get((x, y))) is not None:
                    cell[:] = [other for other in cell if not taken[other]]
        marks.append(_mark([pins[other] for other in sorted(members)]))
    return tuple(marks)


def _near(one: Spot, other: Spot, reach: float) -> bool:
    return (one.x - other.x) ** 2 + (one.y - other.y) ** 2 <= reach * reach


def _mark(pins: list[Pin]) -> Mark:
    xs, ys = [pin.spot.x for pin in pins], [pin.spot.y for pin in pins]
    category = Counter(pin.category for pin in pins).most_common(1)[0][0]
    spot = Spot(sum(xs) / len(pins), sum(ys) / len(pins))
    spread = max(max(xs) - min(xs), max(ys) - min(ys))
    return Mark(spot, category, len(pins), tuple(pin.id for pin in pins[:MARK_IDS_MAX]), spread)
