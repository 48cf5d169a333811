"""Opening hours and event dates of an Apidae object (``ouverture``, format v002), as our types. Pure.

A period says which days it means: every day, all but some weekdays (``OUVERTURE_SAUF``), some weekdays
(``OUVERTURE_SEMAINE``), or the nth weekday of the month (``OUVERTURE_MOIS``); it may hold every year (``tousLesAns``)
and be opened or closed on single days, given by date or by the name of a holiday. Since June 2025 ``horaires`` gives
the hours of each weekday, several a day, by what they are for; it then stands in place of the days and hours above it.
https://dev.apidae-tourisme.com/documentation-technique/api-de-diffusion/horaires-consultation
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from domain.holidays import is_public_holiday
from domain.hours import MINUTES_A_DAY, Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from server.catalogue.french_hours import ALL_DAYS, NTH, special_days, weekday, with_year
from server.catalogue.jsonld import parse_date, parse_minutes
from sync.content.text import fold

PERIODS = 120
PATTERNS = 40
OCCURRENCES = 400
EXCEPTIONS = 200
# Closures on holidays are written out for as long as a pack may be shown without a new import, and a year more.
YEARS_AHEAD = 2
PAST_DAYS = 31
OPENING = 7457  # HoraireType "Ouverture"
_WEEKDAYS = {name: number for number, name in enumerate(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"))}
_HOLIDAYS = "HOL"
# Kinds of hours in which nobody is let in: when guests arrive or leave, the last entrance, breakfast.
_NOT_OPENING = ("arrivee", "depart", "derniere", "petit dejeuner", "petits dejeuners", "arrival", "departure", "last")
Json = Mapping[str, object]
Times = tuple[tuple[int, int | None], ...]
Label = Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Some days of a period, and from when to when (minutes after midnight; an end of None is not said)."""

    weekdays: frozenset[int]
    nth: frozenset[int] = frozenset()
    times: Times = ()
    holidays: OnHolidays = OnHolidays.ANY

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(Span(start, end) for start, end in self.times if end is not None)


@dataclass(frozen=True, slots=True)
class Said:
    """One period as it was written. ``opened`` and ``closed`` are single days."""

    patterns: tuple[Pattern, ...]
    first: date | None
    last: date | None
    yearly: bool
    opened: tuple[date, ...]
    closed: frozenset[date]

    def times_on(self, day: date) -> Times:
        """The times of a day opened beside the pattern: those of its weekday, else those of the period."""
        timed = [pattern for pattern in self.patterns if pattern.times]
        own = [pattern for pattern in timed if day.weekday() in pattern.weekdays]
        return (own or timed or [Pattern(ALL_DAYS)])[0].times


def entries(value: object) -> list[Json]:
    """The objects of a list; anything else is none."""
    return [entry for entry in value[:400] if isinstance(entry, dict)] if isinstance(value, list) else []


def closed_for_now(opening: object) -> bool:
    """Whether the place says that it is shut until further notice."""
    return isinstance(opening, dict) and opening.get("fermeTemporairement") in ("FERME_TEMPORAIREMENT", True)


def parse_opening(opening: object, as_of: date, label: Label) -> list[Said]:
    """The periods of ``ouverture``; what makes no sense is left out. ``label`` gives the word of a reference."""
    if not isinstance(opening, dict):
        return []
    years = range(as_of.year, as_of.year + YEARS_AHEAD + 1)
    closed = frozenset(_days(entries(opening.get("fermeturesExceptionnelles")), "dateFermeture", years))
    found = []
    for entry in entries(opening.get("periodesOuvertures"))[:PERIODS]:
        said = _period(entry, years, label)
        if said is not None:
            found.append(replace(said, closed=said.closed | closed))
    if not found and opening.get("ouvertTouteLAnnee") in ("OUVERT_TOUTE_L_ANNEE", True):
        found.append(Said((Pattern(ALL_DAYS),), None, None, False, (), closed))
    return found


def _days(said: list[Json], name: str, years: range) -> Iterator[date]:
    for entry in said:
        more = entry.get("dates")
        for value in (entry.get(name), *(more[:EXCEPTIONS] if isinstance(more, list) else ())):
            day = parse_date(value)
            if day is not None:
                yield day
        special = entry.get("dateSpeciale")
        if isinstance(special, str):
            for year in years:
                yield from special_days(special, year)


def _time(opens: object, closes: object) -> Times:
    """What two times say; () when they say nothing."""
    start, end = parse_minutes(opens), parse_minutes(closes)
    if start is None or start >= MINUTES_A_DAY:
        return ()
    if end is None or end == start:
        return ((start, None),)
    return ((start, MINUTES_A_DAY if end == 0 else end),)


