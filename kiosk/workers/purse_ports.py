"""What the card thread's purse needs of the rest of the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from domain.canonical import JsonObject
from domain.config import PassLine, RewardLine
from domain.credits import ServerCredit
from domain.facts import Fact
from domain.purse import Circumstances
from kiosk.flow.effects import ArmCharge, ArmCredit, ArmDebit, ArmEntry, ArmLoad, ArmLook, ArmPass, ArmRedeem, ArmRefund
from kiosk.store.journal import Draft
from kiosk.workers.asked import Claim, Order

Task = ArmDebit | ArmLoad | ArmCharge | ArmPass | ArmRedeem | ArmEntry | ArmRefund | ArmCredit | ArmLook


class JournalPort(Protocol):
    """Both appends return after fsync; they raise `kiosk.store.journal.JournalTrouble`."""

    def append(self, kind: str, body: JsonObject, fact_id: str | None = None) -> Fact: ...

    def append_all(self, drafts: Sequence[Draft]) -> tuple[Fact, ...]:
        """Together or not at all: an outcome never stands without the sale and the ticket that go with it."""

    def has_room(self) -> bool:
        """Whether a whole purchase still fits on the disk: asked before the card is touched."""


class TicketPrinter(Protocol):
    """Makes texts for a QR, signed by this device."""

    def ticket(self, order: Order) -> str: ...

    def reward(self, claim: Claim, day: int) -> str:
        """What is shown where the reward is handed over; `day`: card day number."""

    def receipt(
        self, card_number: str, amount_cents: int, balance_cents: int, transfer: str, language: str, kind: str = "load"
    ) -> str:
        """`kind`: load or charge; the amount is positive for both."""


@dataclass(frozen=True, slots=True)
class DoneDebit:
    """A debit of this kiosk that its journal has as done. `name` is '' where nothing was ordered (a charge)."""

    transfer: str
    card_number: str
    amount_cents: int
    points: int
    payee_site: int
    name: str
    occurred_at: int
    refund_requested: bool = False
    points_reversed: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the purse needs to know of the kiosk at the moment of a tap."""

    circumstances: Circumstances
    can_load: Callable[[], bool]  # an allowance and a vault with key 2, asked only when a load comes
    places_left: Callable[[str, str, int], int | None]  # offer, day, start → places, None = not bookable
    allowance_left: Callable[[], int | None]
    holds_load_key: Callable[[], bool] = lambda: False
    award_on_tap: bool = False
    rewards: Mapping[str, RewardLine] = field(default_factory=dict)
    passes: Mapping[str, PassLine] = field(default_factory=dict)
    credit_of: Callable[[str], ServerCredit | None] = lambda card: None
    debit_of: Callable[[str], DoneDebit | None] = lambda transfer: None
    ticket_site: Callable[[str], int | None] = lambda reference: None  # payee of a ticket sold here


@dataclass(frozen=True, slots=True)
class Line:
    """The way to the server in the middle of a purchase. `reach` tries it for about a second; `dice` is chance."""

    reach: Callable[[], None] = lambda: None
    dice: Callable[[], int] = lambda: 1
