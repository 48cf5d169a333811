"""What becomes of each object of a feed: an offer, or one plain reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

from domain.offers import Offer


@unique
class Reason(StrEnum):
    """Why an object is refused. Each is one sentence, fit for the curator."""

    NOT_JSON = "is not valid JSON"
    NOT_OBJECT = "is not a JSON object"
    TOO_LARGE = "is larger than one object may be"
    TOO_DEEP = "is nested too deeply"
    BOMB = "unpacks to far more than it holds: refused as a zip bomb"
    UNREADABLE = "cannot be read from the archive: it is damaged"
    ENCRYPTED = "is encrypted"
    MISSING = "is named in the index but is not in the feed"
    NO_ID = "has no identifier"
    NO_TYPE = "does not say what it is"
    NOT_OFFER = "is not a place, an event or an activity"
    NO_NAME = "has no name in any language"
    NO_PLACE = "says neither a commune nor coordinates"


@dataclass(frozen=True, slots=True)
class Rejected:
    """``object`` names it: its identifier where it has one, else its place in the feed."""

    object: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Kept:
    """An offer and what decides between two of the same thing."""

    offer: Offer


Parsed = Kept | Rejected

REASONS_SHOWN = 10_000


@dataclass(slots=True)
class Tally:
    """Counts of one import. ``read`` is always ``kept + merged + rejected``; reasons are kept up to a bound."""

    kept: int = 0
    merged: int = 0
    rejected: int = 0
    past: int = 0
    reasons: list[Rejected] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.kept + self.merged + self.rejected

    def reject(self, rejected: Rejected) -> None:
        self.rejected += 1
        if len(self.reasons) < REASONS_SHOWN:
            self.reasons.append(rejected)

    def summary(self) -> dict[str, object]:
        """The JSON summary of ``zerot catalogue import``."""
        return {
            "read": self.read,
            "kept": self.kept,
            "merged": self.merged,
            "rejected": self.rejected,
            "reasons": [{"object": r.object, "reason": r.reason.value} for r in self.reasons],
        }
