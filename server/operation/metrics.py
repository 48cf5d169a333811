"""Prometheus metrics: what this process has served, and what the database holds at the moment of the scrape.

Devices are named, people and cards never. Sums come from small tables, so that a scrape costs milliseconds whatever the
number of facts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.db import connection
from django.db.models import Count, F, Max, Min, Sum
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.content.models import FeedDocument
from server.devices.models import Device, DeviceState
from server.ledger.models import Alarm, Balance, Head, Operation, Quarantined
from server.reconciliation.checks import AGES
from server.reconciliation.models import TransactionCheck
from server.runtime import MS_PER_DAY, now_ms
from server.territory.models import Territory
from sync.protocol import Created, Exists, FactOutcome

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Any thread. One per process; several processes are several targets of one scrape."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "zerot_request_seconds", "Requests by route and status", ["route", "method", "status"],
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.outcomes = Counter(
            "zerot_facts_told", "Facts that devices sent, by outcome", ["outcome"], registry=self.registry
        )
        self.registry.register(TableCollector())

    def served(self, route: str, method: str, status: int, seconds: float) -> None:
        self.requests.labels(route, method, str(status)).observe(seconds)

    def told(self, outcomes: Iterable[FactOutcome]) -> None:
        """Count what a batch came to."""
        counts = {"created": 0, "exists": 0, "quarantined": 0}
        for outcome in outcomes:
            name = "created" if isinstance(outcome, Created) else "exists" if isinstance(outcome, Exists) else ""
            counts[name or "quarantined"] += 1
        for name, count in counts.items():
            if count:
                self.outcomes.labels(name).inc(count)

    def text(self) -> bytes:
        """The exposition format."""
        return bytes(generate_latest(self.registry))


class TableCollector(Collector):
    """Gauges out of the tables, at the moment they are asked for."""

    def collect(self) -> Iterator[Metric]:
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        yield _one("zerot_database_seconds", "Round trip to the database", time.perf_counter() - begun)
        slugs = list(Territory.objects.order_by("slug").values_list("slug", flat=True))
        now = now_ms()
        yield _family("zerot_facts_acknowledged", "Facts received without a hole", slugs, _facts)
        yield _family("zerot_quarantine", "Facts that wait for a person", slugs, _quarantine)
        yield _family("zerot_holes", "Chains with missing facts", slugs, _holes)
        yield _family("zerot_alarms", "Alarms that nobody has seen", slugs, _alarms)
        yield _family("zerot_reviews", "Signatures that wait for a person", slugs, _reviews)
        yield _family("zerot_float_cents", "Cents on all cards", slugs, _float)
        yield from _ledger(slugs)
        yield from _in_doubt(slugs, now)
        yield from _devices(slugs, now)
        yield from _feeds(slugs, now)


def _one(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family


def _family(name: str, text: str, slugs: Sequence[str], count: Callable[[str], int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["territory"])
    for slug in slugs:
        family.add_metric([slug], count(slug))
    return family


def _facts(slug: str) -> int:
    return int(Head.objects.filter(territory=slug, branch=0).aggregate(total=Sum("sequence"))["total"] or 0)


def _quarantine(slug: str) -> int:
    return Quarantined.objects.filter(territory=slug, released_at=None).count()


def _holes(slug: str) -> int:
    return Head.objects.filter(territory=slug, highest__gt=F("sequence")).count()


def _alarms(slug: str) -> int:
    return Alarm.objects.filter(territory=slug, seen_by="").count()


def _reviews(slug: str) -> int:
    verdicts = [TransactionCheck.Verdict.UNVERIFIABLE, TransactionCheck.Verdict.WRONG]
    return TransactionCheck.objects.filter(territory=slug, reviewed_at=None, verdict__in=verdicts).count()


def _float(slug: str) -> int:
    found = Balance.objects.filter(territory=slug, asset="EUR", account__startswith="card:")
    return int(found.aggregate(total=Sum("amount"))["total"] or 0)


def _ledger(slugs: Sequence[str]) -> Iterator[Metric]:
    family = GaugeMetricFamily("zerot_ledger_sum", "Sum of all balances: zero, or wrong", labels=["territory", "asset"])
    for slug in slugs:
        for row in Balance.objects.filter(territory=slug).values("asset").annotate(total=Sum("amount")):
            family.add_metric([slug, row["asset"]], row["total"])
    yield family


def _in_doubt(slugs: Sequence[str], now: int) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "zerot_in_doubt", "Card operations without a result, at least this old", labels=["territory", "hours"]
    )
    for slug in slugs:
        rows = Operation.objects.filter(territory=slug, open=True).exclude(kind=None)
        family.add_metric([slug, "0"], rows.count())
        for limit, _ in reversed(AGES):
            family.add_metric([slug, str(limit // 3_600_000)], rows.filter(occurred_at__lte=now - limit).count())
    yield family


def _devices(slugs: Sequence[str], now: int) -> Iterator[Metric]:
    states = GaugeMetricFamily("zerot_devices", "Devices by state", labels=["territory", "state"])
    seen = GaugeMetricFamily("zerot_devices_seen", "Devices in service seen within a day", labels=["territory"])
    ages = GaugeMetricFamily("zerot_device_seen_seconds", "Since a device was seen", labels=["territory", "device"])
    for slug in slugs:
        for row in Device.objects.filter(territory=slug).values("state").annotate(count=Count("id")):
            states.add_metric([slug, row["state"]], row["count"])
        running = Device.objects.filter(territory=slug, state=DeviceState.APPROVED)
        seen.add_metric([slug], running.filter(last_seen_at__gte=now - MS_PER_DAY).count())
        for name, at in running.exclude(last_seen_at=None).values_list("name", "last_seen_at"):
            ages.add_metric([slug, name], max(0, now - (at or now)) / 1000)
    yield from (states, seen, ages)


def _feeds(slugs: Sequence[str], now: int) -> Iterator[Metric]:
    age = GaugeMetricFamily("zerot_feed_age_seconds", "Age of the oldest signed document", labels=["territory", "feed"])
    left = GaugeMetricFamily("zerot_feed_left_seconds", "Until the first one expires", labels=["territory", "feed"])
    for slug in slugs:
        rows = FeedDocument.objects.filter(territory=slug).values("feed")
        for row in rows.annotate(oldest=Min("issued_at"), newest=Max("issued_at"), first=Min("expires_at")):
            age.add_metric([slug, row["feed"]], max(0, now - row["oldest"]) / 1000)
            left.add_metric([slug, row["feed"]], (row["first"] - now) / 1000)
    yield from (age, left)
