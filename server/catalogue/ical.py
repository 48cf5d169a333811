"""Events of an iCalendar file (RFC 5545, 7986) → offers. Pure.

One offer per UID: its rule, its changed instances (RECURRENCE-ID) and its exceptions together. People in the file
(organisers, attendees) are not read. What is private or cancelled is not shown, and withdrawn if we have it.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from icalendar import Calendar, Event
from icalendar.cal import Component

from domain.hours import Dates, Occurrence
from domain.offers import Contact, Offer, Picture, Place, Provenance, Tag
from server.catalogue.apidae_types import classes_of
from server.catalogue.building import build_texts, clean_commune, evening_tags, named_id, position, source_key
from server.catalogue.cleaning import clean_line, clean_url, cut
from server.catalogue.feed_source import Document, Found, Piece
from server.catalogue.ical_text import blocks_of, tidy
from server.catalogue.jsonld import language_code
from server.catalogue.mapping import TypeMap
from server.catalogue.recurring import BadRule, Budget, When, dates_of, local
from server.catalogue.results import Kept, Parsed, Reason, Rejected

SOURCE = "ical"
EVENTS = 20_000
ZONES, ZONE_BYTES = 20, 64 * 1024
PICTURES = 2
EVENT_KIND = "FETE_ET_MANIFESTATION"
_TOWN = re.compile(r"\b\d{5}\s+([^\d,;()]+)")
_PAIR = re.compile(r"\s*([+-]?[\d.,]+)\s*;\s*([+-]?[\d.,]+)\s*")
_COUNTRIES = frozenset(("france", "fr", "belgique", "suisse", "monaco"))
_BEGUN = re.compile(rb"^BEGIN:VEVENT", re.MULTILINE | re.IGNORECASE)
_ENDED = re.compile(rb"^END:VEVENT", re.MULTILINE | re.IGNORECASE)
# What the library raises on values that are none.
_TROUBLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, LookupError)


class CalendarParser:
    """Parses calendars. ``commune`` stands in where an event names none; without ``licence`` no picture is taken."""

    def __init__(self, as_of: date, commune: str = "", licence: str = "", publisher: str = "") -> None:
        self.as_of = as_of
        self._commune, self._licence, self._publisher = commune, licence, publisher
        self._types = TypeMap()

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each event of a file."""
        match piece:
            case Rejected():
                yield piece
            case Found(where, _, _):
                yield Rejected(where, Reason.NOT_CALENDAR)
            case Document(where, data):
                yield from self._calendar(data, where)

    def _calendar(self, data: bytes, where: str) -> Iterator[Parsed]:
        data = tidy(data)
        if b"BEGIN:V" not in data.upper():
            yield Rejected(where, Reason.NOT_CALENDAR)
            return
        budget = Budget()
        groups: dict[str, list[Event]] = defaultdict(list)
        for number, found in enumerate(_components(data)):
            if number >= EVENTS:
                yield Rejected(where, Reason.TOO_MANY)
                break
            if not isinstance(found, Event):
                yield Rejected(f"{where}#{number}", Reason.BAD_EVENT if found is None else Reason.NOT_OFFER)
                continue
            uid = _uid(found)
            if uid:
                groups[uid].append(found)
            else:
                yield Rejected(f"{where}#{number}", Reason.NO_ID)
        for uid, events in groups.items():
            yield self._offer(uid, events, budget)

    def _offer(self, uid: str, events: list[Event], budget: Budget) -> Parsed:
        main = next((event for event in events if "RECURRENCE-ID" not in event), events[0])
        try:
            if _word(main, "STATUS") == "CANCELLED" or _word(main, "CLASS") in ("PRIVATE", "CONFIDENTIAL"):
                return Rejected(uid, Reason.NOT_SHOWN, withdraws=uid)
            texts = build_texts(_texts(main, "SUMMARY"), {}, _texts(main, "DESCRIPTION"))
            if not texts:
                return Rejected(uid, Reason.NO_NAME)
            place = self._place(main)
            if not place.commune and place.latitude is None:
                return Rejected(uid, Reason.NO_PLACE)
            dates = self._dates(main, [event for event in events if event is not main], budget)
        except BadRule:
            return Rejected(uid, Reason.BAD_EVENT)
        except _TROUBLE:
            return Rejected(uid, Reason.NO_DATE)
        if not dates:
            return Rejected(uid, Reason.NO_DATE)
        words = [*_categories(main), *(text.name for text in texts.values())]
        types = classes_of(EVENT_KIND, words)
        mapped = self._types.map_types(types)
        if mapped is None:
            return Rejected(uid, Reason.NOT_OFFER)
        free = any(word in text.name.casefold() for text in texts.values() for word in ("gratuit", "entrée libre"))
        children = Tag.CHILDREN in _tags(types)
        tags = evening_tags(dates) | ({Tag.FREE} if free else set()) | ({Tag.CHILDREN} if children else set())
        return Kept(
            Offer(
                id=named_id(SOURCE, uid),
                category=mapped.category,
                texts=texts,
                place=place,
                illustration=mapped.illustration,
                tags=frozenset(tags),
                price_cents=0 if free else None,
                dates=dates,
                contact=Contact(website=clean_url(_plain(main.get("URL"))) or ""),
                pictures=self._pictures(main),
                provenance=(Provenance(SOURCE, uid, self._licence, _changed(main), self._publisher),),
                types=tuple(sorted(types)),
            )
        )

    def _dates(self, main: Event, changed: list[Event], budget: Budget) -> Dates:
        when = _when(main)
        moved = [moment for event in changed if (moment := _moment(event, "RECURRENCE-ID")) is not None]
        without = (*when.without, *(m if isinstance(when.start, datetime) else _day(m) for m in moved))
        dates = dates_of(When(when.start, when.end, when.rules, when.more, without), self.as_of, budget)
        found = set(dates.occurrences)
        for event in changed[:400]:
            if _word(event, "STATUS") != "CANCELLED":
                own = _when(event)
                found |= set(dates_of(When(own.start, own.end), self.as_of, budget).occurrences)
        return Dates(tuple(sorted(found, key=_order)), dates.recurrences)

    def _place(self, event: Event) -> Place:
        location = clean_line(_plain(event.get("LOCATION")), 200)
        latitude: float | None = None
        longitude: float | None = None
        point = event.get("GEO")
        if point is not None:
            # "43,9;5,2" is text to the library.
            pair = _PAIR.fullmatch(point) if isinstance(point, str) else None
            if pair is not None:
                latitude, longitude = position(pair[1], pair[2])
            elif not isinstance(point, str):
                latitude, longitude = position(getattr(point, "latitude", None), getattr(point, "longitude", None))
        town = _TOWN.search(location)
        commune = clean_commune(town[1]) if town else self._commune or _last_part(location)
        return Place(commune, cut(location, 200), latitude, longitude)

    def _pictures(self, event: Event) -> tuple[Picture, ...]:
        if not self._licence:
            return ()
        found: dict[str, Picture] = {}
        for name in ("IMAGE", "ATTACH"):
            for value in _listed(event.get(name)):
                kind = str(getattr(value, "params", {}).get("FMTTYPE", "")).lower()
                url = clean_url(_plain(value))
                if url and (name == "IMAGE" or kind.startswith("image/")) and len(found) < PICTURES:
                    found[url] = Picture("", url, self._publisher, self._licence)
        return tuple(found.values())


