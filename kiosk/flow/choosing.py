"""Lists to choose from, their confirmation, and the end: the same three for rewards, passes and the desk. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from kiosk.flow import events as ev
from kiosk.flow.model import Kiosk, Step, stay
from kiosk.flow.partner import counter
from kiosk.flow.states import Choice, ChoicesState, ConfirmState, Purpose
from kiosk.flow.visitor import buy, rewards


def choices(kiosk: Kiosk, screen: ChoicesState, event: ev.Event) -> Step | None:
    """Pick one that is not refused; turn the page."""
    match event:
        case ev.TurnPage(page):
            return rewards.turn_page(kiosk, screen, page)
        case ev.Pick(identity):
            found = next((one for one in screen.choices if one.id == identity and one.refused is None), None)
            return None if found is None else _confirm(kiosk, screen, found)
        case ev.Cancel():
            return buy.home_or_desk(kiosk)
        case _:
            return None


def _confirm(kiosk: Kiosk, screen: ChoicesState, choice: Choice) -> Step | None:
    match screen.purpose:
        case Purpose.REWARD:
            return rewards.confirm_reward(kiosk, screen, choice.id)
        case Purpose.PASS:
            return rewards.confirm_pass(kiosk, screen, choice.id)
        case Purpose.REFUND:
            return counter.confirm_refund(kiosk, screen, choice)
        case Purpose.ENTRY:
            return counter.confirm_entry(kiosk, screen, choice)
    return None


def confirm(kiosk: Kiosk, screen: ConfirmState, event: ev.Event) -> Step | None:
    """Confirm or cancel; nothing was taken yet."""
    match event:
        case ev.Confirm():
            return _ask(kiosk, screen)
        case ev.Cancel():
            return buy.home_or_desk(kiosk) if not kiosk.back else _back(kiosk)
        case _:
            return None


def _back(kiosk: Kiosk) -> Step:
    return replace(kiosk, screen=kiosk.back[-1], back=kiosk.back[:-1]), ()


def _ask(kiosk: Kiosk, screen: ConfirmState) -> Step:
    match screen.purpose:
        case Purpose.REWARD:
            return rewards.ask_reward(kiosk, screen)
        case Purpose.PASS:
            return rewards.ask_pass(kiosk, screen)
        case Purpose.CHARGE:
            return counter.ask_charge(kiosk, screen)
        case Purpose.REFUND:
            return counter.ask_refund(kiosk, screen)
        case Purpose.ENTRY:
            return counter.ask_entry(kiosk, screen)
        case Purpose.PAY | Purpose.LOAD | Purpose.SHOW | Purpose.CREDIT | Purpose.LOOK:
            return stay(kiosk)
        case _:
            assert_never(screen.purpose)


def finish(kiosk: Kiosk, event: ev.Event) -> Step | None:
    """The end of an operation: back to the desk, or home."""
    return buy.home_or_desk(kiosk) if isinstance(event, ev.Confirm | ev.Cancel) else None
