"""Every card's story out of the tables, and what the worker keeps of the findings."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from domain.facts import FactKind
from domain.ledger import Asset, Result, TransferKind, card_account
from server.ledger.models import Alarm, Fact, Operation
from server.ledger.operations import OperationState
from server.ledger.queries import uncounted
from server.reconciliation.checks import CardStory, Chip, Equation, Finding, Known, equation, findings
from server.reconciliation.models import CardProblem, ChipState
from server.reconciliation.scan import NO_COUNTER

_SIGNS = {TransferKind.LOAD: 1, TransferKind.CREDIT: 1, TransferKind.REFUND: 1, TransferKind.DEBIT: -1}
_LABELS = {"gap": "card_gap", "clone": "card_clone", "credit": "card_credit", "difference": "card_difference"}


@dataclass(frozen=True, slots=True)
class CardLine:
    """One card of the reconciliation: its equation (None while no chip was read) and what does not fit."""

    story: CardStory
    equal: Equation | None
    found: tuple[Finding, ...]
    in_flight: int

    @property
    def sound(self) -> bool:
        return not self.found and (self.equal is None or self.equal.difference == 0)


def shadows(territory: str) -> dict[str, int]:
    """Cents of each card's account by its chip's facts alone: without doubts, and before a replacement emptied it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leg.account, SUM(leg.amount) FROM ledger_leg AS leg JOIN ledger_transfer AS transfer "
            "ON transfer.territory = leg.territory AND transfer.id = leg.transfer_id "
            "WHERE leg.territory = %s AND leg.asset = %s AND leg.account LIKE %s "
            "AND transfer.kind NOT IN ('suspense', 'loss', 'replacement') GROUP BY leg.account",
            [territory, str(Asset.EUR), card_account("%")],
        )
        return {account.partition(":")[2]: int(total) for account, total in cursor.fetchall()}


def card_lines(territory: str) -> Iterator[CardLine]:
    """Every card that the books or a reader know, by number."""
    sums = shadows(territory)
    chips: dict[str, list[Chip]] = defaultdict(list)
    for row in ChipState.objects.filter(territory=territory).iterator():
        counter = None if row.counter == NO_COUNTER else row.counter
        chips[row.card_number].append(Chip(row.operation_number, counter, row.mac, row.balance_cents))
    known: dict[str, list[Known]] = defaultdict(list)
    other: dict[str, set[int]] = defaultdict(set)
    flight: dict[str, int] = defaultdict(int)
    for operation in Operation.objects.filter(territory=territory).exclude(card_number=None).iterator():
        number, place = operation.card_number or "", (operation.operation_before or 0) + 1
        if operation.open:
            flight[number] += 1
            other[number].add(place)
        elif _done(operation):
            cents = _SIGNS.get(TransferKind(operation.kind), 0) * (operation.amount_cents or 0) if operation.kind else 0
            known[number].append(Known(place, cents, str(operation.intent)))
    for number, place in _alone(territory):
        other[number].add(place)
    for number in sorted(set(sums) | set(chips) | set(known) | set(flight)):
        story = CardStory(
            number, sums.get(number, 0), tuple(chips[number]), tuple(known[number]), frozenset(other[number])
        )
        yield CardLine(story, equation(story), tuple(findings(story)), flight[number])


def _done(row: Operation) -> bool:
    """Whether what was told of an operation, and what chips showed of it, comes to done."""
    return OperationState(str(row.intent), told=row.results).result is Result.DONE


def _alone(territory: str) -> Iterator[tuple[str, int]]:
    """Commits that are no purse operation but have their fact: points given alone, as earlier kiosks told them."""
    told = Fact.objects.filter(territory=territory, kind=FactKind.POINTS_AWARDED)
    rows = told.exclude(id__in=uncounted(territory)).values_list("body", flat=True)
    for text in rows.iterator():
        body = json.loads(text)
        number, place = body.get("card"), body.get("operation_number")
        if body.get("intent") is None and isinstance(number, str) and isinstance(place, int):
            yield number, place


def reconcile_cards(territory: str, now_ms: int) -> dict[str, int]:
    """Keep what does not fit, end what fits again, raise alarms for what is new. Counts by kind of what is open."""
    counts: dict[str, int] = defaultdict(int)
    seen: set[tuple[str, str, str]] = set()
    for line in card_lines(territory):
        for finding in line.found:
            seen.add((line.story.card_number, finding.kind, finding.subject))
            counts[finding.kind] += 1
            _keep(territory, line.story.card_number, finding, now_ms)
    for row in CardProblem.objects.filter(territory=territory, ended_at=None):
        if (row.card_number, row.kind, row.subject) not in seen:
            row.ended_at = now_ms
            row.save(update_fields=["ended_at"])
    return dict(counts)


def _keep(territory: str, number: str, finding: Finding, now_ms: int) -> None:
    with transaction.atomic():
        row, created = CardProblem.objects.get_or_create(
            territory=territory,
            card_number=number,
            kind=finding.kind,
            subject=finding.subject,
            defaults={"detail": finding.detail, "amount_cents": finding.amount_cents, "found_at": now_ms},
        )
        if created:
            alarm = Alarm(
                territory=territory,
                code=_LABELS[finding.kind],
                device="",
                subject=f"{number} {finding.subject}"[:80],
                detail=f"Carte {number[:4]} {number[4:]} : {finding.detail}"[:300],
            )
            Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
        elif row.ended_at is not None or row.amount_cents != finding.amount_cents:
            row.ended_at, row.amount_cents, row.detail = None, finding.amount_cents, finding.detail
            row.save(update_fields=["ended_at", "amount_cents", "detail"])


def explain(territory: str, keys: Iterable[str], who: str, note: str, now_ms: int) -> int:
    """A person knows why: the problem stays noted and asks nobody any more. Raises ValueError without a reason."""
    if len(note.strip()) < 5:
        raise ValueError("Dites pourquoi, en quelques mots.")
    rows = CardProblem.objects.filter(territory=territory, pk__in=list(keys), explained_at=None)
    return rows.update(explained_by=who, explained_at=now_ms, note=note.strip()[:200])
