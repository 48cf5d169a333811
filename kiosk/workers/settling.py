"""What follows from an operation that is done, now or as a later reading of the chip says: facts and the screen.

The outcome, the sale, the ticket and the points are one append: all of them, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from domain.canonical import JsonObject
from domain.cards import CardReading
from domain.days import day_from_number
from domain.facts import FactKind
from domain.purse import Verdict
from domain.purse import resolve_intent as decide
from domain.tickets import short_code
from kiosk.flow import events as ev
from kiosk.store.journal import Draft
from kiosk.workers import purse_facts as facts
from kiosk.workers.asked import Award, Charge, Claim, CreditOrder, Entry, Load, Order, PassSale, Reversal
from kiosk.workers.purchases import Undecided
from kiosk.workers.purse_ports import TicketPrinter

Settled = (
    ev.DebitSettled
    | ev.LoadSettled
    | ev.ChargeSettled
    | ev.PassSettled
    | ev.RewardSettled
    | ev.EntrySettled
    | ev.CreditSettled
    | ev.RefundSettled
)


@dataclass(frozen=True, slots=True)
class Done:
    """The operation in numbers: what the card's commit or its record said."""

    card_number: str
    balance_cents: int
    points: int  # on the card afterwards
    operation_number: int
    site: int
    day: int  # card day number


class Settling:
    """Drafts and events of settled operations."""

    def __init__(self, printer: TicketPrinter, allowance_left: Callable[[], int | None]) -> None:
        self._printer = printer
        self._allowance_left = allowance_left

    def drafts(self, undecided: Undecided, outcome: JsonObject, done: Done) -> tuple[Draft, ...]:
        """Outcome and all that goes with it, to be appended together."""
        found = [Draft(undecided.outcome_kind, outcome)]
        what, intent = undecided.what, undecided.intent
        transfer, card = intent.transfer_id, done.card_number
        if isinstance(what, Order | Charge | PassSale):
            found.append(Draft(FactKind.SALE, facts.sale(what, transfer, card, intent.amount_cents)))
        match what:
            case Order():
                found.append(Draft(FactKind.TICKET_ISSUED, facts.ticket_issued(what)))
            case PassSale():
                found.append(Draft(FactKind.PASS_ISSUED, facts.pass_issued(what, card, transfer, done.site)))
            case Entry():
                kind = FactKind.TICKET_USED if what.programme is None else FactKind.PASS_USED
                found.append(Draft(kind, facts.entry_made(what, card, transfer, done.site)))
            case Claim():
                body = facts.points_redeemed(
                    what, card, undecided.points, done.site, transfer, done.operation_number, done.day
                )
                found.append(Draft(FactKind.POINTS_REDEEMED, body))
            case Charge() | Load() | Award() | Reversal() | CreditOrder():
                pass
            case _:
                assert_never(what)
        if undecided.points and not isinstance(what, Claim | Reversal):
            given = facts.points_awarded(card, undecided.points, done.site, transfer, done.operation_number, done.day)
            found.append(Draft(FactKind.POINTS_AWARDED, given))
        return tuple(found)

    def event(self, undecided: Undecided, done: Done) -> Settled | None:
        """What the screen shows; None for the points of a plain tap, which its card's own screen shows."""
        what, amount, task = undecided.what, undecided.intent.amount_cents, undecided.task
        match what:
            case Award():
                return None
            case Order():
                return self._bought(undecided, what, done)
            case Charge():
                receipt = self._receipt(undecided, done, "charge")
                return ev.ChargeSettled(task, amount, done.balance_cents, undecided.points, done.card_number, receipt)
            case PassSale():
                return ev.PassSettled(
                    task,
                    amount,
                    done.balance_cents,
                    undecided.points,
                    what.name,
                    day_from_number(what.valid_from_day).isoformat(),
                    day_from_number(what.valid_until_day).isoformat(),
                    what.uses,
                )
            case Load():
                receipt = self._receipt(undecided, done, "load")
                return ev.LoadSettled(
                    task, amount, done.balance_cents, done.card_number, receipt, self._allowance_left()
                )
            case Claim():
                payload = self._printer.reward(what, done.day)
                return ev.RewardSettled(task, undecided.points, done.points, what.name, payload, short_code(what.claim))
            case Reversal():
                return ev.RefundSettled(
                    task, what.refunded_cents, undecided.points, done.balance_cents, done.card_number
                )
            case Entry():
                left = None if what.programme is None else what.uses_left
                return ev.EntrySettled(task, what.name, what.people, left, undecided.points, done.card_number)
            case CreditOrder():
                left_cents = max(0, what.order_total_cents - what.total_before - amount)
                return ev.CreditSettled(task, amount, done.balance_cents, done.card_number, what.refund, left_cents)
            case _:
                assert_never(what)

    def _receipt(self, undecided: Undecided, done: Done, kind: str) -> str:
        intent = undecided.intent
        return self._printer.receipt(
            done.card_number, intent.amount_cents, done.balance_cents, intent.transfer_id, undecided.language, kind
        )

    def _bought(self, undecided: Undecided, order: Order, done: Done) -> ev.DebitSettled:
        return ev.DebitSettled(
            task=undecided.task,
            amount_cents=undecided.intent.amount_cents,
            balance_cents=done.balance_cents,
            points_awarded=undecided.points,
            ticket_payload=self._printer.ticket(order),
            ticket_short=short_code(order.ticket),
            offer_name=order.name,
            slot_day=order.slot_day,
            slot_start=order.slot_start,
            people=order.people,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What the chip says of one open intent: facts to append, and whether it is closed, done or altered."""

    verdict: Verdict
    drafts: tuple[Draft, ...] = ()
    done: Done | None = None


def decide_from_chip(settling: Settling, undecided: Undecided, reading: CardReading, site: int) -> Decision:
    """Decide one open intent. `reading` holds the whole record file. Pure but for the printer."""
    transfer = undecided.intent.transfer_id
    verdict = decide(undecided.intent, reading)
    if verdict is Verdict.DONE:
        record = next(record for record in reading.records if record.transfer_id == transfer)
        done = Done(
            reading.identity.card_number,
            reading.balance_cents,
            reading.points,
            record.operation_number,
            site,
            record.day,
        )
        outcome = facts.outcome_reread(transfer, reading, undecided.points)
        return Decision(verdict, settling.drafts(undecided, outcome, done), done)
    if verdict is Verdict.NOT_DONE:
        outcome = facts.outcome_undone(transfer, "not_done", (), "reread")
        return Decision(verdict, (Draft(undecided.outcome_kind, outcome),))
    # OVERWRITTEN: the card.seen fact lets the server decide. ALTERED: nothing of this card is believed.
    return Decision(verdict)
