"""What comes first on a screen because somebody chose it: for which sites, hours, days, seasons and cards. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique

from domain.hours import MINUTES_A_DAY


@unique
class Season(StrEnum):
    """Meteorological seasons, whole months: what suits a season does not wait for its weather."""

    WINTER = "winter"
    SPRING = "spring"
    SUMMER = "summer"
    AUTUMN = "autumn"


_BY_MONTH = (
    *(Season.WINTER, Season.WINTER, Season.SPRING, Season.SPRING, Season.SPRING, Season.SUMMER),
    *(Season.SUMMER, Season.SUMMER, Season.AUTUMN, Season.AUTUMN, Season.AUTUMN, Season.WINTER),
)


def season_of(day: date) -> Season:
    """December, January and February are winter, and so on."""
    return _BY_MONTH[day.month - 1]


@dataclass(frozen=True, slots=True)
class Push:
    """Empty targets mean everywhere, always, everybody. ``end_minute`` <= ``start_minute`` runs past midnight.

    ``campaign`` tells a marketer's campaign from an editor's choice: choices come first.
    """

    offer_id: str
    campaign: bool = False
    sites: frozenset[int] = frozenset()
    card_kinds: frozenset[str] = frozenset()
    seasons: frozenset[Season] = frozenset()
    start_minute: int = 0
    end_minute: int = MINUTES_A_DAY
    first: date | None = None
    last: date | None = None

    def holds(self, now: datetime, site: int, card_kind: str = "") -> bool:
        """Whether it is for this screen, this person and this moment (aware local time)."""
        day, minute = now.date(), now.hour * 60 + now.minute
        if self.sites and site not in self.sites:
            return False
        if self.card_kinds and card_kind not in self.card_kinds:
            return False
        if self.seasons and season_of(day) not in self.seasons:
            return False
        if (self.first and day < self.first) or (self.last and day > self.last):
            return False
        if self.start_minute < self.end_minute:
            return self.start_minute <= minute < self.end_minute
        return minute >= self.start_minute or minute < self.end_minute


def pushed(pushes: Iterable[Push], now: datetime, site: int, card_kind: str = "") -> list[str]:
    """Ids of the offers to show first, choices before campaigns, each once, in the order given."""
    held = [push for push in pushes if push.holds(now, site, card_kind)]
    return list(dict.fromkeys(push.offer_id for push in sorted(held, key=lambda push: push.campaign)))


def share_of_budget(budget: int, used: int, kiosks: int) -> int | None:
    """How many one kiosk may give before the next publication; None where there is no bound. Never more in all."""
    if budget == 0:
        return None
    return max(0, budget - used) // max(1, kiosks)
