"""Everything that can happen: touches by their meaning, news from workers, ticks.

Events that belong to a visitor carry `session`; those of an ended session are dropped by `kiosk.flow.step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from domain.maps import Mark, Spot
from kiosk.flow.messages import Message
from kiosk.flow.states import (
    CardPass,
    CardTicket,
    MapInfo,
    OfferCard,
    OfferDetail,
    Operation,
    RefundLine,
    RightLine,
)

# --- touches: screens send these, and nothing else -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TouchAnywhere:
    """The attract screen was touched, or any touch that means "I am here"."""


@dataclass(frozen=True, slots=True)
class OpenDoor:
    door: str


@dataclass(frozen=True, slots=True)
class OpenOffer:
    offer_id: str


@dataclass(frozen=True, slots=True)
class OpenSearch:
    pass


@dataclass(frozen=True, slots=True)
class GoBack:
    pass


@dataclass(frozen=True, slots=True)
class GoHome:
    pass


@dataclass(frozen=True, slots=True)
class ToggleChip:
    chip: str


@dataclass(frozen=True, slots=True)
class SortBy:
    sort: str


@dataclass(frozen=True, slots=True)
class TurnPage:
    page: int


@dataclass(frozen=True, slots=True)
class TypeText:
    """One key of our own keyboard or keypad: a letter, digit, ',' or ' '."""

    letter: str


@dataclass(frozen=True, slots=True)
class EraseText:
    """The erase key; `everything` clears the field."""

    everything: bool = False


@dataclass(frozen=True, slots=True)
class ChooseField:
    field: str


@dataclass(frozen=True, slots=True)
class Book:
    """The primary action of an offer."""


@dataclass(frozen=True, slots=True)
class TakeAway:
    pass


@dataclass(frozen=True, slots=True)
class ChooseSlot:
    index: int


@dataclass(frozen=True, slots=True)
class SetPeople:
    people: int


@dataclass(frozen=True, slots=True)
class Confirm:
    """The primary action of a screen that has one: continue, pay, present the card, finish, pair."""


@dataclass(frozen=True, slots=True)
class Cancel:
    pass


@dataclass(frozen=True, slots=True)
class NoticeAction:
    action: str


@dataclass(frozen=True, slots=True)
class ChooseTab:
    tab: str


@dataclass(frozen=True, slots=True)
class DeskAction:
    action: str


@dataclass(frozen=True, slots=True)
class ChooseAmount:
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ChoosePaidBy:
    paid_by: str


@dataclass(frozen=True, slots=True)
class OpenLanguages:
    pass


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    language: str


@dataclass(frozen=True, slots=True)
class OpenHelp:
    pass


@dataclass(frozen=True, slots=True)
class OpenAbout:
    pass


@dataclass(frozen=True, slots=True)
class ToggleFreshness:
    pass


@dataclass(frozen=True, slots=True)
class OpenCoupon:
    """The offer's good deal."""


@dataclass(frozen=True, slots=True)
class OpenWifi:
    pass


@dataclass(frozen=True, slots=True)
class ChooseTakeAway:
    """`page`: the code that opens the page, else the one that a phone keeps with no network."""

    page: bool


@dataclass(frozen=True, slots=True)
class StillHere:
    """The one tap that extends the session."""


@dataclass(frozen=True, slots=True)
class CloseDesk:
    """The partner leaves."""


@dataclass(frozen=True, slots=True)
class OpenRewards:
    """From my card: what points can buy."""


@dataclass(frozen=True, slots=True)
class OpenPasses:
    """From my card: passes on sale."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One row of a list to choose from."""

    choice: str


@dataclass(frozen=True, slots=True)
class ShowOnMap:
    """From an offer to where it is."""


@dataclass(frozen=True, slots=True)
class MoveMap:
    """The finger has let go of the map: where its middle is now."""

    centre: Spot


@dataclass(frozen=True, slots=True)
class ZoomMap:
    """One step closer (1) or further away (-1)."""

    steps: int


