"""SOURCE of an import: paths, addresses, pages of an interface, what has not changed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.fetching import Validators
from server.catalogue.formats import FORMATS, Options
from server.catalogue.results import Kept
from server.catalogue.sources import SourceUnchanged, open_source
from tests.fixtures.catalogue_samples import concert, winery
from tests.fixtures.web import Page, Web, loopback_fetcher, web

AS_OF = date(2026, 11, 22)


@pytest.fixture
def site() -> Iterator[Web]:
    with web() as found:
        yield found


def names(source: str, folder: Path, *, pages: bool = False, known: Validators | None = None) -> list[str]:
    feed_format = FORMATS["datatourisme"]
    with (
        open_source(source, ".json", folder, known or Validators(), loopback_fetcher, pages=pages) as opened,
        feed_format.open(opened.path, Options(AS_OF)) as (feed, parser),
    ):
        outcomes = [o for piece in feed.pieces for o in parser.outcomes(piece)]
    return [o.offer.text("fr").name for o in outcomes if isinstance(o, Kept)]


def page(*objects: dict[str, Any], following: str | None = None) -> Page:
    return Page(json.dumps({"objects": objects, "meta": {"total": 2, "next": following}}).encode())


def test_a_zip_and_a_document_from_an_address(tmp_path: Path, site: Web) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("objects/a.json", json.dumps(winery()))
    site.pages["/feed"] = Page(out.getvalue())
    site.pages["/one"] = Page(json.dumps(concert()).encode())
    assert names(site.url("/feed"), tmp_path) == ["Caves de l'Œillet"]
    assert names(site.url("/one"), tmp_path) == ["Trio sous les platanes"]
    assert list(tmp_path.iterdir()) == []


def test_the_pages_of_an_interface_are_one_feed(tmp_path: Path, site: Web) -> None:
    site.pages["/v1?page=1"] = page(winery(), following="/v1?page=2")
    site.pages["/v1?page=2"] = page(concert())
    found = names(site.url("/v1?page=1"), tmp_path, pages=True)
    assert found == ["Caves de l'Œillet", "Trio sous les platanes"]
    assert names(site.url("/v1?page=1"), tmp_path) == ["Caves de l'Œillet"]


def test_pages_that_go_round_or_elsewhere(tmp_path: Path, site: Web) -> None:
    site.pages["/round"] = page(winery(), following="/round2")
    site.pages["/round2"] = page(winery(), following="/round2")
    with pytest.raises(FeedUnreadable, match="circles"):
        names(site.url("/round"), tmp_path, pages=True)
    site.pages["/away"] = page(winery(), following="https://elsewhere.example/")
    assert names(site.url("/away"), tmp_path, pages=True) == ["Caves de l'Œillet"]


def test_what_has_not_changed_is_not_imported(tmp_path: Path, site: Web) -> None:
    site.pages["/feed"] = Page(json.dumps(winery()).encode(), etag='"1"')
    with pytest.raises(SourceUnchanged):
        names(site.url("/feed"), tmp_path, known=Validators('"1"'))


@pytest.mark.parametrize(
    "source", ["file:///etc/passwd", "ftp://example.org/a.zip", "https://example.org/a b", "http://é.example/"]
)
def test_addresses_that_are_none(tmp_path: Path, source: str) -> None:
    with pytest.raises(FeedUnreadable) as caught:
        names(source, tmp_path)
    assert "\n" not in str(caught.value)
