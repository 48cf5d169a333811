"""Operations in doubt: how old, what later knowledge decides them, and what they may cost meanwhile.

A verified transaction MAC says that our commit happened; the balance before the next operation says which of the two it
was. What stays open for a week is booked against `suspense`, after 90 days without its card against `loss`; whenever it
is decided the opposite transfers take that back, so that the books are those of a world without doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from domain.ledger import LOSS, SUSPENSE, Asset, Leg, Transfer, TransferKind, card_account, derived_id, payable_account
from domain.ports import Clock
from server.ledger.booking import book
from server.ledger.models import Alarm, Card, Fact, Operation
from server.ledger.operations import CHIP_DONE, CHIP_NOT_DONE
from server.ledger.quarantine import fact_of
from server.reconciliation.checks import HOUR_MS, age_class
from server.reconciliation.macs import Verifier, fill_from_sightings
from server.reconciliation.models import ChipState, SuspenseEntry, TransactionCheck
from server.runtime import MS_PER_DAY
from server.settlement.books import book_transfer
from server.territory.models import StaffAction

SUSPENSE_AFTER_MS = 7 * MS_PER_DAY
LOSS_AFTER_MS = 90 * MS_PER_DAY
WHO = "calcul"
# What a doubt may cost, by kind: whose claim stands if it was done while the card was never debited, or the reverse.
_CLAIMS = frozenset({TransferKind.DEBIT, TransferKind.LOAD, TransferKind.CREDIT})


class DoubtRefused(ValueError):
    """Nothing was decided; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """An operation without a known result. `age` is the class that it has reached, empty below 24 hours."""

    row: Operation
    age_ms: int
    age: str


def in_flight(territory: str, now_ms: int) -> list[InFlight]:
    """Oldest first. An operation of which only an outcome is here is a hole of its device, not a doubt."""
    rows = Operation.objects.filter(territory=territory, open=True).exclude(kind=None).order_by("occurred_at")
    return [InFlight(row, age := max(0, now_ms - row.occurred_at), age_class(age)) for row in rows]


def decide_open(territory: str, verifier: Verifier | None, clock: Clock) -> int:
    """Decide what later knowledge allows; how many."""
    decided = 0
    for row in Operation.objects.filter(territory=territory, open=True).exclude(kind=None):
        with transaction.atomic():
            locked = Operation.objects.select_for_update().get(pk=row.pk)
            if not locked.open:
                continue
            done = _by_mac(locked, verifier) or _by_next_balance(locked)
            if done is not None:
                _settle(locked, clock.now_ms(), done=done)
                decided += 1
    return decided


def _by_mac(row: Operation, verifier: Verifier | None) -> bool | None:
    """True when a tap read the signature of exactly our commands. Another signature decides nothing by itself."""
    check = TransactionCheck.objects.filter(territory=row.territory, intent=row.intent, known=True).first()
    if verifier is None or check is None:
        return None
    fill_from_sightings(check)
    verdict, _ = verifier.judge(check) if check.mac else (None, "")
    return True if verdict == TransactionCheck.Verdict.VERIFIED else None


def _by_next_balance(row: Operation) -> bool | None:
    """What the chip held after the commit that followed our reading, if anybody saw it and only we claim it."""
    if row.operation_before is None or not row.amount_cents or row.balance_before is None:
        return None
    after = _balance_after(row)
    if after is None:
        return None
    if after == row.balance_before:
        return False
    rivals = Operation.objects.filter(
        territory=row.territory, card_number=row.card_number, operation_before=row.operation_before
    ).exclude(pk=row.pk)
    moved = -row.amount_cents if row.kind == TransferKind.DEBIT else row.amount_cents
    if after - row.balance_before == moved and not rivals.exists():
        return True
    return None


def _balance_after(row: Operation) -> int | None:
    """Cents on the chip at our operation number: by a reading, else by what the next operation found."""
    number = (row.operation_before or 0) + 1
    seen = ChipState.objects.filter(territory=row.territory, card_number=row.card_number, operation_number=number)
    balances = set(seen.values_list("balance_cents", flat=True))
    following = Operation.objects.filter(
        territory=row.territory, card_number=row.card_number, operation_before=number
    ).exclude(balance_before=None)
    balances |= {row.balance_before for row in following if row.balance_before is not None}
    return int(balances.pop()) if len(balances) == 1 else None


def _settle(row: Operation, now_ms: int, *, done: bool) -> None:
    """Add the knowledge and book again: the same rules, as if a chip had shown it."""
    row.results |= CHIP_DONE if done else CHIP_NOT_DONE
    row.open = False
    row.save(update_fields=["results", "open"])
    stored = Fact.objects.filter(territory=row.territory, id=row.intent).first()
    if stored is not None and done:
        book(row.territory, [fact_of(stored)], now_ms)


