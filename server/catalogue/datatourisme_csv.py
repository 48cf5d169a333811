"""The official DATAtourisme CSV (data.gouv.fr), as objects of the shape that the JSON reader knows. Pure.

Columns by name, whatever their case, so that the files per region, per kind and of other years all fit:
``Nom_du_POI``, ``Categories_de_POI`` (class addresses joined by ``|``), ``Latitude``, ``Longitude``,
``Adresse_postale``, ``Code_postal_et_commune`` (``84000#Avignon``, several joined by ``|``), ``Periodes_regroupees``
(``2024-05-01<->2024-05-03|…``), ``Contacts_du_POI``, ``Createur_de_la_donnee``, ``Date_de_mise_a_jour``,
``Description``, ``URI_ID_du_POI``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping

from server.catalogue.results import Reason
from sync.content.text import fold

_NEEDED = ("uri_id_du_poi", "nom_du_poi")
_CONTACT_MARK = re.compile(r"[|#]")


def decode_line(line: bytes) -> str:
    """A line of a table: UTF-8, else what a spreadsheet on Windows saves. Files mix the two."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def separator_of(head: str) -> str:
    """The separator of a table whose first line is ``head``."""
    return max(",;\t|", key=head.count)


def parse_csv(lines: Iterable[str]) -> Iterator[Mapping[str, object] | Reason]:
    """One object per row, in order; a reason for a row that cannot be read, or for the whole when it is another
    table."""
    source = iter(lines)
    head = next(source, "")
    separator = separator_of(head)
    columns = [fold(name).strip() for name in next(csv.reader([head], delimiter=separator), [])]
    if not set(_NEEDED).issubset(columns):
        yield Reason.NOT_TABLE
        return
    rows = csv.reader(source, delimiter=separator)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Reason.BAD_ROW
            continue
        if any(cells):
            yield row_to_object(dict(zip(columns, cells, strict=False)))


def row_to_object(row: Mapping[str, str]) -> dict[str, object]:
    """A row, by its folded columns, as a JSON-LD object."""
    postcode, _, commune = row.get("code_postal_et_commune", "").split("|")[0].partition("#")
    emails, phones, sites = _contacts(row.get("contacts_du_poi", ""))
    return {
        "@id": row.get("uri_id_du_poi", ""),
        "@type": [name.strip() for name in row.get("categories_de_poi", "").split("|") if name.strip()],
        "label": {"fr": row.get("nom_du_poi", "")},
        "lastUpdate": row.get("date_de_mise_a_jour", ""),
        "hasBeenCreatedBy": {"legalName": row.get("createur_de_la_donnee", "")},
        "hasDescription": [{"description": {"fr": row.get("description", "")}}],
        "hasContact": [{"email": emails, "telephone": phones, "homepage": sites}],
        "takesPlaceAt": [
            {"startDate": first, "endDate": last or first}
            for period in row.get("periodes_regroupees", "").split("|")
            for first, _, last in [period.partition("<->")]
            if first
        ],
        "isLocatedAt": [
            {
                "address": [
                    {
                        "streetAddress": [row.get("adresse_postale", "").replace("|", ", ")],
                        "postalCode": postcode,
                        "addressLocality": commune,
                    }
                ],
                "geo": {"latitude": row.get("latitude", ""), "longitude": row.get("longitude", "")},
            }
        ],
    }


def _contacts(text: str) -> tuple[list[str], list[str], list[str]]:
    emails, phones, sites = [], [], []
    for part in _CONTACT_MARK.split(text):
        if "@" in part:
            emails.append(part)
        elif part.strip().lower().startswith(("http:", "https:", "www.")):
            sites.append(part)
        elif any(letter.isdigit() for letter in part):
            phones.append(part)
    return emails, phones, sites
