"""Lists of offers as values: what is asked, which rows fit, in which order. Pure: rows come in, judgements go out."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from functools import lru_cache
from typing import Any, Protocol

from domain.hours import MINUTES_A_DAY, Dates, Hours
from domain.moments import minutes_until, open_now, rest_of_today, this_weekend, tonight
from domain.offers import Category, Offer, Place, Tag
from sync.content.catalogue_file import TAG_BITS
from sync.content.codec import dates_from_json, hours_from_json

# 20 minutes at 4.5 km/h along roads 1.3 times longer than the straight line.
ON_FOOT_M = 1_150.0
M_PER_DEGREE = 111_195.0
TODAY = "today"
# What "today" does not mean: a bed, a car park and a vacant shop are there every day.
EVERY_DAY = (Category.STAY.value, Category.SERVICES.value, Category.SETTLE.value)


@unique
class Chip(StrEnum):
    """What a list is refined by."""

    OPEN_NOW = "open_now"
    FREE = "free"
    CHILDREN = "children"
    ACCESSIBLE = "accessible"
    ON_FOOT = "on_foot"
    TONIGHT = "tonight"
    WEEKEND = "weekend"


@unique
class Sort(StrEnum):
    """By distance from here, by when it starts or opens, by merit."""

    NEAR = "near"
    SOON = "soon"
    LOVED = "loved"


TIME_CHIPS = frozenset((Chip.OPEN_NOW, Chip.TONIGHT, Chip.WEEKEND))
_TAG_CHIPS = {Chip.FREE: Tag.FREE, Chip.CHILDREN: Tag.CHILDREN, Chip.ACCESSIBLE: Tag.ACCESSIBLE}


@dataclass(frozen=True, slots=True)
class Query:
    """One page of one list. ``door`` is a category, ``today``, or '' for all; ``now`` is aware local time.

    ``here`` is the kiosk's own place. Events that are over are left out unless ``include_past``.
    """

    door: str
    now: datetime
    here: Place | None = None
    chips: frozenset[Chip] = frozenset()
    sort: Sort = Sort.LOVED
    page: int = 0
    per_page: int = 12
    include_past: bool = False

    @property
    def judged(self) -> bool:
        """Whether opening hours or distances decide, which SQL does not know."""
        on_foot = Chip.ON_FOOT in self.chips and self.here is not None
        return self.door == TODAY or self.sort is Sort.SOON or bool(self.chips & TIME_CHIPS) or on_foot


@dataclass(frozen=True, slots=True)
class Page:
    """Offers to show and how many there are. ``at_least``: more than ``total``. ``meant``: the corrected search."""

    offers: tuple[Offer, ...]
    total: int
    at_least: bool = False
    meant: str = ""


class Row(Protocol):
    """A row by column name, as `sqlite3.Row` gives it."""

    def __getitem__(self, name: str, /) -> Any: ...


@lru_cache(maxsize=4096)
def parse_hours_json(text: str) -> Hours:
    """The hours column; the same few hundred texts come again at every look."""
    return hours_from_json(json.loads(text))


@lru_cache(maxsize=4096)
def parse_dates_json(text: str) -> Dates:
    return dates_from_json(json.loads(text))


def conditions(query: Query) -> tuple[str, list[object]]:
    """The part of the question that SQL can answer: a WHERE clause and its values."""
    where, values = ["1"], list[object]()
    if query.door == TODAY:
        where.append("category NOT IN (?, ?, ?)")
        values += EVERY_DAY
    elif query.door:
        where.append("category = ?")
        values.append(query.door)
    for chip in sorted(query.chips):
        if tag := _TAG_CHIPS.get(chip):
            where.append(f"tags & {TAG_BITS[tag.value]}")
    if Chip.ON_FOOT in query.chips and query.here is None:
        where.append(f"tags & {TAG_BITS[Tag.ON_FOOT.value]}")
    if not query.include_past:
        where.append("(dated = 0 OR last_day >= ?)")
        values.append(query.now.date().isoformat())
    return " AND ".join(where), values


def order(query: Query) -> tuple[str, list[object]]:
    """ORDER BY for lists that SQL can sort: by merit, or by distance with what has no place last."""
    here = query.here
    if query.sort is Sort.NEAR and here is not None and here.latitude is not None and here.longitude is not None:
        # Equirectangular: within a territory off by less than one part in a thousand, and it needs no cosine per row.
        narrowing = math.cos(math.radians(here.latitude)) ** 2
        return (
            "latitude IS NULL, (latitude - ?) * (latitude - ?) + (longitude - ?) * (longitude - ?) * ?, rank",
            [here.latitude, here.latitude, here.longitude, here.longitude, narrowing],
        )
    return "rank", []


def distance_m(row: Row, here: Place | None) -> float | None:
    """Metres from ``here`` (equirectangular), None when one of the two is nowhere."""
    if here is None or here.latitude is None or here.longitude is None or row["latitude"] is None:
        return None
    north = (row["latitude"] - here.latitude) * M_PER_DEGREE
    east = (row["longitude"] - here.longitude) * M_PER_DEGREE * math.cos(math.radians(here.latitude))
    return math.hypot(north, east)


def fits(row: Row, query: Query) -> bool:
    """Whether a row that passed `conditions` also passes what only the device's clock and place can tell."""
    hours, dates, now = parse_hours_json(row["hours"]), parse_dates_json(row["dates"]), query.now
    if query.door == TODAY and not rest_of_today(hours, dates, now):
        return False
    for chip in query.chips:
        if chip is Chip.OPEN_NOW and not open_now(hours, dates, now):
            return False
        if chip is Chip.TONIGHT and not tonight(hours, dates, now):
            return False
        if chip is Chip.WEEKEND and not this_weekend(hours, dates, now):
            return False
        if chip is Chip.ON_FOOT and query.here is not None and not row["tags"] & TAG_BITS[Tag.ON_FOOT.value]:
            metres = distance_m(row, query.here)
            if metres is None or metres > ON_FOOT_M:
                return False
    return True


