"""What a site is owed on paper and is not paid yet: transaction MACs not verified, operations in doubt."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Sum

from domain.ledger import payable_account
from server.reconciliation.models import SuspenseEntry, TransactionCheck

Verdict = TransactionCheck.Verdict


def held_cents(territory: str, sites: Iterable[int]) -> int:
    """Cents of these sites' debits that wait for their check, for a person, or for their card."""
    numbers = list(sites)
    waiting = TransactionCheck.objects.filter(
        territory=territory, kind="debit", payee_site__in=numbers, reviewed_at=None, known=True
    ).filter(verdict__in=[Verdict.WAITING, Verdict.UNVERIFIABLE, Verdict.WRONG])
    booked = waiting.extra(  # the transfer table is not a model that the check points at
        where=[
            "EXISTS (SELECT 1 FROM ledger_transfer WHERE ledger_transfer.territory = "
            "reconciliation_transactioncheck.territory AND ledger_transfer.id = reconciliation_transactioncheck.intent)"
        ]
    )
    unverified = booked.aggregate(total=Sum("amount_cents"))["total"] or 0
    doubtful = SuspenseEntry.objects.filter(
        territory=territory, closed_at=None, lost_at=None, account__in=[payable_account(number) for number in numbers]
    ).aggregate(total=Sum("amount_cents"))["total"]
    return int(unverified) + int(doubtful or 0) + _unread_cents(territory, numbers)


def _unread_cents(territory: str, numbers: list[int]) -> int:
    """Cents of debits that are booked and that the worker has not read yet."""
    if not numbers:
        return 0
    marks = ",".join(["%s"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(leg.amount), 0) FROM ledger_leg AS leg "  # noqa: S608
            "JOIN ledger_transfer AS transfer ON transfer.territory = leg.territory AND transfer.id = leg.transfer_id "
            "LEFT JOIN reconciliation_transactioncheck AS looked "
            "ON looked.territory = leg.territory AND looked.intent = leg.transfer_id AND looked.known "
            "WHERE leg.territory = %s AND leg.asset = 'EUR' AND transfer.kind = 'debit' AND looked.id IS NULL "
            f"AND leg.account IN ({marks})",
            [territory, *(payable_account(number) for number in numbers)],
        )
        return int(cursor.fetchone()[0])
