"""Writing to the append-only tables in bulk, on SQLite and PostgreSQL. Call inside the ingest transaction.

PostgreSQL takes a whole batch as one JSON parameter: one statement whatever the size, and one plan for ever. SQLite
has no network to spare, so its rows go one by one through a prepared statement.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from server.ledger.models import Balance
from server.ledger.postings import Posting
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
    """A UUID as the column wants it: Django keeps 32 hex digits on SQLite."""
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
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{_KNOWN} AND id = ANY(%s::uuid[])", [territory, f"{{{','.join(ids)}}}"])
        else:
            keys = json.dumps([fact_id.replace("-", "") for fact_id in ids])
            cursor.execute(f"{_KNOWN} AND id IN (SELECT value FROM json_each(%s))", [territory, keys])  # noqa: S608
        return {str(UUID(str(row[0]))): Known((row[1], row[2], row[3]), bytes(row[4]).hex()) for row in cursor}


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
            cursor.execute(
                _FACT_FROM_JSON,
                [batch.territory, batch.device, batch.incarnation, branch, received_at, str(batch_id), rows],
            )
        else:
            place = (batch.territory, batch.device, batch.incarnation, branch, received_at, batch_id.hex)
            cursor.executemany(_FACT_BY_ROW, _fact_values(chained, indexes, *place))
        if cursor.rowcount == len(indexes):
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


def post(territory: str, postings: Iterable[Posting], booked_at: int) -> int:
    """Post transfers that are not yet posted, with their legs, and move the balances. How many were new.

    Sorted by id and then by account, so that two writers take their locks in one order.
    """
    by_id = {posting.transfer.id: posting for posting in postings}
    if not by_id:
        return 0
    ordered = [by_id[key] for key in sorted(by_id)]
    new = _insert_transfers(territory, ordered, booked_at)
    legs = [
        (_key(UUID(posting.transfer.id)), line, leg.account, str(leg.asset), leg.amount)
        for posting in ordered
        if posting.transfer.id in new
        for line, leg in enumerate(posting.transfer.legs)
    ]
    if legs:
        _insert_legs(territory, legs)
        _move_balances(territory, legs)
    return len(new)


_TRANSFER_COLUMNS = "territory, id, kind, device, fact, intent, occurred_at, booked_at, reason, booked_by"
_TRANSFERS_FROM_JSON = f"""
    INSERT INTO ledger_transfer ({_TRANSFER_COLUMNS})
    SELECT %s, (v->>0)::uuid, v->>1, v->>2, (v->>3)::uuid, (v->>4)::uuid, (v->>5)::bigint, %s, v->>6, v->>7
    FROM jsonb_array_elements(%s::jsonb) AS v
    ON CONFLICT (territory, id) DO NOTHING RETURNING id
"""  # noqa: S608


def _insert_transfers(territory: str, postings: Sequence[Posting], booked_at: int) -> set[str]:
    """The ids that were new."""
    rows = [
        [
            _key(UUID(posting.transfer.id)),
            str(posting.transfer.kind),
            posting.device,
            _key(UUID(posting.fact)),
            None if posting.intent is None else _key(UUID(posting.intent)),
            posting.occurred_at,
            posting.reason,
            posting.booked_by,
        ]
        for posting in postings
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_TRANSFERS_FROM_JSON, [territory, booked_at, json.dumps(rows)])
            return {str(row[0]) for row in cursor.fetchall()}
        # The write lock is ours since BEGIN IMMEDIATE: nobody posts between the question and the insertion.
        cursor.execute(
            "SELECT id FROM ledger_transfer WHERE territory = %s AND id IN (SELECT value FROM json_each(%s))",
            [territory, json.dumps([row[0] for row in rows])],
        )
        there = {row[0] for row in cursor.fetchall()}
        fresh = [row for row in rows if row[0] not in there]
        cursor.executemany(
            f"INSERT INTO ledger_transfer ({_TRANSFER_COLUMNS}) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",  # noqa: S608
            [(territory, *row[:6], booked_at, *row[6:]) for row in fresh],
        )
        return {str(UUID(str(row[0]))) for row in fresh}


_Leg = tuple[str, int, str, str, int]


def _insert_legs(territory: str, legs: Sequence[_Leg]) -> None:
    columns = "territory, transfer_id, line, account, asset, amount"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO ledger_leg ({columns}) SELECT %s, (v->>0)::uuid, (v->>1)::int, v->>2, v->>3, "  # noqa: S608
                "(v->>4)::bigint FROM jsonb_array_elements(%s::jsonb) AS v",
                [territory, json.dumps(legs)],
            )
            return
        cursor.executemany(
            f"INSERT INTO ledger_leg ({columns}) VALUES (%s,%s,%s,%s,%s,%s)",  # noqa: S608
            [(territory, *leg) for leg in legs],
        )


def _move_balances(territory: str, legs: Sequence[_Leg]) -> None:
    deltas: dict[tuple[str, str], int] = defaultdict(int)
    for _, _, account, asset, amount in legs:
        deltas[account, asset] += amount
    rows = [(_key(new_uuid()), account, asset, amount) for (account, asset), amount in sorted(deltas.items())]
    table = Balance._meta.db_table
    add = f"ON CONFLICT (territory, account, asset) DO UPDATE SET amount = {table}.amount + excluded.amount"
    columns = "territory, id, account, asset, amount"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT %s, (v->>0)::uuid, v->>1, v->>2, (v->>3)::bigint "  # noqa: S608
                f"FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS t(v, place) ORDER BY place {add}",
                [territory, json.dumps(rows)],
            )
            return
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES (%s,%s,%s,%s,%s) {add}",  # noqa: S608
            [(territory, *row) for row in rows],
        )
