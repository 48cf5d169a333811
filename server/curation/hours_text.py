"""Opening hours and dates as a curator types them, one line each, and back. Pure; what is written reads back equal.

lun mar jeu-sam : 9:00-12:00, 14:00-18:30
tous les jours : 10:00-19:00 (du 01/04 au 31/10)          every year between these days
sam : 8:00-12:30 (du 01/04/2026 au 31/10/2026)
25/12/2026 : fermé                                        one day that differs

12/12/2026 20:30-22:00                                    an event, once
du 01/12/2026 au 05/12/2026                               a run of days
chaque ven 10:00-12:00 (du 09/01/2026 au 26/06/2026), sauf 13/02/2026
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from domain.hours import Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span

DAYS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
EVERY_DAY = "tous les jours"
LINES_MAX = 120
LEAP_YEAR = 2024  # where yearly periods keep their month and day: 29 February must exist
_DAY = r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?"
_TIME = re.compile(r"(\d{1,2})[:h](\d{2})?")
_RANGE = re.compile(rf"\(?\s*du {_DAY} au {_DAY}\s*\)?")
_SINCE = re.compile(rf"\(?\s*dès le {_DAY}\s*\)?")
_NTH = re.compile(r"\(((?:(?:[1-5](?:er|e)|dernier)[\s,]*)+) du mois\)")
_HOLIDAYS = {"(sauf fériés)": OnHolidays.EXCEPT, "(fériés seulement)": OnHolidays.ONLY}
_UNTIL = re.compile(rf"\(?\s*jusqu'au {_DAY}\s*\)?")


class TextRefused(ValueError):
    """A line cannot be read; the message is one French sentence that quotes it."""


@dataclass(frozen=True, slots=True)
class _Between:
    first: date | None = None
    last: date | None = None
    yearly: bool = False


def format_hours(hours: Hours) -> str:
    """One line per period and per exception."""
    lines = [
        f"{_days(period.weekdays)} : {_spans(period.spans) or 'horaires inconnus'}"
        f"{_between(period.first, period.last, period.yearly)}{_which(period)}"
        for period in hours.periods
    ]
    lines += [f"{_date(e.day)} : {_spans(e.spans) or 'fermé'}" for e in hours.exceptions]
    return "\n".join(lines)


def parse_hours(text: str) -> Hours:
    """Raises TextRefused."""
    periods: list[Period] = []
    exceptions: list[DayException] = []
    for line in _lines(text):
        body, between = _take_between(line)
        body, nth, holidays = _take_which(body)
        left, colon, right = body.partition(" :") if " :" in body else body.partition(":")
        if not colon:
            raise TextRefused(f"« {line} » : écrivez les jours, deux points, puis les heures.")
        spans = () if right.strip() in ("fermé", "ferme", "horaires inconnus") else _parse_spans(right, line)
        if match := re.fullmatch(_DAY, left.strip()):
            exceptions.append(DayException(_to_date(match.groups(), line), spans))
        else:
            weekdays = _parse_days(left, line)
            periods.append(
                Period(weekdays, spans, between.first, between.last, between.yearly, frozenset(nth), holidays)
            )
    return Hours(tuple(periods), tuple(exceptions))


def format_dates(dates: Dates) -> str:
    """One line per occurrence and per repetition."""
    lines = []
    for o in dates.occurrences:
        when = f"du {_date(o.day)} au {_date(o.last)}" if o.last else _date(o.day)
        lines.append(f"{when}{_clock(o.start, o.end)}")
    for r in dates.recurrences:
        every = "" if r.every_weeks == 1 else f" toutes les {r.every_weeks} semaines"
        line = f"chaque {_days(r.weekdays)}{_clock(r.start, r.end)}{every}{_between(r.first, r.last, False)}"
        if r.except_days:
            line += f", sauf {' '.join(_date(day) for day in sorted(r.except_days))}"
        lines.append(line)
    return "\n".join(lines)


def parse_dates(text: str) -> Dates:
    """Raises TextRefused."""
    occurrences: list[Occurrence] = []
    recurrences: list[Recurrence] = []
    for line in _lines(text):
        if line.startswith("chaque "):
            recurrences.append(_parse_recurrence(line))
            continue
        body, between = _take_between(line)
        if between.first and between.last and not between.yearly:
            start, end = _parse_clock(body, line)
            occurrences.append(Occurrence(between.first, start, end, between.last))
            continue
        match = re.match(_DAY, body)
        if match is None or match[3] is None:
            raise TextRefused(f"« {line} » : écrivez une date comme 12/12/2026, puis l'heure.")
        start, end = _parse_clock(body[match.end() :], line)
        occurrences.append(Occurrence(_to_date(match.groups(), line), start, end))
    return Dates(tuple(occurrences), tuple(recurrences))


def _parse_recurrence(line: str) -> Recurrence:
    body, _, excepted = line.removeprefix("chaque ").partition("sauf")
    days = frozenset(_to_date(match.groups(), line) for match in re.finditer(_DAY, excepted))
    body, between = _take_between(body.rstrip(" ,"))
    if between.first is None:
        raise TextRefused(f"« {line} » : dites depuis quand, par exemple (dès le 09/01/2026).")
    every = 1
    if match := re.search(r"toutes les (\d{1,2}) semaines", body):
        every, body = int(match[1]), body.replace(match[0], "")
    clock = _TIME.search(body)
    start, end = _parse_clock(body[clock.start() :], line) if clock else (None, None)
    if not 1 <= every <= 52:
        raise TextRefused(f"« {line} » : cette répétition ne se lit pas.")
    weekdays = _parse_days(body[: clock.start()] if clock else body, line)
    return Recurrence(weekdays, start, end, between.first, between.last, every, days)


def _take_which(line: str) -> tuple[str, set[int], OnHolidays]:
    """The line without which weeks of the month and which holidays it means, and these."""
    nth: set[int] = set()
    if match := _NTH.search(line):
        nth = {-1 if word == "dernier" else int(word[0]) for word in re.split(r"[\s,]+", match[1].strip())}
        line = line.replace(match[0], "")
    holidays = OnHolidays.ANY
    for words, meaning in _HOLIDAYS.items():
        if words in line:
            line, holidays = line.replace(words, ""), meaning
    return line.strip(), nth, holidays


def _which(period: Period) -> str:
    """What `_take_which` reads."""
    found = ""
    if period.nth:
        ordered = [*sorted(n for n in period.nth if n > 0), *(n for n in period.nth if n < 0)]
        named = " ".join("dernier" if n < 0 else "1er" if n == 1 else f"{n}e" for n in ordered)
        found += f" ({named} du mois)"
    return found + "".join(f" {words}" for words, meaning in _HOLIDAYS.items() if meaning is period.holidays)


def _lines(text: str) -> list[str]:
    lines = [" ".join(line.split()).lower() for line in text.replace("\u202f", " ").replace("\xa0", " ").splitlines()]
    found = [line for line in lines if line]
    if len(found) > LINES_MAX:
        raise TextRefused(f"Au plus {LINES_MAX} lignes.")
    return found


def _take_between(line: str) -> tuple[str, _Between]:
    """The line without its period, and the period."""
    if match := _RANGE.search(line):
        rest = (line[: match.start()] + line[match.end() :]).strip()
        groups = match.groups()
        yearly = groups[2] is None and groups[5] is None
        first, last = _to_date(groups[:3], line, yearly), _to_date(groups[3:], line, yearly)
        if not yearly and last < first:
            raise TextRefused(f"« {line} » : la fin vient avant le début.")
        return rest, _Between(first, last, yearly)
    if match := _SINCE.search(line):
        return (line[: match.start()] + line[match.end() :]).strip(), _Between(first=_to_date(match.groups(), line))
    if match := _UNTIL.search(line):
        return (line[: match.start()] + line[match.end() :]).strip(), _Between(last=_to_date(match.groups(), line))
    return line, _Between()


def _to_date(groups: tuple[str | None, ...], line: str, yearly: bool = False) -> date:
    day, month, year = groups
    if year is None and not yearly:
        raise TextRefused(f"« {line} » : écrivez l'année de chaque date.")
    try:
        return date(int(year or LEAP_YEAR), int(month or 0), int(day or 0))
    except ValueError as error:
        raise TextRefused(f"« {line} » : cette date n'existe pas.") from error


def _parse_days(text: str, line: str) -> frozenset[int]:
    text = text.strip(" :,")
    if text in (EVERY_DAY, "tlj"):
        return frozenset(range(7))
    found: set[int] = set()
    for word in re.split(r"[\s,]+", text):
        first, dash, last = word.partition("-")
        try:
            low = DAYS.index(first[:3])
            high = DAYS.index(last[:3]) if dash else low
        except ValueError as error:
            raise TextRefused(f"« {line} » : {word!r} n'est pas un jour (lun mar mer jeu ven sam dim).") from error
        found.update((low + step) % 7 for step in range((high - low) % 7 + 1))
    return frozenset(found)


def _parse_spans(text: str, line: str) -> tuple[Span, ...]:
    spans = []
    for part in text.split(","):
        start, end = _parse_clock(part, line)
        if start is None or end is None:
            raise TextRefused(f"« {line} » : écrivez des heures comme 9:00-12:00.")
        try:
            spans.append(Span(start, end))
        except ValueError as error:
            raise TextRefused(f"« {line} » : une journée va de 0:00 à 24:00.") from error
    return tuple(spans)


def _parse_clock(text: str, line: str) -> tuple[int | None, int | None]:
    times = [int(hour) * 60 + int(minute or 0) for hour, minute in _TIME.findall(text)]
    if len(times) > 2 or any(not 0 <= value <= 1440 for value in times):
        raise TextRefused(f"« {line} » : ces heures ne se lisent pas.")
    return (times[0] if times else None), (times[1] if len(times) > 1 else None)


def _clock(start: int | None, end: int | None) -> str:
    if start is None:
        return ""
    return f" {_minute(start)}" + (f"-{_minute(end)}" if end is not None else "")


def _minute(value: int) -> str:
    return f"{value // 60}:{value % 60:02d}"


def _spans(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{_minute(span.start)}-{_minute(span.end)}" for span in spans)


def _days(weekdays: frozenset[int]) -> str:
    return EVERY_DAY if len(weekdays) == 7 else " ".join(DAYS[day] for day in sorted(weekdays))


def _date(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def _between(first: date | None, last: date | None, yearly: bool) -> str:
    if yearly and first and last:
        return f" (du {first.day:02d}/{first.month:02d} au {last.day:02d}/{last.month:02d})"
    if first and last:
        return f" (du {_date(first)} au {_date(last)})"
    if first:
        return f" (dès le {_date(first)})"
    return f" (jusqu'au {_date(last)})" if last else ""
