"""Running sums over this kiosk's own purse facts: places sold, money not yet acknowledged, loads of a desk.

Rebuilt from the journal at start, then fed each fact as it is appended. A purchase in doubt counts as done in
every sum: places stay held, exposure and allowance stay used, until the chip decides. Any thread; one lock, no I/O.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.days import local_day
from domain.facts import Fact, FactKind
from kiosk.workers.purse_ports import DoneDebit


@dataclass(frozen=True, slots=True)
class _Load:
    amount_cents: int
    occurred_at: int
    incarnation: int
    operator: str
    paid_by: str


@dataclass(frozen=True, slots=True)
class _Debit:
    amount_cents: int
    place: tuple[int, int]  # incarnation, sequence
    slot: tuple[str, str, int] | None  # None: a charge or a pass
    people: int
    card: str
    points: int
    payee_site: int
    name: str
    occurred_at: int
    operator: str  # of a charge
    done: bool = False


@dataclass(frozen=True, slots=True)
class DeskDay:
    """What one operator loaded, charged and gave back on one local day."""

    cash_cents: int
    terminal_cents: int
    loads: int
    charged_cents: int = 0
    charges: int = 0
    refunded_cents: int = 0
    refunds: int = 0


@dataclass(frozen=True, slots=True)
class _Refund:
    amount_cents: int
    occurred_at: int
    operator: str


class Tally:
    """See the module."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._lock = threading.Lock()
        self._debits: dict[str, _Debit] = {}
        self._loads: dict[str, _Load] = {}
        self._sold: Counter[tuple[str, str, int]] = Counter()
        self._tickets: dict[str, tuple[str, int]] = {}  # last eight hex digits of a ticket's id → name, who is paid
        self._refunds: dict[str, _Refund] = {}  # by the debit's id
        self._reversing: dict[str, str] = {}  # a reversal's intent → the debit whose points it takes back
        self._reversed: set[str] = set()
        self._acknowledged = (0, 0)
        for fact in facts:
            self.take(fact)

    def take(self, fact: Fact) -> None:
        """A fact of this journal, in order; other kinds are ignored."""
        body: Mapping[str, Any] = fact.body
        with self._lock:
            match fact.kind:
                case FactKind.DEBIT_INTENT:
                    self._take_debit(fact, body)
                case FactKind.DEBIT_OUTCOME:
                    self._take_debit_outcome(body)
                case FactKind.LOAD_INTENT:
                    self._loads[fact.id] = _Load(
                        body["amount_cents"], fact.occurred_at, fact.incarnation, body["operator"], body["paid_by"]
                    )
                case FactKind.LOAD_OUTCOME if body["result"] == "not_done":
                    self._loads.pop(body["intent"], None)
                case FactKind.REFUND_REQUESTED:
                    asked = _Refund(body["amount_cents"], fact.occurred_at, body["operator"])
                    self._refunds.setdefault(body["debit"], asked)
                case FactKind.REDEEM_INTENT if body["reversal_of"] is not None:
                    self._reversing[fact.id] = body["reversal_of"]
                case FactKind.REDEEM_OUTCOME if body["result"] != "in_doubt":
                    debit = self._reversing.pop(body["intent"], None)
                    if debit is not None and body["result"] == "done":
                        self._reversed.add(debit)

    def _take_debit(self, fact: Fact, body: Mapping[str, Any]) -> None:
        order, bought = body["order"], body.get("pass")
        slot = None if order is None else (order["offer"], order["slot_day"], order["slot_start"])
        people = 1 if order is None else order["people"]
        name = (order or bought or {}).get("name", "")
        self._debits[fact.id] = _Debit(
            body["amount_cents"],
            (fact.incarnation, fact.sequence),
            slot,
            people,
            body["card"],
            body["points"],
            body["payee_site"],
            name,
            fact.occurred_at,
            body.get("operator", ""),
        )
        if slot is not None:
            self._sold[slot] += people
            self._tickets[order["ticket"][-8:]] = (name, body["payee_site"])

    def _take_debit_outcome(self, body: Mapping[str, Any]) -> None:
        known = self._debits.get(body["intent"])
        if known is None:
            return
        if body["result"] == "done":
            self._debits[body["intent"]] = replace(known, done=True)
        elif body["result"] == "not_done":
            del self._debits[body["intent"]]
            if known.slot is not None:
                self._sold[known.slot] -= known.people

    def acknowledge(self, incarnation: int, sequence: int) -> None:
        """The server durably has everything up to here."""
        with self._lock:
            self._acknowledged = max(self._acknowledged, (incarnation, sequence))

    def sold(self, offer_id: str, day: str, start: int) -> int:
        """Places of a slot that this kiosk sold or holds."""
        with self._lock:
            return self._sold[offer_id, day, start]

    def ticket_name(self, reference: str) -> str:
        """What a card's ticket was bought for, '' when it was not sold here. `reference`: eight hex digits."""
        with self._lock:
            return self._tickets.get(reference, ("", 0))[0]

    def ticket_site(self, reference: str) -> int | None:
        """Who was paid for a ticket that was sold here: where it opens the door."""
        with self._lock:
            found = self._tickets.get(reference)
        return None if found is None else found[1]

    def done_debit(self, transfer: str) -> DoneDebit | None:
        """A debit of this kiosk that is done, and how far it was given back."""
        with self._lock:
            debit = self._debits.get(transfer)
            if debit is None or not debit.done:
                return None
            return DoneDebit(
                transfer,
                debit.card,
                debit.amount_cents,
                debit.points,
                debit.payee_site,
                debit.name,
                debit.occurred_at,
                transfer in self._refunds,
                transfer in self._reversed,
            )

    def unsent(self) -> tuple[int, int]:
        """(cents, count) of debits that the server has not acknowledged."""
        with self._lock:
            open_debits = [debit for debit in self._debits.values() if debit.place > self._acknowledged]
        return sum(debit.amount_cents for debit in open_debits), len(open_debits)

    def loaded_in(self, incarnation: int) -> int:
        """Cents loaded in one life of the journal: what its allowance has lost. No clock takes part."""
        with self._lock:
            return sum(load.amount_cents for load in self._loads.values() if load.incarnation == incarnation)

    def desk_day(self, operator: str, day: date) -> DeskDay:
        def mine(who: str, occurred_at: int) -> bool:
            return who == operator and local_day(occurred_at) == day

        with self._lock:
            loads = [load for load in self._loads.values() if mine(load.operator, load.occurred_at)]
            charges = [debit for debit in self._debits.values() if mine(debit.operator, debit.occurred_at)]
            refunds = [refund for refund in self._refunds.values() if mine(refund.operator, refund.occurred_at)]
        cash = sum(load.amount_cents for load in loads if load.paid_by == "cash")
        return DeskDay(
            cash_cents=cash,
            terminal_cents=sum(load.amount_cents for load in loads) - cash,
            loads=len(loads),
            charged_cents=sum(charge.amount_cents for charge in charges),
            charges=len(charges),
            refunded_cents=sum(refund.amount_cents for refund in refunds),
            refunds=len(refunds),
        )
