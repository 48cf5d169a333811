"""Opening hours and dates in local time, across midnight, seasons and the change of clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.days import PARIS
from domain.hours import Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span

EVERY_DAY = frozenset(range(7))
SHOP = Hours((Period(frozenset({1, 2, 3, 4, 5}), (Span(420, 750), Span(900, 1140))),))
BAR = Hours((Period(EVERY_DAY, (Span(1080, 120),)),))
SUMMER = Hours((Period(EVERY_DAY, (Span(600, 1080),), date(2020, 6, 1), date(2020, 9, 15), yearly=True),))
WINTER = Hours((Period(EVERY_DAY, (Span(600, 1080),), date(2020, 11, 15), date(2021, 2, 28), yearly=True),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        (SHOP, "2026-11-24 08:00", "12:30"),
        (SHOP, "2026-11-24 12:30", None),
        (SHOP, "2026-11-24 16:00", "19:00"),
        (SHOP, "2026-11-22 10:00", None),
        (BAR, "2026-11-22 23:30", "02:00"),
        (BAR, "2026-11-23 01:59", "02:00"),
        (BAR, "2026-11-23 02:00", None),
        (SUMMER, "2026-07-01 12:00", "18:00"),
        (SUMMER, "2026-10-01 12:00", None),
        (WINTER, "2026-12-24 12:00", "18:00"),
        (WINTER, "2027-01-24 12:00", "18:00"),
        (WINTER, "2026-10-24 12:00", None),
    ],
)
def test_open_until(hours: Hours, moment: str, until: str | None) -> None:
    found = hours.open_until(at(moment))
    assert (found.strftime("%H:%M") if found else None) == until


def test_an_exception_beats_the_pattern() -> None:
    christmas = Hours(SHOP.periods, (DayException(date(2026, 12, 25), ()),))
    assert christmas.open_until(at("2026-12-25 08:00")) is None
    assert not christmas.open_on(date(2026, 12, 25))


def test_the_next_opening_is_found_over_closed_days() -> None:
    opening = SHOP.next_opening(at("2026-11-21 20:00"))
    assert opening == at("2026-11-24 07:00")
    assert SUMMER.next_opening(at("2026-11-21 20:00")) is None


@pytest.mark.parametrize(
    ("night", "until"),
    [
        # 2 o'clock does not exist that night: by the clock before the change, it is what the new one calls 3.
        ("2026-03-29 00:30", "2026-03-29T03:00:00+02:00"),
        # It comes twice: the first one closes.
        ("2026-10-25 00:30", "2026-10-25T02:00:00+02:00"),
    ],
)
def test_a_bar_that_closes_at_two_when_the_clocks_change(night: str, until: str) -> None:
    found = BAR.open_until(at(night))
    assert found is not None
    assert found.isoformat() == until


def test_hours_without_a_gap_are_one_opening() -> None:
    hours = Hours((Period(EVERY_DAY, (Span(540, 720), Span(720, 1440))), Period(frozenset({6}), (Span(0, 120),))))
    saturday = hours.open_until(at("2026-11-21 10:00"))
    assert saturday == at("2026-11-22 02:00")


def test_the_first_sunday_and_the_last_friday_of_a_month() -> None:
    free = Hours((Period(frozenset({6}), (Span(600, 1080),), nth=frozenset({1})),))
    late = Hours((Period(frozenset({4}), (Span(600, 1320),), nth=frozenset({-1})),))
    november = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]
    assert [day.day for day in november if free.open_on(day)] == [1]
    assert [day.day for day in november if late.open_on(day)] == [27]


def test_public_holidays_open_or_close() -> None:
    hours = Hours(
        (
            Period(EVERY_DAY, (Span(540, 1080),), holidays=OnHolidays.EXCEPT),
            Period(EVERY_DAY, (Span(600, 720),), date(2026, 5, 1), date(2026, 12, 31), holidays=OnHolidays.ONLY),
        )
    )
    assert hours.spans_on(date(2026, 1, 1)) == ()
    assert hours.spans_on(date(2026, 5, 14)) == (Span(600, 720),)  # Ascension
    assert hours.spans_on(date(2026, 5, 15)) == (Span(540, 1080),)


def test_every_second_week_means_every_second_week() -> None:
    market = Recurrence(frozenset({5}), 480, 720, date(2026, 11, 7), every_weeks=2)
    on = [day for day in (date(2026, 11, 1) + timedelta(days=n) for n in range(40)) if market.on(day)]
    assert on == [date(2026, 11, 7), date(2026, 11, 21), date(2026, 12, 5)]


def test_a_run_of_days_stays_until_its_last_day() -> None:
    dates = Dates((Occurrence(date(2026, 11, 20), None, None, date(2026, 11, 24)),))
    assert not dates.over(date(2026, 11, 24))
    assert dates.over(date(2026, 11, 25))
    assert next(dates.upcoming(date(2026, 11, 22))).day == date(2026, 11, 22)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 1439), st.integers(0, 1440))
def test_open_until_lies_ahead(day: date, start: int, end: int) -> None:
    hours = Hours((Period(EVERY_DAY, (Span(start, end),)),))
    moment = datetime(day.year, day.month, day.day, start // 60, start % 60, tzinfo=PARIS)
    until = hours.open_until(moment)
    assert until is not None
    assert until.replace(tzinfo=None) > moment.replace(tzinfo=None)
