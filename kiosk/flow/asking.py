"""Asking for a card, and what is shown when it answered: shared by visitor and desk. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from domain.cards import format_card_number
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect
from kiosk.flow.messages import M, Message, message, text
from kiosk.flow.model import Ask, Kiosk, Step, go
from kiosk.flow.states import DoneState, PresentCardState, Purpose
from kiosk.flow.trouble import trouble_notice

UNLIMITED = 0xFF


def ask_card(kiosk: Kiosk, ask: Ask, make: Callable[[int], Effect]) -> Step:
    """Show where the card goes and arm what `make` makes of the task's number."""
    if not kiosk.reader_ready:
        return go(kiosk, trouble_notice(ev.CardTrouble.READER_MISSING, 0, 0, "", purpose=ask.purpose))
    task = kiosk.tasks_so_far + 1
    kiosk = replace(kiosk, task=task, tasks_so_far=task, ask=ask)
    return go(kiosk, PresentCardState(ask.purpose, ask.amount_cents, ask.what), make(task))


Settled = ev.ChargeSettled | ev.PassSettled | ev.RewardSettled | ev.EntrySettled | ev.CreditSettled | ev.RefundSettled


def done(event: Settled) -> DoneState:
    """What the screen says when it is done, now or by the decision of a later tap."""
    match event:
        case ev.ChargeSettled():
            lines = _earned(event.points_awarded)
            left = message(M.BALANCE_LEFT, balance_cents=event.balance_cents)
            title = message(M.DONE_CHARGE, amount_cents=event.amount_cents)
            return DoneState(Purpose.CHARGE, title, left, lines, event.receipt_payload, code_name="receipt")
        case ev.PassSettled():
            lines = (message(M.BALANCE_LEFT, balance_cents=event.balance_cents), *_earned(event.points_awarded))
            period = message(M.DONE_PASS_TEXT, from_day=event.from_day, until_day=event.until_day)
            return DoneState(Purpose.PASS, message(M.DONE_PASS, name=event.name), period, lines)
        case ev.RewardSettled():
            lines = (
                message(M.POINTS_TAKEN, points=event.points),
                message(M.POINTS_NOW, points=event.points_left),
            )
            title = message(M.DONE_REWARD, name=event.name)
            return DoneState(
                Purpose.REWARD,
                title,
                message(M.DONE_REWARD_TEXT),
                lines,
                event.claim_payload,
                event.claim_short,
                "reward",
            )
        case ev.EntrySettled():
            lines = () if event.uses_left is None else (_uses(event.uses_left),)
            people = message(M.PEOPLE, people=event.people)
            shown = text(event.name) if event.name else people
            return DoneState(Purpose.ENTRY, message(M.DONE_ENTRY), shown, (*lines, *_earned(event.points_awarded)))
        case ev.CreditSettled():
            title = message(M.DONE_CREDIT_REFUND if event.refund else M.DONE_CREDIT, amount_cents=event.amount_cents)
            rest = (message(M.DONE_CREDIT_LEFT, due_cents=event.left_cents),) if event.left_cents else ()
            held = message(M.BALANCE_LEFT, balance_cents=event.balance_cents)
            return DoneState(Purpose.CREDIT, title, held, (_card(event.card_number), *rest))
        case ev.RefundSettled():
            taken = (message(M.POINTS_TAKEN_BACK, points=event.points_taken),) if event.points_taken else ()
            title = message(M.DONE_REFUND, amount_cents=event.amount_cents)
            return DoneState(Purpose.REFUND, title, message(M.DONE_REFUND_TEXT), (_card(event.card_number), *taken))


def _earned(points: int) -> tuple[Message, ...]:
    return (message(M.POINTS_EARNED, points=points),) if points else ()


def _uses(left: int) -> Message:
    return message(M.PASS_UNLIMITED) if left == UNLIMITED else message(M.PASS_USES_LEFT, left=left)


def _card(number: str) -> Message:
    return message(M.FOR_CARD, number=format_card_number(number))
