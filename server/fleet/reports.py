"""What every device last said of itself, out of its newest `device.health` fact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

from domain.facts import FactKind
from server.cards.models import SiteKeyRollout
from server.devices.models import Device, DeviceState
from server.devices.roles import role_named
from server.fleet.visits import BATTERY_LOW_PERCENT, Health

_NEWEST = """
    SELECT device.name, (
        SELECT fact.body FROM ledger_fact AS fact
        WHERE fact.territory = device.territory AND fact.device = device.name AND fact.incarnation = head.incarnation
        AND fact.branch = head.branch AND fact.kind = %s ORDER BY fact.sequence DESC LIMIT 1), (
        SELECT fact.occurred_at FROM ledger_fact AS fact
        WHERE fact.territory = device.territory AND fact.device = device.name AND fact.incarnation = head.incarnation
        AND fact.branch = head.branch AND fact.kind = %s ORDER BY fact.sequence DESC LIMIT 1)
    FROM devices_device AS device JOIN ledger_head AS head
    ON head.territory = device.territory AND head.device = device.name
    WHERE device.territory = %s ORDER BY head.incarnation, head.updated_at
"""
SITE_KEY = 1
_KNOWN = {
    "software", "content_version", "facts_waiting", "disk_free_mb", "reader", "radio", "in_doubt", "oldest_unsent_at",
    "facts_oldest_at", "beacons", "site_key",
}  # fmt: skip


def fleet(territory: str) -> list[tuple[Device, Health]]:
    """Every device with its health, by name."""
    bodies: dict[str, tuple[dict[str, Any], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [FactKind.DEVICE_HEALTH, FactKind.DEVICE_HEALTH, territory])
        for name, body, at in cursor.fetchall():
            if body is not None:  # later rows are of newer lives
                bodies[name] = (json.loads(body), int(at))
    rows = Device.objects.filter(territory=territory).order_by("name")
    rollout = SiteKeyRollout.objects.filter(territory=territory).first()
    announced = rollout.announced if rollout is not None else 1
    return [(row, _health(row, announced, *bodies.get(row.name, ({}, None)))) for row in rows]


def _health(row: Device, announced: int, body: Mapping[str, Any], at: int | None) -> Health:
    oldest = _whole(body, "oldest_unsent_at")
    return Health(
        name=row.name,
        approved=row.state == DeviceState.APPROVED,
        last_seen_at=row.last_seen_at,
        reported_at=at,
        software=_text(body, "software") or row.software,
        content_version=_whole(body, "content_version"),
        facts_waiting=_whole(body, "facts_waiting"),
        oldest_unsent_at=_whole(body, "facts_oldest_at") if oldest is None else oldest,
        disk_free_mb=_whole(body, "disk_free_mb"),
        clock_offset_ms=row.clock_offset_ms,
        reader=_text(body, "reader"),
        radio=_text(body, "radio"),
        in_doubt=_whole(body, "in_doubt") or 0,
        site_key=_whole(body, "site_key"),
        site_key_wanted=announced if holds_site_key(row) else None,
        beacons_low=_low_batteries(body.get("beacons")),
        other={key: value for key, value in body.items() if key not in _KNOWN},
    )


def holds_site_key(row: Device) -> bool:
    """Whether a device of its role is given key 1."""
    role = role_named(row.role)
    return role is not None and SITE_KEY in role.card_keys


def _low_batteries(value: object) -> tuple[str, ...]:
    """Names of beacons whose battery is low, as far as the report lists beacons."""
    found = []
    for row in value if isinstance(value, list) else []:
        percent = row.get("battery_percent") if isinstance(row, dict) else None
        if isinstance(percent, int) and percent <= BATTERY_LOW_PERCENT:
            found.append(str(row.get("name", "balise"))[:60])
    return tuple(found)


def _whole(body: Mapping[str, Any], key: str) -> int | None:
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value[:64] if isinstance(value, str) else ""
