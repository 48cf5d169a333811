"""What the card thread tells: taps, what became of a request, why a card is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from kiosk.flow.states import CardPass, CardTicket, Operation, RefundLine, RightLine


@unique
class CardTrouble(StrEnum):
    """Why a card or a request is refused. Money was not touched, unless the event says in doubt."""

    FOREIGN = "foreign"
    EMPTY_DESFIRE = "empty_desfire"
    CLASSIC = "classic"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    ALTERED = "altered"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    NOT_ENOUGH = "not_enough"
    OVER_OFFLINE_LIMIT = "over_offline_limit"
    OVER_PURSE_LIMIT = "over_purse_limit"
    OVER_MONTHLY_LOADS = "over_monthly_loads"
    OVER_ALLOWANCE = "over_allowance"
    NO_LOAD_KEY = "no_load_key"
    OFFLINE_TOO_LONG = "offline_too_long"
    QUOTA_GONE = "quota_gone"
    DISK_FULL = "disk_full"
    KIOSK_FAULT = "kiosk_fault"
    SEVERAL_CARDS = "several_cards"
    READER_MISSING = "reader_missing"
    WRONG_KIND = "wrong_kind"
    OTHER_CARD = "other_card"  # the desk looked at another one
    # rewards, passes, tickets
    NOT_ENOUGH_POINTS = "not_enough_points"
    NOTHING_EARNED = "nothing_earned"
    POINTS_FULL = "points_full"
    REWARD_GONE = "reward_gone"
    PASS_GONE = "pass_gone"  # noqa: S105 a right, no password
    OTHER_RIGHT = "other_right"
    NO_RIGHT = "no_right"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    ALREADY_TODAY = "already_today"
    OTHER_SITE = "other_site"
    # credits and refunds
    NO_CREDIT = "no_credit"
    CREDIT_STALE = "credit_stale"
    NO_ROOM = "no_room"
    REFUNDED_ALREADY = "refunded_already"
    NOT_REFUNDABLE = "not_refundable"


@dataclass(frozen=True, slots=True)
class ReaderNews:
    ready: bool


@dataclass(frozen=True, slots=True)
class CardTapped:
    """A card of ours was read with nothing armed (or to be shown)."""

    card_number: str
    kind: str
    balance_cents: int
    points: int
    expires_day: str
    operations: tuple[Operation, ...]
    tickets: tuple[CardTicket, ...]
    passes: tuple[CardPass, ...] = ()
    points_awarded: int = 0  # by this very tap


@unique
class CreditPhase(StrEnum):
    """How it stands with what the server owes the card that lies there."""

    RUNNING = "running"  # the server writes it through this kiosk: leave the card
    ARRIVED = "arrived"
    AGAIN = "again"  # pulled away, or the line went: at the next tap, nothing is lost
    WAITING = "waiting"  # no line here
    NO_ROOM = "no_room"  # the purse is full
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CreditNews:
    """Of the server's session with the card through this kiosk. Cents; `balance_cents` after ARRIVED alone."""

    card_number: str
    phase: CreditPhase
    amount_cents: int = 0
    balance_cents: int | None = None


@dataclass(frozen=True, slots=True)
class CardLooked:
    """What the desk asked to see of a card: what may be given back, or what may open a door."""

    task: int
    purpose: str  # refund | entry
    card_number: str
    balance_cents: int
    debits: tuple[RefundLine, ...] = ()
    rights: tuple[RightLine, ...] = ()


@dataclass(frozen=True, slots=True)
class CardRefused:
    """`value_cents`: missing amount, limit, room, points, as the trouble says; `balance_cents` where known."""

    trouble: CardTrouble
    value_cents: int = 0
    balance_cents: int = 0
    day: str = ""
    task: int = 0  # 0: nothing was armed


@dataclass(frozen=True, slots=True)
class CardTaken:
    """The card left the field."""


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """The armed task has met a card and is about to write."""

    task: int


@dataclass(frozen=True, slots=True)
class CardPulled:
    """Taken away too early. `in_doubt`: the commit may have happened; else surely nothing was changed."""

    task: int
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class DebitSettled:
    """Paid, and on the journal. Also when a re-read decided that an earlier commit had happened."""

    task: int
    amount_cents: int
    balance_cents: int
    points_awarded: int
    ticket_payload: str
    ticket_short: str
    offer_name: str
    slot_day: str
    slot_start: int
    people: int


@dataclass(frozen=True, slots=True)
class LoadSettled:
    task: int
    amount_cents: int
    balance_cents: int
    card_number: str
    receipt_payload: str
    may_load_cents: int | None


@dataclass(frozen=True, slots=True)
class ChargeSettled:
    """A partner took a free amount."""

    task: int
    amount_cents: int
    balance_cents: int
    points_awarded: int
    card_number: str
    receipt_payload: str


@dataclass(frozen=True, slots=True)
class PassSettled:
    """A pass is on the card; ISO days, `uses` 255 = as many as one likes."""

    task: int
    amount_cents: int
    balance_cents: int
    points_awarded: int
    name: str
    from_day: str
    until_day: str
    uses: int


@dataclass(frozen=True, slots=True)
class RewardSettled:
    """Points were taken; the text of the QR is what is handed over for them."""

    task: int
    points: int
    points_left: int
    name: str
    claim_payload: str
    claim_short: str


@dataclass(frozen=True, slots=True)
class EntrySettled:
    """A pass or a ticket opened a door; `uses_left` None for a ticket, 255 = as many as one likes."""

    task: int
    name: str
    people: int
    uses_left: int | None
    points_awarded: int
    card_number: str


@dataclass(frozen=True, slots=True)
class CreditSettled:
    """What the server owed is on the card; `left_cents` did not fit."""

    task: int
    amount_cents: int
    balance_cents: int
    card_number: str
    refund: bool
    left_cents: int


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """The server is asked to give it back; the points that were still there are taken."""

    task: int
    amount_cents: int
    points_taken: int
    balance_cents: int
    card_number: str


CardEvent = (
    ReaderNews
    | CardTapped
    | CreditNews
    | CardLooked
    | CardRefused
    | CardTaken
    | TaskStarted
    | CardPulled
    | DebitSettled
    | LoadSettled
    | ChargeSettled
    | PassSettled
    | RewardSettled
    | EntrySettled
    | CreditSettled
    | RefundSettled
)
