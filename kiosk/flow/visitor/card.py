"""What happens when a card is tapped, refused, written, pulled away or settled, on any screen. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.days import local_day
from kiosk.flow import events as ev
from kiosk.flow.asking import done
from kiosk.flow.effects import Disarm, QuerySuggestions
from kiosk.flow.messages import M, Message, message
from kiosk.flow.model import Kiosk, Step, begin, go, next_query, put, stay
from kiosk.flow.partner import counter, desk
from kiosk.flow.states import (
    AttractState,
    CardPass,
    ConfirmState,
    DoneState,
    LoadDoneState,
    MyCardState,
    NoticeState,
    PaidState,
    PresentCardState,
    Purpose,
    ReviewState,
    Tone,
    WorkingState,
)
from kiosk.flow.trouble import doubtful_money, trouble_notice
from kiosk.flow.visitor import rewards

# Troubles that another try, or another card, may cure: the task stays armed.
CURABLE = frozenset(
    {
        ev.CardTrouble.FOREIGN,
        ev.CardTrouble.EMPTY_DESFIRE,
        ev.CardTrouble.CLASSIC,
        ev.CardTrouble.BANK_CARD,
        ev.CardTrouble.PHONE,
        ev.CardTrouble.SEVERAL_CARDS,
        ev.CardTrouble.READER_MISSING,
    }
)


def on_card(kiosk: Kiosk, event: ev.CardEvent) -> Step:
    """Any event of the card worker."""
    match event:
        case ev.ReaderNews(ready):
            return _reader(replace(kiosk, reader_ready=ready))
        case ev.CardTaken():
            return stay(kiosk)
        case ev.CardTapped():
            return _tapped(kiosk, event)
        case ev.CreditNews():
            return _credit(kiosk, event)
        case ev.CardRefused():
            return _refused(kiosk, event)
        case ev.TaskStarted(task):
            return _started(kiosk, task)
        case ev.CardPulled(task, in_doubt):
            return pulled(kiosk, task, in_doubt)
        case ev.DebitSettled():
            return _paid(kiosk, event)
        case ev.LoadSettled():
            return _loaded(kiosk, event)
        case ev.CardLooked():
            return counter.looked(kiosk, event) if event.task == kiosk.task else stay(kiosk)
        case _:
            return _settle(begin(kiosk), done(event), event.task)


def _reader(kiosk: Kiosk) -> Step:
    """Somebody waits with a card in hand: say that the reader went, and go on when it is back."""
    missing = message(M.READER_MISSING)
    if not kiosk.reader_ready and isinstance(kiosk.screen, PresentCardState):
        return _refused(kiosk, ev.CardRefused(ev.CardTrouble.READER_MISSING, task=kiosk.task))
    if kiosk.reader_ready and isinstance(kiosk.screen, NoticeState) and kiosk.screen.title == missing and kiosk.back:
        return replace(kiosk, screen=kiosk.back[-1], back=kiosk.back[:-1]), ()
    return stay(kiosk)


def _busy_buying(kiosk: Kiosk) -> bool:
    """A tap in the middle of a review must not throw the purchase away."""
    return isinstance(kiosk.screen, ReviewState | ConfirmState | WorkingState) or (
        isinstance(kiosk.screen, PresentCardState) and kiosk.screen.purpose is not Purpose.SHOW
    )


def _tapped(kiosk: Kiosk, event: ev.CardTapped) -> Step:
    if not kiosk.paired or _busy_buying(kiosk):
        return stay(kiosk)
    if kiosk.operator is not None:  # a guest's card laid down at an open desk waits for the load
        return stay(kiosk)
    operator = next((o for o in _operators(kiosk) if o.card_number == event.card_number), None)
    if operator is not None:
        return desk.ask_pin(begin(kiosk), operator)
    asked = isinstance(kiosk.screen, PresentCardState)
    before = kiosk.screen
    same = before if isinstance(before, MyCardState) and before.card_number == event.card_number else None
    kiosk = next_query(begin(kiosk))
    stays = asked or same is not None or isinstance(kiosk.screen, AttractState)
    back = kiosk.back if stays else (*kiosk.back, kiosk.screen)
    kiosk = replace(kiosk, card_number=event.card_number, back=back, touched_mono=kiosk.mono, counting_down=False)
    reward = _next_reward(kiosk, event.points)
    screen = MyCardState(
        card_number=event.card_number,
        kind=event.kind,
        balance_cents=event.balance_cents,
        points=event.points,
        expires_day=event.expires_day,
        next_reward=reward[0],
        points_to_go=max(0, reward[1] - event.points),
        next_reward_points=reward[1],
        operations=event.operations,
        tickets=event.tickets,
        suggestions=(),
        loading=True,
        query_id=kiosk.query_id,
        tab=same.tab if same else "for_you",
        credit=same.credit if same else None,
        passes=tuple(_named(kiosk, held) for held in event.passes),
        points_awarded=event.points_awarded,
        rewards=bool(kiosk.config and kiosk.config.rewards),
        passes_on_sale=bool(kiosk.config and kiosk.config.passes),
    )
    query = QuerySuggestions(kiosk.session, kiosk.query_id, kiosk.language, event.card_number, event.kind)
    return replace(kiosk, screen=screen), (query,)


_CREDIT = {
    ev.CreditPhase.RUNNING: M.CREDIT_RUNNING,
    ev.CreditPhase.ARRIVED: M.CREDIT_ARRIVED,
    ev.CreditPhase.WAITING: M.CREDIT_WAITING,
    ev.CreditPhase.NO_ROOM: M.CREDIT_NO_ROOM,
}


def _credit(kiosk: Kiosk, event: ev.CreditNews) -> Step:
    """What the server owes this card, on the card's own screen; wherever else the visitor is, it goes on unseen."""
    screen = kiosk.screen
    if not isinstance(screen, MyCardState) or screen.card_number != event.card_number:
        return stay(kiosk)
    match event.phase:
        case ev.CreditPhase.NONE:
            told = None
        case ev.CreditPhase.AGAIN:
            told = message(M.CREDIT_AGAIN)
        case _:
            told = message(_CREDIT[event.phase], amount_cents=event.amount_cents)
    balance = screen.balance_cents if event.balance_cents is None else event.balance_cents
    kiosk = replace(kiosk, touched_mono=kiosk.mono, counting_down=False)
    return put(kiosk, replace(screen, credit=told, balance_cents=balance))


