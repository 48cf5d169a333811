"""The journal: every fact of this kiosk, appended, chained, durable before anybody hears of it.

One file a month (`journal_file`), one hash chain across them, one writer thread, one process (a file lock). `append`
blocks its caller until the fact is on the disk; callers are workers, never the main thread. Appends that wait at the
same time share one commit. Readers open connections of their own, in their own thread.
"""

from __future__ import annotations

import os
import queue
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Final, Self

from sqlite_utils import Database

from domain.canonical import JsonObject
from domain.facts import FIRST_PREVIOUS, Fact, FactKind, seal_fact
from domain.ports import Chance, Clock, Ids, id_bytes
from kiosk.store.journal_file import (
    JournalDamaged,
    JournalHead,
    JournalTrouble,
    SegmentMeta,
    create_schema,
    immediate,
    insert_facts,
    month_of,
    open_writable,
    read_meta,
    segment_path,
    segment_paths,
)
from kiosk.store.journal_read import JournalReader, Personal
from kiosk.store.journal_room import (
    BALLAST_NAME,
    ROOM_WANTED_BYTES,
    JournalInUse,
    make_ballast,
)

QUEUE_MAX: Final = 256
GROUP_MAX: Final = 64  # appends that may share one commit
SALT_BYTES: Final = 16
STOP_SECONDS: Final = 10.0


class JournalFull(JournalTrouble):
    """The disk is full; nothing was appended."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact to be. `personal` goes to the erasable side table, its salted hash into the body as `content_sha256`."""

    kind: str
    body: JsonObject
    fact_id: str | None = None
    personal: bytes | None = None
    # Of a fact that is appended again because its journal was damaged: its own time, and what stood beside it.
    occurred_at: int | None = None
    version: int = 1
    kept: Personal | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    drafts: tuple[Draft, ...]
    incarnation: int | None  # begin this one before the drafts
    answer: Future[tuple[Fact, ...]]


