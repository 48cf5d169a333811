"""What is shown of the content: attract, home, results, search, an offer, the map."""

from __future__ import annotations

from dataclasses import dataclass

from domain.maps import Bounds, Mark, Spot
from kiosk.flow.messages import Message


@dataclass(frozen=True, slots=True)
class OfferCard:
    """An offer as a picture card. `when` and `where` stand left under the name, the price right."""

    id: str
    name: str
    picture: str
    category: str
    when: Message | None
    where: Message | None
    price: Message | None
    badge: Message | None = None


@dataclass(frozen=True, slots=True)
class AttractState:
    """Best things of today, first one large; `scene` is the portrait-capable scene behind it."""

    highlights: tuple[OfferCard, ...]
    scene: str
    ready: bool = True  # False while the kiosk has no content yet


@dataclass(frozen=True, slots=True)
class Door:
    """A big tile: `id` is today, outings, walks, wine, food, deals, map (stay without one) or my_card."""

    id: str


@dataclass(frozen=True, slots=True)
class HomeState:
    greeting: Message
    strip: tuple[OfferCard, ...]
    doors: tuple[Door, ...]
    loading: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """`id`: open_now, free, children, accessible, on_foot, tonight, weekend; label by the screen.

    `count`: how many offers it would leave, None while that is not known.
    """

    id: str
    on: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ResultsState:
    """`door` titles the page. `sort`: near, soon or loved. Pages count from 0."""

    door: str
    chips: tuple[Chip, ...]
    sort: str
    cards: tuple[OfferCard, ...]
    total: int
    page: int
    pages: int
    loading: bool
    query_id: int


@dataclass(frozen=True, slots=True)
class SearchState:
    """`shift` and `symbols` are the keyboard's modes; an empty text shows a hint, not results."""

    typed: str
    cards: tuple[OfferCard, ...]
    total: int
    loading: bool
    query_id: int
    page: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class FactLine:
    """An icon name (clock, map, person, access, speech, phone, euro, bike, info) and two short lines."""

    icon: str
    title: Message
    detail: Message | None = None


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """A bookable time; `label` is ready to show; places left on this kiosk."""

    day: str  # ISO date
    start: int  # minutes after local midnight
    places: int
    label: Message


@dataclass(frozen=True, slots=True)
class CouponOffer:
    """A club member's coupon in the session's language. `issue`: the content version that `budget` came with."""

    id: str
    text: str
    partner: str
    code: str
    last_day: str  # ISO
    budget: int | None = None
    issue: int = 0


@dataclass(frozen=True, slots=True)
class OfferDetail:
    """Everything the offer screen and the buying flow need. `description` goes on where `pitch` ends."""

    id: str
    category: str
    name: str
    pitch: str
    description: str
    picture: str
    facts: tuple[FactLine, ...]
    quote: str = ""
    credit: Message | None = None  # author and licence of quote or source
    price_cents: int | None = None
    price: Message | None = None
    slots: tuple[SlotChoice, ...] = ()
    people_max: int = 0
    site_number: int = 0
    partner_id: str = ""
    take_away: str = ""  # QR payload with the essentials
    bookable: bool = False
    near: tuple[OfferCard, ...] = ()
    page_url: str = ""  # the public page, '' where there is none
    picture_credit: str = ""  # author and licence of the photo
    coupon: CouponOffer | None = None
    spot: Spot | None = None  # where it stands on the map, where that is known


@dataclass(frozen=True, slots=True)
class OfferState:
    """`offer` is None while it loads. `booking_refused` says why the button is absent though it is bookable."""

    offer: OfferDetail | None
    query_id: int
    booking_refused: Message | None = None
    on_map: bool = False  # it can be shown on this kiosk's map


@dataclass(frozen=True, slots=True)
class TakeAwayState:
    """QR of the offer: carries the essentials even with no network, or opens its page (`page`)."""

    name: str
    qr_payload: str
    page_url: str = ""
    page: bool = False


@dataclass(frozen=True, slots=True)
class CouponState:
    """Before it is used: what it gives. Then `mark` and a countdown; `waiting` while the fact is being kept."""

    offer_id: str
    offer_name: str
    coupon: CouponOffer
    picture: str = "illustration:deals"
    mark: str = ""
    waiting: bool = False
    until_mono: int = 0
    seconds_left: int = 0

    @property
    def qr_payload(self) -> str:
        """What the partner's phone reads: the code and the mark of this use."""
        return f"{self.coupon.code} {self.mark} · {self.coupon.text} · {self.coupon.partner}"


@dataclass(frozen=True, slots=True)
class WifiState:
    """The code that connects a phone."""

    ssid: str
    qr_payload: str


@dataclass(frozen=True, slots=True)
class MapInfo:
    """The map on show. `generation` changes with the file; `here` is the kiosk, None where its place is unknown."""

    generation: int
    zoom_min: int
    zoom_max: int
    bounds: Bounds
    attribution: str
    here: Spot | None


@dataclass(frozen=True, slots=True)
class MapState:
    """`info` is None while the map is opened, and when there is none. `zoom` is whole; `filter` names a chip.

    `chosen` are the offers of the mark that was touched, `shown` counts through them, `card` is None while it loads.
    """

    query_id: int
    centre: Spot | None
    zoom: int
    filter: str
    filters: tuple[str, ...]
    info: MapInfo | None = None
    loading: bool = True
    marks: tuple[Mark, ...] = ()
    total: int = 0
    chosen: tuple[str, ...] = ()
    shown: int = 0
    card: OfferCard | None = None
