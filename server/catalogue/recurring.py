"""RFC 5545 recurrence rules as dates that a kiosk can judge by itself. Pure.

What repeats by the week in local time stays a rule (`domain.hours.Recurrence`, compact and without end); everything
else is written out for `HORIZON_DAYS`, in the event's own time zone, so that the change of clocks falls where it does
there, and then read off our clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice, takewhile

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, rrulestr

from domain.days import PARIS
from domain.hours import MINUTES_A_DAY, Dates, Occurrence, Recurrence

OCCURRENCES = 400
HORIZON_DAYS = 3 * 366
# What a rule may be asked for at all: a session a day for 150 years.
STEPS = 55_000
YEAR_MIN, YEAR_MAX = 1900, 2199
_FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
# Parts that the weekly rule of ours can say.
_PLAIN = frozenset(("FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"))


class BadRule(Exception):
    """A rule that cannot be read, or that no event of people's lives has."""


@dataclass(frozen=True, slots=True)
class When:
    """One event as its calendar says it: ``start`` and ``end`` are both days (``end`` exclusive) or both times.

    Times without a zone are local. ``rules`` are RRULE values, ``more`` and ``without`` the RDATE and EXDATE.
    """

    start: date | datetime
    end: date | datetime | None = None
    rules: tuple[str, ...] = ()
    more: tuple[date | datetime, ...] = ()
    without: tuple[date | datetime, ...] = ()


@dataclass(slots=True)
class Budget:
    """What the rules of a calendar may cost: how many may give nothing (such a rule is a walk to the year 9999), and
    how many instances may be counted through in all."""

    fruitless: int = field(default=5)
    steps: int = field(default=300_000)


