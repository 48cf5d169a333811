"""The map's thread: opens, answers, decodes, keeps its bounds, survives what is wrong."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.maps import Bounds, Spot
from kiosk.flow import events as ev
from kiosk.flow.effects import OpenMap
from kiosk.tile_pictures import DecodedTile, Tile
from kiosk.workers.map import OUTBOX_MAX, MapWorker
from tests.fixtures.maps import tile_picture, write_mbtiles

KEYS = [(12, 2105 + x, 1487 + y) for x in range(12) for y in range(12)]
BOUNDS = Bounds(2105 / 4096, 1487 / 4096, 2117 / 4096, 1499 / 4096)
WAIT_SECONDS = 10


def plain(data: bytes) -> DecodedTile | None:
    return DecodedTile(1, 1, "rgb", data[-3:], 3)


class World:
    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.events: queue.Queue[ev.Event] = queue.Queue()
        self.ready = threading.Semaphore(0)
        self.worker = MapWorker(lambda: self.path, lambda: Spot(0.51, 0.36), plain, self.events.put)
        self.worker.listen(self.ready.release)
        self.worker.start()

    def take(self, count: int) -> list[Tile]:
        found: list[Tile] = []
        while len(found) < count:
            assert self.ready.acquire(timeout=WAIT_SECONDS)
            found += self.worker.take(1)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(write_mbtiles(tmp_path / "m.mbtiles", KEYS, {"attribution": "© nous"}))
    yield made
    made.worker.stop()


def news(world: World) -> ev.Event:
    return world.events.get(timeout=WAIT_SECONDS)


def test_it_says_what_map_there_is(world: World) -> None:
    assert news(world) == ev.MapNews(BOUNDS)
    world.worker.ask(OpenMap(3, 9))
    arrived = news(world)
    assert isinstance(arrived, ev.MapArrived) and arrived.info is not None
    assert (arrived.session, arrived.query_id) == (3, 9)
    assert (arrived.info.zoom_min, arrived.info.zoom_max, arrived.info.attribution) == (12, 12, "© nous")
    assert arrived.info.here == Spot(0.51, 0.36)


def test_tiles_come_in_the_order_wanted_and_missing_ones_are_said(world: World) -> None:
    assert news(world) == ev.MapNews(BOUNDS)
    world.worker.want((KEYS[5], (12, 1, 1), KEYS[0]))
    tiles = world.take(3)
    assert [tile.key for tile in tiles] == [KEYS[5], (12, 1, 1), KEYS[0]]
    assert [tile.picture is None for tile in tiles] == [False, True, False]
    assert tiles[0].picture is not None and tiles[0].picture.pixels == tile_picture(*KEYS[5])[-3:]


def test_nobody_takes_and_the_outbox_stays_small(world: World) -> None:
    assert news(world) == ev.MapNews(BOUNDS)
    world.worker.want(tuple(KEYS))
    for _ in range(OUTBOX_MAX):
        assert world.ready.acquire(timeout=WAIT_SECONDS)
    world.worker.ask(OpenMap(1, 1))  # answered after whatever it is doing: so it does nothing more
    assert isinstance(news(world), ev.MapArrived)
    assert len(world.worker.take(1000)) == OUTBOX_MAX


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    def bomb(zoom: int, column: int, row: int) -> bytes:
        png = tile_picture(zoom, column, row)
        return png[:16] + (30_000).to_bytes(4, "big") * 2 + png[24:]

    world = World(write_mbtiles(tmp_path / "m.mbtiles", KEYS[:2], picture=bomb))
    world.worker.want((KEYS[0],))
    assert world.take(1)[0].picture is None
    world.worker.stop()


def test_a_new_map_has_a_new_generation_and_a_broken_one_is_none(world: World, tmp_path: Path) -> None:
    assert news(world) == ev.MapNews(BOUNDS)
    world.worker.want((KEYS[0],))
    first = world.take(1)[0]
    world.path = write_mbtiles(tmp_path / "new.mbtiles", KEYS)
    world.worker.reopen()
    assert news(world) == ev.MapNews(BOUNDS)
    world.worker.want((KEYS[0],))
    assert world.take(1)[0].generation > first.generation
    broken = tmp_path / "broken.mbtiles"
    broken.write_bytes(b"SQLite format 3\0 no")
    world.path = broken
    world.worker.reopen()
    assert news(world) == ev.MapNews(None)
    world.worker.ask(OpenMap(1, 2))
    assert news(world) == ev.MapArrived(1, 2, None)
