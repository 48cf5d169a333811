"""Buying: slot and people, review, present the card, paid. The flow names the amount; the card worker moves it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flow import events as ev
from kiosk.flow.effects import ArmDebit, Disarm
from kiosk.flow.messages import M, Message, message, text
from kiosk.flow.model import Ask, Kiosk, Step, go, notice, put, stay
from kiosk.flow.partner import desk
from kiosk.flow.states import BuyState, PresentCardState, Purpose, ReviewState, Tone
from kiosk.flow.trouble import doubtful_money, trouble_notice
from kiosk.flow.visitor import browse


def buy(kiosk: Kiosk, screen: BuyState, event: ev.Event) -> Step | None:
    """Slot and people."""
    match event:
        case ev.ChooseSlot(index) if 0 <= index < len(screen.offer.slots) and screen.offer.slots[index].places:
            people = min(screen.people, _people_max(screen, index))
            return put(kiosk, replace(screen, slot=index, people=people))
        case ev.SetPeople(people) if screen.slot >= 0:
            return put(kiosk, replace(screen, people=max(1, min(people, _people_max(screen, screen.slot)))))
        case ev.Confirm() if screen.slot >= 0 and screen.offer.price_cents is not None:
            slot = screen.offer.slots[screen.slot]
            return go(kiosk, ReviewState(screen.offer, slot, screen.people, screen.total_cents))
        case ev.OfferArrived(_, query_id, detail) if detail is not None and query_id == kiosk.query_id:
            return put(kiosk, replace(screen, offer=detail, slot=min(screen.slot, len(detail.slots) - 1)))
        case _:
            return None


def _people_max(screen: BuyState, index: int) -> int:
    return max(1, min(screen.offer.people_max, screen.offer.slots[index].places))


def describe(screen: ReviewState) -> tuple[Message, ...]:
    """What is bought, as the present-card screen says it."""
    return text(screen.offer.name), screen.slot.label, message(M.PEOPLE, people=screen.people)


def review(kiosk: Kiosk, screen: ReviewState, event: ev.Event) -> Step | None:
    """Before the card: confirm or cancel."""
    match event:
        case ev.Confirm():
            return _ask_card(kiosk, screen)
        case ev.Cancel():
            return browse.open_home(kiosk)
        case ev.OfferArrived(_, query_id, detail) if detail is not None and query_id == kiosk.query_id:
            return put(kiosk, replace(screen, offer=detail))
        case _:
            return None


def _ask_card(kiosk: Kiosk, screen: ReviewState) -> Step:
    if not kiosk.reader_ready:
        return go(kiosk, trouble_notice(ev.CardTrouble.READER_MISSING, 0, 0, ""))
    task = kiosk.tasks_so_far + 1
    ask = Ask(Purpose.PAY, screen.total_cents, describe(screen))
    kiosk = replace(kiosk, task=task, tasks_so_far=task, ask=ask)
    arm = ArmDebit(
        task=task,
        session=kiosk.session,
        amount_cents=screen.total_cents,
        offer_id=screen.offer.id,
        offer_name=screen.offer.name,
        payee_site=screen.offer.site_number,
        partner_id=screen.offer.partner_id,
        slot_day=screen.slot.day,
        slot_start=screen.slot.start,
        people=screen.people,
        language=kiosk.language,
    )
    return go(kiosk, PresentCardState(ask.purpose, ask.amount_cents, ask.what), arm)


def present(kiosk: Kiosk, screen: PresentCardState, event: ev.Event) -> Step | None:
    """Waiting for the card."""
    match event:
        case ev.Cancel() | ev.GoBack():
            return leave_present(kiosk, screen)
        case _:
            return None


def leave_present(kiosk: Kiosk, screen: PresentCardState) -> Step:
    """Given up before the card answered. What is in doubt is said, and decided at the next tap anywhere."""
    disarm = (Disarm(kiosk.task),) if kiosk.task else ()
    ask = kiosk.ask
    kiosk = replace(kiosk, task=0, ask=None)
    if screen.in_doubt:
        return replace(doubt(replace(kiosk, ask=ask)), ask=None), disarm
    if not kiosk.back:
        kiosk, effects = home_or_desk(kiosk)
        return kiosk, (*disarm, *effects)
    return replace(kiosk, screen=kiosk.back[-1], back=kiosk.back[:-1]), disarm


def home_or_desk(kiosk: Kiosk) -> Step:
    """Where the person belongs: the open desk, or home."""
    return desk.open_desk(kiosk) if kiosk.operator is not None else browse.open_home(kiosk)


def doubt(kiosk: Kiosk) -> Kiosk:
    """Leaving while an answer is owed: what is in doubt is said first, and decided at the next tap anywhere."""
    amount = kiosk.ask.amount_cents if kiosk.ask else 0
    screen = notice(
        Tone.DOUBT,
        doubtful_money(amount),
        message(M.IN_DOUBT),
        message(M.IN_DOUBT_NEXT),
        ("home", True),
        amount_cents=amount,
    )
    return replace(kiosk, screen=screen, back=())


def paid(kiosk: Kiosk, event: ev.Event) -> Step | None:
    match event:
        case ev.Confirm() | ev.Cancel():
            return browse.open_home(kiosk)
        case _:
            return None


def notice_action(kiosk: Kiosk, action: str) -> Step:
    """Buttons of a notice."""
    if action in ("back", "try_again") and kiosk.back:
        return replace(kiosk, screen=kiosk.back[-1], back=kiosk.back[:-1]), ()
    if action in ("home", "back", "try_again", "cancel", "done"):
        return home_or_desk(kiosk)
    return stay(kiosk)
