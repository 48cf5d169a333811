"""One monthly file of the journal: its schema, its guards, and reading rows back as facts.

Format 1. `facts` and `meta` refuse UPDATE and DELETE by trigger; `personal` may be erased, never rewritten. `meta`
holds the anchor: the head of the journal before this file's first fact, so that a file can be verified when older
ones are gone. Everything goes through sqlite-utils; a connection belongs to the thread that opened it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from sqlite_utils import Database

from domain.canonical import JsonObject, canonical_bytes
from domain.facts import Fact
from domain.ports import format_id, id_bytes

FORMAT: Final = 1
APPLICATION_ID: Final = 0x5A4A524E  # "ZJRN"
BUSY_TIMEOUT_MS: Final = 5_000
# A month of the busiest kiosk is some 60 MB; beyond this something is writing facts in a loop.
SEGMENT_BYTES_MAX: Final = 2 << 30
PAGE_BYTES: Final = 4096

_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE facts (
    incarnation INTEGER NOT NULL CHECK (incarnation > 0),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    monotonic_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    clock_offset_ms INTEGER,
    clock_offset_age_ms INTEGER,
    body TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (incarnation, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX facts_purse ON facts (kind) WHERE kind LIKE 'purse.%';
CREATE TABLE personal (
    fact_id BLOB PRIMARY KEY,
    salt BLOB NOT NULL,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER facts_stay BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;
CREATE TRIGGER facts_fixed BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TRIGGER meta_stays BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'meta is never deleted'); END;
CREATE TRIGGER meta_fixed BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'meta is never changed'); END;
CREATE TRIGGER personal_fixed BEFORE UPDATE ON personal
BEGIN SELECT RAISE(ABORT, 'personal content is erased, never changed'); END
"""

# Columns in the order that `fact_of_row` and `journal_verify` read them.
SELECT_FACTS: Final = """
SELECT incarnation, sequence, id, kind, version, occurred_at, monotonic_ms, boot, clock_offset_ms,
    clock_offset_age_ms, body, previous, content_hash, hash FROM facts """
_INSERT: Final = """
INSERT INTO facts (incarnation, sequence, id, kind, version, occurred_at, monotonic_ms, boot, clock_offset_ms,
    clock_offset_age_ms, body, previous, content_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class JournalTrouble(Exception):
    """The journal cannot be used. The message is one sentence that names the file."""


class JournalDamaged(JournalTrouble):
    """The content is not what was written: tampering, a bad disk, or a file of something else."""


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The last fact of a journal; sequence 0 and 32 zero bytes before the first of an incarnation."""

    incarnation: int
    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SegmentMeta:
    """What a file says of itself. `anchor` is the journal's head before its first fact, None for the first file."""

    territory: str
    device: str
    month: str
    anchor: JournalHead | None


def month_of(unix_ms: int) -> str:
    """'2026-11' in UTC."""
    return datetime.fromtimestamp(unix_ms / 1000, tz=UTC).strftime("%Y-%m")


def segment_path(directory: Path, month: str) -> Path:
    return directory / f"journal-{month}.db"


def segment_paths(directory: Path) -> list[Path]:
    """Every file of the journal, oldest first."""
    return sorted(directory.glob("journal-[0-9][0-9][0-9][0-9]-[0-9][0-9].db"))


def open_writable(path: Path) -> Database:
    """Open or create a segment for writing, WAL and FULL. Raises JournalTrouble."""
    fresh = not path.exists()
    try:
        db = Database(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000))
        db.execute(f"PRAGMA page_size={PAGE_BYTES}")
        mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA max_page_count={SEGMENT_BYTES_MAX // PAGE_BYTES}")
        db.execute("PRAGMA trusted_schema=OFF")
    except sqlite3.Error as error:
        if is_damage(error):
            raise JournalDamaged(f"{path.name} is damaged: {error}") from error
        raise JournalTrouble(f"{path.name} cannot be opened: {error}") from error
    if mode != "wal":
        raise JournalTrouble(f"{path.name} cannot use a write-ahead file on this disk")
    if fresh:
        path.chmod(0o600)
        fsync_directory(path.parent)
    return db


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is wrong, not the disk, its room or a lock."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_readable(path: Path) -> Database:
    """Open a segment for reading in the calling thread. Raises JournalTrouble."""
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        return Database(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1000))
    except sqlite3.Error as error:
        raise JournalTrouble(f"{path.name} cannot be read: {error}") from error


