"""Calendars as programs really write them: encodings, folding, zones of Windows, places, files cut short."""

from __future__ import annotations

from datetime import date

import pytest

from domain.hours import Occurrence
from server.catalogue.feed_source import Document
from server.catalogue.ical import CalendarParser
from server.catalogue.results import Kept, Parsed, Reason, Rejected

AS_OF = date(2026, 11, 22)
EVENING = Occurrence(date(2026, 12, 5), 1200)


def calendar(*lines: str) -> str:
    start = [] if any(line.startswith("DTSTART") for line in lines) else ["DTSTART:20261205T200000"]
    body = ["UID:1@x.example", "SUMMARY:Fête", *start, *lines]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", *body, "END:VEVENT", "END:VCALENDAR", ""]
    )


def outcomes(data: str | bytes, commune: str = "Roquebelle") -> list[Parsed]:
    raw = data.encode() if isinstance(data, str) else data
    return list(CalendarParser(AS_OF, commune).outcomes(Document("x.ics", raw)))


def kept(data: str | bytes, commune: str = "Roquebelle") -> Kept:
    (outcome,) = outcomes(data, commune)
    assert isinstance(outcome, Kept), outcome
    return outcome


@pytest.mark.parametrize(
    "data",
    [
        calendar().encode("utf-8-sig"),
        calendar().encode("cp1252"),
        calendar().encode("utf-16"),
        calendar().replace("\r\n", "\n").encode(),
        calendar().replace("\r\n", "\r").encode(),
        calendar().replace("END:VCALENDAR\r\n", "").encode(),
        calendar("CECI N'EST RIEN").encode(),
    ],
)
def test_encodings_line_ends_and_a_missing_end(data: bytes) -> None:
    offer = kept(data).offer
    assert offer.text("fr").name == "Fête"
    assert offer.dates.occurrences == (EVENING,)


def test_lines_folded_in_the_middle_of_a_letter() -> None:
    line = ("DESCRIPTION:Un été à l'opéra, " + "é" * 40).encode()
    folded = b"\r\n ".join(line[n : n + 35] for n in range(0, len(line), 35))
    offer = kept(calendar("X-HERE:1").encode().replace(b"X-HERE:1", folded)).offer
    assert offer.text("fr").pitch == "Un été à l'opéra, " + "é" * 40


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Paris",
        "Romance Standard Time",
        "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris",
        '"(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"',
        "/freeassociation.sourceforge.net/Europe/Paris",
        "Nowhere/Land",
    ],
)
def test_zones_by_every_name(zone: str) -> None:
    offer = kept(calendar(f"DTSTART;TZID={zone}:20261205T200000", f"DTEND;TZID={zone}:20261205T220000")).offer
    assert offer.dates.occurrences == (Occurrence(date(2026, 12, 5), 1200, 1320),)


@pytest.mark.parametrize(
    "start", ["DTSTART;VALUE=DATE:20261205T000000", "DTSTART;TZID=Europe/Paris;VALUE=DATE:20261205"]
)
def test_a_day_written_like_a_time(start: str) -> None:
    assert kept(calendar(start)).offer.dates.occurrences == (Occurrence(date(2026, 12, 5)),)


@pytest.mark.parametrize(
    ("location", "commune"),
    [
        ("Salle des fêtes\\, 1 rue du Four\\, 84210 PERNES-LES-FONTAINES\\, France", "Pernes-les-Fontaines"),
        ("Salle des fêtes\\, Roquebelle\\, France", "Roquebelle"),
        ("ROQUEBELLE", "Roquebelle"),
    ],
)
def test_communes_in_locations(location: str, commune: str) -> None:
    assert kept(calendar(f"LOCATION:{location}"), commune="").offer.place.commune == commune


def test_a_country_is_no_commune() -> None:
    assert [o.reason for o in outcomes(calendar("LOCATION:France"), "") if isinstance(o, Rejected)] == [Reason.NO_PLACE]


def test_positions_with_commas_are_read_and_bad_ones_spoil_nothing() -> None:
    place = kept(calendar("GEO:43,9;5,2")).offer.place
    assert (place.latitude, place.longitude) == (43.9, 5.2)
    assert kept(calendar("GEO:nord;sud")).offer.place.latitude is None


def test_a_file_cut_short_says_so() -> None:
    whole = calendar().replace("END:VCALENDAR\r\n", "")
    found = outcomes(whole + "BEGIN:VEVENT\r\nUID:2@x.example\r\nSUMMARY:Cou")
    assert [type(o) for o in found] == [Rejected, Kept]
    assert isinstance(found[0], Rejected)
    assert found[0].reason is Reason.BAD_EVENT


def test_the_far_future() -> None:
    assert not kept(calendar("RRULE:FREQ=DAILY;UNTIL=99991231")).offer.dates.over(date(2150, 1, 1))
    assert [o.reason for o in outcomes(calendar("DTSTART:99991231T230000")) if isinstance(o, Rejected)] == [
        Reason.BAD_EVENT
    ]
    assert kept(calendar("DTEND:99991231T235959")).offer.dates.occurrences == (EVENING,)
