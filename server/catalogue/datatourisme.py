"""One DATAtourisme object (JSON-LD feed, model 2 or 3, or the JSON of the REST interface) → one offer. Pure.

The data are under the Licence Ouverte / Open Licence 2.0 (Etalab). Reading feeds from disk is ``feed_source``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from domain.hours import Dates
from domain.offers import Category, Contact, Offer, Picture, Place, Provenance, Tag, Text
from server.catalogue.building import beside_the_price, build_texts, clean_commune, evening_tags, offer_id, position
from server.catalogue.cleaning import clean_email, clean_line, clean_phone, clean_url, cut, parse_cents
from server.catalogue.datatourisme_times import parse_dates, parse_hours
from server.catalogue.feed_source import Piece, items_of
from server.catalogue.jsonld import DEFAULT_LANGUAGE, Node, language_code
from server.catalogue.mapping import TypeMap, tags_of
from server.catalogue.results import Kept, Parsed, Reason, Rejected
from server.catalogue.scenes import scene_for
from sync.content.text import fold

SOURCE = "datatourisme"
LICENCE = "Licence Ouverte 2.0"
PICTURES = 4
SOURCE_ID_CHARS = 300
# A bed for less is a price typed in to fill a form.
BED_CENTS_MIN = 200
_CREATIVE = re.compile(
    r"(?i)(?P<zero>\bcc[- ]?0\b|publicdomain/zero)"
    r"|(?:\bcc[- ]|\blicenses/|^\s*)(?P<terms>by(?:[- ](?:nc|nd|sa))*)\b(?:[-/ ]*(?P<version>\d\.\d))?"
)
_FREE = frozenset(("free", "freeofcharge", "freeadmission"))
_BASE_RATES = frozenset(("baseratefullrate", "fullrate", "baserate", "adultrate", "adult", "normalrate", "standard"))
_NOT_THE_PRICE = frozenset(
    ("extracharge", "childrate", "group", "grouprate", "reducedrate", "schoolgroup", "supplement")
)


class ObjectParser:
    """Parses objects of a feed. ``as_of`` is the day of the import: pictures whose rights ended before it are left out.

    Stateless but for the type table; may be shared between threads.
    """

    def __init__(self, as_of: date, types: TypeMap | None = None) -> None:
        self.as_of = as_of
        self._types = types or TypeMap()

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each object of a piece of a feed."""
        for item in items_of(piece):
            yield item if isinstance(item, Rejected) else self.parse(item.raw, item.where, item.index)

    def parse(
        self, raw: Mapping[str, object], where: str, index: Mapping[str, Mapping[str, object]] | None = None
    ) -> Parsed:
        """The offer that ``raw`` describes, or why there is none. ``where`` names an object without an identifier."""
        node = Node(raw, index)
        source_id = _identifier(node)
        if not source_id:
            return Rejected(where, Reason.NO_ID)
        types = node.types()
        if not types:
            return Rejected(source_id, Reason.NO_TYPE)
        if node.flag("isObsolete") is True:
            return Rejected(source_id, Reason.NOT_SHOWN, withdraws=source_id)
        themes = _references(node, "hasTheme", "providesFoodProduct", "providesCuisineOfType")
        mapped = self._types.map_types(types, themes)
        if mapped is None:
            return Rejected(source_id, Reason.NOT_OFFER)
        texts = parse_texts(node)
        if not texts:
            return Rejected(source_id, Reason.NO_NAME)
        place = parse_place(node)
        if not place.commune and place.latitude is None:
            return Rejected(source_id, Reason.NO_PLACE)
        price = parse_price(node)
        if mapped.category is Category.STAY and price is not None and 0 < price < BED_CENTS_MIN:
            price = None
        dates = parse_dates(node, self.as_of) if mapped.category is Category.EVENTS else Dates()
        offer = Offer(
            id=offer_id(source_id),
            category=mapped.category,
            texts=texts,
            place=place,
            illustration=scene_for(mapped, *(text.name for text in texts.values())),
            tags=_tags(node, types, price) | evening_tags(dates),
            price_cents=price,
            hours=parse_hours(node),
            dates=dates,
            duration_minutes=_duration(node),
            languages=_languages(node),
            contact=parse_contact(node),
            pictures=self._pictures(node),
            provenance=(_provenance(node, source_id),),
            types=tuple(sorted(types))[:40],
        )
        return Kept(offer)

    def _pictures(self, node: Node) -> tuple[Picture, ...]:
        found: dict[str, Picture] = {}
        for name in ("hasMainRepresentation", "hasRepresentation"):
            for media in node.nodes(name):
                if len(found) >= PICTURES:
                    return tuple(found.values())
                self._add_picture(found, media)
        return tuple(found.values())

    def _add_picture(self, found: dict[str, Picture], media: Node) -> None:
        annotations = list(media.nodes("hasAnnotation"))
        # Rights that have ended, or have not begun, are no rights to show it.
        for note in annotations:
            ends, begins = note.day("rightsEndDate"), note.day("rightsStartDate")
            if (ends and ends < self.as_of) or (begins and begins > self.as_of):
                return
        for resource in media.nodes("hasRelatedResource"):
            kinds = _references(resource, "hasMimeType")
            url = clean_url(next(iter(resource.addresses("locator")), ""))
            if url is None or url in found or not _is_picture(url, kinds):
                continue
            author = next((credit for note in annotations for credit in note.strings("credits", "credit")), "")
            title = next((t for note in annotations for t in note.texts("title").values()), "")
            licence = next((said for note in annotations if (said := _own_licence(note))), LICENCE)
            found[url] = Picture("", url, clean_line(author, 120), licence, clean_line(title, 160))
            return