def _period(entry: Json, years: range, label: Label) -> Said | None:
    first, last = parse_date(entry.get("dateDebut")), parse_date(entry.get("dateFin"))
    yearly = entry.get("tousLesAns") is True
    if first and last and last < first and not yearly:
        return None
    patterns = _by_weekday(entry, label) or _plain(entry)
    if not patterns:
        return None
    opened = tuple(_days(entries(entry.get("ouverturesExceptionnelles")), "dateOuverture", years))
    closed = frozenset(_days(entries(entry.get("fermeturesExceptionnelles")), "dateFermeture", years))
    return Said(tuple(patterns[:PATTERNS]), first, last, yearly, opened[:EXCEPTIONS], closed)


def _plain(entry: Json) -> list[Pattern]:
    """Days by the period's type, with its one pair of times."""
    times = _time(entry.get("horaireOuverture"), entry.get("horaireFermeture"))
    days = set[int]()
    for said in entries(entry.get("ouverturesJournalieres")):
        number = weekday(str(said.get("jour", "")))
        days |= {number} if number is not None else ALL_DAYS if said.get("jour") == "TOUS" else set()
    match entry.get("type"):
        case "OUVERTURE_MOIS" if monthly := _monthly(entry):
            return [Pattern(frozenset(days), nth, times) for nth, days in monthly.items()]
        case "OUVERTURE_SAUF":
            days = set(ALL_DAYS - days)
        case "OUVERTURE_SEMAINE" | "OUVERTURE_MOIS" if days:
            pass
        case _:
            days = set(ALL_DAYS)
    return [Pattern(frozenset(days), frozenset(), times)] if days else []


def _monthly(entry: Json) -> dict[frozenset[int], set[int]]:
    """Weekdays by which of a month they are: the 1st Sunday and the 3rd Tuesday are two things."""
    of_day: dict[int, set[int]] = defaultdict(set)
    for said in entries(entry.get("ouverturesJourDuMois")):
        # "D_1ER_LUNDI", or the two apart.
        parts = str(said.get("jourDuMois", "")).removeprefix("D_").split("_")
        word = parts[1] if len(parts) > 1 else str(said.get("jour", ""))
        number = weekday(word)
        for day in (number,) if number is not None else ALL_DAYS if word == "TOUS" else ():
            if parts[0] in NTH:
                of_day[day].add(NTH[parts[0]])
    found: dict[frozenset[int], set[int]] = defaultdict(set)
    for day, numbers in of_day.items():
        found[frozenset(numbers)].add(day)
    return found


def _by_weekday(entry: Json, label: Label) -> list[Pattern]:
    """The hours of each weekday; [] when the period has none of its own."""
    said = list(_time_periods(entry, label))
    if not said:
        return []
    shut: set[str] = set()
    for one in said:
        if one.get("closed") is True:
            shut |= _names(one)
    on_holidays = OnHolidays.EXCEPT if any(_HOLIDAYS in _names(one) for one in said) else OnHolidays.ANY
    monthly = _monthly(entry) if entry.get("type") == "OUVERTURE_MOIS" else {}
    found: list[Pattern] = []
    for one in said:
        if one.get("closed") is True:
            continue
        names = _names(one) - shut
        times = tuple(
            time
            for frame in entries(one.get("timeFrames"))[:PATTERNS]
            for time in _time(frame.get("startTime"), frame.get("endTime"))
        )
        days = frozenset(_WEEKDAYS[name] for name in names if name in _WEEKDAYS)
        for nth, wanted in (monthly or {frozenset[int](): set(ALL_DAYS)}).items():
            if days & wanted:
                found.append(Pattern(days & wanted, nth, times, on_holidays))
        if _HOLIDAYS in names:
            found.append(Pattern(ALL_DAYS, frozenset(), times, OnHolidays.ONLY))
    return found


def _names(time_period: Json) -> set[str]:
    names = time_period.get("weekdays")
    if not isinstance(names, list):
        return set(_WEEKDAYS)
    return {name.upper() for name in names[:PATTERNS] if isinstance(name, str)}


