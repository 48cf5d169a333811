"""How far offers are from this kiosk: the server's distances along ways where there are any, else an estimate.

The blob of this kiosk's site comes with the content (docs/map.md). It is signed, and read as if it were not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from domain.offers import BIKE_M_PER_MIN, DETOUR, WALK_M_PER_MIN, Offer, Place

VERSION = 1
FILE_BYTES_MAX = 16 << 20
METRES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Reach:
    """The way to an offer. Minutes are rounded up, at least one; None where there is no such way.

    `estimated`: from the straight line, roads taken to be 1.3 times longer. `metres` is by the shortest way known.
    """

    metres: float
    walk_minutes: int | None
    bike_minutes: int | None
    estimated: bool


def estimate(offer: Offer, here: Place | None) -> Reach | None:
    """From the straight line; None without two places."""
    straight = offer.place.distance_m(here) if here is not None else None
    if straight is None:
        return None
    metres = straight * DETOUR
    return Reach(metres, _minutes(metres, WALK_M_PER_MIN), _minutes(metres, BIKE_M_PER_MIN), True)


def _minutes(metres: float, per_minute: float) -> int:
    return max(1, -int(-metres // per_minute))


class Travel:
    """Distances of one content version; belongs to the catalogue thread."""

    def __init__(self, metres: dict[str, tuple[int | None, int | None]] | None = None) -> None:
        self._metres = metres or {}

    def to(self, offer: Offer, here: Place | None) -> Reach | None:
        """None when neither ways nor places are known."""
        walk, bike = self._metres.get(offer.id, (None, None))
        guess = estimate(offer, here)
        if walk is None and bike is None:
            return guess
        if guess is not None and guess.metres < 100:
            return guess  # in the house itself: no network knows it better
        known = [metres for metres in (walk, bike) if metres is not None]
        return Reach(
            metres=float(min(known)),
            walk_minutes=None if walk is None else _minutes(walk, WALK_M_PER_MIN),
            bike_minutes=None if bike is None else _minutes(bike, BIKE_M_PER_MIN),
            estimated=False,
        )


def read_travel(path: Path | None, site: int) -> Travel:
    """The file of this site; without one, or with one that cannot be read, everything is estimated."""
    if path is None:
        return Travel()
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            return Travel()
        document = json.loads(path.read_bytes())
        if document["version"] != VERSION or document["site"] != site:
            return Travel()
        offers = document["offers"].items()
        return Travel({str(offer): (_metres(pair[0]), _metres(pair[1])) for offer, pair in offers})
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Travel()


def _metres(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value <= METRES_MAX:
        raise ValueError("not metres")
    return value
