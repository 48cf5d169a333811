"""What is done with a card that lies on the reader: show, debit, load, and decide what was in doubt.

INTENT is on the journal before the card is written, OUTCOME before the screen says "paid" (design note "The card").
Runs on the card thread; every answer is an event. Nothing here guesses: a lost answer stays in doubt until a reading
of the chip decides it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import assert_never

import structlog

from domain.canonical import JsonObject
from domain.cards import CardReading, CardWrite, CarriedTicket
from domain.days import day_from_number, day_number
from domain.facts import FactKind
from domain.ports import Ids, id_bytes
from domain.purse import OpenIntent, Refusal, Refused, Verdict, check_card, plan_debit, plan_load
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
    Scope,
)
from hardware.card.port import Refused as CardKeysRefused
from kiosk.flow import events as ev
from kiosk.flow.effects import ArmDebit, ArmLoad
from kiosk.store.journal import JournalTrouble
from kiosk.workers import purse_facts as facts
from kiosk.workers.card_view import tapped
from kiosk.workers.purchases import OpenPurchases, Order, Undecided
from kiosk.workers.purse_ports import JournalPort, Surroundings, Task, TicketPrinter
from kiosk.workers.settling import Decision, Done, Settling, decide_from_chip, outcome_kind

RECORDS_ALL = 10
# What `serve` answers: (the task is over, read the card again at once).
OVER = (True, False)
GOES_ON = (False, False)
LOOK_AGAIN = (False, True)


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
        self._settling = Settling(printer, lambda: look().allowance_left())
        self._ids = ids
        self._post = post
        self._names = names
        self._writing = False  # between the intent and what decides it
        self._log = structlog.get_logger(__name__)

    def serve(
        self, operation: CardOperation, task: Task | None, records: int, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[bool, bool]:
        """Do what was asked with this card. `wanted` tells, just before the intent, whether it still is.

        A journal that cannot be written is said: before the intent nothing was taken, after it the rest is in doubt.
        """
        self._writing = False
        try:
            return self._serve(operation, task, records, wanted)
        except JournalTrouble as error:
            self._log.error("the journal cannot be written", reason=str(error))
            return self.failed(task)

    def failed(self, task: Task | None, trouble: ev.CardTrouble = ev.CardTrouble.DISK_FULL) -> tuple[bool, bool]:
        """Something broke while serving: say what is known of the money. The next tap decides the rest."""
        number = task.task if task else 0
        writing, self._writing = self._writing, False
        if writing:
            self._post(ev.CardPulled(number, in_doubt=True))
            return GOES_ON
        self._post(ev.CardRefused(trouble, task=number))
        return OVER

    def _serve(
        self, operation: CardOperation, task: Task | None, records: int, wanted: Callable[[], bool]
    ) -> tuple[bool, bool]:
        # A debit needs no credits (file 06): one exchange less while the visitor holds the card.
        scope = Scope.POINTS | Scope.RIGHTS if isinstance(task, ArmDebit) else Scope.ALL
        result = operation.read(records=records, scope=scope)
        if not isinstance(result, CardRead):
            return self.unreadable(result, task), False
        reading, now = result.reading, self._look()
        waiting = self.purchases.of_card(reading.identity.card_number)
        if waiting and len(reading.records) < RECORDS_ALL:
            result = operation.read(records=RECORDS_ALL, scope=scope)
            if not isinstance(result, CardRead):
                return self.unreadable(result, task), False
            reading = result.reading
        if not self._journal.has_room():
            self._post(ev.CardRefused(ev.CardTrouble.DISK_FULL, task=task.task if task else 0))
            return OVER
        site = now.circumstances.site
        self._journal.append(FactKind.CARD_SEEN, facts.card_seen(reading, site))
        decisions = [(one, decide_from_chip(self._settling, one, reading, site)) for one in waiting]
        if any(decision.verdict is Verdict.ALTERED for _, decision in decisions):
            self._post(ev.CardRefused(ev.CardTrouble.ALTERED, task=task.task if task else 0))
            return OVER
        # Whatever was decided is shown before anything new is done: somebody who asks again after a doubt is paid
        # for once, and gets the ticket that was owed.
        settled = [self._close(undecided, decision) for undecided, decision in decisions]
        if any(settled):
            return OVER
        match task:
            case None:
                self._show(reading, now)
                return OVER
            case ArmDebit():
                return self._debit(operation, task, reading, now, wanted)
            case ArmLoad():
                return self._load(operation, task, reading, now, wanted)

    def _show(self, reading: CardReading, now: Surroundings) -> None:
        refused = check_card(reading, now.circumstances)
        if refused:
            self._refuse(refused, reading, 0)
            return
        self._post(tapped(reading, now.circumstances.today, self._names))

    def _close(self, undecided: Undecided, decision: Decision) -> bool:
        """Keep what was decided, then say it; whether an operation turned out done.

        The event is made first: should that fail, the intent stays open and the next tap decides it.
        """
        event = self._settling.event(undecided, decision.done) if decision.done else None
        if decision.drafts:
            self._journal.append_all(decision.drafts)
            self.purchases.close(undecided.intent.transfer_id)
            self._writing = False
        if event is not None:
            self._post(event)
        return event is not None

    def _debit(
        self,
        operation: CardOperation,
        task: ArmDebit,
        reading: CardReading,
        now: Surroundings,
        wanted: Callable[[], bool],
    ) -> tuple[bool, bool]:
        places = now.places_left(task.offer_id, task.slot_day, task.slot_start)
        if places is None or places < task.people:
            self._post(ev.CardRefused(ev.CardTrouble.QUOTA_GONE, task=task.task))
            return OVER
        transfer, order = self._ids.new(), self._order(task)
        slot_day = day_number(date.fromisoformat(task.slot_day))
        carried = CarriedTicket(int.from_bytes(id_bytes(order.ticket)[-4:], "big"), slot_day, task.people)
        plan = plan_debit(reading, task.amount_cents, transfer, now.circumstances, carried)
        if isinstance(plan, Refused):
            self._refuse(plan, reading, task.task)
            return OVER
        write, points = plan
        intent = _open_intent(transfer, task.amount_cents, reading)
        undecided = Undecided(intent, order, points, language=task.language, task=task.task)
        uid, site = self._seal_uid(reading.card_uid), now.circumstances.site
        body = facts.debit_intent(reading, uid, task.amount_cents, site, order, points)
        return self._write(operation, FactKind.DEBIT_INTENT, body, undecided, write, now, wanted)

    def _order(self, task: ArmDebit) -> Order:
        return Order(
            sale=self._ids.new(),
            ticket=self._ids.new(),
            offer=task.offer_id,
            name=task.offer_name,
            provider=task.partner_id,
            payee_site=task.payee_site,
            slot_day=task.slot_day,
            slot_start=task.slot_start,
            people=task.people,
            language=task.language,
        )

    def _load(
        self,
        operation: CardOperation,
        task: ArmLoad,
        reading: CardReading,
        now: Surroundings,
        wanted: Callable[[], bool],
    ) -> tuple[bool, bool]:
        if not now.can_load():
            self._post(ev.CardRefused(ev.CardTrouble.NO_LOAD_KEY, task=task.task))
            return OVER
        transfer = self._ids.new()
        plan = plan_load(reading, task.amount_cents, transfer, now.circumstances)
        if isinstance(plan, Refused):
            self._refuse(plan, reading, task.task)
            return OVER
        intent = _open_intent(transfer, task.amount_cents, reading)
        undecided = Undecided(intent, None, 0, task.paid_by, task.operator_card, language=task.language, task=task.task)
        uid, site = self._seal_uid(reading.card_uid), now.circumstances.site
        body = facts.load_intent(reading, uid, task.amount_cents, site, task.operator_card, task.paid_by)
        return self._write(operation, FactKind.LOAD_INTENT, body, undecided, plan[0], now, wanted)

    def _write(
        self,
        operation: CardOperation,
        kind: FactKind,
        body: JsonObject,
        undecided: Undecided,
        write: CardWrite,
        now: Surroundings,
        wanted: Callable[[], bool],
    ) -> tuple[bool, bool]:
        """Intent, commit, outcome: the order that loses nothing."""
        if not wanted():
            return OVER  # given up on the screen while the card was read
        transfer = undecided.intent.transfer_id
        self._post(ev.TaskStarted(undecided.task))
        self._journal.append(kind, body, transfer)
        self._writing = True
        self.purchases.add(undecided)
        answer = operation.commit(write)
        match answer:
            case Committed():
                circumstances = now.circumstances
                done = Done(
                    undecided.intent.card_number,
                    answer.balance_cents,
                    answer.operation_number,
                    circumstances.site,
                    day_number(circumstances.today),
                )
                outcome = facts.outcome_done(transfer, answer, undecided.points)
                self._close(undecided, Decision(Verdict.DONE, self._settling.drafts(undecided, outcome, done), done))
                return OVER
            case NotDone():
                outcome = facts.outcome_undone(transfer, "not_done", (), "answer")
                self._journal.append(outcome_kind(undecided), outcome)
                self.purchases.close(transfer)
                self._writing = False
                self._post(ev.CardPulled(undecided.task, in_doubt=False))
                return GOES_ON
            case InDoubt(commands):
                outcome = facts.outcome_undone(transfer, "in_doubt", commands, "answer")
                self._journal.append(outcome_kind(undecided), outcome)
                self._post(ev.CardPulled(undecided.task, in_doubt=True))
                return LOOK_AGAIN
            case _:
                assert_never(answer)

    # --- refusals --------------------------------------------------------------------------------------------------

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
