"""Tiles between the map's thread and its widget: what both sides agree on.

No Kivy here: the decoder is `kiosk.widgets.tile_decoder`, handed in by the bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

TileKey = tuple[int, int, int]  # zoom, column, row (XYZ: row 0 in the north)
ANCESTORS = 6  # how many zooms up a stand-in for a missing tile is looked for


@dataclass(frozen=True, slots=True)
class DecodedTile:
    """Pixels from the top row down; `format` is "rgb" or "rgba"."""

    width: int
    height: int
    format: str
    pixels: bytes
    row_bytes: int


@dataclass(frozen=True, slots=True)
class Tile:
    """`picture` None: the map has no such tile, or it cannot be read. `generation` tells which map it is of."""

    generation: int
    key: TileKey
    picture: DecodedTile | None


Decoder = Callable[[bytes], DecodedTile | None]


def no_pictures(data: bytes) -> DecodedTile | None:
    """The decoder of a kiosk without a window: every tile is missing."""
    return None


class TileSource(Protocol):
    """Where a map widget gets its tiles. All calls on the UI thread; none of them waits."""

    def want(self, keys: tuple[TileKey, ...]) -> None:
        """These tiles, most wanted first, instead of what was wanted before."""

    def take(self, most: int) -> tuple[Tile, ...]:
        """Tiles that have become ready, each once."""

    def listen(self, ready: Callable[[], object]) -> None:
        """`ready` is called, on another thread, whenever there is something to take."""


class NoTiles:
    """A source without a map."""

    def want(self, keys: tuple[TileKey, ...]) -> None:
        """Nothing will come."""

    def take(self, most: int) -> tuple[Tile, ...]:
        return ()

    def listen(self, ready: Callable[[], object]) -> None:
        """Nothing to hear."""


NO_TILES = NoTiles()
