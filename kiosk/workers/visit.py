"""A card that was just read, and what a task makes of it. Pure but for fresh ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.canonical import JsonObject
from domain.cards import CardReading, CardWrite
from domain.days import day_from_number, day_number
from domain.ports import Ids
from domain.purse import OpenIntent, Refused
from domain.rights import RightsRefusal, RightsRefused
from kiosk.flow import events as ev
from kiosk.store.journal import Draft
from kiosk.workers import purse_facts as facts
from kiosk.workers.asked import What
from kiosk.workers.purchases import Undecided
from kiosk.workers.purse_ports import Surroundings

# What the value of these refusals is: a card day number.
_DAY_REASONS = frozenset({RightsRefusal.NOT_YET, RightsRefusal.OVER, RightsRefusal.OTHER_RIGHT})


@dataclass(frozen=True, slots=True)
class Planned:
    """Written in this order: `first` (facts that stand whatever becomes of the card), the intent, the card."""

    body: JsonObject
    undecided: Undecided
    write: CardWrite
    first: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Turned:
    """Nothing is written on the card; a refusal that must be remembered comes with its fact."""

    event: ev.CardRefused
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Done without touching the card."""

    drafts: tuple[Draft, ...]
    event: ev.RefundSettled


Plan = Planned | Turned | Kept


@dataclass(frozen=True, slots=True)
class Visit:
    """A card that was read, and the moment."""

    reading: CardReading
    uid_sealed: Callable[[bytes], str]
    now: Surroundings
    ids: Ids

    @property
    def card(self) -> str:
        return self.reading.identity.card_number

    @property
    def site(self) -> int:
        return self.now.circumstances.site

    @property
    def today(self) -> int:
        return day_number(self.now.circumstances.today)

    def before(self) -> facts.Before:
        return facts.before(self.reading, self.uid_sealed(self.reading.card_uid), self.site)

    def undecided(
        self, transfer: str, what: What, *, amount: int = 0, points: int = 0, task: int = 0, language: str = "fr"
    ) -> Undecided:
        intent = OpenIntent(
            transfer_id=transfer,
            card_number=self.card,
            amount_cents=amount,
            balance_before=self.reading.balance_cents,
            operation_before=self.reading.state.operation_number,
            counter_before=self.reading.transaction_counter,
        )
        return Undecided(intent, what, points, language, task)

    def refused(self, refused: Refused, task: int) -> Turned:
        day = day_from_number(self.reading.identity.expires_day).isoformat()
        trouble = ev.CardTrouble(refused.reason.value)
        return Turned(ev.CardRefused(trouble, refused.value_cents, self.reading.balance_cents, day, task))

    def turned(self, trouble: ev.CardTrouble, task: int, value: int = 0, day: str = "") -> Turned:
        return Turned(ev.CardRefused(trouble, value, self.reading.balance_cents, day, task))

    def no_right(self, refused: RightsRefused, task: int) -> Turned:
        """`refused.reason` is never CARD: the card was checked before."""
        if refused.reason is RightsRefusal.CARD:
            raise ValueError("the card was checked before")
        day = day_from_number(refused.value).isoformat() if refused.reason in _DAY_REASONS else ""
        return self.turned(ev.CardTrouble(refused.reason.value), task, refused.value, day)
