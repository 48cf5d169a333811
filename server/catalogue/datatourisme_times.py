"""Opening hours and event dates of a DATAtourisme object, as our types. Pure.

Model: https://www.datatourisme.fr/ontology/core (``schema:openingHoursSpecification``, ``takesPlaceAt``), versions 2
and 3 and the JSON of the REST interface. A period whose hours make no sense keeps its days and loses its hours.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, time, timedelta
from itertools import islice

from domain.hours import MINUTES_A_DAY, Dates, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from server.catalogue.jsonld import Node, local_moment
from server.catalogue.recurring import pieces_of

# A year of daily sessions; more is a mistake of the feed, and what a kiosk would expand on every look.
OCCURRENCES = 400
PERIODS = 120
PAST_DAYS = 31
AHEAD_DAYS = 3 * 366
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


# The weeks of a month by what their names begin with, in the thesaurus or in words.
_WEEKS = {
    name: number
    for number, names in {
        1: ("first", "1", "premi"),
        2: ("second", "2", "deuxi"),
        3: ("third", "3", "troisi"),
        4: ("fourth", "4", "quatri"),
        5: ("fifth", "5", "cinqui"),
        -1: ("last", "derni"),
    }.items()
    for name in names
}
_Nth = frozenset[int]
_Spans = dict[tuple[date | None, date | None, int, OnHolidays, _Nth], set[Span]]


def weekdays_of(node: Node, *names: str) -> frozenset[int] | None:
    """Weekdays 0 … 6 under ``names``; None when nothing is said, empty when only holidays or nothing known are."""
    said = node.references(*names)
    found = {_WEEKDAYS[day.casefold()] for day in said if day.casefold() in _WEEKDAYS}
    if not found and PUBLIC_HOLIDAYS not in said:
        labels = [label for child in node.nodes(*names) for label in child.texts("label").values()]
        if not said and not labels:
            return None
        found = {_WEEKDAYS[label.strip().casefold()] for label in labels if label.strip().casefold() in _WEEKDAYS}
    return frozenset(found)


def weeks_of(node: Node) -> _Nth:
    """Which weeks of a month are meant (``weekOfMonth``): 1 … 5, -1 = the last; empty = all of them."""
    said = node.references("weekOfMonth") + node.strings("weekOfMonth")
    said += [label for child in node.nodes("weekOfMonth") for label in child.texts("label").values()]
    return frozenset(
        number
        for text in said
        for start, number in _WEEKS.items()
        if text.strip().casefold().removeprefix("week").removeprefix("the").lstrip(" _-").startswith(start)
    )


def span_of(opens: int | None, closes: int | None) -> Span | None:
    """A span, or None when the two do not make one. Equal times say "open that day" in these feeds, no more."""
    if opens is None or closes is None or opens == closes or opens >= MINUTES_A_DAY:
        return None
    return Span(opens, MINUTES_A_DAY if closes == 0 else closes)


def parse_hours(node: Node) -> Hours:
    """All opening hours of all places of an object: days with the same hours and dates become one period."""
    spans: _Spans = defaultdict(set)
    for place in (*node.nodes("isLocatedAt"), node):
        for said in place.nodes("openingHoursSpecification"):
            _add_specification(spans, said)
    if not spans:
        return Hours()
    weekdays: dict[tuple[date | None, date | None, tuple[Span, ...], OnHolidays, _Nth], set[int]] = defaultdict(set)
    for (first, last, weekday, holidays, nth), found in spans.items():
        ordered = tuple(sorted(found, key=lambda span: (span.start, span.end)))
        weekdays[first, last, ordered, holidays, nth].add(weekday)
    periods = [
        Period(frozenset(days), found, first, last, nth=nth, holidays=holidays)
        for (first, last, found, holidays, nth), days in weekdays.items()
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
    nth = weeks_of(said) if "weekOfMonth" in said else frozenset[int]()
    for weekday in ALL_DAYS if weekdays is None else weekdays:
        found = spans[first, last, weekday, OnHolidays.ANY, nth]
        if span is not None:
            found.add(span)
    if weekdays is not None and span is not None and PUBLIC_HOLIDAYS in said.references("dayOfWeek", "appliesOnDay"):
        for weekday in ALL_DAYS:
            spans[first, last, weekday, OnHolidays.ONLY, frozenset()].add(span)


def parse_dates(node: Node, as_of: date) -> Dates:
    """When an event takes place: its periods, else the bare start and end days of older models."""
    occurrences: set[Occurrence] = set()
    recurrences: list[Recurrence] = []
    for period in list(node.nodes("takesPlaceAt"))[:OCCURRENCES]:
        _add_period(occurrences, recurrences, period, as_of)
    if not occurrences and not recurrences:
        starts, ends = node.strings("startDate"), node.strings("endDate")
        for number, start in enumerate(starts[:OCCURRENCES]):
            bare = Node({"startDate": start, "endDate": ends[number] if number < len(ends) else start})
            _add_period(occurrences, recurrences, bare, as_of)
    ordered = sorted(occurrences, key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0))
    return Dates(tuple(ordered[:OCCURRENCES]), tuple(recurrences))


def nth_days(weekdays: frozenset[int], nth: _Nth, first: date, last: date, as_of: date) -> list[date]:
    """The nth such weekdays of each month between two days, around the day of the import."""
    begins = max(first, min(as_of, last) - timedelta(days=PAST_DAYS))
    covering = Period(weekdays, (), first, last, nth=nth)
    days = (begins + timedelta(days=number) for number in range(min((last - begins).days, AHEAD_DAYS) + 1))
    return list(islice(filter(covering.covers, days), OCCURRENCES))


def _add_period(occurrences: set[Occurrence], recurrences: list[Recurrence], period: Node, as_of: date) -> None:
    first, last = period.day("startDate", "validFrom"), period.day("endDate", "validThrough")
    if first is None:
        first = last
    if first is None:
        return
    last = first if last is None or last < first else last
    start, end = period.minutes("startTime", "opens"), period.minutes("endTime", "closes")
    if start is None and end is None:
        # Some write the time into the day.
        begins, ends = local_moment(period.string("startDate")), local_moment(period.string("endDate"))
        if begins is not None and begins.time() != time():
            if ends is not None and timedelta() < ends - begins <= timedelta(days=1):
                occurrences.update(pieces_of(begins, ends))
                return
            start = begins.hour * 60 + begins.minute
            end = ends.hour * 60 + ends.minute if ends is not None else None
    if start is not None and start >= MINUTES_A_DAY:
        start = end = None
    if start is None or start == end:
        end = None
    weekdays = weekdays_of(period, "appliesOnDay", "dayOfWeek")
    nth = weeks_of(period) if "weekOfMonth" in period else frozenset[int]()
    if nth and last > first:
        days = nth_days(weekdays or ALL_DAYS, nth, first, last, as_of)
        occurrences.update(Occurrence(day, start, end) for day in days)
    elif weekdays and weekdays != ALL_DAYS and last > first:
        recurrences.append(Recurrence(weekdays, start, end, first, last))
    else:
        occurrences.add(Occurrence(first, start, end, last if last > first else None))
