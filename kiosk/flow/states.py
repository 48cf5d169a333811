"""What a kiosk shows: one frozen value per screen, plus the shell that is always there.

A screen draws its state and forwards touches; it decides nothing. Pictures are keys ("illustration:canoe" or
"blob:<sha256>"), never bytes. Names from the catalogue are already in the session's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from kiosk.flow.card_states import (
    CHOICES_PER_PAGE,
    BuyState,
    CardPass,
    CardTicket,
    ChargeState,
    Choice,
    ChoicesState,
    ConfirmState,
    DayLine,
    DeskHomeState,
    DoneState,
    LoadDoneState,
    LoadState,
    MyCardState,
    MyDayState,
    Operation,
    PaidState,
    PinState,
    PresentCardState,
    Purpose,
    RefundLine,
    ReviewState,
    RightLine,
    WorkingState,
)
from kiosk.flow.messages import Message
from kiosk.flow.offer_states import (
    AttractState,
    Chip,
    CouponOffer,
    CouponState,
    Door,
    FactLine,
    HomeState,
    MapInfo,
    MapState,
    OfferCard,
    OfferDetail,
    OfferState,
    ResultsState,
    SearchState,
    SlotChoice,
    TakeAwayState,
    WifiState,
)

# What stands in modules of its own is said here too: an event or a state is found in one place.
__all__ = [
    "CHOICES_PER_PAGE",
    "AboutState",
    "ActionButton",
    "AttractState",
    "BuyState",
    "CardPass",
    "CardTicket",
    "ChargeState",
    "Chip",
    "Choice",
    "ChoicesState",
    "ConfirmState",
    "CouponOffer",
    "CouponState",
    "DayLine",
    "DeskHomeState",
    "DoneState",
    "Door",
    "FactLine",
    "HelpState",
    "HomeState",
    "LanguageState",
    "Line",
    "LoadDoneState",
    "LoadState",
    "MapInfo",
    "MapState",
    "MyCardState",
    "MyDayState",
    "NoticeState",
    "OfferCard",
    "OfferDetail",
    "OfferState",
    "Operation",
    "PaidState",
    "PairStep",
    "PairingState",
    "PinState",
    "PresentCardState",
    "Purpose",
    "Reader",
    "RefundLine",
    "ResultsState",
    "ReviewState",
    "RightLine",
    "ScreenState",
    "SearchState",
    "Shell",
    "SlotChoice",
    "TakeAwayState",
    "Tone",
    "WifiState",
    "WorkingState",
]


@unique
class Line(StrEnum):
    """The state of the line to the server, as the freshness chip tells it."""

    ONLINE = "online"
    OFFLINE = "offline"


@unique
class Reader(StrEnum):
    """Whether cards can be read at this moment."""

    READY = "ready"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Shell:
    """The top bar and overlays of every screen.

    `minute_of_day` is local time. `still_there_seconds` is not None while the idle countdown shows.
    `freshness_open`: the chip was touched and shows `freshness_detail`.
    """

    place: str  # "Fournil des Ocres · Bédarrin"
    territory: str
    minute_of_day: int
    language: str
    line: Line
    freshness: Message
    freshness_detail: Message
    freshness_open: bool = False
    still_there_seconds: int | None = None
    reader: Reader = Reader.READY
    reader_place: str = "below"  # "below" | "right": where the drawing points
    can_go_back: bool = False
    operator: str = ""  # name of the partner or technician at the desk, "" for visitors
    desk_closes_seconds: int | None = None
    languages: tuple[str, ...] = ("fr", "en")
    doubts: Message | None = None  # what cards were asked for and no tap has decided; None: nothing


@dataclass(frozen=True, slots=True)
class ActionButton:
    """`id`: home, back, try_again, cancel, load_elsewhere, done."""

    id: str
    primary: bool


@unique
class Tone(StrEnum):
    """Colour and icon of a notice; never the only bearer of meaning."""

    CALM = "calm"
    BAD = "bad"
    DOUBT = "doubt"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class NoticeState:
    """One clear sentence on what happened: money first, then what, then what to do next."""

    tone: Tone
    money: Message
    title: Message
    next: Message
    actions: tuple[ActionButton, ...]
    amount_cents: int = 0


@unique
class PairStep(StrEnum):
    TYPING = "typing"
    CLAIMING = "claiming"
    COMPARING = "comparing"  # eight words shown, a person approves in the back office
    RECEIVING = "receiving"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class PairingState:
    """First start. `field`: which line the keyboard writes to, 'url' or 'code'."""

    step: PairStep
    url: str = ""
    code: str = ""
    field: str = "code"
    words: tuple[str, ...] = ()
    progress_percent: int = 0
    notice: Message | None = None


@dataclass(frozen=True, slots=True)
class AboutState:
    """What this screen hears and keeps."""

    beacons_kept: int
    beacons_dropped: int
    facts_waiting: int
    content_day: str
    offers: int
    content_percent: int | None = None  # of newer content that is on its way
    content_expired: bool = False


@dataclass(frozen=True, slots=True)
class HelpState:
    phone: str
    wifi: bool = False
    settle: bool = False


@dataclass(frozen=True, slots=True)
class LanguageState:
    languages: tuple[str, ...]


ScreenState = (
    AttractState
    | HomeState
    | ResultsState
    | SearchState
    | OfferState
    | TakeAwayState
    | CouponState
    | WifiState
    | BuyState
    | ReviewState
    | PresentCardState
    | WorkingState
    | PaidState
    | NoticeState
    | MyCardState
    | PinState
    | DeskHomeState
    | LoadState
    | LoadDoneState
    | MyDayState
    | PairingState
    | AboutState
    | HelpState
    | LanguageState
    | ChoicesState
    | ConfirmState
    | DoneState
    | ChargeState
    | MapState
)