def chip_holds(row: Row, chip: Chip, query: Query) -> bool:
    """Whether the row would stay if this chip alone were added."""
    if tag := _TAG_CHIPS.get(chip):
        return bool(row["tags"] & TAG_BITS[tag.value])
    if chip is Chip.ON_FOOT and query.here is None:
        return bool(row["tags"] & TAG_BITS[Tag.ON_FOOT.value])
    return fits(row, Query(query.door, query.now, query.here, frozenset((chip,))))


def facet_counts(rows: Iterable[Row], query: Query) -> dict[Chip, int]:
    """How many of the list would stay with each further chip; chips that are on are not counted."""
    wanted = [chip for chip in Chip if chip not in query.chips]
    counts = dict.fromkeys(wanted, 0)
    for row in rows:
        for chip in wanted:
            counts[chip] += chip_holds(row, chip, query)
    return counts


def sort_key(row: Row, query: Query) -> tuple[float, int]:
    """The order of judged rows: what is asked, then merit."""
    if query.sort is Sort.NEAR:
        metres = distance_m(row, query.here)
        return (math.inf if metres is None else metres), row["rank"]
    if query.sort is Sort.SOON:
        return until(row, query.now), row["rank"]
    return 0, row["rank"]


def until(row: Row, now: datetime) -> int:
    return minutes_until(parse_hours_json(row["hours"]), parse_dates_json(row["dates"]), now)


def home_score(row: Row, query: Query) -> float:
    """What stands first on the home strip: worth it, close, on now or soon. A kilometre costs four points of merit."""
    score = float(row["merit"])
    metres = distance_m(row, query.here)
    score -= 40.0 if metres is None else min(40.0, metres / 250.0)
    wait = until(row, query.now)
    if wait == 0:
        score += 10
    elif wait > MINUTES_A_DAY:
        score -= 15
    if row["dated"]:
        score += 15
    return score


def varied(rows: Iterable[Row], limit: int) -> list[Row]:
    """The first of each door in turn, then the second of each …: a strip of four vineyards sells none of them."""
    turns: dict[str, int] = defaultdict(int)
    numbered = []
    for number, row in enumerate(rows):
        turn = turns[row["category"]]
        turns[row["category"]] += 1
        numbered.append((turn, number, row))
    numbered.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in numbered[:limit]]
