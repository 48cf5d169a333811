"""Touches by their meaning: what screens send, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from domain.maps import Mark, Spot


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
