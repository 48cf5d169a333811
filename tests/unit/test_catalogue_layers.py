"""Sources below, a person's changes above: whatever comes in whatever order, what was typed stays and says so."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hours import Hours, Period, Span
from domain.offers import Contact, Coupon, Offer, Place, Provenance, Review, Stall, Text
from server.catalogue import quality
from server.catalogue.duplicates import SCORE_MIN, likeness, look_at, suspects
from server.catalogue.layers import BY_HAND, PATHS, FieldRefused, layer, read_field, write_field
from server.catalogue.quality import Problem
from sync.content.codec import Json, offer_from_json, offer_to_json
from tests.fixtures.catalogue_samples import canoe, offer


def told_by(source: str, number: int, **changes: object) -> Json:
    """One source's record of the same mill."""
    base = Offer(
        id=f"{source}-{number}",
        category=canoe().category,
        texts={"fr": Text("Moulin de Saint-Clar")},
        place=Place("Saint-Clar", "", 43.95, 5.2),
        illustration="mills",
        provenance=(Provenance(source, f"{number}", "CC0", date(2026, 1, number + 1), source.title()),),
    )
    return offer_to_json(replace(base, **changes))


FEED = told_by("datatourisme", 1, texts={"fr": Text("Moulin de Saint-Clar", "Huile au sortir de la meule.")})
OFFICE = told_by(
    "apidae", 2, contact=Contact(phone="01 99 00 22 22"), hours=Hours((Period(frozenset({5}), (Span(600, 720),)),))
)
BLOG = told_by(
    "rss", 3, texts={"fr": Text("Moulin de Saint-Clar"), "en": Text("Saint-Clar mill", "Oil from the stone.")}
)
RECORDS = [FEED, OFFICE, BLOG]

values = {
    "texts.fr.name": st.text("abcé ", min_size=1, max_size=20).filter(str.strip),
    "texts.en.pitch": st.text("xyz", max_size=20),
    "place.position": st.sampled_from([[44.1, 5.3], [None, None]]),
    "price_cents": st.one_of(st.none(), st.integers(0, 10_000)),
    "details.contact.phone": st.sampled_from(["", "01 99 00 00 00"]),
    "hours": st.sampled_from([{}, {"periods": [{"weekdays": [1], "spans": [[540, 600]]}]}]),
    "category": st.sampled_from(["wine", "food"]),
}


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries({}, optional=values),
    st.permutations(RECORDS),
    st.sampled_from([RECORDS[:1], RECORDS[:2], RECORDS]),
)
def test_what_was_typed_wins_in_any_order_and_survives_any_import(
    typed: dict[str, object], order: list[Json], present: list[Json]
) -> None:
    rows = [row for row in order if row in present]
    made = layer("mill", rows, typed)
    assert made == layer("mill", list(reversed(rows)), typed)
    for path, value in typed.items():
        shown = read_field(made.payload, path)
        if path != "texts.en.pitch" or "en" in made.payload["texts"]:
            assert (shown or None) == (value or None) or shown == value, path
        assert made.origins[path] == [BY_HAND]
    # The same feed again, and with another field changed at its source: nothing typed moves.
    again = [{**row, "merit": row["merit"]} for row in rows]
    again[0] = offer_to_json(replace(offer_from_json(again[0]), duration_minutes=75))
    later = layer("mill", again, typed)
    assert all(read_field(later.payload, path) == read_field(made.payload, path) for path in typed)
    assert offer_to_json(offer_from_json(made.payload)) == made.payload


def test_each_field_says_where_it_comes_from() -> None:
    made = layer("mill", RECORDS, {"price_cents": 500})
    assert made.payload["id"] == "mill"
    assert made.origins["texts.fr.pitch"] == ["datatourisme-1"]
    assert made.origins["texts.en.name"] == ["rss-3"]
    assert made.origins["details.contact.phone"] == made.origins["hours"] == ["apidae-2"]
    assert made.origins["price_cents"] == [BY_HAND]
    assert {p[0] for p in made.payload["details"]["provenance"]} == {"datatourisme", "apidae", "rss"}


