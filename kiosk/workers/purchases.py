"""What was asked of a card and is not yet decided: open intents, rebuilt from the journal at start.

An INTENT without a deciding OUTCOME is in doubt (design note "The card"). The journal is the only truth, this is its
index. Used by the card thread alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.facts import Fact, FactKind
from domain.purse import OpenIntent

INTENTS = (FactKind.DEBIT_INTENT, FactKind.LOAD_INTENT)
OUTCOMES = (FactKind.DEBIT_OUTCOME, FactKind.LOAD_OUTCOME)


@dataclass(frozen=True, slots=True)
class Order:
    """What a debit pays for; also the `order` of the intent's body. `ticket` is the id that the card carries too."""

    sale: str
    ticket: str
    offer: str
    name: str
    provider: str
    payee_site: int
    slot_day: str
    slot_start: int
    people: int
    language: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """An open intent. `task` is the request on screen that it belongs to, 0 after a restart."""

    intent: OpenIntent
    order: Order | None  # None for a load
    points: int = 0  # planned in the same commit
    paid_by: str = ""
    operator: str = ""
    language: str = "fr"
    task: int = 0


class OpenPurchases:
    """Open intents by card number."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """`facts`: intents and outcomes of the journal, oldest first."""
        self._open: dict[str, Undecided] = {}
        for fact in facts:
            if fact.kind in INTENTS:
                self._open[fact.id] = undecided_from(fact.id, fact.kind, fact.body)
            elif fact.kind in OUTCOMES and fact.body.get("result") in ("done", "not_done"):
                self._open.pop(str(fact.body.get("intent")), None)

    def add(self, undecided: Undecided) -> None:
        self._open[undecided.intent.transfer_id] = undecided

    def close(self, transfer_id: str) -> None:
        self._open.pop(transfer_id, None)

    def of_card(self, card_number: str) -> tuple[Undecided, ...]:
        """Oldest first."""
        return tuple(one for one in self._open.values() if one.intent.card_number == card_number)

    def __len__(self) -> int:
        return len(self._open)


def undecided_from(fact_id: str, kind: str, body: Mapping[str, Any]) -> Undecided:
    """Read back an intent's body."""
    intent = OpenIntent(
        transfer_id=fact_id,
        card_number=body["card"],
        amount_cents=body["amount_cents"],
        balance_before=body["balance_before"],
        operation_before=body["operation_before"],
        counter_before=body["tmc_before"],
    )
    if kind == FactKind.LOAD_INTENT:
        return Undecided(intent, None, paid_by=body["paid_by"], operator=body["operator"])
    order = body["order"]
    return Undecided(
        intent,
        Order(
            sale=body["sale"],
            ticket=order["ticket"],
            offer=order["offer"],
            name=order["name"],
            provider=order["provider"],
            payee_site=body["payee_site"],
            slot_day=order["slot_day"],
            slot_start=order["slot_start"],
            people=order["people"],
            language=order["language"],
        ),
        points=body["points"],
        language=order["language"],
    )
