"""What is done with a card that lies on the reader: show, debit, load, and decide what was in doubt.

INTENT is on the journal before the card is written, OUTCOME before the screen says "paid" (design note "The card").
Runs on the card thread; every answer is an event. Nothing here guesses: a lost answer stays in doubt until a reading
of the chip decides it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, unique
from typing import assert_never

import structlog

from domain.cards import RECORDS_MAX, CardReading
from domain.days import day_from_number, day_number
from domain.facts import FactKind
from domain.ports import Ids
from domain.purse import Refused, Verdict, check_card, wants_server
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
from kiosk.flow.effects import ArmLook
from kiosk.store.journal import Draft, JournalTrouble
from kiosk.workers import purse_facts as facts
from kiosk.workers.card_view import looked, no_entry, tapped
from kiosk.workers.planning import moves_money, plan_task, scope_of
from kiosk.workers.planning_rights import plan_visit
from kiosk.workers.purchases import OpenPurchases, Undecided
from kiosk.workers.purse_ports import JournalPort, Line, Surroundings, Task, TicketPrinter
from kiosk.workers.settling import Decision, Done, Settling, decide_from_chip
from kiosk.workers.visit import Kept, Planned, Turned, Visit

RECORDS_ALL = 10
# What `serve` answers: (the task is over, read the card again at once).
OVER = (True, False)
GOES_ON = (False, False)
LOOK_AGAIN = (False, True)


@unique
class Ending(Enum):
    """What became of a write."""

    DONE = OVER, "done"
    GIVEN_UP = OVER, "given up"  # on the screen, before the intent
    NOT_DONE = GOES_ON, "not done"
    DOUBT = LOOK_AGAIN, "in doubt"  # a card still in the field is read again without asking

    @property
    def answer(self) -> tuple[bool, bool]:
        return self.value[0]


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
        line: Line = Line(),  # noqa: B008 a frozen value
    ) -> None:
        self._journal = journal
        self.purchases = purchases
        self._look = look
        self._seal_uid = seal_uid
        self._settling = Settling(printer, lambda: look().allowance_left())
        self._ids = ids
        self._post = post
        self._names = names
        self._line = line
        self._said: set[tuple[str, Verdict]] = set()  # verdicts that decide nothing are kept once per run
        self._writing = False  # between the intent and what decides it
        self.shown: CardReading | None = None  # the card that this visit showed, in order
        self._log = structlog.get_logger(__name__)

    def serve(
        self, operation: CardOperation, task: Task | None, records: int, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[bool, bool]:
        """Do what was asked with this card. `wanted` tells, just before the intent, whether it still is.

        A journal that cannot be written is said: before the intent nothing was taken, after it the rest is in doubt.
        """
        self._writing, self.shown = False, None
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
        scope = scope_of(task)
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
        self._keep_verdicts(decisions, reading)
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
                earned = sum(one.points for one, decision in decisions if decision.done)  # of an earlier plain tap
                return self._tapped(operation, reading, now, wanted, earned)
            case ArmLook():
                self._look_for_desk(reading, now, task)
                return OVER
            case _:
                return self._carry_out(operation, task, reading, now, wanted)

    def _keep_verdicts(self, decisions: list[tuple[Undecided, Decision]], reading: CardReading) -> None:
        """Every verdict is a fact: done and not done are outcomes, the others say that nothing was decided."""
        for undecided, decision in decisions:
            said = (undecided.intent.transfer_id, decision.verdict)
            if decision.verdict in (Verdict.OVERWRITTEN, Verdict.ALTERED) and said not in self._said:
                self._journal.append(FactKind.VERDICT, facts.verdict(*said, reading))
                self._said.add(said)

    def _tapped(
        self,
        operation: CardOperation,
        reading: CardReading,
        now: Surroundings,
        wanted: Callable[[], bool],
        earned: int,
    ) -> tuple[bool, bool]:
        """Nothing was asked: show the card, with the points of the visit where the programme gives them."""
        refused = check_card(reading, now.circumstances)
        if refused:
            self._refuse(refused, reading, 0)
            return OVER
        planned = plan_visit(self._visit(reading, now))
        if planned is not None:
            ending = self._write(operation, planned, now, wanted)
            if ending is Ending.DOUBT:
                return ending.answer
            if ending is Ending.DONE:
                earned = planned.undecided.points
                records = (planned.write.record, *reading.records)[:RECORDS_MAX]
                reading = replace(reading, points=reading.points + earned, records=records)
        self._post(tapped(reading, now, self._names, earned))
        self.shown = reading
        return OVER

    def _look_for_desk(self, reading: CardReading, now: Surroundings, task: ArmLook) -> None:
        refused = check_card(reading, now.circumstances)
        if refused:
            self._refuse(refused, reading, task.task)
            return
        seen = looked(reading, now, task, self._names)
        if task.purpose == "entry" and not any(line.refused is None for line in seen.rights):
            self._journal.append_all(no_entry(seen, now.circumstances.site, task.operator_card))
        self._post(seen)

    def _visit(self, reading: CardReading, now: Surroundings) -> Visit:
        return Visit(reading, self._seal_uid, now, self._ids)

    def _carry_out(
        self,
        operation: CardOperation,
        task: Task,
        reading: CardReading,
        now: Surroundings,
        wanted: Callable[[], bool],
    ) -> tuple[bool, bool]:
        if moves_money(task) and wants_server(reading, now.circumstances, self._line.dice()):
            self._line.reach()
            now = self._look()
        plan = plan_task(self._visit(reading, now), task)
        match plan:
            case Turned(event, draft):
                if draft is not None:
                    self._journal.append(draft.kind, draft.body)
                self._post(event)
                return OVER
            case Kept(drafts, event):
                if wanted():
                    self._journal.append_all(drafts)
                    self._post(event)
                return OVER
            case Planned():
                return self._write(operation, plan, now, wanted).answer

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

    def _write(self, operation: CardOperation, plan: Planned, now: Surroundings, wanted: Callable[[], bool]) -> Ending:
        """Intent, commit, outcome: the order that loses nothing."""
        if not wanted():
            return Ending.GIVEN_UP
        undecided = plan.undecided
        transfer = undecided.intent.transfer_id
        self._post(ev.TaskStarted(undecided.task))
        if plan.first:
            *_, kept = self._journal.append_all((*plan.first, Draft(undecided.intent_kind, plan.body, transfer)))
        else:
            kept = self._journal.append(undecided.intent_kind, plan.body, transfer)
        undecided = replace(undecided, since_ms=kept.occurred_at)
        self._writing = True
        self.purchases.add(undecided)
        answer = operation.commit(plan.write)
        match answer:
            case Committed():
                circumstances = now.circumstances
                done = Done(
                    undecided.intent.card_number,
                    answer.balance_cents,
                    answer.points,
                    answer.operation_number,
                    circumstances.site,
                    day_number(circumstances.today),
                )
                outcome = facts.outcome_done(transfer, answer, undecided.points)
                self._close(undecided, Decision(Verdict.DONE, self._settling.drafts(undecided, outcome, done), done))
                return Ending.DONE
            case NotDone():
                outcome = facts.outcome_undone(transfer, "not_done", (), "answer")
                self._journal.append(undecided.outcome_kind, outcome)
                self.purchases.close(transfer)
                self._writing = False
                self._post(ev.CardPulled(undecided.task, in_doubt=False))
                return Ending.NOT_DONE
            case InDoubt(commands):
                outcome = facts.outcome_undone(transfer, "in_doubt", commands, "answer")
                self._journal.append(undecided.outcome_kind, outcome)
                self._post(ev.CardPulled(undecided.task, in_doubt=True))
                return Ending.DOUBT
            case _:
                assert_never(answer)

    # --- refusals --------------------------------------------------------------------------------------------------

    def _refuse(self, refused: Refused, reading: CardReading, task: int) -> None:
        day = day_from_number(reading.identity.expires_day).isoformat()
        self._post(
            ev.CardRefused(ev.CardTrouble(refused.reason.value), refused.value_cents, reading.balance_cents, day, task)
        )

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


def _foreign(what: str) -> ev.CardTrouble:
    return ev.CardTrouble.FOREIGN if what == "unknown" else ev.CardTrouble(what)
