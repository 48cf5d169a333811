"""The desk's work with a guest's card: *Encaisser*, *Rembourser*, *Valider un billet*, credits that are due. Pure."""

from __future__ import annotations

from dataclasses import replace

from domain.cards import format_card_number
from domain.money import parse_euros
from kiosk.flow import events as ev
from kiosk.flow.asking import ask_card
from kiosk.flow.effects import ArmCharge, ArmCredit, ArmEntry, ArmLook, ArmRefund
from kiosk.flow.messages import M, message, text
from kiosk.flow.model import Ask, Kiosk, Step, go, put
from kiosk.flow.states import ChargeState, Choice, ChoicesState, ConfirmState, Purpose, RefundLine, RightLine

TYPED_MAX = 6
CHARGE_MAX_CENTS = 15_000  # what a purse holds at most


def card_of(kiosk: Kiosk) -> str:
    """The operator's card, '' when there is no desk open."""
    return kiosk.operator.card_number if kiosk.operator else ""


def open_charge(kiosk: Kiosk) -> Step:
    return go(kiosk, ChargeState(kiosk.operator.name if kiosk.operator else ""))


def charge(kiosk: Kiosk, screen: ChargeState, event: ev.Event) -> Step | None:
    """How much, then a review, then the visitor's card, which is their consent."""
    match event:
        case ev.TypeText(letter) if letter in "0123456789," and len(screen.typed) < TYPED_MAX:
            return put(kiosk, _typed(screen, screen.typed + letter))
        case ev.EraseText(everything):
            return put(kiosk, _typed(screen, "" if everything else screen.typed[:-1]))
        case ev.Confirm() if screen.amount_cents > 0:
            name = message(M.CHARGE_FREE_AMOUNT)
            return go(kiosk, ConfirmState(Purpose.CHARGE, "", name, (), amount_cents=screen.amount_cents))
        case _:
            return None


def _typed(screen: ChargeState, typed: str) -> ChargeState:
    try:
        amount = parse_euros(typed) if typed else 0
    except ValueError:  # half-typed or impossible: the key is not taken
        return screen
    return screen if amount > CHARGE_MAX_CENTS else replace(screen, typed=typed, amount_cents=amount)


def ask_charge(kiosk: Kiosk, screen: ConfirmState) -> Step:
    ask = Ask(Purpose.CHARGE, screen.amount_cents, (screen.name,))
    return ask_card(
        kiosk,
        ask,
        lambda task: ArmCharge(task, kiosk.session, screen.amount_cents, card_of(kiosk), kiosk.language),
    )


def look(kiosk: Kiosk, purpose: Purpose) -> Step:
    """Read the guest's card, to see what may be given back or what may open the door."""
    ask = Ask(Purpose.LOOK, 0, ())
    return ask_card(kiosk, ask, lambda task: ArmLook(task, kiosk.session, purpose.value, card_of(kiosk)))


def looked(kiosk: Kiosk, event: ev.CardLooked) -> Step:
    """What the card showed, as a list to choose from."""
    kiosk = replace(kiosk, task=0, ask=None, back=(), touched_mono=kiosk.mono)
    if event.purpose == Purpose.REFUND.value:
        choices = tuple(_refund_choice(line) for line in event.debits)
        purpose = Purpose.REFUND
    else:
        choices = tuple(_right_choice(line) for line in event.rights)
        purpose = Purpose.ENTRY
    screen = ChoicesState(purpose, choices, event.card_number, balance_cents=event.balance_cents)
    return replace(kiosk, screen=screen), ()


def _refund_choice(line: RefundLine) -> Choice:
    price = message(M.PRICE, price_cents=line.amount_cents)
    identity = f"{line.debit} {line.amount_cents} {line.points}"
    return Choice(identity, "cash", line.name, line.when, price)


def _right_choice(line: RightLine) -> Choice:
    identity = f"pass {line.programme}" if line.programme is not None else f"ticket {line.ticket}"
    icon = "credit_card_check_outline" if line.programme is not None else "ticket_confirmation_outline"
    people = message(M.PEOPLE, people=line.people) if line.programme is None else None
    return Choice(identity, icon, text(line.name), line.detail, people, line.refused)


def confirm_refund(kiosk: Kiosk, screen: ChoicesState, choice: Choice) -> Step:
    debit, amount, points = choice.id.split(" ")
    taken = (message(M.POINTS_TAKEN_BACK, points=int(points)),) if int(points) else ()
    when = (choice.note,) if choice.note is not None else ()
    number = message(M.FOR_CARD, number=format_card_number(screen.card_number))
    lines = (*when, number, message(M.REFUND_COMES_BACK), *taken)
    confirm = ConfirmState(
        Purpose.REFUND, debit, choice.name, lines, amount_cents=int(amount), card_number=screen.card_number
    )
    return go(kiosk, confirm)


def ask_refund(kiosk: Kiosk, screen: ConfirmState) -> Step:
    ask = Ask(Purpose.REFUND, screen.amount_cents, (screen.name,))
    return ask_card(
        kiosk,
        ask,
        lambda task: ArmRefund(task, kiosk.session, screen.card_number, screen.choice, card_of(kiosk), kiosk.language),
    )


def confirm_entry(kiosk: Kiosk, screen: ChoicesState, choice: Choice) -> Step:
    lines = tuple(line for line in (choice.note, choice.value) if line is not None)
    if choice.id.startswith("ticket"):
        lines = (*lines, message(M.TICKET_HERE))
    return go(kiosk, ConfirmState(Purpose.ENTRY, choice.id, choice.name, lines, card_number=screen.card_number))


def ask_entry(kiosk: Kiosk, screen: ConfirmState) -> Step:
    kind, value = screen.choice.split(" ")
    programme = int(value) if kind == "pass" else None
    ticket = value if kind == "ticket" else None
    ask = Ask(Purpose.ENTRY, 0, (screen.name,))
    return ask_card(
        kiosk,
        ask,
        lambda task: ArmEntry(
            task, kiosk.session, screen.card_number, card_of(kiosk), kiosk.language, programme, ticket
        ),
    )


def ask_credit(kiosk: Kiosk) -> Step:
    ask = Ask(Purpose.CREDIT, 0, ())
    return ask_card(kiosk, ask, lambda task: ArmCredit(task, kiosk.session, card_of(kiosk), kiosk.language))
