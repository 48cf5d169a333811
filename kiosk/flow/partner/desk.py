"""The desk: own card and PIN, load a guest's card, my day. Its own, shorter session. Pure."""

from __future__ import annotations

from dataclasses import replace

from domain.days import day_number, local_day
from domain.money import parse_euros
from kiosk.flow import events as ev
from kiosk.flow.effects import ArmLoad, CheckPin, QueryMyDay, RefuseOperator
from kiosk.flow.messages import M, Message, message
from kiosk.flow.model import Ask, Kiosk, Step, go, notice, put
from kiosk.flow.partner import counter
from kiosk.flow.states import (
    DayLine,
    DeskHomeState,
    LoadDoneState,
    LoadState,
    MyDayState,
    PinState,
    PresentCardState,
    Purpose,
    Tone,
)
from kiosk.flow.trouble import trouble_notice

PIN_LENGTH = 6
PRESETS = (1000, 2000, 3000, 5000, 10000)
TYPED_MAX = 6


# Any of these rights opens an action; who may load may also take, let in and give back.
DESK_RIGHTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("load", frozenset({"load"})),
    ("charge", frozenset({"load", "debit"})),
    ("entry", frozenset({"load", "debit", "validate"})),
    ("refund", frozenset({"load", "refund"})),
    ("credit", frozenset({"load"})),
    ("my_day", frozenset({"load", "debit", "refund", "day"})),
)


def ask_pin(kiosk: Kiosk, operator: ev.OperatorInfo) -> Step:
    """An operator's card was tapped. Refusals are kept as facts."""
    if operator.expires_day < day_number(local_day(kiosk.now_ms)):
        return _refuse(kiosk, operator.card_number, "expired", message(M.OPERATOR_EXPIRED))
    # Nobody is at the desk before the PIN was right.
    kiosk = replace(kiosk, operator=None, touched_mono=kiosk.mono, counting_down=False, back=())
    return replace(kiosk, screen=PinState(operator.name, operator.card_number)), ()


def _refuse(kiosk: Kiosk, card_number: str, reason: str, title: Message) -> Step:
    screen = notice(Tone.BAD, message(M.MONEY_NOT_CONCERNED), title, message(M.CARD_BLOCKED_NEXT), ("home", True))
    return replace(kiosk, screen=screen, operator=None, back=()), (RefuseOperator(card_number, reason),)


def pin(kiosk: Kiosk, screen: PinState, event: ev.Event) -> Step | None:
    """Six digits, checked by a worker (scrypt takes a tenth of a second: never on the UI thread)."""
    match event:
        case ev.TypeText(digit) if digit in "0123456789" and not screen.checking and not screen.locked:
            digits = screen.digits + digit
            if len(digits) < PIN_LENGTH:
                return put(kiosk, replace(screen, digits=digits, notice=None))
            checking = replace(screen, digits=digits, checking=True, notice=None)
            return put(kiosk, checking, CheckPin(kiosk.session, screen.card_number, digits))
        case ev.EraseText(everything) if not screen.checking:
            return put(kiosk, replace(screen, digits="" if everything else screen.digits[:-1]))
        case ev.PinChecked(_, card, True) if card == screen.card_number:
            known = kiosk.config.operators if kiosk.config else ()
            operator = next((one for one in known if one.card_number == card), None)
            return open_desk(replace(kiosk, operator=operator))
        case ev.PinChecked(_, card, False, tries, minutes) if card == screen.card_number:
            said = message(M.OPERATOR_LOCKED, minutes=minutes) if minutes else message(M.PIN_WRONG, left=tries)
            again = replace(screen, digits="", checking=False, notice=said, locked=minutes > 0)
            reason = "locked" if minutes else "pin"
            return put(kiosk, again, RefuseOperator(card, reason))
        case _:
            return None


def may_load(kiosk: Kiosk) -> Message:
    left = kiosk.config.may_load_cents if kiosk.config else None
    return message(M.NO_LOAD_KEY) if left is None else message(M.DESK_MAY_LOAD, left_cents=left)


def open_desk(kiosk: Kiosk) -> Step:
    """The desk home: only what this operator may do here now."""
    operator = kiosk.operator
    if operator is None:
        return kiosk, ()
    config = kiosk.config
    may = {
        "load": config is not None and config.may_load_cents is not None,
        "charge": config is not None and config.site_number > 0,
        "entry": config is not None and config.site_number > 0,
        "refund": config is not None and config.site_number > 0,
        "credit": config is not None and config.may_credit,
        "my_day": True,
    }
    actions = tuple(action for action, rights in DESK_RIGHTS if may[action] and rights & set(operator.rights))
    screen = DeskHomeState(operator.name, actions, may_load(kiosk))
    return replace(kiosk, screen=screen, back=()), ()


