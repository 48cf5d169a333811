"""Money that the server gives: cumulative credits on a card, refunds among them. Exactly once by arithmetic.

The server signs *how much it has credited to this card in all*; whoever holds key 2 credits the difference to what
file 06 says and writes the new total in the same commit. So an order that comes twice, late, out of order, or was
applied only in part because the purse was full does no harm (design note "The card", Euro credits). The total never
starts anew: a restored server raises the epoch, after it has seen the card's total, and orders of its former life
are refused from then on. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique

from domain.canonical import JsonObject
from domain.cards import CardReading, CardWrite, RecordKind
from domain.days import day_number
from domain.purse import Circumstances, Refused, advance_state, build_record, check_purse

CREDIT_TAG = b"zerot-credit-1"  # what the server's signature of an order begins with
_U32_MAX = 0xFFFF_FFFF


@unique
class CreditRefusal(StrEnum):
    """Why an order credits nothing. The card was not written."""

    CARD = "card"  # blocked or expired: what is due goes to the replacement
    ORDER_EXPIRED = "order_expired"
    STALE_EPOCH = "stale_epoch"  # signed by a former life of the server
    NOTHING_DUE = "nothing_due"  # the card has it already
    NO_ROOM = "no_room"  # the purse is full: what is due stays due


@dataclass(frozen=True, slots=True)
class CreditRefused:
    """`due_cents`: what stays due to the card."""

    reason: CreditRefusal
    due_cents: int = 0


class BadOrder(ValueError):
    """The document is no credit order; one sentence."""


@dataclass(frozen=True, slots=True)
class ServerCredit:
    """A verified order. `refund`: its newest part gives back a debit, and the card's record says so."""

    card_number: str
    epoch: int
    total_credited_cents: int
    expires_day: int  # last card day number on which it may be applied
    refund: bool = False


@dataclass(frozen=True, slots=True)
class PlannedCredit:
    """What to write under key 2; `left_cents` stays due because the purse is full."""

    write: CardWrite
    amount_cents: int
    left_cents: int


def build_order(order: ServerCredit) -> JsonObject:
    """The document that the server signs under `CREDIT_TAG`."""
    return {
        "card": order.card_number,
        "epoch": order.epoch,
        "expires_day": order.expires_day,
        "refund": order.refund,
        "total_credited_cents": order.total_credited_cents,
    }


def parse_order(document: Mapping[str, object]) -> ServerCredit:
    """Inverse of `build_order`; BadOrder for anything else. The caller has verified the signature."""
    if set(document) != {"card", "epoch", "expires_day", "refund", "total_credited_cents"}:
        raise BadOrder("a credit order has other fields")
    card, refund = document["card"], document["refund"]
    if not isinstance(card, str) or len(card) != 8 or not card.isascii() or not card.isdigit():
        raise BadOrder("a credit order names a card by its eight digits")
    if not isinstance(refund, bool):
        raise BadOrder("a credit order says whether it is a refund")
    return ServerCredit(
        card_number=card,
        epoch=_whole(document, "epoch", _U32_MAX),
        total_credited_cents=_whole(document, "total_credited_cents", _U32_MAX),
        expires_day=_whole(document, "expires_day", 0xFFFF),
        refund=refund,
    )


def _whole(document: Mapping[str, object], key: str, high: int) -> int:
    value = document[key]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise BadOrder(f"a credit order's {key} is a whole number up to {high}")
    return value


def plan_server_credit(
    reading: CardReading, order: ServerCredit, transfer_id: str, now: Circumstances
) -> PlannedCredit | CreditRefused:
    """What to write so that the card has all that the server ever credited, as far as the purse has room.

    `reading` must hold file 06 and be of the order's card: anything else is the caller's defect, a ValueError.
    Needs key 2. Loads of the month do not count it: nobody brought money.
    """
    if reading.credits is None:
        raise ValueError("a server credit needs file 06: read it")
    if reading.identity.card_number != order.card_number:
        raise ValueError("this order is for another card")
    held = reading.credits
    due = max(0, order.total_credited_cents - held.total_credited_cents)
    if isinstance(check_purse(reading, now), Refused):
        return CreditRefused(CreditRefusal.CARD, due)
    if order.expires_day < day_number(now.today):
        return CreditRefused(CreditRefusal.ORDER_EXPIRED, due)
    if order.epoch < held.credit_epoch:
        return CreditRefused(CreditRefusal.STALE_EPOCH)
    if due == 0:
        return CreditRefused(CreditRefusal.NOTHING_DUE)
    amount = min(due, now.limits.purse_limit_cents - reading.balance_cents)
    if amount <= 0:
        return CreditRefused(CreditRefusal.NO_ROOM, due)
    kind = RecordKind.REFUND if order.refund else RecordKind.SERVER_CREDIT
    write = CardWrite(
        record=build_record(reading, kind, amount, transfer_id, now),
        state=advance_state(reading.state, now, offline_cents=0),
        euros_delta_cents=amount,
        credits=replace(held, credit_epoch=order.epoch, total_credited_cents=held.total_credited_cents + amount),
    )
    return PlannedCredit(write, amount, due - amount)


def plan_refund(
    reading: CardReading, amount_cents: int, transfer_id: str, now: Circumstances
) -> PlannedCredit | CreditRefused:
    """Give back `amount_cents` of a debit, by the server itself with the card before it: whole or not at all.

    A refund is a server credit and never a lowered debit: the total on the card grows by the same commit, so an order
    that the server signs later cannot give it twice. With the card away, the server signs an order with `refund`.
    """
    if amount_cents <= 0:
        raise ValueError("a refund takes a positive amount")
    if reading.credits is None:
        raise ValueError("a refund needs file 06: read it")
    total, epoch = reading.credits.total_credited_cents, reading.credits.credit_epoch
    order = ServerCredit(reading.identity.card_number, epoch, total + amount_cents, day_number(now.today), refund=True)
    planned = plan_server_credit(reading, order, transfer_id, now)
    if isinstance(planned, PlannedCredit) and planned.left_cents:
        return CreditRefused(CreditRefusal.NO_ROOM, amount_cents)
    return planned
