"""The rows of a table (CSV) or a map layer (GeoJSON, records of an open-data portal) by our names for columns. Pure.

Encodings, separators, titles above the head, reference systems and geometries are settled here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from server.catalogue.datatourisme_csv import separator_of
from server.catalogue.feed_source import load_json
from server.catalogue.results import Reason, Rejected
from sync.content.text import fold

ROWS = 100_000
FIELD_CHARS = 64_000
HEAD_LINES = 6
COORDINATES = 20_000
FAR = 1e8
# Our name → what tables call it, folded.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "identifiant", "ref", "reference", "uuid", "numero", "siret"),
    "kind": ("kind", "genre", "nature", "categorie", "category", "type"),
    "name": (
        *("name", "nom", "intitule", "titre", "title", "raison sociale", "enseigne", "poste", "label", "denomination"),
        *("nom commercial", "nom usuel", "nom exploitation", "nom de l'exploitation", "nom du producteur", "libelle"),
        *("intitule du poste", "titre de l'offre", "nom etablissement", "nom de l'etablissement"),
    ),
    "pitch": ("pitch", "accroche", "resume", "short description", "chapeau"),
    "description": ("description", "descriptif", "presentation", "texte", "missions", "details", "detail"),
    "products": ("products", "produits", "productions", "produit", "specialites", "vend"),
    "commune": (
        *("commune", "ville", "city", "town", "localite", "addr:city", "lieu", "nom commune", "libelle commune"),
        *("nom de la commune", "lieu de travail"),
    ),
    "postcode": ("postcode", "code postal", "cp", "addr:postcode"),
    "address": ("address", "adresse", "rue", "addr:street", "voie", "adresse postale", "adresse complete", "adresse 1"),
    "latitude": ("latitude", "lat", "y", "lat wgs84", "latitude wgs84", "y wgs84", "y l93", "y lambert93", "coord y"),
    "longitude": (
        *("longitude", "lon", "lng", "long", "x", "lon wgs84", "longitude wgs84", "x wgs84", "x l93", "x lambert93"),
        "coord x",
    ),
    "point": ("geo point 2d", "geo point", "geopoint", "coordonnees", "coordonnees geographiques", "geolocalisation"),
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
LANGUAGES = ("fr", "en", "de", "nl", "it", "es")
_OF_COLUMN = {said: name for name, names in _COLUMNS.items() for said in names}
Row = Mapping[str, str]


def named(raw: Mapping[str, object]) -> dict[str, str]:
    """Values by our names; the first column that means a thing wins."""
    found: dict[str, str] = {}
    for column, value in raw.items():
        if isinstance(value, dict):
            _add_place(found, value)
            continue
        if value is None or isinstance(value, list | bool):
            continue
        folded = " ".join(fold(str(column)[:200]).replace("_", " ").split())
        stem, _, code = folded.rpartition(" ")
        name = _OF_COLUMN.get(folded) or _OF_COLUMN.get(folded.replace(" ", "_"))
        if name is None and code in LANGUAGES and stem in _OF_COLUMN:
            name = f"{_OF_COLUMN[stem]}_{code}"
        text = str(value).strip()[:FIELD_CHARS]
        if name and text:
            found.setdefault(name, text)
    return found


def _add_place(found: dict[str, str], value: Mapping[str, object]) -> None:
    """Records of portals and of job services hold the place in an object of its own."""
    inner = {key: said for key, said in value.items() if not isinstance(said, dict)}
    for name, text in named(inner).items():
        if name in ("latitude", "longitude", "commune", "postcode", "address"):
            found.setdefault(name, text)


def is_json(data: bytes) -> bool:
    """Whether it is a layer, not a table."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark ("Unicode text" of a spreadsheet), else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _head(text: str) -> tuple[int, list[str], str, str] | None:
    """How many lines the head takes, its columns, the separator, and the text below; None when there is no column of
    names. A title, or Excel's "sep=;", may stand above."""
    for number in range(1, HEAD_LINES + 1):
        line, newline, text = text.partition("\n")
        separator = separator_of(line)
        try:
            columns = next(csv.reader([line[:FIELD_CHARS]], delimiter=separator), [])
        except csv.Error:
            columns = []
        if "name" in named(dict.fromkeys(columns, "x")):
            return number, columns, separator, text
        if not newline:
            return None
    return None


