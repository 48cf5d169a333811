"""What becomes of each object of a feed: an offer, a story, a withdrawal, or one plain reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum, unique

from domain.offers import Offer, Picture
from server.catalogue.cleaning import clean_line
from server.catalogue.pictures import Encoded


@unique
class Reason(StrEnum):
    """Why an object is refused. Each is one sentence, fit for the curator."""

    NOT_JSON = "is not valid JSON"
    NOT_OBJECT = "is not a JSON object"
    TOO_LARGE = "is larger than one object may be"
    TOO_DEEP = "is nested too deeply"
    BOMB = "unpacks to far more than it holds: refused as a zip bomb"
    UNREADABLE = "cannot be read from the archive: it is damaged"
    METHOD = "is packed in a way that is not read: make an ordinary zip of it"
    ENCRYPTED = "is encrypted"
    MISSING = "is named in the index but is not in the feed"
    NO_ID = "has no identifier"
    NO_TYPE = "does not say what it is"
    NOT_OFFER = "is not a place, an event or an activity"
    NO_NAME = "has no name in any language"
    NO_PLACE = "says neither a commune nor coordinates"
    NOT_SHOWN = "is not published by its owner"
    NOT_SELECTED = "is in none of the selections asked for"
    LINKED = "is outside of the export: other objects only link to it"
    CLOSED = "is closed until further notice"
    REFUSED = "is a refusal of the service, not an answer"
    ONLY_IDS = "holds identifiers alone: ask for the objects themselves"
    NOT_CALENDAR = "is not an iCalendar file"
    BAD_EVENT = "is an event that cannot be read"
    NO_DATE = "is an event with no date that can be read"
    NOT_FEED = "is neither RSS nor Atom"
    ENTITIES = "declares XML entities: refused"
    NO_TEXT = "has no text to show"
    NO_AUTHOR = "says neither who wrote it nor under which licence: name them with --author and --licence"
    NOT_PAGE = "is not an HTML page"
    NO_DATA = "holds no schema.org data"
    NOT_TABLE = "is not a table with a column of names"
    BAD_ROW = "is a row that cannot be read"
    NO_KIND = "does not say whether it is a producer, premises or a job: add a column `kind`, or --kind"
    TOO_MANY = "stands behind more objects than one feed may have"
    NO_PICTURE = "is not a picture that can be shown"


@dataclass(frozen=True, slots=True)
class Rejected:
    """``object`` names it: its identifier where it has one, else its place in the feed. ``withdraws``: the identifier
    of an object that we may have and must not show any longer, '' when there is none."""

    object: str
    reason: Reason
    withdraws: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The source says that the object with this identifier is no more."""

    source_id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An offer and what decides between two of the same thing."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class BlogPost:
    """Somebody's words, which a curator may set beside an offer. Plain text; ``day`` is when it was published."""

    source_id: str
    title: str
    quote: str
    text: str
    url: str
    author: str
    licence: str
    language: str
    day: date | None = None
    picture: Picture | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class LibraryPhoto:
    """A photo for the territory's library. ``offer`` is the identifier of the offer that it shows, '' = not said."""

    source_id: str
    encoded: Encoded
    title: str
    author: str
    licence: str
    offer: str = ""


Parsed = Kept | BlogPost | LibraryPhoto | Withdrawn | Rejected

REASONS_SHOWN = 10_000


@dataclass(slots=True)
class Tally:
    """Counts of one import. ``read`` is always ``kept + merged + rejected + withdrawn``; reasons are kept up to a
    bound."""

    kept: int = 0
    merged: int = 0
    rejected: int = 0
    withdrawn: int = 0
    past: int = 0
    reasons: list[Rejected] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.kept + self.merged + self.rejected + self.withdrawn

    def reject(self, rejected: Rejected) -> None:
        self.rejected += 1
        if len(self.reasons) < REASONS_SHOWN:
            # A file's name comes from outside too, and goes to a terminal and to a page.
            self.reasons.append(replace(rejected, object=clean_line(rejected.object, 300)))

    def summary(self) -> dict[str, object]:
        """The JSON summary of ``zerot catalogue import``."""
        return {
            "read": self.read,
            "kept": self.kept,
            "merged": self.merged,
            "rejected": self.rejected,
            "withdrawn": self.withdrawn,
            "reasons": [{"object": r.object, "reason": r.reason.value} for r in self.reasons],
        }
