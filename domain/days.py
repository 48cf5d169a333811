"""Days as the card stores them, and the territory's local time.

A card has two bytes for a day: days since 2000-01-01, enough until 2179. Local time is Europe/Paris by default:
a site visited at 23:30 UTC in summer was visited on the next day there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_ZERO = date(2000, 1, 1)
PARIS = ZoneInfo("Europe/Paris")


def day_number(day: date) -> int:
    """Days since 2000-01-01; ValueError outside two unsigned bytes."""
    number = (day - DAY_ZERO).days
    if not 0 <= number <= 0xFFFF:
        raise ValueError(f"a card cannot hold the day {day.isoformat()}")
    return number


def day_from_number(number: int) -> date:
    """The date of a card day number."""
    return DAY_ZERO + timedelta(days=number)


def month_number(day: date) -> int:
    """Months since January 2000, as file 06 counts them."""
    return (day.year - DAY_ZERO.year) * 12 + day.month - 1


def local_time(unix_ms: int, zone: ZoneInfo = PARIS) -> datetime:
    """The aware local time of an instant given in milliseconds since 1970 UTC."""
    return datetime.fromtimestamp(unix_ms / 1000, tz=UTC).astimezone(zone)


def local_day(unix_ms: int, zone: ZoneInfo = PARIS) -> date:
    """The local calendar day of an instant."""
    return local_time(unix_ms, zone).date()


def to_unix_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no instant")
    return round(moment.timestamp() * 1000)
