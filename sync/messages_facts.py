"""Facts on the wire: batches up, one outcome per fact down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.canonical import JsonObject, JsonValue
from domain.facts import Fact, batch_signing_bytes
from sync.messages_common import TIME_MS_MAX, Head, device_name, head_json, instant, parse_answer, parse_head
from sync.wire import Fields, WireError, bad, build_json, decompress, encode_binary, parse_json_object

BATCH_FACTS_MAX: Final = 1000
BATCH_BYTES_MAX: Final = 1 << 20
BATCH_PLAIN_BYTES_MAX: Final = 16 << 20
KIND_MAX: Final = 64
BOOT_MAX: Final = 64
REASON_MAX: Final = 200
ROW_FIELDS: Final = 9
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class FactRow(NamedTuple):
    """One fact without its place and hashes, which follow from the batch. Shapes are checked, the body is not.

    A tuple, for a server makes tens of thousands of these a second.
    """

    id: str
    kind: str
    version: int
    occurred_at: int
    monotonic_ms: int
    boot: str
    clock_offset_ms: int | None
    clock_offset_age_ms: int | None
    body: JsonObject


@dataclass(frozen=True, slots=True)
class FactBatch:
    """POST /api/v1/facts. `previous` is the hash before the first fact; `signature` raw r‖s by the device key."""

    territory: str
    device: str
    incarnation: int
    first: int
    last: int
    previous: bytes
    signature: bytes
    rows: tuple[FactRow, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """The fact was new and is durably kept."""


@dataclass(frozen=True, slots=True)
class Exists:
    """The same fact was there already."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Kept, but a person must look at it."""

    reason: str


FactOutcome = Created | Exists | Quarantined


@dataclass(frozen=True, slots=True)
class FactsAnswer:
    """One outcome per fact in order; `acknowledged` speaks of what is durably committed."""

    outcomes: tuple[FactOutcome, ...]
    acknowledged: Head | None
    time: int


def batch_of(facts: Sequence[Fact], territory: str, signature: bytes) -> FactBatch:
    """The batch of consecutive facts of one incarnation; ValueError when they are not, or are too many."""
    if not 1 <= len(facts) <= BATCH_FACTS_MAX:
        raise ValueError(f"a batch has 1 to {BATCH_FACTS_MAX} facts")
    first = facts[0]
    for index, fact in enumerate(facts):
        if (fact.device, fact.incarnation, fact.sequence) != (
            first.device,
            first.incarnation,
            first.sequence + index,
        ):
            raise ValueError("the facts of a batch follow each other in one incarnation")
    rows = tuple(
        FactRow(
            fact.id,
            fact.kind,
            fact.version,
            fact.occurred_at,
            fact.monotonic_ms,
            fact.boot,
            fact.clock_offset_ms,
            fact.clock_offset_age_ms,
            fact.body,
        )
        for fact in facts
    )
    return FactBatch(
        territory=territory,
        device=first.device,
        incarnation=first.incarnation,
        first=first.sequence,
        last=facts[-1].sequence,
        previous=first.previous,
        signature=signature,
        rows=rows,
    )


def signing_bytes(facts: Sequence[Fact], territory: str) -> bytes:
    """What the device key signs for a batch of these facts."""
    first, last = facts[0], facts[-1]
    return batch_signing_bytes(territory, first.device, first.incarnation, first.sequence, last.sequence, last.hash)


def build_batch(batch: FactBatch) -> bytes:
    """Plain JSON of a batch; send it compressed."""
    rows: list[JsonValue] = [
        [
            row.id,
            row.kind,
            row.version,
            row.occurred_at,
            row.monotonic_ms,
            row.boot,
            row.clock_offset_ms,
            row.clock_offset_age_ms,
            row.body,
        ]
        for row in batch.rows
    ]
    return build_json(
        {
            "version": 1,
            "territory": batch.territory,
            "device": batch.device,
            "incarnation": batch.incarnation,
            "first": batch.first,
            "last": batch.last,
            "previous": batch.previous.hex(),
            "signature": encode_binary(batch.signature),
            "facts": rows,
        }
    )