def decide_by_person(territory: str, intent: UUID, who: str, why: str, now_ms: int, *, done: bool) -> None:
    """When nothing else can: a person decides, with a reason. Raises DoubtRefused."""
    if len(why.strip()) < 5:
        raise DoubtRefused("Dites d'où vous le savez, en quelques mots.")
    with transaction.atomic():
        row = Operation.objects.select_for_update().filter(territory=territory, intent=intent).first()
        if row is None or not row.open or row.kind is None:
            raise DoubtRefused("Cette opération n'est plus en doute.")
        if now_ms - row.occurred_at < 72 * HOUR_MS:
            raise DoubtRefused("Attendez 72 heures : la carte peut encore trancher d'elle-même.")
        _settle(row, now_ms, done=done)
        what = f"doubt.{'done' if done else 'not_done'}"
        StaffAction.objects.create(territory=territory, who=who, what=what, target=f"{intent} : {why.strip()}"[:120])


def age_all(territory: str, clock: Clock) -> dict[str, int]:
    """Suspend, write off, take back, and alarm; counts."""
    now = clock.now_ms()
    counts = {"suspended": 0, "lost": 0, "closed": _close_decided(territory, now)}
    for flight in in_flight(territory, now):
        row = flight.row
        if flight.age_ms >= SUSPENSE_AFTER_MS and row.kind in _CLAIMS and row.amount_cents:
            counts["suspended"] += _suspend(row, now)
        if flight.age_ms >= LOSS_AFTER_MS and _unseen(row, now):
            counts["lost"] += _lose(row, now)
        if flight.age in ("72 heures", "7 jours"):
            _alarm(row, flight.age)
    return counts


def _unseen(row: Operation, now_ms: int) -> bool:
    card = Card.objects.filter(territory=row.territory, card_number=row.card_number).first()
    return card is None or now_ms - card.seen_at >= LOSS_AFTER_MS


def _suspend(row: Operation, now_ms: int) -> int:
    """The worst that it may cost: the site's claim for a debit, the chip's money for a load or credit."""
    if SuspenseEntry.objects.filter(territory=row.territory, intent=row.intent).exists():
        return 0
    site = row.payee_site if row.payee_site is not None else row.site
    account = payable_account(site or 0) if row.kind == TransferKind.DEBIT else card_account(row.card_number or "")
    amount = row.amount_cents or 0
    legs = (Leg(SUSPENSE, Asset.EUR, -amount), Leg(account, Asset.EUR, amount))
    with transaction.atomic():
        _book(row, _id(row.intent, "suspense"), TransferKind.SUSPENSE, legs, now_ms, "sans résultat depuis 7 jours")
        SuspenseEntry.objects.create(
            territory=row.territory,
            intent=row.intent,
            card_number=row.card_number or "",
            kind=row.kind or "",
            account=account,
            amount_cents=amount,
            suspended_at=now_ms,
        )
    return 1


def _lose(row: Operation, now_ms: int) -> int:
    with transaction.atomic():
        entry = SuspenseEntry.objects.select_for_update().filter(territory=row.territory, intent=row.intent).first()
        if entry is None or entry.lost_at is not None:
            return 0
        legs = (Leg(LOSS, Asset.EUR, -entry.amount_cents), Leg(SUSPENSE, Asset.EUR, entry.amount_cents))
        _book(row, _id(row.intent, "loss"), TransferKind.LOSS, legs, now_ms, "carte pas vue depuis 90 jours")
        entry.lost_at = now_ms
        entry.save(update_fields=["lost_at"])
    return 1


def _close_decided(territory: str, now_ms: int) -> int:
    """Opposite transfers for everything that was booked for a doubt that is none any more."""
    count = 0
    for entry in SuspenseEntry.objects.filter(territory=territory, closed_at=None):
        row = Operation.objects.filter(territory=territory, intent=entry.intent).first()
        if row is None or row.open:
            continue
        with transaction.atomic():
            taken = LOSS if entry.lost_at is not None else SUSPENSE
            legs = (Leg(taken, Asset.EUR, entry.amount_cents), Leg(entry.account, Asset.EUR, -entry.amount_cents))
            kind = TransferKind.LOSS if entry.lost_at is not None else TransferKind.SUSPENSE
            _book(row, _id(entry.intent, "back"), kind, legs, now_ms, "l'opération est tranchée")
            entry.closed_at, entry.decision = now_ms, "tranchée"
            entry.save(update_fields=["closed_at", "decision"])
        count += 1
    return count


def _id(intent: UUID, step: str) -> str:
    return derived_id(b"zerot-suspense-1-" + step.encode(), str(intent))


def _book(row: Operation, identity: str, kind: TransferKind, legs: tuple[Leg, ...], now_ms: int, reason: str) -> None:
    book_transfer(
        row.territory, Transfer(identity, kind, legs), now_ms, reason=reason, booked_by=WHO, intent=str(row.intent)
    )


def _alarm(row: Operation, age: str) -> None:
    alarm = Alarm(
        territory=row.territory,
        code="in_doubt",
        device=row.device,
        subject=f"{row.intent} {age}",
        detail=f"Une opération de carte est sans résultat depuis {age}.",
    )
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)


def open_suspense(territory: str) -> list[SuspenseEntry]:
    return list(SuspenseEntry.objects.filter(Q(closed_at=None), territory=territory).order_by("suspended_at"))