def fsync_directory(directory: Path) -> None:
    """Make names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def immediate(db: Database) -> Generator[None]:
    """One IMMEDIATE transaction. `db.atomic()` would begin a deferred one, which may fail late with 'locked'."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:
            db.rollback()
        raise
    else:
        try:
            db.commit()
        except BaseException:
            if db.conn.in_transaction:
                db.rollback()
            raise


def create_schema(db: Database, meta: SegmentMeta) -> None:
    """Make the tables and the meta rows in one transaction; a file left empty by a crash is completed so."""
    anchor = meta.anchor
    rows = {
        "format": str(FORMAT),
        "territory": meta.territory,
        "device": meta.device,
        "month": meta.month,
        "anchor": "" if anchor is None else f"{anchor.incarnation} {anchor.sequence} {anchor.hash.hex()}",
    }
    with immediate(db):
        for statement in _SCHEMA.split(";\nCREATE"):
            db.execute(statement if statement.lstrip().startswith("CREATE") else f"CREATE{statement}")
        for key, value in rows.items():
            db.execute("INSERT INTO meta VALUES (?, ?)", (key, value))
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")


def read_meta(db: Database, name: str) -> SegmentMeta | None:
    """The meta rows, None for a file that a crash left without tables. Raises JournalDamaged."""
    try:
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
        rows = dict(db.execute("SELECT key, value FROM meta").fetchall())
        if rows["format"] != str(FORMAT):
            raise JournalDamaged(f"{name} has format {rows['format'][:8]}, this program reads {FORMAT}")
        anchor = None
        if rows["anchor"]:
            incarnation, sequence, digest = rows["anchor"].split(" ")
            anchor = JournalHead(int(incarnation), int(sequence), bytes.fromhex(digest))
        return SegmentMeta(rows["territory"], rows["device"], rows["month"], anchor)
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise JournalDamaged(f"{name} is not a journal, or is damaged: {error}") from error


def missing_guards(db: Database) -> list[str]:
    """Names of guards that somebody took away; a journal without them is not append-only any more."""
    present = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()}
    return sorted({"facts_stay", "facts_fixed", "meta_stays", "meta_fixed", "personal_fixed"} - present)


def insert_facts(db: Database, facts: Sequence[Fact]) -> None:
    """Within a transaction of the caller."""
    for fact in facts:
        db.execute(
            _INSERT,
            (
                fact.incarnation,
                fact.sequence,
                id_bytes(fact.id),
                fact.kind,
                fact.version,
                fact.occurred_at,
                fact.monotonic_ms,
                fact.boot,
                fact.clock_offset_ms,
                fact.clock_offset_age_ms,
                canonical_bytes(fact.body).decode(),
                fact.previous,
                fact.content_hash,
                fact.hash,
            ),
        )


def fact_of_row(row: Sequence[object], device: str) -> Fact:
    """A fact from a row of SELECT_FACTS. Raises JournalDamaged."""
    (
        incarnation,
        sequence,
        raw_id,
        kind,
        version,
        occurred_at,
        monotonic,
        boot,
        offset,
        age,
        body,
        *hashes,
    ) = row
    try:
        return Fact(
            id=format_id(cast(bytes, raw_id)),
            device=device,
            incarnation=cast(int, incarnation),
            sequence=cast(int, sequence),
            kind=cast(str, kind),
            version=cast(int, version),
            occurred_at=cast(int, occurred_at),
            monotonic_ms=cast(int, monotonic),
            boot=cast(str, boot),
            clock_offset_ms=cast("int | None", offset),
            clock_offset_age_ms=cast("int | None", age),
            body=cast(JsonObject, json.loads(cast(str, body))),
            previous=cast(bytes, hashes[0]),
            content_hash=cast(bytes, hashes[1]),
            hash=cast(bytes, hashes[2]),
        )
    except (ValueError, TypeError) as error:
        raise JournalDamaged(f"fact {incarnation}/{sequence} cannot be read: {error}") from error
