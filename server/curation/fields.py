"""The fields of an offer as a curator sees them: a label, a text to type, and the value it stands for. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.offers import LANGUAGES, Tag
from server.catalogue.layers import FieldRefused, read_field
from server.curation.hours_text import TextRefused, format_dates, format_hours, parse_dates, parse_hours
from sync.content.codec import Json, dates_from_json, dates_to_json, hours_from_json, hours_to_json

CATEGORIES = {
    "outings": "Sorties et visites",
    "walks": "Balades et vélo",
    "wine": "Vin et producteurs",
    "food": "Manger",
    "deals": "Bons plans",
    "events": "Agenda",
    "stay": "Dormir",
    "services": "Services",
    "settle": "S'installer ici",
}
LANGUAGE_NAMES = {
    "fr": "Français",
    "en": "Anglais",
    "de": "Allemand",
    "nl": "Néerlandais",
    "it": "Italien",
    "es": "Espagnol",
}
TAG_NAMES = {
    Tag.CHILDREN.value: "avec des enfants",
    Tag.ACCESSIBLE.value: "accessible",
    Tag.FREE.value: "gratuit",
    Tag.ON_FOOT.value: "à pied",
    Tag.EVENING.value: "en soirée",
}
STALL_PARTS = 3
SLOT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Field:
    """``kind`` is how it is typed: line, area, choice, or tags. ``help`` is one line under it."""

    path: str
    label: str
    kind: str = "line"
    help: str = ""
    size: int = 200
    rows: int = 3
    choices: tuple[tuple[str, str], ...] = ()
    show: Callable[[Any], str] = lambda value: "" if value is None else str(value)
    read: Callable[[str], Any] = str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    fields: tuple[Field, ...]
    folded: bool = False


def show_position(value: Any) -> str:
    return f"{value[0]:.5f}, {value[1]:.5f}" if value and value[0] is not None else ""


def read_position(text: str) -> list[float | None]:
    """'44.0009, 5.2483' → degrees. Raises FieldRefused."""
    if not text.strip():
        return [None, None]
    parts = re.split(r"[;\s]+|,\s+|,(?=\s*-?\d+\.)", text.strip())
    try:
        latitude, longitude = (float(part.strip(" ,").replace(",", ".")) for part in parts if part.strip(" ,"))
    except ValueError as error:
        raise FieldRefused("Les coordonnées s'écrivent comme 44.0009, 5.2483.") from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise FieldRefused("Ces coordonnées ne sont nulle part sur Terre.")
    return [latitude, longitude]


def show_price(value: Any) -> str:
    if value is None:
        return ""
    return "gratuit" if value == 0 else f"{value // 100},{value % 100:02d}"


def read_price(text: str) -> int | None:
    """'12,50' → 1250, 'gratuit' → 0, '' → not known. Raises FieldRefused."""
    plain = text.strip().lower().replace("€", "").replace(",", ".").replace(" ", "")
    if not plain:
        return None
    if plain in ("gratuit", "0"):
        return 0
    try:
        cents = Decimal(plain) * 100
    except InvalidOperation as error:
        raise FieldRefused(f"« {text} » n'est pas un prix : écrivez 12,50 ou gratuit.") from error
    if cents != cents.to_integral_value() or not 0 <= cents <= 1_000_000:
        raise FieldRefused("Un prix va de 0 à 10 000 €, au centime.")
    return int(cents)


def read_hours(text: str) -> Json:
    try:
        return hours_to_json(parse_hours(text))
    except TextRefused as error:
        raise FieldRefused(f"Horaires : {error}") from error


def read_dates(text: str) -> Json:
    try:
        return dates_to_json(parse_dates(text))
    except TextRefused as error:
        raise FieldRefused(f"Dates : {error}") from error


def read_number(low: int, high: int, what: str) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        plain = text.strip()
        if not plain:
            return None
        if not plain.isascii() or not plain.isdigit() or not low <= int(plain) <= high:
            raise FieldRefused(f"{what} : un nombre de {low} à {high}.")
        return int(plain)

    return read


def show_languages(value: Any) -> str:
    return " ".join(value or ())


def read_languages(text: str) -> list[str]:
    found = re.findall(r"[a-zA-Z]{2}", text)
    return sorted({code.lower() for code in found})


def show_stalls(value: Any) -> str:
    lines = []
    for where, hours, what in value or ():
        for line in format_hours(hours_from_json(hours)).splitlines() or ["tous les jours : horaires inconnus"]:
            lines.append(f"{line} · {where}" + (f" · {what}" if what else ""))
    return "\n".join(lines)


def read_stalls(text: str) -> list[list[Any]]:
    """'sam : 8:00-12:30 · Marché de Bédarrin · miel, pollen' → stalls, one a line. Raises FieldRefused."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in filter(str.strip, text.splitlines()):
        parts = [part.strip() for part in line.split("·")]
        if not 2 <= len(parts) <= STALL_PARTS or not parts[1]:
            raise FieldRefused(f"« {line.strip()} » : écrivez quand · où · quoi, séparés par des points médians.")
        what = parts[2] if len(parts) == STALL_PARTS else ""
        found.setdefault((parts[1][:120], what[:120]), []).append(parts[0])
    return [[where, read_hours("\n".join(lines)), what] for (where, what), lines in found.items()]


