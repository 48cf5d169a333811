"""What a city card is: its kinds, what its files hold, and what may be written on it in one commit.

Layout: design note "The card", application 4F525A. Amounts are integer cents, points are integers, days are
`domain.days` numbers. Pure values; the byte layout lives in `hardware.card.layout`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

PURSE_LIMIT_CENTS = 15_000
POINTS_LIMIT = 1_000_000
VISIT_SITES_MAX = 9
RECORDS_MAX = 10


@unique
class CardKind(IntEnum):
    """Who holds the card (file 00)."""

    VISITOR = 1
    RESIDENT = 2
    PRO = 3
    HOST = 4
    STAFF = 5


@unique
class ChipGeneration(IntEnum):
    """MIFARE DESFire generation, from GetVersion; EV1 has no EV2 messaging and no transaction MAC."""

    EV1 = 1
    EV2 = 2
    EV3 = 3


@unique
class RecordKind(IntEnum):
    """What an operation record (file 03) tells."""

    LOAD = 1
    DEBIT = 2
    REFUND = 3
    AWARD = 4
    REDEEM = 5
    SERVER_CREDIT = 6


@dataclass(frozen=True, slots=True)
class CardIdentity:
    """File 00. `card_number` is the eight digits printed on the card; days are card day numbers."""

    card_number: str
    kind: CardKind
    generation: int  # of our application's layout, 1 today
    programme: int
    issued_day: int
    expires_day: int

    def __post_init__(self) -> None:
        if len(self.card_number) != 8 or not self.card_number.isascii() or not self.card_number.isdigit():
            raise ValueError("a card number is eight digits")


@dataclass(frozen=True, slots=True)
class PurseRecord:
    """One line of file 03: an operation that was committed with the value."""

    transfer_id: str
    kind: RecordKind
    amount_cents: int  # cents for euros; points for AWARD and REDEEM
    device: int  # the kiosk's 32-bit short number
    day: int
    operation_number: int


@dataclass(frozen=True, slots=True)
class PurseState:
    """File 04: the operation number rises by one at each commit of ours; the rest bounds offline risk."""

    operation_number: int
    offline_sum_cents: int
    offline_count: int
    last_online_day: int
    consent: int
    visit_day: int
    visited_sites: tuple[int, ...]  # 16-bit site numbers of visit_day, at most nine


@dataclass(frozen=True, slots=True)
class CreditState:
    """File 06: euro credits. `total_credited_cents` is cumulative for `credit_epoch` (server credits only)."""

    total_credited_cents: int
    credit_epoch: int
    month: int  # domain.days.month_number
    month_loads_cents: int


@dataclass(frozen=True, slots=True)
class PassRight:
    """A right over a period carried on the card (file 05). `used_day`: when it was last used, 0 = never."""

    programme: int
    valid_from_day: int
    valid_until_day: int
    uses_left: int
    used_day: int = 0


@dataclass(frozen=True, slots=True)
class CarriedTicket:
    """A ticket bought for one thing, carried on the card: `ticket_ref` is the first 4 bytes of its id."""

    ticket_ref: int
    day: int
    people: int


@dataclass(frozen=True, slots=True)
class CardRights:
    """File 05: at most one pass and three tickets fit its 32 bytes."""

    passes: tuple[PassRight, ...] = ()
    tickets: tuple[CarriedTicket, ...] = ()


@dataclass(frozen=True, slots=True)
class CardReading:
    """Everything one authenticated reading brought. `records` newest first, as many as were asked for.

    `transaction_counter`/`transaction_mac` (TMC, TMV of file 0F) are None on EV1, which has no such file.
    """

    card_uid: bytes
    chip: ChipGeneration
    identity: CardIdentity
    balance_cents: int
    points: int
    state: PurseState
    credits: CreditState | None
    rights: CardRights | None
    records: tuple[PurseRecord, ...]
    transaction_counter: int | None
    transaction_mac: bytes | None


@dataclass(frozen=True, slots=True)
class CardWrite:
    """What one commit changes: value, record and state together, or nothing.

    `euros_delta_cents` < 0 is a Debit under key 1; > 0 is a Credit and needs key 2. `credits` goes with every
    euro credit. `record.operation_number == state.operation_number == reading's + 1`.
    """

    record: PurseRecord
    state: PurseState
    euros_delta_cents: int = 0
    points_delta: int = 0
    credits: CreditState | None = None
    rights: CardRights | None = None

    @property
    def needs_load_key(self) -> bool:
        return self.euros_delta_cents > 0 or self.credits is not None


def format_card_number(card_number: str) -> str:
    """'00421187' → '0042 1187', as printed."""
    return f"{card_number[:4]} {card_number[4:]}"
