"""One offer out of several records of the same thing, with the provenance of each; and what an offer is worth. Pure.

Feeds repeat themselves: one in eighteen objects shares its name with another. Two records are one thing when the name
is the same once folded, they stand within `NEAR_M` metres, they go behind the same door and neither says to be
something else. A castle and the concert in its yard share name and place and stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from domain.hours import Dates
from domain.offers import Category, Contact, Offer, Picture, Place, Provenance, Tag, Text
from server.catalogue.mapping import specific_types
from sync.content.codec import dumps, offer_to_json
from sync.content.text import fold, tokens

NEAR_M = 150.0
# Cells at least NEAR_M wide up to 63° north: neighbours are looked for in the nine around.
CELL_LATITUDE, CELL_LONGITUDE = 0.002, 0.004
PICTURES = 4
PROVENANCES = 12

# What a first-time visitor looks for before what they have already found (a bed) or seek by need.
_DOOR_MERIT = {
    Category.OUTINGS: 30,
    Category.WALKS: 30,
    Category.WINE: 28,
    Category.FOOD: 26,
    Category.EVENTS: 30,
    Category.DEALS: 24,
    Category.STAY: 8,
    Category.SERVICES: 4,
    Category.SETTLE: 4,
}


def label_key(offer: Offer) -> str:
    """The folded name by which records are compared; '' never matches anything."""
    return " ".join(tokens(offer.text("fr").name))


def merit_of(offer: Offer) -> int:
    """0 … 100, from what a card can show: a photo, a pitch, hours or dates, a price, a second language."""
    text = offer.text("fr")
    merit = _DOOR_MERIT[offer.category]
    merit += 16 if offer.pictures else 0
    merit += 12 if text.pitch else 0
    merit += 8 if text.description else 0
    merit += 10 if offer.hours.periods or offer.dates else 0
    merit += 6 if offer.price_cents is not None else 0
    merit += 6 if len(offer.texts) > 1 else 0
    merit += 6 if offer.place.latitude is not None else 0
    merit += 3 if offer.contact.phone or offer.contact.website else 0
    merit += 3 if len(specific_types(offer.types)) > 0 else 0
    return min(100, merit)


def same_thing(one: Offer, other: Offer) -> bool:
    """Whether two records with the same folded name describe one thing."""
    if one.id == other.id:
        return True
    if one.category is not other.category or not _near(one.place, other.place):
        return False
    mine, theirs = specific_types(one.types), specific_types(other.types)
    return not mine or not theirs or bool(mine & theirs)


def _near(one: Place, other: Place) -> bool:
    distance = one.distance_m(other)
    if distance is not None:
        return distance <= NEAR_M
    # Without coordinates on one side, only the very same address will do.
    return bool(one.commune and one.address) and (fold(one.commune), fold(one.address)) == (
        fold(other.commune),
        fold(other.address),
    )


def _updated(offer: Offer) -> date:
    return max((p.updated for p in offer.provenance if p.updated), default=date.min)


def _preference(offer: Offer) -> tuple[int, int, str, str]:
    """The record that leads: newest, then richest, then by id; the last field only parts records of one id."""
    return -_updated(offer).toordinal(), -merit_of(offer), offer.id, dumps(offer_to_json(offer))


# Written by people of the territory: their word leads whatever its date.
LEADING_SOURCES = frozenset(("manual", "territory"))


def record_order(offer: Offer) -> tuple[bool, int, int, str, str]:
    """Which record of several sources leads: the territory's own first, then as within one feed."""
    own = any(p.source in LEADING_SOURCES or p.source == "demo" for p in offer.provenance[:1])
    return (not own, *_preference(offer))


