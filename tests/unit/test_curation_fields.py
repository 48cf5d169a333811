"""What a curator types: hours, dates, prices, places. It reads back as it was written; nonsense is a sentence."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hours import Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from server.catalogue.layers import FieldRefused, read_field
from server.curation.fields import (
    FIELDS,
    read_booking,
    read_changes,
    read_position,
    read_price,
    read_stalls,
    read_story,
    show_stalls,
    shown,
)
from server.curation.hours_text import TextRefused, format_dates, format_hours, parse_dates, parse_hours
from sync.content.codec import offer_to_json
from tests.fixtures.catalogue_samples import canoe

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
minutes = st.integers(0, 1439)
spans = st.builds(Span, minutes, st.integers(0, 1440))
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
ranges = st.tuples(st.none() | days, st.none() | days).filter(lambda r: not (r[0] and r[1]) or r[0] <= r[1])


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first, last = draw(ranges)
    nth = draw(st.frozensets(st.sampled_from([1, 2, 3, 4, 5, -1]), max_size=3))
    holidays = draw(st.sampled_from(OnHolidays))
    return Period(draw(weekdays), tuple(draw(st.lists(spans, max_size=3))), first, last, False, nth, holidays)


@given(
    st.lists(periods(), max_size=4),
    st.lists(st.builds(DayException, days, st.lists(spans, max_size=2).map(tuple)), max_size=3),
)
def test_hours_read_back_as_written(some: list[Period], exceptions: list[DayException]) -> None:
    hours = Hours(tuple(some), tuple(exceptions))
    assert parse_hours(format_hours(hours)) == hours


@given(
    st.lists(
        st.tuples(days, st.none() | minutes, st.none() | st.integers(0, 1440), st.none() | days)
        .filter(lambda o: o[3] is None or o[3] >= o[0])
        .map(lambda o: Occurrence(o[0], o[1], o[2] if o[1] is not None else None, o[3])),
        max_size=4,
    ),
    st.lists(
        st.builds(
            Recurrence, weekdays, st.none() | minutes, st.none() | st.integers(0, 1440), st.just(date(2026, 1, 9)),
            st.none() | st.dates(date(2026, 1, 9), date(2030, 1, 1)), st.integers(1, 8),
            st.frozensets(days, max_size=3),
        ).filter(lambda r: r.start is not None or r.end is None),
        max_size=3,
    ),
)  # fmt: skip
def test_dates_read_back_as_written(occurrences: list[Occurrence], recurrences: list[Recurrence]) -> None:
    dates = Dates(tuple(occurrences), tuple(recurrences))
    assert parse_dates(format_dates(dates)) == dates


def test_hours_as_people_type_them() -> None:
    hours = parse_hours("Lun-Ven : 9h-12h, 14:00-18:30 (du 01/04 au 31/10)\n25/12/2026 : fermé\ntlj: 10:00-19:00")
    first, second = hours.periods
    assert first.weekdays == frozenset(range(5)) and first.spans == (Span(540, 720), Span(840, 1110))
    assert first.yearly and first.covers(date(2031, 5, 5)) and not first.covers(date(2031, 11, 3))
    assert second.weekdays == frozenset(range(7))
    assert hours.exceptions == (DayException(date(2026, 12, 25), ()),)
    assert parse_hours("ven-lun : 22:00-2:00").periods[0].weekdays == frozenset({4, 5, 6, 0})


@pytest.mark.parametrize(
    "line",
    [
        "lundi",
        "xyz : 9:00-12:00",
        "lun : 9:00",
        "lun : 25:00-26:00",
        "31/02/2026 : fermé",
        "lun : 9:00-12:00 (du 31/12/2026 au 01/01/2026)",
    ],
)
def test_nonsense_is_a_sentence_that_quotes_the_line(line: str) -> None:
    with pytest.raises(TextRefused, match=r"«.*» :"):
        parse_hours(line)


@pytest.mark.parametrize("line", ["hier", "12/12 20:00", "chaque ven 10:00", "30/02/2026 10:00"])
def test_nonsense_dates_are_sentences(line: str) -> None:
    with pytest.raises(TextRefused):
        parse_dates(line)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_hours, parse_dates, read_stalls, read_price, read_position):
        with suppress(TextRefused, FieldRefused):
            read(text)  # type: ignore[operator]


def test_prices_places_and_stalls() -> None:
    assert [read_price(text) for text in ("", "gratuit", "12,50", "8 €", "0")] == [None, 0, 1250, 800, 0]
    for text in ("12,505", "-3", "dix", "99999"):
        with pytest.raises(FieldRefused):
            read_price(text)
    assert read_position("44.0009, 5.2483") == read_position("44.0009 5.2483") == [44.0009, 5.2483]
    assert read_position("") == [None, None]
    with pytest.raises(FieldRefused, match="nulle part"):
        read_position("144, 5")
    typed = "sam : 8:00-12:30 · Marché de Bédarrin · miel\nmer : 17:00-19:00 · La ferme"
    assert show_stalls(read_stalls(typed)) == typed
    with pytest.raises(FieldRefused):
        read_stalls("samedi au marché")


def test_a_form_sent_back_unchanged_changes_nothing() -> None:
    payload = offer_to_json(canoe())
    typed = {path: shown(field, payload) for path, field in FIELDS.items() if field.kind != "tags"}
    assert read_changes(payload, typed, list(payload["tags"])) == {}
    changed = read_changes(payload, {**typed, "price_cents": "21"}, ["free"])
    assert changed == {"price_cents": 2100, "tags": ["free"]}
    assert all(read_field(payload, path) is not ... for path in FIELDS)


def test_stories_and_slots_are_whole_or_refused() -> None:
    assert read_story("", "", "") is None
    with pytest.raises(FieldRefused, match="licence"):
        read_story("Belle eau.", "Jeanne", "")
    form = {"slots": "10:00, 14h30", "slot_duration": "90", "slot_price": "18", "slot_quota": "12", "slot_site": "3"}
    booking = read_booking(form, {3})
    assert booking is not None and booking["slots"] == [[600, 90], [870, 90]] and booking["price_cents"] == 1800
    for wrong in ({"slots": "25:00"}, {"slot_price": ""}, {"slot_site": "9"}):
        with pytest.raises(FieldRefused):
            read_booking({**form, **wrong}, {3})