def unpack_batch(packed: bytes) -> FactBatch:
    """The batch of a request's zstd body; raises WireError (`too_large`, `bad_request`, `unknown_key`)."""
    if len(packed) > BATCH_BYTES_MAX:
        raise WireError("too_large", f"more than {BATCH_BYTES_MAX} bytes")
    return parse_batch(decompress(packed, BATCH_PLAIN_BYTES_MAX))


def parse_batch(plain: bytes) -> FactBatch:
    """The batch of its plain JSON; raises WireError."""
    fields = Fields(parse_json_object(plain, BATCH_PLAIN_BYTES_MAX), strict=True)
    fields.version()
    batch = FactBatch(
        territory=device_name(fields, "territory"),
        device=device_name(fields),
        incarnation=fields.integer("incarnation", 1),
        first=fields.integer("first", 1),
        last=fields.integer("last", 1),
        previous=fields.hexadecimal("previous", 32),
        signature=fields.binary("signature", 64),
        rows=tuple(_row(item, index) for index, item in enumerate(fields.items("facts", BATCH_FACTS_MAX))),
    )
    fields.done()
    if not batch.rows or batch.last - batch.first + 1 != len(batch.rows):
        bad("facts: first, last and the number of facts do not agree")
    return batch


def _row(item: JsonValue, index: int) -> FactRow:
    """Written out, not through Fields: a server reads tens of thousands of these a second."""
    if not isinstance(item, list) or len(item) != ROW_FIELDS:
        bad(f"facts[{index}]: not a list of {ROW_FIELDS}")
    fact_id, kind, version, occurred_at, monotonic, boot, offset, age, body = item
    if not isinstance(fact_id, str) or not _ID.fullmatch(fact_id):
        bad(f"facts[{index}]: id")
    if not isinstance(kind, str) or not 1 <= len(kind) <= KIND_MAX:
        bad(f"facts[{index}]: kind")
    if type(version) is not int or not 1 <= version <= 1 << 16:
        bad(f"facts[{index}]: version")
    if type(occurred_at) is not int or not -TIME_MS_MAX <= occurred_at <= TIME_MS_MAX:
        bad(f"facts[{index}]: occurred_at")
    if type(monotonic) is not int or monotonic < 0:
        bad(f"facts[{index}]: monotonic_ms")
    if not isinstance(boot, str) or not 1 <= len(boot) <= BOOT_MAX:
        bad(f"facts[{index}]: boot")
    if offset is not None and type(offset) is not int:
        bad(f"facts[{index}]: clock_offset_ms")
    if age is not None and (type(age) is not int or age < 0):
        bad(f"facts[{index}]: clock_offset_age_ms")
    if not isinstance(body, dict):
        bad(f"facts[{index}]: body")
    return FactRow._make(item)


def build_facts_answer(answer: FactsAnswer) -> bytes:
    """Body of the answer to a batch."""
    outcomes: list[JsonValue] = []
    for outcome in answer.outcomes:
        match outcome:
            case Created():
                outcomes.append("created")
            case Exists():
                outcomes.append("exists")
            case Quarantined(reason):
                outcomes.append({"quarantined": reason[:REASON_MAX]})
    return build_json({"outcomes": outcomes, "acknowledged": head_json(answer.acknowledged), "time": answer.time})


def parse_facts_answer(raw: bytes) -> FactsAnswer:
    """Raises WireError."""
    fields = parse_answer(raw)
    outcomes = tuple(_outcome(item) for item in fields.items("outcomes", BATCH_FACTS_MAX))
    return FactsAnswer(outcomes, parse_head(fields, "acknowledged"), instant(fields, "time"))


def _outcome(item: JsonValue) -> FactOutcome:
    if item == "created":
        return Created()
    if item == "exists":
        return Exists()
    return Quarantined(Fields(item, "outcomes.", strict=False).text("quarantined", 1000, size_min=0))
