"""A batch and its facts in their append-only tables, on SQLite and PostgreSQL. Call inside the ingest transaction.

PostgreSQL takes a whole batch as one JSON parameter: one statement whatever the size, and one plan for ever. SQLite
has no network to spare, so its rows go one by one through a prepared statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from server.ledger.bulk import among, listed, run_postgresql, select, stored_ids
from server.runtime import new_uuid
from sync.fast_json import dump_compact
from sync.protocol import ChainedBatch, FactBatch


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as stored: enough to check its signature again years later."""

    territory: str
    id: UUID
    device: str
    incarnation: int
    branch: int
    first: int
    last: int
    previous: bytes
    last_hash: bytes
    signature: bytes
    public_key: bytes
    received_at: int


def _key(value: UUID) -> str:
    """A UUID as the column wants it: 32 hex digits on SQLite, as Django keeps them."""
    return value.hex if connection.vendor == "sqlite" else str(value)


def insert_batch(row: BatchRow) -> None:
    """Store a batch once; sent again it is the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_batch (territory, id, device, incarnation, branch, first, last, previous, last_hash, "
            "signature, public_key, received_at) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
            [
                row.territory,
                _key(row.id),
                row.device,
                row.incarnation,
                row.branch,
                row.first,
                row.last,
                row.previous,
                row.last_hash,
                row.signature,
                row.public_key,
                row.received_at,
            ],
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that is there already: its place (device, incarnation, sequence) and hexadecimal content hash."""

    place: tuple[str, int, int]
    content_hash: str


_KNOWN = "SELECT id, device, incarnation, sequence, content_hash FROM ledger_fact WHERE territory = %s"


def known_facts(territory: str, ids: Sequence[str]) -> dict[str, Known]:
    """Those of `ids` that are in the table, by id."""
    found = select(f"{_KNOWN} AND {among('id', 'uuid')}", [territory, listed(stored_ids(ids))])
    return {str(UUID(str(row[0]))): Known((row[1], row[2], row[3]), bytes(row[4]).hex()) for row in found}


_FACT_COLUMNS = (
    "territory, id, device, incarnation, branch, sequence, kind, version, occurred_at, received_at, monotonic_ms, "
    "boot, clock_offset_ms, clock_offset_age_ms, body, previous, content_hash, hash, batch"
)
_FACT_FROM_JSON = f"""
    INSERT INTO ledger_fact ({_FACT_COLUMNS})
    SELECT %s, (v->>0)::uuid, %s, %s, %s, (v->>1)::bigint, v->>2, (v->>3)::int, (v->>4)::bigint, %s, (v->>5)::bigint,
        v->>6, (v->>7)::bigint, (v->>8)::bigint, v->>9, decode(v->>10, 'hex'), decode(v->>11, 'hex'),
        decode(v->>12, 'hex'), %s
    FROM jsonb_array_elements(%s::jsonb) AS v
    ON CONFLICT (territory, id) DO NOTHING
"""  # noqa: S608
_FACT_BY_ROW = (
    f"INSERT INTO ledger_fact ({_FACT_COLUMNS}) VALUES ({','.join(['%s'] * 19)}) "  # noqa: S608
    "ON CONFLICT (territory, id) DO NOTHING"
)


def insert_facts(
    chained: ChainedBatch, indexes: Sequence[int], branch: int, batch_id: UUID, received_at: int
) -> Sequence[int]:
    """Insert rows of a batch; those that were new. The device's lock keeps their places free."""
    if not indexes:
        return indexes
    batch = chained.batch
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            rows = dump_compact(_fact_rows(chained, indexes)).decode()
            stored = run_postgresql(
                _FACT_FROM_JSON,
                [batch.territory, batch.device, batch.incarnation, branch, received_at, str(batch_id), rows],
            ).rowcount
        else:
            place = (batch.territory, batch.device, batch.incarnation, branch, received_at, batch_id.hex)
            cursor.executemany(_FACT_BY_ROW, _fact_values(chained, indexes, *place))
            stored = cursor.rowcount
        if stored == len(indexes):
            return indexes
        cursor.execute(
            "SELECT sequence FROM ledger_fact WHERE territory = %s AND device = %s AND incarnation = %s "
            "AND branch = %s AND sequence BETWEEN %s AND %s AND batch = %s",
            [batch.territory, batch.device, batch.incarnation, branch, batch.first, batch.last, _key(batch_id)],
        )
        return [row[0] - batch.first for row in cursor.fetchall()]


def _fact_rows(chained: ChainedBatch, indexes: Sequence[int]) -> list[tuple[Any, ...]]:
    """What PostgreSQL reads from JSON, in the order of _FACT_FROM_JSON."""
    batch = chained.batch
    rows, bodies, contents, hashes = batch.rows, chained.bodies, chained.content_hashes, chained.hashes
    previous = (batch.previous.hex(), *hashes)
    return [
        (
            row.id, batch.first + index, row.kind, row.version, row.occurred_at, row.monotonic_ms, row.boot,
            row.clock_offset_ms, row.clock_offset_age_ms,
            bodies[index], previous[index], contents[index], hashes[index],
        )
        for index in indexes
        for row in (rows[index],)
    ]  # fmt: skip


def _fact_values(
    chained: ChainedBatch, indexes: Sequence[int],
    territory: str, device: str, incarnation: int, branch: int, received_at: int, batch_id: str,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """What SQLite takes, in the order of _FACT_COLUMNS."""
    batch, binary = chained.batch, bytes.fromhex
    rows, bodies, contents, hashes = batch.rows, chained.bodies, chained.content_hashes, chained.hashes
    previous = (batch.previous.hex(), *hashes)
    return [
        (
            territory, row.id.replace("-", ""), device, incarnation, branch, batch.first + index, row.kind, row.version,
            row.occurred_at, received_at, row.monotonic_ms, row.boot, row.clock_offset_ms, row.clock_offset_age_ms,
            bodies[index], binary(previous[index]), binary(contents[index]), binary(hashes[index]), batch_id,
        )
        for index in indexes
        for row in (rows[index],)
    ]  # fmt: skip


def insert_alias(batch: FactBatch, index: int, received_at: int) -> None:
    """The same fact was met at another place too: keep the place, post nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_alias (territory, id, fact, device, incarnation, sequence, received_at) "
            "VALUES (%s,%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
            [
                batch.territory,
                _key(new_uuid()),
                _key(UUID(batch.rows[index].id)),
                batch.device,
                batch.incarnation,
                batch.first + index,
                received_at,
            ],
        )
