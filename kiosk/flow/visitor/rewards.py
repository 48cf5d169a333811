"""Rewards and passes: chosen from my card, confirmed, then asked of the card. Pure."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flow import events as ev
from kiosk.flow.asking import ask_card
from kiosk.flow.effects import ArmPass, ArmRedeem
from kiosk.flow.messages import M, Message, message, text
from kiosk.flow.model import Ask, Kiosk, Step, go, put
from kiosk.flow.states import CHOICES_PER_PAGE, Choice, ChoicesState, ConfirmState, MyCardState, Purpose

UNLIMITED = 0xFF  # in `PassOffer.uses`


def reward_name(kiosk: Kiosk, reward: tuple[int, str, str, str]) -> Message:
    return text(reward[1] if kiosk.language == "fr" else reward[2])


def pass_name(kiosk: Kiosk, offer: ev.PassOffer) -> Message:
    return text(offer.french if kiosk.language == "fr" else offer.english)


def open_rewards(kiosk: Kiosk, card: MyCardState) -> Step:
    """Every reward with what it costs; what is out of reach says how much is missing."""
    found = []
    for reward in sorted(kiosk.config.rewards) if kiosk.config else []:
        points = reward[0]
        missing = points - card.points
        refused = message(M.POINTS_MISSING, points=missing) if missing > 0 else None
        cost = message(M.COSTS_POINTS, points=points)
        found.append(Choice(reward[3], "gift_outline", reward_name(kiosk, reward), None, cost, refused))
    return go(kiosk, ChoicesState(Purpose.REWARD, tuple(found), card.card_number, card.points, card.balance_cents))


def open_passes(kiosk: Kiosk, card: MyCardState) -> Step:
    found = []
    for offer in kiosk.config.passes if kiosk.config else ():
        missing = offer.price_cents - card.balance_cents
        refused = message(M.NOT_ENOUGH, missing_cents=missing, balance_cents=card.balance_cents)
        found.append(
            Choice(
                offer.id,
                "ticket_confirmation_outline",
                pass_name(kiosk, offer),
                _entries(offer),
                message(M.PRICE, price_cents=offer.price_cents),
                refused if missing > 0 else None,
            )
        )
    return go(kiosk, ChoicesState(Purpose.PASS, tuple(found), card.card_number, card.points, card.balance_cents))


def _entries(offer: ev.PassOffer) -> Message:
    return message(M.PASS_UNLIMITED) if offer.uses == UNLIMITED else message(M.PASS_ENTRIES, count=offer.uses)


def turn_page(kiosk: Kiosk, screen: ChoicesState, page: int) -> Step:
    return put(kiosk, replace(screen, page=max(0, min(page, screen.pages - 1))))


def shown(screen: ChoicesState) -> tuple[Choice, ...]:
    """The choices of the present page."""
    start = screen.page * CHOICES_PER_PAGE
    return screen.choices[start : start + CHOICES_PER_PAGE]


def confirm_reward(kiosk: Kiosk, screen: ChoicesState, choice: str) -> Step | None:
    reward = next((one for one in kiosk.config.rewards if one[3] == choice), None) if kiosk.config else None
    if reward is None or reward[0] > screen.points:
        return None
    lines = (
        message(M.COSTS_POINTS, points=reward[0]),
        message(M.POINTS_LEFT, points=screen.points - reward[0]),
    )
    confirm = ConfirmState(
        Purpose.REWARD, choice, reward_name(kiosk, reward), lines, points=reward[0], card_number=screen.card_number
    )
    return go(kiosk, confirm)


def confirm_pass(kiosk: Kiosk, screen: ChoicesState, choice: str) -> Step | None:
    offer = next((one for one in kiosk.config.passes if one.id == choice), None) if kiosk.config else None
    if offer is None or offer.price_cents > screen.balance_cents:
        return None
    where = message(M.PASS_WHERE, sites=", ".join(offer.sites)) if offer.sites else message(M.PASS_EVERYWHERE)
    lines = (message(M.PASS_DAYS, count=offer.days), _entries(offer), where)
    confirm = ConfirmState(
        Purpose.PASS,
        choice,
        pass_name(kiosk, offer),
        lines,
        amount_cents=offer.price_cents,
        card_number=screen.card_number,
    )
    return go(kiosk, confirm)


def ask_reward(kiosk: Kiosk, screen: ConfirmState) -> Step:
    ask = Ask(Purpose.REWARD, 0, (screen.name, message(M.COSTS_POINTS, points=screen.points)))
    return ask_card(kiosk, ask, lambda task: ArmRedeem(task, kiosk.session, screen.choice, kiosk.language))


def ask_pass(kiosk: Kiosk, screen: ConfirmState) -> Step:
    ask = Ask(Purpose.PASS, screen.amount_cents, (screen.name,))
    return ask_card(kiosk, ask, lambda task: ArmPass(task, kiosk.session, screen.choice, kiosk.language))
