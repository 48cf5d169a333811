"""What the card thread's purse needs of the rest of the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.canonical import JsonObject
from domain.facts import Fact
from domain.purse import Circumstances
from kiosk.flow.effects import ArmDebit, ArmLoad
from kiosk.store.journal import Draft
from kiosk.workers.purchases import Order

Task = ArmDebit | ArmLoad


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

    def receipt(self, card_number: str, amount_cents: int, balance_cents: int, transfer: str, language: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the purse needs to know of the kiosk at the moment of a tap."""

    circumstances: Circumstances
    can_load: Callable[[], bool]  # a vault with key 2 is present at this moment; one exchange with a key module
    places_left: Callable[[str, str, int], int | None]  # offer, day, start → places, None = not bookable
    allowance_left: Callable[[], int | None]
