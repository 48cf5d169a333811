"""What was asked of a card and is not yet decided: open intents, rebuilt from the journal at start.

An INTENT without a deciding OUTCOME is in doubt (design note "The card"). The journal is the only truth, this is its
index. Changed by the card thread alone; any thread may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.facts import Fact, FactKind
from domain.purse import OpenIntent
from kiosk.workers.asked import (
    Award,
    Charge,
    Claim,
    CreditOrder,
    Entry,
    Load,
    Order,
    PassSale,
    Reversal,
    What,
    kinds_of,
)

INTENTS = (
    FactKind.DEBIT_INTENT,
    FactKind.LOAD_INTENT,
    FactKind.AWARD_INTENT,
    FactKind.REDEEM_INTENT,
    FactKind.ENTRY_INTENT,
    FactKind.CREDIT_INTENT,
)
OUTCOMES = (
    FactKind.DEBIT_OUTCOME,
    FactKind.LOAD_OUTCOME,
    FactKind.AWARD_OUTCOME,
    FactKind.REDEEM_OUTCOME,
    FactKind.ENTRY_OUTCOME,
    FactKind.CREDIT_OUTCOME,
)


@dataclass(frozen=True, slots=True)
class Undecided:
    """An open intent. `points` go with its commit: given by a purchase, an award or an entry, taken by the rest.

    `task` is the request on screen that it belongs to, 0 after a restart or when nobody asked; `since_ms` is when the
    intent was written.
    """

    intent: OpenIntent
    what: What
    points: int = 0
    language: str = "fr"
    task: int = 0
    since_ms: int = 0

    @property
    def intent_kind(self) -> FactKind:
        return kinds_of(self.what)[0]

    @property
    def outcome_kind(self) -> FactKind:
        return kinds_of(self.what)[1]


@dataclass(frozen=True, slots=True)
class Doubts:
    """How many intents are undecided, and since when the oldest (ms since 1970 UTC, None: none)."""

    count: int
    oldest_ms: int | None


NO_DOUBTS = Doubts(0, None)


class OpenPurchases:
    """Open intents by transfer id. The dict is replaced whole, so that a reader never sees it change."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """`facts`: intents and outcomes of the journal, oldest first."""
        found: dict[str, Undecided] = {}
        for fact in facts:
            if fact.kind in INTENTS:
                found[fact.id] = undecided_from(fact.id, fact.kind, fact.body, fact.occurred_at)
            elif fact.kind in OUTCOMES and fact.body.get("result") in ("done", "not_done"):
                found.pop(str(fact.body.get("intent")), None)
        self._open = found

    def add(self, undecided: Undecided) -> None:
        self._open = {**self._open, undecided.intent.transfer_id: undecided}

    def close(self, transfer_id: str) -> None:
        self._open = {key: one for key, one in self._open.items() if key != transfer_id}

    def of_card(self, card_number: str) -> tuple[Undecided, ...]:
        """Oldest first."""
        return tuple(one for one in self._open.values() if one.intent.card_number == card_number)

    def doubts(self) -> Doubts:
        found = self._open.values()
        return Doubts(len(found), min((one.since_ms for one in found), default=None))

    def __len__(self) -> int:
        return len(self._open)


def undecided_from(fact_id: str, kind: str, body: Mapping[str, Any], since_ms: int = 0) -> Undecided:
    """Read back an intent's body."""
    intent = OpenIntent(
        transfer_id=fact_id,
        card_number=body["card"],
        amount_cents=body.get("amount_cents", 0),
        balance_before=body["balance_before"],
        operation_before=body["operation_before"],
        counter_before=body["tmc_before"],
    )
    what = _what(kind, body)
    language = what.language if isinstance(what, Order | PassSale | Claim) else "fr"
    return Undecided(intent, what, body.get("points", 0), language, since_ms=since_ms)


def _what(kind: str, body: Mapping[str, Any]) -> What:
    match kind:
        case FactKind.LOAD_INTENT:
            return Load(body["paid_by"], body["operator"])
        case FactKind.AWARD_INTENT:
            return Award()
        case FactKind.REDEEM_INTENT if body["reversal_of"] is not None:
            return Reversal(body["reversal_of"], body["refunded_cents"], body["operator"])
        case FactKind.REDEEM_INTENT:
            return Claim(body["reward"], body["claim"], body["name"], body["language"])
        case FactKind.ENTRY_INTENT:
            used = body["pass"] or {}
            return Entry(
                operator=body["operator"],
                people=body["people"],
                day=body["day"],
                name=body["name"],
                programme=used.get("programme"),
                uses_left=used.get("uses_left", 0),
                ticket=body["ticket"],
            )
        case FactKind.CREDIT_INTENT:
            return CreditOrder(
                body["epoch"], body["total_before"], body["order_total_cents"], body["refund"], body["operator"]
            )
    return _bought(body)


def _bought(body: Mapping[str, Any]) -> What:
    """What a debit pays for."""
    order, bought = body["order"], body.get("pass")
    if bought is not None:
        return PassSale(sale=body["sale"], payee_site=body["payee_site"], **bought)
    if order is None:
        return Charge(body["sale"], body["payee_site"], body["operator"])
    return Order(
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
    )
