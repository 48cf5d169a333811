"""Opening hours as OpenStreetMap and schema.org write them, the part that people use. Pure.

``Mo-Fr 09:00-12:30,14:00-18:00; Sa 09:00-12:00; PH off``, ``Apr-Oct Su[1] 10:00-18:00``, ``SH Mo-Fr 10:00-17:00``,
``24/7``. School holidays (SH) need the days; without them such a rule is left out. Rules as in the specification: a
later one takes the place of earlier ones on the weekdays that it names. What we do not know makes the whole unknown:
half an opening time is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.hours import MINUTES_A_DAY, Hours, OnHolidays, Period, Span

ALL_DAYS = frozenset(range(7))
PERIODS = 120
_DAYS = {name: number for number, name in enumerate(("mo", "tu", "we", "th", "fr", "sa", "su"))}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_LAST_DAY = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY = "(?:mo|tu|we|th|fr|sa|su)"
_NTH = r"(?:\[(-?\d(?:,-?\d)*)\])?"
_DAY_RANGE = re.compile(rf"({_DAY}){_NTH}(?:-({_DAY}))?")
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_SEASON = re.compile(rf"({_MONTH})(?:\s*(\d{{1,2}}))?(?:\s*-\s*({_MONTH})?(?:\s*(\d{{1,2}}))?)?:?\s+|$")
_TIMES = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
# A year to hang month-days on: yearly periods look at month and day alone, and 2028 has a 29 February.
_YEAR = 2028


class UnknownHours(Exception):
    """The text is not of the part that we read."""


@dataclass(frozen=True, slots=True)
class _Rule:
    season: tuple[date, date] | None
    weekdays: frozenset[int]
    nth: frozenset[int]
    public: bool
    school: bool
    spans: tuple[Span, ...] | None  # None = off


def parse_osm_hours(text: str, school: Sequence[tuple[date, date]] = ()) -> Hours:
    """Hours of a text; `UnknownHours` for what is beyond us. ``school`` are the ranges of the holidays."""
    if len(text) > 1_000:
        raise UnknownHours
    rules = [_rule(part) for part in text.replace("||", ";").split(";") if part.strip()]
    if not rules:
        raise UnknownHours
    periods: list[Period] = []
    for number, rule in enumerate(rules):
        if rule.spans is None or not (rule.weekdays or rule.public or rule.school):
            continue
        periods += _periods(rule, rules[number + 1 :], school)
    public_said = any(rule.public for rule in rules)
    if public_said:
        periods = [
            p
            if p.holidays is OnHolidays.ONLY
            else Period(p.weekdays, p.spans, p.first, p.last, p.yearly, p.nth, OnHolidays.EXCEPT)
            for p in periods
        ]
    return Hours(tuple(periods[:PERIODS]))


def _periods(rule: _Rule, later: Sequence[_Rule], school: Sequence[tuple[date, date]]) -> list[Period]:
    assert_spans = rule.spans or ()
    first, last = rule.season if rule.season else (None, None)
    found = []
    # What a later rule says of a weekday, in the same season and for all weeks, takes its place.
    taken = frozenset[int]().union(
        *(o.weekdays for o in later if o.season in (None, rule.season) and not (o.nth or o.public or o.school))
    )
    weekdays = rule.weekdays if rule.nth or rule.public or rule.school else rule.weekdays - taken
    if rule.public:
        found.append(Period(ALL_DAYS, assert_spans, first, last, rule.season is not None, holidays=OnHolidays.ONLY))
    elif rule.school:
        days = rule.weekdays or ALL_DAYS
        found += [Period(days, assert_spans, begins, ends) for begins, ends in school]
    elif weekdays:
        found.append(Period(weekdays, assert_spans, first, last, rule.season is not None, rule.nth))
    return found


def _rule(part: str) -> _Rule:
    text = " ".join(part.casefold().replace("–", "-").split())
    if text in ("24/7", "00:00-24:00"):
        return _Rule(None, ALL_DAYS, frozenset(), False, False, (Span(0, MINUTES_A_DAY),))
    season = None
    match = _SEASON.match(text)
    if match and match[1]:
        season = _season(match)
        text = text[match.end() :]
    text, spans = _spans(text)
    weekdays: frozenset[int] = frozenset()
    nth: frozenset[int] = frozenset()
    public = school = False
    for word in filter(None, re.split(r"[,\s]+(?![^\[]*\])", text)):
        if word == "ph":
            public = True
        elif word == "sh":
            school = True
        else:
            days, numbers = _days(word)
            weekdays |= days
            nth |= numbers
    if not weekdays and not public and not school:
        weekdays = ALL_DAYS
    return _Rule(season, weekdays, nth, public and not weekdays, school, spans)


def _season(match: re.Match[str]) -> tuple[date, date]:
    first_month = _MONTHS[match[1]]
    alone = match[3] is None and match[4] is None
    last_month = _MONTHS[match[3]] if match[3] else first_month
    first_day = int(match[2]) if match[2] else 1
    last_day = first_day if alone and match[2] else int(match[4]) if match[4] else _LAST_DAY[last_month - 1]
    try:
        return date(_YEAR, first_month, first_day), date(_YEAR, last_month, last_day)
    except ValueError as error:
        raise UnknownHours from error


def _spans(text: str) -> tuple[str, tuple[Span, ...] | None]:
    """The text without its times, and the times; None for "off"."""
    for word in ("off", "closed"):
        if text == word or text.endswith(f" {word}"):
            return text[: -len(word)].strip(), None
    spans = []
    for match in _TIMES.finditer(text):
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if int(match[2]) > 59 or int(match[4]) > 59 or start >= MINUTES_A_DAY or start == end:
            raise UnknownHours
        spans.append(Span(start, end if end <= MINUTES_A_DAY else end - MINUTES_A_DAY))
    return _TIMES.sub("", text).strip(" ,"), tuple(spans)


def _days(word: str) -> tuple[frozenset[int], frozenset[int]]:
    match = _DAY_RANGE.fullmatch(word)
    if match is None:
        raise UnknownHours
    first = _DAYS[match[1]]
    numbers = frozenset(int(number) for number in match[2].split(",")) if match[2] else frozenset[int]()
    if any(number == 0 or not -1 <= number <= 5 for number in numbers):
        raise UnknownHours
    if match[3] is None:
        return frozenset((first,)), numbers
    last = _DAYS[match[3]]
    length = (last - first) % 7
    return frozenset((first + step) % 7 for step in range(length + 1)), numbers
