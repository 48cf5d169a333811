"""Offers: what a kiosk shows and sells. Texts per language, French first; prices in integer cents.

An offer comes from a feed, from the curator or from the demo territory; it says where each part comes from and under
which licence. Only offers with a `Booking` can be bought at the kiosk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from math import asin, cos, radians, sin, sqrt

from domain.hours import Dates, Hours

LANGUAGES = ("fr", "en", "de", "nl", "it", "es")
EARTH_RADIUS_M = 6_371_000
# Walking 4.5 km/h and cycling 14 km/h along roads 1.3 times longer than the straight line: the French
# "Guide du calcul d'itinéraires piétons" order of magnitude; DETOUR only where the server sent no distance along ways.
WALK_M_PER_MIN = 75.0
BIKE_M_PER_MIN = 233.0
DETOUR = 1.3


@unique
class Category(StrEnum):
    """The doors of the home screen, and what hides behind "today"."""

    OUTINGS = "outings"
    WALKS = "walks"
    WINE = "wine"
    FOOD = "food"
    DEALS = "deals"
    EVENTS = "events"
    STAY = "stay"
    SERVICES = "services"
    SETTLE = "settle"  # premises and jobs, for people who want to live and work here


@unique
class Tag(StrEnum):
    """What visitors refine by."""

    CHILDREN = "children"
    ACCESSIBLE = "accessible"
    FREE = "free"
    ON_FOOT = "on_foot"
    EVENING = "evening"


@dataclass(frozen=True, slots=True)
class Text:
    """What is said of an offer in one language. `pitch` is why it is worth it, at most 160 characters."""

    name: str
    pitch: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where. Degrees WGS 84; None when a feed gives none."""

    commune: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def distance_m(self, other: Place) -> float | None:
        """Great-circle metres (haversine), None when one of the two has no coordinates."""
        if self.latitude is None or self.longitude is None or other.latitude is None or other.longitude is None:
            return None
        lat1, lat2 = radians(self.latitude), radians(other.latitude)
        half_lat, half_lon = (lat2 - lat1) / 2, radians(other.longitude - self.longitude) / 2
        h = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, h)))


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a bookable activity starts, minutes after local midnight, every day it is open."""

    start: int
    duration_minutes: int


@dataclass(frozen=True, slots=True)
class Booking:
    """How an activity is sold: price for one person, its slots, places a kiosk may sell offline per slot and day."""

    price_cents: int
    slots: tuple[Slot, ...]
    quota_per_slot: int
    people_max: int = 8
    site_number: int = 0  # 16-bit number of the site that is paid


@dataclass(frozen=True, slots=True)
class Story:
    """A few words by somebody who was there."""

    quote: str
    author: str
    licence: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a visitor said, after a person of the territory read it. `stars` 1 … 5."""

    author: str
    day: date
    stars: int
    words: str

    def __post_init__(self) -> None:
        if not 1 <= self.stars <= 5:
            raise ValueError(f"a review has one to five stars, not {self.stars}")


@dataclass(frozen=True, slots=True)
class Coupon:
    """A club member's good deal, for who shows it there. `texts` per language, French first.

    `budget`: how many this kiosk may still give, None = as many as asked for. `first` and `last` are inclusive.
    """

    id: str
    texts: dict[str, str]
    code: str
    first: date
    last: date
    partner: str = ""
    budget: int | None = None

    def text(self, language: str) -> str:
        """The text in `language`, else French, else whatever there is."""
        return self.texts.get(language) or self.texts.get("fr") or next(iter(self.texts.values()))

    def on(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Stall:
    """Where a producer sells and when: a market, a farm shop, a collection point. `what` is what is sold."""

    where: str
    hours: Hours
    what: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo of the offer: `key` is the SHA-256 (hex) of the blob in the pack, or '' with a `url` not yet fetched."""

    key: str
    url: str
    author: str
    licence: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record comes from."""

    source: str  # "datatourisme", "demo", …
    source_id: str
    licence: str
    updated: date | None = None
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    phone: str = ""
    email: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to do, see, eat, drink or sleep in.

    `price_cents`: 0 = free, None = not known. `merit` orders what is curated: greater comes first. `illustration` is
    the key of a drawn scene used where there is no photo. `partner_id` is '' where no partner is known.
    """

    id: str
    category: Category
    texts: dict[str, Text]
    place: Place
    illustration: str
    tags: frozenset[Tag] = frozenset()
    price_cents: int | None = None
    hours: Hours = field(default_factory=Hours)
    dates: Dates = field(default_factory=Dates)
    booking: Booking | None = None
    partner_id: str = ""
    duration_minutes: int | None = None
    languages: tuple[str, ...] = ()
    age_from: int | None = None
    contact: Contact = field(default_factory=Contact)
    pictures: tuple[Picture, ...] = ()
    story: Story | None = None
    provenance: tuple[Provenance, ...] = ()
    types: tuple[str, ...] = ()
    card_discount_cents: int = 0
    merit: int = 0
    reviews: tuple[Review, ...] = ()
    coupon: Coupon | None = None
    stalls: tuple[Stall, ...] = ()

    def __post_init__(self) -> None:
        if not self.texts:
            raise ValueError(f"offer {self.id} has no text in any language")
        if self.price_cents is not None and self.price_cents < 0:
            raise ValueError(f"offer {self.id} has a negative price")

    def text(self, language: str) -> Text:
        """The text in `language`, else French, else English, else whatever there is."""
        for wanted in (language, "fr", "en"):
            if wanted in self.texts:
                return self.texts[wanted]
        return next(iter(self.texts.values()))