def _last_part(location: str) -> str:
    """The commune of "Salle des fêtes, Roquebelle, France"."""
    parts = [part.strip() for part in location.split(",")]
    named = [part for part in parts if part and part.casefold() not in _COUNTRIES]
    return clean_commune(named[-1]) if named else ""


def _components(data: bytes) -> Iterator[Component | None]:
    """Every event, to-do and note of a file; None for one that cannot be read. Never raises."""
    begun = len(_BEGUN.findall(data))
    if begun > len(_ENDED.findall(data)):
        yield None  # cut in the middle of an event
    try:
        calendars = _read(data)
    except _TROUBLE:
        calendars = []
    if not calendars and begun:
        # One bad line spoils the file for the library: event by event, with the file's time zones beside each.
        zones = b"\r\n".join(islice(blocks_of(data, b"VTIMEZONE"), ZONES))
        zones = zones if len(zones) <= ZONE_BYTES else b""  # they are read again beside each event
        for block in islice(blocks_of(data, b"VEVENT"), EVENTS + 1):
            yield _one_event(block, zones)
        return
    for calendar in calendars:
        if calendar.name == "VEVENT":
            yield calendar
            continue
        for component in calendar.subcomponents:
            if component.name not in ("VTIMEZONE", "VALARM", "VFREEBUSY"):
                yield component


