"""The official DATAtourisme CSV (data.gouv.fr), as objects of the shape that the JSON reader knows. Pure.

Columns by name, so that the files per region, per kind and of other years all fit: ``Nom_du_POI``,
``Categories_de_POI`` (class addresses joined by ``|``), ``Latitude``, ``Longitude``, ``Adresse_postale``,
``Code_postal_et_commune`` (``84000#Avignon``), ``Periodes_regroupees`` (``2024-05-01<->2024-05-03|…``),
``Contacts_du_POI``, ``Createur_de_la_donnee``, ``Date_de_mise_a_jour``, ``Description``, ``URI_ID_du_POI``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

FIELD_BYTES = 131_072


def parse_csv(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """One object per row; rows that cannot be parsed as CSV come out empty, to be rejected like any other."""
    rows = csv.DictReader(lines)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield {}
            continue
        yield row_to_object({str(key): value for key, value in row.items() if isinstance(value, str)})


def row_to_object(row: dict[str, str]) -> dict[str, object]:
    """A row as a JSON-LD object."""
    postcode, _, commune = row.get("Code_postal_et_commune", "").partition("#")
    emails, phones, sites = _contacts(row.get("Contacts_du_POI", ""))
    return {
        "@id": row.get("URI_ID_du_POI", ""),
        "@type": [name for name in row.get("Categories_de_POI", "").split("|") if name],
        "label": {"fr": row.get("Nom_du_POI", "")},
        "lastUpdate": row.get("Date_de_mise_a_jour", ""),
        "hasBeenCreatedBy": {"legalName": row.get("Createur_de_la_donnee", "")},
        "hasDescription": [{"description": {"fr": row.get("Description", "")}}],
        "hasContact": [{"email": emails, "telephone": phones, "homepage": sites}],
        "takesPlaceAt": [
            {"startDate": first, "endDate": last or first}
            for period in row.get("Periodes_regroupees", "").split("|")
            for first, _, last in [period.partition("<->")]
            if first
        ],
        "isLocatedAt": [
            {
                "address": [
                    {
                        "streetAddress": [row.get("Adresse_postale", "")],
                        "postalCode": postcode,
                        "addressLocality": commune,
                    }
                ],
                "geo": {"latitude": row.get("Latitude", ""), "longitude": row.get("Longitude", "")},
            }
        ],
    }


def _contacts(text: str) -> tuple[list[str], list[str], list[str]]:
    emails, phones, sites = [], [], []
    for part in text.replace("|", "#").split("#"):
        if "@" in part:
            emails.append(part)
        elif part.startswith(("http:", "https:", "www.")):
            sites.append(part)
        elif any(letter.isdigit() for letter in part):
            phones.append(part)
    return emails, phones, sites
