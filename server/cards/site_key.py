"""A new site key: every kiosk has it before the first card does.

Kiosks hold the masters of the site key, and one that lacks a version cannot open a card that has it. So the feed `keys`
names the newest version; a kiosk then fetches its profile again and says in `device.health` which it holds; cards get
the version once no approved device lacks it. A kiosk that was stolen is revoked first: it counts no more.
"""

from __future__ import annotations

from domain.canonical import JsonObject
from server.cards.models import SiteKeyRollout
from server.devices.models import Device
from server.fleet.reports import fleet, holds_site_key
from server.territory.models import touch

KEYS_LIFE_DAYS = 60


def announce_site_key(territory: str, version: int) -> None:
    """Kiosks are to fetch it. Call inside a transaction."""
    SiteKeyRollout.objects.update_or_create(territory=territory, defaults={"announced": version})
    touch(territory)


def site_key_ready(territory: str) -> int:
    """The newest version that a card may have."""
    row = SiteKeyRollout.objects.filter(territory=territory).first()
    return row.ready if row is not None else 1


def lacking_site_key(territory: str) -> list[str]:
    """Names of the approved devices that have not said that they hold the announced version."""
    return [health.name for _, health in fleet(territory) if health.approved and health.lacks_site_key]


def spread_site_key(territory: str) -> dict[str, int]:
    """Let cards have the announced version once no device lacks it. How many lack it."""
    row = SiteKeyRollout.objects.filter(territory=territory).first()
    if row is None or row.ready == row.announced:
        return {"lacking": 0}
    lacking = lacking_site_key(territory)
    if not lacking:
        SiteKeyRollout.objects.filter(pk=row.pk, announced=row.announced).update(ready=row.announced)
    return {"lacking": len(lacking)}


def keys_core(device: Device) -> JsonObject | None:
    """The `keys` feed: which version of the site key the device should hold. None for whoever needs none."""
    row = SiteKeyRollout.objects.filter(territory=device.territory).first()
    if row is None or not holds_site_key(device):
        return None
    return {"version": 1, "territory": device.territory, "device": device.name, "site": row.announced}