def _named(kiosk: Kiosk, held: CardPass) -> CardPass:
    """The pass with its name in the language of the session."""
    offers = kiosk.config.passes if kiosk.config else ()
    offer = next((one for one in offers if one.programme == held.programme), None)
    if offer is None:
        return held
    return replace(held, name=offer.french if kiosk.language == "fr" else offer.english)


def _operators(kiosk: Kiosk) -> tuple[ev.OperatorInfo, ...]:
    return kiosk.config.operators if kiosk.config else ()


def _next_reward(kiosk: Kiosk, points: int) -> tuple[Message | None, int]:
    rewards = sorted(kiosk.config.rewards) if kiosk.config else []
    for needed, french, english, _ in rewards:
        if needed > points:
            name = french if kiosk.language == "fr" else english
            return message(M.REWARD_AT, points=needed, name=name), needed
    return None, 0


def _refused(kiosk: Kiosk, event: ev.CardRefused) -> Step:
    if event.task and event.task != kiosk.task:
        return stay(kiosk)  # an answer to a request that was given up
    if event.task == 0 and (kiosk.task or _busy_buying(kiosk)) and event.trouble not in CURABLE:
        return stay(kiosk)
    purpose = kiosk.ask.purpose if kiosk.ask is not None else Purpose.PAY
    screen = trouble_notice(event.trouble, event.value_cents, event.balance_cents, event.day, purpose=purpose)
    if kiosk.ask is not None and kiosk.ask.in_doubt:
        screen = replace(screen, money=doubtful_money(kiosk.ask.amount_cents), tone=Tone.DOUBT)
    elif not (event.task or kiosk.task):
        screen = replace(screen, money=message(M.MONEY_SAFE_ON_CARD))
    kiosk = replace(begin(kiosk), touched_mono=kiosk.mono, counting_down=False, writing=False)
    if event.trouble in CURABLE:
        same = kiosk.screen == screen
        return put(kiosk, screen) if same else go(kiosk, screen)
    return replace(kiosk, screen=screen, back=(), task=0, ask=None), ()


