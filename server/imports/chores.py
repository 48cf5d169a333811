"""What the server's worker does about content, territory by territory. Each may be run again at any moment."""

from __future__ import annotations

from collections import Counter

from domain.days import local_day
from domain.ports import Clock
from server.catalogue.drafts import expire
from server.imports.running import run_due_sources
from server.imports.saving import fetch_draft_pictures

# One feed a turn, and what a rural line carries in a few minutes: other work of the worker waits meanwhile.
SOURCES_A_TURN = 1
PICTURES_A_TURN = 200


def read_sources(territory: str, clock: Clock) -> dict[str, int]:
    """Reads a source that is due; counts by what became of it."""
    ran = run_due_sources(clock, territory=territory, limit=SOURCES_A_TURN)
    return dict(Counter(one.outcome for one in ran))


def expire_offers(territory: str, clock: Clock) -> dict[str, int]:
    """Offers whose dates are all over by the local day; the screens hide theirs by their own clock meanwhile."""
    return {"expired": expire(territory, local_day(clock.now_ms()))}


def fetch_pictures(territory: str) -> dict[str, int]:
    """Fetches pictures that drafts name and that are not here yet; the next publication sends them."""
    tally = fetch_draft_pictures(territory, limit=PICTURES_A_TURN)
    return {"fetched": tally.fetched, "unchanged": tally.unchanged, "failed": tally.failed}