def _read(data: bytes) -> list[Component]:
    # It warns of time zones whose name it had to guess: guessed right is what people want.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(Calendar.from_ical(data, multiple=True))


def _one_event(block: bytes, zones: bytes) -> Event | None:
    wrapped = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n%s\r\n%s\r\nEND:VCALENDAR\r\n" % (zones, block)
    for attempt in (wrapped, b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n%s\r\nEND:VCALENDAR\r\n" % block):
        try:
            return next((e for c in _read(attempt) for e in c.walk("VEVENT") if isinstance(e, Event)), None)
        except _TROUBLE:
            continue
    return None


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value[:400] if isinstance(value, list) else [value]


def _plain(value: Any) -> str:
    first = next(iter(_listed(value)), "")
    return str(first) if isinstance(first, str) else ""


def _word(event: Event, name: str) -> str:
    return _plain(event.get(name)).strip().upper()


def _uid(event: Event) -> str:
    return source_key(_plain(event.get("UID")))


def _texts(event: Event, name: str) -> Mapping[str, str]:
    """Texts by language; what says none is French."""
    found: dict[str, str] = {}
    for value in _listed(event.get(name)):
        said = str(getattr(value, "params", {}).get("LANGUAGE", "fr"))
        found.setdefault(language_code(said) or "fr", str(value))
    return found


def _categories(event: Event) -> list[str]:
    found = []
    for value in _listed(event.get("CATEGORIES")):
        found += [str(word) for word in getattr(value, "cats", [])][:20]
    return found


def _moment(event: Event, name: str) -> date | datetime | None:
    value = event.get(name)
    found = getattr(value, "dt", None)
    if isinstance(found, datetime) and str(getattr(value, "params", {}).get("VALUE", "")).upper() == "DATE":
        return found.date()  # said to be a day, and written with a zone or a time all the same
    return found if isinstance(found, date) else None


def _moments(event: Event, name: str) -> tuple[date | datetime, ...]:
    found: list[date | datetime] = []
    for value in _listed(event.get(name)):
        for entry in getattr(value, "dts", [])[:400]:
            moment = getattr(entry, "dt", None)
            moment = moment[0] if isinstance(moment, tuple) else moment  # RDATE;VALUE=PERIOD
            if isinstance(moment, date):
                found.append(moment)
    return tuple(found)


def _when(event: Event) -> When:
    """Raises BadRule for an event without a start."""
    start, end = _moment(event, "DTSTART"), _moment(event, "DTEND")
    if start is None:
        raise BadRule
    length = getattr(event.get("DURATION"), "dt", None)
    if end is None and isinstance(length, timedelta) and timedelta() < length < timedelta(days=400):
        end = start + length
    if end is not None and isinstance(end, datetime) is not isinstance(start, datetime):
        end = None
    if isinstance(start, datetime) and isinstance(end, datetime) and (start.tzinfo is None) is not (end.tzinfo is None):
        end = local(end)
        start = local(start)
    rules = tuple(rule.to_ical().decode() for rule in _listed(event.get("RRULE")) if hasattr(rule, "to_ical"))
    timed = isinstance(start, datetime)
    more = tuple(m if isinstance(m, datetime) is timed else _fitted(m, start) for m in _moments(event, "RDATE"))
    without = _moments(event, "EXDATE")
    removed = tuple(m if isinstance(m, datetime) is timed else _fitted(m, start) for m in without)
    return When(start, end, rules, more, removed)


def _fitted(moment: date | datetime, start: date | datetime) -> date | datetime:
    """A day among times means the event's own time on that day; a time among days its day."""
    if isinstance(start, datetime):
        return datetime.combine(_day(moment), start.timetz())
    return _day(moment)


def _day(moment: date | datetime) -> date:
    return local(moment).date() if isinstance(moment, datetime) else moment


def _changed(event: Event) -> date | None:
    for name in ("LAST-MODIFIED", "DTSTAMP", "CREATED"):
        moment = _moment(event, name)
        if moment is not None:
            return _day(moment)
    return None


def _tags(types: tuple[str, ...]) -> frozenset[Tag]:
    return frozenset((Tag.CHILDREN,)) if "ChildrensEvent" in types else frozenset()


def _order(occurrence: Occurrence) -> tuple[date, int, date, int]:
    return occurrence.day, occurrence.start or 0, occurrence.last_day, occurrence.end or 0
