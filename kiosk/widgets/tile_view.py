"""What a map shows of the world at a moment: which tiles that takes, in which order, and how it glides. No Kivy."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import floor
from typing import Protocol

from domain.maps import Bounds, Spot
from kiosk.flow.states import MapInfo
from kiosk.tile_pictures import ANCESTORS, TileKey

Pixels = tuple[float, float]  # world pixels at a zoom, y down
GLIDE_ZOOMS_MAX = 2  # further apart, the tiles of one say nothing about the other


class Kept(Protocol):
    """The textures that are there. A tile that the map does not have is known, and None."""

    def __contains__(self, key: TileKey, /) -> bool: ...

    def get(self, key: TileKey, /) -> object | None: ...


@dataclass(frozen=True, slots=True)
class TileView:
    """A picture of `width` × `height` pixels around `middle`."""

    zoom: int
    middle: Pixels
    width: float
    height: float
    tile_px: int

    @property
    def range(self) -> tuple[int, int, int, int]:
        """First and last column, first and last row, of the tiles that are in view."""
        px, count = self.tile_px, 1 << self.zoom
        left = max(floor((self.middle[0] - self.width / 2) / px), 0)
        right = min(floor((self.middle[0] + self.width / 2) / px), count - 1)
        top = max(floor((self.middle[1] - self.height / 2) / px), 0)
        bottom = min(floor((self.middle[1] + self.height / 2) / px), count - 1)
        return left, right, top, bottom

    def tiles(self) -> list[TileKey]:
        """The tiles in view, from the middle outwards."""
        left, right, top, bottom = self.range
        x, y = self.middle[0] / self.tile_px - 0.5, self.middle[1] / self.tile_px - 0.5
        keys = [(self.zoom, column, row) for column in range(left, right + 1) for row in range(top, bottom + 1)]
        return sorted(keys, key=lambda key: (key[1] - x) ** 2 + (key[2] - y) ** 2)

    def fills(self) -> bool:
        """Whether the tiles in view reach all edges: not where the world ends."""
        left, right, top, bottom = self.range
        px, half_width, half_height = self.tile_px, self.width / 2, self.height / 2
        return (
            left * px <= self.middle[0] - half_width
            and (right + 1) * px >= self.middle[0] + half_width
            and top * px <= self.middle[1] - half_height
            and (bottom + 1) * px >= self.middle[1] + half_height
        )

    def wanted(self, kept: Kept, info: MapInfo) -> tuple[TileKey, ...]:
        """What to ask for: tiles in view, stand-ins for what is missing, then a ring around."""
        wanted = OrderedDict[TileKey, None]()
        view = self.tiles()
        for key in view:
            for step in range(ANCESTORS + 1):
                zoom = key[0] - step
                if zoom < info.zoom_min:
                    break
                if zoom > info.zoom_max:
                    continue
                own = (zoom, key[1] >> step, key[2] >> step)
                if own not in kept:
                    wanted[own] = None
                    break
                if kept.get(own) is not None:
                    break  # there is a picture: nothing coarser is needed
        for key in view:
            coarse = (key[0] - 2, key[1] >> 2, key[2] >> 2)
            if info.zoom_min <= coarse[0] <= info.zoom_max and coarse not in kept:
                wanted[coarse] = None
        if self.zoom <= info.zoom_max:
            left, right, top, bottom = self.range
            count = 1 << self.zoom
            ring = [(x, y) for x in range(left - 1, right + 2) for y in (top - 1, bottom + 1)]
            ring += [(x, y) for y in range(top, bottom + 1) for x in (left - 1, right + 1)]
            for x, y in ring:
                if 0 <= x < count and 0 <= y < count and (self.zoom, x, y) not in kept:
                    wanted[(self.zoom, x, y)] = None
        return tuple(wanted)


def held(bounds: Bounds, zoom: int, middle: Pixels, size: tuple[float, float], tile_px: int) -> Pixels:
    """`middle` so that the picture stays on the map where the map is larger; on a smaller one its middle does."""
    side = tile_px * (1 << zoom)
    return (
        _hold(middle[0], bounds.left * side, bounds.right * side, size[0]),
        _hold(middle[1], bounds.top * side, bounds.bottom * side, size[1]),
    )


def _hold(middle: float, first: float, last: float, room: float) -> float:
    if last - first > room > 1:
        return min(max(middle, first + room / 2), last - room / 2)
    return min(max(middle, first), last)


@dataclass(frozen=True, slots=True)
class Glide:
    """From one place and zoom to another, eased out. The coarser of both zooms is drawn, enlarged."""

    start: Spot
    start_zoom: int
    end: Spot
    end_zoom: int

    @property
    def zoom(self) -> int:
        """Whose tiles are drawn on the way: they cover the picture all the time."""
        return min(self.start_zoom, self.end_zoom)

    def at(self, share: float) -> tuple[Spot, float]:
        """Where the middle is and how much the tiles of `zoom` are enlarged, at 0 to 1 of the time."""
        eased = 1 - (1 - min(max(share, 0.0), 1.0)) ** 3
        zoom = self.start_zoom + (self.end_zoom - self.start_zoom) * eased
        first, last, now = 2.0**-self.start_zoom, 2.0**-self.end_zoom, 2.0**-zoom
        # In step with the width of the picture: what stays where it is on the screen does so all the way.
        way = (first - now) / (first - last)
        x = self.start.x + (self.end.x - self.start.x) * way
        y = self.start.y + (self.end.y - self.start.y) * way
        return Spot(x, y), 2.0 ** (zoom - self.zoom)
