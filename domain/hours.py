"""When something is open or takes place, in local wall time, computed on the device from its clock.

`Hours` is a list of periods (weekly pattern between two dates) and exceptions for single days; `Recurrence` and
`Occurrence` say when events take place. Times are minutes after local midnight (0 … 1440; an end of 24:00 is 1440,
an end smaller than its start runs past midnight). Weekdays are 0 = Monday … 6 = Sunday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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


@dataclass(frozen=True, slots=True)
class Period:
    """A weekly pattern valid from `first` to `last` (inclusive; None = always on that side).

    `yearly` periods hold every year between the two month-days, whatever the year written in the dates.
    `spans` empty with weekdays given means "open these days, hours unknown".
    """

    weekdays: frozenset[int]
    spans: tuple[Span, ...]
    first: date | None = None
    last: date | None = None
    yearly: bool = False

    def covers(self, day: date) -> bool:
        if day.weekday() not in self.weekdays:
            return False
        if self.yearly and self.first and self.last:
            now, low, high = (
                (day.month, day.day),
                (self.first.month, self.first.day),
                (self.last.month, self.last.day),
            )
            return low <= now <= high if low <= high else now >= low or now <= high
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


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
        """Closing time when open at `local` (aware, local zone), else None. Spans past midnight count."""
        minute = local.hour * 60 + local.minute
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        ends = [
            midnight + timedelta(minutes=span.end_after_start)
            for span in self.spans_on(local.date())
            if span.start <= minute < span.end_after_start
        ]
        yesterday = local.date() - timedelta(days=1)
        ends += [
            midnight + timedelta(minutes=span.end_after_start - MINUTES_A_DAY)
            for span in self.spans_on(yesterday)
            if span.end_after_start - MINUTES_A_DAY > minute
        ]
        return max(ends, default=None)

    def next_opening(self, local: datetime, horizon_days: int = 14) -> datetime | None:
        """The next opening after `local`, within the horizon, or None."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(horizon_days + 1):
            day = local.date() + timedelta(days=ahead)
            for span in self.spans_on(day):
                opening = (midnight + timedelta(days=ahead)).replace(hour=span.start // 60, minute=span.start % 60)
                if opening > local:
                    return opening
        return None


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
    """Weekly repetition: on `weekdays` every `every_weeks` weeks counted from the week of `first`."""

    weekdays: frozenset[int]
    start: int
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
