"""The catalogue file: one content version in one SQLite file, written by the server, read by the kiosk.

Built with ``journal_mode=DELETE`` so that a kiosk may open it ``mode=ro&immutable=1`` (a WAL file could not be), made
aside and renamed when it is complete and on disk. Rows stand in order of merit: the row number *is* the rank, so the
search can stop at the first few matches. ``search`` is a contentless FTS5 index of words folded by `sync.content.text`;
``words`` and ``trigrams`` find what a mistyped word may have meant. Format
`FORMAT_VERSION`; a reader knows `FORMATS_READ`.

`build_catalogue` streams: its memory does not grow with the number of offers.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from domain.offers import Offer, Tag
from sync.content.codec import Json, dumps, offer_to_json
from sync.content.text import STEM_MARK, STEMMED, index_words, stem_mark, synonym_marks, tokens, trigrams

FORMAT_VERSION = 2
# Version 1 has no stems in its index: it is searched all the same, a little less forgivingly.
FORMATS_READ = frozenset((1, 2))
APPLICATION_ID = 0x5A45524F  # "ZERO", so that `file` and a reader can tell the file
BATCH = 500
NO_END = "9999-12-31"
# Words of a description that are indexed: the rest of a long text finds nothing a visitor would type.
BODY_WORDS = 250
# Where an offer's JSON may carry its `search_row`, worked out before: folding words is most of the cost of a row.
SEARCH_KEY = "search"
TAG_BITS = {tag.value: 1 << bit for bit, tag in enumerate(Tag)}

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE offers (
    rank INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    category TEXT NOT NULL,
    commune TEXT NOT NULL,
    address TEXT NOT NULL,
    latitude REAL,
    longitude REAL,
    illustration TEXT NOT NULL,
    tags INTEGER NOT NULL,
    price_cents INTEGER,
    merit INTEGER NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    dated INTEGER NOT NULL,
    weekdays INTEGER NOT NULL,
    hours TEXT NOT NULL,
    dates TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE TABLE texts (
    rank INTEGER NOT NULL,
    language TEXT NOT NULL,
    name TEXT NOT NULL,
    pitch TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (rank, language)
) WITHOUT ROWID;
CREATE TABLE pictures (key TEXT NOT NULL, rank INTEGER NOT NULL, PRIMARY KEY (key, rank)) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(
    name, place, kind, body, content='', columnsize=0, detail=column, prefix='1 2 3',
    tokenize="unicode61 remove_diacritics 0"
);
CREATE TABLE words (number INTEGER PRIMARY KEY, word TEXT NOT NULL, offers INTEGER NOT NULL);
CREATE TABLE trigrams (piece TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (piece, number)) WITHOUT ROWID;
"""

_INSERT_OFFER = "INSERT INTO offers VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"

_INDEXES = """
CREATE UNIQUE INDEX offers_id ON offers (id);
CREATE INDEX offers_category ON offers (category, rank);
CREATE INDEX offers_dated ON offers (dated, last_day);
"""

# Words a visitor types for a door, French and English; every other class word comes from the type's own name.
CATEGORY_WORDS = {
    "outings": "sortie visite outing visit",
    "walks": "balade randonnee velo walk hike bike",
    "wine": "vin producteur wine producer",
    "food": "manger restaurant food eat",
    "deals": "bon plan deal",
    "events": "evenement agenda event",
    "stay": "hebergement dormir hotel stay sleep",
    "services": "service information",
    "settle": "emploi travail local installer job work premises settle",
}


class CatalogueError(Exception):
    """The offers given cannot make a catalogue; the message is one sentence for the person who runs the import."""


@dataclass(frozen=True, slots=True)
class CatalogueMeta:
    """What a catalogue says of itself. ``built_at`` is UTC, ISO 8601 with Z; it is given, never taken.

    ``extras`` is JSON of what is shown besides offers (``pushes``, ``wifi``: `sync.content.extras`), '' for nothing.
    """

    territory: str
    content_version: int
    built_at: str
    source: str = ""
    extras: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    path: Path
    offers: int
    by_category: dict[str, int]
    bytes: int


