"""schema.org data in a web page (``<script type="application/ld+json">``) → offers. Pure.

Pages hold one thing or a list, in ``@graph``, ``itemListElement``, ``mainEntity``, ``subEvent``; what is about the page
itself (its site, its bread crumbs, its pictures) is passed over. Everything else is read with `jsonld.Node`, which
believes no shape. Scripts are data here: nothing is run, and no other part of the page is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from domain.hours import Dates, Hours
from domain.offers import Category, Contact, Offer, Picture, Place, Provenance, Tag, Text
from server.catalogue.building import build_texts, clean_commune, evening_tags, named_id, position, source_key
from server.catalogue.cleaning import clean_email, clean_line, clean_phone, clean_url, cut
from server.catalogue.feed_source import Document, Found, Piece
from server.catalogue.jsonld import Node, language_code
from server.catalogue.jsonld_parts import dates_of, decode_page, hours_of, load_block, price_of
from server.catalogue.mapping import TypeMap, tags_of
from server.catalogue.recurring import Budget
from server.catalogue.results import Kept, Parsed, Reason, Rejected
from server.catalogue.scenes import scene_for

SOURCE = "jsonld"
BLOCKS = 60
THINGS = 1_000
DEPTH = 6
PICTURES = 4
_ABOUT_THE_PAGE = frozenset(
    (
        *("WebSite", "WebPage", "AboutPage", "CollectionPage", "ItemPage", "BreadcrumbList", "ListItem", "ItemList"),
        *("SearchAction", "ImageObject", "VideoObject", "Organization", "Person", "FAQPage", "Question", "Rating"),
        *("Article", "BlogPosting", "NewsArticle", "Blog", "Comment", "ContactPage", "ProfilePage", "ReadAction"),
        *("SiteNavigationElement", "WPHeader", "WPFooter", "Corporation", "NewsMediaOrganization", "EntryPoint"),
    )
)
_WAYS = ("@graph", "itemListElement", "item", "mainEntity", "mainEntityOfPage", "subEvent", "event", "events", "about")


_HTML = re.compile(r"<(?:html|head|body|script|meta|title|div)\b", re.IGNORECASE)
_OPENS = re.compile(r"<!--|<script\b([^<>]*)>", re.IGNORECASE)
_CLOSES = re.compile(r"</script\b", re.IGNORECASE)
_DATA = re.compile(r"\btype\s*=\s*[\"']?\s*application/ld\+json\b", re.IGNORECASE)


def blocks_of(text: str) -> list[str]:
    """The data blocks of a page, those in comments left out. Linear, whatever is left open."""
    found: list[str] = []
    place = 0
    commented = True
    while len(found) < BLOCKS and (match := _OPENS.search(text, place)):
        place = match.end()
        if match[1] is None:
            end = text.find("-->", place) if commented else -1
            commented = end >= 0  # once there is no end ahead, there is none for later ones either
            place = end + 3 if commented else place
            continue
        closing = _CLOSES.search(text, place)
        if closing is None:
            break
        if _DATA.search(match[1]):
            found.append(text[place : closing.start()])
        place = closing.end()
    return found


class PageParser:
    """Parses pages. ``address`` is where a page came from: it names objects that name themselves by nothing else."""

    def __init__(self, as_of: date, address: str = "", commune: str = "", author: str = "", licence: str = "") -> None:
        self.as_of = as_of
        self._address, self._commune, self._author, self._licence = address, commune, author, licence
        self._types = TypeMap()

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each thing of a page."""
        match piece:
            case Rejected():
                yield piece
            case Found(where, raw, index):
                yield self.parse(raw, where, index)
            case Document(where, data):
                yield from self._page(data, where)

    def _page(self, data: bytes, where: str) -> Iterator[Parsed]:
        text = decode_page(data)
        if text.lstrip()[:1] in ("{", "["):
            blocks = [text]  # the data alone, saved from a page
        else:
            if not _HTML.search(text):
                yield Rejected(where, Reason.NOT_PAGE)
                return
            blocks = blocks_of(text)
        found = False
        budget = Budget()
        for number, block in enumerate(blocks):
            place = f"{where}#{number}"
            try:
                document = load_block(block)
            except RecursionError:
                yield Rejected(place, Reason.TOO_DEEP)
                continue
            except ValueError:
                yield Rejected(place, Reason.NOT_JSON)
                continue
            things = list(_things(document))[:THINGS]
            index = {str(thing["@id"]): thing for thing in things if isinstance(thing.get("@id"), str)}
            for thing in things:
                if not _ABOUT_THE_PAGE.issuperset(Node(thing).types()):
                    found = True
                    yield self.parse(thing, f"{place}.{_name(thing)}", index, budget)
        if not found and not blocks:
            yield Rejected(where, Reason.NO_DATA)

    def parse(
        self,
        raw: Mapping[str, object],
        where: str,
        index: Mapping[str, Mapping[str, object]] | None = None,
        budget: Budget | None = None,
    ) -> Parsed:
        """The offer that ``raw`` describes, or why there is none. ``budget`` bounds what the rules of a page cost."""
        node = Node(raw, index)
        types = node.types()
        if not types:
            return Rejected(where, Reason.NO_TYPE)
        mapped = self._types.map_types(types)
        if mapped is None or (not mapped.known and "Event" not in "".join(types) and not _placed(node)):
            return Rejected(where, Reason.NOT_OFFER)
        texts = _texts(node)
        if not texts:
            return Rejected(where, Reason.NO_NAME)
        name = next(iter(texts.values())).name
        said = clean_url(node.string("@id", "url")) or self._address
        event = mapped.category is Category.EVENTS
        begins = node.string("startDate")
        source_id = source_key(f"{said}#{name}" if not node.string("@id") else node.string("@id")) or name
        if event and begins and not node.string("@id"):
            source_id = source_key(f"{said}#{name}@{begins}") or name
        if node.references("eventStatus") and "Cancelled" in node.references("eventStatus")[0]:
            return Rejected(source_id, Reason.NOT_SHOWN, withdraws=source_id)
        place = self._place(node)
        if not place.commune and place.latitude is None:
            return Rejected(source_id, Reason.NO_PLACE)
        dates = dates_of(node, self.as_of, budget or Budget()) if event else Dates()
        if event and not dates:
            return Rejected(source_id, Reason.NO_DATE)
        price = price_of(node)
        tags = set(tags_of(types, frozenset(), frozenset())) | evening_tags(dates)
        tags |= {Tag.FREE} if price == 0 else set()
        return Kept(
            Offer(
                id=named_id(SOURCE, source_id),
                category=mapped.category,
                texts=texts,
                place=place,
                illustration=scene_for(mapped, *(text.name for text in texts.values())),
                tags=frozenset(tags),
                price_cents=price,
                hours=Hours() if event else hours_of(node),
                dates=dates,
                languages=_languages(node),
                contact=_contact(node, said),
                pictures=self._pictures(node),
                provenance=(
                    Provenance(SOURCE, source_id, self._licence, node.day("dateModified"), self._publisher(node)),
                ),
                types=tuple(sorted(types))[:40],
            )
        )

    def _publisher(self, node: Node) -> str:
        for name in ("publisher", "organizer", "provider"):
            for agent in node.nodes(name):
                if said := clean_line(agent.string("legalName", "name"), 160):
                    return said
        return clean_line(self._author, 160)

    def _place(self, node: Node) -> Place:
        places = list(node.nodes("location"))
        located = next((place for place in places if _placed(place)), places[0] if places else node)
        commune, address = "", ""
        for postal in located.nodes("address"):
            commune = commune or clean_commune(postal.string("addressLocality"))
            lines = (postal.string("streetAddress"), postal.string("postalCode") + " " + commune)
            address = address or ", ".join(filter(None, (clean_line(line, 120) for line in lines)))
        if not address:
            address = clean_line(located.string("address") or (node.string("location") if located is node else ""), 200)
            town = re.search(r"\b\d{5}\s+([^\d,;()]+)", address)
            commune = clean_commune(town[1]) if town else ""
        point = located.node("geo") or located
        where = position(point.string("latitude"), point.string("longitude"))
        return Place(commune or self._commune, cut(address, 200), *where)

    def _pictures(self, node: Node) -> tuple[Picture, ...]:
        found: dict[str, Picture] = {}
        for value in node.values("image", "photo")[:12]:
            media = Node(value) if isinstance(value, dict) else Node({"url": value})
            url = clean_url(media.string("contentUrl", "url", "@id"))
            author = clean_line(media.string("creditText") or _agent(media) or self._author, 120)
            licence = clean_line(media.string("license") or self._licence, 120)
            if url and licence and len(found) < PICTURES:
                found.setdefault(
                    url, Picture("", url, author, licence, clean_line(media.string("caption", "name"), 160))
                )
        return tuple(found.values())


