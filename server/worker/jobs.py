"""What the worker does, job by job. Each is safe to run again, at any moment, and after being killed in the middle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.api.runtime import Runtime
from server.cards.site_key import spread_site_key
from server.content.feeds import read_feeds
from server.content.publish import renew
from server.devices.models import Device, DeviceState
from server.imports.chores import expire_offers, fetch_pictures, read_sources
from server.reconciliation.doubts import age_all, decide_open
from server.reconciliation.identity import keep_identity
from server.reconciliation.macs import Verifier, make_verifier, verify_all
from server.reconciliation.scan import scan_all
from server.reconciliation.stories import reconcile_cards
from server.risk.configuration import risk_in_force
from server.settlement.pricing import price_all
from server.territory.models import Territory
from server.worker.alarms import raise_alarms
from server.worker.retention import throw_away
from sync.keys import KeyTrouble
from sync.protocol import Cursor

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Job:
    """`every_seconds` between two starts; `run` is given one territory and returns what it counted.

    Jobs of one `lane` never meet each other; what waits for strangers' servers does not hold up money.
    """

    name: str
    every_seconds: int
    label: str
    run: Callable[[Territory, Runtime], Counts]
    lane: str = "default"


def verifier_of(territory: Territory, run: Runtime) -> Verifier | None:
    """None where this server's card keys cannot be read: nothing is verified then, and nothing paid."""
    try:
        masters = run.card_masters(territory.slug)
    except (KeyTrouble, OSError):
        return None
    risk = risk_in_force(territory, run.identity.public, run.clock.now_ms())
    return make_verifier(run.identity, masters, risk.rule)


def verify(territory: Territory, run: Runtime) -> Counts:
    """Read new facts, verify transaction MACs, decide doubts by them, price what is sound."""
    counts = {"facts": scan_all(territory.slug)}
    verifier = verifier_of(territory, run)
    counts["decided"] = decide_open(territory.slug, verifier, run.clock)
    if verifier is not None:
        counts |= verify_all(territory.slug, verifier, run.clock)
    counts["priced"] = price_all(territory.slug, run.clock)
    return counts


def age(territory: Territory, run: Runtime) -> Counts:
    """Operations in doubt: 24 hours, 72 hours, 7 days, suspense, loss."""
    return age_all(territory.slug, run.clock)


def reconcile(territory: Territory, run: Runtime) -> Counts:
    """Cards against the books, and the daily identity."""
    counts = reconcile_cards(territory.slug, run.clock.now_ms())
    counts["identity"] = int(keep_identity(territory.slug, run.clock.now_ms()).sound)
    return counts


def renew_feeds(territory: Territory, run: Runtime) -> Counts:
    """Sign again what has used up half its life, so that a kiosk that comes seldom finds it fresh."""
    renew(territory.slug, run.identity, run.clock)
    count = 0
    for device in Device.objects.filter(territory=territory.slug, state=DeviceState.APPROVED):
        read_feeds(device, Cursor(0, 0), run.identity, run.clock)
        count += 1
    return {"devices": count}


def alarm(territory: Territory, run: Runtime) -> Counts:
    """Kiosks that are silent or full, the float, feeds that nobody renews."""
    return raise_alarms(territory, run.clock.now_ms())


def retain(territory: Territory, run: Runtime) -> Counts:
    """Throw away what may no longer be kept."""
    return throw_away(territory.slug, run.home, run.clock.now_ms())


def _sources(territory: Territory, run: Runtime) -> Counts:
    """Feeds that the curator has asked for by schedule."""
    return read_sources(territory.slug, run.clock)


def _expiry(territory: Territory, run: Runtime) -> Counts:
    """Offers whose dates are all over."""
    return expire_offers(territory.slug, run.clock)


def _pictures(territory: Territory, run: Runtime) -> Counts:
    """What offers show and the server does not have yet."""
    return fetch_pictures(territory.slug)


def spread_keys(territory: Territory, run: Runtime) -> Counts:
    """A new site key may go onto cards once every kiosk holds it."""
    return spread_site_key(territory.slug)


JOBS = (
    Job("verify", 60, "signatures of cards, doubts, commissions", verify),
    Job("age", 900, "operations in doubt by age", age),
    Job("reconcile", 3600, "cards and books, daily identity", reconcile),
    Job("feeds", 3600, "renewal of signed feeds", renew_feeds),
    Job("alarms", 300, "alarms", alarm),
    Job("card-keys", 300, "a new site key, once every kiosk holds it", spread_keys),
    Job("expiry", 900, "offers whose dates are over", _expiry),
    Job("sources", 300, "feeds that are due", _sources, "content"),
    Job("pictures", 900, "pictures of offers", _pictures, "content"),
    Job("retention", 86_400, "what may no longer be kept", retain),
)


def run_job(job: Job, run: Runtime) -> dict[str, Counts]:
    """One job for every territory; counts by territory."""
    return {row.slug: job.run(row, run) for row in Territory.objects.order_by("slug")}
