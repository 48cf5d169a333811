"""What every format does to make an offer: identifiers, texts per language, coordinates. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping

from domain.hours import Dates
from domain.offers import Tag, Text
from server.catalogue.cleaning import clean_line, clean_text, cut, parse_number

PITCH_CHARS = 160
DESCRIPTION_CHARS = 4_000
LANGUAGES_KEPT = 12
EVENING_MINUTES = 18 * 60
# RFC 9562 name-based identifiers for objects whose own identifier is no UUID.
NAMESPACE = uuid.UUID("8d0f6f0c-7a0b-5d5c-9b0e-6a5f3c1b2d4e")

_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s")


def offer_id(source_id: str) -> str:
    """A stable UUID: the one in the identifier, else one derived from it."""
    match = _UUID.search(source_id)
    return match.group().lower() if match else str(uuid.uuid5(NAMESPACE, source_id))


def named_id(source: str, source_id: str) -> str:
    """A stable UUID out of a source's name and an identifier that only this source's own objects do not share."""
    return str(uuid.uuid5(NAMESPACE, f"{source}|{source_id}"))


def source_key(value: str) -> str:
    """An identifier of a feed as we keep it: printable ASCII as it is, else cleaned; at most 300 characters."""
    said = value.strip()[:300]
    return said if said.isascii() and said.isprintable() else clean_line(said)


_BESIDE = re.compile(
    r"\b(?:enfants?|juniors?|etudiants?|reduite?s?|groupes?|supplement(?:s|aire)?|scolaires?|animaux|chiens?|cautions?"
    r"|taxe de sejour|petits?[- ]dejeuners?|menage|acompte|arrhes)\b"
)


_ORDINARY = re.compile(r"\b(?:adultes?|plein|unique|normal)\b")


def beside_the_price(folded: str) -> bool:
    """Whether the folded words of a rate say that it is not what one person pays for the thing itself."""
    return _BESIDE.search(folded) is not None and _ORDINARY.search(folded) is None


def build_texts(names: Mapping[str, str], short: Mapping[str, str], long: Mapping[str, str]) -> dict[str, Text]:
    """Cleaned name, pitch and description in every language that has any of them; {} when there is no name at all."""
    names = {language: name for language, value in names.items() if (name := clean_line(value, 160))}
    if not names:
        return {}
    fallback = names.get("fr") or names.get("en") or next(iter(names.values()))
    found = {}
    for language in list(dict.fromkeys((*names, *short, *long)))[:LANGUAGES_KEPT]:
        description = clean_text(long[language], DESCRIPTION_CHARS) if language in long else ""
        brief = clean_line(short[language], 600) if language in short else ""
        if not brief and description:
            brief = first_sentence(description)
        elif brief and not description and len(brief) > PITCH_CHARS:
            description = clean_text(short[language], DESCRIPTION_CHARS)
        pitch = cut(brief, PITCH_CHARS)
        found[language] = Text(names.get(language, fallback), pitch, "" if description == pitch else description)
    return found


def first_sentence(text: str) -> str:
    """The first sentence of a clean text, on one line."""
    return _SENTENCE_END.split(text.replace("\n", " "), maxsplit=1)[0]


def on_earth(latitude: float, longitude: float) -> bool:
    """Whether it is a place; 0, 0 lies in the Gulf of Guinea: it is what software writes for "not known"."""
    return abs(latitude) <= 90 and abs(longitude) <= 180 and (abs(latitude) > 0.01 or abs(longitude) > 0.01)


# Metropolitan France with its neighbours, degrees: south, north, west, east.
_FRANCE = (41.0, 51.6, -5.6, 10.0)


def _in_france(latitude: float, longitude: float) -> bool:
    south, north, west, east = _FRANCE
    return south <= latitude <= north and west <= longitude <= east


def position(latitude: object, longitude: object) -> tuple[float, float] | tuple[None, None]:
    """Degrees WGS 84 to six decimals, or nothing.

    The two are turned round where they lie in France only the other way: what they name as they stand is the open
    sea off Somalia.
    """
    north, east = parse_number(latitude), parse_number(longitude)
    if north is None or east is None:
        return None, None
    if _in_france(east, north) and not _in_france(north, east):
        north, east = east, north
    if not on_earth(north, east):
        return None, None
    return round(north, 6), round(east, 6)


_SMALL_WORDS = frozenset(
    ("de", "du", "des", "la", "le", "les", "sur", "sous", "en", "et", "aux", "au", "lès", "lez", "les", "à", "d", "l")
)
_CEDEX = re.compile(r"(?i)\s+cedex(?:\s*\d+)?$")
_NAME_PART = re.compile(r"[^\W\d_]+")


def clean_commune(value: str) -> str:
    """A commune's name as people write it: without its postcode and "Cedex", "SAINT-PIERRE-SUR-DIVES" in small
    letters."""
    name = _CEDEX.sub("", clean_line(value, 80))
    name = re.sub(r"^\d{5}\s+", "", name)
    if len(name) < 3 or not name.isupper():
        return name

    def small(match: re.Match[str]) -> str:
        word = match.group().lower()
        return word if match.start() and word in _SMALL_WORDS else word.capitalize()

    return _NAME_PART.sub(small, name)


def evening_tags(dates: Dates) -> frozenset[Tag]:
    """The chip that an event earns by starting after 18:00."""
    starts: Iterable[int | None] = (
        *(o.start for o in dates.occurrences),
        *(r.start for r in dates.recurrences),
    )
    late = any(start is not None and start >= EVENING_MINUTES for start in starts)
    return frozenset((Tag.EVENING,)) if late else frozenset()