def test_the_territorys_own_words_lead_however_old() -> None:
    own = told_by("manual", 0, texts={"fr": Text("Le vieux moulin")})
    assert layer("mill", [*RECORDS, own], {}).payload["texts"]["fr"][0] == "Le vieux moulin"


def test_every_path_reads_back_what_was_written() -> None:
    payload = offer_to_json(canoe())
    for path in PATHS:
        value = read_field(payload, path)
        write_field(payload, path, value)
        assert read_field(payload, path) == value, path
    assert offer_from_json(payload) == canoe()
    with pytest.raises(KeyError):
        write_field(payload, "id", "other")


def test_an_offer_without_any_name_is_refused() -> None:
    with pytest.raises(FieldRefused, match="un nom"):
        layer("mill", [FEED], {"texts.fr.name": ""})


def test_reviews_coupons_and_stalls_travel() -> None:
    full = replace(
        canoe(),
        reviews=(Review("Lise", date(2026, 8, 1), 4, "Fraîche et belle."),),
        coupon=Coupon("c1", {"fr": "Un café offert"}, "CAFE", date(2026, 1, 1), date(2026, 12, 31), "Fournil", 20),
        stalls=(Stall("Halles de Bédarrin", Hours((Period(frozenset({5}), (Span(480, 750),)),)), "miel"),),
    )
    assert offer_from_json(offer_to_json(full)) == full
    with pytest.raises(ValueError, match="stars"):
        Review("x", date(2026, 1, 1), 6, "")


def test_problems_are_what_a_screen_would_miss() -> None:
    bare = told_by("csv", 9, place=Place("Saint-Clar"))
    assert set(quality.static_problems(bare)) == {
        Problem.NO_PLACE, Problem.NO_HOURS, Problem.NO_PICTURE, Problem.NO_TRANSLATION, Problem.NO_PITCH,
        Problem.NO_CONTACT,
    }  # fmt: skip
    assert quality.static_problems(offer_to_json(canoe())) == [Problem.NO_PICTURE]
    ended = Hours((Period(frozenset({0}), (Span(1, 2),), None, date(2020, 1, 1)),))
    assert quality.hours_until(offer_to_json(replace(canoe(), hours=ended))) == "2020-01-01"
    assert quality.hours_until(offer_to_json(canoe())) == "9999-12-31"


def twin(name: str, metres: float = 0, **changes: object) -> Offer:
    place = Place("Saint-Clar", "", 43.95 + metres / 111_195, 5.2)
    return replace(canoe(), id=name, texts={"fr": Text(name)}, place=place, contact=Contact(), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "metres", "asked"),
    [
        ("Moulin de Saint-Clar", "Le moulin de Saint Clar", 120, True),
        ("Domaine de la Dragonne", "Domaine La Dragonne (cave)", 200, True),
        ("Auberge du Pressoir", "Auberge du Presoir", 10, True),
        ("Auberge du Pressoir", "Auberge du Presoir", 900, False),
        ("Musée de la Lavande", "Musée de l'Ocre", 30, False),
        ("Hôtel des Platanes", "Café des Platanes", 20, False),
    ],
)
def test_names_alike_and_near_are_shown_to_a_person(one: str, other: str, metres: float, asked: bool) -> None:
    score = likeness(look_at(twin(one)), look_at(twin(other, metres)))
    assert (score >= SCORE_MIN) is asked, score


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_suspects_do_not_depend_on_order_nor_on_what_is_fresh(seed: int) -> None:
    chance = random.Random(seed)
    looks = []
    for number in range(60):
        made = offer(number, chance)
        looks.append(look_at(replace(made, place=Place("X", "", 43.9 + chance.random() / 100, 5.1))))
    found = set(suspects(looks))
    shuffled = chance.sample(looks, len(looks))
    assert set(suspects(shuffled)) == found
    assert all(one < other and score >= SCORE_MIN for one, other, score in found)
    fresh = frozenset(look.id for look in shuffled[:20])
    assert set(suspects(looks, fresh)) == {pair for pair in found if fresh & set(pair[:2])}
