"""Opening hours and event dates of a DATAtourisme object, as our types. Pure.

Model: https://www.datatourisme.fr/ontology/core (``schema:openingHoursSpecification``, ``takesPlaceAt``), versions 2
and 3 and the JSON of the REST interface. A period whose hours make no sense keeps its days and loses its hours.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from domain.hours import MINUTES_A_DAY, Dates, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from server.catalogue.jsonld import Node

# A year of daily sessions; more is a mistake of the feed, and what a kiosk would expand on every look.
OCCURRENCES = 400
PERIODS = 120
ALL_DAYS = frozenset(range(7))
PUBLIC_HOLIDAYS = "PublicHolidays"  # a member of schema:DayOfWeek

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "lundi", "mo"),
            ("tuesday", "mardi", "tu"),
            ("wednesday", "mercredi", "we"),
            ("thursday", "jeudi", "th"),
            ("friday", "vendredi", "fr"),
            ("saturday", "samedi", "sa"),
            ("sunday", "dimanche", "su"),
        )
    )
    for name in names
}


_Spans = dict[tuple[date | None, date | None, int, OnHolidays], set[Span]]


def weekdays_of(node: Node, *names: str) -> frozenset[int] | None:
    """Weekdays 0 … 6 under ``names``; None when nothing is said, empty when only holidays are."""
    said = node.references(*names)
    if not said:
        labels = [label for child in node.nodes(*names) for label in child.texts("label").values()]
        said = labels
    if not said:
        return None
    return frozenset(_WEEKDAYS[day.casefold()] for day in said if day.casefold() in _WEEKDAYS)


def span_of(opens: int | None, closes: int | None) -> Span | None:
    """A span, or None when the two do not make one. Equal times say "open that day" in these feeds, no more."""
    if opens is None or closes is None or opens == closes or opens >= MINUTES_A_DAY:
        return None
    return Span(opens, MINUTES_A_DAY if closes == 0 else closes)


def parse_hours(node: Node) -> Hours:
    """All opening hours of all places of an object: days with the same hours and dates become one period."""
    spans: _Spans = defaultdict(set)
    for place in node.nodes("isLocatedAt"):
        for said in place.nodes("openingHoursSpecification"):
            _add_specification(spans, said)
    weekdays: dict[tuple[date | None, date | None, tuple[Span, ...], OnHolidays], set[int]] = defaultdict(set)
    for (first, last, weekday, holidays), found in spans.items():
        ordered = tuple(sorted(found, key=lambda span: (span.start, span.end)))
        weekdays[first, last, ordered, holidays].add(weekday)
    periods = [
        Period(frozenset(days), found, first, last, holidays=holidays)
        for (first, last, found, holidays), days in weekdays.items()
    ]
    periods.sort(
        key=lambda p: (p.first or date.min, p.last or date.max, sorted(p.weekdays), [s.start for s in p.spans])
    )
    return Hours(tuple(periods[:PERIODS]))


def _add_specification(spans: _Spans, said: Node) -> None:
    first, last = said.day("validFrom", "startDate"), said.day("validThrough", "endDate")
    if first and last and last < first:
        return
    weekdays = weekdays_of(said, "dayOfWeek", "appliesOnDay")
    span = span_of(said.minutes("opens", "startTime"), said.minutes("closes", "endTime"))
    for weekday in ALL_DAYS if weekdays is None else weekdays:
        found = spans[first, last, weekday, OnHolidays.ANY]
        if span is not None:
            found.add(span)
    if weekdays is not None and span is not None and PUBLIC_HOLIDAYS in said.references("dayOfWeek", "appliesOnDay"):
        for weekday in ALL_DAYS:
            spans[first, last, weekday, OnHolidays.ONLY].add(span)


def parse_dates(node: Node) -> Dates:
    """When an event takes place: its periods, else the bare start and end days of older models."""
    occurrences: set[Occurrence] = set()
    recurrences: list[Recurrence] = []
    for period in list(node.nodes("takesPlaceAt"))[:OCCURRENCES]:
        _add_period(occurrences, recurrences, period)
    if not occurrences and not recurrences:
        starts, ends = node.strings("startDate"), node.strings("endDate")
        for number, start in enumerate(starts[:OCCURRENCES]):
            bare = Node({"startDate": start, "endDate": ends[number] if number < len(ends) else start})
            _add_period(occurrences, recurrences, bare)
    ordered = sorted(occurrences, key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0))
    return Dates(tuple(ordered), tuple(recurrences))


def _add_period(occurrences: set[Occurrence], recurrences: list[Recurrence], period: Node) -> None:
    first, last = period.day("startDate", "validFrom"), period.day("endDate", "validThrough")
    if first is None:
        first = last
    if first is None:
        return
    last = first if last is None or last < first else last
    start, end = period.minutes("startTime", "opens"), period.minutes("endTime", "closes")
    if start is not None and start >= MINUTES_A_DAY:
        start = end = None
    if start is None or start == end:
        end = None
    weekdays = weekdays_of(period, "appliesOnDay", "dayOfWeek")
    if weekdays and weekdays != ALL_DAYS and last > first:
        recurrences.append(Recurrence(weekdays, start, end, first, last))
    else:
        occurrences.add(Occurrence(first, start, end, last if last > first else None))
