"""The catalogue file: what is written reads back equal, whole or not at all, and old files stay readable."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.offers import Category, Offer
from kiosk.store.catalogue import CatalogueFailed, open_catalogue
from kiosk.store.catalogue_queries import Query
from sync.content.catalogue_file import CatalogueError, CatalogueMeta, build_catalogue, merit_order
from sync.content.codec import offer_from_json, offer_to_json
from sync.content.text import edit_distance, fold, index_words, stem, synonym_marks_of_prefix, tokens
from tests.fixtures.catalogue_samples import SUNDAY_AFTERNOON, canoe, offer

META = CatalogueMeta("bon-coin", 7, "2026-11-22T15:00:00Z", "test")
SAMPLE_V1 = Path(__file__).parents[1] / "fixtures" / "catalogue-v1.db"


def some_offers(count: int, seed: int = 1) -> list[Offer]:
    chance = random.Random(seed)
    return merit_order([canoe(), *(offer(number, chance) for number in range(count))])


def test_every_field_of_an_offer_survives(tmp_path: Path) -> None:
    offers = some_offers(40)
    summary = build_catalogue(tmp_path / "c.db", offers, META)
    assert summary.offers == 41
    assert summary.bytes == (tmp_path / "c.db").stat().st_size
    catalogue = open_catalogue(tmp_path / "c.db")
    for known in offers:
        assert catalogue.offer(known.id) == known
    assert catalogue.offer("unknown") is None
    assert catalogue.about.territory == "bon-coin"
    assert catalogue.about.content_version == 7
    assert catalogue.about.offers == 41
    catalogue.close()


def test_json_survives() -> None:
    for known in some_offers(30):
        assert offer_from_json(offer_to_json(known)) == known
    with pytest.raises(ValueError, match="not an offer"):
        offer_from_json({"id": "x"})


def test_rows_stand_in_order_of_merit(tmp_path: Path) -> None:
    build_catalogue(tmp_path / "c.db", some_offers(40), META)
    catalogue = open_catalogue(tmp_path / "c.db")
    page = catalogue.results(Query("", SUNDAY_AFTERNOON, per_page=50, include_past=True))
    merits = [known.merit for known in page.offers]
    assert len(merits) == 41
    assert merits == sorted(merits, reverse=True)
    catalogue.close()


def test_the_file_stands_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    build_catalogue(tmp_path / "c.db", some_offers(5), META)
    assert [path.name for path in tmp_path.iterdir()] == ["c.db"]
    # Bytes 18 and 19: 1 = rollback journal, 2 = WAL, which an immutable reader must not meet.
    assert (tmp_path / "c.db").read_bytes()[18:20] == b"\x01\x01"


def test_the_same_offers_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        build_catalogue(tmp_path / name, some_offers(50), META)
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()


def test_a_failed_build_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    build_catalogue(path, some_offers(5), META)
    before = path.read_bytes()
    with pytest.raises(CatalogueError, match="order of merit"):
        build_catalogue(path, reversed(some_offers(5)), META)
    with pytest.raises(CatalogueError, match="same identifier"):
        build_catalogue(path, [canoe(), canoe()], META)

    def broken() -> object:
        yield canoe()
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        build_catalogue(path, broken(), META)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["c.db"]


def test_an_empty_catalogue_is_a_catalogue(tmp_path: Path) -> None:
    build_catalogue(tmp_path / "c.db", [], META)
    catalogue = open_catalogue(tmp_path / "c.db")
    assert catalogue.home(SUNDAY_AFTERNOON, None) == ()
    assert catalogue.search("canoë", SUNDAY_AFTERNOON).total == 0
    assert catalogue.results(Query("food", SUNDAY_AFTERNOON)).total == 0
    catalogue.close()


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueFailed, match="missing"):
        open_catalogue(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("hello")
    with pytest.raises(CatalogueFailed):
        open_catalogue(tmp_path / "text.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(CatalogueFailed, match="not a catalogue"):
        open_catalogue(tmp_path / "other.db")
    build_catalogue(tmp_path / "new.db", some_offers(1), META)
    with closing(sqlite3.connect(tmp_path / "new.db")) as new:
        new.execute("PRAGMA user_version=99")
    with pytest.raises(CatalogueFailed, match="format 99"):
        open_catalogue(tmp_path / "new.db")


def test_a_file_of_format_1_still_loads() -> None:
    catalogue = open_catalogue(SAMPLE_V1)
    found = catalogue.search("canoe", SUNDAY_AFTERNOON)
    assert found.offers[0] == canoe()
    assert catalogue.about.offers == 13
    catalogue.close()


def test_folding() -> None:
    assert fold("𝕊ℌ İ ﬁ ½") == "sh i fi 1⁄2"
    assert fold("Œuf à l’Æther ÉÈÇ ß") == "oeuf a l'aether eec ss"
    assert tokens("L’abbaye d'Or, qu'on aime: aujourd'hui!") == ["abbaye", "or", "on", "aime", "aujourd", "hui"]
    assert stem("chevaux") == stem("cheval") == "cheval"
    assert stem("bateaux") == "bateau"
    assert stem("canoes") == stem("canoe")
    assert stem("wineries") == stem("winery")
    assert "cheval" in index_words("Les chevaux").split()
    assert synonym_marks_of_prefix("bicyclette") == synonym_marks_of_prefix("bike") == ["syn0velo"]


@given(st.text(max_size=60))
def test_folding_is_stable_and_words_are_safe_in_a_query(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(word.isalnum() for word in tokens(text))


@given(st.text("abcd", min_size=1, max_size=7), st.text("abcd", min_size=1, max_size=7), st.integers(0, 3))
def test_edit_distance_is_that_of_the_best_beginning(typed: str, word: str, limit: int) -> None:
    def full(one: str, other: str) -> int:
        table = [[i + j if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
        for i in range(1, len(one) + 1):
            for j in range(1, len(other) + 1):
                table[i][j] = min(
                    table[i - 1][j] + 1,
                    table[i][j - 1] + 1,
                    table[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
                )
                if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                    table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
        return table[-1][-1]

    best = min(full(typed, word[:end]) for end in range(len(word) + 1))
    assert edit_distance(typed, word, limit) == min(best, limit + 1)


def test_counts_by_category(tmp_path: Path) -> None:
    offers = [
        replace(canoe(), id=f"{category.value}-{n}", category=category) for category in Category for n in range(3)
    ]
    summary = build_catalogue(tmp_path / "c.db", offers, META)
    assert summary.by_category == {category.value: 3 for category in Category}
