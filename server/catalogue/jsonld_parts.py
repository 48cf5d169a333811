"""What stands inside schema.org data: hours, dates, schedules, prices; and reading blocks that are nearly JSON. Pure.

Web sites write their data by hand or by template: comments around it, a comma too many, two objects in a row, entities.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from domain.hours import Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from server.catalogue.cleaning import parse_cents
from server.catalogue.datatourisme_times import ALL_DAYS, PUBLIC_HOLIDAYS, span_of, weekdays_of
from server.catalogue.jsonld import YEAR_MAX, YEAR_MIN, Node, local_moment
from server.catalogue.osm_hours import UnknownHours, parse_osm_hours
from server.catalogue.recurring import BadRule, Budget, When, pieces_of
from server.catalogue.recurring import dates_of as dates_of_rules

PERIODS = 120
EXCEPTIONS = 200
SPECIAL_DAYS = 62
OCCURRENCES = 400
_CHARSET = re.compile(rb"(?i)charset\s*=\s*[\"']?([a-z0-9_-]{3,20})")
# A string, or something around the data that is none of it.
# What is left open runs to the end, so that nothing is looked through twice.
_NOISE = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|<!--|-->|<!\[CDATA\[|\]\]>|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)|//[^\n]*|,(?=\s*[}\]])',
    re.DOTALL,
)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EVERY = re.compile(r"P(\d{1,3})([DWMY])")
_EVERY_WORDS = {"daily": "P1D", "weekly": "P1W", "monthly": "P1M", "yearly": "P1Y", "annually": "P1Y"}
_UNITS = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")


def decode_page(data: bytes) -> str:
    """The text of a page: UTF-8, the encoding that it names, else Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = _CHARSET.search(data[:4096])
        try:
            return data.decode(said[1].decode() if said else "cp1252", "replace")
        except LookupError:
            return data.decode("cp1252", "replace")


def load_block(block: str) -> Any:
    """The data of a script block; several documents in a row make a list. Raises ValueError and RecursionError."""
    try:
        return json.loads(block, strict=False)
    except ValueError:
        text = html.unescape(block) if '"' not in block else block  # a template that escaped what it should not
    mended = _NOISE.sub(lambda found: found.group() if found.group().startswith('"') else " ", text)
    mended = mended.strip().rstrip(";").strip()
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    place = 0
    while place < len(mended):
        document, place = decoder.raw_decode(mended, place)
        found.append(document)
        while place < len(mended) and mended[place] in " \t\r\n,;":
            place += 1
    if not found:
        raise ValueError("an empty block")
    return found[0] if len(found) == 1 else found


def hours_of(node: Node) -> Hours:
    """``openingHoursSpecification`` with its special days, else the texts of ``openingHours``, which add up."""
    found: list[Period] = []
    exceptions: dict[date, tuple[Span, ...]] = {}
    for said in node.nodes("openingHoursSpecification"):
        found += _periods(said, exceptions)
    for said in node.nodes("specialOpeningHoursSpecification"):
        _add_special(exceptions, said)
    if found or exceptions:
        days = tuple(DayException(day, spans) for day, spans in sorted(exceptions.items())[:EXCEPTIONS])
        return Hours(tuple(found[:PERIODS]), days)
    try:
        for text in node.strings("openingHours"):
            found += parse_osm_hours(text).periods
    except UnknownHours:
        return Hours()
    return Hours(tuple(found[:PERIODS]))


def _periods(said: Node, exceptions: dict[date, tuple[Span, ...]]) -> Iterator[Period]:
    first, last = said.day("validFrom"), said.day("validThrough")
    if first and last and last < first:
        return
    weekdays = weekdays_of(said, "dayOfWeek")
    if weekdays is None and first and last:
        _add_special(exceptions, said)  # days of a holiday, between their two dates
        return
    span = span_of(said.minutes("opens"), said.minutes("closes"))
    spans = (span,) if span else ()
    if PUBLIC_HOLIDAYS in said.references("dayOfWeek") and spans:
        yield Period(ALL_DAYS, spans, first, last, holidays=OnHolidays.ONLY)
    days = ALL_DAYS if weekdays is None else weekdays
    # "00:00" to "00:00" says closed; no times at all, open.
    if days and (spans or said.string("opens") == said.string("closes") == ""):
        yield Period(days, spans, first, last)


def _add_special(exceptions: dict[date, tuple[Span, ...]], said: Node) -> None:
    first, last = said.day("validFrom"), said.day("validThrough")
    first, last = first or last, last or first
    if first is None or last is None or not 0 <= (last - first).days <= SPECIAL_DAYS:
        return
    weekdays = weekdays_of(said, "dayOfWeek")
    span = span_of(said.minutes("opens"), said.minutes("closes"))
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if not weekdays or day.weekday() in weekdays:
            exceptions[day] = tuple(
                sorted({*exceptions.get(day, ()), *([span] if span else [])}, key=lambda s: s.start)
            )


def _moment(text: str) -> date | datetime | None:
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def dates_of(node: Node, as_of: date, budget: Budget) -> Dates:
    """Schedules of an event, else its ``startDate`` and ``endDate``, each with its own offset where it says one."""
    occurrences: set[Occurrence] = set()
    recurrences: list[Recurrence] = []
    for schedule in list(node.nodes("eventSchedule"))[:20]:
        try:
            found = _scheduled(schedule, as_of, budget)
        except (BadRule, OverflowError):
            continue
        occurrences.update(found.occurrences)
        recurrences += found.recurrences
    if occurrences or recurrences:
        ordered = sorted(occurrences, key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0))
        return Dates(tuple(ordered[:OCCURRENCES]), tuple(recurrences))
    return _bare_dates(node)


