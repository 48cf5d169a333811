"""Every FORMAT of ``zerot catalogue import``: how its files are called, how they are opened and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from server.catalogue import apidae_export, photos
from server.catalogue.apidae import ApidaeParser
from server.catalogue.blog import BlogParser
from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import JSON_SHAPE, Feed, Shape, open_feed
from server.catalogue.ical import CalendarParser
from server.catalogue.importing import PieceParser
from server.catalogue.jsonld_page import PageParser
from server.catalogue.tables import TableParser


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who imports says of a feed; each format uses what concerns it.

    ``as_of`` is the day of the import. ``name`` parts sources of one format. ``commune`` stands in where an object
    names none. ``author`` and ``licence`` are those of texts and pictures that name none.
    """

    as_of: date
    name: str = ""
    selections: frozenset[str] = frozenset()
    commune: str = ""
    author: str = ""
    licence: str = ""
    kind: str = ""
    address: str = ""  # where the feed was fetched from, '' for files
    school: tuple[tuple[date, date], ...] = ()  # the days of the school holidays of the territory's zone


@dataclass(frozen=True, slots=True)
class Format:
    """``suffix`` names a fetched file that is no zip. ``asks``: which of the options its command offers."""

    name: str
    title: str
    shape: Shape
    suffix: str
    parser: Callable[[Path, Options], PieceParser]
    asks: frozenset[str] = frozenset()
    pages: bool = False  # an answer may name the address of its next page
    offers: bool = True  # False: what it brings are stories or photos, which no catalogue file can hold alone

    def source(self, options: Options) -> str:
        """The name that drafts keep of where they come from; at most 40 characters."""
        return f"{self.name}:{options.name}"[:40] if options.name else self.name

    @contextmanager
    def open(self, path: Path, options: Options) -> Iterator[tuple[Feed, PieceParser]]:
        """The feed at ``path`` and its reader. Raises FeedUnreadable."""
        with open_feed(path, self.shape) as feed:
            yield feed, self.parser(path, options)


def _datatourisme(path: Path, options: Options) -> PieceParser:
    return ObjectParser(options.as_of)


def _apidae(path: Path, options: Options) -> PieceParser:
    return ApidaeParser(options.as_of, apidae_export.read_references(path), options.selections)


def _ical(path: Path, options: Options) -> PieceParser:
    return CalendarParser(options.as_of, options.commune, options.licence, options.author)


def _rss(path: Path, options: Options) -> PieceParser:
    return BlogParser(options.as_of, options.author, options.licence)


def _jsonld(path: Path, options: Options) -> PieceParser:
    return PageParser(options.as_of, options.address, options.commune, options.author, options.licence)


def _table(source: str) -> Callable[[Path, Options], PieceParser]:
    def make(path: Path, options: Options) -> PieceParser:
        return TableParser(
            options.as_of, source, options.kind, options.commune, options.author, options.licence, options.school
        )

    return make


def _photos(path: Path, options: Options) -> PieceParser:
    captions = photos.read_captions(path)
    return photos.PhotoParser(options.as_of, captions, options.author, options.licence, options.address)


_WORDS = frozenset(("author", "licence"))

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        one.name: one
        for one in (
            Format(
                "datatourisme",
                "a DATAtourisme feed: its zip, a folder of objects, one JSON or CSV file",
                JSON_SHAPE,
                ".json",
                _datatourisme,
                pages=True,
            ),
            Format(
                "apidae",
                "an Apidae export (its zip or the folder) or an answer of the search interface",
                apidae_export.SHAPE,
                ".json",
                _apidae,
                frozenset(("selection",)),
            ),
            Format(
                "ical",
                "iCalendar files (.ics): one event, one offer",
                Shape(frozenset((".ics", ".ical", ".icalendar", ".ifb")), frozenset(), whole=True, noun="calendar"),
                ".ics",
                _ical,
                _WORDS | {"commune"},
            ),
            Format(
                "rss",
                "a blog's RSS or Atom feed: its posts become stories that a curator sets beside offers",
                Shape(frozenset((".xml", ".rss", ".atom", ".rdf")), frozenset(), whole=True, noun="RSS or Atom feed"),
                ".xml",
                _rss,
                _WORDS,
                offers=False,
            ),
            Format(
                "jsonld",
                "the schema.org data (JSON-LD) of web pages",
                Shape(frozenset((".html", ".htm", ".xhtml", ".jsonld")), frozenset(), whole=True, noun="web page"),
                ".html",
                _jsonld,
                _WORDS | {"commune"},
            ),
            Format(
                "csv",
                "a table (CSV) of producers, premises or jobs",
                Shape(frozenset((".csv", ".tsv", ".txt")), frozenset(), whole=True, noun="table"),
                ".csv",
                _table("csv"),
                _WORDS | {"commune", "kind"},
            ),
            Format(
                "geojson",
                "a map layer (GeoJSON) of producers, premises or jobs",
                Shape(frozenset((".geojson", ".json")), frozenset(), whole=True, noun="GeoJSON layer"),
                ".geojson",
                _table("geojson"),
                _WORDS | {"commune", "kind"},
            ),
            Format(
                "photos",
                "photos for the territory's library: a folder, a zip, a file or an address",
                photos.SHAPE,
                ".jpg",
                _photos,
                _WORDS,
                offers=False,
            ),
        )
    }
)