def merge_group(offers: Iterable[Offer]) -> list[Offer]:
    """Offers with the same `label_key`, those that are one thing made one. The order given does not matter."""
    heads: list[list[Offer]] = []
    cells: dict[tuple[int, int] | str, list[list[Offer]]] = defaultdict(list)
    ids: dict[str, list[Offer]] = {}
    for offer in sorted(offers, key=_preference):
        cluster = ids.get(offer.id) or next(
            (found for cell in _around(offer.place) for found in cells[cell] if same_thing(found[0], offer)), None
        )
        if cluster is None:
            cluster = []
            heads.append(cluster)
            cells[_cell(offer.place)].append(cluster)
            if offer.place.latitude is not None:
                cells[_address(offer.place)].append(cluster)
        cluster.append(offer)
        ids[offer.id] = cluster
    return [merge_records(cluster) for cluster in heads]


def _address(place: Place) -> str:
    return f"{fold(place.commune)}|{fold(place.address)}"


def _cell(place: Place) -> tuple[int, int] | str:
    if place.latitude is None or place.longitude is None:
        return _address(place)
    return int(place.latitude // CELL_LATITUDE), int(place.longitude // CELL_LONGITUDE)


def _around(place: Place) -> list[tuple[int, int] | str]:
    cell = _cell(place)
    if isinstance(cell, str):
        return [cell]
    rows = (cell[0] - 1, cell[0], cell[0] + 1)
    return [*((row, column) for row in rows for column in (cell[1] - 1, cell[1], cell[1] + 1)), _address(place)]


def merge_records(records: list[Offer]) -> Offer:
    """The first record, completed by the others: its own fields win, gaps are filled, dates and provenance add up."""
    merged = records[0]
    for other in records[1:]:
        merged = _merge_two(merged, other)
    return replace(merged, merit=merit_of(merged)) if len(records) > 1 else merged


def _merge_two(one: Offer, other: Offer) -> Offer:
    price = one.price_cents if one.price_cents is not None else other.price_cents
    tags = (one.tags | other.tags) - {Tag.FREE}
    return replace(
        one,
        texts=_merge_texts(one.texts, other.texts),
        place=_merge_places(one.place, other.place),
        tags=tags | ({Tag.FREE} if price == 0 else frozenset()),
        price_cents=price,
        hours=one.hours if one.hours.periods else other.hours,
        dates=Dates(
            tuple(
                sorted(
                    {*one.dates.occurrences, *other.dates.occurrences},
                    key=lambda o: (o.day, o.start or 0, o.last_day, o.end or 0),
                )
            ),
            tuple(dict.fromkeys((*one.dates.recurrences, *other.dates.recurrences))),
        ),
        booking=one.booking or other.booking,
        partner_id=one.partner_id or other.partner_id,
        duration_minutes=one.duration_minutes or other.duration_minutes,
        languages=tuple(sorted({*one.languages, *other.languages})),
        contact=Contact(
            one.contact.phone or other.contact.phone,
            one.contact.email or other.contact.email,
            one.contact.website or other.contact.website,
        ),
        pictures=_merge_pictures(one.pictures, other.pictures),
        story=one.story or other.story,
        provenance=_merge_provenance(one.provenance, other.provenance),
        types=tuple(sorted({*one.types, *other.types})),
    )


def _merge_texts(one: dict[str, Text], other: dict[str, Text]) -> dict[str, Text]:
    found = dict(one)
    for language, text in other.items():
        mine = found.get(language)
        if mine is None:
            found[language] = text
        else:
            found[language] = Text(mine.name, mine.pitch or text.pitch, mine.description or text.description)
    return found


def _merge_places(one: Place, other: Place) -> Place:
    located = one if one.latitude is not None else other
    return Place(one.commune or other.commune, one.address or other.address, located.latitude, located.longitude)


def _merge_pictures(one: tuple[Picture, ...], other: tuple[Picture, ...]) -> tuple[Picture, ...]:
    found = {picture.key or picture.url: picture for picture in (*other, *one)}
    ordered = dict.fromkeys(picture.key or picture.url for picture in (*one, *other))
    return tuple(found[name] for name in ordered)[:PICTURES]


def _merge_provenance(one: tuple[Provenance, ...], other: tuple[Provenance, ...]) -> tuple[Provenance, ...]:
    return tuple({(p.source, p.source_id): p for p in reversed((*one, *other))}.values())[::-1][:PROVENANCES]
