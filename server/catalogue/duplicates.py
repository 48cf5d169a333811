"""Offers that may be one thing told twice. Pure: pairs in, judgements out.

Certain ones (same folded name, same door, same spot) merge at import by themselves (`server.catalogue.merging`).
Here are those that a person must judge: near each other, with names that are alike, or the same name with no
coordinates to tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import cos, hypot, radians

from domain.offers import Category, Offer
from server.catalogue.mapping import specific_types
from sync.content.text import edit_distance, fold, stem, tokens

# Feeds place one thing up to a street apart: the door, the car park, the middle of the village.
NEAR_M = 300.0
SCORE_MIN = 62
CELL_DEGREES = 0.004  # at least NEAR_M north to south, and east to west up to 47° north
_M_PER_DEGREE = 111_195.0
_STOP = frozenset(
    ("de", "du", "des", "la", "le", "les", "et", "en", "au", "aux", "sur", "the", "of", "and", "un", "une")
)
_ALWAYS_APART = frozenset((Category.EVENTS,))  # an event and its place share everything but their nature


@dataclass(frozen=True, slots=True)
class Look:
    """What of an offer is compared."""

    id: str
    words: frozenset[str]
    name: str
    category: Category
    kinds: frozenset[str]
    commune: str
    latitude: float | None
    longitude: float | None
    phone: str


def look_at(offer: Offer) -> Look:
    """The folded parts, worked out once per offer."""
    name = tokens(offer.text("fr").name)
    return Look(
        offer.id,
        frozenset(stem(word) for word in name if word not in _STOP),
        " ".join(name),
        offer.category,
        frozenset(specific_types(offer.types)),
        fold(offer.place.commune),
        offer.place.latitude,
        offer.place.longitude,
        "".join(filter(str.isdigit, offer.contact.phone))[-9:],
    )


def name_likeness(one: Look, other: Look) -> float:
    """0 … 1: words in common, small slips forgiven; a name that holds two words of the other counts for much."""
    if not one.words or not other.words:
        return 0.0
    if one.name.replace(" ", "") == other.name.replace(" ", ""):
        return 1.0
    mine, theirs = one.words - other.words, other.words - one.words
    shared = len(one.words & other.words)
    # A slip is counted once: the words that are left on the shorter side find their pair on the longer.
    fewer, more = sorted((mine, theirs), key=lambda words: (len(words), sorted(words)))
    shared += sum(any(_slip(word, known) for known in more) for word in fewer)
    jaccard = shared / (len(one.words) + len(other.words) - shared)
    held = shared / min(len(one.words), len(other.words))
    # "Le Moulin" is held by every name with a mill in it: two words at least must be shared to count.
    return max(jaccard, 0.85 * held if shared >= 2 else 0.0)


def _slip(one: str, other: str) -> bool:
    """Whether one word is the other mistyped: one letter in five or more."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1:
        return False
    return edit_distance(one, other, 1) <= 1 and edit_distance(other, one, 1) <= 1


def distance_m(one: Look, other: Look) -> float | None:
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    north = one.latitude - other.latitude
    east = (one.longitude - other.longitude) * cos(radians(one.latitude))
    return hypot(north, east) * _M_PER_DEGREE


def likeness(one: Look, other: Look) -> int:
    """0 … 100: how likely two offers are one thing; below `SCORE_MIN` nobody is asked."""
    if (one.category in _ALWAYS_APART) != (other.category in _ALWAYS_APART):
        return 0
    metres = distance_m(one, other)
    if metres is not None and metres > NEAR_M:
        return 0
    if metres is None and one.commune != other.commune:
        return 0
    score = 70.0 * name_likeness(one, other)
    score += 15.0 * (1 - metres / NEAR_M) if metres is not None else 5.0
    if one.phone and one.phone == other.phone:
        score += 20.0
    if one.category is other.category:
        score += 10.0
        if one.kinds and other.kinds and not one.kinds & other.kinds:
            score -= 10.0
    else:
        score -= 10.0
    return max(0, min(100, round(score)))


def suspects(looks: Iterable[Look], fresh: frozenset[str] | None = None) -> Iterator[tuple[str, str, int]]:
    """Pairs of ids, the smaller first, with their score. With ``fresh``, only pairs that hold one of these ids."""
    cells: dict[tuple[int, int] | str, list[Look]] = defaultdict(list)
    known = sorted(looks, key=lambda look: look.id)
    for look in known:
        if look.latitude is not None and look.longitude is not None:
            cells[_cell(look)].append(look)
        cells[f"nowhere {look.commune}" if look.latitude is None else f"somewhere {look.commune}"].append(look)
    for look in known:
        if fresh is not None and look.id not in fresh:
            continue
        for other in _around(look, cells):
            # Each pair once: from its smaller id, or from the only fresh one of the two.
            if other.id == look.id or (other.id < look.id and (fresh is None or other.id in fresh)):
                continue
            score = likeness(look, other)
            if score >= SCORE_MIN:
                first, second = sorted((look.id, other.id))
                yield first, second, score


def _cell(look: Look) -> tuple[int, int]:
    if look.latitude is None or look.longitude is None:
        raise ValueError("an offer without coordinates stands in no cell")
    return int(look.latitude // CELL_DEGREES), int(look.longitude // CELL_DEGREES)


def _around(look: Look, cells: dict[tuple[int, int] | str, list[Look]]) -> Iterator[Look]:
    if look.latitude is None:
        yield from cells.get(f"nowhere {look.commune}", ())
        yield from cells.get(f"somewhere {look.commune}", ())
        return
    row, column = _cell(look)
    for north in (-1, 0, 1):
        for east in (-1, 0, 1):
            yield from cells.get((row + north, column + east), ())
    yield from cells.get(f"nowhere {look.commune}", ())
