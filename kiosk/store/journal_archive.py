"""Archives of the journal: one JSON Lines file per month, dated and signed, verifiable with no database.

Line 1 says whose it is and from where the chain goes on, each further line is one fact with its place and hashes, the
last line counts them and carries the device's signature over everything before it. Beside them stand the till closings
as CSV, a description of the columns, and SHA256SUMS. Canonical JSON throughout, so that a changed letter shows.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from domain.canonical import JsonObject, NotCanonical, canonical_bytes
from domain.facts import FIRST_PREVIOUS, Fact, FactKind, seal_fact
from kiosk.store.journal_file import (
    SELECT_FACTS,
    JournalHead,
    SegmentMeta,
    fact_of_row,
    fsync_directory,
    open_readable,
    read_meta,
)
from kiosk.store.journal_verify import ChainBroken, ChainIntact
from sync.keys import verify_p256
from sync.wire import WireError, decode_binary, encode_binary

FORMAT: Final = "zerot-journal-archive"
ARCHIVE_TAG: Final = b"zerot-archive-1"
LINE_BYTES_MAX: Final = 256 * 1024
CLOSING_COLUMNS: Final = ("period", "label", "number", "facts", "occurred_at", "id", "totals", "perpetual")
SCHEMA: Final = {
    "format": FORMAT,
    "version": 1,
    "first line": "territory, device, month, anchor (head of the chain before the first fact, or null), exported_at",
    "fact lines": "id, kind, version, occurred_at, monotonic_ms, boot, clock_offset_ms, clock_offset_age_ms, body, "
    "incarnation, sequence, previous, content_hash, hash; times in ms since 1970 UTC, amounts in cents",
    "hashes": "content_hash = SHA-256 of RFC 8785 {body,id,kind,occurred_at,version}; hash = SHA-256 of RFC 8785 "
    "{boot,clock_offset_age_ms,clock_offset_ms,content_hash,device,incarnation,monotonic_ms,previous,sequence}",
    "last line": "facts, head, public_key, signature: ECDSA P-256 r||s over 'zerot-archive-1' || SHA-256 of all lines "
    "before it",
}


def write_archive(
    directory: Path, months: list[Path], exported_at: int, sign: Callable[[bytes], bytes], public: bytes
) -> list[Path]:
    """Write one file per month and what stands beside them; the files. Raises JournalTrouble, OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []
    closings: list[Fact] = []
    for path in months:
        with closing(open_readable(path).conn) as connection:
            db = Database(connection)
            meta = read_meta(db, path.name)
            if meta is None:
                continue
            target = directory / f"{path.stem}.jsonl"
            closings += _write_month(target, db, meta, exported_at, sign, public)
            made.append(target)
    made += [directory / "closings.csv", directory / "schema.json"]
    made[-2].write_text(_closings_csv(closings), encoding="utf-8")
    made[-1].write_text(json.dumps(SCHEMA, indent=2) + "\n", encoding="utf-8")
    sums = directory / "SHA256SUMS"
    sums.write_text("".join(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made), "utf-8")
    fsync_directory(directory)
    return [*made, sums]


def _write_month(
    target: Path, db: Database, meta: SegmentMeta, exported_at: int, sign: Callable[[bytes], bytes], public: bytes
) -> list[Fact]:
    digest, facts, head, closings = sha256(), 0, meta.anchor, list[Fact]()
    with target.open("wb") as file:

        def line(value: JsonObject) -> None:
            raw = canonical_bytes(value) + b"\n"
            digest.update(raw)
            file.write(raw)

        line(
            {
                "format": FORMAT,
                "version": 1,
                "territory": meta.territory,
                "device": meta.device,
                "month": meta.month,
                "anchor": None if meta.anchor is None else _head(meta.anchor),
                "exported_at": exported_at,
            }
        )
        for row in db.execute(SELECT_FACTS + "ORDER BY incarnation, sequence"):
            fact = fact_of_row(row, meta.device)
            line(_fact_line(fact))
            facts, head = facts + 1, JournalHead(fact.incarnation, fact.sequence, fact.hash)
            if fact.kind == FactKind.TILL_CLOSED:
                closings.append(fact)
        end: dict[str, Any] = {"facts": facts, "head": None if head is None else _head(head)}
        end["public_key"] = encode_binary(public)
        end["signature"] = encode_binary(sign(ARCHIVE_TAG + digest.digest()))
        file.write(canonical_bytes(end) + b"\n")
    return closings


def _head(head: JournalHead) -> JsonObject:
    return {"incarnation": head.incarnation, "sequence": head.sequence, "hash": head.hash.hex()}


def _fact_line(fact: Fact) -> JsonObject:
    return {
        "id": fact.id,
        "kind": fact.kind,
        "version": fact.version,
        "occurred_at": fact.occurred_at,
        "monotonic_ms": fact.monotonic_ms,
        "boot": fact.boot,
        "clock_offset_ms": fact.clock_offset_ms,
        "clock_offset_age_ms": fact.clock_offset_age_ms,
        "body": fact.body,
        "incarnation": fact.incarnation,
        "sequence": fact.sequence,
        "previous": fact.previous.hex(),
        "content_hash": fact.content_hash.hex(),
        "hash": fact.hash.hex(),
    }


