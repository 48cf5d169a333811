"""Keys of services: out of the address, into what is asked, and into nothing that people read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.fetching import Validators
from server.catalogue.results import Reason
from server.catalogue.sources import open_source
from server.curation.said import REASONS_FR, UNKNOWN, outcome_fr
from server.imports.keys import KeyRefused, encode_key, read_key_file, split_address, with_key, without_key
from tests.fixtures.catalogue_samples import winery
from tests.fixtures.web import Page, Web, loopback_fetcher, web

KEY = "s3cret-c1e"


@pytest.fixture
def site() -> Iterator[Web]:
    with web() as found:
        yield found


@pytest.mark.parametrize(
    ("address", "masked", "key"),
    [
        ("https://api.example/v1?api_key=K1&page=2", "https://api.example/v1?api_key={key}&page=2", "K1"),
        ("https://api.example/v1?page=2&Token=a%2Bb#x", "https://api.example/v1?page=2&Token={key}#x", "a%2Bb"),
        (
            "https://a.example/?query=%7B%22apiKey%22%3A%22K2%22%2C%22projetId%22%3A7%7D",
            "https://a.example/?query=%7B%22apiKey%22%3A%22{key}%22%2C%22projetId%22%3A7%7D",
            "K2",
        ),
        ("https://mairie:mot@a.example/x.ics", "https://mairie:{key}@a.example/x.ics", "mot"),
        ("https://a.example/{key}/x?token=y", "https://a.example/{key}/x?token=y", ""),
        ("https://a.example/monkey=3?keyword=vin", "https://a.example/monkey=3?keyword=vin", ""),
        ("/srv/agenda.ics", "/srv/agenda.ics", ""),
    ],
)
def test_a_key_is_taken_out_of_an_address(address: str, masked: str, key: str) -> None:
    assert split_address(address) == (masked, key)
    if key:
        assert with_key(masked, key) == address
        assert key not in without_key(f"{address} cannot be fetched", key)


def test_keys_as_people_have_them(tmp_path: Path) -> None:
    assert encode_key(" a+b/c \n") == "a%2Bb%2Fc"
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    assert read_key_file(path) == KEY
    path.write_text("two\nlines")
    with pytest.raises(KeyRefused) as refused:
        read_key_file(path)
    assert "two" not in str(refused.value)
    path.write_text("")
    with pytest.raises(KeyRefused, match="holds no key"):
        read_key_file(path)


def test_a_key_is_asked_with_and_told_by_nothing(tmp_path: Path, site: Web) -> None:
    site.pages[f"/v1?api_key={KEY}"] = Page(json.dumps(winery()).encode())
    masked = site.url("/v1?api_key={key}")
    with open_source(masked, ".json", tmp_path, Validators(), loopback_fetcher, key=KEY) as opened:
        assert json.loads(opened.path.read_bytes()) == winery()
        assert opened.address == masked
    missing = open_source(f"{masked}&gone=1", ".json", tmp_path, Validators(), loopback_fetcher, key=KEY)
    with pytest.raises(FeedUnreadable) as failed, missing:
        raise AssertionError("there is no such page")
    assert "cannot be fetched" in str(failed.value) and KEY not in str(failed.value)
    assert failed.value.__cause__ is None and failed.value.__suppress_context__


def test_every_reason_and_outcome_is_said_in_french() -> None:
    assert set(REASONS_FR) == set(Reason)
    assert outcome_fr("1 new drafts, 12 updated, 0 unchanged, 2 stories.") == (
        "1 nouveau brouillon, 12 mis à jour, 0 inchangé, 2 récits."
    )
    refused = outcome_fr("https://a.example cannot be fetched: the server answers with status 403.")
    assert refused == "Le service refuse l'accès (403) : vérifiez la clé."
    assert outcome_fr("something that nobody foresaw") == UNKNOWN
    assert outcome_fr("") == ""
