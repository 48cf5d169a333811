"""School holidays of a zone, from the table that data.gouv.fr publishes. Pure.

Columns ``date``, ``vacances_zone_a`` … ``vacances_zone_c`` (True or False), one row a day.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from domain.hours import Period

ZONES = ("A", "B", "C")
DAYS = 40_000
Ranges = tuple[tuple[date, date], ...]


class BadTable(Exception):
    """The table is not one of school holidays; the message is one sentence."""


def parse_school_csv(lines: Iterable[str], zone: str) -> Ranges:
    """First and last day of each holiday of a zone, in order. Raises BadTable."""
    column = f"vacances_zone_{zone.lower()}"
    if zone not in ZONES:
        raise BadTable(f"There is no school zone {zone!r}: choose from {', '.join(ZONES)}.")
    days: set[date] = set()
    try:
        rows = csv.DictReader(lines)
        if column not in (rows.fieldnames or ()) or "date" not in (rows.fieldnames or ()):
            raise BadTable(f"The table has no columns `date` and `{column}`.")
        for number, row in enumerate(rows):
            if number >= DAYS:
                raise BadTable("The table has more days than a century.")
            if (row.get(column) or "").strip().casefold() in ("true", "1", "vrai"):
                days.add(date.fromisoformat((row.get("date") or "").strip()[:10]))
    except (ValueError, csv.Error) as error:
        raise BadTable("The table has a day that is none.") from error
    return ranges_of(days)


def ranges_of(days: Iterable[date]) -> Ranges:
    """Days as ranges without a gap."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] == day - timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)


def in_holidays(period: Period, ranges: Sequence[tuple[date, date]]) -> tuple[Period, ...]:
    """The period during school holidays only: one period per holiday that it meets."""
    found = []
    for first, last in ranges:
        begins = max(first, period.first) if period.first and not period.yearly else first
        ends = min(last, period.last) if period.last and not period.yearly else last
        if begins <= ends:
            found.append(Period(period.weekdays, period.spans, begins, ends, False, period.nth, period.holidays))
    return tuple(found)


def dump_ranges(ranges: Ranges) -> str:
    return json.dumps([[first.isoformat(), last.isoformat()] for first, last in ranges])


def load_ranges(text: str) -> Ranges:
    """What `dump_ranges` wrote. Raises ValueError."""
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in json.loads(text))
