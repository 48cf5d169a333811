"""Running sums over this kiosk's own purse facts: places sold, money not yet acknowledged, loads of a desk.

Rebuilt from the journal at start, then fed each fact as it is appended. A purchase in doubt counts as done in
every sum: places stay held, exposure and allowance stay used, until the chip decides. Any thread; one lock, no I/O.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.days import local_day
from domain.facts import Fact, FactKind

KINDS = frozenset(
    {
        FactKind.DEBIT_INTENT,
        FactKind.DEBIT_OUTCOME,
        FactKind.LOAD_INTENT,
        FactKind.LOAD_OUTCOME,
    }
)


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
    slot: tuple[str, str, int]
    people: int


@dataclass(frozen=True, slots=True)
class DeskDay:
    """What one operator loaded on one local day."""

    cash_cents: int
    terminal_cents: int
    loads: int


class Tally:
    """See the module."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._lock = threading.Lock()
        self._debits: dict[str, _Debit] = {}
        self._loads: dict[str, _Load] = {}
        self._sold: Counter[tuple[str, str, int]] = Counter()
        self._tickets: dict[str, str] = {}  # last eight hex digits of the ticket's id → what was bought
        self._acknowledged = (0, 0)
        for fact in facts:
            self.take(fact)

    def take(self, fact: Fact) -> None:
        """A fact of this journal, in order; other kinds are ignored."""
        body: Mapping[str, Any] = fact.body
        with self._lock:
            if fact.kind == FactKind.DEBIT_INTENT:
                order = body["order"]
                slot = (order["offer"], order["slot_day"], order["slot_start"])
                place = (fact.incarnation, fact.sequence)
                self._debits[fact.id] = _Debit(body["amount_cents"], place, slot, order["people"])
                self._sold[slot] += order["people"]
                self._tickets[order["ticket"][-8:]] = order["name"]
            elif fact.kind == FactKind.LOAD_INTENT:
                load = _Load(
                    body["amount_cents"], fact.occurred_at, fact.incarnation, body["operator"], body["paid_by"]
                )
                self._loads[fact.id] = load
            elif fact.kind == FactKind.DEBIT_OUTCOME and body["result"] == "not_done":
                undone = self._debits.pop(body["intent"], None)
                if undone is not None:
                    self._sold[undone.slot] -= undone.people
            elif fact.kind == FactKind.LOAD_OUTCOME and body["result"] == "not_done":
                self._loads.pop(body["intent"], None)

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
            return self._tickets.get(reference, "")

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
        with self._lock:
            mine = [
                load
                for load in self._loads.values()
                if load.operator == operator and local_day(load.occurred_at) == day
            ]
        cash = sum(load.amount_cents for load in mine if load.paid_by == "cash")
        return DeskDay(cash, sum(load.amount_cents for load in mine) - cash, len(mine))
