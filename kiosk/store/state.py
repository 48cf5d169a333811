"""`state.db`: what can be rebuilt from the journal, the feeds and the server. WAL, one connection under a lock.

Feed documents are kept verbatim with their signatures and verified each time they are loaded, so that a file that was
tampered with gives nothing to anybody. PIN misses and locks live here so that a restart does not forgive them.
Safe to call from any worker; every write is durable when the call returns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, cast

from sqlite_utils import Database, Migrations

from kiosk.store.journal_file import immediate
from kiosk.store.journal_retention import Mark
from sync.feeds import Recipient, judge_kept
from sync.protocol import (
    START,
    Cursor,
    FeedEntry,
    Head,
    WireError,
    build_json,
    decode_binary,
    encode_binary,
    parse_cursor,
    parse_json_object,
)

STATE_FILE: Final = "state.db"
PIN_MISSES_MAX: Final = 5  # design note "The card": five misses lock the card for 15 minutes on this kiosk
PIN_LOCK_MS: Final = 15 * 60 * 1000
DOCUMENT_BYTES_MAX: Final = 4 << 20


class StateTrouble(Exception):
    """state.db cannot be used; it may be deleted and is then rebuilt. One sentence that names the file."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The last measured difference server − device, and the device's monotonic time and boot then."""

    offset_ms: int
    measured_monotonic_ms: int
    boot: str