def _bare_dates(node: Node) -> Dates:
    start = _moment(node.string("startDate").strip()[:40])
    end = _moment(node.string("endDate").strip()[:40])
    if start is None or not YEAR_MIN <= start.year <= YEAR_MAX:
        return Dates()
    if end is not None and end.year > YEAR_MAX:
        end = None
    if not isinstance(start, datetime):
        last = end.date() if isinstance(end, datetime) else end
        return Dates(tuple(pieces_of(start, last + timedelta(days=1) if last and last >= start else None)))
    if isinstance(end, datetime) and (end.tzinfo is None) is (start.tzinfo is None):
        return Dates(tuple(pieces_of(start, end)))
    if end is not None and not isinstance(end, datetime) and end > start.date():
        return Dates(tuple(pieces_of(start.date(), end + timedelta(days=1))))
    return Dates(tuple(pieces_of(start, None)))


def _scheduled(schedule: Node, as_of: date, budget: Budget) -> Dates:
    """A ``Schedule`` (schema.org) by way of the rule of RFC 5545 that says the same. Raises BadRule."""
    first, last = schedule.day("startDate"), schedule.day("endDate")
    if first is None:
        raise BadRule
    begins, ends = schedule.minutes("startTime"), schedule.minutes("endTime")
    moment = local_moment(schedule.string("startDate"))
    if begins is None and moment is not None and moment.hour + moment.minute:
        begins = moment.hour * 60 + moment.minute
    start: date | datetime = first
    end: date | datetime | None = None
    if begins is not None and begins < 1440:
        start = datetime.combine(first, datetime.min.time()) + timedelta(minutes=begins)
        if ends is not None and ends != begins:
            end = start + timedelta(minutes=(ends - begins) % 1440)
    rule = _rule(schedule, last)
    without: list[date | datetime] = []
    for text in schedule.strings("exceptDate")[:OCCURRENCES]:
        day = _moment(text.strip()[:40])
        if day is not None:
            day = day.date() if isinstance(day, datetime) else day
            without.append(datetime.combine(day, start.time()) if isinstance(start, datetime) else day)
    if not rule:
        return Dates(tuple(pieces_of(start, end)))
    found = dates_of_rules(When(start, end, (rule,), (), tuple(without)), as_of, budget)
    if "BYDAY" not in rule:
        return found
    # In schema.org the first day is a bound, not an instance of itself.
    days = {_WEEKDAYS.index(match[2]) for match in _BY_DAY.finditer(rule.partition("BYDAY=")[2].partition(";")[0])}
    kept = tuple(o for o in found.occurrences if o.day != first or o.day.weekday() in days)
    return Dates(kept, found.recurrences)


def _rule(schedule: Node, last: date | None) -> str:
    said = schedule.string("repeatFrequency").strip()
    every = _EVERY.fullmatch(_EVERY_WORDS.get(said.casefold(), said.upper()))
    if every is None:
        if said:
            raise BadRule
        return ""
    parts = [f"FREQ={_UNITS[every[2]]}", f"INTERVAL={max(1, int(every[1]))}"]
    names = [*schedule.references("byDay"), *schedule.strings("byDay")]
    days = [match.group() for name in names if (match := _BY_DAY.fullmatch(name.upper()))]
    known = weekdays_of(schedule, "byDay") or frozenset[int]()
    days += [_WEEKDAYS[number] for number in sorted(known) if _WEEKDAYS[number] not in days]
    if days:
        parts.append(f"BYDAY={','.join(dict.fromkeys(days))}")
    for name, part, low, high in (("byMonth", "BYMONTH", 1, 12), ("byMonthDay", "BYMONTHDAY", -31, 31)):
        numbers = [
            str(int(n)) for n in (Node({"n": v}).number("n") for v in schedule.values(name)) if n and low <= n <= high
        ]
        if numbers:
            parts.append(f"{part}={','.join(numbers[:31])}")
    count = schedule.number("repeatCount")
    if last is not None:
        parts.append(f"UNTIL={last:%Y%m%d}")
    elif count is not None and 1 <= count <= 100_000:
        parts.append(f"COUNT={int(count)}")
    return ";".join(parts)


_AMOUNT = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?(?!\d)")


def price_of(node: Node) -> int | None:
    """The lowest price above nothing in cents, 0 when free, None when not known. Euros only."""
    if node.flag("isAccessibleForFree") is True:
        return 0
    amounts = []
    for offered in node.nodes("offers"):
        for holder in (offered, *offered.nodes("priceSpecification")):
            if holder.string("priceCurrency") in ("", "EUR", "€"):
                for name in ("price", "lowPrice", "minPrice"):
                    amounts += [cents for value in holder.values(name) if (cents := _cents(value)) is not None]
    paid = [amount for amount in amounts if amount > 0]
    return min(paid) if paid else (0 if amounts else None)


def _cents(value: object) -> int | None:
    """Cents of 12, "12.50" and "12,50 €"; "Gratuit" is nothing to pay."""
    cents = parse_cents(value)
    if cents is None and isinstance(value, str):
        match = _AMOUNT.search(value[:80])
        if match:
            return parse_cents(match.group())
        return 0 if value.strip().casefold() in ("gratuit", "free", "kostenlos", "gratis") else None
    return cents
