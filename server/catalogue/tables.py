"""Producers, premises and jobs from a table (CSV) or a map layer (GeoJSON) → offers. Pure.

Columns and properties go by name, French or English, in any order and case (``nom``/``name``, ``commune``, ``horaires``
as OpenStreetMap writes them …); ``kind`` or ``--kind`` says what a row is. A name in another language stands in
``nom_en``, ``description_de`` …
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date

from domain.hours import Dates, Hours, Occurrence
from domain.offers import Category, Contact, Offer, Picture, Place, Provenance, Stall, Tag
from server.catalogue.apidae_types import classes_of
from server.catalogue.building import build_texts, clean_commune, named_id, position, source_key
from server.catalogue.cleaning import clean_email, clean_line, clean_phone, clean_url, cut, parse_cents, parse_number
from server.catalogue.feed_source import Document, Found, Piece
from server.catalogue.jsonld import parse_date
from server.catalogue.mapping import TypeMap
from server.catalogue.osm_hours import UnknownHours, parse_osm_hours
from server.catalogue.projections import code_of, to_degrees
from server.catalogue.results import Kept, Parsed, Reason, Rejected
from server.catalogue.table_rows import LANGUAGES, Row, is_json, rows_of_layer, rows_of_table
from sync.content.text import fold

STALLS = 12
_KINDS = {
    **dict.fromkeys(("producers", "producer", "producteur", "producteurs", "circuit court", "ferme"), "producers"),
    **dict.fromkeys(("premises", "local", "locaux", "local commercial", "commerce vacant", "bureau"), "premises"),
    **dict.fromkeys(("jobs", "job", "emploi", "emplois", "offre d'emploi", "poste"), "jobs"),
}
_DAY = re.compile(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?!\d)")
_AMOUNT = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.]\d{3})+(?:,\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?")
_PAIR = re.compile(r"(?i)\s*(point)?[\s(\[]*([+-]?\d+(?:\.\d+)?)\s*[,; ]\s*([+-]?\d+(?:\.\d+)?)[\s)\]]*")


class TableParser:
    """Parses tables and layers. ``kind`` is what rows are that do not say it; ``school`` the days of its holidays."""

    def __init__(
        self,
        as_of: date,
        source: str,
        kind: str = "",
        commune: str = "",
        author: str = "",
        licence: str = "",
        school: Sequence[tuple[date, date]] = (),
    ) -> None:
        self.as_of = as_of
        self._source, self._kind, self._commune = source, kind, commune
        self._author, self._licence, self._school = author, licence, school
        self._types = TypeMap()

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each row of a file."""
        match piece:
            case Rejected():
                yield piece
            case Found(where, _, _):
                yield Rejected(where, Reason.NOT_TABLE)
            case Document(where, data):
                rows = rows_of_layer(data, where) if is_json(data) else rows_of_table(data, where)
                for place, row in rows:
                    yield row if isinstance(row, Rejected) else self.parse(row, place)

    def parse(self, row: Row, where: str) -> Parsed:
        """The offer of a row (our names → texts), or why there is none."""
        names = _by_language(row, "name")
        given = source_key(row.get("id", ""))
        kind = _KINDS.get(fold(row.get("kind", "")).strip(), "") or self._kind
        source_id = given or _own_id(row)
        if not kind:
            return Rejected(given or where, Reason.NO_KIND)
        products = clean_line(row.get("products", ""), 300)
        texts = build_texts(
            names,
            _by_language(row, "pitch") or ({"fr": products} if products else {}),
            _by_language(row, "description"),
        )
        if not texts:
            return Rejected(given or where, Reason.NO_NAME)
        place = self._place(row)
        if not place.commune and place.latitude is None:
            return Rejected(given or where, Reason.NO_PLACE)
        category, illustration, types = self._what(
            kind, f"{texts[next(iter(texts))].name} {products} {row.get('kind', '')}"
        )
        first, last = _day(row.get("from", "")), _day(row.get("until", ""))
        dates = Dates()
        if kind != "producers" and last is not None and (first is None or first <= last):
            # Something on offer until a day: past it, it vanishes by itself, without a network.
            begins = first or min(last, self.as_of)
            dates = Dates((Occurrence(begins, None, None, last if last > begins else None),))
        price = _amount(row.get("price", ""))
        return Kept(
            Offer(
                id=named_id(self._source, source_id),
                category=category,
                texts=texts,
                place=place,
                illustration=illustration,
                tags=frozenset((Tag.FREE,)) if price == 0 else frozenset(),
                price_cents=price,
                hours=self._hours(row),
                dates=dates,
                contact=Contact(
                    clean_phone(row.get("phone", "")) or "",
                    clean_email(row.get("email", "")) or "",
                    clean_url(row.get("website", "")) or "",
                ),
                pictures=self._pictures(row),
                provenance=(
                    Provenance(
                        self._source,
                        source_id,
                        clean_line(row.get("licence", "") or self._licence, 120),
                        _day(row.get("updated", "")),
                        clean_line(self._author, 160),
                    ),
                ),
                types=types,
                stalls=self._stalls(row, products) if kind == "producers" else (),
            )
        )

    def _stalls(self, row: Row, products: str) -> tuple[Stall, ...]:
        """``Marché de Bédarrin: Sa 08:00-12:30 | À la ferme: We 14:00-18:00``; other hours are unknown."""
        found = []
        for part in row.get("stalls", "").split("|")[:STALLS]:
            where, _, said = part.partition(":")
            if name := clean_line(where, 120):
                found.append(Stall(name, self._hours({"hours": said.strip()}), cut(products, 120)))
        return tuple(found)

    def _what(self, kind: str, words: str) -> tuple[Category, str, tuple[str, ...]]:
        if kind == "premises":
            return Category.SETTLE, "hamlet_shop", ("Premises",)
        if kind == "jobs":
            return Category.SETTLE, "workshop" if "artisan" in fold(words) else "station", ("JobPosting",)
        types = classes_of("DEGUSTATION", [words])
        mapped = self._types.map_types((*types, "Producer"), _themes(words))
        illustration = mapped.illustration if mapped else "market"
        return Category.WINE, illustration, tuple(sorted({*types, "Producer"}))

    def _place(self, row: Row) -> Place:
        commune = clean_commune(row.get("commune", "")) or self._commune
        town = " ".join(filter(None, (clean_line(row.get("postcode", ""), 12), commune)))
        street = clean_line(row.get("address", ""), 160)
        address = street if commune and fold(commune) in fold(street) else ", ".join(filter(None, (street, town)))
        return Place(commune, cut(address, 200), *_position(row))

    def _hours(self, row: Row) -> Hours:
        try:
            return parse_osm_hours(row["hours"], self._school) if row.get("hours") else Hours()
        except UnknownHours:
            return Hours()

    def _pictures(self, row: Row) -> tuple[Picture, ...]:
        url = clean_url(row.get("photo", ""))
        licence = clean_line(row.get("licence", "") or self._licence, 120)
        if url is None or not licence:
            return ()
        return (Picture("", url, clean_line(row.get("photo_author", "") or self._author, 120), licence),)


