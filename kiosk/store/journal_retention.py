"""Retention: whole monthly files go 90 days after the server has them and their till is closed, oldest first.

The time is the server's: a clock of ours that runs ahead removes nothing. What goes leaves a line in `anchors.jsonl`,
signed with the device key: which facts the file held, their last hash, the file's own SHA-256, the closing that covers
it. So the chain can be verified from the first file that is left, and nobody can take files away unnoticed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from domain.canonical import JsonObject, canonical_bytes
from kiosk.store.journal_file import JournalHead as Head
from kiosk.store.journal_file import (
    SegmentMeta,
    fsync_directory,
    open_readable,
    open_writable,
    read_meta,
    segment_path,
    segment_paths,
)
from sync.keys import verify_p256
from sync.wire import WireError, decode_binary, encode_binary

ANCHORS: Final = "anchors.jsonl"
ANCHOR_TAG: Final = b"zerot-anchor-1"
KEPT_DAYS: Final = 90  # so that a server restored from an old backup can still ask for what it lost
DAY_MS: Final = 86_400_000
# A purchase still in doubt holds its file back, in case its card comes again here; not for ever.
DOUBT_DAYS: Final = 400
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """At `server_ms` the server had everything up to `place`."""

    server_ms: int
    place: Place


def add_mark(marks: Sequence[Mark], server_ms: int, place: Place) -> tuple[Mark, ...]:
    """The marks with today's, at most one a day; the newest that is old enough stays, older ones go."""
    days = {mark.server_ms // DAY_MS: mark for mark in marks}
    days.setdefault(server_ms // DAY_MS, Mark(server_ms, place))
    ordered = sorted(days.values(), key=lambda mark: mark.server_ms)
    old = [mark for mark in ordered if mark.server_ms <= server_ms - KEPT_DAYS * DAY_MS]
    return tuple(mark for mark in ordered if mark not in old[:-1])


def long_acknowledged(marks: Sequence[Mark], server_ms: int) -> Place:
    """The place that the server has had for 90 days; (0, 0) for none."""
    limit = server_ms - KEPT_DAYS * DAY_MS
    return max((mark.place for mark in marks if mark.server_ms <= limit), default=(0, 0))


@dataclass(frozen=True, slots=True)
class Segment:
    """A file as retention sees it. `first` and `last` are None for a file without facts."""

    path: Path
    meta: SegmentMeta
    facts: int
    first: Place | None
    last: Head | None


def read_segment(path: Path) -> Segment | None:
    """None for a file that a crash left without tables. Raises JournalTrouble, sqlite3.Error."""
    with closing(open_readable(path).conn) as connection:
        cursor = connection.cursor()
        meta = read_meta(Database(connection), path.name)
        if meta is None:
            return None
        first = cursor.execute(
            "SELECT incarnation, sequence FROM facts ORDER BY incarnation, sequence LIMIT 1"
        ).fetchone()
        last = cursor.execute(
            "SELECT incarnation, sequence, hash FROM facts ORDER BY incarnation DESC, sequence DESC LIMIT 1"
        ).fetchone()
        facts = cursor.execute("SELECT count(*) FROM facts").fetchone()[0]
    return Segment(path, meta, facts, first, Head(*last) if last else None)


def removable(
    directory: Path, acknowledged: Place, closed: Place, doubts: Sequence[tuple[Place, int]], server_ms: int
) -> list[Segment]:
    """Files that may go: all but the newest, each wholly before `acknowledged` (for 90 days) and `closed`.

    `closed` is the last place that an acknowledged till closing covers; `doubts` are the places and times of purchases
    that are undecided.
    """
    held = min((place for place, at in doubts if server_ms - at < DOUBT_DAYS * DAY_MS), default=None)
    found = []
    for path in segment_paths(directory)[:-1]:
        segment = read_segment(path)
        if segment is None or segment.last is None:
            break
        last = (segment.last.incarnation, segment.last.sequence)
        if last > acknowledged or last > closed or (held is not None and held <= last):
            break
        found.append(segment)
    return found


def remove(
    directory: Path, segment: Segment, closing_id: str, server_ms: int, sign: Callable[[bytes], bytes], public: bytes
) -> None:
    """Anchor, then delete. A cut in between leaves a file with an anchor, which goes another time. Raises OSError."""
    db = open_writable(segment.path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that the file's hash speaks of all of it
    db.close()
    if segment.first is None or segment.last is None:
        raise ValueError("a file without facts is not removed")
    before, last = segment.meta.anchor, segment.last
    record: dict[str, Any] = {
        "version": 1,
        "territory": segment.meta.territory,
        "device": segment.meta.device,
        "month": segment.meta.month,
        "facts": segment.facts,
        "before": None if before is None else _head(before),
        "first": {"incarnation": segment.first[0], "sequence": segment.first[1]},
        "last": _head(last),
        "sha256": _file_hash(segment.path),
        "closing": closing_id,
        "removed_at": server_ms,
        "public_key": encode_binary(public),
    }
    if not any(line.get("month") == segment.meta.month for line in read_anchors(directory)):
        record["signature"] = encode_binary(sign(ANCHOR_TAG + canonical_bytes(record)))
        line = canonical_bytes(record) + b"\n"
        with (directory / ANCHORS).open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        fsync_directory(directory)
    for suffix in ("-wal", "-shm", ""):
        segment.path.with_name(segment.path.name + suffix).unlink(missing_ok=True)
    fsync_directory(directory)


def _head(head: Head) -> JsonObject:
    return {"incarnation": head.incarnation, "sequence": head.sequence, "hash": head.hash.hex()}


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def read_anchors(directory: Path) -> list[dict[str, Any]]:
    """The anchors, oldest first; a line torn by a power cut at the end is no anchor, its file is still there."""
    path = directory / ANCHORS
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def judge_anchors(directory: Path, first: SegmentMeta) -> str | None:
    """Why the anchors do not lead to the first file that is left; None when they do."""
    start = segment_path(directory, first.month).name
    if first.anchor is None:
        return None
    anchors = [anchor for anchor in read_anchors(directory) if str(anchor.get("month", "")) < first.month]
    if not anchors:
        return f"files before {start} are gone without an anchor"
    before = None
    for anchor in anchors:
        if (anchor.get("territory"), anchor.get("device")) != (first.territory, first.device):
            return f"the anchor of {anchor.get('month')} is another device's"
        if not _signed(anchor):
            return f"the anchor of {anchor.get('month')} is not what the device signed"
        if anchor.get("before") != before:
            return f"the anchor of {anchor.get('month')} does not follow the one before it"
        before = anchor.get("last")
    return None if before == _head(first.anchor) else f"{start} does not follow the last anchor"


def _signed(anchor: dict[str, Any]) -> bool:
    try:
        body = {key: value for key, value in anchor.items() if key != "signature"}
        public, signature = decode_binary(anchor["public_key"]), decode_binary(anchor["signature"])
        return verify_p256(public, ANCHOR_TAG + canonical_bytes(body), signature)
    except (KeyError, TypeError, ValueError, WireError):
        return False
