"""Cards as last seen, and the queue before them. Call inside the ingest transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from zlib import crc32

from django.db import connection

from server.ledger.models import Card
from server.ledger.work import Sighting
from server.runtime import new_uuid

_VALUES = ("operation_number", "balance_cents", "points", "device", "seen_at")
_QUEUES = 256  # advisory locks per transaction at most, far below PostgreSQL's default of 6 400 in all
_QUEUE_CLASS = 0x5A43  # keeps these locks apart from any other use of advisory locks


def queue_for_cards(territory: str, cards: Iterable[str]) -> None:
    """Wait for other transactions that book operations or read records of these cards.

    Else an intent and the record that decides it, brought by two devices at once, would not see each other, and what
    decides would depend on chance. SQLite has one writer anyway. Locks are taken in one order, after facts are stored.
    """
    if connection.vendor != "postgresql":
        return
    queues = sorted({crc32(f"{territory}/{card}".encode()) % _QUEUES for card in cards})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, queue) FROM unnest(%s::int[]) AS queue", [_QUEUE_CLASS, queues]
        )


def upsert_cards(territory: str, sightings: Sequence[Sighting]) -> None:
    """Keep each card's values of its greatest operation number; at the same number, those that know the points.

    The comparison is in the statement itself, so that the older of two taps that arrive at once never wins. Give the
    sightings in the order of their card numbers, one each: two writers then lock rows in one order.
    """
    if not sightings:
        return
    table = Card._meta.db_table
    update = ", ".join(f"{name} = excluded.{name}" for name in _VALUES)
    columns = f"territory, id, card_number, {', '.join(_VALUES)}"
    newer = (
        f"ON CONFLICT (territory, card_number) DO UPDATE SET {update} "
        f"WHERE (excluded.operation_number, excluded.points IS NOT NULL) "
        f">= ({table}.operation_number, {table}.points IS NOT NULL)"
    )
    sqlite = connection.vendor == "sqlite"
    rows = [
        [
            new_uuid().hex if sqlite else str(new_uuid()),
            sighting.card_number,
            sighting.operation_number,
            sighting.balance_cents,
            sighting.points,
            sighting.device,
            sighting.seen_at,
        ]
        for sighting in sightings
    ]
    with connection.cursor() as cursor:
        if sqlite:
            cursor.executemany(
                f"INSERT INTO {table} ({columns}) VALUES (%s,%s,%s,%s,%s,%s,%s,%s) {newer}",  # noqa: S608
                [(territory, *row) for row in rows],
            )
            return
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT %s, (v->>0)::uuid, v->>1, (v->>2)::bigint, (v->>3)::bigint, "  # noqa: S608
            "(v->>4)::bigint, v->>5, (v->>6)::bigint "
            "FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS t(v, place) "
            f"ORDER BY place {newer}",
            [territory, json.dumps(rows)],
        )
