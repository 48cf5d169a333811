"""Producers, premises and jobs from a table (CSV) or a map layer (GeoJSON) → offers. Pure.

Columns and properties go by name, French or English, in any order and case (``nom``/``name``, ``commune``, ``horaires``
as OpenStreetMap writes them …); ``kind`` or ``--kind`` says what a row is. A name in another language stands in
``nom_en``, ``description_de`` …
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from domain.hours import Dates, Hours, Occurrence
from domain.offers import Category, Contact, Offer, Picture, Place, Provenance, Stall, Tag
from server.catalogue.apidae_types import classes_of
from server.catalogue.building import build_texts, named_id, position, source_key
from server.catalogue.cleaning import clean_email, clean_line, clean_phone, clean_url, cut, parse_cents
from server.catalogue.feed_source import Document, Found, Piece, load_json
from server.catalogue.jsonld import parse_date
from server.catalogue.mapping import TypeMap
from server.catalogue.osm_hours import UnknownHours, parse_osm_hours
from server.catalogue.results import Kept, Parsed, Reason, Rejected
from sync.content.text import fold

ROWS = 100_000
FIELD_CHARS = 64_000
STALLS = 12
_KINDS = {
    **dict.fromkeys(("producers", "producer", "producteur", "producteurs", "circuit court", "ferme"), "producers"),
    **dict.fromkeys(("premises", "local", "locaux", "local commercial", "commerce vacant", "bureau"), "premises"),
    **dict.fromkeys(("jobs", "job", "emploi", "emplois", "offre d'emploi", "poste"), "jobs"),
}
# Our name → what tables call it, folded.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "identifiant", "ref", "reference", "uuid", "numero", "siret"),
    "kind": ("kind", "genre", "nature", "categorie", "category", "type"),
    "name": ("name", "nom", "intitule", "titre", "title", "raison sociale", "enseigne", "poste", "label"),
    "pitch": ("pitch", "accroche", "resume", "short description", "chapeau"),
    "description": ("description", "descriptif", "presentation", "texte", "missions", "details", "detail"),
    "products": ("products", "produits", "productions", "produit", "specialites", "vend"),
    "commune": ("commune", "ville", "city", "town", "localite", "addr:city", "lieu"),
    "postcode": ("postcode", "code postal", "cp", "addr:postcode"),
    "address": ("address", "adresse", "rue", "addr:street", "voie"),
    "latitude": ("latitude", "lat", "y"),
    "longitude": ("longitude", "lon", "lng", "long", "x"),
    "phone": ("phone", "telephone", "tel", "contact:phone", "portable"),
    "email": ("email", "mail", "courriel", "e-mail", "contact:email"),
    "website": ("website", "site", "site web", "site internet", "url", "contact:website", "lien"),
    "hours": ("hours", "horaires", "opening_hours", "opening hours", "ouverture", "heures d'ouverture"),
    "stalls": ("stalls", "etals", "points de vente", "marches", "vente"),
    "price": ("price", "prix", "loyer", "salaire", "tarif", "rent"),
    "from": ("from", "du", "debut", "date debut", "disponible le", "publie le", "date de publication", "start"),
    "until": ("until", "au", "fin", "date fin", "date limite", "jusqu'au", "expire le", "end"),
    "photo": ("photo", "image", "picture", "illustration", "photo url"),
    "photo_author": ("photo author", "auteur photo", "credit", "credits", "credit photo"),
    "licence": ("licence", "license"),
    "updated": ("updated", "maj", "mise a jour", "date de mise a jour", "modifie le"),
}
_LANGUAGES = ("fr", "en", "de", "nl", "it", "es")
_OF_COLUMN = {said: name for name, names in _COLUMNS.items() for said in names}
_DAY = re.compile(r"\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s*")
Row = Mapping[str, str]


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
                rows = _features(data, where) if _is_json(data) else _table(data, where)
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
        price = parse_cents(re.sub(r"[^\d.,]", "", row.get("price", "")).strip(".,"))
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
        commune = clean_line(row.get("commune", ""), 80) or self._commune
        town = " ".join(filter(None, (clean_line(row.get("postcode", ""), 12), commune)))
        street = clean_line(row.get("address", ""), 160)
        address = street if commune and fold(commune) in fold(street) else ", ".join(filter(None, (street, town)))
        return Place(commune, cut(address, 200), *position(row.get("latitude"), row.get("longitude")))

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
    for code in _LANGUAGES:
        if row.get(f"{name}_{code}"):
            found[code] = row[f"{name}_{code}"]
    return found


def _day(text: str) -> date | None:
    """A day written 2026-11-30 or 30/11/2026."""
    match = _DAY.match(text)
    if match is None:
        return parse_date(text)
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


def _named(raw: Mapping[str, object]) -> dict[str, str]:
    """Values by our names; the first column that means a thing wins."""
    found: dict[str, str] = {}
    for column, value in raw.items():
        if value is None or isinstance(value, dict | list | bool):
            continue
        folded = " ".join(fold(str(column)).replace("_", " ").split())
        stem, _, code = folded.rpartition(" ")
        name = _OF_COLUMN.get(folded) or _OF_COLUMN.get(folded.replace(" ", "_"))
        if name is None and code in _LANGUAGES and stem in _OF_COLUMN:
            name = f"{_OF_COLUMN[stem]}_{code}"
        text = str(value).strip()[:FIELD_CHARS]
        if name and text:
            found.setdefault(name, text)
    return found


def _is_json(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _table(data: bytes, where: str) -> Iterator[tuple[str, Row | Rejected]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # what a spreadsheet on Windows saves
    head = text.partition("\n")[0]
    separator = max(";,\t|", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = next(rows, [])
    except csv.Error:
        columns = []
    if "name" not in _named(dict.fromkeys(columns, "x")):
        yield where, Rejected(where, Reason.NOT_TABLE)
        return
    number = 1
    while number <= ROWS:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield where, Rejected(f"{where}:{number}", Reason.NOT_TABLE)
            continue
        if any(cell.strip() for cell in cells):
            yield f"{where}:{number}", _named(dict(zip(columns, cells, strict=False)))
    yield where, Rejected(where, Reason.TOO_MANY)


def _features(data: bytes, where: str) -> Iterator[tuple[str, Row | Rejected]]:
    try:
        document = load_json(data)
    except RecursionError:
        yield where, Rejected(where, Reason.TOO_DEEP)
        return
    except ValueError:
        yield where, Rejected(where, Reason.NOT_JSON)
        return
    features = document.get("features") if isinstance(document, dict) else document
    if not isinstance(features, list):
        features = [document]
    for number, feature in enumerate(features):
        place = f"{where}#{number}"
        if number >= ROWS:
            yield place, Rejected(where, Reason.TOO_MANY)
            return
        if not isinstance(feature, dict):
            yield place, Rejected(place, Reason.NOT_OBJECT)
            continue
        properties = feature.get("properties")
        row = _named(properties if isinstance(properties, dict) else feature)
        identifier = feature.get("id")
        if isinstance(identifier, str | int) and not isinstance(identifier, bool):
            row.setdefault("id", str(identifier))
        longitude, latitude = _centre(feature.get("geometry"))
        if latitude is not None and longitude is not None:
            row["latitude"], row["longitude"] = str(latitude), str(longitude)
        yield place, row


def _centre(geometry: object) -> tuple[float, float] | tuple[None, None]:
    """Longitude and latitude of a point, or the middle of the box around anything else (RFC 7946)."""
    if not isinstance(geometry, dict):
        return None, None
    points: list[tuple[float, float]] = []
    waiting: list[object] = [geometry.get("coordinates")]
    while waiting and len(points) < 20_000:
        value = waiting.pop()
        if not isinstance(value, list):
            continue
        if len(value) >= 2 and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value[:2]):
            points.append((float(value[0]), float(value[1])))
        else:
            waiting += value[:20_000]
    if not points:
        return None, None
    easts, norths = [p[0] for p in points], [p[1] for p in points]
    return (min(easts) + max(easts)) / 2, (min(norths) + max(norths)) / 2