@dataclass(frozen=True, slots=True)
class CentreMap:
    """Back to where the kiosk stands."""


@dataclass(frozen=True, slots=True)
class ChooseMark:
    mark: Mark


@dataclass(frozen=True, slots=True)
class NextPin:
    """The next offer of the mark that was touched."""


@dataclass(frozen=True, slots=True)
class CloseMapCard:
    pass


Touch = (
    TouchAnywhere
    | OpenDoor
    | OpenOffer
    | OpenSearch
    | GoBack
    | GoHome
    | ToggleChip
    | SortBy
    | TurnPage
    | TypeText
    | EraseText
    | ChooseField
    | Book
    | TakeAway
    | ChooseSlot
    | SetPeople
    | Confirm
    | Cancel
    | NoticeAction
    | ChooseTab
    | DeskAction
    | ChooseAmount
    | ChoosePaidBy
    | OpenLanguages
    | ChooseLanguage
    | OpenHelp
    | OpenAbout
    | ToggleFreshness
    | OpenCoupon
    | OpenWifi
    | ChooseTakeAway
    | StillHere
    | CloseDesk
    | OpenRewards
    | OpenPasses
    | Pick
    | ShowOnMap
    | MoveMap
    | ZoomMap
    | CentreMap
    | ChooseMark
    | NextPin
    | CloseMapCard
)

# --- clock, screen, line -------------------------------------------------------------------------------------------


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


# --- answers of the catalogue worker -------------------------------------------------------------------------------


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


# --- the map -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MapNews:
    """Whether the content on show has a map that can be opened."""

    available: bool


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


# --- the card ------------------------------------------------------------------------------------------------------


@unique
class CardTrouble(StrEnum):
    """Why a card or a request is refused. Money was not touched, unless the event says in doubt."""

    FOREIGN = "foreign"
    EMPTY_DESFIRE = "empty_desfire"
    CLASSIC = "classic"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    ALTERED = "altered"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    NOT_ENOUGH = "not_enough"
    OVER_OFFLINE_LIMIT = "over_offline_limit"
    OVER_PURSE_LIMIT = "over_purse_limit"
    OVER_MONTHLY_LOADS = "over_monthly_loads"
    OVER_ALLOWANCE = "over_allowance"
    NO_LOAD_KEY = "no_load_key"
    OFFLINE_TOO_LONG = "offline_too_long"
    QUOTA_GONE = "quota_gone"
    DISK_FULL = "disk_full"
    KIOSK_FAULT = "kiosk_fault"
    SEVERAL_CARDS = "several_cards"
    READER_MISSING = "reader_missing"
    WRONG_KIND = "wrong_kind"
    OTHER_CARD = "other_card"  # the desk looked at another one
    # rewards, passes, tickets
    NOT_ENOUGH_POINTS = "not_enough_points"
    NOTHING_EARNED = "nothing_earned"
    POINTS_FULL = "points_full"
    REWARD_GONE = "reward_gone"
    PASS_GONE = "pass_gone"  # noqa: S105 a right, no password
    OTHER_RIGHT = "other_right"
    NO_RIGHT = "no_right"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    ALREADY_TODAY = "already_today"
    OTHER_SITE = "other_site"
    # credits and refunds
    NO_CREDIT = "no_credit"
    CREDIT_STALE = "credit_stale"
    NO_ROOM = "no_room"
    REFUNDED_ALREADY = "refunded_already"
    NOT_REFUNDABLE = "not_refundable"


@dataclass(frozen=True, slots=True)
class ReaderNews:
    ready: bool


@dataclass(frozen=True, slots=True)
class CardTapped:
    """A card of ours was read with nothing armed (or to be shown)."""

    card_number: str
    kind: str
    balance_cents: int
    points: int
    expires_day: str
    operations: tuple[Operation, ...]
    tickets: tuple[CardTicket, ...]
    passes: tuple[CardPass, ...] = ()
    points_awarded: int = 0  # by this very tap


