"""An offer to take away: a vCard or a calendar entry, short enough for a QR that a phone reads at arm's length. Pure.

vCard 3.0 (RFC 2426) and iCalendar (RFC 5545): what every phone's camera keeps with no network. The page of the offer
stands in it as URL, so that a phone with a network opens it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.days import PARIS
from domain.hours import Occurrence
from domain.offers import Offer

# Level M holds 412 bytes in version 15 (77 modules, ISO/IEC 18004): on 10 cm of screen a module is 1.2 mm wide, which a
# phone reads from 60 cm. A longer text loses its least useful lines.
QR_BYTES_MAX = 412
FOLD_OCTETS = 75
EVENT_MINUTES = 120  # of an event whose end nobody said
PAGE_CHARS_MAX = 120


def page_url(base: str, offer_id: str) -> str:
    """The public page of an offer; '' where the territory has none."""
    base = base.rstrip("/")
    if not base.startswith(("https://", "http://")):
        return ""
    url = f"{base}/o/{offer_id}"
    return url if len(url) <= PAGE_CHARS_MAX and url.isascii() else ""


def take_away_text(offer: Offer, language: str, today: date, page: str) -> str:
    """What the kiosk's QR carries: the next date for an event, the contact for a place; at most `QR_BYTES_MAX`."""
    return calendar_text(offer, language, today, page) or vcard_text(offer, language, page)


def vcard_text(offer: Offer, language: str, page: str, *, bounded: bool = True) -> str:
    """The offer as a contact. ``bounded``: what does not fit into a QR is left out, the note first."""
    words = offer.text(language)
    place, contact = offer.place, offer.contact
    # Least useful last: it is what goes first.
    lines = [f"FN:{_escape(words.name, 80)}"]
    if contact.phone:
        lines.append(f"TEL:{_escape(contact.phone, 30)}")
    if place.address or place.commune:
        lines.append(f"ADR:;;{_escape(place.address, 80)};{_escape(place.commune, 60)};;;")
    if page:
        lines.append(f"URL:{page}")
    if place.latitude is not None and place.longitude is not None:
        lines.append(f"GEO:{place.latitude:.5f};{place.longitude:.5f}")
    if contact.website and not page:
        lines.append(f"URL:{_escape(contact.website, 100)}")
    if contact.email and not bounded:
        lines.append(f"EMAIL:{_escape(contact.email, 100)}")
    if words.pitch:
        lines.append(f"NOTE:{_escape(words.pitch, 160)}")
    return _wrap(["BEGIN:VCARD", "VERSION:3.0", "N:;;;;"], lines, ["END:VCARD"], bounded)


def calendar_text(
    offer: Offer, language: str, today: date, page: str, *, events_max: int = 1, zone: ZoneInfo = PARIS
) -> str:
    """The next date of an event as a calendar entry ('' where there is none); more than one is for a file, not a QR."""
    dates = []
    for occurrence in offer.dates.upcoming(today):
        dates.append(occurrence)
        if len(dates) == events_max:
            break
    if not dates:
        return ""
    head, tail = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zerot//FR"], ["END:VCALENDAR"]
    if events_max == 1:
        fixed, lines = _event(offer, language, dates[0], page, zone)
        return _wrap([*head, *fixed], lines, ["END:VEVENT", *tail], bounded=True)
    middle: list[str] = []
    for occurrence in dates:
        fixed, lines = _event(offer, language, occurrence, page, zone)
        middle += [*fixed, *lines, "END:VEVENT"]
    return _wrap(head, middle, tail, bounded=False)


def _event(
    offer: Offer, language: str, occurrence: Occurrence, page: str, zone: ZoneInfo
) -> tuple[list[str], list[str]]:
    """The lines that an event must have, and the others, the least useful last."""
    words, place = offer.text(language), offer.place
    day = occurrence.day
    stamp = f"{day:%Y%m%d}"
    fixed = ["BEGIN:VEVENT", f"UID:{stamp}-{offer.id[:40]}", f"DTSTAMP:{stamp}T000000Z"]
    if occurrence.start is None:
        fixed.append(f"DTSTART;VALUE=DATE:{stamp}")
    else:
        start = datetime(day.year, day.month, day.day, occurrence.start // 60, occurrence.start % 60, tzinfo=zone)
        end = occurrence.end if occurrence.end is not None else occurrence.start + EVENT_MINUTES
        if end <= occurrence.start:
            end += 1440
        # Wall time first, then UTC: an evening that runs through the change of the clocks ends when the clock says so.
        finish = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=end)
        fixed += [f"DTSTART:{_utc(start)}", f"DTEND:{_utc(finish)}"]
    where = ", ".join(part for part in (place.address, place.commune) if part)
    lines = [f"SUMMARY:{_escape(words.name, 80)}"]
    if where:
        lines.append(f"LOCATION:{_escape(where, 120)}")
    if offer.contact.phone:
        lines.append(f"CONTACT:{_escape(offer.contact.phone, 30)}")
    if page:
        lines.append(f"URL:{page}")
    if place.latitude is not None and place.longitude is not None:
        lines.append(f"GEO:{place.latitude:.5f};{place.longitude:.5f}")
    if words.pitch:
        lines.append(f"DESCRIPTION:{_escape(words.pitch, 160)}")
    return fixed, lines


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _wrap(head: list[str], lines: list[str], tail: list[str], bounded: bool) -> str:
    """The whole text, without its last lines where it would not fit into a QR, or folded for a file."""
    if not bounded:
        return "".join(f"{_fold(line)}\r\n" for line in (*head, *lines, *tail))
    kept = list(lines)
    while len(kept) > 1 and len("\r\n".join([*head, *kept, *tail]).encode()) > QR_BYTES_MAX:
        kept.pop()
    return "\r\n".join([*head, *kept, *tail])


def _fold(line: str) -> str:
    """RFC 5545, 3.1: lines of at most 75 octets, continued by a space; no character is cut."""
    parts, size = [""], 0
    for letter in line:
        width = len(letter.encode())
        if size + width > FOLD_OCTETS:
            parts.append(" ")
            size = 1
        parts[-1] += letter
        size += width
    return "\r\n".join(parts)


def _escape(value: str, length: int) -> str:
    """Backslash, comma, semicolon; no line break can open a property of its own."""
    flat = " ".join(value.split())[:length]
    return flat.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
