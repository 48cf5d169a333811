"""What follows from a purse operation that is done, now or as a later reading of the chip says: facts and the screen.

The outcome, the sale, the ticket and the points are one append: all of them, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.canonical import JsonObject
from domain.cards import CardReading
from domain.facts import FactKind
from domain.purse import Verdict
from domain.purse import resolve_intent as decide
from domain.tickets import short_code
from kiosk.flow import events as ev
from kiosk.store.journal import Draft
from kiosk.workers import purse_facts as facts
from kiosk.workers.purchases import Undecided
from kiosk.workers.purse_ports import TicketPrinter

Settled = ev.DebitSettled | ev.LoadSettled


@dataclass(frozen=True, slots=True)
class Done:
    """The operation in numbers: what the card's commit or its record said."""

    card_number: str
    balance_cents: int
    operation_number: int
    site: int
    day: int  # card day number


def outcome_kind(undecided: Undecided) -> FactKind:
    return FactKind.LOAD_OUTCOME if undecided.order is None else FactKind.DEBIT_OUTCOME


class Settling:
    """Drafts and events of settled operations."""

    def __init__(self, printer: TicketPrinter, allowance_left: Callable[[], int | None]) -> None:
        self._printer = printer
        self._allowance_left = allowance_left

    def drafts(self, undecided: Undecided, outcome: JsonObject, done: Done) -> tuple[Draft, ...]:
        """Outcome and all that goes with it, to be appended together."""
        found = [Draft(outcome_kind(undecided), outcome)]
        order, intent = undecided.order, undecided.intent
        if order is not None:
            sale = facts.sale(order, intent.transfer_id, done.card_number, intent.amount_cents)
            found += [Draft(FactKind.SALE, sale), Draft(FactKind.TICKET_ISSUED, facts.ticket_issued(order))]
        if undecided.points:
            points = facts.points_awarded(
                done.card_number, undecided.points, done.site, intent.transfer_id, done.operation_number, done.day
            )
            found.append(Draft(FactKind.POINTS_AWARDED, points))
        return tuple(found)

    def event(self, undecided: Undecided, done: Done) -> Settled:
        """What the screen shows."""
        order, intent = undecided.order, undecided.intent
        if order is None:
            receipt = self._printer.receipt(
                done.card_number, intent.amount_cents, done.balance_cents, intent.transfer_id, undecided.language
            )
            return ev.LoadSettled(
                task=undecided.task,
                amount_cents=intent.amount_cents,
                balance_cents=done.balance_cents,
                card_number=done.card_number,
                receipt_payload=receipt,
                may_load_cents=self._allowance_left(),
            )
        return ev.DebitSettled(
            task=undecided.task,
            amount_cents=intent.amount_cents,
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
        done = Done(reading.identity.card_number, reading.balance_cents, record.operation_number, site, record.day)
        outcome = facts.outcome_reread(transfer, reading, undecided.points)
        return Decision(verdict, settling.drafts(undecided, outcome, done), done)
    if verdict is Verdict.NOT_DONE:
        outcome = facts.outcome_undone(transfer, "not_done", (), "reread")
        return Decision(verdict, (Draft(outcome_kind(undecided), outcome),))
    # OVERWRITTEN: the card.seen fact lets the server decide. ALTERED: nothing of this card is believed.
    return Decision(verdict)
