"""How far it is: the server's distances where there are any, an estimate that says so where not, nonsense refused."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.offers import Category, Offer, Place, Text
from kiosk.flow.messages import M, message
from kiosk.workers.offer_view import fact_lines, map_card, where_of
from kiosk.workers.travel import Reach, Travel, read_travel

HERE = Place("Bédarrin", "", 44.0, 5.25)
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=ZoneInfo("Europe/Paris"))


def offer(north_m: float, offer_id: str = "a") -> Offer:
    place = Place("Mazelles", "", 44.0 + north_m / 111_195, 5.25)
    return Offer(offer_id, Category.FOOD, {"fr": Text("Bistrot")}, place, "bakery")


def test_an_estimate_says_that_it_is_one() -> None:
    reach = Travel().to(offer(1000), HERE)
    assert reach is not None and reach.estimated
    assert (reach.walk_minutes, reach.bike_minutes) == (18, 6)  # 1 300 m at 75 and at 233 m a minute
    assert where_of(offer(1000), HERE) == message(M.WALK_ABOUT, minutes=18)


def test_measured_distances_count() -> None:
    travel = Travel({"a": (1500, 1900)})
    assert travel.to(offer(1000), HERE) == Reach(1500.0, 20, 9, False)
    assert where_of(offer(1000), HERE, travel) == message(M.WALK_MINUTES, minutes=20)
    card = map_card(offer(1000), NOW, HERE, "fr", travel)
    assert card.where == message(M.WALK_BIKE, walk=20, bike=9)
    lines = fact_lines(offer(1000), NOW, HERE, "fr", travel)
    assert lines[0].title == message(M.WALK_MINUTES, minutes=20)
    assert lines[0].detail == message(M.BIKE_MINUTES, minutes=9)


def test_where_a_bicycle_alone_gets_there() -> None:
    travel = Travel({"a": (None, 7000)})
    assert where_of(offer(4000), HERE, travel) == message(M.CAR_KILOMETRES, kilometres=7)
    assert map_card(offer(4000), NOW, HERE, "fr", travel).where == message(M.CAR_KILOMETRES, kilometres=7)


def test_far_is_kilometres_and_here_is_here() -> None:
    assert where_of(offer(8000), HERE) == message(M.CAR_KILOMETRES, kilometres=10)
    assert where_of(offer(20), HERE) == message(M.HERE)
    assert where_of(offer(20), HERE, Travel({"a": (900, 900)})) == message(M.HERE)
    assert where_of(offer(20), None) == message(M.IN_COMMUNE, commune="Mazelles")


def test_the_file_of_this_site_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"version": 1, "site": 7, "offers": {"a": [1500, None]}}))
    reach = read_travel(path, 7).to(offer(1000), HERE)
    assert reach == Reach(1500.0, 20, None, False)
    other = read_travel(path, 8).to(offer(1000), HERE)
    assert other is not None and other.estimated


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"version": 2, "site": 7, "offers": {}}',
        '{"version": 1, "site": 7, "offers": []}',
        '{"version": 1, "site": 7, "offers": {"a": [-1, 2]}}',
        '{"version": 1, "site": 7, "offers": {"a": ["1", 2]}}',
        '{"version": 1, "site": 7, "offers": {"a": [1]}}',
        '{"version": 1, "site": 7, "offers": {"a": 5}}',
        '{"version": 1, "site": 7, "offers": {"a": [1e99, 2]}}',
        "[" * 100_000,
    ],
)
def test_nonsense_is_an_estimate(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    for source in (path, tmp_path / "missing.json", None):
        reach = read_travel(source, 7).to(offer(1000), HERE)
        assert reach is not None and reach.estimated
