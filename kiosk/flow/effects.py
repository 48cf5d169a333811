"""What a step asks for: plain values that workers carry out and answer with events."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.maps import Bounds


@dataclass(frozen=True, slots=True)
class QueryHighlights:
    """The three best things of today, for the attract screen."""

    language: str


@dataclass(frozen=True, slots=True)
class QueryHome:
    session: int
    query_id: int
    language: str


@dataclass(frozen=True, slots=True)
class QueryResults:
    session: int
    query_id: int
    language: str
    door: str
    chips: tuple[str, ...]
    sort: str
    page: int
    per_page: int


@dataclass(frozen=True, slots=True)
class QuerySearch:
    session: int
    query_id: int
    language: str
    text: str
    page: int
    per_page: int


@dataclass(frozen=True, slots=True)
class QueryOffer:
    session: int
    query_id: int
    language: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class QuerySuggestions:
    session: int
    query_id: int
    language: str
    card_number: str
    card_kind: str = ""


@dataclass(frozen=True, slots=True)
class OpenMap:
    """What map is on show? Answered by MapArrived."""

    session: int
    query_id: int


@dataclass(frozen=True, slots=True)
class QueryPins:
    """Marks of one filter ("" for all, open_now, tonight or a category) as they stand at a whole zoom.

    What lies outside `bounds`, those of the map, is not counted either: nobody could drag there.
    """

    session: int
    query_id: int
    filter: str
    zoom: int
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class QueryPin:
    """The card of one offer on the map."""

    session: int
    query_id: int
    language: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class ArmDebit:
    """When a card comes (or lies there already): debit it for this purchase. `task` names the request."""

    task: int
    session: int
    amount_cents: int
    offer_id: str
    offer_name: str
    payee_site: int
    partner_id: str
    slot_day: str
    slot_start: int
    people: int
    language: str


@dataclass(frozen=True, slots=True)
class ArmLoad:
    """When a card comes: load it."""

    task: int
    session: int
    amount_cents: int
    paid_by: str
    operator_card: str
    language: str


@dataclass(frozen=True, slots=True)
class ArmCharge:
    """When a card comes: take a free amount for this site (*Encaisser*)."""

    task: int
    session: int
    amount_cents: int
    operator_card: str
    language: str


@dataclass(frozen=True, slots=True)
class ArmPass:
    """When a card comes: sell it this pass of the configuration."""

    task: int
    session: int
    product: str
    language: str


@dataclass(frozen=True, slots=True)
class ArmRedeem:
    """When a card comes: take the points of this reward of the configuration."""

    task: int
    session: int
    reward: str
    language: str


@dataclass(frozen=True, slots=True)
class ArmEntry:
    """When this card comes: use its pass (`programme`) or its ticket (eight hex digits)."""

    task: int
    session: int
    card_number: str
    operator_card: str
    language: str
    programme: int | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class ArmRefund:
    """When this card comes: ask the server to give a debit of this site back, and take its points."""

    task: int
    session: int
    card_number: str
    debit: str
    operator_card: str
    language: str


@dataclass(frozen=True, slots=True)
class ArmCredit:
    """When a card comes: bring onto it what the server owes it. Needs key 2 and a signed order."""

    task: int
    session: int
    operator_card: str
    language: str


@dataclass(frozen=True, slots=True)
class ArmLook:
    """When a card comes: read it for the desk. `purpose`: refund or entry."""

    task: int
    session: int
    purpose: str
    operator_card: str


@dataclass(frozen=True, slots=True)
class Disarm:
    """Forget the armed task; a task that is already writing finishes and settles by itself."""

    task: int


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Read the card that lies on the reader now, if any, and answer CardTapped."""


@dataclass(frozen=True, slots=True)
class CheckPin:
    session: int
    card_number: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefuseOperator:
    """Keep the fact that a desk was refused: reason pin, rights, expired or locked."""

    card_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class QueryMyDay:
    session: int
    operator_card: str


@dataclass(frozen=True, slots=True)
class UseCoupon:
    """Keep the fact that a coupon is used now. `issue` is the content version that its `budget` came with."""

    session: int
    coupon_id: str
    offer_id: str
    card_number: str
    budget: int | None
    issue: int


@dataclass(frozen=True, slots=True)
class RecordVisit:
    """A visitor session is over: kept as a fact, with what was seen and no name."""

    session: int
    started_at_ms: int
    ended_at_ms: int
    language: str
    card_number: str
    offers_seen: int


@dataclass(frozen=True, slots=True)
class ClaimPairing:
    url: str
    code: str


@dataclass(frozen=True, slots=True)
class FinishPairing:
    """The kiosk was approved: fetch profile, keys, configuration and content."""


Effect = (
    QueryHighlights
    | QueryHome
    | QueryResults
    | QuerySearch
    | QueryOffer
    | QuerySuggestions
    | OpenMap
    | QueryPins
    | QueryPin
    | ArmDebit
    | ArmLoad
    | ArmCharge
    | ArmPass
    | ArmRedeem
    | ArmEntry
    | ArmRefund
    | ArmCredit
    | ArmLook
    | Disarm
    | ShowCard
    | CheckPin
    | RefuseOperator
    | QueryMyDay
    | UseCoupon
    | RecordVisit
    | ClaimPairing
    | FinishPairing
)
