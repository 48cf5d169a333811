"""Which kiosk needs a visit, and why."""

from __future__ import annotations

from dataclasses import replace

from server.fleet.visits import Health, Urgency, reasons, urgency

NOW = 1_800_000_000_000
HOUR = 3_600_000
WELL = Health(
    name="BC-001",
    approved=True,
    last_seen_at=NOW - 60_000,
    reported_at=NOW - 60_000,
    software="1.0",
    content_version=7,
    facts_waiting=3,
    oldest_unsent_at=NOW - 60_000,
    disk_free_mb=20_000,
    clock_offset_ms=1_000,
    reader="ready",
    radio="on",
)


def _why(health: Health) -> list[str]:
    return [reason.text for reason in reasons(health, NOW, 7)]


def _urgency(health: Health) -> Urgency:
    return urgency(reasons(health, NOW, 7))


def test_a_kiosk_that_is_well_needs_nobody() -> None:
    assert _why(WELL) == [] and _urgency(WELL) is Urgency.WELL


def test_silence_grows_more_urgent() -> None:
    assert _urgency(replace(WELL, last_seen_at=NOW - 23 * HOUR)) is Urgency.WELL
    assert _urgency(replace(WELL, last_seen_at=NOW - 25 * HOUR)) is Urgency.SOON
    assert _why(replace(WELL, last_seen_at=NOW - 80 * HOUR)) == ["sans nouvelles depuis 3 jours"]


def test_what_broke_is_said_most_urgent_first() -> None:
    broken = replace(WELL, reader="no_reader", clock_offset_ms=-3 * 24 * HOUR, disk_free_mb=100, content_version=5)
    assert _why(broken) == [
        "lecteur de cartes débranché",
        "disque presque plein (100 Mo libres)",
        "horloge décalée de 3 jours",
        "contenu n° 5, le dernier est le n° 7",
    ]
    assert _urgency(broken) is Urgency.NOW


def test_sales_that_wait_a_week_stop_the_debits_so_somebody_must_go() -> None:
    assert _urgency(replace(WELL, oldest_unsent_at=NOW - 8 * 24 * HOUR)) is Urgency.NOW
    assert _urgency(replace(WELL, facts_waiting=6_000)) is Urgency.SOON


def test_one_version_behind_and_a_device_not_in_service_are_no_visit() -> None:
    assert _why(replace(WELL, content_version=6)) == []
    assert _why(replace(WELL, approved=False, reader="failed")) == []
    assert _why(Health("BC-002", True)) == ["ne s'est jamais connecté"]