def _identifier(node: Node) -> str:
    said = node.string("@id", "uri", "uuid", "id", "identifier").strip()[:SOURCE_ID_CHARS]
    return said if said.isascii() and said.isprintable() else clean_line(said)


def _own_licence(note: Node) -> str:
    """A licence of its own that a picture names, '' for the "oui" and "tous droits" that most write there."""
    said = note.string("isCoveredBy")
    match = _CREATIVE.search(said[:300]) if said else None
    if match is None:
        return ""
    if match["zero"]:
        return "CC0 1.0"
    return " ".join(filter(None, ("CC", match["terms"].upper().replace(" ", "-"), match["version"])))


def _is_picture(url: str, kinds: tuple[str, ...]) -> bool:
    if kinds:
        return any(kind.casefold().split("/")[-1] in ("jpeg", "jpg", "png", "webp", "gif") for kind in kinds)
    return re.search(r"(?i)\.(?:jpe?g|png|webp|gif)(?:$|[?#])", url) is not None


def _references(node: Node, *names: str) -> tuple[str, ...]:
    return tuple(reference for name in names for reference in node.references(name))


def parse_texts(node: Node) -> dict[str, Text]:
    """Name, pitch and description in every language that has any of them; {} when there is no name at all."""
    names = node.texts("label", "name", "title")
    short = node.texts("comment", "abstract")
    long: dict[str, str] = {}
    for said in node.nodes("hasDescription"):
        for language, text in said.texts("description").items():
            long.setdefault(language, text)
        for language, text in said.texts("shortDescription").items():
            short.setdefault(language, text)
    if not long:
        long = node.texts("description")
    return build_texts(names, short, long)


def parse_place(node: Node) -> Place:
    """The first place with coordinates, else the first one; impossible coordinates count as none."""
    best = Place("")
    for located in node.nodes("isLocatedAt", "location") if "isLocatedAt" in node or "location" in node else (node,):
        commune, address = "", ""
        for postal in located.nodes("address"):
            commune = commune or _commune(postal)
            street = ", ".join(clean_line(line, 120) for line in postal.strings("streetAddress")[:3])
            address = address or ", ".join(filter(None, (street, _town(postal, commune))))
        point = located.node("geo") or located
        latitude, longitude = position(point.number("latitude"), point.number("longitude"))
        place = Place(commune, cut(address, 200), latitude, longitude)
        if latitude is not None and commune:
            return place
        if (latitude is not None, bool(commune)) > (best.latitude is not None, bool(best.commune)):
            best = place
    return best


