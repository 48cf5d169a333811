"""Offers as JSON: in the catalogue file, in the server's drafts. Pure; what is written loads back equal.

Values that are what an offer has by default are left out, dates are ISO days, everything else is as in
`domain.offers`. `offer_from_json` raises ValueError (with the place) on what is no offer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.hours import Dates, DayException, Hours, Occurrence, OnHolidays, Period, Recurrence, Span
from domain.offers import (
    Booking,
    Category,
    Contact,
    Coupon,
    Offer,
    Picture,
    Place,
    Provenance,
    Review,
    Slot,
    Stall,
    Story,
    Tag,
    Text,
)

Json = dict[str, Any]


def dumps(value: object) -> str:
    """Compact JSON, keys in the order written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _parse_day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _spans(spans: tuple[Span, ...]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _parse_spans(value: list[list[int]]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in value)


def hours_to_json(hours: Hours) -> Json:
    """Opening hours; {} when unknown."""
    found: Json = {}
    if hours.periods:
        found["periods"] = [
            {
                "weekdays": sorted(period.weekdays),
                "spans": _spans(period.spans),
                **({"first": _day(period.first)} if period.first else {}),
                **({"last": _day(period.last)} if period.last else {}),
                **({"yearly": True} if period.yearly else {}),
                **({"nth": sorted(period.nth)} if period.nth else {}),
                **({"holidays": period.holidays.value} if period.holidays is not OnHolidays.ANY else {}),
            }
            for period in hours.periods
        ]
    if hours.exceptions:
        found["exceptions"] = [{"day": _day(e.day), "spans": _spans(e.spans)} for e in hours.exceptions]
    return found


def hours_from_json(value: Mapping[str, Any]) -> Hours:
    return Hours(
        tuple(
            Period(
                frozenset(period["weekdays"]),
                _parse_spans(period["spans"]),
                _parse_day(period.get("first")),
                _parse_day(period.get("last")),
                bool(period.get("yearly", False)),
                frozenset(period.get("nth", ())),
                OnHolidays(period.get("holidays", "any")),
            )
            for period in value.get("periods", ())
        ),
        tuple(
            DayException(date.fromisoformat(e["day"]), _parse_spans(e["spans"])) for e in value.get("exceptions", ())
        ),
    )


def dates_to_json(dates: Dates) -> Json:
    """Event dates; {} when there are none."""
    found: Json = {}
    if dates.occurrences:
        found["occurrences"] = [
            {
                "day": _day(o.day),
                **({"start": o.start} if o.start is not None else {}),
                **({"end": o.end} if o.end is not None else {}),
                **({"last": _day(o.last)} if o.last else {}),
            }
            for o in dates.occurrences
        ]
    if dates.recurrences:
        found["recurrences"] = [
            {
                "weekdays": sorted(r.weekdays),
                "start": r.start,
                "end": r.end,
                "first": _day(r.first),
                "last": _day(r.last),
                "every_weeks": r.every_weeks,
                "except_days": sorted(day.isoformat() for day in r.except_days),
            }
            for r in dates.recurrences
        ]
    return found


def dates_from_json(value: Mapping[str, Any]) -> Dates:
    return Dates(
        tuple(
            Occurrence(date.fromisoformat(o["day"]), o.get("start"), o.get("end"), _parse_day(o.get("last")))
            for o in value.get("occurrences", ())
        ),
        tuple(
            Recurrence(
                frozenset(r["weekdays"]),
                r["start"],
                r.get("end"),
                date.fromisoformat(r["first"]),
                _parse_day(r.get("last")),
                r.get("every_weeks", 1),
                frozenset(date.fromisoformat(day) for day in r.get("except_days", ())),
            )
            for r in value.get("recurrences", ())
        ),
    )


def details_to_json(offer: Offer) -> Json:
    """What a kiosk reads of an offer only once it is shown: everything that no list filters by."""
    found: Json = {}
    if offer.booking:
        booking = offer.booking
        found["booking"] = {
            "price_cents": booking.price_cents,
            "slots": [[slot.start, slot.duration_minutes] for slot in booking.slots],
            "quota_per_slot": booking.quota_per_slot,
            "people_max": booking.people_max,
            "site_number": booking.site_number,
        }
    for name in ("partner_id", "duration_minutes", "age_from", "card_discount_cents"):
        if value := getattr(offer, name):
            found[name] = value
    if offer.age_from == 0:
        found["age_from"] = 0
    if offer.languages:
        found["languages"] = list(offer.languages)
    contact = {name: v for name in ("phone", "email", "website") if (v := getattr(offer.contact, name))}
    if contact:
        found["contact"] = contact
    if offer.pictures:
        found["pictures"] = [[p.key, p.url, p.author, p.licence, p.title] for p in offer.pictures]
    if offer.story:
        found["story"] = [offer.story.quote, offer.story.author, offer.story.licence]
    if offer.provenance:
        found["provenance"] = [
            [p.source, p.source_id, p.licence, _day(p.updated), p.publisher] for p in offer.provenance
        ]
    if offer.types:
        found["types"] = list(offer.types)
    if offer.reviews:
        found["reviews"] = [[r.author, _day(r.day), r.stars, r.words] for r in offer.reviews]
    if offer.coupon:
        found["coupon"] = coupon_to_json(offer.coupon)
    if offer.stalls:
        found["stalls"] = [[stall.where, hours_to_json(stall.hours), stall.what] for stall in offer.stalls]
    return found


def coupon_to_json(coupon: Coupon) -> Json:
    return {
        "id": coupon.id,
        "texts": dict(coupon.texts),
        "code": coupon.code,
        "first": _day(coupon.first),
        "last": _day(coupon.last),
        **({"partner": coupon.partner} if coupon.partner else {}),
        **({"budget": coupon.budget} if coupon.budget is not None else {}),
    }


def coupon_from_json(value: Mapping[str, Any]) -> Coupon:
    return Coupon(
        value["id"],
        dict(value["texts"]),
        value["code"],
        date.fromisoformat(value["first"]),
        date.fromisoformat(value["last"]),
        value.get("partner", ""),
        value.get("budget"),
    )


def details_from_json(value: Mapping[str, Any]) -> Json:
    """Keyword arguments for `Offer` out of `details_to_json`."""
    found: Json = {
        name: value[name]
        for name in ("partner_id", "duration_minutes", "age_from", "card_discount_cents")
        if name in value
    }
    if booking := value.get("booking"):
        found["booking"] = Booking(
            booking["price_cents"],
            tuple(Slot(start, minutes) for start, minutes in booking["slots"]),
            booking["quota_per_slot"],
            booking["people_max"],
            booking["site_number"],
        )
    found["languages"] = tuple(value.get("languages", ()))
    found["contact"] = Contact(**value.get("contact", {}))
    found["pictures"] = tuple(Picture(*picture) for picture in value.get("pictures", ()))
    if story := value.get("story"):
        found["story"] = Story(*story)
    found["provenance"] = tuple(
        Provenance(source, source_id, licence, _parse_day(updated), publisher)
        for source, source_id, licence, updated, publisher in value.get("provenance", ())
    )
    found["types"] = tuple(value.get("types", ()))
    found["reviews"] = tuple(
        Review(author, date.fromisoformat(day), stars, words) for author, day, stars, words in value.get("reviews", ())
    )
    if coupon := value.get("coupon"):
        found["coupon"] = coupon_from_json(coupon)
    found["stalls"] = tuple(
        Stall(where, hours_from_json(hours), what) for where, hours, what in value.get("stalls", ())
    )
    return found


def offer_to_json(offer: Offer) -> Json:
    """The whole offer."""
    place = offer.place
    return {
        "id": offer.id,
        "category": offer.category.value,
        "texts": {code: [text.name, text.pitch, text.description] for code, text in offer.texts.items()},
        "place": [place.commune, place.address, place.latitude, place.longitude],
        "illustration": offer.illustration,
        "tags": sorted(tag.value for tag in offer.tags),
        "price_cents": offer.price_cents,
        "hours": hours_to_json(offer.hours),
        "dates": dates_to_json(offer.dates),
        "details": details_to_json(offer),
        "merit": offer.merit,
    }


def offer_from_json(value: Mapping[str, Any]) -> Offer:
    """The offer that `offer_to_json` wrote; ValueError says what is wrong with it."""
    try:
        return Offer(
            id=value["id"],
            category=Category(value["category"]),
            texts={code: Text(*text) for code, text in value["texts"].items()},
            place=Place(*value["place"]),
            illustration=value["illustration"],
            tags=frozenset(Tag(tag) for tag in value["tags"]),
            price_cents=value["price_cents"],
            hours=hours_from_json(value["hours"]),
            dates=dates_from_json(value["dates"]),
            merit=value["merit"],
            **details_from_json(value["details"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an offer: {error!r}") from error
