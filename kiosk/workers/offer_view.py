"""An offer as the screen shows it: what is said of when, where and how much, in messages. Pure; time is passed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.hours import MINUTES_A_DAY
from domain.maps import Spot, project
from domain.moments import hours_known
from domain.offers import (
    Category,
    Coupon,
    Offer,
    Place,
    Tag,
)
from domain.take_away import take_away_text
from kiosk.flow.messages import M, Message, message
from kiosk.flow.states import CouponOffer, FactLine, OfferCard, OfferDetail, SlotChoice
from kiosk.workers.offer_words import part_words
from kiosk.workers.travel import Reach, Travel

EVENING_MINUTE = 18 * 60
WALK_MINUTES_MAX = 30
MAP_WALK_MINUTES_MAX = 60
BIKE_MINUTES_MAX = 60
HERE_M = 80.0  # along the way: the house itself, or the one beside it
BIKE_FROM_M = 1_000.0
ESTIMATES = Travel()
FEW_PLACES = 9
SLOT_DAYS = 3
SLOTS_SHOWN = 6
# A slot closes this long before it starts: the visitor must get there.
SLOT_CLOSES_MINUTES = 15

PlacesLeft = Callable[[Offer, str, int], int]


def minute_of(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def price_of(offer: Offer) -> Message | None:
    """None where no price is known: nothing is better than a dash."""
    if offer.price_cents is None:
        return None
    if offer.price_cents == 0:
        return message(M.PRICE_FREE)
    return message(M.PRICE, price_cents=offer.price_cents)


def where_of(offer: Offer, here: Place | None, travel: Travel = ESTIMATES) -> Message | None:
    """On foot when it is near, else kilometres, else the village. What is estimated says so."""
    reach = travel.to(offer, here)
    if reach is None:
        return message(M.IN_COMMUNE, commune=offer.place.commune) if offer.place.commune else None
    if reach.metres < HERE_M:
        return message(M.HERE)
    if reach.walk_minutes is not None and reach.walk_minutes <= WALK_MINUTES_MAX:
        return message(M.WALK_ABOUT if reach.estimated else M.WALK_MINUTES, minutes=reach.walk_minutes)
    return message(M.CAR_KILOMETRES, kilometres=max(1, round(reach.metres / 1000)))


def _bike(reach: Reach | None) -> Message | None:
    """By bike, where that is worth it and can be done."""
    if reach is None or reach.metres <= BIKE_FROM_M or not reach.bike_minutes or reach.bike_minutes > BIKE_MINUTES_MAX:
        return None
    return message(M.BIKE_ABOUT if reach.estimated else M.BIKE_MINUTES, minutes=reach.bike_minutes)


def when_of(offer: Offer, now: datetime) -> Message | None:
    """The next moment that matters; None when nothing is known."""
    if offer.dates:
        return _event_when(offer, now)
    if offer.booking:
        starts = [slot.start for slot in offer.booking.slots if slot.start >= minute_of(now) + SLOT_CLOSES_MINUTES]
        if starts and (offer.hours.open_on(now.date()) or not offer.hours.periods):
            return message(M.NEXT_SLOT_TODAY, at_minutes_of_day=min(starts))
    if not hours_known(offer.hours, now.date()):
        return None  # a feed grown old: its hours have all ended, which does not mean closed
    until = offer.hours.open_until(now)
    if until is not None:
        if any(span.start == 0 and span.end == MINUTES_A_DAY for span in offer.hours.spans_on(now.date())):
            return message(M.OPEN_ALL_DAY)
        return message(M.OPEN_UNTIL, until_minutes_of_day=minute_of(until) or 1440)
    opening = offer.hours.next_opening(now)
    if opening is None:
        return message(M.TODAY_ALL_DAY) if offer.hours.open_on(now.date()) else message(M.CLOSED_TODAY)
    if opening.date() == now.date():
        return message(M.OPENS_AT, at_minutes_of_day=minute_of(opening))
    return message(M.OPENS_ON, on_day=opening.date().isoformat(), at_minutes_of_day=minute_of(opening))


def _event_when(offer: Offer, now: datetime) -> Message:
    today, minute = now.date(), minute_of(now)
    for occurrence in offer.dates.on(today):
        if occurrence.start is None:
            return message(M.TODAY_ALL_DAY)
        if occurrence.start >= minute or (occurrence.end or occurrence.start + 120) > minute:
            kind = M.TONIGHT_AT if occurrence.start >= EVENING_MINUTE else M.TODAY_AT
            return message(kind, at_minutes_of_day=occurrence.start)
    following = next(offer.dates.upcoming(today + timedelta(days=1)), None)
    if following is not None:
        if following.start is None:
            return message(M.ON_DAY, on_day=following.day.isoformat())
        return message(M.ON_DAY_AT, on_day=following.day.isoformat(), at_minutes_of_day=following.start)
    last = max((o.last_day for o in offer.dates.occurrences), default=None)
    ended = last or max((r.last for r in offer.dates.recurrences if r.last), default=today)
    return message(M.DATE_PAST, on_day=ended.isoformat())


def picture_of(offer: Offer) -> str:
    """The first photo that the pack holds, else the drawn scene."""
    photo = next((picture.key for picture in offer.pictures if picture.key), "")
    return f"blob:{photo}" if photo else f"illustration:{offer.illustration}"


def offer_card(
    offer: Offer,
    now: datetime,
    here: Place | None,
    language: str,
    places: PlacesLeft | None = None,
    travel: Travel = ESTIMATES,
) -> OfferCard:
    """The offer as a picture card."""
    return OfferCard(
        id=offer.id,
        name=offer.text(language).name,
        picture=picture_of(offer),
        category=offer.category.value,
        when=when_of(offer, now),
        where=where_of(offer, here, travel),
        price=price_of(offer),
        badge=_badge(offer, now, places),
    )


def map_card(offer: Offer, now: datetime, here: Place | None, language: str, travel: Travel = ESTIMATES) -> OfferCard:
    """The card of a pin: on foot and by bike, both, where both can be done."""
    card = offer_card(offer, now, here, language, travel=travel)
    reach = travel.to(offer, here)
    if reach is None or reach.metres < HERE_M or reach.walk_minutes is None or reach.bike_minutes is None:
        return card
    if reach.walk_minutes > MAP_WALK_MINUTES_MAX:
        bike = _bike(reach)
        return replace(card, where=bike) if bike else card
    kind = M.WALK_BIKE_ABOUT if reach.estimated else M.WALK_BIKE
    return replace(card, when=None, where=message(kind, walk=reach.walk_minutes, bike=reach.bike_minutes))


def _badge(offer: Offer, now: datetime, places: PlacesLeft | None) -> Message | None:
    if offer.card_discount_cents:
        return message(M.CARD_DISCOUNT, discount_cents=offer.card_discount_cents)
    if offer.booking and places:
        left = [places(offer, now.date().isoformat(), slot.start) for slot in offer.booking.slots]
        if left and 0 < max(left) <= FEW_PLACES:
            return message(M.PLACES_LEFT, places=max(left))
    if not offer.dates and offer.hours.open_until(now) is not None:
        return message(M.OPEN_NOW)
    return None


def slot_choices(offer: Offer, now: datetime, places: PlacesLeft) -> tuple[SlotChoice, ...]:
    """Times that can be booked from now on, earliest first; full ones stay visible with no place."""
    if offer.booking is None:
        return ()
    found: list[SlotChoice] = []
    for ahead in range(SLOT_DAYS):
        day = now.date() + timedelta(days=ahead)
        if offer.hours.periods and not offer.hours.open_on(day):
            continue
        for slot in sorted(offer.booking.slots, key=lambda slot: slot.start):
            if ahead == 0 and slot.start < minute_of(now) + SLOT_CLOSES_MINUTES:
                continue
            label = (
                message(M.SLOT_TODAY, at_minutes_of_day=slot.start)
                if ahead == 0
                else message(M.SLOT_ON, on_day=day.isoformat(), at_minutes_of_day=slot.start)
            )
            left = places(offer, day.isoformat(), slot.start)
            found.append(SlotChoice(day.isoformat(), slot.start, left, label))
    return tuple(found[:SLOTS_SHOWN])


def fact_lines(
    offer: Offer, now: datetime, here: Place | None, language: str, travel: Travel = ESTIMATES
) -> tuple[FactLine, ...]:
    """Four to six facts: when, where, for whom, how long, access, phone."""
    lines: list[FactLine] = []
    when = when_of(offer, now)
    duration = offer.duration_minutes
    lasts = message(M.DURATION_HOURS, hours=duration // 60, minutes=duration % 60) if duration else None
    if when or lasts:
        lines.append(FactLine("clock", when or lasts or message(M.HOURS_UNKNOWN), lasts if when else None))
    if stall := stall_line(offer, now):
        lines.append(stall)
    where, bike = where_of(offer, here, travel), _bike(travel.to(offer, here))
    commune = message(M.IN_COMMUNE, commune=offer.place.commune) if offer.place.commune else None
    if where:
        lines.append(FactLine("map", where, bike or (commune if commune != where else None)))
    if bike and commune:
        lines.append(FactLine("info", commune))
    if offer.age_from:
        spoken = " ".join(code.upper() for code in offer.languages)
        lines.append(
            FactLine(
                "person",
                message(M.AGE_FROM, age=offer.age_from),
                message(M.SPOKEN_LANGUAGES, languages=spoken) if spoken else None,
            )
        )
    elif Tag.CHILDREN in offer.tags:
        lines.append(FactLine("person", message(M.FOR_CHILDREN)))
    if Tag.ACCESSIBLE in offer.tags:
        lines.append(FactLine("access", message(M.ACCESSIBLE)))
    if offer.contact.phone:
        lines.append(FactLine("phone", message(M.PHONE, phone=offer.contact.phone)))
    if offer.languages and not offer.age_from:
        spoken = " ".join(code.upper() for code in offer.languages)
        lines.append(FactLine("speech", message(M.SPOKEN_LANGUAGES, languages=spoken)))
    return tuple(lines[:6])


def offer_detail(
    offer: Offer,
    now: datetime,
    here: Place | None,
    language: str,
    places: PlacesLeft,
    near: tuple[Offer, ...],
    page: str = "",
    travel: Travel = ESTIMATES,
) -> OfferDetail:
    """Everything the offer screen and the buying flow need."""
    words = offer.text(language)
    pitch, more = part_words(words.pitch, words.description)
    slots = slot_choices(offer, now, places)
    return OfferDetail(
        id=offer.id,
        category=offer.category.value,
        name=words.name,
        pitch=pitch,
        description=more,
        picture=picture_of(offer),
        facts=fact_lines(offer, now, here, language, travel),
        quote=offer.story.quote if offer.story else offer.reviews[0].words if offer.reviews else "",
        credit=_credit(offer),
        price_cents=offer.booking.price_cents if offer.booking else offer.price_cents,
        price=price_of(offer),
        slots=slots,
        people_max=offer.booking.people_max if offer.booking else 0,
        site_number=offer.booking.site_number if offer.booking else 0,
        partner_id=offer.partner_id,
        take_away=take_away_text(offer, language, now.date(), page),
        bookable=offer.booking is not None,
        near=tuple(offer_card(other, now, here, language, travel=travel) for other in near),
        page_url=page,
        picture_credit=_picture_credit(offer),
        spot=spot_of(offer.place),
    )


def with_coupon(detail: OfferDetail, coupon: Coupon, language: str, issue: int) -> OfferDetail:
    """The detail with the coupon that may be used now."""
    shown = CouponOffer(
        coupon.id,
        coupon.text(language),
        coupon.partner,
        coupon.code,
        coupon.last.isoformat(),
        coupon.budget,
        issue,
    )
    return replace(detail, coupon=shown)


def _picture_credit(offer: Offer) -> str:
    """Author and licence of the photo on show; '' under a drawn scene."""
    photo = next((picture for picture in offer.pictures if picture.key), None)
    return ", ".join(part for part in (photo.author, photo.licence) if part) if photo else ""


def stall_line(offer: Offer, now: datetime) -> FactLine | None:
    """Where a producer sells today until when, else where next, within a week."""
    open_now = [(until, stall) for stall in offer.stalls if (until := stall.hours.open_until(now)) is not None]
    if open_now:
        until, stall = min(open_now, key=lambda pair: pair[0])
        title = message(M.STALL_TODAY, where=stall.where, until_minutes_of_day=minute_of(until) or MINUTES_A_DAY)
    else:
        coming = [
            (opening, stall) for stall in offer.stalls if (opening := stall.hours.next_opening(now, 7)) is not None
        ]
        if not coming:
            return None
        opening, stall = min(coming, key=lambda pair: pair[0])
        title = message(
            M.STALL_ON, where=stall.where, on_day=opening.date().isoformat(), at_minutes_of_day=minute_of(opening)
        )
    return FactLine("stall", title, message(M.STALL_SELLS, what=stall.what) if stall.what else None)


def spot_of(place: Place) -> Spot | None:
    """On the map; None for what has no coordinates."""
    if place.latitude is None or place.longitude is None:
        return None
    return project(place.latitude, place.longitude)


def _credit(offer: Offer) -> Message | None:
    if offer.story:
        return message(M.STORY_BY, author=offer.story.author, licence=offer.story.licence)
    if offer.reviews:
        review = offer.reviews[0]
        return message(M.REVIEW_BY, stars="★" * review.stars + "☆" * (5 - review.stars), author=review.author)
    origin = next((p for p in offer.provenance if p.publisher or p.licence), None)
    if origin is None:
        return None
    return message(M.SOURCE_BY, publisher=origin.publisher or origin.source, licence=origin.licence)


def scene_of(offer: Offer | None) -> str:
    """The full-bleed scene behind the attract screen that suits the offer."""
    if offer is None:
        return "lavender"
    return {
        Category.EVENTS: "village",
        Category.OUTINGS: "river",
        Category.WALKS: "ochres",
    }.get(offer.category, "lavender")
