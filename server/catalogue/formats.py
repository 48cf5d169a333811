"""Every FORMAT of ``zerot catalogue import``: how its files are called, how they are opened and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from server.catalogue import apidae_export
from server.catalogue.apidae import ApidaeParser
from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import JSON_SHAPE, Feed, Shape, open_feed
from server.catalogue.ical import CalendarParser
from server.catalogue.importing import PieceParser


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


@dataclass(frozen=True, slots=True)
class Format:
    """``suffix`` names a fetched file that is no zip. ``asks``: which of the options its command offers."""

    name: str
    title: str
    shape: Shape
    suffix: str
    parser: Callable[[Path, Options], PieceParser]
    asks: frozenset[str] = frozenset()
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
                frozenset(("commune", "author", "licence")),
            ),
        )
    }
)
