"""The daily identity: what the books say the territory owes and has, per asset, kept day by day."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from domain.days import local_day
from domain.ledger import Asset
from server.ledger.models import Alarm
from server.ledger.queries import accounts, cache_differences
from server.reconciliation.checks import Identity, identities
from server.reconciliation.models import DailyIdentity
from server.settlement.models import BankStatement


def now_identities(territory: str) -> list[Identity]:
    return identities((row.account, Asset(row.asset), row.amount) for row in accounts(territory))


def keep_identity(territory: str, now_ms: int) -> DailyIdentity:
    """Today's figures, written over until the day ends; an alarm when they do not hold."""
    found = now_identities(territory)
    wrong = cache_differences(territory)
    figures: dict[str, Any] = {
        str(row.asset): {
            "families": dict(row.families),
            "bank": row.bank,
            "expected_bank": row.expected_bank,
            "difference": row.difference,
            "unknown": list(row.unknown),
        }
        for row in found
    }
    figures["cache_differences"] = len(wrong)
    sound = all(row.sound for row in found) and not wrong
    day = local_day(now_ms)
    with transaction.atomic():
        kept, _ = DailyIdentity.objects.update_or_create(
            territory=territory, day=day, defaults={"made_at": now_ms, "figures": figures, "sound": sound}
        )
        if not sound:
            alarm = Alarm(
                territory=territory,
                code="identity",
                device="",
                subject=day.isoformat(),
                detail="L'égalité des comptes ne tient pas : la banque n'a pas ce que les comptes disent.",
            )
            Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
    return kept


def bank_differences(territory: str, limit: int = 30) -> list[tuple[BankStatement, int | None]]:
    """Statements of the bank, newest first, with bank minus books of the same day; None where no day was kept."""
    rows = list(BankStatement.objects.filter(territory=territory).order_by("-day")[:limit])
    kept = {
        row.day: row for row in DailyIdentity.objects.filter(territory=territory, day__in=[row.day for row in rows])
    }
    return [
        (row, row.balance_cents - kept[row.day].figures["EUR"]["bank"] if row.day in kept else None) for row in rows
    ]