def rows_of_table(data: bytes, where: str) -> Iterator[tuple[str, Row | Rejected]]:
    """The place and the values of each row, or why it cannot be read."""
    head = _head(_decoded(data))
    if head is None:
        yield where, Rejected(where, Reason.NOT_TABLE)
        return
    lines, columns, separator, text = head
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for number in range(lines + 1, lines + ROWS + 1):
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield where, Rejected(f"{where}:{number}", Reason.BAD_ROW)
            continue
        if any(cell.strip() for cell in cells):
            yield f"{where}:{number}", named(dict(zip(columns, cells, strict=False)))
    yield where, Rejected(where, Reason.TOO_MANY)


_LISTS = ("features", "results", "records", "resultats", "items", "data")


def rows_of_layer(data: bytes, where: str) -> Iterator[tuple[str, Row | Rejected]]:
    """The same of each feature of a layer, or record of an answer."""
    try:
        document = load_json(data)
    except RecursionError:
        yield where, Rejected(where, Reason.TOO_DEEP)
        return
    except ValueError:
        yield where, Rejected(where, Reason.NOT_JSON)
        return
    features, crs = document, ""
    if isinstance(document, dict):
        features = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), [document])
        crs = _crs(document.get("crs"))
    if not isinstance(features, list):
        yield where, Rejected(where, Reason.NOT_OBJECT)
        return
    for number, feature in enumerate(features):
        place = f"{where}#{number}"
        if number >= ROWS:
            yield place, Rejected(where, Reason.TOO_MANY)
            return
        if not isinstance(feature, dict):
            yield place, Rejected(place, Reason.NOT_OBJECT)
            continue
        yield place, _feature(feature, crs)


def _crs(said: object) -> str:
    """The name of the reference system of a layer (GeoJSON of 2008; since RFC 7946 it is always WGS 84)."""
    properties = said.get("properties") if isinstance(said, dict) else None
    name = properties.get("name", properties.get("code")) if isinstance(properties, dict) else None
    return str(name)[:200] if isinstance(name, str | int) else ""


def _feature(feature: Mapping[str, object], crs: str) -> dict[str, str]:
    holder = next((h for name in ("properties", "fields") if isinstance(h := feature.get(name), dict)), feature)
    row = named(holder)
    identifier = feature.get("id", feature.get("recordid"))
    if isinstance(identifier, str | int) and not isinstance(identifier, bool):
        row.setdefault("id", str(identifier)[:300])
    longitude, latitude = centre(feature.get("geometry"))
    if latitude is not None and longitude is not None:
        row["latitude"], row["longitude"], row["crs"] = str(latitude), str(longitude), crs
    return row


def centre(geometry: object) -> tuple[float, float] | tuple[None, None]:
    """Longitude and latitude of a point, or the middle of the box around anything else (RFC 7946)."""
    if not isinstance(geometry, dict):
        return None, None
    points: list[tuple[float, float]] = []
    waiting: list[object] = [geometry.get("coordinates")]
    parts = geometry.get("geometries")
    for part in parts[:COORDINATES] if isinstance(parts, list) else ():
        waiting.append(part.get("coordinates") if isinstance(part, dict) else None)
    while waiting and len(points) < COORDINATES:
        value = waiting.pop()
        if not isinstance(value, list):
            continue
        if len(value) >= 2 and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value[:2]):
            # Numbers of any size come in JSON; those beyond the Earth, in degrees or metres, are no place.
            if abs(value[0]) < FAR and abs(value[1]) < FAR:
                points.append((float(value[0]), float(value[1])))
        else:
            waiting += value[:COORDINATES]
    if not points:
        return None, None
    easts, norths = [p[0] for p in points], [p[1] for p in points]
    return (min(easts) + max(easts)) / 2, (min(norths) + max(norths)) / 2
