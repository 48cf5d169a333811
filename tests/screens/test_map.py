"""The map under a finger: it follows, it knows a tap from a drag, it finds the mark, it stays within its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.maps import Spot
from kiosk.flow import events
from kiosk.flow.states import MapState
from sync.content.mbtiles import open_mbtiles
from tests.fixtures.maps import FileTiles, tile_picture, write_mbtiles
from tests.screens.render import Stage
from tests.screens.samples import BACK, MAP, MARKS, TERRITORY

SIZE = (1280, 800)


def shown(stage: Stage, state: MapState = MAP) -> Any:
    view = stage.show(state, BACK, SIZE)
    stage.frames(4)
    return view.screen.ids.map


def finger(stage: Stage, start: tuple[float, float], *ways: tuple[float, float]) -> None:
    from kivy.tests.common import UnitTestTouch

    touch = UnitTestTouch(*start)
    touch.touch_down()
    stage.frames(1)
    for x, y in ways:
        touch.touch_move(x, y)
        stage.frames(1)
    touch.touch_up()
    stage.frames(1)


def test_the_map_follows_the_finger_and_says_where_it_is(stage: Stage) -> None:
    tiles = shown(stage)
    before = tiles.centre
    x, y = tiles.center
    finger(stage, (x, y), (x + 60, y - 20), (x + 128, y - 64))
    (moved,) = stage.sent
    assert isinstance(moved, events.MoveMap)
    side = 256 * 2**MAP.zoom
    assert (before.x - moved.centre.x) * side == pytest.approx(128, abs=1)
    assert (before.y - moved.centre.y) * side == pytest.approx(64, abs=1)


def test_a_small_shake_is_a_tap(stage: Stage) -> None:
    tiles = shown(stage)
    x, y = tiles.place_of(MARKS[0])
    finger(stage, (x + 4, y + 3), (x + 8, y + 5))
    assert stage.sent == [events.ChooseMark(MARKS[0])]


def test_a_tap_on_the_ground_closes_the_card(stage: Stage) -> None:
    tiles = shown(stage)
    finger(stage, (tiles.center_x - 30, tiles.center_y + 90))
    assert stage.sent == [events.CloseMapCard()]


def test_the_nearest_of_two_marks_is_meant(stage: Stage) -> None:
    one, other = MARKS[1], replace(MARKS[1], spot=Spot(MARKS[1].spot.x + 70 / 256 / 2**13, MARKS[1].spot.y))
    tiles = shown(stage, replace(MAP, marks=(one, other)))
    x, y = tiles.place_of(other)
    finger(stage, (x - 20, y))
    assert stage.sent == [events.ChooseMark(other)]


def test_it_cannot_be_dragged_off_its_bounds(stage: Stage) -> None:
    tiles = shown(stage)
    x, y = tiles.center
    for _ in range(6):
        finger(stage, (x - 500, y), (x - 300, y), (x + 500, y))
    assert TERRITORY is not None
    left = tiles.centre.x - tiles.width / 2 / (256 * 2**MAP.zoom)
    assert left == pytest.approx(TERRITORY.left, abs=2 / (256 * 2**MAP.zoom))


def test_news_do_not_pull_the_map_from_under_the_finger(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    tiles = shown(stage)
    touch = UnitTestTouch(*tiles.center)
    touch.touch_down()
    touch.touch_move(tiles.center_x + 200, tiles.center_y)
    stage.frames(1)
    held = tiles.centre
    stage.view.show(BACK, replace(MAP, total=3, marks=MARKS[:3]))
    stage.frames(1)
    assert tiles.centre == held
    touch.touch_up()


@pytest.fixture
def window(stage: Stage) -> Iterator[Stage]:
    yield stage
    del stage.tiles  # the demo's map again


def colour_at(stage: Stage, x: float, y: float) -> tuple[int, ...]:
    pixels, (width, _) = stage.pixels()
    at = (int(y) * width + int(x)) * 3
    return tuple(pixels[at : at + 3])


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 3 for a, b in zip(one, other, strict=True))


def made(window: Stage, path: Path, keys: list[tuple[int, int, int]], form: str = "png", **damage: bytes) -> Any:
    from kiosk.widgets.tile_decoder import decode_tile

    def picture(zoom: int, column: int, row: int) -> bytes:
        return damage.get(f"at_{column}_{row}") or tile_picture(zoom, column, row, form)

    tiles = open_mbtiles(write_mbtiles(path, keys, picture=picture))
    window.tiles = lambda: FileTiles(tiles, decode_tile)  # type: ignore[method-assign]
    about = tiles.about
    assert MAP.info is not None
    info = replace(MAP.info, zoom_min=about.zoom_min, zoom_max=about.zoom_max, bounds=about.bounds, here=None)
    return replace(MAP, info=info, centre=about.bounds.centre, zoom=about.zoom_max, marks=())


def tile_colour(zoom: int, column: int, row: int) -> tuple[int, ...]:
    return (60 + 37 * column % 180, 60 + 53 * row % 180, 40 * zoom % 256)


KEYS = [(6, x, y) for x in range(28, 38) for y in range(20, 28)]


@pytest.mark.parametrize("form", ["png", "webp"])
def test_north_is_up_and_every_tile_in_its_place(window: Stage, tmp_path: Path, form: str) -> None:
    tiles = shown(window, made(window, tmp_path / "m.mbtiles", KEYS, form))
    # The corner where four tiles meet is in the middle: 33 | 24 in the south-east of it.
    assert near(colour_at(window, tiles.center_x + 128, tiles.center_y - 128), tile_colour(6, 33, 24))
    assert near(colour_at(window, tiles.center_x - 128, tiles.center_y + 128), tile_colour(6, 32, 23))
    # A tile's own north-west corner is dark: it is drawn upright.
    assert near(colour_at(window, tiles.center_x + 10, tiles.center_y - 10), (20, 10, 30))


def test_a_missing_tile_is_a_part_of_the_coarser_one(window: Stage, tmp_path: Path) -> None:
    keys = [key for key in KEYS if key != (6, 33, 24)] + [(5, x, y) for x in range(13, 20) for y in range(9, 15)]
    tiles = shown(window, made(window, tmp_path / "m.mbtiles", keys))
    assert near(colour_at(window, tiles.center_x + 128, tiles.center_y - 128), tile_colour(5, 16, 12))


def test_a_hostile_tile_is_paper_and_its_neighbours_stand(window: Stage, tmp_path: Path) -> None:
    bomb = tile_picture(6, 33, 24)
    bomb = bomb[:16] + (60_000).to_bytes(4, "big") * 2 + bomb[24:]
    state = made(window, tmp_path / "m.mbtiles", KEYS, at_33_24=b"no picture", at_32_23=bomb[:40])
    tiles = shown(window, state)
    paper = (0xF1, 0xEC, 0xDD)
    assert near(colour_at(window, tiles.center_x + 128, tiles.center_y - 128), paper)
    assert near(colour_at(window, tiles.center_x - 128, tiles.center_y + 128), paper)
    assert near(colour_at(window, tiles.center_x + 128, tiles.center_y + 128), tile_colour(6, 33, 23))


def test_beyond_the_sharpest_zoom_tiles_are_enlarged(window: Stage, tmp_path: Path) -> None:
    state = made(window, tmp_path / "m.mbtiles", KEYS)
    tiles = shown(window, replace(state, zoom=8))
    assert near(colour_at(window, tiles.center_x + 400, tiles.center_y - 300), tile_colour(6, 33, 24))


def test_another_zoom_is_glided_to_and_a_finger_ends_it(window: Stage, tmp_path: Path) -> None:
    both = KEYS + [(7, x, y) for x in range(56, 76) for y in range(40, 56)]
    state = replace(made(window, tmp_path / "m.mbtiles", both), zoom=6)
    tiles = shown(window, state)
    south_east = (tiles.center_x + 128, tiles.center_y - 128)
    window.view.show(BACK, replace(state, zoom=7))
    window.frames(1)
    assert not tiles.complete
    assert near(colour_at(window, *south_east), tile_colour(6, 33, 24))  # what was there, growing
    finger(window, (tiles.center_x - 30, tiles.center_y + 90))
    assert tiles.centre == state.centre
    for _ in range(60):
        window.frames(1)
        if tiles.complete:
            break
    assert near(colour_at(window, *south_east), tile_colour(7, 66, 48))


def test_a_glide_comes_to_rest_by_itself(stage: Stage) -> None:
    tiles = shown(stage)
    x, _ = tiles.place_of(MARKS[0])
    stage.view.show(BACK, replace(MAP, zoom=MAP.zoom + 1))
    for _ in range(400):
        if tiles.complete:
            break
        stage.frames(1)
    assert tiles.complete
    assert tiles.place_of(MARKS[0])[0] - tiles.center_x == pytest.approx(2 * (x - tiles.center_x), abs=3)


def test_many_tiles_and_few_textures(stage: Stage) -> None:
    from kiosk.widgets.tile_textures import TEXTURES_MAX

    tiles = shown(stage, replace(MAP, zoom=15))
    x, y = tiles.center
    for _ in range(12):
        finger(stage, (x + 500, y + 250), (x + 300, y + 200), (x - 500, y - 250))
    assert len(tiles._textures) <= TEXTURES_MAX
