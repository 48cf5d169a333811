"""The map's arithmetic: projection against published values, tiles, bounds, and how pins gather."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.maps import (
    LATITUDE_MAX,
    MARK_IDS_MAX,
    Bounds,
    Pin,
    Spot,
    bounds_from_degrees,
    gather,
    metres_across,
    project,
    tile_bounds,
    tiles_in,
    unproject,
)


def test_the_projection_meets_published_tiles() -> None:
    # OpenStreetMap wiki, "Slippy map tilenames": Berlin's 52.5 N 13.4 E lies in 10/550/335.
    spot = project(52.51628, 13.37771)
    assert (int(spot.x * 1024), int(spot.y * 1024)) == (550, 335)
    assert project(0, 0) == Spot(0.5, 0.5)
    assert project(90, 200) == Spot(1.0, pytest.approx(0.0, abs=1e-6))


@given(st.floats(-LATITUDE_MAX, LATITUDE_MAX), st.floats(-180, 180))
def test_there_and_back(latitude: float, longitude: float) -> None:
    back = unproject(project(latitude, longitude))
    assert math.isclose(back[0], latitude, abs_tol=1e-9) and math.isclose(back[1], longitude, abs_tol=1e-9)


@pytest.mark.parametrize(
    "degrees",
    [(5, 44, 5, 45), (6, 44, 5, 45), (5, 45, 6, 44), (float("nan"), 0, 1, 1), (0, 0, float("inf"), 1), (0, 86, 1, 89)],
)
def test_what_bounds_nothing_is_no_bounds(degrees: tuple[float, float, float, float]) -> None:
    assert bounds_from_degrees(*degrees) is None


def test_tiles_of_bounds() -> None:
    assert tiles_in(Bounds(0, 0, 1, 1), 2) == (0, 0, 3, 3)
    assert tiles_in(tile_bounds(5, 3, 4, 6, 7), 5) == (3, 4, 6, 7)


def test_a_metre_is_shorter_in_the_north() -> None:
    assert metres_across(60) == pytest.approx(metres_across(0) / 2)


PINS = st.lists(
    st.builds(
        Pin,
        st.uuids().map(str),
        st.sampled_from(["wine", "food", "walks"]),
        st.builds(Spot, st.floats(0.5, 0.501), st.floats(0.36, 0.361)),
    ),
    max_size=80,
)


@given(PINS, st.integers(0, 20))
def test_every_pin_stands_in_one_mark(pins: list[Pin], zoom: int) -> None:
    marks = gather(pins, zoom, 62.0)
    assert sum(mark.count for mark in marks) == len(pins)
    listed = [one for mark in marks for one in mark.ids]
    assert len(listed) == len(set(listed))
    assert all(len(mark.ids) == min(mark.count, MARK_IDS_MAX) for mark in marks)
    reach = 62.0 / (256 * 2**zoom)
    assert all(mark.spread <= 2 * reach for mark in marks)


def test_a_closer_look_parts_them() -> None:
    pins = [Pin("a", "wine", Spot(0.5, 0.4)), Pin("b", "food", Spot(0.5001, 0.4)), Pin("c", "food", Spot(0.5, 0.4))]
    (far,) = gather(pins, 3, 62.0)
    assert (far.count, far.category, far.ids) == (3, "food", ("a", "b", "c"))
    near = gather(pins, 14, 62.0)
    assert [(mark.count, mark.ids, mark.spread) for mark in near] == [(2, ("a", "c"), 0.0), (1, ("b",), 0.0)]


def test_ten_thousand_pins_on_one_square_gather_quickly() -> None:
    pins = [Pin(str(n), "food", Spot(0.5 + n * 1e-9, 0.4)) for n in range(10_000)]
    (mark,) = gather(pins, 10, 62.0)
    assert mark.count == 10_000
