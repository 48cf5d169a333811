"""Texts in the person's language: gettext catalogues, and how money, times and days are written.

Catalogues are assets/translations/<language>/LC_MESSAGES/zerot.po; a compiled .mo beside it is used when it is at least
as new (packaging makes it), else the .po is compiled in memory. Ids are those of `kiosk.flow.messages.M` and `ui_…`.
No Kivy here; translators are immutable and may be used from any thread.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from domain.money import NARROW_SPACE, format_euros
from kiosk.flow.messages import Argument, M, Message

DOMAIN = "zerot"
FALLBACK = "en"  # for a language whose catalogue is not written yet
LANGUAGE_NAMES = {
    "fr": "Français",
    "en": "English",
    "de": "Deutsch",
    "nl": "Nederlands",
    "it": "Italiano",
    "es": "Español",
}
NBSP = "\u00a0"
MIDNIGHT = {"fr": "minuit", "en": "midnight"}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MONTHS = {
    "fr": _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "en": _words("January February March April May June July August September October November December"),
}
_MONTHS_SHORT = {
    "fr": _words("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    "en": _words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
}
_WEEKDAYS = {
    "fr": _words("lundi mardi mercredi jeudi vendredi samedi dimanche"),
    "en": _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
}
# Amounts that people compare at a glance lose their ",00"; amounts of a till keep it.
_SHORT_MONEY = frozenset({"price_cents", "discount_cents", "left_cents", "limit_cents", "room_cents"})
_CLOCK_TIMES = frozenset({"time_minutes_of_day"})
_FRENCH_SPACES = re.compile(r" (?=[!?:;»€%])|(?<=«) ")
PLURALS = frozenset({"count", "people", "points", "left"})


class TranslationMissing(LookupError):
    """An id without a text: a fault of ours that tests catch, never shown as an empty screen."""


def format_money(cents: int, language: str, *, short: bool = False) -> str:
    """`domain.money.format_euros` with the spaces that the kiosk's font has."""
    return format_euros(cents, language, short=short).replace(NARROW_SPACE, NBSP)


def format_signed_money(cents: int, language: str) -> str:
    """As `format_money` with '+' before what comes in."""
    return ("+" if cents > 0 else "") + format_money(cents, language)


def format_number(value: int, language: str) -> str:
    """Digits in groups of three: 1 284 in French, 1,284 in English."""
    return f"{value:,}".replace(",", NBSP) if language == "fr" else f"{value:,}"


def format_time(minutes: int, language: str) -> str:
    """Minutes after midnight as people say it: '15 h 30', '21 h' (fr), '15:30' elsewhere."""
    if minutes == 1440:
        return MIDNIGHT.get(language, "24:00")
    hours, rest = divmod(minutes % 1440, 60)
    if language == "fr":
        return f"{hours}{NBSP}h{NBSP}{rest:02d}" if rest else f"{hours}{NBSP}h"
    return f"{hours:02d}:{rest:02d}"


def format_clock(minutes: int) -> str:
    """Minutes after midnight as a clock shows them: '14:05'."""
    hours, rest = divmod(minutes % 1440, 60)
    return f"{hours:02d}:{rest:02d}"


def format_countdown(seconds: int) -> str:
    """100 → '1:40'."""
    minutes, rest = divmod(max(seconds, 0), 60)
    return f"{minutes}:{rest:02d}"


def format_day(iso: str, language: str, *, short: bool = False) -> str:
    """'2026-11-14' → 'samedi 14 novembre' or '14 nov.'; '' stays ''. ValueError when it is no date."""
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    known = language if language in _MONTHS else FALLBACK
    number = "1er" if known == "fr" and day.day == 1 else str(day.day)
    if short:
        return f"{number}{NBSP}{_MONTHS_SHORT[known][day.month - 1]}"
    return f"{_WEEKDAYS[known][day.weekday()]} {number}{NBSP}{_MONTHS[known][day.month - 1]}"


def format_long_date(iso: str, language: str) -> str:
    """'2027-10-31' → '31 octobre 2027': for dates that may lie years away."""
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    known = language if language in _MONTHS else FALLBACK
    number = "1er" if known == "fr" and day.day == 1 else str(day.day)
    return f"{number}{NBSP}{_MONTHS[known][day.month - 1]}{NBSP}{day.year}"


