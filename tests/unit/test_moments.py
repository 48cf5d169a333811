"""Hours, dates and what is asked of them, against an oracle that looks at every five minutes of a window.

The oracle reads walls with dateutil's own time zones (the rules' use the standard library's), and knows no interval: it
asks of each instant whether any span or session holds it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dateutil import easter as dateutil_easter
from dateutil import tz
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from domain.days import PARIS
from domain.holidays import easter, is_public_holiday, public_holidays
from domain.hours import Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from domain.moments import (
    EVENT_MINUTES,
    NEVER,
    minutes_until,
    open_now,
    rest_of_today,
    this_weekend,
    tonight,
    weekend_days,
)

ORACLE_ZONE = tz.gettz("Europe/Paris")
STEP = timedelta(minutes=5)
# Days about which rules break: changes of clocks, leap days, ends of years, and ordinary ones.
DAYS = st.one_of(
    st.sampled_from(
        [
            date(2026, 3, 28),
            date(2026, 3, 29),
            date(2026, 10, 24),
            date(2026, 10, 25),
            date(2028, 2, 28),
            date(2028, 2, 29),
            date(2027, 2, 28),
            date(2026, 12, 31),
            date(2027, 1, 1),
            date(2026, 4, 6),
        ]
    ),
    st.dates(date(2024, 1, 1), date(2032, 12, 31)),
)
FIVE = st.integers(0, 287).map(lambda n: n * 5)
SPANS = st.builds(Span, FIVE, st.integers(0, 288).map(lambda n: n * 5))
WEEKDAYS = st.frozensets(st.integers(0, 6), min_size=1)


def wall(day: date, minutes: int) -> datetime:
    """The instant of a wall time, the dateutil way: imaginary times are shifted forward, of two the first is meant."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    return tz.resolve_imaginary(tz.enfold(naive.replace(tzinfo=ORACLE_ZONE), 0)).astimezone(UTC)


@st.composite
def periods(draw: st.DrawFn, about: date) -> Period:
    first = about + timedelta(days=draw(st.integers(-400, 3)))
    last = first + timedelta(days=draw(st.integers(0, 800)))
    return Period(
        draw(WEEKDAYS),
        tuple(draw(st.lists(SPANS, max_size=3))),
        draw(st.sampled_from((None, first))),
        draw(st.sampled_from((None, last))),
        draw(st.booleans()),
        draw(st.sampled_from((frozenset[int](), frozenset((1,)), frozenset((2, 4)), frozenset((-1,))))),
        draw(st.sampled_from(OnHolidays)),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Hours, datetime]:
    day = draw(DAYS)
    exceptions = draw(st.lists(st.tuples(st.integers(-2, 2), st.lists(SPANS, max_size=2)), max_size=2))
    hours = Hours(
        tuple(draw(st.lists(periods(day), max_size=3))),
        tuple(DayException(day + timedelta(days=ahead), tuple(spans)) for ahead, spans in exceptions),
    )
    return hours, wall(day, draw(FIVE)).astimezone(PARIS)


def in_period(period: Period, day: date) -> bool:
    """Written out again, the long way round: by counting through the month, by walking through the year."""
    if period.yearly and period.first and period.last:
        walk, found = date(2028, period.first.month, period.first.day), False
        end = (period.last.month, period.last.day)
        for _ in range(367):
            found = found or (walk.month, walk.day) == (day.month, day.day)
            if (walk.month, walk.day) == end:
                break
            walk += timedelta(days=1)
            walk = date(2028, walk.month, walk.day)
        if not found:
            return False
    elif (period.first and day < period.first) or (period.last and day > period.last):
        return False
    same = [n for n in range(1, 32) if _exists(day, n) and date(day.year, day.month, n).weekday() == day.weekday()]
    place = same.index(day.day) + 1
    if period.nth and place not in period.nth and not (-1 in period.nth and place == len(same)):
        return False
    holiday = {OnHolidays.EXCEPT: not is_public_holiday(day), OnHolidays.ONLY: is_public_holiday(day)}
    return day.weekday() in period.weekdays and holiday.get(period.holidays, True)


def _exists(day: date, number: int) -> bool:
    try:
        day.replace(day=number)
    except ValueError:
        return False
    return True


def spans_of(hours: Hours, day: date) -> list[Span]:
    for exception in hours.exceptions:
        if exception.day == day:
            return list(exception.spans)
    return [span for period in hours.periods if in_period(period, day) for span in period.spans]


def walls_of(hours: Hours, today: date) -> list[tuple[datetime, datetime]]:
    found = []
    for ahead in range(-2, 17):
        day = today + timedelta(days=ahead)
        for span in spans_of(hours, day):
            end = span.end if span.end > span.start else span.end + 1440
            found.append((wall(day, span.start), wall(day, end)))
    return found


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_open_until_and_next_opening_are_what_the_clock_says(world: tuple[Hours, datetime]) -> None:
    hours, now = world
    walls = walls_of(hours, now.date())
    instant = now.astimezone(UTC)

    def is_open(moment: datetime) -> bool:
        return any(start <= moment < end for start, end in walls)

    until = hours.open_until(now)
    assert (until is not None) is is_open(instant)
    if until is not None:
        # Only as far as the rule looks: what starts by the end of tomorrow.
        horizon = wall(now.date() + timedelta(days=2), 0)
        moment = instant
        while moment < until.astimezone(UTC):
            assert is_open(moment)
            moment += STEP
        assert not is_open(moment) or moment >= horizon
    opening = hours.next_opening(now, 3)
    last = now.date() + timedelta(days=3)
    starts = [s for s, e in walls if instant < s < e and s.astimezone(ORACLE_ZONE).date() <= last]
    # In UTC: Python holds no two zones' ambiguous times equal (PEP 495).
    assert (opening and opening.astimezone(UTC)) == min(starts, default=None)