class Journal(JournalReader):
    """See the module. Make it with `open_journal`; close it at the end. Safe to call from any worker."""

    def __init__(
        self,
        directory: Path,
        territory: str,
        device: str,
        head: JournalHead,
        *,
        clock: Clock,
        ids: Ids,
        chance: Chance,
        boot: str,
        clock_offset: Callable[[], tuple[int, int] | None],
        room: Callable[[Path], int],
        lock: int,
    ) -> None:
        super().__init__(directory, device)
        self._territory = territory
        self._head = head
        self._clock, self._ids, self._chance, self._boot = clock, ids, chance, boot
        self._clock_offset, self._room = clock_offset, room
        self._lock = lock
        self._queue: queue.Queue[_Request | None] = queue.Queue(QUEUE_MAX)
        self._db: Database | None = None
        self._month = ""
        self._closed = False
        self._gate = Lock()
        self._thread = Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, close the file, give the lock back. May be called twice."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join(STOP_SECONDS)
        os.close(self._lock)

    def head(self) -> JournalHead:
        """The last durable fact."""
        return self._head

    def append(self, kind: str, body: JsonObject, fact_id: str | None = None) -> Fact:
        """Append one fact; returns when it is on the disk. Raises JournalFull, JournalTrouble, ValueError."""
        return self.append_all((Draft(kind, body, fact_id),))[0]

    def append_all(self, drafts: Sequence[Draft]) -> tuple[Fact, ...]:
        """Append several facts together or not at all."""
        return self._ask(_Request(tuple(drafts), None, Future()))

    def start_incarnation(
        self, number: int, reason: str, fork: JournalHead | None = None, then: Sequence[Draft] = ()
    ) -> Fact:
        """Begin another life of this journal, and append `then` in the same commit.

        ValueError unless `number` is greater than the present one.
        """
        told: JsonObject | None = None
        if fork is not None:
            told = {"incarnation": fork.incarnation, "sequence": fork.sequence, "hash": fork.hash.hex()}
        first = Draft(FactKind.INCARNATION, {"reason": reason, "fork": told})
        return self._ask(_Request((first, *then), number, Future()))[0]

    def last_place(self) -> tuple[int, int]:
        """Incarnation and sequence of the last durable fact; (0, 0) for an empty journal."""
        return self._head.incarnation, self._head.sequence

    def fork(self, number: int) -> Fact:
        """Begin incarnation `number` because the server knows more of this journal than it holds itself."""
        return self.start_incarnation(number, "restored", self._head if self._head.sequence else None)

    def has_room(self) -> bool:
        """Whether a whole purchase still fits: asked before a card is touched. Restores the reserve when it can."""
        if self._room(self._directory) < ROOM_WANTED_BYTES:
            return False
        return (self._directory / BALLAST_NAME).exists() or make_ballast(self._directory)

    def erase_personal(self, fact_id: str) -> bool:
        """Erase the personal content beside a fact; the chain still holds. False when there was none."""
        raw = id_bytes(fact_id)
        for path in segment_paths(self._directory):
            with closing(sqlite3.connect(path, timeout=5)) as connection:
                connection.execute("PRAGMA secure_delete=ON")
                db = Database(connection)
                with immediate(db):
                    found = db.execute("DELETE FROM personal WHERE fact_id = ?", (raw,)).rowcount
                if found:
                    return True
        return False

    def _ask(self, request: _Request) -> tuple[Fact, ...]:
        if not request.drafts:
            return ()
        with self._gate:  # so that nothing is queued behind the end, where nobody would answer it
            if self._closed:
                raise JournalTrouble("the journal is closed")
            self._queue.put(request)
        return request.answer.result()

    def _write_all(self) -> None:
        """The writer thread: owns the connection."""
        stopping = False
        while not stopping:
            first = self._queue.get()
            group: list[_Request] = []
            while first is not None:
                group.append(first)
                if len(group) == GROUP_MAX or self._queue.empty():
                    break
                first = self._queue.get()
            stopping = first is None
            if group:
                self._write_group(group)
        if self._db is not None:
            _finish(self._db)

    def _write_group(self, group: list[_Request]) -> None:
        """All in one commit; when that fails each alone, so that one bad request spoils nobody else's."""
        try:
            facts = self._commit(group)
        except Exception as error:  # noqa: BLE001 - handed to the callers, who wait in their own threads
            if len(group) == 1:
                group[0].answer.set_exception(error)
                return
            for request in group:
                self._write_group([request])
            return
        for request, made in zip(group, facts, strict=True):
            request.answer.set_result(made)

    def _commit(self, group: list[_Request]) -> list[tuple[Fact, ...]]:
        try:
            return self._transaction(group)
        except sqlite3.Error as error:
            if not _is_full(error):
                raise JournalTrouble(f"the journal could not be written: {error}") from error
        # Full in mid-purchase: give up the reserve and try once more. has_room() then says no to the next card.
        (self._directory / BALLAST_NAME).unlink(missing_ok=True)
        try:
            return self._transaction(group)
        except sqlite3.Error as error:
            raise JournalFull(f"the disk is full: {error}") from error

    def _transaction(self, group: list[_Request]) -> list[tuple[Fact, ...]]:
        now, monotonic = self._clock.now_ms(), self._clock.monotonic_ms()
        offset = self._clock_offset()
        head = self._head
        # A clock that goes back writes on in the newest file: months only grow, sequence is what orders.
        db = self._segment(max(self._month, month_of(now)))
        result: list[tuple[Fact, ...]] = []
        with immediate(db):
            for request in group:
                if request.incarnation is not None:
                    if request.incarnation <= head.incarnation:
                        raise ValueError(f"incarnation {request.incarnation} is not after {head.incarnation}")
                    head = JournalHead(request.incarnation, 0, FIRST_PREVIOUS)
                elif not head.sequence:
                    raise JournalTrouble("no incarnation was started")
                made = []
                for draft in request.drafts:
                    fact = self._seal(draft, head, now, monotonic, offset, db)
                    head = JournalHead(fact.incarnation, fact.sequence, fact.hash)
                    made.append(fact)
                insert_facts(db, made)
                result.append(tuple(made))
        self._head = head
        return result

    def _seal(
        self,
        draft: Draft,
        head: JournalHead,
        now: int,
        monotonic: int,
        offset: tuple[int, int] | None,
        db: Database,
    ) -> Fact:
        body, fact_id = draft.body, draft.fact_id or self._ids.new()
        if draft.personal is not None:
            salt = self._chance.token(SALT_BYTES)
            body = {**body, "content_sha256": sha256(salt + draft.personal).hexdigest()}
            db.execute("INSERT INTO personal VALUES (?, ?, ?)", (id_bytes(fact_id), salt, draft.personal))
        if draft.kept is not None:
            beside = (id_bytes(fact_id), draft.kept.salt, draft.kept.content)
            db.execute("INSERT INTO personal VALUES (?, ?, ?)", beside)
        return seal_fact(
            fact_id=fact_id,
            device=self._device,
            incarnation=head.incarnation,
            sequence=head.sequence + 1,
            kind=str(draft.kind),
            version=draft.version,
            occurred_at=now if draft.occurred_at is None else draft.occurred_at,
            monotonic_ms=monotonic,
            boot=self._boot,
            body=body,
            previous=head.hash,
            clock_offset_ms=None if offset is None else offset[0],
            clock_offset_age_ms=None if offset is None else offset[1],
        )

    def _segment(self, month: str) -> Database:
        """The open file of the month; another month opens another file, anchored to the head."""
        if self._db is not None and month == self._month:
            return self._db
        newest = max((path.stem.removeprefix("journal-") for path in segment_paths(self._directory)), default="")
        month = max(month, newest)
        db = open_writable(segment_path(self._directory, month))
        if read_meta(db, f"journal-{month}.db") is None:
            anchor = self._head if self._head.incarnation else None
            create_schema(db, SegmentMeta(self._territory, self._device, month, anchor))
        if self._db is not None:
            _finish(self._db)
        self._db, self._month = db, month
        return db


def _finish(db: Database) -> None:
    """Leave one whole file behind: a copy of it must not need the log beside it."""
    with suppress(sqlite3.Error):  # a reader may hold the last page: the next opening checkpoints again
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


__all__ = [
    "Draft",
    "Journal",
    "JournalDamaged",
    "JournalFull",
    "JournalHead",
    "JournalInUse",
    "JournalTrouble",
]
