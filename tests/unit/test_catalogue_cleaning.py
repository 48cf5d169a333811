"""Feed texts made safe: what a curator and a visitor must never see is gone, what was meant is kept."""

from __future__ import annotations

import re
import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.cleaning import (
    WORD_CHARS,
    clean_email,
    clean_line,
    clean_phone,
    clean_text,
    clean_url,
    cut,
    parse_cents,
    parse_number,
    repair_mojibake,
)

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("<>&;#/!\"'=abip \n\r\t\u202e\u2066\u200b\ufeff\u0301\ud800\x00Ââ€œ©"),
    ),
    max_size=200,
) | st.lists(
    st.sampled_from(
        [
            "<script>",
            "</script>",
            "&lt;",
            "&amp;lt;b&amp;gt;",
            "<b>",
            "<br/>",
            "<p",
            ">",
            "&#60;",
            "alert(1)",
            "é",
            "<!--",
            "-->",
            " ",
        ]
    ),
    max_size=15,
).map("".join)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Plain text", "Plain text"),
        ("  two   spaces\tand tab ", "two spaces and tab"),
        ("Vins &amp; fromages", "Vins & fromages"),
        ("Un<br>deux<br/>trois", "Un\ndeux\ntrois"),
        ("<p>Un</p>\n<p>Deux</p>", "Un\n\nDeux"),
        ("<ul><li>miel</li><li>huile</li></ul>", "• miel\n• huile"),
        ("avant<script>alert('x')</script>après", "avantaprès"),
        ("<style>p{color:red}</style>Texte", "Texte"),
        ("&lt;b&gt;gras&lt;/b&gt;", "gras"),
        ("&amp;lt;i&amp;gt;deux fois&amp;lt;/i&amp;gt;", "deux fois"),
        ("R&B, Vins&fromages", "R&B, Vins&fromages"),
        ("&eacutet&eacute et &copy;", "été et ©"),
        ("moins de 5 < 6 enfants", "moins de 5 < 6 enfants"),
        ("pays \u202egauche\u202c droite\u2066", "pays gauche droite"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("a\x00b\x07c", "abc"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("&l\u200bt;b&g\u200bt;gras", "gras"),
        ("â€\u00aerenversé", "renversé"),
        ("e\u0301te\u0301", "été"),
        ("Vallée du VendÃ´mois, 75 mÂ²", "Vallée du Vendômois, 75 m²"),
        ("lâ€™abbaye", "l’abbaye"),
        ("CHÂTEAU", "CHÂTEAU"),
        ("a\r\nb\r\n\r\n\r\nc", "a\nb\n\nc"),
        ("L’œuf « du » marché…", "L’œuf « du » marché…"),
        ("[b]Kivy[/b]", "[b]Kivy[/b]"),
    ],
)
def test_paragraphs(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_a_pile_of_marks_is_cut() -> None:
    assert clean_line("Z" + "\u0301" * 50 + "algo") == unicodedata.normalize("NFC", "Z\u0301\u0301\u0301algo")


def test_an_endless_word_is_cut() -> None:
    cleaned = clean_line("x" * 5_000 + " suite")
    assert cleaned.endswith("… suite")
    assert max(map(len, cleaned.split())) == WORD_CHARS


def test_a_huge_text_is_cut_between_words() -> None:
    cleaned = clean_text("mot " * 50_000, 100)
    assert len(cleaned) <= 100
    assert cleaned.endswith("mot…")


@given(HOSTILE)
def test_what_comes_out_is_inert_and_stable(raw: str) -> None:
    for clean in (clean_text(raw), clean_line(raw)):
        assert not re.search(r"<[A-Za-z/!?]", clean)
        assert all(
            unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") or c in "\n\u200c\u200d" for c in clean
        )
        assert "\n\n\n" not in clean
        assert clean == clean.strip()
        sqlite3.connect(":memory:").execute("SELECT ?", (clean,)).close()
    assert "\n" not in clean_line(raw)
    assert clean_text(clean_text(raw)) == clean_text(raw)
    assert clean_line(clean_line(raw)) == clean_line(raw)


@given(st.lists(st.text(alphabet="abcXYZ0189.,:;!?()-éèçœÀ’", min_size=1, max_size=WORD_CHARS), max_size=12))
def test_ordinary_words_are_kept(words: list[str]) -> None:
    assert clean_line("  ".join(words), 10_000) == " ".join(words)


@given(st.text(alphabet="éèàçùôîœ€’«»abc ", max_size=40))
def test_mojibake_is_undone(text: str) -> None:
    broken = text.encode().decode("cp1252", errors="ignore")
    if broken.encode("cp1252", errors="replace") == text.encode():
        assert repair_mojibake(broken) == text


@given(st.text(max_size=100), st.integers(1, 50))
def test_cut_never_exceeds(text: str, chars: int) -> None:
    assert len(cut(text, chars)) <= chars


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("www.example.org", "https://www.example.org"),
        ("HTTP://Example.org", "http://Example.org"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://user@evil.example\\@good.example", None),
        ("https://exa mple.org", None),
        ("https://example.org/" + "a" * 600, None),
        ("", None),
    ],
)
def test_urls(raw: str, url: str | None) -> None:
    assert clean_url(raw) == url


def test_contacts() -> None:
    assert clean_email(" Anne@Example.ORG ") == "Anne@example.org"
    assert clean_email("anne at example") is None
    assert clean_phone("+33 4\u00a065 71 00 00") == "+33 4 65 71 00 00"
    assert clean_phone("appelez-nous") is None


def test_numbers() -> None:
    assert parse_number("47,118113") == pytest.approx(47.118113)
    assert parse_number(" -0.5 ") == -0.5
    for wrong in (True, None, "12a", "", float("nan"), float("inf"), 10**400, "1e5", [1]):
        assert parse_number(wrong) is None
    assert parse_cents("12.5") == 1250
    assert parse_cents("-1") is None
    assert parse_cents("1000000") is None
