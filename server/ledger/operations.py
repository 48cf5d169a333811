"""What is known of one purse operation, and what must be posted for it. Pure; order of arrival does not matter.

An operation gathers its intent, every outcome told of it, what chips showed of it, and the points that went with it.
Each piece only adds knowledge (a set of bits, or a value that is the same whoever tells it), and what is to be posted
follows from the whole: so six facts in any of 720 orders, in one batch or six, end in the same books.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.ledger import (
    Award,
    Intent,
    Outcome,
    RefundRequest,
    Result,
    Transfer,
    TransferKind,
    contradicts,
    decide,
    refunds,
    transfer_from_award,
    transfer_from_refund,
    transfer_of,
)

DONE = 1
NOT_DONE = 2
IN_DOUBT = 4
CHIP_DONE = 8  # a tap read a record with this operation's id
CHIP_NOT_DONE = 16  # a tap read another operation under this one's number, or saw later that nothing had moved
_BITS = {Result.DONE: DONE, Result.NOT_DONE: NOT_DONE, Result.IN_DOUBT: IN_DOUBT}
# Outcomes are kept apart by the kind they were told as, for the intent that says which kind is true may come last.
_SHIFTS = {
    TransferKind.LOAD: 0,
    TransferKind.DEBIT: 5,
    TransferKind.REFUND: 8,
    TransferKind.CREDIT: 11,
    TransferKind.AWARD: 14,
    TransferKind.REDEEM: 17,
    TransferKind.ENTRY: 20,
}
_POINTS_ONLY = frozenset({TransferKind.AWARD, TransferKind.REDEEM})  # their own transfer is of points
_TOLD = DONE | NOT_DONE | IN_DOUBT
_CHIPS = CHIP_DONE | CHIP_NOT_DONE
_SAYS = {**_BITS, Result.DONE: DONE | CHIP_DONE, Result.NOT_DONE: NOT_DONE | CHIP_NOT_DONE}
_RESULTS = tuple(frozenset(result for result, bits in _SAYS.items() if told & bits) for told in range(32))


@dataclass(frozen=True, slots=True)
class After:
    """The chip's operation number and cents after the commit, as an outcome told as `kind` has them."""

    kind: TransferKind
    operation_number: int
    balance_cents: int


@dataclass(frozen=True, slots=True)
class OperationState:
    """All that is known of the operation `intent_id`. `told` is a bit set of outcomes and sightings."""

    intent_id: str
    intent: Intent | None = None
    told: int = 0
    afters: tuple[After, ...] = ()  # at most one per kind, sorted
    award: Award | None = None
    refund: RefundRequest | None = None  # of a debit: its site gives the money back

    def _with(
        self,
        *,
        intent: Intent | None = None,
        told: int | None = None,
        afters: tuple[After, ...] | None = None,
        award: Award | None = None,
        refund: RefundRequest | None = None,
    ) -> OperationState:
        """Knowledge only grows, so None leaves a piece as it is. (dataclasses.replace takes four times as long.)"""
        return OperationState(
            self.intent_id,
            self.intent if intent is None else intent,
            self.told if told is None else told,
            self.afters if afters is None else afters,
            self.award if award is None else award,
            self.refund if refund is None else refund,
        )

    def with_intent(self, intent: Intent) -> OperationState:
        return self._with(intent=intent)

    def with_outcome(self, outcome: Outcome) -> OperationState:
        """Add an outcome. The chip's values are those of a `done` outcome, the greatest if several were told."""
        told = self.told | _BITS[outcome.result] << _SHIFTS[outcome.kind]
        if outcome.result is not Result.DONE or outcome.operation_number is None or outcome.balance_cents is None:
            return self._with(told=told)
        greatest = {after.kind: after for after in self.afters}
        fresh = After(outcome.kind, outcome.operation_number, outcome.balance_cents)
        known = greatest.get(fresh.kind, fresh)
        if (fresh.operation_number, fresh.balance_cents) >= (known.operation_number, known.balance_cents):
            greatest[fresh.kind] = fresh
        return self._with(told=told, afters=tuple(greatest[kind] for kind in sorted(greatest)))

    def with_award(self, award: Award) -> OperationState:
        """Add the points of its commit. Two different tellings cannot both be true: the greater fact id is ignored."""
        if self.award is not None and self.award.fact_id <= award.fact_id:
            return self
        return self._with(award=award)

    def with_refund(self, request: RefundRequest) -> OperationState:
        """Add that it is to be given back; of two requests the smaller fact id counts."""
        if self.refund is not None and self.refund.fact_id <= request.fact_id:
            return self
        return self._with(refund=request)

    def with_chips(self, results: frozenset[Result]) -> OperationState:
        """Add what chips' records say (`domain.ledger.results_from_records`)."""
        bits = (CHIP_DONE if Result.DONE in results else 0) | (CHIP_NOT_DONE if Result.NOT_DONE in results else 0)
        return self._with(told=self.told | bits)

    @property
    def after(self) -> After | None:
        """What the chip held after it, once the intent is known; an outcome of another kind says nothing of that."""
        if self.intent is None:
            return None
        return next((after for after in self.afters if after.kind is self.intent.kind), None)

    @property
    def results(self) -> frozenset[Result]:
        """Everything told that concerns the intent, chips included; while the intent is unknown everything told."""
        kinds = _SHIFTS if self.intent is None else (self.intent.kind,)
        told = 0
        for kind in kinds:
            told |= self.told >> _SHIFTS[kind]
        return _RESULTS[told & _TOLD | self.told & _CHIPS]

    @property
    def result(self) -> Result | None:
        """What it comes to; None while nothing was told."""
        return decide(self.results)

    @property
    def mismatched(self) -> bool:
        """Whether it was told as two kinds: a load's outcome never decides a debit."""
        kinds = {kind for kind, shift in _SHIFTS.items() if self.told & _TOLD << shift}
        return len(kinds if self.intent is None else kinds | {self.intent.kind}) > 1

    @property
    def contradictory(self) -> bool:
        """Whether a person must look."""
        return contradicts(self.results) or self.mismatched or self.refunded_wrongly

    @property
    def refunded_wrongly(self) -> bool:
        """Whether a refund was asked of something that was never paid, or that another site was paid for."""
        if self.refund is None or self.intent is None:
            return False
        return self.result is Result.NOT_DONE or not refunds(self.refund, self.intent)

    @property
    def open(self) -> bool:
        """Whether later facts may still decide it."""
        return self.intent is None or self.result in (None, Result.IN_DOUBT)

    def transfers(self) -> tuple[Transfer, ...]:
        """What is to be posted by what is known now; posting again is harmless, ids are derived from the intent."""
        if self.intent is None or self.result is not Result.DONE:
            return ()
        intent, moved = self.intent, []
        if intent.kind is not TransferKind.ENTRY:
            moved.append(transfer_of(intent))
        given = None if intent.kind in _POINTS_ONLY else self._award(intent)
        if given is not None and (award := transfer_from_award(given)) is not None:
            moved.append(award)
        if self.refund is not None and refunds(self.refund, intent):
            moved.append(transfer_from_refund(intent))
        return tuple(moved)

    def _award(self, intent: Intent) -> Award | None:
        """The intent's own word on its points comes first: it was written before the card, by the same commit."""
        if intent.points is None:
            return self.award
        return Award(intent.transfer_id, intent.card_number, intent.points, intent.site, intent.transfer_id)
