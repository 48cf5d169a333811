"""What a visitor asks of time, judged on the device by its own clock: open now, today, tonight, this week-end. Pure.

`now` is aware local time. An event's session runs from its start to its end; an unknown end is `EVENT_MINUTES` later,
an unknown start makes it last its whole day. A session that began yesterday and runs past midnight is still on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain.hours import MINUTES_A_DAY, Dates, Hours, Occurrence, utc, wall_time

EVENING_MINUTE = 18 * 60
# An event of unknown length is taken to go on this long: two hours, an ordinary concert.
EVENT_MINUTES = 120
# How far ahead "soon" looks for the next session of something that repeats.
AHEAD_DAYS = 62
NEVER = 1_000_000_000
ONE_DAY = timedelta(days=1)


def session(occurrence: Occurrence, day: date, like: datetime) -> tuple[datetime, datetime]:
    """First and last instant (exclusive, UTC) of what takes place on `day`."""
    start, end = occurrence.start, occurrence.end
    if start is None:
        return wall_time(day, 0, like), wall_time(day, MINUTES_A_DAY, like)
    if end is None:
        opens = wall_time(day, start, like)
        return opens, opens + timedelta(minutes=EVENT_MINUTES)
    return wall_time(day, start, like), wall_time(day, end if end > start else end + MINUTES_A_DAY, like)


def sessions_about(dates: Dates, now: datetime) -> Iterator[tuple[Occurrence, datetime, datetime]]:
    """Sessions that started yesterday or start today, with their instants; yesterday's only where they touch today."""
    today = now.date()
    midnight = wall_time(today, 0, now)
    for day in (today - ONE_DAY, today):
        for occurrence in dates.on(day):
            start, end = session(occurrence, day, now)
            if day == today or end > midnight:
                yield occurrence, start, end


def open_now(hours: Hours, dates: Dates, now: datetime) -> bool:
    """A place within its hours, an event that has begun and is not over."""
    if dates:
        instant = utc(now)
        return any(start <= instant < end for _, start, end in sessions_about(dates, now))
    return hours.open_until(now) is not None


def hours_known(hours: Hours, day: date) -> bool:
    """Whether the hours say anything of ``day`` or later. Feeds grow old: once every period has ended, a place is not
    closed, its hours are simply unknown, and a screen should say that rather than "closed"."""
    return any(period.yearly or period.last is None or period.last >= day for period in hours.periods)


def rest_of_today(hours: Hours, dates: Dates, now: datetime, from_minute: int = 0) -> bool:
    """Whether something is still to be had today, at ``from_minute`` or later."""
    after = max(utc(now), wall_time(now.date(), from_minute, now))
    if dates:
        return any(
            end > after and (occurrence.start is not None or not from_minute)
            for occurrence, _, end in sessions_about(dates, now)
        )
    today = now.date()
    return any(wall_time(today, span.end_after_start, now) > after for span in hours.spans_on(today))


def tonight(hours: Hours, dates: Dates, now: datetime) -> bool:
    """Events that go on after 18:00, places open for an hour of the evening or more."""
    return rest_of_today(hours, dates, now, EVENING_MINUTE + (0 if dates else 60))


def weekend_days(today: date) -> tuple[date, ...]:
    """The Saturday and Sunday that "this week-end" means; on a Sunday, that day alone."""
    if today.weekday() == 6:
        return (today,)
    saturday = today + timedelta(days=5 - today.weekday())
    return saturday, saturday + ONE_DAY


def this_weekend(hours: Hours, dates: Dates, now: datetime) -> bool:
    """Whether it is to be had on a day of this week-end; today, only while it is not over."""
    today = now.date()
    for day in weekend_days(today):
        if dates:
            if rest_of_today(hours, dates, now) if day == today else bool(dates.on(day)):
                return True
        elif hours.open_on(day) and (day != today or not hours.spans_on(day) or rest_of_today(hours, dates, now)):
            return True
    return False


def minutes_until(hours: Hours, dates: Dates, now: datetime) -> int:
    """Minutes until it starts or opens, 0 when it is on, `NEVER` when nothing says that it will."""
    if open_now(hours, dates, now):
        return 0
    instant = utc(now)
    if not dates:
        opening = hours.next_opening(now, horizon_days=7)
        return NEVER if opening is None else _minutes(utc(opening) - instant)
    today = now.date()
    starts = []
    for occurrence in dates.occurrences:
        day = max(occurrence.day, today)
        while day <= occurrence.last_day:
            start = wall_time(day, occurrence.start or 0, now)
            if start > instant:
                starts.append(start)
                break
            day += ONE_DAY
    for recurrence in dates.recurrences:
        for ahead in range(AHEAD_DAYS):
            day = today + timedelta(days=ahead)
            if recurrence.on(day) and (start := wall_time(day, recurrence.start or 0, now)) > instant:
                starts.append(start)
                break
    return _minutes(min(starts) - instant) if starts else NEVER


def _minutes(ahead: timedelta) -> int:
    return max(1, round(ahead.total_seconds() / 60))