def _commune(postal: Node) -> str:
    said = postal.string("addressLocality")
    if not said:
        for city in postal.nodes("hasAddressCity"):
            labels = city.texts("label", "name")
            said = labels.get("fr") or next(iter(labels.values()), "")
            if said:
                break
    return clean_commune(said)


def _town(postal: Node, commune: str) -> str:
    return " ".join(filter(None, (clean_line(postal.string("postalCode"), 12), commune)))


def parse_price(node: Node) -> int | None:
    """The lowest ordinary price in cents, 0 when free, None when not known. Euros only."""
    base: list[int] = []
    others: list[int] = []
    free = node.flag("isAccessibleForFree") is True
    for offered in node.nodes("offers", "hasOffers"):
        for price in offered.nodes("priceSpecification"):
            if price.string("priceCurrency") not in ("", "EUR", "€"):
                continue
            policies = {policy.casefold() for policy in price.references("hasEligiblePolicy")}
            free = free or bool(policies & _FREE)
            amounts = [
                cents
                for name in ("minPrice", "price")
                for value in price.values(name)
                if (cents := parse_cents(value)) is not None
            ]
            if policies & _BASE_RATES or (not policies and not _is_beside(price)):
                base += amounts
            elif policies and not policies & _NOT_THE_PRICE and not policies & _FREE:
                others += amounts
    if base and (max(base) > 0 or free):
        # "0" beside real prices is a rate left empty, unless the object says that it is free.
        return min(amount for amount in base if amount > 0) if max(base) > 0 else 0
    if free:
        return 0
    return min(others, default=None)


def _is_beside(price: Node) -> bool:
    """Whether a rate is known by its name alone, and is that of a child, a pet, a breakfast."""
    words = price.texts("name", "label").get(DEFAULT_LANGUAGE, "")
    return bool(words) and beside_the_price(fold(words[:200]))


def parse_contact(node: Node) -> Contact:
    """Telephone, e-mail and site of the first contact that gives each."""
    phones: list[str] = []
    emails: list[str] = []
    sites: list[str] = []
    for name in ("hasContact", "hasBookingContact"):
        for agent in node.nodes(name):
            phones += filter(None, map(clean_phone, agent.strings("telephone")))
            emails += filter(None, map(clean_email, agent.strings("email")))
            sites += filter(None, map(clean_url, agent.addresses("homepage", "website", "url")))
    return Contact(next(iter(phones), ""), next(iter(emails), ""), next(iter(sites), ""))


def _tags(node: Node, types: tuple[str, ...], price: int | None) -> frozenset[Tag]:
    features = {name for feature in node.nodes("hasFeature") for name in feature.references("features")}
    features |= {name for review in node.nodes("hasReview") for name in review.references("hasReviewValue")}
    audiences = frozenset(_references(node, "hasClientTarget", "hasAudience"))
    found = set(tags_of(types, frozenset(features), audiences))
    if node.flag("reducedMobilityAccess") is True:
        found.add(Tag.ACCESSIBLE)
    if price == 0:
        found.add(Tag.FREE)
    return frozenset(found)


def _duration(node: Node) -> int | None:
    minutes = node.number("duration", "tourDuration")
    return int(minutes) if minutes is not None and 1 <= minutes <= 7 * 1440 else None


def _languages(node: Node) -> tuple[str, ...]:
    said = [*node.strings("availableLanguage"), *_references(node, "availableLanguage")]
    return tuple(sorted({code for value in said if (code := language_code(value)) and len(code) == 2}))


def _provenance(node: Node, source_id: str) -> Provenance:
    publisher = ""
    for name in ("hasBeenCreatedBy", "hasBeenPublishedBy"):
        for agent in node.nodes(name):
            publisher = publisher or clean_line(agent.string("legalName", "name"), 160)
    updated = node.day("lastUpdate", "lastUpdateDatatourisme", "creationDate")
    return Provenance(SOURCE, source_id, LICENCE, updated, publisher)
