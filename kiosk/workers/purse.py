"""What is done with a card that lies on the reader: show, debit, load, and decide what was in doubt.

INTENT is on the journal before the card is written, OUTCOME before the screen says "paid" (design note "The card").
Runs on the card thread; every answer is an event. Nothing here guesses: a lost answer stays in doubt until a reading
of the chip decides it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, assert_never

from domain.canonical import JsonObject
from domain.cards import CardReading, CarriedTicket
from domain.days import day_from_number, day_number
from domain.facts import Fact, FactKind
from domain.ports import Ids, id_bytes
from domain.purse import Circumstances, OpenIntent, Refusal, Refused, Verdict, check_card, plan_debit, plan_load
from domain.purse import resolve_intent as decide
from domain.tickets import short_code
from hardware.card.port import (
    CardOperation,
    CardRead,
    Committed,
    InDoubt,
    Lost,
    NotDone,
    NotOurs,
    ReaderOut,
    ReadResult,
)
from hardware.card.port import Refused as CardKeysRefused
from kiosk.flow import events as ev
from kiosk.flow.effects import ArmDebit, ArmLoad
from kiosk.workers import purse_facts as facts
from kiosk.workers.card_view import tapped
from kiosk.workers.purchases import OpenPurchases, Order, Undecided

RECORDS_ALL = 10
Task = ArmDebit | ArmLoad


class JournalPort(Protocol):
    """What the card thread needs of the journal; `append` returns after fsync."""

    def append(self, kind: str, body: JsonObject, fact_id: str | None = None) -> Fact: ...

    def has_room(self) -> bool:
        """Whether a whole purchase still fits on the disk: asked before the card is touched."""


class TicketPrinter(Protocol):
    """Makes the text of a ticket's QR, signed by this device."""

    def ticket(self, ticket_id: str, order: Order, language: str) -> str: ...

    def receipt(self, card_number: str, amount_cents: int, balance_cents: int, transfer: str, language: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the purse needs to know of the kiosk at the moment of a tap."""

    circumstances: Circumstances
    can_load: bool  # a vault with key 2 is present
    places_left: Callable[[str, str, int], int | None]  # offer, day, start → places, None = not bookable
    allowance_left: Callable[[], int | None]


class Purse:
    """One visit to one card at a time. `post` puts an event on the UI's queue; `look` reads the surroundings."""

    def __init__(
        self,
        journal: JournalPort,
        purchases: OpenPurchases,
        look: Callable[[], Surroundings],
        seal_uid: Callable[[bytes], str],
        printer: TicketPrinter,
        ids: Ids,
        post: Callable[[ev.Event], None],
        names: Callable[[str, str], str],
    ) -> None:
        self._journal = journal
        self.purchases = purchases
        self._look = look
        self._seal_uid = seal_uid
        self._printer = printer
        self._ids = ids
        self._post = post
        self._names = names

    def serve(self, operation: CardOperation, task: Task | None, records: int) -> tuple[bool, bool]:
        """Do what was asked with this card. Returns (task is over, read the card again at once)."""
        result = operation.read(records=records)
        if not isinstance(result, CardRead):
            return self.unreadable(result, task), False
        reading, now = result.reading, self._look()
        waiting = self.purchases.of_card(reading.identity.card_number)
        if waiting and len(reading.records) < RECORDS_ALL:
            result = operation.read(records=RECORDS_ALL)
            if not isinstance(result, CardRead):
                return self.unreadable(result, task), False
            reading = result.reading
        self._journal.append(FactKind.CARD_SEEN, facts.card_seen(reading, now.circumstances.site))
        decided = [self._decide(undecided, reading, now) for undecided in waiting]
        settled = [event for event in decided if isinstance(event, ev.DebitSettled | ev.LoadSettled)]
        if any(isinstance(event, ev.CardRefused) for event in decided):
            self._post(ev.CardRefused(ev.CardTrouble.ALTERED, task=task.task if task else 0))
            return True, False
        for event in settled:
            if task is None or event.task == task.task:
                self._post(event)
                return True, False
        if task is None:
            self._show(reading, now)
            return True, False
        return self._carry_out(operation, task, reading, now)

    def _carry_out(
        self, operation: CardOperation, task: Task, reading: CardReading, now: Surroundings
    ) -> tuple[bool, bool]:
        if not self._journal.has_room():
            self._post(ev.CardRefused(ev.CardTrouble.DISK_FULL, task=task.task))
            return True, False
        match task:
            case ArmDebit():
                return self._debit(operation, task, reading, now)
            case ArmLoad():
                return self._load(operation, task, reading, now)

    def _show(self, reading: CardReading, now: Surroundings) -> None:
        refused = check_card(reading, now.circumstances)
        if refused:
            self._refuse(refused, reading, 0)
            return
        self._post(tapped(reading, now.circumstances.today, self._names))

    # --- debit ---------------------------------------------------------------------------------------------------

    def _debit(
        self, operation: CardOperation, task: ArmDebit, reading: CardReading, now: Surroundings
    ) -> tuple[bool, bool]:
        places = now.places_left(task.offer_id, task.slot_day, task.slot_start)
        if places is None or places < task.people:
            self._post(ev.CardRefused(ev.CardTrouble.QUOTA_GONE, task=task.task))
            return True, False
        transfer, sale, ticket_id = self._ids.new(), self._ids.new(), self._ids.new()
        slot_day = _card_day(task.slot_day)
        carried = CarriedTicket(int.from_bytes(id_bytes(ticket_id)[-4:], "big"), slot_day, task.people)
        plan = plan_debit(reading, task.amount_cents, transfer, now.circumstances, carried)
        if isinstance(plan, Refused):
            self._refuse(plan, reading, task.task)
            return True, False
        write, points = plan
        order = Order(
            sale, task.offer_id, task.offer_name, task.partner_id, task.payee_site, task.slot_day, task.slot_start,
            task.people,
        )  # fmt: skip
        site = now.circumstances.site
        undecided = Undecided(_open_intent(transfer, task.amount_cents, reading), order, points, task=task.task)
        self._post(ev.TaskStarted(task.task))
        self._journal.append(
            FactKind.DEBIT_INTENT,
            facts.debit_intent(reading, self._seal_uid(reading.card_uid), task.amount_cents, site, order, points),
            transfer,
        )
        self.purchases.add(undecided)
        answer = operation.commit(write)
        if isinstance(answer, Committed):
            self._outcome(FactKind.DEBIT_OUTCOME, facts.outcome_done(transfer, answer, points))
            self.purchases.close(transfer)
            card = reading.identity.card_number
            day = day_number(now.circumstances.today)
            self._after_debit(undecided, card, points, site, answer.operation_number, day, ticket_id)
            self._post(self._settled(undecided, answer.balance_cents, points, ticket_id, task.language))
            return True, False
        return self._not_committed(FactKind.DEBIT_OUTCOME, answer, undecided)

    def _not_committed(self, kind: FactKind, answer: NotDone | InDoubt, undecided: Undecided) -> tuple[bool, bool]:
        """Not done for sure, or in doubt: then the card, if still there, is read again without asking."""
        transfer = undecided.intent.transfer_id
        match answer:
            case NotDone():
                self._outcome(kind, facts.outcome_undone(transfer, "not_done", (), "answer"))
                self.purchases.close(transfer)
                self._post(ev.CardPulled(undecided.task, in_doubt=False))
                return False, False
            case InDoubt(commands):
                self._outcome(kind, facts.outcome_undone(transfer, "in_doubt", commands, "answer"))
                self._post(ev.CardPulled(undecided.task, in_doubt=True))
                return False, True
            case _:
                assert_never(answer)

    def _after_debit(
        self, undecided: Undecided, card: str, points: int, site: int, operation: int, day: int, ticket_id: str
    ) -> None:
        order, intent = undecided.order, undecided.intent
        if order is None:
            raise ValueError("a debit has an order")
        self._journal.append(FactKind.SALE, facts.sale(order, intent.transfer_id, card, intent.amount_cents))
        self._journal.append(FactKind.TICKET_ISSUED, facts.ticket_issued(ticket_id, order))
        if points:
            body = facts.points_awarded(card, points, site, intent.transfer_id, operation, day)
            self._journal.append(FactKind.POINTS_AWARDED, body)

    def _settled(
        self, undecided: Undecided, balance_cents: int, points: int, ticket_id: str, language: str
    ) -> ev.DebitSettled:
        order = undecided.order
        if order is None:
            raise ValueError("a debit has an order")
        return ev.DebitSettled(
            task=undecided.task,
            amount_cents=undecided.intent.amount_cents,
            balance_cents=balance_cents,
            points_awarded=points,
            ticket_payload=self._printer.ticket(ticket_id, order, language),
            ticket_short=short_code(ticket_id),
            offer_name=order.name,
            slot_day=order.slot_day,
            slot_start=order.slot_start,
            people=order.people,
        )

    # --- load ----------------------------------------------------------------------------------------------------

    def _load(
        self, operation: CardOperation, task: ArmLoad, reading: CardReading, now: Surroundings
    ) -> tuple[bool, bool]:
        if not now.can_load:
            self._post(ev.CardRefused(ev.CardTrouble.NO_LOAD_KEY, task=task.task))
            return True, False
        transfer = self._ids.new()
        plan = plan_load(reading, task.amount_cents, transfer, now.circumstances)
        if isinstance(plan, Refused):
            self._refuse(plan, reading, task.task)
            return True, False
        write, _ = plan
        card, site = reading.identity.card_number, now.circumstances.site
        undecided = Undecided(
            _open_intent(transfer, task.amount_cents, reading), None, 0, task.paid_by, task.operator_card, task.task
        )
        self._post(ev.TaskStarted(task.task))
        uid = self._seal_uid(reading.card_uid)
        body = facts.load_intent(reading, uid, task.amount_cents, site, task.operator_card, task.paid_by)
        self._journal.append(FactKind.LOAD_INTENT, body, transfer)
        self.purchases.add(undecided)
        answer = operation.commit(write)
        if isinstance(answer, Committed):
            self._outcome(FactKind.LOAD_OUTCOME, facts.outcome_done(transfer, answer, 0))
            self.purchases.close(transfer)
            self._post(self._loaded(undecided, card, answer.balance_cents, task.language))
            return True, False
        return self._not_committed(FactKind.LOAD_OUTCOME, answer, undecided)

    def _loaded(self, undecided: Undecided, card: str, balance_cents: int, language: str) -> ev.LoadSettled:
        intent = undecided.intent
        return ev.LoadSettled(
            task=undecided.task,
            amount_cents=intent.amount_cents,
            balance_cents=balance_cents,
            card_number=card,
            receipt_payload=self._printer.receipt(
                card, intent.amount_cents, balance_cents, intent.transfer_id, language
            ),
            may_load_cents=self._look().allowance_left(),
        )

    # --- what was in doubt -----------------------------------------------------------------------------------------

    def _decide(self, undecided: Undecided, reading: CardReading, now: Surroundings) -> ev.Event | None:
        """Decide one open intent from the chip; DONE completes the sale exactly once."""
        kind = FactKind.LOAD_OUTCOME if undecided.order is None else FactKind.DEBIT_OUTCOME
        transfer = undecided.intent.transfer_id
        verdict = decide(undecided.intent, reading)
        match verdict:
            case Verdict.DONE:
                body = facts.outcome_reread(transfer, reading, undecided.points)
                self._outcome(kind, body)
                self.purchases.close(transfer)
                card = reading.identity.card_number
                if undecided.order is None:
                    return self._loaded(undecided, card, reading.balance_cents, "fr")
                ticket_id = self._ids.new()
                record = next(r for r in reading.records if r.transfer_id == transfer)
                self._after_debit(
                    undecided, card, undecided.points, now.circumstances.site, record.operation_number, record.day,
                    ticket_id,
                )  # fmt: skip
                return self._settled(undecided, reading.balance_cents, undecided.points, ticket_id, "fr")
            case Verdict.NOT_DONE:
                self._outcome(kind, facts.outcome_undone(transfer, "not_done", (), "reread"))
                self.purchases.close(transfer)
                return None
            case Verdict.OVERWRITTEN:
                return None  # the card.seen fact above lets the server decide
            case Verdict.ALTERED:
                return ev.CardRefused(ev.CardTrouble.ALTERED)
            case _:
                assert_never(verdict)

    # --- refusals --------------------------------------------------------------------------------------------------

    def _outcome(self, kind: FactKind, body: JsonObject) -> None:
        self._journal.append(kind, body)

    def _refuse(self, refused: Refused, reading: CardReading, task: int) -> None:
        day = day_from_number(reading.identity.expires_day).isoformat()
        self._post(ev.CardRefused(_TROUBLES[refused.reason], refused.value_cents, reading.balance_cents, day, task))

    def unreadable(self, result: ReadResult, task: Task | None) -> bool:
        """Say why the card cannot be read. Returns whether the task is over (never: another try may do)."""
        number = task.task if task else 0
        match result:
            case NotOurs(what):
                self._post(ev.CardRefused(_foreign(what.value), task=number))
            case Lost():
                if task:
                    self._post(ev.CardPulled(number, in_doubt=False))
            case CardKeysRefused():
                self._post(ev.CardRefused(ev.CardTrouble.ALTERED, task=number))
                return True
            case ReaderOut():
                self._post(ev.ReaderNews(ready=False))
            case CardRead():
                raise ValueError("a card that was read is not unreadable")
            case _:
                assert_never(result)
        return False


_TROUBLES = {refusal: ev.CardTrouble(refusal.value) for refusal in Refusal}


def _foreign(what: str) -> ev.CardTrouble:
    return ev.CardTrouble.FOREIGN if what == "unknown" else ev.CardTrouble(what)


def _open_intent(transfer: str, amount_cents: int, reading: CardReading) -> OpenIntent:
    return OpenIntent(
        transfer_id=transfer,
        card_number=reading.identity.card_number,
        amount_cents=amount_cents,
        balance_before=reading.balance_cents,
        operation_before=reading.state.operation_number,
        counter_before=reading.transaction_counter,
    )


def _card_day(iso: str) -> int:
    return day_number(date.fromisoformat(iso))
