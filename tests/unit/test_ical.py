"""iCalendar: events, rules against an oracle of dateutil's own, time zones, what is private, cancelled or broken."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.days import PARIS
from domain.hours import Dates, Occurrence, Recurrence
from domain.offers import Offer, Tag
from server.catalogue.feed_source import Document
from server.catalogue.ical import CalendarParser
from server.catalogue.recurring import BadRule, Budget, When, dates_of
from server.catalogue.results import Kept, Parsed, Reason, Rejected

AS_OF = date(2026, 11, 22)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "ical"
ALL_DAYS = frozenset(range(7))


def calendar(*events: str) -> bytes:
    body = "\n".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//FR\n{body}\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def read(*events: str, commune: str = "", licence: str = "") -> list[Parsed]:
    return list(CalendarParser(AS_OF, commune, licence).outcomes(Document("a.ics", calendar(*events))))


def offer(*events: str, commune: str = "Mazelles") -> Offer:
    (outcome,) = read(*events, commune=commune)
    assert isinstance(outcome, Kept), outcome
    return outcome.offer


def test_an_event_with_everything() -> None:
    outcomes = read(
        """
UID:concert-1@mairie.example
DTSTAMP:20261101T100000Z
LAST-MODIFIED:20261102T100000Z
DTSTART;TZID=Europe/Paris:20261204T203000
DTEND;TZID=Europe/Paris:20261204T230000
SUMMARY:Concert de Noël\\, entrée libre
SUMMARY;LANGUAGE=en:Christmas concert
DESCRIPTION:<p>Chorale &amp\\; orgue.</p><script>alert(1)</script>
LOCATION:Église Saint-Clar\\, 84998 Saint-Clar
GEO:43.9500;5.2000
CATEGORIES:Musique,Enfants
URL:https://mairie.example/noel
ATTACH;FMTTYPE=image/jpeg:https://mairie.example/noel.jpg
ORGANIZER;CN=Jeanne Privée:mailto:jeanne@example.org
ATTENDEE:mailto:paul@example.org
""",
        licence="CC BY 4.0",
    )
    (outcome,) = outcomes
    assert isinstance(outcome, Kept)
    found = outcome.offer
    assert found.text("fr").name == "Concert de Noël, entrée libre"
    assert found.text("en").name == "Christmas concert"
    assert found.text("fr").pitch == "Chorale & orgue."
    assert found.place.commune == "Saint-Clar"
    assert (found.place.latitude, found.place.longitude) == (43.95, 5.2)
    assert found.dates == Dates((Occurrence(date(2026, 12, 4), 1230, 1380),))
    assert found.tags == {Tag.EVENING, Tag.FREE, Tag.CHILDREN}
    assert found.price_cents == 0
    assert found.illustration == "concert"
    assert found.contact.website == "https://mairie.example/noel"
    assert found.pictures[0].url == "https://mairie.example/noel.jpg"
    assert found.provenance[0].source_id == "concert-1@mairie.example"
    assert "example.org" not in repr(found)
    assert "Jeanne" not in repr(found)


@pytest.mark.parametrize(
    ("lines", "dates"),
    [
        # A summer evening given in universal time: half past eight here.
        ("DTSTART:20260704T183000Z\nDTEND:20260704T203000Z", Dates((Occurrence(date(2026, 7, 4), 1230, 1350),))),
        ("DTSTART:20261204T183000Z", Dates((Occurrence(date(2026, 12, 4), 1170),))),
        ("DTSTART;TZID=America/New_York:20261204T200000", Dates((Occurrence(date(2026, 12, 5), 120),))),
        ("DTSTART:20261204T220000\nDURATION:PT4H", Dates((Occurrence(date(2026, 12, 4), 1320, 120),))),
        ("DTSTART;VALUE=DATE:20261204\nDTEND;VALUE=DATE:20261207",
         Dates((Occurrence(date(2026, 12, 4), None, None, date(2026, 12, 6)),))),
        ("DTSTART;VALUE=DATE:20280229\nDTEND;VALUE=DATE:20280301", Dates((Occurrence(date(2028, 2, 29)),))),
        # Three nights: the first evening, the whole days, the last morning.
        ("DTSTART:20261231T180000\nDTEND:20270103T020000", Dates((
            Occurrence(date(2026, 12, 31), 1080, 1440),
            Occurrence(date(2027, 1, 1), None, None, date(2027, 1, 2)),
            Occurrence(date(2027, 1, 3), 0, 120)))),
        ("DTSTART;TZID=Europe/Paris:20261205T100000\nRRULE:FREQ=WEEKLY;UNTIL=20270327T090000Z",
         Dates((), (Recurrence(frozenset((5,)), 600, None, date(2026, 12, 5), date(2027, 3, 27)),))),
        ("DTSTART;VALUE=DATE:20261205\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU\nEXDATE;VALUE=DATE:20261219",
         Dates((), (Recurrence(frozenset((5, 6)), None, None, date(2026, 12, 5), None, 2,
                               frozenset((date(2026, 12, 19),))),))),
        ("DTSTART:20261205T100000\nDTEND:20261205T120000\nRRULE:FREQ=DAILY",
         Dates((), (Recurrence(ALL_DAYS, 600, 720, date(2026, 12, 5)),))),
        # The start is an instance even where the rule does not name its weekday (RFC 5545, 3.8.5.3).
        ("DTSTART:20261204T100000\nRRULE:FREQ=WEEKLY;BYDAY=SA",
         Dates((Occurrence(date(2026, 12, 4), 600),), (Recurrence(frozenset((5,)), 600, None, date(2026, 12, 4)),))),
        ("DTSTART:20261206T100000\nRRULE:FREQ=MONTHLY;BYDAY=1SU;COUNT=3", Dates((
            Occurrence(date(2026, 12, 6), 600), Occurrence(date(2027, 1, 3), 600), Occurrence(date(2027, 2, 7), 600)))),
        ("DTSTART;VALUE=DATE:20261201\nRDATE;VALUE=DATE:20261224,20270101\nEXDATE;VALUE=DATE:20261201", Dates((
            Occurrence(date(2026, 12, 24)), Occurrence(date(2027, 1, 1))))),
    ],
)  # fmt: skip
def test_dates(lines: str, dates: Dates) -> None:
    assert offer(f"UID:1\nSUMMARY:Fête\n{lines}").dates == dates


def test_a_weekly_rule_in_another_zone_follows_that_zones_clocks() -> None:
    found = offer(
        "UID:1\nSUMMARY:Fête\nDTSTART;TZID=America/New_York:20270306T130000\nRRULE:FREQ=WEEKLY;COUNT=5"
    ).dates.occurrences
    # New York changes its clocks on 14 March, we on the 28th.
    assert [(o.day.day, o.start) for o in found] == [(6, 1140), (13, 1140), (20, 1080), (27, 1080), (3, 1140)]


def test_one_instance_moved_and_one_cancelled() -> None:
    found = offer(
        "UID:7\nSUMMARY:Marché\nDTSTART:20261204T090000\nDTEND:20261204T120000\nRRULE:FREQ=WEEKLY",
        "UID:7\nSUMMARY:Marché\nRECURRENCE-ID:20261225T090000\nDTSTART:20261224T090000\nDTEND:20261224T120000",
        "UID:7\nSUMMARY:Marché\nRECURRENCE-ID:20270101T090000\nSTATUS:CANCELLED\nDTSTART:20270101T090000",
    ).dates
    assert found.on(date(2026, 12, 18))
    assert not found.on(date(2026, 12, 25))
    assert found.on(date(2026, 12, 24)) == (Occurrence(date(2026, 12, 24), 540, 720),)
    assert not found.on(date(2027, 1, 1))
    assert found.on(date(2027, 1, 8))


@pytest.mark.parametrize(
    ("lines", "reason", "withdraws"),
    [
        ("SUMMARY:Fête\nDTSTART:20261204T090000", Reason.NO_ID, ""),
        ("UID:1\nDTSTART:20261204T090000", Reason.NO_NAME, ""),
        ("UID:1\nSUMMARY:Fête", Reason.BAD_EVENT, ""),
        ("UID:1\nSUMMARY:Fête\nDTSTART:20269904T090000", Reason.NO_DATE, ""),
        ("UID:1\nSUMMARY:Fête\nSTATUS:CANCELLED\nDTSTART:20261204T090000", Reason.NOT_SHOWN, "1"),
        ("UID:1\nSUMMARY:Réunion\nCLASS:PRIVATE\nDTSTART:20261204T090000", Reason.NOT_SHOWN, "1"),
        ("UID:1\nSUMMARY:Fête\nDTSTART:20261204T090000\nRRULE:FREQ=SECONDLY", Reason.BAD_EVENT, ""),
        ("UID:1\nSUMMARY:Fête\nDTSTART:20261204T090000\nRRULE:FREQ=DAILY;INTERVAL=0", Reason.BAD_EVENT, ""),
        ("UID:1\nSUMMARY:Fête\nDTSTART:00010104T090000\nRRULE:FREQ=DAILY", Reason.BAD_EVENT, ""),
    ],
)
def test_what_is_refused_and_why(lines: str, reason: Reason, withdraws: str) -> None:
    (outcome,) = read(lines, commune="Mazelles")
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.withdraws) == (reason, withdraws)


def test_an_event_needs_a_place_of_its_own_or_the_calendars() -> None:
    lines = "UID:1\nSUMMARY:Fête\nDTSTART:20261204T090000"
    assert read(lines) == [Rejected("1", Reason.NO_PLACE)]
    assert offer(lines, commune="Mazelles").place.commune == "Mazelles"


def test_one_bad_event_does_not_spoil_the_others() -> None:
    data = calendar("UID:1\nSUMMARY:Bonne\nDTSTART:20261204T090000", "UID:2\nthis is no line\nDTSTART:20261204T090000")
    data = data.replace(b"END:VCALENDAR", b"END:VTODO\r\nEND:VCALENDAR")
    outcomes = list(CalendarParser(AS_OF, "Mazelles").outcomes(Document("a.ics", data)))
    assert [type(o) for o in outcomes].count(Kept) == 1
    assert len(outcomes) == 2


@pytest.mark.parametrize("data", [b"", b"<html>", b"BEGIN:VCARD\r\nEND:VCARD\r\n", b"\x00" * 50])
def test_what_is_no_calendar(data: bytes) -> None:
    outcomes = list(CalendarParser(AS_OF).outcomes(Document("a.ics", data)))
    assert all(isinstance(o, Rejected) for o in outcomes)


def test_rules_that_never_come_true_cost_a_bounded_walk() -> None:
    never = When(datetime(2026, 1, 1, 9), None, ("FREQ=MONTHLY;BYDAY=6MO",))  # noqa: DTZ001
    budget = Budget(1)
    assert dates_of(never, AS_OF, budget).occurrences == (Occurrence(date(2026, 1, 1), 540),)
    with pytest.raises(BadRule):
        dates_of(never, AS_OF, budget)


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds("FREQ=DAILY;COUNT={}".format, st.integers(1, 40)),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={}".format,
        st.integers(1, 4),
        st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, unique=True).map(",".join),
    ),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from([1, 15, 29, 31, -1])),
    st.builds("FREQ=MONTHLY;BYDAY={}{}".format, st.sampled_from([1, 2, 4, -1]), st.sampled_from(["MO", "FR", "SU"])),
    st.builds("FREQ=YEARLY;INTERVAL={}".format, st.integers(1, 4)),
)
ZONES = st.sampled_from([None, ZoneInfo("Europe/Paris"), UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    RULES,
    ZONES,
    st.dates(date(2025, 6, 1), date(2028, 3, 1)),
    st.integers(0, 95).map(lambda n: n * 15),
    st.sampled_from([None, 0, 30, 120, 600, 1430]),
    st.one_of(st.none(), st.integers(0, 500)),
)
def test_a_rule_says_on_our_clocks_what_it_says_on_its_own(
    rule: str, zone: ZoneInfo | None, day: date, minute: int, minutes: int | None, until_days: int | None
) -> None:
    start = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    if until_days is not None and "COUNT" not in rule:
        rule += f";UNTIL={(day + timedelta(days=until_days)):%Y%m%d}T235959"
    when = When(start, None if minutes is None else start + timedelta(minutes=minutes), (rule,))
    found = dates_of(when, AS_OF, Budget())
    naive = rrulestr(rule, dtstart=start.replace(tzinfo=None))
    expected = set()
    low, high = AS_OF, AS_OF + timedelta(days=300)
    instances = naive.between(
        datetime(low.year, low.month, low.day) - timedelta(days=2),  # noqa: DTZ001
        datetime(high.year, high.month, high.day) + timedelta(days=2),  # noqa: DTZ001
    )
    for instance in {start.replace(tzinfo=None), *instances}:
        moment = instance.replace(tzinfo=zone).astimezone(PARIS) if zone else instance
        if low <= moment.date() <= high:
            expected.add((moment.date(), moment.hour * 60 + moment.minute))
    shown = {
        (o.day, o.start)
        for n in range((high - low).days + 1)
        for o in found.on(low + timedelta(days=n))
        if minutes is None or o.start != 0 or (o.day, 0) in expected
    }
    assert shown == expected


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/ical is not here")
def test_the_shared_calendars() -> None:
    kept = 0
    for path in sorted(SHARED.rglob("*.ics")):
        if path.name == "mathBirthdays.ics":
            continue  # 2 000 birthdays: a second and a half
        for outcome in CalendarParser(AS_OF, "Ici").outcomes(Document(path.name, path.read_bytes())):
            assert isinstance(outcome, Kept | Rejected)
            kept += isinstance(outcome, Kept)
    assert kept > 600
