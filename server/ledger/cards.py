"""Cards as last seen, and the queue before them. Call inside the ingest transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from django.db import connection

from server.ledger.bulk import run_postgresql
from server.ledger.models import Card
from server.ledger.rows import insert_rows
from server.ledger.work import Sighting

_COLUMNS = {
    "card_number": "text", "operation_number": "bigint", "balance_cents": "bigint", "points": "bigint",
    "device": "text", "seen_at": "bigint",
}  # fmt: skip
_VALUES = attrgetter(*_COLUMNS)
_TABLE = Card._meta.db_table
_NEWER = (
    "(territory, card_number) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "card_number")
    + " WHERE (excluded.operation_number, excluded.points IS NOT NULL)"
    + f" >= ({_TABLE}.operation_number, {_TABLE}.points IS NOT NULL)"
)
# What is in conflict is locked even where WHERE then leaves it as it is (PostgreSQL, INSERT, "ON CONFLICT Clause").
_QUEUE = """
    INSERT INTO ledger_card_queue (territory, card_number)
    SELECT %s, card FROM unnest(%s::text[]) AS card ORDER BY card
    ON CONFLICT (territory, card_number) DO UPDATE SET card_number = excluded.card_number WHERE false
"""


def queue_for_cards(territory: str, cards: Iterable[str]) -> None:
    """Wait for other transactions that book operations or read records of these cards.

    Else an intent and the record that decides it, brought by two devices at once, would not see each other, and what
    decides would depend on chance. SQLite has one writer anyway. Locks are taken in one order, after facts are stored:
    a row per card, for advisory locks share a table of 6 400 and two full batches speak of hundreds of cards each.
    """
    wanted = set(cards)
    if wanted and connection.vendor == "postgresql":
        run_postgresql(_QUEUE, [territory, list(wanted)])


def upsert_cards(territory: str, sightings: Sequence[Sighting]) -> None:
    """Keep each card's values of its greatest operation number; at the same number, those that know the points.

    The comparison is in the statement itself, so that the older of two taps that arrive at once never wins. Give the
    sightings in the order of their card numbers, one each: two writers then lock rows in one order.
    """
    insert_rows(Card, territory, _COLUMNS, [_VALUES(sighting) for sighting in sightings], _NEWER)