def _started(kiosk: Kiosk, task: int) -> Step:
    if task != kiosk.task or kiosk.ask is None:
        return stay(kiosk)
    working = WorkingState(kiosk.ask.purpose, kiosk.ask.amount_cents)
    ask = replace(kiosk.ask, in_doubt=False)  # the worker has decided what was open before it writes again
    return replace(kiosk, screen=working, ask=ask, writing=True, touched_mono=kiosk.mono, counting_down=False), ()


def pulled(kiosk: Kiosk, task: int, in_doubt: bool) -> Step:
    """Taken away too early: present it again, nothing is lost."""
    if task != kiosk.task or kiosk.ask is None:
        return stay(kiosk)
    ask = replace(kiosk.ask, in_doubt=kiosk.ask.in_doubt or in_doubt)
    again = PresentCardState(ask.purpose, ask.amount_cents, ask.what, again=True, in_doubt=ask.in_doubt)
    return replace(kiosk, screen=again, ask=ask, back=(), writing=False, touched_mono=kiosk.mono), ()


def _paid(kiosk: Kiosk, event: ev.DebitSettled) -> Step:
    """Paid. Shown also when the decision came at a later tap: nothing is lost, and nothing is given twice."""
    kiosk = begin(kiosk)
    screen = PaidState(
        amount_cents=event.amount_cents,
        balance_cents=event.balance_cents,
        points_awarded=event.points_awarded,
        offer_name=event.offer_name,
        slot_label=slot_label(event.slot_day, event.slot_start, local_day(kiosk.now_ms)),
        people=event.people,
        ticket_payload=event.ticket_payload,
        ticket_short=event.ticket_short,
    )
    return _settle(kiosk, screen, event.task)


def _loaded(kiosk: Kiosk, event: ev.LoadSettled) -> Step:
    kiosk = begin(kiosk)
    screen = LoadDoneState(
        amount_cents=event.amount_cents,
        balance_cents=event.balance_cents,
        card_number=event.card_number,
        paid_by=kiosk.ask.paid_by if kiosk.ask else "",
        receipt_payload=event.receipt_payload,
    )
    if kiosk.config is not None:
        kiosk = replace(kiosk, config=replace(kiosk.config, may_load_cents=event.may_load_cents))
    return _settle(kiosk, screen, event.task)


def _settle(kiosk: Kiosk, screen: PaidState | LoadDoneState | DoneState, task: int) -> Step:
    """Settled; another request that was armed meanwhile is over too: one tap, one thing."""
    other = (Disarm(kiosk.task),) if kiosk.task not in (0, task) else ()
    kiosk = replace(kiosk, back=(), task=0, ask=None, writing=False, touched_mono=kiosk.mono, counting_down=False)
    return replace(kiosk, screen=screen), other


def slot_label(day: str, start: int, today: date) -> Message:
    """'aujourd'hui 15 h 30' or the day and the time."""
    if day == today.isoformat():
        return message(M.SLOT_TODAY, at_minutes_of_day=start)
    return message(M.SLOT_ON, on_day=day, at_minutes_of_day=start)


def my_card(kiosk: Kiosk, screen: MyCardState, event: ev.Event) -> Step | None:
    """The card's own screen."""
    match event:
        case ev.SuggestionsArrived(_, query_id, cards) if query_id == screen.query_id:
            return put(kiosk, replace(screen, suggestions=cards, loading=False))
        case ev.OpenRewards() if screen.rewards:
            return rewards.open_rewards(kiosk, screen)
        case ev.OpenPasses() if screen.passes_on_sale:
            return rewards.open_passes(kiosk, screen)
        case ev.ChooseTab(tab) if tab in ("for_you", "tickets", "data"):
            return put(kiosk, replace(screen, tab=tab))
        case _:
            return None
