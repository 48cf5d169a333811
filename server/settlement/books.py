"""Transfers that people and the worker book, beside those that facts bring. Call inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from domain.ledger import Asset, Leg, Transfer, TransferKind
from server.ledger.models import Transfer as TransferRow
from server.ledger.postings import Posting
from server.ledger.rows import post

NOBODY = ""  # the `device` of a transfer that no device told


def book_transfer(
    territory: str,
    transfer: Transfer,
    now_ms: int,
    *,
    reason: str,
    booked_by: str,
    intent: str | None = None,
    occurred_at: int | None = None,
) -> bool:
    """Post a transfer that no fact completed; False when it is there already."""
    at = now_ms if occurred_at is None else occurred_at
    posting = Posting(transfer, NOBODY, transfer.id, intent, at, reason[:200], booked_by[:150])
    return post(territory, [posting], now_ms) == 1


def legs_of(territory: str, transfers: Iterable[UUID]) -> dict[UUID, tuple[Leg, ...]]:
    """The legs of each transfer, in their order; absent where there is no such transfer."""
    wanted = list(transfers)
    found: dict[UUID, list[Leg]] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        keys = [key.hex if connection.vendor == "sqlite" else key for key in part]
        marks = ",".join(["%s"] * len(keys))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT transfer_id, account, asset, amount FROM ledger_leg "  # noqa: S608
                f"WHERE territory = %s AND transfer_id IN ({marks}) ORDER BY transfer_id, line",
                [territory, *keys],
            )
            for transfer, account, asset, amount in cursor.fetchall():
                found.setdefault(UUID(str(transfer)), []).append(Leg(account, Asset(asset), int(amount)))
    return {key: tuple(legs) for key, legs in found.items()}


def stored_transfers(territory: str, ids: Iterable[str]) -> list[tuple[TransferRow, Transfer]]:
    """Those of `ids` that are posted, with their legs."""
    rows = list(TransferRow.objects.filter(territory=territory, id__in=[UUID(key) for key in ids]))
    legs = legs_of(territory, [row.id for row in rows])
    return [(row, Transfer(str(row.id), TransferKind(row.kind), legs[row.id])) for row in rows if row.id in legs]


def account_sums(territory: str, accounts: Iterable[str], asset: Asset = Asset.EUR) -> dict[tuple[str, str], int]:
    """Sum per account and kind of transfer, from the legs themselves."""
    wanted = sorted(set(accounts))
    if not wanted:
        return {}
    marks = ",".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leg.account, transfer.kind, SUM(leg.amount) FROM ledger_leg AS leg "  # noqa: S608
            "JOIN ledger_transfer AS transfer ON transfer.territory = leg.territory AND transfer.id = leg.transfer_id "
            f"WHERE leg.territory = %s AND leg.asset = %s AND leg.account IN ({marks}) "
            "GROUP BY leg.account, transfer.kind",
            [territory, str(asset), *wanted],
        )
        return {(account, kind): int(total) for account, kind, total in cursor.fetchall()}
