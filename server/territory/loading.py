"""A territory from its file: sites, beacons, programme and rewards into tables, its offers as published drafts, the
club's coupons on them.

The file is the demo territory's form, version 1 (assets/territory). Loading it again changes only what has changed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from domain.config import ConfigRefused, parse_pass
from domain.days import local_day
from domain.ports import Clock
from server.catalogue.drafts import save_offer_rows
from server.catalogue.models import ClubCoupon, OfferDraft, SourceRecord
from server.territory.models import Beacon, Site, Territory, touch
from sync.content.codec import offer_from_json

FILE_VERSION = 1
FILE_BYTES_MAX = 64 << 20
SOURCE = "territory"
_CODE = re.compile(r"[A-Z0-9-]{3,20}")


class TerritoryRefused(ValueError):
    """The file cannot be used; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """`offers_changed` counts new and altered ones, and new coupons: nothing to publish when it is 0."""

    slug: str
    sites: int
    beacons: int
    offers: int
    offers_changed: int


def read_territory_file(path: Path) -> dict[str, Any]:
    """The document, shaped enough to load. Raises TerritoryRefused."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise TerritoryRefused(f"{path} is larger than {FILE_BYTES_MAX} bytes.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TerritoryRefused(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise TerritoryRefused(f"{path} is not JSON.") from error
    if not isinstance(document, dict) or document.get("version") != FILE_VERSION:
        raise TerritoryRefused(f"{path} is not a territory file of version {FILE_VERSION}.")
    return document


def load_territory(document: dict[str, Any], clock: Clock) -> Loaded:
    """Write it all in one transaction. Raises TerritoryRefused naming what is missing."""
    try:
        with transaction.atomic():
            return _load(document, clock)
    except (KeyError, TypeError, IndexError) as error:
        raise TerritoryRefused(f"The territory file lacks or misspells {error}.") from error


def _load(document: dict[str, Any], clock: Clock) -> Loaded:
    head, slug = document["territory"], document["territory"]["slug"]
    settings = {
        "language": head.get("language", "fr"),
        "mobile_url": head.get("mobile_url", ""),
        "help_phone": head.get("help_phone", ""),
        "programme": document["programme"],
        "rewards": [
            {"id": row["id"], "points": row["points"], "texts": row["texts"]} for row in document.get("rewards", [])
        ],
        "passes": document.get("passes", []),
    }
    for row in settings["passes"]:
        _check_pass(row)
    territory, created = Territory.objects.get_or_create(slug=slug, defaults={"name": head["name"]})
    changed = created or (territory.name, territory.settings) != (head["name"], settings)
    territory.name, territory.settings = head["name"], settings
    territory.save(update_fields=["name", "settings"])
    sites = [row for row in document.get("partners", []) if row.get("site_number")]
    for row in sites:
        changed |= _put_site(slug, row)
    beacons = document.get("beacons", [])
    for row in beacons:
        changed |= _put_beacon(slug, row)
    if changed:
        touch(slug)
    offers = document.get("offers", [])
    for row in offers:
        _check_offer(row)
    saved = save_offer_rows(offers, SOURCE, slug, local_day(clock.now_ms()))
    fresh = OfferDraft.objects.filter(territory=slug, source=SOURCE, state=OfferDraft.State.DRAFT)
    published = fresh.update(state=OfferDraft.State.PUBLISHED)
    coupons = _put_coupons(document, slug)
    changed_offers = max(saved.created + saved.updated, published) + coupons
    return Loaded(slug, len(sites), len(beacons), len(offers), changed_offers)


def _put_coupons(document: dict[str, Any], slug: str) -> int:
    """Coupons that are not there yet; how many. One that is there is the curator's: stopped, it stays stopped."""
    members = {row["id"]: row["name"] for row in document.get("partners", [])}
    offers = {row["id"]: row["id"] for row in document.get("offers", [])}
    # A merged offer goes on under another name.
    offers |= dict(SourceRecord.objects.filter(territory=slug, source=SOURCE).values_list("source_id", "offer"))
    fresh = 0
    for row in document.get("coupons", []):
        texts = row["texts"]
        if not _CODE.fullmatch(row["code"]) or date.fromisoformat(row["last"]) < date.fromisoformat(row["first"]):
            raise TerritoryRefused(f"The coupon {row['id']!r} cannot be used: its code or its days are wrong.")
        values = {
            "territory": slug,
            "offer": offers[row["offer_id"]],
            "member": members[row["partner_id"]][:120],
            "text_fr": texts["fr"][:160],
            "text_en": texts.get("en", "")[:160],
            "code": row["code"],
            "first_day": row["first"],
            "last_day": row["last"],
        }
        fresh += ClubCoupon.objects.get_or_create(id=uuid5(NAMESPACE_URL, f"{slug}/{row['id']}"), defaults=values)[1]
    return fresh


def _check_pass(row: dict[str, Any]) -> None:
    """A kiosk that cannot read one pass would refuse its whole configuration: refuse it here."""
    try:
        parse_pass(row)
    except ConfigRefused as error:
        raise TerritoryRefused(f"The pass {row.get('id')!r} cannot be used: {error}") from error


def _check_offer(row: dict[str, Any]) -> None:
    try:
        offer_from_json(row)
    except ValueError as error:
        raise TerritoryRefused(f"The offer {row.get('id')!r} cannot be used: {error}.") from error


def _put_site(slug: str, row: dict[str, Any]) -> bool:
    commune, _, latitude, longitude = row["place"]
    values = {
        "name": row["name"],
        "commune": commune,
        "kind": row.get("kind", ""),
        "latitude": float(latitude),
        "longitude": float(longitude),
    }
    site, created = Site.objects.get_or_create(territory=slug, number=row["site_number"], defaults=values)
    if created:
        return True
    changed = any(getattr(site, name) != value for name, value in values.items())
    if changed:
        Site.objects.filter(pk=site.pk).update(**values)
    return changed


def _put_beacon(slug: str, row: dict[str, Any]) -> bool:
    values = {"site_number": row["site_number"], "payload": row}
    beacon, created = Beacon.objects.get_or_create(territory=slug, name=row["name"], defaults=values)
    if created or beacon.payload == row:
        return created
    Beacon.objects.filter(pk=beacon.pk).update(**values)
    return True
