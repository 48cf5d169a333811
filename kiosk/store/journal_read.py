"""Reading the journal: what waits to be sent, open intents, personal content.

Called from any thread; each call opens connections of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from domain.facts import Fact
from domain.ports import id_bytes
from kiosk.store.journal_file import (
    SELECT_FACTS,
    JournalDamaged,
    fact_of_row,
    open_readable,
    segment_paths,
)
from kiosk.store.journal_verify import ChainBroken, ChainIntact, verify_files

BODY_BYTES_MAX: Final = 8 << 20  # of one reading: half of what a batch may be when plain
_CLOSING_RESULTS: Final = ("done", "not_done")


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal content beside a fact, and the salt of its hash."""

    salt: bytes
    content: bytes


def undecided(facts: Iterable[Fact]) -> dict[str, Fact]:
    """Purse intents without an outcome that decides (done or not done) among facts in order, by id."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind.startswith("purse.") and fact.kind.endswith(".intent"):
            found[fact.id] = fact
        elif fact.kind.endswith(".outcome") and fact.body.get("result") in _CLOSING_RESULTS:
            found.pop(str(fact.body.get("intent")), None)
    return found


class JournalReader:
    """The reading half of the journal."""

    def __init__(self, directory: Path, device: str) -> None:
        self._directory = directory
        self._device = device

    def facts_after(
        self, incarnation: int, sequence: int, limit: int, bytes_max: int = BODY_BYTES_MAX
    ) -> tuple[Fact, ...]:
        """The next facts after a place, in order, all of one incarnation and of one file, within `bytes_max` of bodies.

        Empty only when nothing follows; a single fact always fits. Raises JournalDamaged.
        """
        for db in self._databases():
            first = db.execute(
                "SELECT incarnation FROM facts WHERE (incarnation, sequence) > (?, ?)"
                " ORDER BY incarnation, sequence LIMIT 1",
                (incarnation, sequence),
            ).fetchone()
            if first is None:
                continue
            rows = db.execute(
                SELECT_FACTS + "WHERE incarnation = ? AND (incarnation, sequence) > (?, ?) ORDER BY sequence LIMIT ?",
                (first[0], incarnation, sequence, limit),
            )
            facts: list[Fact] = []
            size = 0
            for row in rows:
                size += len(row[10])
                if facts and size > bytes_max:
                    break
                facts.append(fact_of_row(row, self._device))
            return tuple(facts)
        return ()

    def iterate(self, incarnation: int = 0, sequence: int = 0) -> Iterator[Fact]:
        """Every fact after a place. The place is read again in pieces, so facts appended meanwhile are met too."""
        while facts := self.facts_after(incarnation, sequence, 1000):
            yield from facts
            incarnation, sequence = facts[-1].incarnation, facts[-1].sequence

    def count_after(self, incarnation: int, sequence: int) -> int:
        """How many facts follow a place."""
        statement = "SELECT count(*) FROM facts WHERE (incarnation, sequence) > (?, ?)"
        return sum(db.execute(statement, (incarnation, sequence)).fetchone()[0] for db in self._databases())

    def purse_facts(self) -> Iterator[Fact]:
        """Every intent and outcome, oldest first, by their index: for the sums that a kiosk keeps in memory."""
        statement = SELECT_FACTS + "WHERE kind LIKE 'purse.%' ORDER BY incarnation, sequence"
        for db in self._databases():
            for row in db.execute(statement):
                yield fact_of_row(row, self._device)

    def open_intents(self) -> tuple[Fact, ...]:
        """Intents without an outcome that decides (done or not done), oldest first: for the card worker at boot."""
        return tuple(undecided(self.purse_facts()).values())

    def of_kind(self, kind: str) -> Iterator[Fact]:
        """Every fact of a rare kind, oldest first; looks at all of them."""
        for db in self._databases():
            for row in db.execute(SELECT_FACTS + "WHERE kind = ? ORDER BY incarnation, sequence", (kind,)):
                yield fact_of_row(row, self._device)

    def last_of_kind(self, kind: str, fits: Callable[[Fact], bool] = lambda fact: True) -> Fact | None:
        """The newest fact of a kind that `fits`, looking from the end."""
        for db in self._databases(newest_first=True):
            rows = db.execute(SELECT_FACTS + "WHERE kind = ? ORDER BY incarnation DESC, sequence DESC", (kind,))
            for row in rows:
                fact = fact_of_row(row, self._device)
                if fits(fact):
                    return fact
        return None

    def personal(self, fact_id: str) -> Personal | None:
        """Personal content beside a fact; None when there was none or it was erased."""
        for db in self._databases():
            row = db.execute("SELECT salt, content FROM personal WHERE fact_id = ?", (id_bytes(fact_id),)).fetchone()
            if row is not None:
                return Personal(row[0], row[1])
        return None

    def verify(self) -> ChainIntact | ChainBroken:
        """Verify the whole journal; some seconds for 100 000 facts."""
        return verify_files(segment_paths(self._directory))

    def _databases(self, *, newest_first: bool = False) -> Iterator[Database]:
        """Each file's database in turn, open while the caller looks at it."""
        paths = segment_paths(self._directory)
        for path in reversed(paths) if newest_first else paths:
            with closing(open_readable(path).conn) as connection:
                db = Database(connection)
                try:
                    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                        yield db
                except sqlite3.Error as error:
                    raise JournalDamaged(f"{path.name} is damaged: {error}") from error
