"""Reading the books: sums that must be zero, balances, cards with what their chips said."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet

from domain.ledger import Asset, card_account
from server.ledger.models import COUNTED, Balance, Card, Fact, Operation, Quarantined


@dataclass(frozen=True, slots=True)
class CardLine:
    """One card: what the books owe its holder, what its chip last showed, the difference. Cents and points."""

    card_number: str
    shadow_cents: int
    shadow_points: int
    seen_cents: int | None
    seen_points: int | None
    seen_at: int | None
    seen_device: str
    in_flight: int

    @property
    def difference_cents(self) -> int | None:
        return None if self.seen_cents is None else self.seen_cents - self.shadow_cents


@dataclass(frozen=True, slots=True)
class Account:
    account: str
    asset: str
    amount: int


def ledger_sums(territory: str) -> dict[Asset, int]:
    """Sum of all legs per asset, from the legs themselves: zero, or something is very wrong."""
    totals = dict.fromkeys(Asset, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT asset, SUM(amount) FROM ledger_leg WHERE territory = %s GROUP BY asset", [territory])
        for asset, total in cursor.fetchall():
            totals[Asset(asset)] = int(total)
    return totals


def accounts(territory: str) -> list[Account]:
    """Balance of every account, summed from the legs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account, asset, SUM(amount) FROM ledger_leg WHERE territory = %s GROUP BY account, asset "
            "ORDER BY account, asset",
            [territory],
        )
        return [Account(account, asset, int(total)) for account, asset, total in cursor.fetchall()]


def cache_differences(territory: str) -> list[tuple[Account, int]]:
    """Accounts whose cached balance is not the sum of their legs, with the cached figure: none in sound books."""
    cached = {(row.account, row.asset): row.amount for row in Balance.objects.filter(territory=territory)}
    summed = {(row.account, row.asset): row for row in accounts(territory)}
    wrong = []
    for key in sorted(set(cached) | set(summed)):
        account = summed.get(key, Account(*key, 0))
        if cached.get(key, 0) != account.amount:
            wrong.append((account, cached.get(key, 0)))
    return wrong


def cards(territory: str) -> list[CardLine]:
    """Every card that the books or a reader know, by number."""
    shadows = {
        (row.account, row.asset): row.amount
        for row in Balance.objects.filter(territory=territory, account__startswith="card:")
    }
    seen = {row.card_number: row for row in Card.objects.filter(territory=territory)}
    flight: dict[str, int] = {
        str(row["card_number"]): row["count"]
        for row in Operation.objects.filter(territory=territory, open=True)
        .exclude(card_number=None)
        .values("card_number")
        .annotate(count=Count("id"))
    }
    numbers = {account.removeprefix("card:") for account, _ in shadows} | set(seen) | set(flight)
    return [_card_line(number, shadows, seen.get(number), flight.get(number, 0)) for number in sorted(numbers)]


def _card_line(number: str, shadows: dict[tuple[str, str], int], seen: Card | None, in_flight: int) -> CardLine:
    account = card_account(number)
    return CardLine(
        card_number=number,
        shadow_cents=shadows.get((account, Asset.EUR), 0),
        shadow_points=shadows.get((account, Asset.PTS), 0),
        seen_cents=seen.balance_cents if seen else None,
        seen_points=seen.points if seen else None,
        seen_at=seen.seen_at if seen else None,
        seen_device=seen.device if seen else "",
        in_flight=in_flight,
    )


def loads_done(territory: str, device: str, incarnation: int) -> int:
    """Cents of the loads that a device began in one incarnation and that are booked, whoever told how they ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            # CROSS JOIN: without statistics SQLite would begin with all legs of the territory.
            "SELECT COALESCE(SUM(leg.amount), 0) FROM ledger_fact AS fact CROSS JOIN ledger_leg AS leg "
            "WHERE fact.territory = %s AND fact.device = %s AND fact.incarnation = %s "
            "AND fact.kind = 'purse.load.intent' AND leg.territory = fact.territory AND leg.transfer_id = fact.id "
            "AND leg.asset = 'EUR' AND leg.amount > 0",
            [territory, device, incarnation],
        )
        return int(cursor.fetchone()[0])


def facts_by_kind(territory: str) -> dict[str, int]:
    """How many facts of each kind are stored."""
    rows = Fact.objects.filter(territory=territory).values("kind").annotate(count=Count("id")).order_by("kind")
    return {row["kind"]: row["count"] for row in rows}


def uncounted(territory: str) -> QuerySet[Quarantined, UUID]:
    """Ids of stored facts that wait in quarantine or were left there: they tell nothing. For a subquery."""
    aside = Quarantined.objects.filter(territory=territory, stored=True)
    return aside.exclude(decision__startswith=COUNTED).values_list("fact", flat=True)


def waiting_in_quarantine(territory: str) -> int:
    """How many rows wait for a person."""
    return Quarantined.objects.filter(territory=territory, released_at=None).count()
