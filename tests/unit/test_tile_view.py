"""Which tiles a picture of the map takes, and how it glides from one zoom to another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.maps import WORLD, Bounds, Spot
from kiosk.flow.states import MapInfo
from kiosk.tile_pictures import TileKey
from kiosk.widgets.tile_view import Glide, TileView, held

INFO = MapInfo(1, 4, 8, WORLD, "", None)
spots = st.builds(Spot, st.floats(0.1, 0.9), st.floats(0.1, 0.9))


def view(zoom: int, middle: tuple[float, float], width: float = 512, height: float = 256) -> TileView:
    return TileView(zoom, middle, width, height, 256)


def test_the_tiles_of_a_picture_begin_in_the_middle() -> None:
    found = view(4, (8 * 256 + 100, 5 * 256 + 128)).tiles()
    assert found[0] == (4, 8, 5)
    assert set(found) == {(4, x, y) for x in (7, 8, 9) for y in (5, 6)} | {(4, 7, 5)}


def test_where_the_world_ends_the_picture_is_not_full() -> None:
    assert view(4, (2000.0, 2000.0)).fills()
    assert not view(4, (100.0, 2000.0)).fills()
    assert not view(4, (2000.0, 4090.0)).fills()


def test_what_is_missing_has_a_stand_in_and_what_is_there_is_not_asked_for() -> None:
    kept: dict[TileKey, object | None] = {(6, 32, 32): None, (6, 31, 31): object()}
    wanted = view(6, (32 * 256, 32 * 256), 500, 500).wanted(kept, INFO)
    assert (6, 31, 31) not in wanted
    assert wanted.index((5, 16, 16)) < wanted.index((6, 30, 30))  # for the tile that the map does not have
    assert {(6, 31, 32), (6, 32, 31)} <= set(wanted[:4])
    assert len(set(wanted)) == len(wanted)


def test_beyond_the_sharpest_zoom_coarser_ones_are_asked_for() -> None:
    assert {key[0] for key in view(10, (512 * 256.0, 512 * 256.0)).wanted({}, INFO)} == {8}


def test_it_cannot_leave_its_bounds() -> None:
    bounds = Bounds(0.25, 0.25, 0.75, 0.75)
    assert held(bounds, 4, (0.0, 2048.0), (512, 256), 256) == (1024 + 256, 2048)
    assert held(bounds, 0, (0.0, 300.0), (512, 256), 256) == (64, 192)  # a map smaller than the picture


@given(spots, st.integers(5, 12), spots, st.sampled_from((-2, -1, 1, 2)))
def test_a_glide_begins_and_ends_where_it_should(start: Spot, zoom: int, end: Spot, by: int) -> None:
    glide = Glide(start, zoom, end, zoom + by)
    first, grown = glide.at(0.0)
    assert (first, grown) == (start, 2.0 ** max(-by, 0))
    last, grown = glide.at(1.0)
    assert (last.x, last.y) == (pytest.approx(end.x), pytest.approx(end.y))
    assert grown == pytest.approx(2.0 ** max(by, 0))


@given(st.floats(-400, 400), st.sampled_from((-2, -1, 1, 2)), st.lists(st.floats(0, 1), min_size=3, max_size=9))
def test_tiles_cover_the_picture_and_one_place_stays_under_the_eye(px: float, by: int, shares: list[float]) -> None:
    """The place that lies `px` pixels from the middle before and after does so all the way."""
    zoom, start = 10, Spot(0.5, 0.5)
    side = 256.0 * 2**zoom
    still = start.x + px / side
    end = Spot(still - px / (side * 2.0**by), 0.5)
    glide = Glide(start, zoom, end, zoom + by)
    for share in shares:
        middle, grown = glide.at(share)
        assert grown >= 1.0
        assert (still - middle.x) * 256.0 * 2**glide.zoom * grown == pytest.approx(px, abs=0.01)
