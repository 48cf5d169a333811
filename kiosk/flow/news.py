"""News: what workers, the clock and the window tell, and nothing that a finger did."""

from __future__ import annotations

from dataclasses import dataclass

from domain.maps import Bounds, Mark
from kiosk.flow.card_events import CardEvent
from kiosk.flow.messages import Message
from kiosk.flow.states import MapInfo, OfferCard, OfferDetail


@dataclass(frozen=True, slots=True)
class Tick:
    """Once a second; wall clock in ms since 1970 UTC, monotonic ms."""

    now_ms: int
    monotonic_ms: int


@dataclass(frozen=True, slots=True)
class ScreenShape:
    """How many offer cards a results page and a search page hold at this size."""

    results_per_page: int
    search_per_page: int


@dataclass(frozen=True, slots=True)
class LineNews:
    """From the sync worker: `last_contact_ms` None = never."""

    online: bool
    last_contact_ms: int | None
    facts_waiting: int
    content_day: str
    content_version: int
    offers: int
    in_doubt: int = 0  # what cards were asked for and no tap has decided
    in_doubt_oldest_ms: int | None = None
    content_percent: int | None = None  # how much of newer content is here, None when none is coming
    content_expired: bool = False  # too old to sell from


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    card_number: str
    name: str
    role: str  # partner | technician
    rights: tuple[str, ...]
    expires_day: int


@dataclass(frozen=True, slots=True)
class PassOffer:
    """A pass on sale; `uses` 255 = as many as one likes; `sites` are names, none means everywhere."""

    id: str
    programme: int
    price_cents: int
    days: int
    uses: int
    sites: tuple[str, ...]
    french: str
    english: str


@dataclass(frozen=True, slots=True)
class ConfigArrived:
    """Configuration from the signed feed, or from disk at start."""

    territory: str
    place: str
    site_number: int
    reader_place: str
    idle_seconds: int
    operators: tuple[OperatorInfo, ...]
    blocked_cards: frozenset[str]
    rewards: tuple[tuple[int, str, str, str], ...]  # points, name fr, name en, id
    points_per_site_day: int
    help_phone: str
    may_load_cents: int | None  # None: no load key or no allowance here
    passes: tuple[PassOffer, ...] = ()
    may_credit: bool = False  # key 2 and signed orders are here


@dataclass(frozen=True, slots=True)
class ContentArrived:
    content_version: int
    offers: int
    content_day: str


@dataclass(frozen=True, slots=True)
class RadioNews:
    kept: int
    dropped: int


@dataclass(frozen=True, slots=True)
class HomeArrived:
    session: int
    query_id: int
    strip: tuple[OfferCard, ...]


@dataclass(frozen=True, slots=True)
class HighlightsArrived:
    highlights: tuple[OfferCard, ...]
    scene: str


@dataclass(frozen=True, slots=True)
class ResultsArrived:
    session: int
    query_id: int
    cards: tuple[OfferCard, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OfferArrived:
    """`offer` is None when the id is unknown (content changed under the visitor)."""

    session: int
    query_id: int
    offer: OfferDetail | None


@dataclass(frozen=True, slots=True)
class SuggestionsArrived:
    session: int
    query_id: int
    cards: tuple[OfferCard, ...]


@dataclass(frozen=True, slots=True)
class MapNews:
    """What the map of the content on show covers; None when there is none that can be opened."""

    bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class MapArrived:
    session: int
    query_id: int
    info: MapInfo | None


@dataclass(frozen=True, slots=True)
class PinsArrived:
    """`total` offers stand behind the marks."""

    session: int
    query_id: int
    marks: tuple[Mark, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PinArrived:
    """`card` is None when the content has the offer no more."""

    session: int
    query_id: int
    offer_id: str
    card: OfferCard | None


@dataclass(frozen=True, slots=True)
class PinChecked:
    """`tries_left` after a miss; `locked_minutes` > 0 when the card is locked on this kiosk."""

    session: int
    card_number: str
    ok: bool
    tries_left: int = 0
    locked_minutes: int = 0


@dataclass(frozen=True, slots=True)
class MyDayArrived:
    session: int
    loaded_cash_cents: int
    loaded_terminal_cents: int
    loads: int
    charged_cents: int = 0
    refunded_cents: int = 0


@dataclass(frozen=True, slots=True)
class FacetsArrived:
    """How many offers each chip that is off would leave, by chip."""

    session: int
    query_id: int
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CouponGiven:
    """It is kept as a fact; `mark` tells this use from others."""

    session: int
    coupon_id: str
    mark: str


@dataclass(frozen=True, slots=True)
class CouponRefused:
    """This card used it before, none is left, or it could not be kept."""

    session: int
    coupon_id: str


@dataclass(frozen=True, slots=True)
class WifiNews:
    """The territory's Wi-Fi as the content on show has it; both '' where there is none.

    `settle`: whether there are premises or jobs for newcomers.
    """

    ssid: str
    payload: str
    settle: bool = False


@dataclass(frozen=True, slots=True)
class PairClaimed:
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairApproved:
    pass


@dataclass(frozen=True, slots=True)
class PairProgress:
    percent: int


@dataclass(frozen=True, slots=True)
class PairFailed:
    notice: Message


@dataclass(frozen=True, slots=True)
class PairDone:
    pass


@dataclass(frozen=True, slots=True)
class Wiped:
    """The server revoked this kiosk: nothing of it is left, it may be paired anew."""


News = (
    Tick
    | ScreenShape
    | LineNews
    | ConfigArrived
    | ContentArrived
    | RadioNews
    | HomeArrived
    | HighlightsArrived
    | ResultsArrived
    | FacetsArrived
    | OfferArrived
    | SuggestionsArrived
    | MapNews
    | MapArrived
    | PinsArrived
    | PinArrived
    | CardEvent
    | PinChecked
    | MyDayArrived
    | CouponGiven
    | CouponRefused
    | WifiNews
    | PairClaimed
    | PairApproved
    | PairProgress
    | PairFailed
    | PairDone
    | Wiped
)