def desk_home(kiosk: Kiosk, screen: DeskHomeState, event: ev.Event) -> Step | None:
    match event:
        case ev.DeskAction("load") if "load" in screen.actions:
            state = LoadState(screen.operator_name, PRESETS, "", 0, "", may_load(kiosk))
            return go(kiosk, state)
        case ev.DeskAction("charge") if "charge" in screen.actions:
            return counter.open_charge(kiosk)
        case ev.DeskAction("refund") if "refund" in screen.actions:
            return counter.look(kiosk, Purpose.REFUND)
        case ev.DeskAction("entry") if "entry" in screen.actions:
            return counter.look(kiosk, Purpose.ENTRY)
        case ev.DeskAction("credit") if "credit" in screen.actions:
            return counter.ask_credit(kiosk)
        case ev.DeskAction("my_day") if "my_day" in screen.actions and kiosk.operator:
            state_day = MyDayState(screen.operator_name, (), loading=True)
            return go(kiosk, state_day, QueryMyDay(kiosk.session, kiosk.operator.card_number))
        case _:
            return None


def my_day(kiosk: Kiosk, screen: MyDayState, event: ev.Event) -> Step | None:
    match event:
        case ev.MyDayArrived(_, cash, terminal, loads, charged, refunded):
            lines = (
                DayLine("loaded_cash", cash, 0),
                DayLine("loaded_terminal", terminal, 0),
                DayLine("to_hand_over", cash + terminal, 0),
                DayLine("count", 0, loads),
                *((DayLine("charged", charged, 0),) if charged else ()),
                *((DayLine("refunded", refunded, 0),) if refunded else ()),
            )
            return put(kiosk, replace(screen, lines=lines, loading=False))
        case ev.Confirm() | ev.Cancel():
            return open_desk(kiosk)
        case _:
            return None


def load(kiosk: Kiosk, screen: LoadState, event: ev.Event) -> Step | None:
    """How much, how the guest paid, then the card."""
    match event:
        case ev.ChooseAmount(amount) if amount in screen.presets:
            return put(kiosk, replace(screen, typed=str(amount // 100), amount_cents=amount, notice=None))
        case ev.TypeText(letter) if letter in "0123456789," and len(screen.typed) < TYPED_MAX:
            return put(kiosk, _typed(screen, screen.typed + letter))
        case ev.EraseText(everything):
            return put(kiosk, _typed(screen, "" if everything else screen.typed[:-1]))
        case ev.ChoosePaidBy(paid_by) if paid_by in ("cash", "terminal"):
            return put(kiosk, replace(screen, paid_by=paid_by))
        case ev.Confirm() if screen.amount_cents > 0 and screen.paid_by and kiosk.operator:
            return _ask_card(kiosk, screen)
        case _:
            return None


def _typed(screen: LoadState, typed: str) -> LoadState:
    try:
        amount = parse_euros(typed) if typed else 0
    except ValueError:  # a half-typed or impossible amount: the key is not taken
        return screen
    return replace(screen, typed=typed, amount_cents=amount, notice=None)


def _ask_card(kiosk: Kiosk, screen: LoadState) -> Step:
    if not kiosk.reader_ready:
        return go(kiosk, trouble_notice(ev.CardTrouble.READER_MISSING, 0, 0, "", purpose=Purpose.LOAD))
    task = kiosk.tasks_so_far + 1
    what = (message(M.PAID_BY_CASH if screen.paid_by == "cash" else M.PAID_BY_TERMINAL),)
    ask = Ask(Purpose.LOAD, screen.amount_cents, what, screen.paid_by)
    kiosk = replace(kiosk, task=task, tasks_so_far=task, ask=ask)
    operator_card = kiosk.operator.card_number if kiosk.operator else ""
    arm = ArmLoad(task, kiosk.session, screen.amount_cents, screen.paid_by, operator_card, kiosk.language)
    return go(kiosk, PresentCardState(Purpose.LOAD, screen.amount_cents, what), arm)


def load_done(kiosk: Kiosk, screen: LoadDoneState, event: ev.Event) -> Step | None:
    match event:
        case ev.Confirm() | ev.Cancel():
            return open_desk(kiosk)
        case _:
            return None
