"""Opening hours and event dates of an Apidae object (``ouverture``, format v002), as our types. Pure.

A period says which days it means: every day, all but some weekdays (``OUVERTURE_SAUF``), some weekdays
(``OUVERTURE_SEMAINE``), or the nth weekday of the month (``OUVERTURE_MOIS``); it may hold every year (``tousLesAns``)
and be opened or closed on single days, given by date or by the name of a holiday.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.hours import MINUTES_A_DAY, Dates, DayException, Hours, Occurrence, Period, Recurrence, Span
from server.catalogue.french_hours import ALL_DAYS, NTH, special_days, weekday, with_year
from server.catalogue.jsonld import parse_date, parse_minutes

PERIODS = 120
OCCURRENCES = 400
EXCEPTIONS = 200
# Closures on holidays are written out for as long as a pack may be shown without a new import, and a year more.
YEARS_AHEAD = 2
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """One period as it was written."""

    weekdays: frozenset[int]
    nth: frozenset[int]
    first: date | None
    last: date | None
    yearly: bool
    spans: tuple[Span, ...]
    opened: tuple[tuple[date, tuple[Span, ...]], ...]
    closed: frozenset[date]


def entries(value: object) -> list[Json]:
    """The objects of a list; anything else is none."""
    return [entry for entry in value[:400] if isinstance(entry, dict)] if isinstance(value, list) else []


def parse_opening(opening: object, as_of: date) -> list[Said]:
    """The periods of ``ouverture``; what makes no sense is left out."""
    if not isinstance(opening, dict):
        return []
    years = range(as_of.year, as_of.year + YEARS_AHEAD + 1)
    closed = frozenset(_days(entries(opening.get("fermeturesExceptionnelles")), "dateFermeture", years))
    found = []
    for entry in entries(opening.get("periodesOuvertures"))[:PERIODS]:
        said = _period(entry, years)
        if said is not None:
            found.append(replace(said, closed=said.closed | closed))
    return found


def _days(said: list[Json], name: str, years: range) -> Iterator[date]:
    for entry in said:
        day = parse_date(entry.get(name))
        if day is not None:
            yield day
        special = entry.get("dateSpeciale")
        if isinstance(special, str):
            for year in years:
                yield from special_days(special, year)


def _span(entry: Json) -> Span | None:
    opens, closes = parse_minutes(entry.get("horaireOuverture")), parse_minutes(entry.get("horaireFermeture"))
    if opens is None or closes is None or opens == closes or opens >= MINUTES_A_DAY:
        return None
    return Span(opens, MINUTES_A_DAY if closes == 0 else closes)


def _period(entry: Json, years: range) -> Said | None:
    first, last = parse_date(entry.get("dateDebut")), parse_date(entry.get("dateFin"))
    yearly = entry.get("tousLesAns") is True
    if first and last and last < first and not yearly:
        return None
    days, nth = set[int](), set[int]()
    for said in entries(entry.get("ouverturesJournalieres")):
        number = weekday(str(said.get("jour", "")))
        days |= {number} if number is not None else ALL_DAYS if said.get("jour") == "TOUS" else set()
    for said in entries(entry.get("ouverturesJourDuMois")):
        # "D_1ER_LUNDI", or the two apart.
        parts = str(said.get("jourDuMois", "")).removeprefix("D_").split("_")
        number = weekday(parts[1] if len(parts) > 1 else str(said.get("jour", "")))
        if parts[0] in NTH and number is not None:
            nth.add(NTH[parts[0]])
            days.add(number)
    match entry.get("type"):
        case "OUVERTURE_SAUF":
            days, nth = set(ALL_DAYS - days), set()
        case "OUVERTURE_SEMAINE" | "OUVERTURE_MOIS" if days:
            pass
        case _:
            days, nth = set(ALL_DAYS), set()
    if not days:
        return None
    span = _span(entry)
    spans = (span,) if span else ()
    opened = []
    for said in entries(entry.get("ouverturesExceptionnelles")):
        own = _span(said)
        opened += [(day, (own,) if own else spans) for day in _days([said], "dateOuverture", years)]
    closed = frozenset(_days(entries(entry.get("fermeturesExceptionnelles")), "dateFermeture", years))
    return Said(frozenset(days), frozenset(nth), first, last, yearly, spans, tuple(opened[:EXCEPTIONS]), closed)


def hours_of(said: list[Said]) -> Hours:
    """Opening hours. Periods that differ by their hours alone become one; a day opened or closed is an exception."""
    together: dict[tuple[object, ...], tuple[Said, set[Span]]] = {}
    for one in said:
        key = (one.weekdays, one.nth, one.first, one.last, one.yearly)
        together.setdefault(key, (one, set()))[1].update(one.spans)
    periods = tuple(
        Period(one.weekdays, tuple(sorted(spans, key=_by_time)), one.first, one.last, one.yearly, one.nth)
        for one, spans in together.values()
    )
    exceptions: dict[date, tuple[Span, ...]] = {}
    for one in said:
        for day, spans in one.opened:
            if spans:
                exceptions[day] = tuple(sorted({*exceptions.get(day, ()), *spans}, key=_by_time))
        exceptions.update(dict.fromkeys(one.closed, ()))
    ordered = sorted(exceptions.items())[:EXCEPTIONS]
    return Hours(periods, tuple(DayException(day, spans) for day, spans in ordered))


def _by_time(span: Span) -> tuple[int, int]:
    return span.start, span.end


def start_and_end(spans: tuple[Span, ...]) -> tuple[int | None, int | None]:
    return (spans[0].start, spans[0].end) if spans else (None, None)


def dates_of(said: list[Said], raw: object, as_of: date) -> Dates:
    """When an event takes place. What comes every year is written out for this year and the next two."""
    occurrences: set[Occurrence] = set()
    recurrences: list[Recurrence] = []
    starts = [parse_minutes(entry.get("horaireOuverture")) for entry in _periods(raw)]
    for number, one in enumerate(said):
        start, end = start_and_end(one.spans)
        if start is None and len(starts) == len(said):
            start = starts[number]  # an event may have a beginning and no end
            start = start if start is not None and start < MINUTES_A_DAY else None
        for first, last in _runs(one, as_of):
            _add_run(occurrences, recurrences, one, (first, last), (start, end))
        for day, spans in one.opened:
            own = start_and_end(spans)
            occurrences.add(Occurrence(day, own[0] if own[0] is not None else start, own[1]))
    ordered = sorted(occurrences, key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0))
    return Dates(tuple(ordered[:OCCURRENCES]), tuple(recurrences))


def _periods(raw: object) -> list[Json]:
    return entries(raw.get("periodesOuvertures"))[:PERIODS] if isinstance(raw, dict) else []


def _runs(one: Said, as_of: date) -> Iterator[tuple[date, date]]:
    first, last = one.first or one.last, one.last or one.first
    if first is None or last is None:
        return
    if not one.yearly:
        yield first, last
        return
    length = last.year - first.year
    for year in range(as_of.year - max(0, length) - 1, as_of.year + YEARS_AHEAD + 1):
        begins, ends = with_year(first, year), with_year(last, year + max(0, length))
        if ends < begins:
            ends = with_year(last, year + 1)
        if ends >= as_of:
            yield begins, ends


def _add_run(
    occurrences: set[Occurrence],
    recurrences: list[Recurrence],
    one: Said,
    days: tuple[date, date],
    times: tuple[int | None, int | None],
) -> None:
    first, last = days
    (start, end), closed = times, frozenset(day for day in one.closed if first <= day <= last)
    if one.nth:
        pattern = Period(one.weekdays, (), first, last, nth=one.nth)
        day = first
        while day <= last and len(occurrences) < OCCURRENCES:
            if pattern.covers(day) and day not in closed:
                occurrences.add(Occurrence(day, start, end))
            day += timedelta(days=1)
    elif one.weekdays == ALL_DAYS and not closed:
        occurrences.add(Occurrence(first, start, end, last if last > first else None))
    elif len(recurrences) < PERIODS:
        recurrences.append(Recurrence(one.weekdays, start, end, first, last, except_days=closed))