@st.composite
def programmes(draw: st.DrawFn) -> tuple[Dates, datetime]:
    day = draw(DAYS)
    occurrences = [
        Occurrence(
            day + timedelta(days=draw(st.integers(-9, 5))),
            start := draw(st.one_of(st.none(), FIVE)),
            None if start is None else draw(st.one_of(st.none(), FIVE)),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    runs = [
        Occurrence(o.day, o.start, o.end, o.day + timedelta(days=draw(st.integers(1, 9)))) if draw(st.booleans()) else o
        for o in occurrences
    ]
    repeats = [
        Recurrence(
            draw(WEEKDAYS),
            draw(st.one_of(st.none(), FIVE)),
            draw(st.one_of(st.none(), FIVE)),
            first := day + timedelta(days=draw(st.integers(-60, 20))),
            draw(st.one_of(st.none(), st.integers(0, 90).map(lambda days, f=first: f + timedelta(days=days)))),
            draw(st.integers(1, 3)),
            frozenset(draw(st.lists(st.integers(-3, 9).map(lambda n: day + timedelta(days=n)), max_size=2))),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    assume(runs or repeats)
    return Dates(tuple(runs), tuple(repeats)), wall(day, draw(FIVE)).astimezone(PARIS)


def happens(dates: Dates, day: date) -> list[tuple[int | None, int | None]]:
    found: list[tuple[int | None, int | None]] = []
    for o in dates.occurrences:
        days = [o.day + timedelta(days=n) for n in range(((o.last or o.day) - o.day).days + 1)]
        found += [(o.start, o.end)] if day in days else []
    for r in dates.recurrences:
        monday, week = r.first - timedelta(days=r.first.weekday()), 0
        while monday + timedelta(weeks=week * r.every_weeks) + timedelta(days=6) < day:
            week += 1
        start_of_week = monday + timedelta(weeks=week * r.every_weeks)
        in_week = start_of_week <= day and r.first <= day and (r.last is None or day <= r.last)
        if in_week and day.weekday() in r.weekdays and day not in r.except_days:
            found.append((r.start, r.end))
    return found


def sessions(dates: Dates, day: date) -> list[tuple[datetime, datetime, bool]]:
    found = []
    for start, end in happens(dates, day):
        if start is None:
            found.append((wall(day, 0), wall(day, 1440), False))
        elif end is None:
            found.append((wall(day, start), wall(day, start) + timedelta(minutes=EVENT_MINUTES), True))
        else:
            found.append((wall(day, start), wall(day, end if end > start else end + 1440), True))
    return found


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programmes())
@example(
    (Dates((Occurrence(date(2026, 10, 24), 1380, 150),)), datetime(2026, 10, 25, 2, 10, tzinfo=PARIS)),
)
def test_events_are_on_tonight_and_this_weekend_as_the_clock_says(programme: tuple[Dates, datetime]) -> None:
    dates, now = programme
    instant, today = now.astimezone(UTC), now.date()
    yesterday = [s for s in sessions(dates, today - timedelta(days=1)) if s[1] > wall(today, 0)]
    about = yesterday + sessions(dates, today)
    nothing = Hours()
    assert open_now(nothing, dates, now) is any(start <= instant < end for start, end, _ in about)
    assert rest_of_today(nothing, dates, now) is any(end > instant for _, end, _ in about)
    evening = max(instant, wall(today, 18 * 60))
    assert tonight(nothing, dates, now) is any(end > evening for _, end, timed in about if timed)
    weekend = [day for day in weekend_days(today) if day != today]
    later = any(sessions(dates, day) for day in weekend)
    assert this_weekend(nothing, dates, now) is (
        later or (today in weekend_days(today) and any(end > instant for _, end, _ in about))
    )
    wait = minutes_until(nothing, dates, now)
    if open_now(nothing, dates, now):
        assert wait == 0
    else:
        ahead = [
            start for n in range(62) for start, _, _ in sessions(dates, today + timedelta(days=n)) if start > instant
        ]
        expected = round((min(ahead) - instant).total_seconds() / 60) if ahead else NEVER
        assert wait == max(1, expected)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programmes(), st.integers(-5, 100))
def test_an_event_stays_until_its_last_day_and_not_longer(programme: tuple[Dates, datetime], ahead: int) -> None:
    dates, now = programme
    day = now.date() + timedelta(days=ahead)
    rest = any(happens(dates, day + timedelta(days=n)) for n in range(200))
    if rest:
        assert not dates.over(day)
    if dates.over(day):
        assert not rest
        assert next(dates.upcoming(day), None) is None


def test_weekend_days_of_each_day() -> None:
    for number in range(7):
        day = date(2026, 11, 23) + timedelta(days=number)
        days = weekend_days(day)
        assert days == ((date(2026, 11, 29),) if number == 6 else (date(2026, 11, 28), date(2026, 11, 29)))


def test_easter_is_that_of_another_library_for_five_centuries() -> None:
    assert [easter(year) for year in range(1600, 2200)] == [dateutil_easter.easter(year) for year in range(1600, 2200)]


def test_the_eleven_days_of_2026() -> None:
    assert sorted(public_holidays(2026)) == [
        *(date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14)),
        *(date(2026, 5, 25), date(2026, 7, 14), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11)),
        date(2026, 12, 25),
    ]
    assert len(public_holidays(2008)) == 10
