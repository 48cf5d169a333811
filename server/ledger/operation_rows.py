"""Rows of the operations table, read and written a batch at a time. Call inside the ingest transaction.

Django's own objects and bulk statements cost more than everything else that is done for an operation; here a row is a
plain object, and a batch of them travels as one JSON parameter (PostgreSQL) or through one prepared statement (SQLite).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection

from server.ledger.bulk import among, listed, run_postgresql, select, stored_ids
from server.ledger.models import Operation
from server.runtime import new_uuids
from sync.fast_json import dump_compact


@dataclass(slots=True)
class OperationRow:
    """As server.ledger.models.Operation; identifiers are canonical text, `afters` is a list of lists."""

    intent: str
    device: str = ""
    occurred_at: int = 0
    kind: str | None = None
    card_number: str | None = None
    amount_cents: int | None = None
    balance_before: int | None = None
    operation_before: int | None = None
    counter_before: int | None = None
    site: int | None = None
    payee_site: int | None = None
    points: int | None = None
    results: int = 0
    afters: list[list[Any]] = field(default_factory=list)
    award_fact: str | None = None
    award_card: str | None = None
    award_points: int | None = None
    award_site: int | None = None
    refund_fact: str | None = None
    refund_card: str | None = None
    refund_cents: int | None = None
    refund_site: int | None = None
    open: bool = True
    began_at: int | None = None


# Each column with its type on PostgreSQL, in the order of the fields.
_COLUMNS = {
    "intent": "uuid", "device": "text", "occurred_at": "bigint", "kind": "text", "card_number": "text",
    "amount_cents": "bigint", "balance_before": "bigint", "operation_before": "bigint", "counter_before": "bigint",
    "site": "int", "payee_site": "int", "points": "bigint", "results": "int", "afters": "jsonb", "award_fact": "uuid",
    "award_card": "text", "award_points": "bigint", "award_site": "int", "refund_fact": "uuid", "refund_card": "text",
    "refund_cents": "bigint", "refund_site": "int", "open": "boolean", "began_at": "bigint",
}  # fmt: skip
_UUID_PLACES = tuple(place for place, kind in enumerate(_COLUMNS.values()) if kind == "uuid")
_AFTERS = list(_COLUMNS).index("afters")
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_VALUES = attrgetter(*_COLUMNS)
_TABLE = Operation._meta.db_table
# An element of a JSON row: text for most types, JSON for JSON.
_ELEMENTS = ", ".join(
    f"v->{place}" if kind == "jsonb" else f"(v->>{place})::{kind}" for place, kind in enumerate(_COLUMNS.values())
)
_SET = ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS if name != "intent")
_INSERT = f"INSERT INTO {_TABLE} (territory, id, {_NAMES}) "
_FROM_JSON = f"SELECT %s, (v->>{len(_COLUMNS)})::uuid, {_ELEMENTS} FROM jsonb_array_elements(%s::jsonb) AS v "  # noqa: S608
_ONE_ROW = f"VALUES ({','.join(['%s'] * (len(_COLUMNS) + 2))}) "
_KEEP = "ON CONFLICT (territory, intent) DO NOTHING"
_CHANGE = f"ON CONFLICT (territory, intent) DO UPDATE SET {_SET}"


def insert_operations(territory: str, rows: Sequence[OperationRow]) -> bool:
    """Insert new operations, sorted by intent so that two writers meet in one order. False when another transaction
    has inserted some of them meanwhile: read those and begin again."""
    return _write(territory, sorted(rows, key=attrgetter("intent")), _KEEP) == len(rows)


def update_operations(territory: str, rows: Sequence[OperationRow]) -> None:
    """Write rows that were locked in this transaction."""
    _write(territory, rows, _CHANGE)


def _write(territory: str, rows: Sequence[OperationRow], conflict: str) -> int:
    if not rows:
        return 0
    ids = new_uuids(len(rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            values = dump_compact([(*_VALUES(row), str(key)) for row, key in zip(rows, ids, strict=True)]).decode()
            return run_postgresql(_INSERT + _FROM_JSON + conflict, [territory, values]).rowcount
        lines = [(territory, key.hex, *_sqlite_values(row)) for row, key in zip(rows, ids, strict=True)]
        cursor.executemany(_INSERT + _ONE_ROW + conflict, lines)
        return int(cursor.rowcount)


def _sqlite_values(row: OperationRow) -> list[Any]:
    values: list[Any] = list(_VALUES(row))
    for place in _UUID_PLACES:
        if values[place] is not None:
            values[place] = values[place].replace("-", "")
    values[_AFTERS] = json.dumps(values[_AFTERS])
    return values


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which operations concern a batch: by intent; of cards whose records were read, at these operation numbers before;
    and open ones of cards that were seen, at these."""

    intents: Collection[str]
    record_cards: Collection[str] = ()
    record_numbers: Collection[int] = ()
    state_cards: Collection[str] = ()
    state_numbers: Collection[int] = ()


def lock_operations(territory: str, wanted: Wanted) -> dict[str, OperationRow]:
    """The rows of operations that are there, by intent, locked in the order of their ids."""
    where, values = [among("intent", "uuid")], [listed(stored_ids(wanted.intents))]
    of_card = f"{among('card_number', 'text')} AND {among('operation_before', 'bigint')}"
    if wanted.record_cards:
        where.append(f"({of_card})")
        values += [listed(wanted.record_cards), listed(wanted.record_numbers)]
    if wanted.state_cards:
        where.append(f"({of_card} AND open)")
        values += [listed(wanted.state_cards), listed(wanted.state_numbers)]
    found = select(
        f"SELECT {_NAMES} FROM {_TABLE} WHERE territory = %s AND ({' OR '.join(where)}) ORDER BY intent"  # noqa: S608
        + ("" if connection.vendor == "sqlite" else " FOR UPDATE"),
        [territory, *values],
    )
    rows = [_row(list(line)) for line in found]
    return {row.intent: row for row in rows}


def _row(values: list[Any]) -> OperationRow:
    for place in _UUID_PLACES:
        if values[place] is not None:
            values[place] = str(UUID(str(values[place])))
    values[_AFTERS] = json.loads(values[_AFTERS])
    row = OperationRow(*values)
    row.open = bool(row.open)
    return row
