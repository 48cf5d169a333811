"""Texts: every message in every shipped language, numbers and dates as people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk import i18n
from kiosk.flow.messages import M, message, text

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "translations"
SOURCES = sorted((FOLDER.parents[1] / "kiosk" / "screens").glob("*.py"))
ARGUMENTS = {
    "cents": 1250,
    "minutes_of_day": 930,
    "day": "2026-11-14",
}


@pytest.fixture(scope="module")
def translations() -> i18n.Translations:
    return i18n.read_translations(FOLDER)


def placeholders(found: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", found))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_message_has_a_text(translations: i18n.Translations, language: str) -> None:
    catalogue = translations.for_language(language).catalogue
    for one in M:
        if one is M.TEXT or one is M.ACCESSIBLE:
            continue
        found = {catalogue.gettext(one), catalogue.ngettext(one, one, 2)} - {str(one)}
        assert found, f"{one} has no text in {language}"


def test_languages_say_the_same(translations: i18n.Translations) -> None:
    french = translations.for_language("fr").catalogue._catalog  # type: ignore[attr-defined]
    english = translations.for_language("en").catalogue._catalog  # type: ignore[attr-defined]
    assert set(french) == set(english)
    for key, found in french.items():
        if key:
            assert placeholders(found) == placeholders(english[key]), key


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_texts_that_screens_ask_for_exist(translations: i18n.Translations, source: Path) -> None:
    known = {
        key[0] if isinstance(key, tuple) else key
        for key in translations.for_language("fr").catalogue._catalog  # type: ignore[attr-defined]
    }
    asked = set(
        re.findall(r'"((?:ui|door|chip|sort|tab|kind|action|desk|paid_by|day)_[a-z_]+)"', source.read_text("utf-8"))
    )
    # `action_button` and the like are names of functions, not of texts.
    asked -= {"door_id", "day_line"}
    assert asked <= known, asked - known


def test_money_times_and_days(translations: i18n.Translations) -> None:
    assert translations.for_language("fr").number(1284) == "1\u00a0284"
    assert translations.for_language("en").number(1284) == "1,284"
    french, english = translations.for_language("fr"), translations.for_language("en")
    assert french(M.PRICE, price_cents=1800) == "18\u00a0€"
    assert french(M.PRICE, price_cents=1850) == "18,50\u00a0€"
    assert french.money(-1800) == "−18,00\u00a0€"
    assert english.money(123456) == "€1,234.56"
    assert french.message(message(M.TODAY_AT, at_minutes_of_day=930)) == "aujourd'hui 15\u00a0h\u00a030"
    assert french.message(message(M.TODAY_AT, at_minutes_of_day=1260)) == "aujourd'hui 21\u00a0h"
    assert english.message(message(M.TODAY_AT, at_minutes_of_day=545)) == "today 09:05"
    assert french.message(message(M.FRESH, time_minutes_of_day=845)) == "à jour · 14:05"
    assert french.message(message(M.ON_DAY, on_day="2026-05-01")) == "vendredi 1er\u00a0mai"
    assert english.message(message(M.ON_DAY, on_day="2026-05-01")) == "Friday 1\u00a0May"
    assert french.message(message(M.DURATION_HOURS, hours=1, minutes=5)) == "1\u00a0h\u00a005"
    assert french.message(message(M.DURATION_HOURS, hours=0, minutes=45)) == "45\u00a0min"
    assert i18n.format_countdown(100) == "1:40"
    assert i18n.format_signed_money(500, "fr") == "+5,00\u00a0€"


def test_plurals(translations: i18n.Translations) -> None:
    french, english = translations.for_language("fr"), translations.for_language("en")
    assert french(M.RESULTS_COUNT, count=0) == "0 idée"
    assert english(M.RESULTS_COUNT, count=0) == "0 ideas"
    assert french(M.PEOPLE, people=1) == "1 personne"
    assert french(M.PEOPLE, people=2) == "2 personnes"
    assert english(M.PIN_WRONG, left=1) == "Wrong code: 1 try left."


def test_catalogue_names_are_shown_as_they_are(translations: i18n.Translations) -> None:
    assert translations.for_language("fr").message(text("Été {price} : 100 %")) == "Été {price} : 100 %"


def test_a_language_without_catalogue_speaks_english(translations: i18n.Translations) -> None:
    assert translations.for_language("it").language == "en"


def test_a_missing_text_is_a_fault(translations: i18n.Translations) -> None:
    with pytest.raises(i18n.TranslationMissing):
        translations.for_language("fr")("no_such_text")


def test_compiled_catalogues_are_used_when_newer(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "zerot.po"
    source.write_bytes((FOLDER / "en" / "LC_MESSAGES" / "zerot.po").read_bytes())
    written = i18n.write_compiled(tmp_path)
    assert [path.name for path in written] == ["zerot.mo"]
    source.unlink()
    assert i18n.read_translations(tmp_path).for_language("en")("ui_back") == "Back"


def test_no_catalogue_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        i18n.read_translations(tmp_path)
