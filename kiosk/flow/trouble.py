"""One clear sentence for every trouble with a card or a request: money first, then what, then what to do. Pure."""

from __future__ import annotations

from typing import assert_never

from kiosk.flow.events import CardTrouble
from kiosk.flow.messages import M, Message, message
from kiosk.flow.model import notice
from kiosk.flow.states import NoticeState, Purpose, Tone

HOME = ("home", True)
RETRY = ("try_again", True)
BACK = ("back", False)
HOME_SECOND = ("home", False)


_NOTHING = {
    Purpose.LOAD: M.MONEY_NOTHING_LOADED,
    Purpose.CREDIT: M.MONEY_NOTHING_LOADED,
    Purpose.REWARD: M.POINTS_NOTHING_TAKEN,
    Purpose.ENTRY: M.MONEY_NOT_CONCERNED,
    Purpose.LOOK: M.MONEY_NOT_CONCERNED,
}


def trouble_notice(
    trouble: CardTrouble,
    value_cents: int,
    balance_cents: int,
    day: str,
    *,
    purpose: Purpose = Purpose.PAY,
) -> NoticeState:
    """The notice for `trouble`; `purpose` chooses what did not happen: taken, loaded, points."""
    money = message(_NOTHING.get(purpose, M.MONEY_NOTHING_TAKEN))
    title, next_, again = _words(trouble, value_cents, balance_cents, day)
    buttons = (HOME_SECOND, RETRY) if again else (HOME,)  # the primary one stands right, as everywhere
    tone = Tone.CALM if again else Tone.BAD
    return notice(tone, money, title, next_, *buttons)


def doubtful_money(amount_cents: int) -> Message:
    """The first line while an answer is owed; operations without cents have no amount to name."""
    return message(M.MONEY_IN_DOUBT, amount_cents=amount_cents) if amount_cents else message(M.MONEY_CHECKING)