def format_duration(hours: int, minutes: int) -> str:
    """'2 h', '45 min', '1 h 30'."""
    if not hours:
        return f"{minutes}{NBSP}min"
    return f"{hours}{NBSP}h{NBSP}{minutes:02d}" if minutes else f"{hours}{NBSP}h"


def format_argument(name: str, value: Argument, language: str) -> tuple[str, str]:
    """A message argument as (placeholder, shown text): the unit suffix says how it is written and falls away."""
    if isinstance(value, int):
        if name.endswith("_cents"):
            return name.removesuffix("_cents"), format_money(value, language, short=name in _SHORT_MONEY)
        if name.endswith("_minutes_of_day"):
            shown = format_clock(value) if name in _CLOCK_TIMES else format_time(value, language)
            return name.removesuffix("_minutes_of_day"), shown
        return name, str(value)
    if name == "content_day":
        return name, format_day(value, language, short=True)
    if name == "expires_day":
        return name, format_long_date(value, language)
    if name.endswith("_day"):
        return name.removesuffix("_day"), format_day(value, language)
    return name, value


@dataclass(frozen=True, slots=True)
class Translator:
    """Says things in one language. Built by `Translations`."""

    language: str
    catalogue: gettext.NullTranslations = field(repr=False)

    def __call__(self, message_id: str, **args: Argument) -> str:
        """The text of a plain id; TranslationMissing when there is none."""
        number = next((args[name] for name in args if name in PLURALS and isinstance(args[name], int)), None)
        if number is None:
            found = self.catalogue.gettext(message_id)
        else:
            found = self.catalogue.ngettext(message_id, message_id, int(number))
            if found == message_id:
                found = self.catalogue.gettext(message_id)
        if found == message_id and message_id not in _ITS_OWN_TEXT:
            raise TranslationMissing(f"{message_id} has no text in {self.language}")
        shown = dict(format_argument(name, value, self.language) for name, value in args.items())
        if "{duration}" in found:
            shown["duration"] = format_duration(int(args["hours"]), int(args.get("minutes", 0)))
        text = found.format_map(shown)
        return _FRENCH_SPACES.sub(NBSP, text) if self.language == "fr" else text

    def message(self, message: Message | None) -> str:
        """A flow's message; '' for None; `text` shows its argument unchanged."""
        if message is None:
            return ""
        args = dict(message.args)
        if message.id == M.TEXT:
            return str(args["text"])
        return self(str(message.id), **args)

    def money(self, cents: int, *, short: bool = False) -> str:
        return format_money(cents, self.language, short=short)

    def number(self, value: int) -> str:
        return format_number(value, self.language)


_ITS_OWN_TEXT = frozenset({"accessible"})  # English happens to say the id itself


@dataclass(frozen=True, slots=True)
class Translations:
    """The catalogues of every shipped language."""

    translators: Mapping[str, Translator]

    def for_language(self, language: str) -> Translator:
        """The translator of `language`, or of the fallback language when it has no catalogue yet."""
        return self.translators.get(language) or self.translators[FALLBACK]


def read_catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    """One language's catalogue; FileNotFoundError when neither .mo nor .po is there."""
    base = folder / language / "LC_MESSAGES" / DOMAIN
    compiled, source = base.with_suffix(".mo"), base.with_suffix(".po")
    if compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime):
        return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    return gettext.GNUTranslations(io.BytesIO(build_mo(source)))


def build_mo(source: Path) -> bytes:
    """The compiled form of a .po file."""
    from babel.messages.mofile import write_mo  # late: only developers' machines compile at start
    from babel.messages.pofile import read_po

    with source.open("rb") as stream:
        catalogue = read_po(stream, locale=source.parent.parent.name, abort_invalid=True)
    target = io.BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def write_compiled(folder: Path) -> list[Path]:
    """Compile every .po under `folder` beside itself, for packaging; the files written."""
    written = []
    for source in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        compiled = source.with_suffix(".mo")
        compiled.write_bytes(build_mo(source))
        written.append(compiled)
    return written


def read_translations(folder: Path) -> Translations:
    """All catalogues found under `folder` (assets/translations)."""
    languages = sorted(
        {path.parent.parent.name for suffix in ("po", "mo") for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.{suffix}")}
    )
    if FALLBACK not in languages:
        raise FileNotFoundError(f"no {FALLBACK} catalogue under {folder}")
    return Translations({name: Translator(name, read_catalogue(folder, name)) for name in languages})
