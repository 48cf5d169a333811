"""schema.org data as web sites write it: nearly JSON, several blocks, schedules, special hours, prices in words."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from domain.hours import DayException, Occurrence, Recurrence, Span
from domain.offers import Category, Offer
from server.catalogue.feed_source import Document
from server.catalogue.jsonld_page import PageParser
from server.catalogue.results import Kept, Parsed, Reason, Rejected

AS_OF = date(2026, 11, 22)
PLACE = {"@type": "Place", "name": "Salle", "address": {"streetAddress": "1 rue", "addressLocality": "Roquebelle"}}
EVENT = {
    "@type": "MusicEvent",
    "@id": "https://m.example/e",
    "name": "Trio",
    "startDate": "2026-12-05T20:30",
    "location": PLACE,
}
SHOP = {"@type": "Museum", "@id": "https://m.example/m", "name": "Musée", "address": PLACE["address"]}


def page(*blocks: str, kind: str = "application/ld+json", head: str = "") -> bytes:
    scripts = "".join(f'<script type="{kind}">{block}</script>' for block in blocks)
    return f"<!doctype html><html><head>{head}</head><body><p>x</p>{scripts}</body></html>".encode()


def outcomes(data: bytes) -> list[Parsed]:
    return list(PageParser(AS_OF).outcomes(Document("p.html", data)))


def kept(thing: dict[str, Any]) -> Offer:
    (outcome,) = outcomes(page(json.dumps(thing)))
    assert isinstance(outcome, Kept), outcome
    return outcome.offer


def reasons(data: bytes) -> list[Reason]:
    return [o.reason for o in outcomes(data) if isinstance(o, Rejected)]


def names(data: bytes) -> list[str]:
    return [o.offer.text("fr").name for o in outcomes(data) if isinstance(o, Kept)]


@pytest.mark.parametrize(
    "block",
    [
        "<!-- {} -->",
        "//<![CDATA[\n{}\n//]]>",
        "/* données */ {};",
        "{}\n{}",
        "[{},]",
        "{} // fin",
    ],
)
def test_blocks_that_are_nearly_json(block: str) -> None:
    text = block.replace("{}", json.dumps(SHOP))
    assert set(names(page(text))) == {"Musée"}


def test_commas_too_many_and_marks_inside_of_texts() -> None:
    text = json.dumps({**SHOP, "description": 'Dit "oui", // et non /* rien */ <!-- ici -->, ]'})
    assert names(page(text[:-1] + ",}")) == ["Musée"]
    offer = kept({**SHOP, "description": "Tarif ,} et // barre"})
    assert "// barre" in offer.text("fr").pitch
    assert names(page(json.dumps(SHOP).replace('"', "&quot;"))) == ["Musée"]
    assert reasons(page('{"@type": "Museum", "name": }')) == [Reason.NOT_JSON]


def test_several_blocks_lists_graphs_and_types_as_addresses() -> None:
    first = json.dumps(
        {
            "@context": "https://schema.org",
            "@graph": [{"@type": "WebSite"}, {**SHOP, "@type": "https://schema.org/Museum"}],
        }
    )
    second = json.dumps(
        [{**EVENT, "@type": ["http://schema.org/Event", "MusicEvent"]}, {"@type": "Organization", "name": "O"}]
    )
    found = outcomes(page(first, second))
    assert [o.offer.category for o in found if isinstance(o, Kept)] == [Category.OUTINGS, Category.EVENTS]
    assert len(found) == 2  # what is about the page is passed over


def test_encodings_of_pages() -> None:
    body = page(json.dumps({**SHOP, "name": "Musée d'été"}, ensure_ascii=False)).decode()
    assert names(body.encode("cp1252")) == ["Musée d'été"]
    told = body.replace("<head>", '<head><meta charset="iso-8859-15">')
    assert names(told.encode("iso-8859-15")) == ["Musée d'été"]
    assert names(body.replace("<head>", "<head><meta charset='x-nothing'>").encode("cp1252")) == ["Musée d'été"]


def hours(**said: Any) -> Offer:
    return kept({**SHOP, **said})


def test_texts_of_hours_add_up() -> None:
    offer = hours(openingHours=["Mo-Fr 09:00-12:00", "Mo-Fr 14:00-18:00", "Sa 10:00-12:00"])
    assert offer.hours.spans_on(date(2026, 11, 23)) == (Span(540, 720), Span(840, 1080))
    assert not hours(openingHours=["Mo-Fr 09:00-12:00", "sur rendez-vous"]).hours.periods


def test_special_hours_and_closed_days() -> None:
    week = {"dayOfWeek": ["Monday", "https://schema.org/Tuesday"], "opens": "9:00 AM", "closes": "5 PM"}
    closed = {"dayOfWeek": "Tuesday", "opens": "00:00", "closes": "00:00"}
    special = [
        {"validFrom": "2026-12-24", "validThrough": "2026-12-25", "opens": "00:00", "closes": "00:00"},
        {"validFrom": "2026-12-31", "validThrough": "2026-12-31", "opens": "10:00", "closes": "12:00"},
    ]
    offer = hours(openingHoursSpecification=[week, closed, special[0]], specialOpeningHoursSpecification=special[1])
    assert offer.hours.spans_on(date(2026, 11, 23)) == (Span(540, 1020),)
    assert offer.hours.exceptions == (
        DayException(date(2026, 12, 24), ()),
        DayException(date(2026, 12, 25), ()),
        DayException(date(2026, 12, 31), (Span(600, 720),)),
    )


def scheduled(**said: Any) -> Offer:
    return kept({**EVENT, "eventSchedule": {"@type": "Schedule", **said}})


def test_schedules() -> None:
    weekly = scheduled(
        startDate="2026-12-01",
        endDate="2026-12-31",
        repeatFrequency="P1W",
        byDay=["https://schema.org/Tuesday", "Saturday"],
        startTime="18:00",
        endTime="20:00",
        exceptDate="2026-12-05",
    )
    days = [date(2026, 12, n) for n in range(1, 32)]
    assert [d.day for d in days if weekly.dates.on(d)] == [1, 8, 12, 15, 19, 22, 26, 29]
    assert weekly.dates.on(date(2026, 12, 8)) == (Occurrence(date(2026, 12, 8), 1080, 1200),)
    assert isinstance(weekly.dates.recurrences[0], Recurrence)
    monthly = scheduled(
        startDate="2026-12-01", endDate="2027-03-01", repeatFrequency="P1M", byDay="1SU", startTime="09:00"
    )
    assert [o.day for o in monthly.dates.occurrences] == [date(2026, 12, 6), date(2027, 1, 3), date(2027, 2, 7)]
    daily = scheduled(startDate="2026-12-01T10:00", repeatFrequency="Daily", repeatCount=3)
    assert [o.day.day for o in daily.dates.occurrences] == [1, 2, 3]
    by_day = scheduled(
        startDate="2026-12-01", endDate="2027-01-31", repeatFrequency="P1M", byMonthDay=[15], startTime="09:00"
    )
    assert date(2026, 12, 15) in [o.day for o in by_day.dates.occurrences]


def test_a_schedule_that_cannot_be_read_leaves_the_days_of_the_event() -> None:
    for said in ({"repeatFrequency": "P1H", "startDate": "2026-12-01"}, {"repeatFrequency": "P1W"}, {"startDate": "x"}):
        assert scheduled(**said).dates.occurrences == (Occurrence(date(2026, 12, 5), 1230),)


@pytest.mark.parametrize(
    ("offers", "cents"),
    [
        ({"price": "12,50 €"}, 1250),
        ({"price": "Gratuit"}, 0),
        ({"price": "0"}, 0),
        ([{"price": "0"}, {"price": 8}], 800),
        ({"priceSpecification": {"price": 9, "priceCurrency": "EUR"}}, 900),
        ({"@type": "AggregateOffer", "lowPrice": "5.00", "priceCurrency": "EUR"}, 500),
        ({"price": "10", "priceCurrency": "CHF"}, None),
        ({"price": "sur devis"}, None),
    ],
)
def test_prices(offers: Any, cents: int | None) -> None:
    assert kept({**EVENT, "offers": offers}).price_cents == cents


def test_the_place_among_places() -> None:
    online = {"@type": "VirtualLocation", "url": "https://m.example/live"}
    assert kept({**EVENT, "location": [online, PLACE]}).place.commune == "Roquebelle"
    graph = {"@graph": [{**EVENT, "location": {"@id": "#salle"}}, {**PLACE, "@id": "#salle"}]}
    (first, *_) = outcomes(page(json.dumps(graph)))
    assert isinstance(first, Kept)
    assert first.offer.place.commune == "Roquebelle"


def test_days_without_end() -> None:
    offer = kept({**EVENT, "startDate": "2026-12-05", "endDate": "9999-12-31"})
    assert offer.dates.occurrences[0].day == date(2026, 12, 5)
    assert [
        o.reason for o in outcomes(page(json.dumps({**EVENT, "startDate": "0001-01-01"}))) if isinstance(o, Rejected)
    ] == [Reason.NO_DATE]
