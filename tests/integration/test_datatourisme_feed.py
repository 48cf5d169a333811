"""The real national feed of 2020, where it is at hand: nearly everything is kept, found and shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.store.catalogue import Catalogue, open_catalogue
from kiosk.store.catalogue_queries import TODAY, Chip, Query, Sort
from server.catalogue.cli import catalogue
from tests.fixtures.catalogue_samples import PARIS

DATA = Path(__file__).parents[3] / "shared" / "data" / "datatourisme"
FEED = DATA / "flux_centre_dev_2020.zip"
pytestmark = pytest.mark.skipif(not FEED.exists(), reason=f"{FEED} is not here")
THEN = datetime(2020, 9, 19, 15, 0, tzinfo=PARIS)
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=PARIS)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path]:
    into = tmp_path_factory.mktemp("feed") / "feed.db"
    result = CliRunner().invoke(
        catalogue, ["import", "datatourisme", str(FEED), "--into", str(into), "--as-of", "2020-08-20"]
    )
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), into


@pytest.fixture(scope="module")
def opened(imported: tuple[dict[str, object], Path]) -> Iterator[Catalogue]:
    found = open_catalogue(imported[1], thorough=True)
    yield found
    found.close()


def test_the_counts_add_up(imported: tuple[dict[str, object], Path], opened: Catalogue) -> None:
    summary = imported[0]
    assert summary["read"] == 1910
    kept, merged, rejected = (int(str(summary[name])) for name in ("kept", "merged", "rejected"))
    assert kept + merged + rejected == 1910
    assert kept >= 1850
    assert merged >= 5
    assert opened.about.offers == kept


def test_every_offer_has_its_words_and_is_found_by_its_name(opened: Catalogue) -> None:
    page, missed, seen = 0, [], 0
    while (found := opened.results(Query("", THEN, page=page, per_page=100, include_past=True))).offers:
        page += 1
        for offer in found.offers:
            seen += 1
            text = offer.text("fr")
            assert text.name == text.name.strip() != ""
            assert not re.search("<[a-z/]", f"{text.name} {text.pitch} {text.description}", re.IGNORECASE)
            assert len(text.pitch) <= 160
            assert offer.provenance[0].licence == "Licence Ouverte 2.0"
            assert offer.illustration
            hits = opened.search(text.name, THEN, 0, 12)
            if offer.id not in {hit.id for hit in hits.offers}:
                missed.append(text.name)
    assert seen == opened.about.offers
    # A name that is a frequent word ("La Loire") may stand past the first page; that stays rare.
    assert len(missed) <= seen // 100, missed


def test_then_and_now(opened: Catalogue) -> None:
    assert opened.results(Query(TODAY, THEN)).total >= 100
    assert opened.results(Query("events", THEN)).total >= 250
    assert opened.results(Query("events", NOW)).total == 0
    assert len(opened.home(THEN, None, 6)) == 6
    assert len(opened.home(NOW, None, 6)) == 6
    tonight = opened.results(Query("events", THEN, chips=frozenset((Chip.TONIGHT,)), sort=Sort.SOON))
    assert tonight.total >= 5
    for door in ("outings", "walks", "wine", "food", "stay", "services"):
        assert opened.results(Query(door, NOW)).total >= 20


def test_the_odd_objects_of_a_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        catalogue, ["import", "datatourisme", str(DATA / "sample_objects"), "--into", str(tmp_path / "s.db")]
    )
    summary = json.loads(result.stdout)
    assert (summary["read"], summary["kept"]) == (16, 16)
