"""Where an import waits until duplicates are found and merits compared: a file on disk, so that memory stays flat.

One thread. The file is thrown away at the end, hence no journal and no fsync.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from domain.offers import Offer, Picture
from server.catalogue.merging import label_key, merge_group, merit_of
from server.catalogue.pictures import Encoded
from server.catalogue.results import BlogPost, LibraryPhoto
from sync.content.catalogue_file import SEARCH_KEY, search_row
from sync.content.codec import Json, dumps, offer_from_json, offer_to_json


@dataclass(frozen=True, slots=True)
class StagedRow:
    """An offer ready to be staged: what duplicates are found by, and its JSON with its search words."""

    id: str
    label: str
    merit: int
    payload: str
    past: bool = False
    source_id: str = ""


def staged_row(offer: Offer, *, past: bool = False) -> StagedRow:
    """Counts the merit and folds the words: the work of an offer that needs no other. Pure."""
    offer = replace(offer, merit=merit_of(offer))
    payload = offer_to_json(offer)
    payload[SEARCH_KEY] = search_row(payload)
    source_id = offer.provenance[0].source_id if offer.provenance else ""
    return StagedRow(offer.id, label_key(offer), offer.merit, dumps(payload), past, source_id)


def post_to_json(post: BlogPost) -> Json:
    """A story as JSON."""
    picture = post.picture
    return {
        **{name: getattr(post, name) for name in _POST_WORDS},
        "day": post.day.isoformat() if post.day else None,
        "picture": [picture.key, picture.url, picture.author, picture.licence, picture.title] if picture else None,
        "position": [post.latitude, post.longitude],
    }


def post_from_json(value: Json) -> BlogPost:
    """What `post_to_json` wrote."""
    return BlogPost(
        **{name: value[name] for name in _POST_WORDS},
        day=date.fromisoformat(value["day"]) if value["day"] else None,
        picture=Picture(*value["picture"]) if value["picture"] else None,
        latitude=value["position"][0],
        longitude=value["position"][1],
    )


_POST_WORDS = ("source_id", "title", "quote", "text", "url", "author", "licence", "language")


class Staging:
    """Offers of one import, one row per id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.conn
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("PRAGMA synchronous=OFF")
        database.execute(
            "CREATE TABLE staged"
            " (id TEXT PRIMARY KEY, label TEXT NOT NULL, merit INTEGER NOT NULL, payload TEXT NOT NULL,"
            " source_id TEXT NOT NULL)"
        )
        database.execute("CREATE TABLE gone (source_id TEXT PRIMARY KEY)")
        database.execute(
            "CREATE TABLE photos (source_id TEXT PRIMARY KEY, words TEXT NOT NULL, large BLOB, small BLOB)"
        )
        database.execute("CREATE TABLE posts (source_id TEXT PRIMARY KEY, payload TEXT NOT NULL)")
        self._connection.execute("BEGIN")

    def add(self, offer: Offer) -> int:
        """Takes an offer. Gives how many records were merged away: 1 when its id was there."""
        return self.add_row(staged_row(offer))

    def add_row(self, row: StagedRow) -> int:
        """The same for a row made elsewhere."""
        if self._write("INSERT OR IGNORE", row):
            return 0
        found = self._connection.execute("SELECT payload FROM staged WHERE id = ?", (row.id,)).fetchone()
        # Two records of one id are one thing whatever else they say.
        both = [offer_from_json(json.loads(payload)) for payload in (found[0], row.payload)]
        self._write("INSERT OR REPLACE", staged_row(merge_group(both)[0]))
        return 1

    def _write(self, verb: str, row: StagedRow) -> bool:
        values = (row.id, row.label, row.merit, row.payload, row.source_id)
        return self._connection.execute(f"{verb} INTO staged VALUES (?,?,?,?,?)", values).rowcount == 1

    def add_post(self, post: BlogPost) -> int:
        """Takes a story; 1 when its identifier was there: the later one stays."""
        known = self._connection.execute("SELECT 1 FROM posts WHERE source_id = ?", (post.source_id,)).fetchone()
        values = (post.source_id, dumps(post_to_json(post)))
        self._connection.execute("INSERT OR REPLACE INTO posts VALUES (?,?)", values)
        return 1 if known else 0

    def add_photo(self, photo: LibraryPhoto) -> int:
        """Takes a photo; 1 when its name was there: the later one stays."""
        known = self._connection.execute("SELECT 1 FROM photos WHERE source_id = ?", (photo.source_id,)).fetchone()
        words = dumps([photo.encoded.key, photo.title, photo.author, photo.licence, photo.offer])
        values = (photo.source_id, words, photo.encoded.large, photo.encoded.small)
        self._connection.execute("INSERT OR REPLACE INTO photos VALUES (?,?,?,?)", values)
        return 1 if known else 0

    def photos(self) -> Iterator[LibraryPhoto]:
        """The photos, by name."""
        for source_id, words, large, small in self._connection.execute("SELECT * FROM photos ORDER BY source_id"):
            key, title, author, licence, offer = json.loads(words)
            yield LibraryPhoto(source_id, Encoded(key, large, small), title, author, licence, offer)

    def posts(self) -> Iterator[BlogPost]:
        """The stories, by identifier."""
        for (payload,) in self._connection.execute("SELECT payload FROM posts ORDER BY source_id"):
            yield post_from_json(json.loads(payload))

    def withdraw(self, source_id: str) -> None:
        """Its source says that this object is no more."""
        self._connection.execute("INSERT OR IGNORE INTO gone VALUES (?)", (source_id,))

    def withdrawn(self) -> Iterator[str]:
        """Identifiers that the source says are no more."""
        for (source_id,) in self._connection.execute("SELECT source_id FROM gone ORDER BY source_id"):
            yield source_id

    def source_ids(self) -> Iterator[str]:
        """Identifiers of every record that stands behind the offers."""
        for (payload,) in self._connection.execute("SELECT payload FROM staged"):
            for provenance in json.loads(payload)["details"].get("provenance", ()):
                yield provenance[1]

    def drop_withdrawn(self) -> int:
        """Offers of this import that it also withdraws: a deletion wins, whichever came first."""
        return self._connection.execute("DELETE FROM staged WHERE source_id IN (SELECT source_id FROM gone)").rowcount

    def merge(self) -> int:
        """Makes one of all records of one thing; gives how many were merged away."""
        self._connection.execute("CREATE INDEX staged_label ON staged (label)")
        shared = self._connection.execute(
            "SELECT label FROM staged WHERE label <> '' GROUP BY label HAVING count(*) > 1 ORDER BY label"
        ).fetchall()
        merged = 0
        for (label,) in shared:
            rows = self._connection.execute("SELECT payload FROM staged WHERE label = ? ORDER BY id", (label,))
            before = [offer_from_json(json.loads(payload)) for (payload,) in rows]
            after = merge_group(before)
            if len(after) == len(before):
                continue
            merged += len(before) - len(after)
            self._connection.execute("DELETE FROM staged WHERE label = ?", (label,))
            for offer in after:
                self._write("INSERT", staged_row(offer))
        return merged

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM staged").fetchone()[0])

    def rows(self) -> Iterator[Json]:
        """All offers as JSON with their search words, in order of merit: what `build_catalogue_from_json` takes."""
        found = self._connection.execute("SELECT payload FROM staged ORDER BY merit DESC, id")
        while batch := found.fetchmany(200):
            for (payload,) in batch:
                yield json.loads(payload)


@contextmanager
def open_staging(folder: Path | None = None) -> Iterator[Staging]:
    """A staging file under ``folder`` (the system's temporary folder by default), gone when the block ends."""
    with TemporaryDirectory(prefix="zerot-import-", dir=folder) as temporary:
        connection = sqlite3.connect(Path(temporary, "staged.db"), isolation_level=None)
        try:
            yield Staging(Database(connection))
        finally:
            connection.close()
