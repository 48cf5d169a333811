"""Public holidays of metropolitan France (Code du travail, L3133-1), computed: a kiosk needs no list and no network."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8), 1583 on."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    leap_centuries, odd_century = divmod(century, 4)
    moon_shift = (century + 8) // 25
    moon_correction = (century - moon_shift + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_correction + 15) % 30
    leaps, odd_years = divmod(in_century, 4)
    to_sunday = (32 + 2 * odd_century + 2 * leaps - epact - odd_years) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def public_holidays(year: int) -> frozenset[date]:
    """The eleven days of a year; fewer when two fall together (Ascension on 1 May 2008)."""
    sunday = easter(year)
    movable = (sunday + timedelta(days=days) for days in (1, 39, 50))  # Easter Monday, Ascension, Whit Monday
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return frozenset((*movable, *(date(year, month, day) for month, day in fixed)))


def is_public_holiday(day: date) -> bool:
    return day in public_holidays(day.year)
