"""The card port: a reader that tells what lies on it, and a channel that carries APDUs to one card.

Threads: everything here is called from the kiosk's one card thread (or a test), never from the UI thread.
Adapters: `hardware.card.pcsc` (real readers), `hardware.card.simulated` (in process, or behind a vpcd).
Library exceptions stop at the adapter; only the two exceptions below cross this port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, Flag, auto, unique
from typing import Protocol, runtime_checkable

from domain.cards import CardReading, CardWrite


@unique
class Delivery(Enum):
    """Whether a frame that got no answer may have reached the card."""

    NOT_SENT = "not_sent"  # surely never handed to the reader
    UNKNOWN = "unknown"


class CardLost(Exception):
    """The card left the field, lost power, or its answer did not arrive."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"card lost, last frame {delivery.value}")
        self.delivery = delivery


@unique
class ReaderTrouble(Enum):
    """Why a reader cannot serve now. Each has its own sentence on the screen."""

    NO_SERVICE = "no_service"  # pcscd is not running
    NO_READER = "no_reader"  # unplugged
    BUSY = "busy"  # another program holds it
    FAILED = "failed"  # the reader answered nonsense


class ReaderUnavailable(Exception):
    """The reader cannot be used at this moment; waiting again may bring it back."""

    def __init__(self, trouble: ReaderTrouble) -> None:
        super().__init__(f"reader unavailable: {trouble.value}")
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class CardPresent:
    """A card lies on the reader. `presence` grows with every new card, so stale work can be told apart."""

    presence: int
    atr: bytes


@dataclass(frozen=True, slots=True)
class CardRemoved:
    presence: int


@dataclass(frozen=True, slots=True)
class SeveralCards:
    """More than one card answered: "one card at a time"."""


@dataclass(frozen=True, slots=True)
class ReaderReady:
    name: str


@dataclass(frozen=True, slots=True)
class ReaderDown:
    trouble: ReaderTrouble


ReaderEvent = CardPresent | CardRemoved | SeveralCards | ReaderReady | ReaderDown


class CardChannel(Protocol):
    """One connected card. Not thread-safe; used by one thread at a time."""

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Send one command APDU; return (data, status word). Raises CardLost, ReaderUnavailable."""

    def close(self) -> None:
        """Release the card; never raises."""


@runtime_checkable
class BatchChannel(Protocol):
    """A channel over a slow line, to which several commands may be given at once; a CardChannel besides."""

    def transmit_all(self, apdus: Sequence[bytes]) -> list[tuple[bytes, int]]:
        """Send commands in order, as long as each is answered 9100; the answers so far, at least one.

        Raises CardLost, ReaderUnavailable.
        """


class CardReader(Protocol):
    """A place to put cards."""

    def wait(self, timeout_seconds: float) -> ReaderEvent | None:
        """The next event, or None after the timeout. Never raises: trouble is a ReaderDown event."""

    def connect(self) -> CardChannel:
        """Open the card that lies there. Raises CardLost when there is none, ReaderUnavailable."""

    def close(self) -> None:
        """Stop; wakes a waiting `wait`. Never raises."""


# What a card operation answers: closed sets, matched exhaustively by the caller.


@unique
class ForeignCard(Enum):
    """A card in the field that is not one of ours, as far as it can be named."""

    EMPTY_DESFIRE = "empty_desfire"
    CLASSIC = "classic"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CardRead:
    reading: CardReading


@dataclass(frozen=True, slots=True)
class NotOurs:
    what: ForeignCard


@dataclass(frozen=True, slots=True)
class Lost:
    """The card was taken away while reading: nothing was written."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Our application is there but the keys or a MAC do not match: altered, cloned or another territory's."""

    reason: str  # for the technician's journal, not for the visitor


@dataclass(frozen=True, slots=True)
class ReaderOut:
    trouble: ReaderTrouble


ReadResult = CardRead | NotOurs | Lost | Refused | ReaderOut


@dataclass(frozen=True, slots=True)
class Committed:
    """The card answered that the commit is done. `commands` is the ordered command list for TMV checking."""

    balance_cents: int
    points: int
    operation_number: int
    transaction_counter: int | None
    transaction_mac: bytes | None
    commands: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class NotDone:
    """Surely nothing was changed: the commit frame was never handed to the reader.

    An error status as the answer to the commit frame is InDoubt: statuses carry no MAC, anybody in the line may lie.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The commit frame may have reached the card and no answer came: never guessed, read the card again."""

    commands: tuple[bytes, ...]


CommitResult = Committed | NotDone | InDoubt


class Scope(Flag):
    """What a reading brings besides identity, state, balance and TMC. Each costs one exchange."""

    PURSE = 0
    POINTS = auto()
    RIGHTS = auto()
    CREDITS = auto()
    ALL = POINTS | RIGHTS | CREDITS


class CardOperation(Protocol):
    """One authenticated visit to one card: read, decide outside, then commit at most once.

    `hardware.card.session` provides it: `open_card(channel, vault) -> CardOperation | ReadResult-failure` is
    called by the card worker, which journals the INTENT between `read` and `commit`.
    """

    def read(self, *, records: int, scope: Scope = Scope.ALL) -> ReadResult:
        """Read identity, state, balance, TMC and what `scope` names; `records` newest records (0, 1 … 10)."""

    def commit(self, write: CardWrite) -> CommitResult:
        """Write everything of `write` in one CommitTransaction."""