def picture_keys(offer: Offer) -> tuple[str, ...]:
    """The blobs of an offer's photos, best first; pictures not fetched yet have none."""
    return tuple(picture.key for picture in offer.pictures if picture.key)


def merit_order(offers: Iterable[Offer]) -> list[Offer]:
    """Greatest merit first, then by id: the order that `build_catalogue` wants. Holds them all: for small sets."""
    return sorted(offers, key=lambda offer: (-offer.merit, offer.id))


def build_catalogue(path: Path, offers: Iterable[Offer], meta: CatalogueMeta) -> Summary:
    """Writes ``path`` whole or not at all, from offers in order of merit; an older file there is replaced.

    Raises CatalogueError when merit rises on the way or an id comes twice, OSError when the disk refuses.
    """
    return build_catalogue_from_json(path, map(offer_to_json, offers), meta)


def build_catalogue_from_json(path: Path, offers: Iterable[Json], meta: CatalogueMeta) -> Summary:
    """The same for offers that `offer_to_json` wrote and nobody changed: stored drafts need not become objects."""
    path = Path(path)
    aside = path.with_name(f".{path.name}.building")
    aside.unlink(missing_ok=True)
    try:
        counts = _write(aside, offers, meta)
        size = aside.stat().st_size
        _fsync(aside)
        aside.replace(path)
        _fsync(path.parent)
    finally:
        aside.unlink(missing_ok=True)
        aside.with_name(aside.name + "-journal").unlink(missing_ok=True)
    return Summary(path, sum(counts.values()), dict(sorted(counts.items())), size)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, offers: Iterable[Json], meta: CatalogueMeta) -> Counter[str]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database = Database(connection)
        # The file is thrown away unless it is finished and fsynced: no rollback journal, no waiting on the way.
        for pragma in ("page_size=4096", "journal_mode=OFF", "synchronous=OFF", "cache_size=-16000", "temp_store=FILE"):
            database.execute(f"PRAGMA {pragma}")
        for statement in filter(str.strip, _SCHEMA.split(";\n")):
            database.execute(statement)
        counts: Counter[str] = Counter()
        with database.atomic():
            _insert(connection, offers, counts)
            _index_words(connection)
            for statement in filter(str.strip, _INDEXES.split(";\n")):
                try:
                    connection.execute(statement)
                except sqlite3.IntegrityError as error:
                    raise CatalogueError("two offers have the same identifier") from error
            database.table("meta").insert_all(_meta_rows(meta, counts))
        database.execute("INSERT INTO search(search) VALUES ('optimize')")
        database.execute("ANALYZE")
        database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        database.execute(f"PRAGMA user_version={FORMAT_VERSION}")
        # Leaves a rollback-mode header: what `immutable=1` readers need.
        database.execute("PRAGMA journal_mode=DELETE")
    return counts


def _meta_rows(meta: CatalogueMeta, counts: Counter[str]) -> Iterator[dict[str, str]]:
    values = {
        "format": str(FORMAT_VERSION),
        "territory": meta.territory,
        "content_version": str(meta.content_version),
        "built_at": meta.built_at,
        "source": meta.source,
        "offers": str(sum(counts.values())),
        "categories": dumps(dict(sorted(counts.items()))),
        **({"extras": meta.extras} if meta.extras else {}),
    }
    for key, value in values.items():
        yield {"key": key, "value": value}


def _insert(connection: sqlite3.Connection, offers: Iterable[Json], counts: Counter[str]) -> None:
    iterator = iter(offers)
    rank = 0
    merit: int | None = None
    while batch := list(islice(iterator, BATCH)):
        rows, texts, found, pictures = [], [], [], []
        for offer in batch:
            if merit is not None and offer["merit"] > merit:
                raise CatalogueError("offers must come in order of merit")
            merit = offer["merit"]
            rank += 1
            counts[offer["category"]] += 1
            rows.append(offer_row(rank, offer))
            texts += [(rank, code, *text) for code, text in sorted(offer["texts"].items())]
            found.append((rank, *(offer.get(SEARCH_KEY) or search_row(offer))))
            keys = [picture[0] for picture in offer["details"].get("pictures", ())]
            pictures += [(key, rank) for key in dict.fromkeys(keys) if key]
        connection.executemany(_INSERT_OFFER, rows)
        connection.executemany("INSERT INTO texts VALUES (?,?,?,?,?)", texts)
        connection.executemany("INSERT INTO search(rowid,name,place,kind,body) VALUES (?,?,?,?,?)", found)
        connection.executemany("INSERT INTO pictures VALUES (?,?)", pictures)


