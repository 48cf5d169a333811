"""Rows of transfers, balances and other tables in bulk, on SQLite and PostgreSQL. Call inside the ingest transaction.

As in server.ledger.fact_rows: one JSON parameter on PostgreSQL, one prepared statement on SQLite.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from server.ledger.bulk import run_postgresql, stored_ids
from server.ledger.models import Balance
from server.ledger.postings import Posting
from server.runtime import new_uuids
from server.territory.models import TerritoryRow
from sync.fast_json import dump_compact


def insert_rows(
    model: type[TerritoryRow], territory: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], conflict: str
) -> None:
    """Insert rows of a managed table: `columns` with their types on PostgreSQL, `conflict` what follows ON CONFLICT.

    UUIDs are canonical text. Give the rows sorted by what makes them unique: two writers then lock in one order.
    """
    if not rows:
        return
    names = ", ".join(columns)
    into = f"INSERT INTO {model._meta.db_table} (territory, id, {names}) "
    keys = new_uuids(len(rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            elements = ", ".join(f"(v->>{place})::{kind}" for place, kind in enumerate(columns.values()))
            given = f"SELECT %s, (v->>{len(columns)})::uuid, {elements} FROM jsonb_array_elements(%s::jsonb)"  # noqa: S608
            run_postgresql(
                f"{into} {given} WITH ORDINALITY AS t(v, place) ORDER BY place ON CONFLICT {conflict}",
                [territory, dump_compact([(*row, str(key)) for row, key in zip(rows, keys, strict=True)]).decode()],
            )
            return
        ids = [place for place, kind in enumerate(columns.values()) if kind == "uuid"]
        lines = [[territory, key.hex, *row] for row, key in zip(rows, keys, strict=True)]
        for line in lines:
            for place in ids:
                line[place + 2] = line[place + 2].replace("-", "")
        cursor.executemany(f"{into} VALUES ({','.join(['%s'] * len(lines[0]))}) ON CONFLICT {conflict}", lines)


def post(territory: str, postings: Iterable[Posting], booked_at: int) -> int:
    """Post transfers that are not yet posted, with their legs, and move the balances. How many were new.

    Sorted by id and then by account, so that two writers take their locks in one order.
    """
    by_id = {posting.transfer.id: posting for posting in postings}
    if not by_id:
        return 0
    ordered = [by_id[key] for key in sorted(by_id)]
    new = _insert_transfers(territory, ordered, booked_at)
    booked = [posting.transfer for posting in ordered if posting.transfer.id in new]
    legs = [
        (key, line, leg.account, leg.asset.value, leg.amount)
        for key, transfer in zip(stored_ids(transfer.id for transfer in booked), booked, strict=True)
        for line, leg in enumerate(transfer.legs)
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
        [key, posting.transfer.kind.value, posting.device, fact, intent or None, posting.occurred_at, posting.reason,
         posting.booked_by]
        for posting, key, fact, intent in zip(
            postings,
            stored_ids(posting.transfer.id for posting in postings),
            stored_ids(posting.fact for posting in postings),
            stored_ids(posting.intent or "" for posting in postings),
            strict=True,
        )
    ]  # fmt: skip
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            new = run_postgresql(_TRANSFERS_FROM_JSON, [territory, booked_at, dump_compact(rows).decode()])
            if new.rowcount == len(rows):
                return {posting.transfer.id for posting in postings}
            return {str(row[0]) for row in new.fetchall()}
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
        return {posting.transfer.id for posting, row in zip(postings, rows, strict=True) if row[0] not in there}


_Leg = tuple[str, int, str, str, int]


def _insert_legs(territory: str, legs: Sequence[_Leg]) -> None:
    columns = "territory, transfer_id, line, account, asset, amount"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            run_postgresql(
                f"INSERT INTO ledger_leg ({columns}) SELECT %s, (v->>0)::uuid, (v->>1)::int, v->>2, v->>3, "  # noqa: S608
                "(v->>4)::bigint FROM jsonb_array_elements(%s::jsonb) AS v",
                [territory, dump_compact(legs).decode()],
            )
            return
        cursor.executemany(
            f"INSERT INTO ledger_leg ({columns}) VALUES (%s,%s,%s,%s,%s,%s)",  # noqa: S608
            [(territory, *leg) for leg in legs],
        )


_BALANCE_COLUMNS = {"account": "text", "asset": "text", "amount": "bigint"}


def _move_balances(territory: str, legs: Sequence[_Leg]) -> None:
    deltas: dict[tuple[str, str], int] = defaultdict(int)
    for _, _, account, asset, amount in legs:
        deltas[account, asset] += amount
    rows = [(account, asset, amount) for (account, asset), amount in sorted(deltas.items())]
    add = f"DO UPDATE SET amount = {Balance._meta.db_table}.amount + excluded.amount"
    insert_rows(Balance, territory, _BALANCE_COLUMNS, rows, f"(territory, account, asset) {add}")
