"""Where an import waits until duplicates are found and merits compared: a file on disk, so that memory stays flat.

One thread. The file is thrown away at the end, hence no journal and no fsync.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from domain.offers import Offer
from server.catalogue.merging import label_key, merge_group, merit_of
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


def staged_row(offer: Offer, *, past: bool = False) -> StagedRow:
    """Counts the merit and folds the words: the work of an offer that needs no other. Pure."""
    offer = replace(offer, merit=merit_of(offer))
    payload = offer_to_json(offer)
    payload[SEARCH_KEY] = search_row(payload)
    return StagedRow(offer.id, label_key(offer), offer.merit, dumps(payload), past)


class Staging:
    """Offers of one import, one row per id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.conn
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("PRAGMA synchronous=OFF")
        database.execute(
            "CREATE TABLE staged"
            " (id TEXT PRIMARY KEY, label TEXT NOT NULL, merit INTEGER NOT NULL, payload TEXT NOT NULL)"
        )
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
        values = (row.id, row.label, row.merit, row.payload)
        return self._connection.execute(f"{verb} INTO staged VALUES (?,?,?,?)", values).rowcount == 1

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
