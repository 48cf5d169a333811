"""What each feed says to one device, without its dates: read from the territory's tables (docs/sync-protocol.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256

from django.conf import settings as server_settings

from domain.canonical import JsonObject, JsonValue
from domain.config import CONFIG_VERSION, Limits
from server.content.allowance import allowance_due
from server.content.models import FeedDocument
from server.devices.models import Device
from server.territory.models import Beacon, BlockedCard, Operator, Site, Territory

# A configuration must outlive weeks without a line; money has its own, shorter limits (seven days, design "The card").
CONFIG_LIFE_DAYS = 60
BLOCKLIST_LIFE_DAYS = 60
ALLOWANCE_LIFE_DAYS = 14
IDENTITY_LIFE_DAYS = 60
BLOCKLIST_MAX = 20_000


def wanted_documents(
    territory: Territory, device: Device, kept: Mapping[str, FeedDocument], limits: Limits
) -> dict[str, tuple[JsonObject, int]]:
    """Per feed: the document's core and how many days it holds. `kept` are those issued before, by feed."""
    documents = {
        "config": (config_core(territory, device, limits), CONFIG_LIFE_DAYS),
        "blocklist": (blocklist_core(territory.slug), BLOCKLIST_LIFE_DAYS),
    }
    if device.allowance_cents:
        documents["allowance"] = (allowance_core(device, kept.get("allowance")), ALLOWANCE_LIFE_DAYS)
    if device.roll_requested and device.public_key is not None:
        documents["identity"] = (identity_core(device), IDENTITY_LIFE_DAYS)
    return documents


def identity_core(device: Device) -> JsonObject:
    """The `identity` feed: the key that is to be replaced. Another key makes it mean nothing."""
    return {
        "version": 1,
        "territory": device.territory,
        "device": device.name,
        "replace": sha256(bytes(device.public_key or b"")).hexdigest(),
    }


def config_core(territory: Territory, device: Device, limits: Limits) -> JsonObject:
    """The `config` feed. Coordinates are decimal text: signed JSON has no fractions."""
    settings = territory.settings
    programme = settings.get("programme", {})
    sites = list(Site.objects.filter(territory=territory.slug).order_by("number"))
    return {
        "version": CONFIG_VERSION,
        "territory": territory.slug,
        "territory_name": territory.name,
        "device": device.name,
        "site": _site(device, sites),
        "language": device.language,
        "limits": asdict(limits),
        "programme": {
            "number": programme.get("number", 1),
            "name": programme.get("name", territory.name),
            "points_per_site_day": programme.get("points_per_site_day", 40),
            "award_on_tap": programme.get("award_on_tap", False),
        },
        "idle_seconds": settings.get("idle_seconds", 45),
        "operators": [_operator(row) for row in _operators(territory.slug)],
        "sites": [{"number": site.number, "name": site.name} for site in sites],
        "beacons": [row.payload for row in Beacon.objects.filter(territory=territory.slug).order_by("name")],
        "rewards": settings.get("rewards", []),
        "passes": settings.get("passes", []),
        "mobile_url": settings.get("mobile_url", "") or _own_address(),
        "help_phone": settings.get("help_phone", ""),
    }


def _own_address() -> str:
    """This server's address, where somebody said it: its public pages stand there."""
    return "" if server_settings.PUBLIC_URL_IS_DEFAULT else str(server_settings.PUBLIC_URL)


def blocklist_core(territory: str) -> JsonObject:
    """The `blocklist` feed, at most BLOCKLIST_MAX cards, the newest first to be kept."""
    rows = BlockedCard.objects.filter(territory=territory).order_by("-blocked_at", "card_number")[:BLOCKLIST_MAX]
    cards: list[JsonValue] = [{"card_number": row.card_number, "reason": row.reason} for row in rows]
    return {"version": 1, "territory": territory, "cards": cards}


def allowance_core(device: Device, kept: FeedDocument | None) -> JsonObject:
    """What the desk may have loaded in all in its incarnation: a re-paired desk has nothing until it was online."""
    return {
        "version": 1,
        "territory": device.territory,
        "device": device.name,
        "incarnation": device.incarnation,
        "amount_cents": allowance_due(device, kept),
    }


def _site(device: Device, sites: list[Site]) -> dict[str, JsonValue]:
    site = next((row for row in sites if row.number == device.site_number), None)
    return {
        "number": device.site_number,
        "name": site.name if site else device.name,
        "commune": site.commune if site else "—",
        "latitude": f"{site.latitude if site else 0:.6f}",
        "longitude": f"{site.longitude if site else 0:.6f}",
        "ppi": device.ppi,
        "reader_place": device.reader_place,
    }


def _operators(territory: str) -> list[Operator]:
    return list(Operator.objects.filter(territory=territory).order_by("card_number"))


def _operator(row: Operator) -> dict[str, JsonValue]:
    return {
        "card_number": row.card_number,
        "name": row.name,
        "role": row.role,
        "rights": list(row.rights),
        "expires_day": row.expires_day,
        "pin_salt": row.pin_salt,
        "pin_hash": row.pin_hash,
    }
