"""When something is open or takes place, in local wall time, computed on the device from its clock.

`Hours` is a list of periods (weekly pattern between two dates) and exceptions for single days; `Recurrence` and
`Occurrence` say when events take place. Times are minutes after local midnight (0 … 1440; an end of 24:00 is 1440,
an end smaller than its start runs past midnight). Weekdays are 0 = Monday … 6 = Sunday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum, unique

from domain.holidays import is_public_holiday

MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `start` to `end`, minutes after midnight; `end` <= `start` means it ends the next day."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < MINUTES_A_DAY or not 0 <= self.end <= MINUTES_A_DAY:
            raise ValueError(f"a span lies within a day: {self.start}-{self.end}")

    @property
    def end_after_start(self) -> int:
        """The end in minutes after the start day's midnight, past 1440 when it runs into the next day."""
        return self.end if self.end > self.start else self.end + MINUTES_A_DAY


@unique
class OnHolidays(StrEnum):
    """What a public holiday (`domain.holidays`) means to a period."""

    ANY = "any"  # a day like the others
    EXCEPT = "except"  # not then
    ONLY = "only"  # then alone


@dataclass(frozen=True, slots=True)
class Period:
    """A weekly pattern valid from `first` to `last` (inclusive; None = always on that side).

    `yearly` periods hold every year between the two month-days, whatever the year written in the dates.
    `spans` empty with weekdays given means "open these days, hours unknown". `nth`: only the 1st … 5th such weekday of
    a month, -1 = the last; empty = all of them.
    """

    weekdays: frozenset[int]
    spans: tuple[Span, ...]
    first: date | None = None
    last: date | None = None
    yearly: bool = False
    nth: frozenset[int] = frozenset()
    holidays: OnHolidays = OnHolidays.ANY

    def covers(self, day: date) -> bool:
        if day.weekday() not in self.weekdays or not self._between(day):
            return False
        if self.nth and (day.day + 6) // 7 not in self.nth and not (-1 in self.nth and _last_of_month(day)):
            return False
        return self.holidays is OnHolidays.ANY or is_public_holiday(day) is (self.holidays is OnHolidays.ONLY)

    def _between(self, day: date) -> bool:
        if self.yearly and self.first and self.last:
            now, low, high = (
                (day.month, day.day),
                (self.first.month, self.first.day),
                (self.last.month, self.last.day),
            )
            return low <= now <= high if low <= high else now >= low or now <= high
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def _last_of_month(day: date) -> bool:
    """Whether it is the last such weekday of its month."""
    return (day + timedelta(days=7)).month != day.month


@dataclass(frozen=True, slots=True)
class DayException:
    """One day that differs: closed when `spans` is empty."""

    day: date
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours. No periods at all means that they are unknown."""

    periods: tuple[Period, ...] = ()
    exceptions: tuple[DayException, ...] = ()

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Opening spans that start on `day`, in order."""
        for exception in self.exceptions:
            if exception.day == day:
                return exception.spans
        spans = {span for period in self.periods if period.covers(day) for span in period.spans}
        return tuple(sorted(spans, key=lambda span: (span.start, span.end)))

    def open_on(self, day: date) -> bool:
        """Whether anything says that it is open that day, hours known or not."""
        for exception in self.exceptions:
            if exception.day == day:
                return bool(exception.spans)
        return any(period.covers(day) for period in self.periods)

    def open_until(self, local: datetime) -> datetime | None:
        """Closing time when open at `local` (aware, local zone), else None.

        Spans past midnight count, and so do spans that follow without a gap. The clock's changes are those of the
        zone: a bar that closes at 2 on the night that has no 2 o'clock closes at what is 3 then.
        """
        now, today = utc(local), local.date()
        until: datetime | None = None
        for start, end in self._intervals(today - timedelta(days=1), 3, local):
            if until is None:
                until = end if start <= now < end else None
            elif start <= until:
                until = max(until, end)
        return until.astimezone(local.tzinfo) if until and local.tzinfo else until

    def next_opening(self, local: datetime, horizon_days: int = 14) -> datetime | None:
        """The next opening after `local`, within the horizon, or None."""
        now = utc(local)
        for ahead in range(horizon_days + 1):
            for start, end in self._intervals(local.date() + timedelta(days=ahead), 1, local):
                if now < start < end:
                    return start.astimezone(local.tzinfo) if local.tzinfo else start
        return None

    def _intervals(self, first: date, days: int, like: datetime) -> list[tuple[datetime, datetime]]:
        """Instants of opening and closing of the spans that start on these days, by opening; none that are empty."""
        found = [
            (wall_time(day, span.start, like), wall_time(day, span.end_after_start, like))
            for day in (first + timedelta(days=n) for n in range(days))
            for span in self.spans_on(day)
        ]
        return sorted(interval for interval in found if interval[0] < interval[1])


def utc(moment: datetime) -> datetime:
    """The same instant in UTC, so that two of them compare and subtract as instants; a naive one is left as it is."""
    return moment.astimezone(UTC) if moment.tzinfo else moment


def wall_time(day: date, minutes: int, like: datetime) -> datetime:
    """The instant, in UTC, of `minutes` after the midnight of `day` on the clocks of `like`'s zone (naive like it).

    As RFC 5545, 3.3.5: a time that the zone skips is read by the clock before the change, one that comes twice is the
    first.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return wall.replace(tzinfo=like.tzinfo).astimezone(UTC) if like.tzinfo else wall


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One dated performance; minutes None = time unknown. A `last` after `day` is a run of days."""

    day: date
    start: int | None = None
    end: int | None = None
    last: date | None = None

    @property
    def last_day(self) -> date:
        return self.last or self.day


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Weekly repetition: on `weekdays` every `every_weeks` weeks counted from the week of `first`.

    `start` None = the time is unknown.
    """

    weekdays: frozenset[int]
    start: int | None
    end: int | None
    first: date
    last: date | None = None
    every_weeks: int = 1
    except_days: frozenset[date] = frozenset()

    def on(self, day: date) -> bool:
        if day < self.first or (self.last and day > self.last) or day in self.except_days:
            return False
        weeks = ((day - timedelta(days=day.weekday())) - (self.first - timedelta(days=self.first.weekday()))).days // 7
        return day.weekday() in self.weekdays and weeks % self.every_weeks == 0


@dataclass(frozen=True, slots=True)
class Dates:
    """When an event takes place."""

    occurrences: tuple[Occurrence, ...] = ()
    recurrences: tuple[Recurrence, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.occurrences or self.recurrences)

    def on(self, day: date) -> tuple[Occurrence, ...]:
        """What takes place on `day`, earliest first; of a run of days, that day alone."""
        found = [Occurrence(day, o.start, o.end) for o in self.occurrences if o.day <= day <= o.last_day]
        found += [Occurrence(day, r.start, r.end) for r in self.recurrences if r.on(day)]
        return tuple(sorted(found, key=lambda o: o.start if o.start is not None else -1))

    def upcoming(self, day: date, horizon_days: int = 366) -> Iterator[Occurrence]:
        """What takes place from `day` on, in order, within the horizon."""
        for ahead in range(horizon_days + 1):
            yield from self.on(day + timedelta(days=ahead))

    def over(self, day: date) -> bool:
        """Whether everything lies before `day`."""
        if not self:
            return False
        return all(o.last_day < day for o in self.occurrences) and all(
            r.last is not None and r.last < day for r in self.recurrences
        )