def _themes(words: str) -> tuple[str, ...]:
    folded = fold(words)
    told = (("miel", "Honey"), ("fromage", "Cheese"), ("chevre", "Cheese"), ("huile", "Oil"), ("truffe", "Truffle"),
            ("lavande", "Lavender"), ("fruit", "Fruit"), ("cerise", "Fruit"), ("poterie", "Pottery"))  # fmt: skip
    return tuple(theme for word, theme in told if word in folded)


def _own_id(row: Row) -> str:
    """Of a row without a number: its name, its place and its kind, so that the same row is the same offer next time."""
    said = "|".join(fold(row.get(name, "")) for name in ("kind", "name", "commune", "address"))
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _by_language(row: Row, name: str) -> dict[str, str]:
    found = {"fr": row[name]} if row.get(name) else {}
    for code in LANGUAGES:
        if row.get(f"{name}_{code}"):
            found[code] = row[f"{name}_{code}"]
    return found


def _amount(text: str) -> int | None:
    """Cents of the first number in "1 200,50 € par mois", "10 - 12 €"; None when there is none."""
    match = _AMOUNT.search(text)
    if match is None:
        return None
    digits = match.group()
    if re.search(r"[ \u00a0\u202f]|\.\d{3}", digits):
        digits = re.sub(r"[ \u00a0\u202f.]", "", digits)
    return parse_cents(digits)


def _day(text: str) -> date | None:
    """A day written 2026-11-30, 30/11/2026 or 30-11-26, with a time after it or not."""
    match = _DAY.match(text)
    if match is None:
        return parse_date(text)
    try:
        return date(int(match[3]) + (2000 if len(match[3]) == 2 else 0), int(match[2]), int(match[1]))
    except ValueError:
        return None


def _position(row: Row) -> tuple[float, float] | tuple[None, None]:
    """Degrees out of a row: two columns, or one ("43.95, 5.2", ``POINT (5.2 43.95)``); metres of Lambert-93 too."""
    north, east = row.get("latitude"), row.get("longitude")
    if (north is None or east is None) and (match := _PAIR.fullmatch(row.get("point", "")[:80])):
        north, east = (match[3], match[2]) if match[1] else (match[2], match[3])
    y, x = parse_number(north), parse_number(east)
    if x is None or y is None:
        return None, None
    found = to_degrees(x, y, code_of(row.get("crs", "")))
    return position(*found) if found else (None, None)