def _things(value: object, depth: int = 0) -> Iterator[dict[str, object]]:
    """Everything that says what it is, however it is wrapped."""
    if depth > DEPTH:
        return
    if isinstance(value, list):
        for entry in value[:THINGS]:
            yield from _things(entry, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value or "type" in value:
            yield value
        for way in _WAYS:
            if isinstance(value.get(way), dict | list):
                yield from _things(value[way], depth + 1)


def _name(thing: Mapping[str, object]) -> str:
    return clean_line(str(thing.get("name", ""))[:120], 60)


def _placed(node: Node) -> bool:
    return "address" in node or "geo" in node or "location" in node


def _agent(node: Node) -> str:
    for name in ("creator", "author", "copyrightHolder"):
        for agent in node.nodes(name):
            return agent.string("name")
        if said := node.string(name):
            return said
    return ""


def _texts(node: Node) -> dict[str, Text]:
    language = language_code(next(iter(node.strings("inLanguage")), "")) or "fr"

    def said(*names: str) -> dict[str, str]:
        found = node.texts(*names)
        return {language if code == "fr" else code: text for code, text in found.items()}

    return build_texts(said("name", "headline"), said("disambiguatingDescription", "abstract"), said("description"))


def _languages(node: Node) -> tuple[str, ...]:
    said = node.strings("availableLanguage", "knowsLanguage")
    return tuple(sorted({code for value in said if (code := language_code(value)) and len(code) == 2}))


def _contact(node: Node, address: str) -> Contact:
    agents = [node, *node.nodes("contactPoint")]
    phone = next((p for agent in agents for s in agent.strings("telephone") if (p := clean_phone(s))), "")
    email = next(
        (m for agent in agents for s in agent.strings("email") if (m := clean_email(s.removeprefix("mailto:")))), ""
    )
    return Contact(phone, email, clean_url(node.string("url")) or address)