def local(moment: date | datetime) -> datetime:
    """A moment on our clocks, naive; midnight for a day."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment.astimezone(PARIS).replace(tzinfo=None) if moment.tzinfo else moment


def dates_of(when: When, as_of: date, budget: Budget) -> Dates:
    """When it takes place: rules that are weekly as rules, the rest written out. Raises BadRule."""
    if not YEAR_MIN <= when.start.year <= YEAR_MAX:
        raise BadRule
    if when.end is not None and when.end.year > YEAR_MAX:
        when = replace(when, end=None)
    removed = frozenset(local(moment) for moment in when.without)
    occurrences: list[Occurrence] = []
    recurrences: list[Recurrence] = []
    for text in when.rules[:4]:
        rule = _parts(text)
        weekly = _weekly(rule, when, removed)
        if weekly is not None:
            recurrences.append(weekly)
            if not weekly.on(local(when.start).date()) and local(when.start) not in removed:
                occurrences += pieces_of(when.start, when.end)  # RFC 5545: the start is an instance whatever the rule
        else:
            for start in _written_out(rule, when, as_of, budget):
                if local(start) not in removed:
                    occurrences += pieces_of(start, _end(when, start))
    if not when.rules and local(when.start) not in removed:
        occurrences += pieces_of(when.start, when.end)
    for start in when.more[:OCCURRENCES]:
        if local(start) not in removed:
            occurrences += pieces_of(start, _end(when, start))
    ordered = sorted(set(occurrences), key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0))
    return Dates(_recent(ordered, as_of), tuple(recurrences))


def _recent(ordered: list[Occurrence], as_of: date) -> tuple[Occurrence, ...]:
    """At most `OCCURRENCES`, the ones to come first of all; when all are over, the last one."""
    ahead = [occurrence for occurrence in ordered if occurrence.last_day >= as_of]
    return tuple(ahead[:OCCURRENCES] or ordered[-1:])


def _end(when: When, start: date | datetime) -> date | datetime | None:
    return None if when.end is None else start + (when.end - when.start)


def pieces_of(start: date | datetime, end: date | datetime | None) -> list[Occurrence]:
    """One instance on our clocks. One that lasts over several nights is its first evening, its whole days, its last
    morning."""
    if not isinstance(start, datetime):
        last = end - timedelta(days=1) if end is not None and end > start else start
        last = last.date() if isinstance(last, datetime) else last
        return [Occurrence(start, None, None, last if last > start else None)]
    begins = local(start)
    ends = local(end) if isinstance(end, datetime) else None
    day, minute = begins.date(), _minute(begins)
    if ends is None or ends <= begins:
        return [Occurrence(day, minute)]
    if ends - begins <= timedelta(days=1):
        closes = _minute(ends)
        if ends.date() == day:
            return [Occurrence(day, minute, closes)]
        return [Occurrence(day, minute, closes or MINUTES_A_DAY)] if closes <= minute else [Occurrence(day, minute)]
    found = [Occurrence(day, minute, MINUTES_A_DAY)]
    first_whole, last_day = day + timedelta(days=1), ends.date()
    last_whole = last_day - timedelta(days=1)
    if last_whole >= first_whole:
        found.append(Occurrence(first_whole, None, None, last_whole if last_whole > first_whole else None))
    if _minute(ends):
        found.append(Occurrence(last_day, 0, _minute(ends)))
    return found


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _parts(text: str) -> dict[str, str]:
    """A rule's parts by name. Raises BadRule."""
    if len(text) > 1_000:
        raise BadRule
    parts = {}
    for piece in text.strip().upper().split(";"):
        name, mark, value = piece.partition("=")
        if mark:
            parts[name.strip()] = value.strip()
    if parts.get("FREQ") not in _FREQUENCIES or {"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys():
        raise BadRule
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not (parts[name].isdecimal() and 1 <= int(parts[name][:9]) <= 100_000):
            raise BadRule
    return parts


def _interval(rule: dict[str, str]) -> int:
    return int(rule.get("INTERVAL", "1"))


def _until(rule: dict[str, str], zone: tzinfo | None) -> datetime | None:
    """The last moment of a rule on the event's own clocks (naive); None for none. Raises BadRule."""
    text = rule.get("UNTIL", "")
    if not text or text[:4] > str(YEAR_MAX):
        return None
    try:
        if len(text) == 8:
            return datetime.combine(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date(), time.max)
        moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadRule from error
    if text.endswith("Z"):
        moment = moment.astimezone(zone or PARIS)
    return moment.replace(tzinfo=None)


def _is_ours(moment: date | datetime) -> bool:
    """Whether its wall clock is ours: a day, a time without a zone, or one of Europe/Paris."""
    zone = moment.tzinfo if isinstance(moment, datetime) else None
    return zone is None or getattr(zone, "key", "") == "Europe/Paris"


def _weekly(rule: dict[str, str], when: When, removed: frozenset[datetime]) -> Recurrence | None:
    """The rule as ours, when it can be said so."""
    pieces = pieces_of(when.start, when.end)
    if not _PLAIN.issuperset(rule) or "COUNT" in rule or len(pieces) != 1 or pieces[0].last is not None:
        return None
    if not _is_ours(when.start):
        return None
    every = _interval(rule)
    day = local(when.start).date()
    said = rule.get("BYDAY", "")
    days = {_WEEKDAYS[name] for name in said.split(",")} if said and set(said.split(",")) <= set(_WEEKDAYS) else None
    if said and days is None:
        return None
    if rule["FREQ"] == "DAILY" and every == 1:
        weekdays = days or set(range(7))
    elif rule["FREQ"] == "WEEKLY" and (every == 1 or rule.get("WKST", "MO") == "MO") and every <= 520:
        weekdays = days or {day.weekday()}
    else:
        return None
    until = _until(rule, when.start.tzinfo if isinstance(when.start, datetime) else None)
    last = until.date() if until else None
    if until is not None and isinstance(when.start, datetime) and until.time() < local(when.start).time():
        last = until.date() - timedelta(days=1)
    if last is not None and last < day:
        return None
    start_minute, closes = pieces[0].start, pieces[0].end
    gone = {moment.date() for moment in removed if start_minute is None or _minute(moment) == start_minute}
    return Recurrence(
        frozenset(weekdays), start_minute, closes, day, last, every if rule["FREQ"] == "WEEKLY" else 1,
        frozenset(sorted(gone)[-OCCURRENCES:]),
    )  # fmt: skip


def _written_out(rule: dict[str, str], when: When, as_of: date, budget: Budget) -> Iterator[date | datetime]:
    """Starts of the instances, as the event's own start is given. Raises BadRule."""
    zone = when.start.tzinfo if isinstance(when.start, datetime) else None
    begins = when.start if isinstance(when.start, datetime) else datetime.combine(when.start, time())
    begins = begins.replace(tzinfo=None)
    until = _until(rule, zone)
    horizon = datetime.combine(max(as_of, begins.date()) + timedelta(days=HORIZON_DAYS), time.max)
    if budget.fruitless <= 0 or budget.steps <= 0:
        raise BadRule
    text = ";".join(f"{name}={value}" for name, value in rule.items() if name != "UNTIL")
    try:
        parsed = rrulestr(text, dtstart=begins)
        if not isinstance(parsed, rrule):
            raise BadRule
        latest = min(until, horizon) if until else horizon
        # RFC 5545 forbids both in one rule; a count ends it by itself.
        source = parsed if "COUNT" in rule else parsed.replace(until=latest)
        found = list(takewhile(lambda moment: moment <= latest, islice(source, min(STEPS, budget.steps))))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError) as error:
        raise BadRule from error
    budget.steps -= len(found)
    if not found:
        budget.fruitless -= 1
    if begins not in found[:1]:
        found.insert(0, begins)
    earliest = datetime.combine(as_of - timedelta(days=31), time())
    kept = [moment for moment in found if moment >= earliest] or found[-1:]
    for moment in kept[: OCCURRENCES + 31]:
        yield moment.replace(tzinfo=zone) if isinstance(when.start, datetime) else moment.date()