def _time_periods(entry: Json, label: Label) -> Iterator[Json]:
    """The time periods that say when one may come: of the opening, else of all that let people in (a service, a guided
    visit)."""
    kinds: list[tuple[bool, Json]] = []
    for hours in entries(entry.get("horaires")):
        word = fold(label(hours.get("type")))
        if any(part in word for part in _NOT_OPENING):
            continue
        kind = hours.get("type")
        opening = word.startswith("ouverture") or (isinstance(kind, dict) and kind.get("id") == OPENING)
        kinds += [(opening, one) for one in entries(hours.get("timePeriods"))]
    for one in entries(entry.get("timePeriods")):  # as it was until 2025
        word = fold(str(one.get("type", "")).replace("_", " "))
        if not any(part in word for part in _NOT_OPENING):
            kinds.append((word == "opening", one))
    best = any(opening for opening, _ in kinds)
    yield from (one for opening, one in kinds if opening or not best)


def hours_of(said: list[Said]) -> Hours:
    """Opening hours. Patterns that differ by their hours alone become one; a day opened or closed is an exception."""
    together: dict[tuple[object, ...], tuple[Said, Pattern, set[Span]]] = {}
    for one in said:
        for pattern in one.patterns:
            key = (pattern.weekdays, pattern.nth, pattern.holidays, one.first, one.last, one.yearly)
            together.setdefault(key, (one, pattern, set()))[2].update(pattern.spans)
    periods = tuple(
        Period(
            pattern.weekdays,
            tuple(sorted(spans, key=_by_time)),
            one.first,
            one.last,
            one.yearly,
            pattern.nth,
            pattern.holidays,
        )
        for one, pattern, spans in together.values()
    )
    exceptions: dict[date, tuple[Span, ...]] = {}
    for one in said:
        for day in one.opened:
            spans = {Span(start, end) for start, end in one.times_on(day) if end is not None}
            if spans:
                exceptions[day] = tuple(sorted({*exceptions.get(day, ()), *spans}, key=_by_time))
        exceptions.update(dict.fromkeys(one.closed, ()))
    ordered = sorted(exceptions.items())[:EXCEPTIONS]
    return Hours(periods[:PERIODS], tuple(DayException(day, spans) for day, spans in ordered))


def _by_time(span: Span) -> tuple[int, int]:
    return span.start, span.end


def dates_of(said: list[Said], as_of: date) -> Dates:
    """When an event takes place. What comes every year is written out for this year and the next two."""
    occurrences: set[Occurrence] = set()
    recurrences: list[Recurrence] = []
    for one in said:
        for first, last in _runs(one, as_of):
            for pattern in one.patterns:
                for start, end in pattern.times or ((None, None),):
                    _add_run(occurrences, recurrences, (one, pattern), (first, last), (start, end), as_of)
        for day in one.opened:
            for start, end in one.times_on(day) or ((None, None),):
                occurrences.add(Occurrence(day, start, end))
    ordered = sorted(occurrences, key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0))
    return Dates(tuple(ordered[:OCCURRENCES]), tuple(recurrences))


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
    what: tuple[Said, Pattern],
    days: tuple[date, date],
    times: tuple[int | None, int | None],
    as_of: date,
) -> None:
    (one, pattern), (first, last), (start, end) = what, days, times
    closed = frozenset(day for day in one.closed if first <= day <= last)
    if pattern.nth or pattern.holidays is not OnHolidays.ANY:
        _write_out(occurrences, recurrences, pattern, days, times, closed, as_of)
    elif pattern.weekdays == ALL_DAYS and not closed:
        occurrences.add(Occurrence(first, start, end, last if last > first else None))
    elif len(recurrences) < PERIODS:
        recurrences.append(Recurrence(pattern.weekdays, start, end, first, last, except_days=closed))


def _write_out(
    occurrences: set[Occurrence],
    recurrences: list[Recurrence],
    pattern: Pattern,
    days: tuple[date, date],
    times: tuple[int | None, int | None],
    closed: frozenset[date],
    as_of: date,
) -> None:
    """Days that a weekly rule cannot say: the nth of a month and public holidays, day by day around the import."""
    start, end = times
    first = max(days[0], min(as_of, days[1]) - timedelta(days=PAST_DAYS))
    length = min((days[1] - first).days, 366 * (YEARS_AHEAD + 1))
    span = [first + timedelta(days=number) for number in range(length + 1)]
    if pattern.holidays is OnHolidays.EXCEPT and not pattern.nth and len(recurrences) < PERIODS:
        holidays = {day for day in span if is_public_holiday(day)}
        recurrences.append(Recurrence(pattern.weekdays, start, end, *days, except_days=closed | holidays))
        return
    covering = Period(pattern.weekdays, (), first, days[1], nth=pattern.nth, holidays=pattern.holidays)
    found = (day for day in span if covering.covers(day) and day not in closed)
    occurrences.update(Occurrence(day, start, end) for day in islice(found, OCCURRENCES))