def read_line(size: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        flat = " ".join(text.split())
        if len(flat) > size:
            raise FieldRefused(f"« {flat[:40]}… » : au plus {size} caractères.")
        return flat

    return read


def read_area(size: int) -> Callable[[str], str]:
    """Paragraphs; lines are kept, markup is only ever text."""

    def read(text: str) -> str:
        plain = "\n".join(line.strip() for line in text.replace("\r\n", "\n").split("\n")).strip()
        if len(plain) > size:
            raise FieldRefused(f"« {plain[:40]}… » : au plus {size} caractères.")
        return plain

    return read


def _text_fields(code: str) -> tuple[Field, ...]:
    return (
        Field(f"texts.{code}.name", "Nom", size=200, read=read_line(200)),
        Field(
            f"texts.{code}.pitch", "Accroche", "area", "160 caractères : pourquoi y aller", 160, 2, read=read_area(160)
        ),
        Field(f"texts.{code}.description", "Description", "area", "", 6000, 6, read=read_area(6000)),
    )


SECTIONS: tuple[Section, ...] = (
    Section("Français", _text_fields("fr")),
    Section("Anglais", _text_fields("en")),
    *(Section(LANGUAGE_NAMES[code], _text_fields(code), folded=True) for code in LANGUAGES if code not in ("fr", "en")),
    Section(
        "L'essentiel",
        (
            Field("category", "Catégorie", "choice", choices=tuple(CATEGORIES.items())),
            Field("price_cents", "Prix", help="par personne : 12,50 ou gratuit", show=show_price, read=read_price),
            Field("tags", "Pour qui", "tags", choices=tuple(TAG_NAMES.items())),
            Field("merit", "Rang", help="0 à 100 : plus grand vient d'abord", read=read_number(0, 100, "Rang")),
        ),
    ),
    Section(
        "Quand",
        (
            Field(
                "hours", "Horaires", "area", "une ligne par période : lun-ven : 9:00-12:00, 14:00-18:00 (du 01/04 au 31/10)",  # noqa: E501
                6000, 5, show=lambda value: format_hours(hours_from_json(value or {})), read=read_hours,
            ),
            Field(
                "dates", "Dates", "area", "12/12/2026 20:30-22:00, ou chaque ven 10:00-12:00 (dès le 09/01/2026)",
                6000, 4, show=lambda value: format_dates(dates_from_json(value or {})), read=read_dates,
            ),
            Field("details.duration_minutes", "Durée", help="en minutes", read=read_number(0, 10_000, "Durée")),
        ),
    ),
    Section(
        "Où et contact",
        (
            Field("place.commune", "Commune", size=120, read=read_line(120)),
            Field("place.address", "Adresse", size=200, read=read_line(200)),
            Field("place.position", "Coordonnées", help="latitude, longitude", show=show_position, read=read_position),
            Field("details.contact.phone", "Téléphone", size=40, read=read_line(40)),
            Field("details.contact.email", "Courriel", size=120, read=read_line(120)),
            Field("details.contact.website", "Site", size=300, read=read_line(300)),
            Field("details.languages", "Langues parlées", help="fr en nl", show=show_languages, read=read_languages),
            Field("details.age_from", "Dès quel âge", help="en années", read=read_number(0, 99, "Âge")),
        ),
    ),
    Section(
        "Producteur",
        (
            Field(
                "details.stalls", "Étals et points de vente", "area",
                "une ligne par étal : sam : 8:00-12:30 · Marché de Bédarrin · miel, pollen",
                4000, 3, show=show_stalls, read=read_stalls,
            ),
        ),
        folded=True,
    ),
)  # fmt: skip
FIELDS: Mapping[str, Field] = {field.path: field for section in SECTIONS for field in section.fields}


def shown(field: Field, payload: Json) -> str:
    """The text that stands in the form."""
    return field.show(read_field(payload, field.path))


def read_changes(payload: Json, typed: Mapping[str, str], tags: list[str] | None) -> dict[str, object]:
    """What the form says otherwise than the offer does, by path. Raises FieldRefused."""
    changes: dict[str, object] = {}
    for path, field in FIELDS.items():
        if field.kind == "tags":
            if tags is not None and sorted(set(tags) & set(TAG_NAMES)) != sorted(payload["tags"]):
                changes[path] = sorted(set(tags) & set(TAG_NAMES))
            continue
        if path not in typed:
            continue
        text = typed[path].replace("\r\n", "\n")
        if text.strip() == shown(field, payload).strip():
            continue
        if field.kind == "choice" and text not in dict(field.choices):
            raise FieldRefused(f"{field.label} : choisissez dans la liste.")
        changes[path] = field.read(text)
    return changes


def read_story(quote: str, author: str, licence: str) -> list[str] | None:
    """A blogger's words with who wrote them and under which licence. Raises FieldRefused."""
    found = [read_area(600)(quote), read_line(120)(author), read_line(80)(licence)]
    if not any(found):
        return None
    if not all(found):
        raise FieldRefused("Un récit porte ses mots, son auteur et sa licence : les trois sont affichés ensemble.")
    return found


def read_booking(typed: Mapping[str, str], sites: set[int]) -> Json | None:
    """Times that can be booked at the kiosk, '' = not sold there. Raises FieldRefused."""
    if not typed.get("slots", "").strip():
        return None
    duration = read_number(5, 1440, "Durée d'un créneau")(typed.get("slot_duration", "")) or 60
    starts = []
    for part in re.split(r"[,;\s]+", typed["slots"][:SLOT_CHARS].strip()):
        match = re.fullmatch(r"(\d{1,2})[:h](\d{2})?", part)
        if match is None or int(match[1]) > 23 or int(match[2] or 0) > 59:
            raise FieldRefused(f"« {part} » n'est pas une heure : écrivez 10:00, 14:30.")
        starts.append(int(match[1]) * 60 + int(match[2] or 0))
    price = read_price(typed.get("slot_price", ""))
    if not price:
        raise FieldRefused("Un créneau se vend : indiquez son prix par personne.")
    site = read_number(0, 65_535, "Lieu payé")(typed.get("slot_site", "")) or 0
    if site not in sites:
        raise FieldRefused("Choisissez le lieu qui est payé.")
    return {
        "price_cents": price,
        "slots": [[start, duration] for start in sorted(set(starts))],
        "quota_per_slot": read_number(1, 500, "Places par créneau")(typed.get("slot_quota", "")) or 8,
        "people_max": read_number(1, 50, "Personnes au plus")(typed.get("slot_people", "")) or 8,
        "site_number": site,
    }
