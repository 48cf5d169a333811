"""What stands inside an Apidae object: texts by language, a point, prices, contacts, provenance. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from domain.offers import Contact, Provenance
from server.catalogue.apidae_times import entries
from server.catalogue.building import beside_the_price, position
from server.catalogue.cleaning import clean_email, clean_line, clean_phone, clean_url, parse_cents
from server.catalogue.jsonld import parse_date
from sync.content.text import fold

SOURCE = "apidae"
LICENCE = "Apidae, conditions d'utilisation du réseau"
_LIBELLE = re.compile(r"libelle([A-Z][a-z])[A-Za-z]*")
Json = Mapping[str, object]
_FREE = frozenset(("GRATUIT", "ACCES_LIBRE", "ENTREE_LIBRE"))


def part(holder: Json, name: str) -> Json:
    """The object under a name, empty when there is none."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """A string, a number as text, else ''."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def languages_of(value: object) -> dict[str, str]:
    """Texts by language out of ``{"libelleFr": …, "libellePtBR": …}``."""
    found = {}
    for key, text in value.items() if isinstance(value, dict) else ():
        match = _LIBELLE.fullmatch(key) if isinstance(key, str) else None
        if match and isinstance(text, str) and text.strip():
            found[match[1].lower()] = text
    return found


def first_of(texts: Mapping[str, str]) -> str:
    """The French text, else any."""
    return texts.get("fr") or next(iter(texts.values()), "")


def point_of(located: Json) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude of ``geolocalisation``."""
    if located.get("valide") is False:
        return None, None
    pair = part(located, "geoJson").get("coordinates")
    if isinstance(pair, list) and len(pair) >= 2:
        return position(pair[1], pair[0])
    return None, None


def price_of(raw: Json, label: Callable[[object], str], as_of: date) -> int | None:
    """The lowest ordinary price of the periods that are not over; 0 when free; None when not known. Euros only."""
    said = part(raw, "descriptionTarif")
    if said.get("gratuit") is True or said.get("indicationTarif") in _FREE:
        return 0
    currency = said.get("devise", "EUR")
    found: dict[bool, tuple[list[int], list[int]]] = {True: ([], []), False: ([], [])}
    for period in entries(said.get("periodes")):
        last = parse_date(period.get("dateFin"))
        base, others = found[last is not None and last < as_of]
        for rate in entries(period.get("tarifs")):
            amount = parse_cents(rate.get("minimum"))
            word = fold(label(rate.get("type")))
            if not amount or rate.get("devise", currency) != "EUR" or beside_the_price(word):
                continue
            (base if any(part in word for part in ("plein", "adulte", "unique")) else others).append(amount)
    return next((min(amounts) for over in (False, True) for amounts in found[over] if amounts), None)


def duration_of(opening: object) -> int | None:
    """Minutes that a session lasts."""
    minutes = opening.get("dureeSeance") if isinstance(opening, dict) else None
    if isinstance(minutes, int) and not isinstance(minutes, bool) and 1 <= minutes <= 7 * 1440:
        return minutes
    return None


def contact_of(raw: Json) -> Contact:
    """Telephone, e-mail and site of the first means of each kind."""
    phones: list[str] = []
    mails: list[str] = []
    sites: list[str] = []
    for means in entries(part(raw, "informations").get("moyensCommunication")):
        number, said = part(means, "type").get("id"), means.get("coordonnees")
        value = text_of(said.get("fr") if isinstance(said, dict) else said)
        if not value and isinstance(said, dict):
            value = next((text for text in map(text_of, said.values()) if text), "")
        match number:  # MoyenCommunicationType: telephone, mail, site
            case 201:
                phones += filter(None, [clean_phone(value)])
            case 204:
                mails += filter(None, [clean_email(value)])
            case 205:
                sites += filter(None, [clean_url(value)])
    return Contact(next(iter(phones), ""), next(iter(mails), ""), next(iter(sites), ""))


def provenance_of(raw: Json, source_id: str) -> Provenance:
    """Who owns the record, and when it was changed."""
    managed = part(raw, "gestion")
    owner = clean_line(text_of(part(managed, "membreProprietaire").get("nom")), 160)
    return Provenance(SOURCE, source_id, LICENCE, parse_date(managed.get("dateModification")), owner)
