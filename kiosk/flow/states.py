"""What a kiosk shows: one frozen value per screen, plus the shell that is always there.

A screen draws its state and forwards touches; it decides nothing. Pictures are keys ("illustration:canoe" or
"blob:<sha256>"), never bytes. Names from the catalogue are already in the session's language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

from domain.maps import Bounds, Mark, Spot
from kiosk.flow.messages import Message


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
    """Everything the offer screen and the buying flow need."""

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
class BuyState:
    """Choose slot and people. `slot` indexes `offer.slots`, -1 = none left."""

    offer: OfferDetail
    slot: int
    people: int

    @property
    def total_cents(self) -> int:
        return (self.offer.price_cents or 0) * self.people


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Before the card: what, when, how many, how much."""

    offer: OfferDetail
    slot: SlotChoice
    people: int
    total_cents: int


@unique
class Purpose(StrEnum):
    """Why a card is asked for."""

    PAY = "pay"
    LOAD = "load"
    SHOW = "show"
    CHARGE = "charge"  # a partner takes a free amount
    PASS = "pass"  # noqa: S105 a right, no password
    REWARD = "reward"
    REFUND = "refund"
    ENTRY = "entry"
    CREDIT = "credit"
    LOOK = "look"  # the desk reads a guest's card


@dataclass(frozen=True, slots=True)
class PresentCardState:
    """Put the card on the reader. `again` = it was taken away too early: `amount_cents` still to settle.

    `what` describes the purchase ("Canoë sur la Sorguette · 15 h 30 · 2 personnes") or the load.
    """

    purpose: Purpose
    amount_cents: int
    what: tuple[Message, ...]
    again: bool = False
    in_doubt: bool = False
    can_cancel: bool = True


@dataclass(frozen=True, slots=True)
class WorkingState:
    """The card is being written: do not take it away."""

    purpose: Purpose
    amount_cents: int


@dataclass(frozen=True, slots=True)
class PaidState:
    """Done. `ticket_payload` is the text of the ticket's QR."""

    amount_cents: int
    balance_cents: int
    points_awarded: int
    offer_name: str
    slot_label: Message
    people: int
    ticket_payload: str
    ticket_short: str  # eight characters a person can read aloud


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


@dataclass(frozen=True, slots=True)
class Operation:
    """A line of the card's own record file."""

    label: Message
    amount_cents: int  # signed; 0 for points only
    points: int  # signed
    day: Message


@dataclass(frozen=True, slots=True)
class CardTicket:
    name: str
    when: Message
    people: int


@dataclass(frozen=True, slots=True)
class CardPass:
    """A pass that the card carries. `good`: it opens a door today; `until`, `uses` say for how long and how often."""

    programme: int
    name: str
    until: Message
    uses: Message
    good: bool


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A debit of this site that may be given back."""

    debit: str
    name: Message
    when: Message
    amount_cents: int
    points: int


@dataclass(frozen=True, slots=True)
class RightLine:
    """A pass (`programme`) or ticket that the card carries; `refused` says why it does not open this door."""

    name: str
    detail: Message
    people: int
    refused: Message | None = None
    programme: int | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a list to choose from; `refused` says why it cannot be chosen: then nothing is touched there."""

    id: str
    icon: str
    name: Message
    note: Message | None
    value: Message | None
    refused: Message | None = None


CHOICES_PER_PAGE = 4


@dataclass(frozen=True, slots=True)
class ChoicesState:
    """What may be chosen: `purpose` REWARD, PASS, REFUND or ENTRY. Pages count from 0."""

    purpose: Purpose
    choices: tuple[Choice, ...]
    card_number: str = ""
    points: int = 0
    balance_cents: int = 0
    page: int = 0

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.choices) // CHOICES_PER_PAGE))


@dataclass(frozen=True, slots=True)
class ConfirmState:
    """Before the card: what exactly is asked of it. Cents or points, whichever is not 0."""

    purpose: Purpose
    choice: str
    name: Message
    lines: tuple[Message, ...]
    amount_cents: int = 0
    points: int = 0
    card_number: str = ""


@dataclass(frozen=True, slots=True)
class DoneState:
    """Done, and on the journal. `code` is the text of a QR that somebody keeps, '' for none."""

    purpose: Purpose
    title: Message
    text: Message
    lines: tuple[Message, ...] = ()
    code: str = ""
    code_short: str = ""
    code_name: str = ""  # what the QR is for, in the words of the person who keeps it


@dataclass(frozen=True, slots=True)
class ChargeState:
    """*Encaisser*: `typed` is what the keypad holds."""

    operator_name: str
    typed: str = ""
    amount_cents: int = 0


@dataclass(frozen=True, slots=True)
class MyCardState:
    """After a tap. `tab`: for_you, tickets or data."""

    card_number: str
    kind: str  # visitor, resident, pro, host, staff
    balance_cents: int
    points: int
    expires_day: str  # ISO
    next_reward: Message | None
    points_to_go: int
    next_reward_points: int
    operations: tuple[Operation, ...]
    tickets: tuple[CardTicket, ...]
    suggestions: tuple[OfferCard, ...]
    tab: str = "for_you"
    loading: bool = False
    query_id: int = 0
    credit: Message | None = None  # how it stands with what the server owes this card
    passes: tuple[CardPass, ...] = ()
    points_awarded: int = 0  # by this tap
    rewards: bool = False  # there are rewards to choose from
    passes_on_sale: bool = False


@dataclass(frozen=True, slots=True)
class PinState:
    """`digits` typed so far, never their values on screen; `notice` after a miss."""

    operator_name: str
    card_number: str
    digits: str = field(default="", repr=False)
    notice: Message | None = None
    checking: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class DeskHomeState:
    """`actions`: ids the operator may use here now: load, my_day."""

    operator_name: str
    actions: tuple[str, ...]
    may_load: Message


@dataclass(frozen=True, slots=True)
class LoadState:
    """`typed` is what the keypad holds ("50", "12,5"); presets are cents; `paid_by`: cash, terminal or ''."""

    operator_name: str
    presets: tuple[int, ...]
    typed: str
    amount_cents: int
    paid_by: str
    may_load: Message
    notice: Message | None = None


@dataclass(frozen=True, slots=True)
class LoadDoneState:
    amount_cents: int
    balance_cents: int
    card_number: str
    paid_by: str
    receipt_payload: str


@dataclass(frozen=True, slots=True)
class DayLine:
    """One row of "Ma journée"."""

    label: str  # loaded_cash, loaded_terminal, to_hand_over, count
    amount_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class MyDayState:
    operator_name: str
    lines: tuple[DayLine, ...]
    loading: bool = False


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
