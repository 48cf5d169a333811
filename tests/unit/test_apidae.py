"""Apidae: an export with its lists, deletions and selections; answers; hours and dates; what is broken."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.days import PARIS
from domain.hours import DayException, Occurrence, Period, Recurrence, Span
from domain.offers import Category, Offer, Place, Tag
from kiosk.flow.messages import M, message
from kiosk.store.catalogue import open_catalogue
from kiosk.workers.offer_view import offer_card
from server.catalogue.apidae import ApidaeParser, References
from server.catalogue.apidae_export import SHAPE, read_references
from server.catalogue.apidae_types import classes_of
from server.catalogue.cli import catalogue
from server.catalogue.feed_source import Document, open_feed
from server.catalogue.results import Kept, Parsed, Reason, Rejected, Withdrawn
from tests.fixtures.apidae_samples import castle, export_members, feast, write_export

AS_OF = date(2026, 11, 22)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "apidae"


def read(path: Path, **options: Any) -> list[Parsed]:
    parser = ApidaeParser(AS_OF, read_references(path), **options)
    with open_feed(path, SHAPE) as feed:
        return [outcome for piece in feed.pieces for outcome in parser.outcomes(piece)]


def offers(outcomes: list[Parsed]) -> dict[str, Offer]:
    return {o.offer.provenance[0].source_id: o.offer for o in outcomes if isinstance(o, Kept)}


def test_an_export_with_its_lists(tmp_path: Path) -> None:
    outcomes = read(write_export(tmp_path / "export.zip"))
    found = offers(outcomes)
    assert set(found) == {"501", "502"}
    offer = found["501"]
    assert offer.category is Category.OUTINGS
    assert offer.illustration == "castle"
    assert set(offer.texts) == {"fr", "en", "pt", "de"}
    assert offer.text("fr").description == "Le donjon.\n\nLa chapelle & le jardin."
    assert offer.text("de").pitch == "Tausend Jahre Stein."
    assert offer.place.commune == "Roquebelle"
    assert offer.place.address == "Montée du Château, 84999 Roquebelle"
    assert (offer.place.latitude, offer.place.longitude) == (43.951, 5.201)
    assert offer.contact.phone == "04 65 71 00 01"
    assert offer.contact.email == "Chateau@example.org"
    assert offer.price_cents == 700
    assert offer.languages == ("en", "fr")
    assert offer.tags == {Tag.ACCESSIBLE, Tag.CHILDREN}
    assert [(p.url, p.author, p.title) for p in offer.pictures] == [
        ("https://static.example/f.jpg", "A. Martin", "Le donjon")
    ]
    assert offer.provenance[0].publisher == "Office de Roquebelle"
    assert offer.provenance[0].updated == date(2026, 5, 4)
    assert Withdrawn("502") in outcomes
    assert Withdrawn("900") in outcomes
    rejected = {o.object: o.reason for o in outcomes if isinstance(o, Rejected)}
    assert rejected == {
        "503": Reason.NOT_SHOWN,
        "504": Reason.NOT_OFFER,
        "505": Reason.NO_NAME,
        "objets_modifies/objets_modifies-2.json#2": Reason.NOT_OBJECT,
        "objets_modifies/damaged.json": Reason.NOT_JSON,
    }


def test_the_folder_of_an_export_is_read_like_its_zip(tmp_path: Path) -> None:
    for name, content in export_members().items():
        path = tmp_path / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    assert offers(read(tmp_path / "export")) == offers(read(write_export(tmp_path / "export.zip")))


@pytest.mark.parametrize("selection", ["12", "Été"])
def test_only_a_selection_and_the_rest_is_withdrawn(tmp_path: Path, selection: str) -> None:
    outcomes = read(write_export(tmp_path / "export.zip"), selections=frozenset((selection,)))
    assert set(offers(outcomes)) == {"501"}
    assert Rejected("502", Reason.NOT_SELECTED, withdraws="502") in outcomes


def test_hours_of_a_place() -> None:
    (outcome,) = ApidaeParser(AS_OF).outcomes(Document("x", json.dumps([castle()]).encode()))
    assert isinstance(outcome, Kept)
    hours = outcome.offer.hours
    assert hours.periods == (
        Period(frozenset((0, 2, 3, 4, 5, 6)), (Span(600, 1080),), date(2025, 4, 1), date(2025, 10, 31), yearly=True),
        Period(frozenset((6,)), (Span(840, 1020),), date(2026, 1, 1), date(2026, 12, 31), nth=frozenset((1,))),
    )
    assert hours.exceptions[0] == DayException(date(2026, 4, 6), ())
    assert DayException(date(2026, 12, 24), (Span(600, 1080),)) in hours.exceptions
    assert {e.day for e in hours.exceptions if not e.spans} >= {date(2027, 5, 1), date(2028, 4, 17)}
    assert not hours.open_on(date(2027, 5, 1))
    assert hours.open_on(date(2027, 5, 2))


def test_an_answer_of_the_search_interface() -> None:
    answer = {"query": {}, "numFound": 1, "objetsTouristiques": [feast()]}
    (outcome,) = ApidaeParser(AS_OF).outcomes(Document("x", json.dumps(answer).encode()))
    assert isinstance(outcome, Kept)
    offer = outcome.offer
    assert offer.category is Category.EVENTS
    assert offer.illustration == "market"
    assert offer.price_cents == 0
    assert offer.tags == {Tag.FREE, Tag.EVENING}
    assert offer.dates.recurrences == (
        Recurrence(
            frozenset((4,)),
            1140,
            1410,
            date(2026, 7, 1),
            date(2026, 8, 31),
            except_days=frozenset((date(2026, 8, 14),)),
        ),
    )
    # Every year: this one and the two after, without those that are over.
    assert offer.dates.occurrences == tuple(
        Occurrence(date(year, 12, 6), 600, None, date(year, 12, 7)) for year in (2026, 2027, 2028)
    )
    assert offer.place.commune == "Mazelles"


def test_an_answer_that_found_nothing_is_no_error() -> None:
    assert list(ApidaeParser(AS_OF).outcomes(Document("x", b'{"query":{},"numFound":0}'))) == []


@pytest.mark.parametrize(
    ("kind", "words", "category"),
    [
        ("PATRIMOINE_CULTUREL", ["Musée"], "Museum"),
        ("PATRIMOINE_NATUREL", ["Lac, étang et plan d'eau"], "Lake"),
        ("EQUIPEMENT", ["Lacets et tissages"], "SportsAndLeisurePlace"),
        ("EQUIPEMENT", ["Itinéraire de randonnée pédestre"], "WalkingTour"),
        ("DEGUSTATION", ["Vins", "Château"], "WineCellar"),
        ("HOTELLERIE", ["Château"], "Hotel"),
        ("UN_TYPE_NOUVEAU", [], "PlaceOfInterest"),
    ],
)
def test_kinds_and_words(kind: str, words: list[str], category: str) -> None:
    assert classes_of(kind, words)[0] == category


PATHS = (
    *("nom", "type", "id", "state", "gestion", "informations", "presentation", "localisation", "prestations"),
    *("ouverture", "descriptionTarif", "illustrations", "informationsPatrimoineCulturel"),
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from((*PATHS, "libelleFr", "coordinates")), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_stands_where_the_model_wants_something_else_never_crashes(data: st.DataObject) -> None:
    raw: Any = castle() if data.draw(st.booleans()) else feast()
    for _ in range(data.draw(st.integers(1, 3))):
        holder, name = raw, data.draw(st.sampled_from(PATHS))
        while isinstance(holder.get(name), dict) and holder[name] and data.draw(st.booleans()):
            holder = holder[name]
            name = data.draw(st.sampled_from(sorted(holder)))
        holder[name] = data.draw(JUNK)
    outcome = ApidaeParser(AS_OF, References()).parse(raw, "x")
    assert isinstance(outcome, Kept | Rejected)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/apidae is not here")
def test_the_shared_export_and_its_odd_files() -> None:
    outcomes = read(SHARED / "engine_rails" / "json_export.zip")
    assert len(offers(outcomes)) == 5
    assert Withdrawn("123") in outcomes
    assert not [o for o in outcomes if isinstance(o, Rejected)]
    read_any = 0
    for path in sorted(SHARED.rglob("*.json")):
        for outcome in read(path):
            read_any += 1
            assert isinstance(outcome, Kept | Rejected | Withdrawn)
    assert read_any > 40


def test_an_export_shows_on_a_kiosk(tmp_path: Path) -> None:
    """Through the command that a curator types into a file that a kiosk opens."""
    into = tmp_path / "out.db"
    arguments = ["import", "apidae", str(write_export(tmp_path / "export.zip")), "--into", str(into)]
    done = CliRunner().invoke(catalogue, [*arguments, "--as-of", AS_OF.isoformat()])
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["read"] == sum(summary[name] for name in ("kept", "merged", "rejected", "withdrawn"))
    opened = open_catalogue(into)
    try:
        (found,) = opened.search("chateau", datetime(2026, 7, 12, 11, 0, tzinfo=PARIS)).offers
    finally:
        opened.close()
    card = offer_card(found, datetime(2026, 7, 12, 11, 0, tzinfo=PARIS), Place("", "", 43.95, 5.2), "fr")
    assert card.name == "Château de Roquebelle"
    assert card.category == "outings"
    assert card.when == message(M.OPEN_UNTIL, until_minutes_of_day=1080)
    assert card.where is not None
    assert card.picture == "illustration:castle"
    assert card.price == message(M.PRICE, price_cents=700)
