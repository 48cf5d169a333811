"""Writing to the append-only tables in bulk, on SQLite and PostgreSQL. Call inside the ingest transaction.

PostgreSQL takes a whole batch as one JSON parameter: one statement whatever the size, and one plan for ever. SQLite
has no network to spare, so its rows go one by one through a prepared statement.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from domain.canonical import canonical_bytes
from domain.facts import Fact
from server.ledger.models import Balance
from server.ledger.postings import Posting
from server.runtime import new_uuid


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


_FACT_COLUMNS = (
    "territory, id, device, incarnation, branch, sequence, kind, version, occurred_at, received_at, monotonic_ms, "
    "boot, clock_offset_ms, clock_offset_age_ms, body, previous, content_hash, hash, batch"
)
_FACT_FROM_JSON = """
    INSERT INTO ledger_fact ({columns})
    SELECT %s, (v->>0)::uuid, %s, %s, %s, (v->>1)::bigint, v->>2, (v->>3)::int, (v->>4)::bigint, %s, (v->>5)::bigint,
        v->>6, (v->>7)::bigint, (v->>8)::bigint, v->>9, decode(v->>10, 'hex'), decode(v->>11, 'hex'),
        decode(v->>12, 'hex'), %s
    FROM jsonb_array_elements(%s::jsonb) AS v
    ON CONFLICT (territory, id) DO NOTHING RETURNING id
"""


def insert_facts(territory: str, branch: int, batch: UUID, received_at: int, facts: Sequence[Fact]) -> set[str]:
    """Insert facts of one device and incarnation; the ids that were new. The device's lock keeps their places free."""
    if not facts:
        return set()
    device, incarnation = facts[0].device, facts[0].incarnation
    if connection.vendor == "postgresql":
        rows = [
            [
                fact.id,
                fact.sequence,
                fact.kind,
                fact.version,
                fact.occurred_at,
                fact.monotonic_ms,
                fact.boot,
                fact.clock_offset_ms,
                fact.clock_offset_age_ms,
                canonical_bytes(fact.body).decode(),
                fact.previous.hex(),
                fact.content_hash.hex(),
                fact.hash.hex(),
            ]
            for fact in facts
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                _FACT_FROM_JSON.format(columns=_FACT_COLUMNS),
                [territory, device, incarnation, branch, received_at, batch, json.dumps(rows, ensure_ascii=False)],
            )
            return {str(row[0]) for row in cursor.fetchall()}
    marks = ",".join(["%s"] * 19)
    values = [
        (
            territory,
            UUID(fact.id).hex,
            device,
            incarnation,
            branch,
            fact.sequence,
            fact.kind,
            fact.version,
            fact.occurred_at,
            received_at,
            fact.monotonic_ms,
            fact.boot,
            fact.clock_offset_ms,
            fact.clock_offset_age_ms,
            canonical_bytes(fact.body).decode(),
            fact.previous,
            fact.content_hash,
            fact.hash,
            batch.hex,
        )
        for fact in facts
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO ledger_fact ({_FACT_COLUMNS}) VALUES ({marks})", values)  # noqa: S608
    return {fact.id for fact in facts}


def insert_alias(territory: str, fact: Fact, received_at: int) -> None:
    """The same fact was met at another place too: keep the place, post nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_alias (territory, id, fact, device, incarnation, sequence, received_at) "
            "VALUES (%s,%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
            [
                territory,
                _key(new_uuid()),
                _key(UUID(fact.id)),
                fact.device,
                fact.incarnation,
                fact.sequence,
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
    new = _insert_transfers(territory, [by_id[key] for key in sorted(by_id)], booked_at)
    legs = [
        (territory, _key(UUID(posting.transfer.id)), line, leg.account, str(leg.asset), leg.amount)
        for posting in new
        for line, leg in enumerate(posting.transfer.legs)
    ]
    if not legs:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_leg (territory, transfer_id, line, account, asset, amount) VALUES (%s,%s,%s,%s,%s,%s)",
            legs,
        )
    deltas: dict[tuple[str, str], int] = defaultdict(int)
    for _, _, _, account, asset, amount in legs:
        deltas[account, asset] += amount
    table = Balance._meta.db_table
    with connection.cursor() as cursor:
        for (account, asset), amount in sorted(deltas.items()):
            cursor.execute(
                f"INSERT INTO {table} (id, territory, account, asset, amount) VALUES (%s,%s,%s,%s,%s) "  # noqa: S608
                f"ON CONFLICT (territory, account, asset) DO UPDATE SET amount = {table}.amount + excluded.amount",
                [_key(new_uuid()), territory, account, asset, amount],
            )
    return len(new)


def _insert_transfers(territory: str, postings: Sequence[Posting], booked_at: int) -> list[Posting]:
    new = []
    with connection.cursor() as cursor:
        for posting in postings:
            cursor.execute(
                "INSERT INTO ledger_transfer (territory, id, kind, device, fact, intent, occurred_at, booked_at, "
                "reason, booked_by) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
                [
                    territory,
                    _key(UUID(posting.transfer.id)),
                    str(posting.transfer.kind),
                    posting.device,
                    _key(UUID(posting.fact)),
                    None if posting.intent is None else _key(UUID(posting.intent)),
                    posting.occurred_at,
                    booked_at,
                    posting.reason,
                    posting.booked_by,
                ],
            )
            if cursor.rowcount == 1:
                new.append(posting)
    return new