def _closings_csv(closings: list[Fact]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CLOSING_COLUMNS)
    for fact in closings:
        told: dict[str, Any] = {**fact.body, "occurred_at": fact.occurred_at, "id": fact.id}
        sums = ("totals", "perpetual")
        writer.writerow(
            [json.dumps(told[name], sort_keys=True) if name in sums else told.get(name, "") for name in CLOSING_COLUMNS]
        )
    return out.getvalue()


@dataclass
class _Chain:
    """What has been read of an archive."""

    device: str
    head: JournalHead | None
    facts: int = 0


def is_archive(path: Path) -> bool:
    return path.suffix == ".jsonl"


def verify_archive(path: Path) -> ChainIntact | ChainBroken:
    """Every line, hash and the signature. A broken result names the line in `reason`. Raises OSError."""
    digest, chain, number = sha256(), None, 0
    ended: dict[str, Any] | None = None
    with path.open("rb") as file:
        while raw := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if ended is not None:
                return _broken(path, chain, number, "there is something after the end")
            value = _read_line(raw)
            if value is None:
                return _broken(path, chain, number, "it is not a line of an archive, or was changed")
            if chain is None:
                chain = _begin(value)
                if chain is None:
                    return _broken(path, None, number, "it does not begin an archive")
            elif "signature" in value:
                ended = value
                continue
            else:
                reason = _take(chain, value)
                if reason is not None:
                    return _broken(path, chain, number, reason)
            digest.update(raw)
    if chain is None:
        return _broken(path, None, 1, "the file is empty")
    if ended is None:
        return _broken(path, chain, number + 1, "the archive is cut short")
    reason = _judge_end(chain, ended, digest.digest())
    return ChainIntact(chain.facts, chain.head) if reason is None else _broken(path, chain, number, reason)


def _read_line(raw: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(raw)
        return value if isinstance(value, dict) and canonical_bytes(value) + b"\n" == raw else None
    except (ValueError, NotCanonical, RecursionError):
        return None


def _begin(value: dict[str, Any]) -> _Chain | None:
    if value.get("format") != FORMAT or value.get("version") != 1 or not isinstance(value.get("device"), str):
        return None
    anchor = value.get("anchor")
    try:
        head = (
            None
            if anchor is None
            else JournalHead(int(anchor["incarnation"]), int(anchor["sequence"]), bytes.fromhex(anchor["hash"]))
        )
    except (KeyError, TypeError, ValueError):
        return None
    return _Chain(value["device"], head)


def _take(chain: _Chain, value: dict[str, Any]) -> str | None:
    """Why a fact's line does not continue the chain; None when it does."""
    head = chain.head
    try:
        if head is None or value["incarnation"] > head.incarnation:
            head = JournalHead(int(value["incarnation"]), 0, FIRST_PREVIOUS)
        if (value["incarnation"], value["sequence"]) != (head.incarnation, head.sequence + 1):
            return f"a hole: fact {head.incarnation}/{head.sequence + 1} was expected"
        fact = seal_fact(
            fact_id=value["id"],
            device=chain.device,
            incarnation=value["incarnation"],
            sequence=value["sequence"],
            kind=value["kind"],
            version=value["version"],
            occurred_at=value["occurred_at"],
            monotonic_ms=value["monotonic_ms"],
            boot=value["boot"],
            body=value["body"],
            previous=head.hash,
            clock_offset_ms=value["clock_offset_ms"],
            clock_offset_age_ms=value["clock_offset_age_ms"],
        )
    except (KeyError, TypeError, ValueError, NotCanonical):
        return "it is not a fact"
    if value.get("previous") != head.hash.hex():
        return "it does not follow the fact before it"
    if value.get("content_hash") != fact.content_hash.hex():
        return "its content was changed"
    if value.get("hash") != fact.hash.hex():
        return "its place was changed"
    chain.head, chain.facts = JournalHead(fact.incarnation, fact.sequence, fact.hash), chain.facts + 1
    return None


def _judge_end(chain: _Chain, end: dict[str, Any], digest: bytes) -> str | None:
    if end.get("facts") != chain.facts or end.get("head") != (None if chain.head is None else _head(chain.head)):
        return "the end speaks of other facts"
    try:
        public, signature = decode_binary(end["public_key"]), decode_binary(end["signature"])
    except (KeyError, TypeError, AttributeError, WireError):
        return "the end has no signature"
    return None if verify_p256(public, ARCHIVE_TAG + digest, signature) else "the signature does not verify"


def _broken(path: Path, chain: _Chain | None, line: int, reason: str) -> ChainBroken:
    head = chain.head if chain is not None and chain.head is not None else JournalHead(0, 0, FIRST_PREVIOUS)
    return ChainBroken(path.name, head.incarnation, head.sequence, f"line {line}: {reason}")
