"""What is shown around a card: buying, paying, my card, and the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

from kiosk.flow.messages import Message
from kiosk.flow.offer_states import OfferCard, OfferDetail, SlotChoice


@dataclass(frozen=True, slots=True)
class BuyState:
    """Choose slot and people. `slot` indexes `offer.slots`, -1 = none left."""

    offer: OfferDetail
    slot: int
    people: int

    @property
    def total_cents(self) -> int:
        return (self.offer.price_cents or 0) * self.people


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Before the card: what, when, how many, how much."""

    offer: OfferDetail
    slot: SlotChoice
    people: int
    total_cents: int


@unique
class Purpose(StrEnum):
    """Why a card is asked for."""

    PAY = "pay"
    LOAD = "load"
    SHOW = "show"
    CHARGE = "charge"  # a partner takes a free amount
    PASS = "pass"  # noqa: S105 a right, no password
    REWARD = "reward"
    REFUND = "refund"
    ENTRY = "entry"
    CREDIT = "credit"
    LOOK = "look"  # the desk reads a guest's card


@dataclass(frozen=True, slots=True)
class PresentCardState:
    """Put the card on the reader. `again` = it was taken away too early: `amount_cents` still to settle.

    `what` describes the purchase ("Canoë sur la Sorguette · 15 h 30 · 2 personnes") or the load.
    """

    purpose: Purpose
    amount_cents: int
    what: tuple[Message, ...]
    again: bool = False
    in_doubt: bool = False
    can_cancel: bool = True


@dataclass(frozen=True, slots=True)
class WorkingState:
    """The card is being written: do not take it away."""

    purpose: Purpose
    amount_cents: int


@dataclass(frozen=True, slots=True)
class PaidState:
    """Done. `ticket_payload` is the text of the ticket's QR."""

    amount_cents: int
    balance_cents: int
    points_awarded: int
    offer_name: str
    slot_label: Message
    people: int
    ticket_payload: str
    ticket_short: str  # eight characters a person can read aloud


@dataclass(frozen=True, slots=True)
class Operation:
    """A line of the card's own record file."""

    label: Message
    amount_cents: int  # signed; 0 for points only
    points: int  # signed
    day: Message


@dataclass(frozen=True, slots=True)
class CardTicket:
    name: str
    when: Message
    people: int


@dataclass(frozen=True, slots=True)
class CardPass:
    """A pass that the card carries. `good`: it opens a door today; `until`, `uses` say for how long and how often."""

    programme: int
    name: str
    until: Message
    uses: Message
    good: bool


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A debit of this site that may be given back."""

    debit: str
    name: Message
    when: Message
    amount_cents: int
    points: int


@dataclass(frozen=True, slots=True)
class RightLine:
    """A pass (`programme`) or ticket that the card carries; `refused` says why it does not open this door."""

    name: str
    detail: Message
    people: int
    refused: Message | None = None
    programme: int | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a list to choose from; `refused` says why it cannot be chosen: then nothing is touched there."""

    id: str
    icon: str
    name: Message
    note: Message | None
    value: Message | None
    refused: Message | None = None


CHOICES_PER_PAGE = 4


@dataclass(frozen=True, slots=True)
class ChoicesState:
    """What may be chosen: `purpose` REWARD, PASS, REFUND or ENTRY. Pages count from 0."""

    purpose: Purpose
    choices: tuple[Choice, ...]
    card_number: str = ""
    points: int = 0
    balance_cents: int = 0
    page: int = 0

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.choices) // CHOICES_PER_PAGE))


@dataclass(frozen=True, slots=True)
class ConfirmState:
    """Before the card: what exactly is asked of it. Cents or points, whichever is not 0."""

    purpose: Purpose
    choice: str
    name: Message
    lines: tuple[Message, ...]
    amount_cents: int = 0
    points: int = 0
    card_number: str = ""


@dataclass(frozen=True, slots=True)
class DoneState:
    """Done, and on the journal. `code` is the text of a QR that somebody keeps, '' for none."""

    purpose: Purpose
    title: Message
    text: Message
    lines: tuple[Message, ...] = ()
    code: str = ""
    code_short: str = ""
    code_name: str = ""  # what the QR is for, in the words of the person who keeps it


@dataclass(frozen=True, slots=True)
class ChargeState:
    """*Encaisser*: `typed` is what the keypad holds."""

    operator_name: str
    typed: str = ""
    amount_cents: int = 0


@dataclass(frozen=True, slots=True)
class MyCardState:
    """After a tap. `tab`: for_you, tickets or data."""

    card_number: str
    kind: str  # visitor, resident, pro, host, staff
    balance_cents: int
    points: int
    expires_day: str  # ISO
    next_reward: Message | None
    points_to_go: int
    next_reward_points: int
    operations: tuple[Operation, ...]
    tickets: tuple[CardTicket, ...]
    suggestions: tuple[OfferCard, ...]
    tab: str = "for_you"
    loading: bool = False
    query_id: int = 0
    credit: Message | None = None  # how it stands with what the server owes this card
    passes: tuple[CardPass, ...] = ()
    points_awarded: int = 0  # by this tap
    rewards: bool = False  # there are rewards to choose from
    passes_on_sale: bool = False


@dataclass(frozen=True, slots=True)
class PinState:
    """`digits` typed so far, never their values on screen; `notice` after a miss."""

    operator_name: str
    card_number: str
    digits: str = field(default="", repr=False)
    notice: Message | None = None
    checking: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class DeskHomeState:
    """`actions`: ids the operator may use here now: load, my_day."""

    operator_name: str
    actions: tuple[str, ...]
    may_load: Message


@dataclass(frozen=True, slots=True)
class LoadState:
    """`typed` is what the keypad holds ("50", "12,5"); presets are cents; `paid_by`: cash, terminal or ''."""

    operator_name: str
    presets: tuple[int, ...]
    typed: str
    amount_cents: int
    paid_by: str
    may_load: Message
    notice: Message | None = None


@dataclass(frozen=True, slots=True)
class LoadDoneState:
    amount_cents: int
    balance_cents: int
    card_number: str
    paid_by: str
    receipt_payload: str


@dataclass(frozen=True, slots=True)
class DayLine:
    """One row of "Ma journée"."""

    label: str  # loaded_cash, loaded_terminal, to_hand_over, count
    amount_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class MyDayState:
    operator_name: str
    lines: tuple[DayLine, ...]
    loading: bool = False