def _words(trouble: CardTrouble, value: int, balance: int, day: str) -> tuple[Message, Message, bool]:
    match trouble:
        case CardTrouble.FOREIGN:
            return message(M.CARD_FOREIGN), message(M.CARD_FOREIGN_NEXT), True
        case CardTrouble.EMPTY_DESFIRE:
            return message(M.CARD_EMPTY_DESFIRE), message(M.CARD_FOREIGN_NEXT), True
        case CardTrouble.CLASSIC:
            return message(M.CARD_CLASSIC), message(M.CARD_FOREIGN_NEXT), True
        case CardTrouble.BANK_CARD:
            return message(M.CARD_BANK), message(M.CARD_FOREIGN_NEXT), True
        case CardTrouble.PHONE:
            return message(M.CARD_PHONE), message(M.CARD_FOREIGN_NEXT), True
        case CardTrouble.ALTERED:
            return message(M.CARD_ALTERED), message(M.CARD_ALTERED_NEXT), False
        case CardTrouble.BLOCKED:
            return message(M.CARD_BLOCKED), message(M.CARD_BLOCKED_NEXT), False
        case CardTrouble.EXPIRED:
            return message(M.CARD_EXPIRED, on_day=day), message(M.CARD_EXPIRED_NEXT), False
        case CardTrouble.NOT_ENOUGH:
            title = message(M.NOT_ENOUGH, missing_cents=value, balance_cents=balance)
            return title, message(M.NOT_ENOUGH_NEXT), False
        case CardTrouble.OVER_OFFLINE_LIMIT:
            return message(M.OVER_OFFLINE_LIMIT, limit_cents=value), message(M.OVER_OFFLINE_NEXT), False
        case CardTrouble.OVER_PURSE_LIMIT:
            return message(M.OVER_PURSE_LIMIT, room_cents=value), message(M.OVER_PURSE_NEXT), False
        case CardTrouble.OVER_MONTHLY_LOADS:
            return message(M.OVER_MONTHLY_LOADS, room_cents=value), message(M.OVER_MONTHLY_NEXT), False
        case CardTrouble.OVER_ALLOWANCE:
            return message(M.OVER_ALLOWANCE, left_cents=value), message(M.OVER_ALLOWANCE_NEXT), False
        case CardTrouble.NO_LOAD_KEY:
            return message(M.NO_LOAD_KEY), message(M.NO_LOAD_KEY_NEXT), False
        case CardTrouble.OFFLINE_TOO_LONG:
            return message(M.OFFLINE_TOO_LONG), message(M.OFFLINE_TOO_LONG_NEXT), False
        case CardTrouble.QUOTA_GONE:
            return message(M.QUOTA_GONE), message(M.QUOTA_GONE_NEXT), False
        case CardTrouble.DISK_FULL:
            return message(M.DISK_FULL), message(M.DISK_FULL_NEXT), False
        case CardTrouble.KIOSK_FAULT:
            return message(M.KIOSK_FAULT), message(M.DISK_FULL_NEXT), False
        case CardTrouble.SEVERAL_CARDS:
            return message(M.ONE_CARD_AT_A_TIME), message(M.ONE_CARD_NEXT), True
        case CardTrouble.READER_MISSING:
            return message(M.READER_MISSING), message(M.READER_MISSING_NEXT), True
        case CardTrouble.WRONG_KIND:
            return message(M.CARD_WRONG_KIND), message(M.CARD_WRONG_KIND_NEXT), False
        case CardTrouble.OTHER_CARD:
            return message(M.CARD_OTHER), message(M.CARD_OTHER_NEXT), False
        case CardTrouble.NOT_ENOUGH_POINTS:
            return message(M.NOT_ENOUGH_POINTS, points=value), message(M.NOT_ENOUGH_POINTS_NEXT), False
        case CardTrouble.REWARD_GONE:
            return message(M.REWARD_GONE), message(M.PASS_GONE_NEXT), False
        case CardTrouble.PASS_GONE:
            return message(M.PASS_GONE), message(M.PASS_GONE_NEXT), False
        case CardTrouble.OTHER_RIGHT:
            return message(M.OTHER_RIGHT, on_day=day), message(M.OTHER_RIGHT_NEXT), False
        case CardTrouble.NOTHING_EARNED | CardTrouble.POINTS_FULL | CardTrouble.NO_RIGHT:
            return message(M.RIGHT_NO_RIGHT), message(M.RIGHT_NEXT), False
        case CardTrouble.NOT_YET:
            return message(M.RIGHT_NOT_YET, on_day=day), message(M.RIGHT_NEXT), False
        case CardTrouble.OVER:
            return message(M.RIGHT_OVER, on_day=day), message(M.RIGHT_NEXT), False
        case CardTrouble.USED_UP:
            return message(M.RIGHT_USED_UP), message(M.RIGHT_NEXT), False
        case CardTrouble.ALREADY_TODAY:
            return message(M.RIGHT_ALREADY_TODAY), message(M.RIGHT_NEXT), False
        case CardTrouble.OTHER_SITE:
            return message(M.RIGHT_OTHER_SITE), message(M.RIGHT_NEXT), False
        case CardTrouble.NO_CREDIT:
            return message(M.NO_CREDIT), message(M.NO_CREDIT_NEXT), False
        case CardTrouble.CREDIT_STALE:
            return message(M.CREDIT_STALE), message(M.CREDIT_STALE_NEXT), False
        case CardTrouble.NO_ROOM:
            return message(M.NO_ROOM, due_cents=value), message(M.NO_ROOM_NEXT), False
        case CardTrouble.REFUNDED_ALREADY:
            return message(M.REFUNDED_ALREADY), message(M.NOT_REFUNDABLE_NEXT), False
        case CardTrouble.NOT_REFUNDABLE:
            return message(M.NOT_REFUNDABLE), message(M.NOT_REFUNDABLE_NEXT), False
        case _:
            assert_never(trouble)