@unique
class CreditPhase(StrEnum):
    """How it stands with what the server owes the card that lies there."""

    RUNNING = "running"  # the server writes it through this kiosk: leave the card
    ARRIVED = "arrived"
    AGAIN = "again"  # pulled away, or the line went: at the next tap, nothing is lost
    WAITING = "waiting"  # no line here
    NO_ROOM = "no_room"  # the purse is full
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CreditNews:
    """Of the server's session with the card through this kiosk. Cents; `balance_cents` after ARRIVED alone."""

    card_number: str
    phase: CreditPhase
    amount_cents: int = 0
    balance_cents: int | None = None


@dataclass(frozen=True, slots=True)
class CardLooked:
    """What the desk asked to see of a card: what may be given back, or what may open a door."""

    task: int
    purpose: str  # refund | entry
    card_number: str
    balance_cents: int
    debits: tuple[RefundLine, ...] = ()
    rights: tuple[RightLine, ...] = ()


@dataclass(frozen=True, slots=True)
class CardRefused:
    """`value_cents`: missing amount, limit, room, points, as the trouble says; `balance_cents` where known."""

    trouble: CardTrouble
    value_cents: int = 0
    balance_cents: int = 0
    day: str = ""
    task: int = 0  # 0: nothing was armed


@dataclass(frozen=True, slots=True)
class CardTaken:
    """The card left the field."""


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """The armed task has met a card and is about to write."""

    task: int


@dataclass(frozen=True, slots=True)
class CardPulled:
    """Taken away too early. `in_doubt`: the commit may have happened; else surely nothing was changed."""

    task: int
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class DebitSettled:
    """Paid, and on the journal. Also when a re-read decided that an earlier commit had happened."""

    task: int
    amount_cents: int
    balance_cents: int
    points_awarded: int
    ticket_payload: str
    ticket_short: str
    offer_name: str
    slot_day: str
    slot_start: int
    people: int


@dataclass(frozen=True, slots=True)
class LoadSettled:
    task: int
    amount_cents: int
    balance_cents: int
    card_number: str
    receipt_payload: str
    may_load_cents: int | None


@dataclass(frozen=True, slots=True)
class ChargeSettled:
    """A partner took a free amount."""

    task: int
    amount_cents: int
    balance_cents: int
    points_awarded: int
    card_number: str
    receipt_payload: str


@dataclass(frozen=True, slots=True)
class PassSettled:
    """A pass is on the card; ISO days, `uses` 255 = as many as one likes."""

    task: int
    amount_cents: int
    balance_cents: int
    points_awarded: int
    name: str
    from_day: str
    until_day: str
    uses: int


@dataclass(frozen=True, slots=True)
class RewardSettled:
    """Points were taken; the text of the QR is what is handed over for them."""

    task: int
    points: int
    points_left: int
    name: str
    claim_payload: str
    claim_short: str


@dataclass(frozen=True, slots=True)
class EntrySettled:
    """A pass or a ticket opened a door; `uses_left` None for a ticket, 255 = as many as one likes."""

    task: int
    name: str
    people: int
    uses_left: int | None
    points_awarded: int
    card_number: str


@dataclass(frozen=True, slots=True)
class CreditSettled:
    """What the server owed is on the card; `left_cents` did not fit."""

    task: int
    amount_cents: int
    balance_cents: int
    card_number: str
    refund: bool
    left_cents: int


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """The server is asked to give it back; the points that were still there are taken."""

    task: int
    amount_cents: int
    points_taken: int
    balance_cents: int
    card_number: str


CardEvent = (
    ReaderNews
    | CardTapped
    | CreditNews
    | CardLooked
    | CardRefused
    | CardTaken
    | TaskStarted
    | CardPulled
    | DebitSettled
    | LoadSettled
    | ChargeSettled
    | PassSettled
    | RewardSettled
    | EntrySettled
    | CreditSettled
    | RefundSettled
)

# --- partner and technician ----------------------------------------------------------------------------------------


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

Event = Touch | News