def offer_row(rank: int, offer: Json) -> tuple[Any, ...]:
    """The row of ``offers``: what lists filter and sort by in columns of its own, the rest as JSON."""
    first, last = day_bounds(offer["dates"])
    commune, address, latitude, longitude = offer["place"]
    weekdays = {day for period in offer["hours"].get("periods", ()) for day in period["weekdays"]}
    return (
        rank,
        offer["id"],
        offer["category"],
        commune,
        address,
        latitude,
        longitude,
        offer["illustration"],
        sum(TAG_BITS[tag] for tag in offer["tags"]),
        offer["price_cents"],
        offer["merit"],
        first,
        last,
        1 if offer["dates"] else 0,
        sum(1 << day for day in weekdays),
        dumps(offer["hours"]),
        dumps(offer["dates"]),
        dumps(offer["details"]),
    )


def day_bounds(dates: Json) -> tuple[str, str]:
    """First and last ISO day of an event; '' and `NO_END` for what has no dates, and for what never ends."""
    if not dates:
        return "", NO_END
    occurrences, recurrences = dates.get("occurrences", ()), dates.get("recurrences", ())
    firsts = [o["day"] for o in occurrences] + [r["first"] for r in recurrences]
    lasts = [o.get("last") or o["day"] for o in occurrences] + [r["last"] or NO_END for r in recurrences]
    return min(firsts), max(lasts)


def search_row(offer: Json) -> tuple[str, str, str, str]:
    """Folded words of an offer: its names, its place, what it is, what is said of it.

    Names and kinds are stemmed besides, each in its language: what a visitor has in mind. Stemming prose too would
    double the cost of an import, and its words are found by their beginnings all the same.
    """
    texts = offer["texts"]
    name = index_words(" ".join(dict.fromkeys(text[0] for text in texts.values()))).split()
    kinds = " ".join(_split_class(kind) for kind in offer["details"].get("types", ()))
    kind = index_words(f"{CATEGORY_WORDS[offer['category']]} {kinds}").split()
    words = BODY_WORDS * len(texts)
    said = index_words(" ".join(f"{pitch} {description}" for _, pitch, description in texts.values()), words).split()
    body = list(dict.fromkeys(said[:words]))
    name += _stems({code: text[0] for code, text in texts.items()})
    kind += [*_stems({"en": kinds}), *synonym_marks({*name, *kind})]
    return " ".join(name), index_words(offer["place"][0]), " ".join(kind), " ".join(body)


def _stems(said: Mapping[str, str]) -> list[str]:
    """Marks of the stems of texts by language, each once."""
    found = (stem_mark(word, code) for code, text in said.items() if code in STEMMED for word in tokens(text))
    return list(dict.fromkeys(mark for mark in found if mark))


def _split_class(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name)


def _index_words(connection: sqlite3.Connection) -> None:
    """The words of names and places (not of prose: nobody mistypes those), and their pieces."""
    connection.execute("CREATE VIRTUAL TABLE temp.seen USING fts5vocab(main, search, col)")
    # Copied aside first: the index may not be read while trigrams are written beside it in one statement stream.
    connection.execute(
        "INSERT INTO words(word, offers) SELECT term, max(doc) FROM seen WHERE col IN ('name', 'place')"
        " AND length(term) > 3 AND term NOT GLOB ? GROUP BY term ORDER BY term",
        (f"{STEM_MARK}*",),
    )
    connection.execute("DROP TABLE temp.seen")
    rows = connection.execute("SELECT number, word FROM words").fetchall
    for number, word in rows():
        connection.executemany("INSERT INTO trigrams VALUES (?,?)", [(piece, number) for piece in trigrams(word)])
