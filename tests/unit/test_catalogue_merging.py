"""One offer out of several records: what merges, what stays two, and that the order of arrival never matters."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from domain.hours import Dates, Occurrence
from domain.offers import Category, Offer, Place, Provenance, Text
from server.catalogue.merging import label_key, merge_group, merit_of
from server.catalogue.staging import open_staging
from sync.content.codec import offer_from_json
from tests.fixtures.catalogue_samples import canoe, offer


def record(
    number: int,
    *,
    name: str = "Cave du Rocher",
    north_m: float = 0,
    types: tuple[str, ...] = ("WineCellar",),
    category: Category = Category.WINE,
    updated: date = date(2026, 1, 1),
    pitch: str = "",
    dates: Dates | None = None,
) -> Offer:
    return Offer(
        id=f"record-{number}",
        category=category,
        texts={"fr": Text(name, pitch)},
        place=Place("Bédarrin", "", 43.95 + north_m / 111_195, 5.2),
        illustration="cellar",
        dates=dates or Dates(),
        provenance=(Provenance("test", f"s{number}", "CC0", updated),),
        types=types,
    )


def test_the_same_thing_twice_becomes_one_with_both_provenances() -> None:
    old = record(1, updated=date(2025, 1, 1), pitch="Vieille cave")
    new = record(2, name="CAVE DU ROCHER", north_m=100)
    (merged,) = merge_group([old, new])
    assert merged.id == "record-2"
    assert merged.texts["fr"] == Text("CAVE DU ROCHER", "Vieille cave")
    assert [p.source_id for p in merged.provenance] == ["s2", "s1"]


def test_what_is_far_or_of_another_kind_stays_two() -> None:
    here = record(1)
    assert len(merge_group([here, record(2, north_m=200)])) == 2
    assert len(merge_group([here, record(2, category=Category.EVENTS, types=("Concert",))])) == 2
    assert len(merge_group([here, record(2, types=("Brewery",))])) == 2
    assert len(merge_group([here, record(2, types=("PointOfInterest",))])) == 1


def test_two_sessions_of_an_event_are_one_event_with_two_dates() -> None:
    first = Dates((Occurrence(date(2026, 12, 1)),))
    second = Dates((Occurrence(date(2026, 12, 8)),))
    events = [
        record(n, category=Category.EVENTS, types=("Concert",), dates=dates) for n, dates in enumerate((first, second))
    ]
    (merged,) = merge_group(events)
    assert [o.day.day for o in merged.dates.occurrences] == [1, 8]


def test_names_compare_folded() -> None:
    assert label_key(record(1, name="L’Œuf d'Or")) == label_key(record(2, name="l'oeuf  d’or"))


RECORDS = st.lists(
    st.builds(
        lambda number, north, kind, day, pitch: record(
            number,
            north_m=north,
            types=kind,
            updated=date(2026, 1, day),
            pitch=pitch,
        ),
        st.integers(0, 6),
        st.integers(0, 500),
        st.sampled_from([("WineCellar",), ("Brewery",), ("PointOfInterest",)]),
        st.integers(1, 3),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=8,
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_is_lost(records: list[Offer], chance: random.Random) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)
    merged = merge_group(records)
    assert merge_group(shuffled) == merged
    assert len({o.id for o in merged}) == len(merged)
    assert {p.source_id for o in merged for p in o.provenance} == {p.source_id for o in records for p in o.provenance}


def test_staging_counts_what_it_merged_and_gives_order_of_merit(tmp_path: Path) -> None:
    chance = random.Random(7)
    offers = [offer(n, chance) for n in range(60)]
    with open_staging(tmp_path) as staging:
        again = sum(staging.add(o) for o in [*offers, *offers[:5]])
        assert again == 5
        merged = staging.merge()
        found = [offer_from_json(row) for row in staging.rows()]
    assert len(found) == 60 - merged
    assert [o.merit for o in found] == sorted((o.merit for o in found), reverse=True)
    assert not list(tmp_path.iterdir())


def test_merit_favours_what_a_card_can_show() -> None:
    full = canoe()
    bare = replace(full, texts={"fr": Text("Canoë")}, hours=record(1).hours, price_cents=None)
    assert 0 <= merit_of(bare) < merit_of(full) <= 100
