"""What may be asked of a card: one small value per kind of operation, as its intent's body keeps it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from domain.facts import FactKind


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
class Charge:
    """A free amount that a partner takes at its own site."""

    sale: str
    payee_site: int
    operator: str


@dataclass(frozen=True, slots=True)
class PassSale:
    """A pass bought from the purse; days are card day numbers."""

    sale: str
    payee_site: int
    product: str
    name: str
    programme: int
    valid_from_day: int
    valid_until_day: int
    uses: int
    language: str


@dataclass(frozen=True, slots=True)
class Load:
    paid_by: str
    operator: str


@dataclass(frozen=True, slots=True)
class Award:
    """The points of a visit without a purchase."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A reward bought with points; `claim` is the id of what is handed over for it."""

    reward: str
    claim: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """The points of a debit are taken back, because it was refunded."""

    debit: str
    refunded_cents: int
    operator: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A pass (`programme`) or a carried ticket (its eight hex digits) opens a door. `day` is a card day number."""

    operator: str
    people: int
    day: int
    name: str
    programme: int | None = None
    uses_left: int = 0  # of the pass, after this entry
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class CreditOrder:
    """A signed order of the server, as far as the purse has room for it."""

    epoch: int
    total_before: int
    order_total_cents: int
    refund: bool
    operator: str


What = Order | Charge | PassSale | Load | Award | Claim | Reversal | Entry | CreditOrder


def kinds_of(what: What) -> tuple[FactKind, FactKind]:
    """The kinds of its intent and its outcome."""
    match what:
        case Order() | Charge() | PassSale():
            return FactKind.DEBIT_INTENT, FactKind.DEBIT_OUTCOME
        case Load():
            return FactKind.LOAD_INTENT, FactKind.LOAD_OUTCOME
        case Award():
            return FactKind.AWARD_INTENT, FactKind.AWARD_OUTCOME
        case Claim() | Reversal():
            return FactKind.REDEEM_INTENT, FactKind.REDEEM_OUTCOME
        case Entry():
            return FactKind.ENTRY_INTENT, FactKind.ENTRY_OUTCOME
        case CreditOrder():
            return FactKind.CREDIT_INTENT, FactKind.CREDIT_OUTCOME