def build_migrations() -> Migrations:
    """The schema's history; a change is a new function, never an edit."""
    migrations = Migrations("zerot-state")

    @migrations()
    def first(db: Database) -> None:
        for statement in (
            "CREATE TABLE value (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
            "CREATE TABLE feed (feed TEXT PRIMARY KEY, number INTEGER NOT NULL, document TEXT NOT NULL,"
            " signature TEXT NOT NULL) STRICT, WITHOUT ROWID",
            "CREATE TABLE pin (card_number TEXT PRIMARY KEY, misses INTEGER NOT NULL,"
            " locked_until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        ):
            db.execute(statement)

    return migrations


class KioskState:
    """See the module; also the engine's sync.ports.StatePort."""

    def __init__(self, path: Path, recipient: Recipient, *, boot: str) -> None:
        """Open or create. Raises StateTrouble."""
        self._recipient, self._boot, self._lock = recipient, boot, Lock()
        self._damaged_before: frozenset[bytes] = frozenset()  # by the last but one look of `cursor`
        self._damaged_last: frozenset[bytes] = frozenset()
        try:
            self._db = Database(sqlite3.connect(path, timeout=5, check_same_thread=False))
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            build_migrations().apply(self._db)
        except sqlite3.Error as error:
            raise StateTrouble(f"{path.name} cannot be opened: {error}") from error
        path.chmod(0o600)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _write(self) -> Generator[Database]:
        with self._lock:
            try:
                with immediate(self._db):
                    yield self._db
            except sqlite3.Error as error:
                raise StateTrouble(f"{STATE_FILE} could not be written: {error}") from error

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return list(self._db.execute(sql, values).fetchall())
            except sqlite3.Error as error:
                raise StateTrouble(f"{STATE_FILE} could not be read: {error}") from error

    def _value(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM value WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def _set(self, db: Database, key: str, value: str) -> None:
        db.execute(
            "INSERT INTO value VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    # What sync keeps here

    def acknowledged(self) -> Head | None:
        """How far the server durably has our facts."""
        text = self._value("acknowledged")
        if not text:
            return None
        incarnation, sequence = text.split(".")
        return Head(int(incarnation), int(sequence))

    def set_acknowledged(self, head: Head | None) -> None:
        with self._write() as db:
            self._set(db, "acknowledged", "" if head is None else f"{head.incarnation}.{head.sequence}")

    def cursor(self) -> Cursor:
        """How far the feeds were read. START while a kept entry is damaged or another's: else it never came again."""
        text = self._value("cursor")
        self._damaged_before, self._damaged_last = self._damaged_last, self._read_feeds()[1]
        if not text or self._damaged_last:
            return START
        try:
            return parse_cursor(text)
        except WireError:
            return START

    def kept_feeds(self) -> Mapping[str, FeedEntry]:
        """Every kept entry whose signature still holds and that is ours; expired ones are included."""
        return self._read_feeds()[0]

    def _read_feeds(self) -> tuple[dict[str, FeedEntry], frozenset[bytes]]:
        """The entries that hold, and the names of those that do not, as bytes: damaged text may not be UTF-8."""
        kept: dict[str, FeedEntry] = {}
        damaged: set[bytes] = set()
        columns = "CAST(feed AS BLOB), number, CAST(document AS BLOB), CAST(signature AS BLOB)"
        rows = cast(list[tuple[bytes, int, bytes, bytes]], self._rows(f"SELECT {columns} FROM feed"))  # noqa: S608
        for name, number, document, signature in rows:
            try:
                raw = parse_json_object(document, DOCUMENT_BYTES_MAX)
                binary = decode_binary(signature.decode("ascii", "replace"))
            except WireError:
                damaged.add(name)
                continue
            entry = FeedEntry(name.decode("utf-8", "replace"), number, raw, binary)
            if judge_kept(entry, self._recipient) is None:
                kept[entry.feed] = entry
            else:
                damaged.add(name)
        return kept, frozenset(damaged)

    def document(self, feed: str) -> Mapping[str, object] | None:
        """The verified document of a feed; None when there is none that can be believed."""
        entry = self.kept_feeds().get(feed)
        return None if entry is None else entry.document

    def save_feeds(self, entries: tuple[FeedEntry, ...], cursor: Cursor | None) -> None:
        """Keep `entries`. A cursor after a start from scratch forgets damaged feeds that did not come again.

        Only those already damaged at the last two looks: what broke after the request was sent did not count in it.
        """
        with self._write() as db:
            if cursor is not None:
                for name in self._damaged_before & self._damaged_last:
                    db.execute("DELETE FROM feed WHERE CAST(feed AS BLOB) = ?", (name,))
            for entry in entries:
                db.execute(
                    "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?)",
                    (
                        entry.feed,
                        entry.number,
                        build_json(entry.document).decode(),
                        encode_binary(entry.signature),
                    ),
                )
            if cursor is not None:
                self._set(db, "cursor", str(cursor))

    def record_contact(self, server_ms: int, device_ms: int, monotonic_ms: int) -> None:
        measured = {
            "offset": server_ms - device_ms,
            "monotonic": monotonic_ms,
            "boot": self._boot,
            "at": device_ms,
        }
        with self._write() as db:
            self._set(db, "contact", json.dumps(measured))

    def revoked(self) -> bool:
        """Whether the server said that this device is no more: so until the server says else, over restarts too."""
        return self._value("revoked") == "1"

    def set_revoked(self, revoked: bool) -> None:
        with self._write() as db:
            self._set(db, "revoked", "1" if revoked else "")

    def last_bundle_ms(self) -> int:
        """When the newest bundle that was taken was made, by the server's clock; 0 for never."""
        return int(self._value("bundle") or "0")

    def record_bundle(self, issued_at: int) -> None:
        """A bundle that the server made at `issued_at` was taken."""
        with self._write() as db:
            self._set(db, "bundle", str(issued_at))

    def marks(self) -> tuple[Mark, ...]:
        """When, by its own clock, the server had how much: what retention counts its 90 days from."""
        return tuple(
            Mark(at, (incarnation, sequence)) for at, incarnation, sequence in json.loads(self._value("marks") or "[]")
        )

    def set_marks(self, marks: Sequence[Mark]) -> None:
        with self._write() as db:
            self._set(db, "marks", json.dumps([[mark.server_ms, *mark.place] for mark in marks]))

    def last_server_ms(self) -> int:
        """The server's own time when it last answered; 0 for never. A clock of ours that was wrong is not in it."""
        text = self._value("contact")
        if not text:
            return 0
        found = json.loads(text)
        return int(found["at"]) + int(found["offset"])

    def last_contact_ms(self) -> int | None:
        """The device's time when the server last answered, or made the newest bundle; None for never."""
        text, bundle = self._value("contact"), self.last_bundle_ms()
        answered = int(json.loads(text)["at"]) if text else None
        return max(answered or 0, bundle) or None

    def clock_offset(self) -> ClockOffset | None:
        text = self._value("contact")
        if not text:
            return None
        found = json.loads(text)
        return ClockOffset(int(found["offset"]), int(found["monotonic"]), str(found["boot"]))

    def clock_offset_now(self, monotonic_ms: Callable[[], int]) -> tuple[int, int] | None:
        """Offset and its age for new facts; None when not measured since this boot, as its age is then unknown."""
        found = self.clock_offset()
        if found is None or found.boot != self._boot:
            return None
        return found.offset_ms, max(0, monotonic_ms() - found.measured_monotonic_ms)

    # What the desk keeps here

    def pin_locked_until(self, card_number: str, now_ms: int) -> int | None:
        """When the card's lock ends, None when it is not locked. A clock set forward does not lock longer than due."""
        rows = self._rows("SELECT misses, locked_until_ms FROM pin WHERE card_number = ?", (card_number,))
        if not rows or int(str(rows[0][0])) < PIN_MISSES_MAX:
            return None
        until = int(str(rows[0][1]))
        return until if now_ms < until else None

    def pin_missed(self, card_number: str, now_ms: int) -> int:
        """Count a wrong PIN, durably, before the answer is shown; how many tries remain (0: locked now)."""
        rows = self._rows("SELECT misses, locked_until_ms FROM pin WHERE card_number = ?", (card_number,))
        misses = int(str(rows[0][0])) if rows else 0
        if misses >= PIN_MISSES_MAX:
            misses = 0  # the lock has run out: a new round
        misses += 1
        until = now_ms + PIN_LOCK_MS if misses >= PIN_MISSES_MAX else 0
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO pin VALUES (?, ?, ?)", (card_number, misses, until))
        return PIN_MISSES_MAX - misses

    def pin_right(self, card_number: str) -> None:
        """Forget the misses after a right PIN."""
        with self._write() as db:
            db.execute("DELETE FROM pin WHERE card_number = ?", (card_number,))
