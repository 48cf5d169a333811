"""Reading JSON-LD without believing its shape. Pure.

The same feed comes with prefixed names (``schema:geo``), bare names (``geo``), full addresses
(``http://schema.org/geo``), single values where lists are due and the reverse, language maps (``{"fr": [...]}``,
``{"@fr": "..."}``) or language-tagged values, nested objects or references into an ``@graph``. :class:`Node` hides all
of that: names are compared by their last part, everything is a list, references are followed. Nothing here raises on
odd input: what is not understood is absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import lru_cache

from domain.days import PARIS
from server.catalogue.cleaning import parse_number

# The language of a text that says none: the platform and its producers are French.
DEFAULT_LANGUAGE = "fr"
VALUES_READ = 400
YEAR_MIN, YEAR_MAX = 1900, 2199

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LANGUAGE_NAMES = {
    "francais": "fr",
    "français": "fr",
    "french": "fr",
    "anglais": "en",
    "english": "en",
    "allemand": "de",
    "german": "de",
    "deutsch": "de",
    "espagnol": "es",
    "spanish": "es",
    "italien": "it",
    "italian": "it",
    "néerlandais": "nl",
    "neerlandais": "nl",
    "dutch": "nl",
    "portugais": "pt",
    "portuguese": "pt",
    "japonais": "ja",
    "japanese": "ja",
    "chinois": "zh",
    "russe": "ru",
    "polonais": "pl",
    "catalan": "ca",
    "occitan": "oc",
    "breton": "br",
    "arabe": "ar",
    # ISO 639-2, terminological and bibliographic.
    "fra": "fr",
    "fre": "fr",
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "ita": "it",
    "spa": "es",
    "nld": "nl",
    "dut": "nl",
    "por": "pt",
    "cat": "ca",
    "oci": "oc",
    "bre": "br",
    "jpn": "ja",
    "zho": "zh",
    "chi": "zh",
    "rus": "ru",
    "pol": "pl",
    "ara": "ar",
    # A text that is said to have no language.
    **dict.fromkeys(("none", "und", "zxx", "mul"), DEFAULT_LANGUAGE),
}
_DATE = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?!\d)")
_TIME = re.compile(
    r"(?:.*T)?\s*(\d{1,2})(?:\s*[:hH]\s*(\d{2})(?::\d{2}(?:\.\d+)?)?|\s*[hH]|(?=\s*[AaPp]))"
    r"\s*(?:([AaPp])\.?[Mm]\.?|Z|[+-]\d{2}:?\d{2})?\s*"
)
# The prefixes of the ontology, as the query interface of the platform wrote them (``rdfs_label``).
_PREFIXED = re.compile(r"_?(?:rdfs|rdf|schema|dc|dct|foaf|ebucore|olo|owl)_(?=[A-Za-z])")


@lru_cache(maxsize=4096)
def local_name(name: str) -> str:
    """The last part of a compact or full name: ``schema:geo`` and ``schema_geo`` → ``geo``; keywords (``@id``) stay."""
    if name.startswith("@"):
        return name
    if name == "_uri":
        return "@id"
    return _PREFIXED.sub("", re.split(r"[#/:]", name)[-1], count=1)


@lru_cache(maxsize=512)
def language_code(value: str) -> str | None:
    """A two or three letter code out of ``fr``, ``@fr``, ``fr-FR``, ``Français``; None when it is none."""
    text = value.strip().lstrip("@").casefold()
    if text in _LANGUAGE_NAMES:
        return _LANGUAGE_NAMES[text]
    code = re.split(r"[-_]", text)[0]
    return code if _LANGUAGE.fullmatch(code) else None


def parse_date(value: object) -> date | None:
    """The day of an ISO date or date-time; None when there is none or when it does not exist."""
    return _date_of(value) if isinstance(value, str) and len(value) <= 40 else None


@lru_cache(maxsize=4096)
def _date_of(value: str) -> date | None:
    match = _DATE.match(value)
    if match is None:
        return None
    moment = local_moment(value) if len(value) > 15 else None
    if moment is not None and moment.time() == time():
        return moment.date()  # our midnight, written in universal time on the day before
    year = int(match[1])
    if not YEAR_MIN <= year <= YEAR_MAX:
        # "9999-12-31" is how software writes "for ever"; a day before 1900 is a mistake.
        return date(YEAR_MAX, 12, 31) if year > YEAR_MAX else None
    try:
        return date(year, int(match[2]), int(match[3]))
    except ValueError:
        return None


def local_moment(value: object) -> datetime | None:
    """An ISO date-time as our clocks show it, without a zone; None for days and for what is none."""
    if not isinstance(value, str) or not 15 < len(value.strip()) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if not YEAR_MIN <= moment.year <= YEAR_MAX:
            return None
        return moment.astimezone(PARIS).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def parse_minutes(value: object) -> int | None:
    """Minutes after midnight of ``08:30``, ``8h30``, ``2020-01-01T08:30:00``; 23:59 and 24:00 are 1440."""
    return _minutes_of(value) if isinstance(value, str) and len(value) <= 40 else None


@lru_cache(maxsize=4096)
def _minutes_of(value: str) -> int | None:
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] in "Pp" else 0)
    minutes = hour * 60 + minute
    if minute > 59 or minutes > 1440:
        return None
    return 1440 if minutes == 1439 else minutes


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, list):
        return value[:VALUES_READ]
    return [value]


class Node:
    """One object of the feed. ``index`` gives the objects that bare references point to (``@graph`` documents)."""

    __slots__ = ("_index", "_values")

    def __init__(self, raw: Mapping[str, object], index: Mapping[str, Mapping[str, object]] | None = None) -> None:
        self._values = {local_name(key): value for key, value in raw.items()}
        self._index = index or {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def values(self, *names: str) -> list[object]:
        """The values of the first of ``names`` that has any."""
        values = self._values
        for name in names:
            value = values.get(name)
            if value is None:
                continue
            if not isinstance(value, list):
                return [value]
            if value:
                return value if len(value) <= VALUES_READ else value[:VALUES_READ]
        return []

    def nodes(self, *names: str) -> Iterator[Node]:
        """The objects under the first of ``names`` that has any; references are followed one step."""
        for value in self.values(*names):
            if isinstance(value, str):
                target = self._index.get(value)
                if target is not None:
                    yield Node(target, self._index)
            elif isinstance(value, dict):
                if len(value) == 1 and isinstance(reference := value.get("@id"), str):
                    yield Node(self._index.get(reference, value), self._index)
                else:
                    yield Node(value, self._index)

    def node(self, *names: str) -> Node | None:
        return next(self.nodes(*names), None)

    def strings(self, *names: str) -> list[str]:
        """Strings, numbers as text, and the ``@value`` of typed values; objects without one are left out."""
        found: list[str] = []
        for value in self.values(*names):
            if isinstance(value, dict):
                value = value.get("@value")
            if isinstance(value, str):
                if value.strip():
                    found.append(value)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                found.append(str(value))
        return found

    def string(self, *names: str) -> str:
        return next(iter(self.strings(*names)), "")

    def addresses(self, *names: str) -> list[str]:
        """Strings, and what bare references point to: an address may be written as either."""
        pointed = [
            value.get("@id") for value in self.values(*names) if isinstance(value, dict) and "@value" not in value
        ]
        return self.strings(*names) + [value for value in pointed if isinstance(value, str)]

    def texts(self, *names: str) -> dict[str, str]:
        """First text per language, of the first of ``names`` that has any."""
        for name in names:
            found: dict[str, str] = {}
            for value in _as_list(self._values.get(name)):
                _add_texts(found, value)
            if found:
                return found
        return {}

    def references(self, *names: str) -> list[str]:
        """Local names of what is pointed to: ``{"@id": "kb:Free"}``, ``"kb:Free"``, ``{"key": "Free"}`` → ``Free``."""
        found = []
        for value in self.values(*names):
            if isinstance(value, dict):
                value = value.get("@id") or value.get("uri") or value.get("key") or value.get("id")
            if isinstance(value, str) and value:
                found.append(local_name(value))
        return found

    def types(self) -> tuple[str, ...]:
        """Local class names, in order, each once (``schema:Hotel`` and ``Hotel`` are one)."""
        said = self.strings("@type", "type") or self.references("@type", "type")
        return tuple(dict.fromkeys(local_name(value) for value in said if len(value) <= 200))

    def number(self, *names: str) -> float | None:
        for value in self.values(*names):
            if isinstance(value, dict):
                value = value.get("@value")
            number = parse_number(value)
            if number is not None:
                return number
        return None

    def flag(self, *names: str) -> bool | None:
        for value in self.values(*names):
            if isinstance(value, dict):
                value = value.get("@value")
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value.strip().casefold() in ("true", "false", "1", "0"):
                return value.strip().casefold() in ("true", "1")
        return None

    def day(self, *names: str) -> date | None:
        return next((day for text in self.strings(*names) if (day := parse_date(text))), None)

    def minutes(self, *names: str) -> int | None:
        return next((m for text in self.strings(*names) if (m := parse_minutes(text)) is not None), None)


def _add_texts(found: dict[str, str], value: object) -> None:
    if isinstance(value, str):
        if value.strip():
            found.setdefault(DEFAULT_LANGUAGE, value)
        return
    if not isinstance(value, dict):
        return
    if "@value" in value or "value" in value:
        text, tag = value.get("@value", value.get("value")), value.get("@language", value.get("lang"))
        code = language_code(tag) if isinstance(tag, str) else DEFAULT_LANGUAGE
        if isinstance(text, str) and text.strip() and code:
            found.setdefault(code, text)
        return
    for key, entry in value.items():
        code = language_code(key)
        if code is None:
            continue
        for text in _as_list(entry):
            if isinstance(text, dict):
                text = text.get("@value")
            if isinstance(text, str) and text.strip():
                found.setdefault(code, text)
                break
