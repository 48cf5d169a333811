"""The kiosk's offers: one catalogue file, opened read-only and immutable. Belongs to the thread that opened it.

Offers come back as `domain.offers.Offer`; which of them are open, tonight or near is worked out here from the time and
place given. SQL narrows by what does not move (door, tags, days); opening hours are judged in Python, where the rules
are. A file that turns out damaged while reading raises `CatalogueFailed`; the worker then opens the previous version.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.maps import Pin, project
from domain.moments import NEVER
from domain.offers import Category, Offer, Place, Tag, Text
from domain.pushes import pushed
from kiosk.store.catalogue_queries import (
    EVERY_DAY,
    TODAY,
    Chip,
    Page,
    Query,
    Row,
    Sort,
    conditions,
    facet_counts,
    fits,
    home_score,
    order,
    parse_dates_json,
    parse_hours_json,
    sort_key,
    until,
    varied,
)
from kiosk.store.search import Search
from sync.content.catalogue_file import APPLICATION_ID, FORMATS_READ, TAG_BITS
from sync.content.codec import details_from_json
from sync.content.extras import Extras, parse_extras

# A file up to this size is checked page by page when opened (100 MB a second); larger ones when they are activated.
QUICK_CHECK_BYTES = 64 * 1024 * 1024
# Offers whose hours are judged for one list; a kiosk's own territory has a few thousand.
JUDGED = 20_000
# Seven chips judged at 15 µs each: half a second at most, after the list itself is on the screen.
FACET_ROWS = 5_000
NEAR_M = 15_000.0
PER_PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class About:
    """What the file says of itself."""

    territory: str
    content_version: int
    built_at: str
    offers: int
    extras: Extras = field(default_factory=Extras)
    categories: Mapping[str, int] = field(default_factory=dict)  # how many offers behind each door


class CatalogueFailed(Exception):
    """The file is no catalogue of this format, or is damaged. The message names no path, only what is wrong."""


class Catalogue:
    """An open catalogue file."""

    def __init__(self, connection: sqlite3.Connection, about: About) -> None:
        self._connection = connection
        self._search = Search(connection)
        self.about = about

    def close(self) -> None:
        self._connection.close()

    def _rows(self, sql: str, values: Iterable[object] = ()) -> list[Any]:
        try:
            return self._connection.execute(sql, tuple(values)).fetchall()
        except sqlite3.DatabaseError as error:
            raise CatalogueFailed(f"the catalogue cannot be read: {error}") from error

    # --- single offers -------------------------------------------------------------------------------------------

    def offer(self, offer_id: str) -> Offer | None:
        """The offer, or None when this version has it no more."""
        rows = self._rows("SELECT * FROM offers WHERE id = ?", (offer_id,))
        return self._offers(rows)[0] if rows else None

    def _by_ranks(self, ranks: Iterable[int]) -> tuple[Offer, ...]:
        wanted = list(ranks)
        marks = ",".join("?" * len(wanted))
        rows = self._rows(f"SELECT * FROM offers WHERE rank IN ({marks})", wanted)  # noqa: S608
        place = {rank: number for number, rank in enumerate(wanted)}
        return tuple(self._offers(sorted(rows, key=lambda row: place[row["rank"]])))

    def _offers(self, rows: Iterable[Row]) -> list[Offer]:
        rows = list(rows)
        texts: dict[int, dict[str, Text]] = {row["rank"]: {} for row in rows}
        marks = ",".join("?" * len(rows))
        for text in self._rows(f"SELECT * FROM texts WHERE rank IN ({marks})", texts):  # noqa: S608
            texts[text["rank"]][text["language"]] = Text(text["name"], text["pitch"], text["description"])
        return [_build_offer(row, texts[row["rank"]]) for row in rows]

    # --- lists ---------------------------------------------------------------------------------------------------

    def results(self, query: Query) -> Page:
        """One page of a list, in the order asked for."""
        where, values = conditions(query)
        per_page = min(query.per_page, PER_PAGE_MAX)
        start = max(0, query.page) * per_page
        if query.judged:
            rows = self._judged_rows(where, values)
            fitting = sorted((row for row in rows if fits(row, query)), key=lambda row: sort_key(row, query))
            shown = self._by_ranks(row["rank"] for row in fitting[start : start + per_page])
            return Page(shown, len(fitting), at_least=len(rows) == JUDGED)
        total = self._rows(f"SELECT count(*) AS n FROM offers WHERE {where}", values)[0]["n"]  # noqa: S608
        ordering, order_values = order(query)
        found = self._rows(
            f"SELECT * FROM offers WHERE {where} ORDER BY {ordering} LIMIT ? OFFSET ?",  # noqa: S608
            [*values, *order_values, per_page, start],
        )
        return Page(tuple(self._offers(found)), total)

    def facets(self, query: Query) -> dict[Chip, int] | None:
        """How many each further chip would leave; None where there are too many offers to judge in a moment."""
        rows = self._judged_rows(*conditions(query))
        if len(rows) > FACET_ROWS:
            return None
        return facet_counts((row for row in rows if not query.judged or fits(row, query)), query)

    def _judged_rows(self, where: str, values: list[object]) -> list[Row]:
        return self._rows(
            "SELECT rank, category, latitude, longitude, tags, dated, hours, dates, merit"  # noqa: S608
            f" FROM offers WHERE {where} ORDER BY rank LIMIT ?",
            [*values, JUDGED],
        )

    def home(
        self, now: datetime, here: Place | None, limit: int = 4, site: int = 0, card_kind: str = ""
    ) -> tuple[Offer, ...]:
        """What was chosen for this site and hour, then the best of today around here, of as many kinds as there are.

        Never empty while the catalogue holds anything to do that is not over. What was chosen and is over today is not
        shown.
        """
        first = self._pushed(now, site, card_kind)[:limit]
        taken = {offer.id for offer in first}
        rest = self._best(now, here, limit + len(first))
        return (*first, *(offer for offer in rest if offer.id not in taken))[:limit]

    def _pushed(self, now: datetime, site: int, card_kind: str) -> tuple[Offer, ...]:
        """Offers that somebody chose to come first, those with nothing left to have today aside."""
        day = now.date()
        found = (self.offer(offer_id) for offer_id in pushed(self.about.extras.pushes, now, site, card_kind))
        return tuple(offer for offer in found if offer is not None and not offer.dates.over(day))

    def _best(self, now: datetime, here: Place | None, limit: int) -> tuple[Offer, ...]:
        query = Query(TODAY, now, here)
        rows = self._judged_rows(*conditions(query))
        scores = {row["rank"]: home_score(row, query) for row in rows}
        rows.sort(key=lambda row: (-scores[row["rank"]], row["rank"]))
        picked = varied((row for row in rows if fits(row, query)), limit)
        if len(picked) < limit:
            seen = {row["rank"] for row in picked}
            rest = sorted((row for row in rows if row["rank"] not in seen), key=lambda row: until(row, now) >= NEVER)
            picked += varied(rest[: 4 * limit], limit - len(picked))
        return self._by_ranks(row["rank"] for row in picked)

    def near(self, offer: Offer, now: datetime, limit: int = 3) -> tuple[Offer, ...]:
        """What else is within 15 km, nearest first; beds and services aside."""
        if offer.place.latitude is None:
            return ()
        query = Query("", now, offer.place, sort=Sort.NEAR)
        where, values = conditions(query)
        ordering, order_values = order(query)
        rows = self._rows(
            f"SELECT * FROM offers WHERE {where} AND id <> ? AND category NOT IN (?, ?, ?)"  # noqa: S608
            f" AND latitude IS NOT NULL ORDER BY {ordering} LIMIT ?",
            [*values, offer.id, *EVERY_DAY, *order_values, limit],
        )
        return tuple(o for o in self._offers(rows) if (o.place.distance_m(offer.place) or 0) <= NEAR_M)

    def pins(self, query: Query) -> tuple[Pin, ...]:
        """Every offer of a list that has a place, best first: what the map shows."""
        where, values = conditions(query)
        rows = self._rows(
            "SELECT id, category, latitude, longitude, tags, dated, hours, dates, merit FROM offers"  # noqa: S608
            f" WHERE {where} AND latitude IS NOT NULL AND longitude IS NOT NULL ORDER BY rank LIMIT ?",
            [*values, JUDGED],
        )
        return tuple(
            Pin(row["id"], row["category"], project(row["latitude"], row["longitude"]))
            for row in rows
            if not query.judged or fits(row, query)
        )

    def counts(self, now: datetime) -> dict[str, int]:
        """How many offers stand behind each door, what is over left out."""
        rows = self._rows(
            "SELECT category, count(*) AS n FROM offers WHERE dated = 0 OR last_day >= ? GROUP BY category",
            (now.date().isoformat(),),
        )
        return {row["category"]: row["n"] for row in rows}

    def picture_keys(self) -> frozenset[str]:
        """Every blob that some offer shows: what a cleaner must keep."""
        return frozenset(row["key"] for row in self._rows("SELECT DISTINCT key FROM pictures"))

    def search(self, text: str, now: datetime, page: int = 0, per_page: int = 12) -> Page:
        """What was typed so far, best first. Events that are over are found too, and come last."""
        try:
            hits = self._search.find(text, now.date().isoformat(), page, min(per_page, PER_PAGE_MAX))
        except sqlite3.DatabaseError as error:
            raise CatalogueFailed(f"the catalogue cannot be searched: {error}") from error
        return Page(self._by_ranks(hits.ranks) if hits.ranks else (), hits.total, hits.at_least, hits.meant)


def open_catalogue(path: Path, *, thorough: bool = False) -> Catalogue:
    """Opens and checks a catalogue file; CatalogueFailed says what is wrong with it. ``thorough`` reads every page."""
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise CatalogueFailed("the catalogue file is missing") from error
    try:
        connection.row_factory = sqlite3.Row
        about = _check(connection, thorough or path.stat().st_size <= QUICK_CHECK_BYTES)
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
        connection.close()
        raise CatalogueFailed(f"the catalogue file is damaged: {error}") from error
    except CatalogueFailed:
        connection.close()
        raise
    return Catalogue(connection, about)


def _check(connection: sqlite3.Connection, every_page: bool) -> About:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise CatalogueFailed("the file is not a catalogue")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in FORMATS_READ:
        raise CatalogueFailed(f"the catalogue has format {version}, this software reads up to {max(FORMATS_READ)}")
    # An offline kiosk has 2 000 offers in 8 MB: the map spares copies, the cache stays small.
    connection.execute("PRAGMA mmap_size=268435456")
    connection.execute("PRAGMA cache_size=-4000")
    if every_page:
        with closing(connection.execute("PRAGMA quick_check(1)")) as cursor:
            verdict = cursor.fetchone()[0]
        if verdict != "ok":
            raise CatalogueFailed("the catalogue file is damaged")
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    extras = parse_extras(meta.get("extras", ""))
    return About(
        meta["territory"],
        int(meta["content_version"]),
        meta["built_at"],
        int(meta["offers"]),
        extras,
        dict(json.loads(meta.get("categories", "{}"))),
    )


def _build_offer(row: Row, texts: dict[str, Text]) -> Offer:
    bits = row["tags"]
    return Offer(
        id=row["id"],
        category=Category(row["category"]),
        texts=texts,
        place=Place(row["commune"], row["address"], row["latitude"], row["longitude"]),
        illustration=row["illustration"],
        tags=frozenset(tag for tag in Tag if bits & TAG_BITS[tag.value]),
        price_cents=row["price_cents"],
        hours=parse_hours_json(row["hours"]),
        dates=parse_dates_json(row["dates"]),
        merit=row["merit"],
        **details_from_json(json.loads(row["details"])),
    )
