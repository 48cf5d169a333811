"""Publishing: the published offers become a catalogue file and blobs, named by a signed manifest.

The manifest's version only grows. Blobs are written and synced before the manifest that names them is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction

from domain.canonical import canonical_bytes
from domain.days import local_time
from domain.offers import Offer, Picture, Place
from domain.ports import Clock
from server.catalogue.extras import coupons_of, decorate, extras_of, reviews_of
from server.catalogue.models import KioskGroup
from server.catalogue.pack import PackManifest, build_pack
from server.catalogue.pictures import Encoded, PictureStore
from server.content.groups import EVERYTHING, MEGABYTE, Rules, select
from server.content.models import ContentBlob, ContentVersion
from server.devices.models import Device, DeviceState
from server.home import ServerHome
from server.imports.library import with_photos
from server.maps.travel import map_blobs, places_of
from server.runtime import MS_PER_DAY
from server.territory.models import Territory
from sync.content.catalogue_file import merit_order
from sync.keys import MANIFEST_TAG, ServerIdentity
from sync.protocol import Blob, Manifest, manifest_document

CONTENT_LIFE_DAYS = 60  # "all of it works for weeks with no network"
CATALOGUE_TYPE = "application/vnd.sqlite3"


class PublishRefused(ValueError):
    """Nothing was published; the message is one French sentence for staff."""


@dataclass(frozen=True, slots=True)
class Published:
    content_version: int
    offers: int
    blobs: int
    size_bytes: int


def publish(
    territory_slug: str,
    offers: Iterable[Offer],
    home: ServerHome,
    identity: ServerIdentity,
    clock: Clock,
    pictures: Callable[[Picture], bytes | Encoded | None] | None = None,
) -> Published:
    """Build, sign and store the next content version, for every group of kiosks its own.

    ``pictures`` are by default those that the imports fetched into the server's home. What is told is the version that
    kiosks without a group get. Raises PublishRefused, OSError when the disk refuses.
    """
    pictures = pictures or PictureStore(home.pictures).get
    known = Territory.objects.filter(slug=territory_slug).first()
    if known is None:
        raise PublishRefused(f"Le territoire « {territory_slug} » n'existe pas.")
    now = clock.now_ms()
    version = known.content_version + 1
    built_at = local_time(now).isoformat(timespec="seconds")
    kiosks = Device.objects.filter(territory=territory_slug, state=DeviceState.APPROVED).count()
    coupons = coupons_of(territory_slug, local_time(now).date(), kiosks)
    whole = merit_order(decorate(with_photos(territory_slug, offers), coupons, reviews_of(territory_slug)))
    if not whole:
        raise PublishRefused("Aucune offre n'est publiée : il n'y a rien à envoyer.")
    packs = {
        rules.name: build_pack(
            select(whole, rules),
            pictures,
            home.blobs,
            version,
            territory=territory_slug,
            built_at=built_at,
            extras=extras_of(territory_slug, rules.name),
            bytes_max=rules.bytes_max,
        )
        for rules in (Rules(), *group_rules(territory_slug))
    }
    maps = map_blobs(territory_slug, places_of(whole), home)
    with transaction.atomic():
        territory = Territory.objects.select_for_update().get(slug=territory_slug)
        if territory.content_version >= version:
            raise PublishRefused("Une autre publication vient d'avoir lieu : recommencez.")
        for group, pack in packs.items():
            _store(pack, group, maps, identity, now)
        territory.content_version = version
        territory.save(update_fields=["content_version"])
    pack = packs[EVERYTHING]
    size = pack.bytes + sum(blob.bytes for blob in maps)
    return Published(version, pack.offers, len(pack.blobs) + len(maps), size)


def group_of(device: Device) -> str:
    """The group that a device is in; '' for none."""
    groups = KioskGroup.objects.filter(territory=device.territory).values_list("name", "members")
    return next((name for name, members in groups if device.name in members), EVERYTHING)


def group_rules(territory_slug: str) -> list[Rules]:
    """What the groups of a territory are entitled to."""
    return [
        Rules(
            name=row.name,
            categories=frozenset(row.categories),
            sources=frozenset(row.sources),
            languages=frozenset(row.languages),
            center=Place("", "", row.center_latitude, row.center_longitude) if row.radius_km else None,
            radius_m=row.radius_km * 1000.0,
            offers_max=row.offers_max,
            bytes_max=row.megabytes_max * MEGABYTE,
            pictures=row.pictures,
        )
        for row in KioskGroup.objects.filter(territory=territory_slug).order_by("name")
    ]


def _store(pack: PackManifest, group: str, maps: tuple[Blob, ...], identity: ServerIdentity, now: int) -> None:
    """One group's version; `maps` are sent to every group."""
    manifest = Manifest(
        territory=pack.territory,
        content_version=pack.content_version,
        issued_at=now,
        expires_at=now + CONTENT_LIFE_DAYS * MS_PER_DAY,
        catalogue_sha256=pack.catalogue.sha256,
        catalogue_bytes=pack.catalogue.bytes,
        blobs=(*(Blob(blob.sha256, blob.bytes, blob.type, blob.key) for blob in pack.blobs), *maps),
    )
    catalogue = Blob(pack.catalogue.sha256, pack.catalogue.bytes, pack.catalogue.type, pack.catalogue.key)
    document = manifest_document(manifest)
    ContentVersion.objects.create(
        territory=pack.territory,
        group=group,
        content_version=pack.content_version,
        manifest=canonical_bytes(document).decode(),
        signature=identity.sign_document(MANIFEST_TAG, document),
        issued_at=manifest.issued_at,
        expires_at=manifest.expires_at,
        offers=pack.offers,
        size_bytes=pack.bytes + sum(blob.bytes for blob in maps),
    )
    ContentBlob.objects.bulk_create(
        [
            ContentBlob(territory=pack.territory, sha256=blob.sha256, size_bytes=blob.bytes, media_type=blob.type)
            for blob in {blob.sha256: blob for blob in (catalogue, *manifest.blobs)}.values()
        ],
        ignore_conflicts=True,
    )


def newest_version(territory_slug: str, group: str = EVERYTHING) -> ContentVersion | None:
    """What kiosks of a group are to show: the newest version's pack of that group, else the one for everybody."""
    newest = ContentVersion.objects.filter(territory=territory_slug).order_by("-content_version").first()
    if newest is None:
        return None
    found = {
        row.group: row
        for row in ContentVersion.objects.filter(
            territory=territory_slug, content_version=newest.content_version, group__in={group, EVERYTHING}
        )
    }
    return found.get(group) or found.get(EVERYTHING)


def renew(
    territory_slug: str, identity: ServerIdentity, clock: Clock, group: str = EVERYTHING
) -> ContentVersion | None:
    """The newest version, signed again under the next number once half its life is gone; None when there is none.

    Kiosks refuse an expired manifest: without this, content that nobody changes would vanish from their screens.
    """
    newest = newest_version(territory_slug, group)
    now = clock.now_ms()
    if newest is None or now < (newest.issued_at + newest.expires_at) // 2:
        return newest
    with transaction.atomic():
        territory = Territory.objects.select_for_update().get(slug=territory_slug)
        if territory.content_version != newest.content_version:
            return newest_version(territory_slug, group)
        for row in ContentVersion.objects.filter(territory=territory_slug, content_version=newest.content_version):
            _sign_again(row, identity, now, newest.content_version + 1)
        territory.content_version = newest.content_version + 1
        territory.save(update_fields=["content_version"])
    return newest_version(territory_slug, group)


def jump_ahead(territory: Territory, jump: int, identity: ServerIdentity, now: int) -> None:
    """Sign the newest version again under a number far above any that a forgotten publication may have had."""
    newest = territory.content_version
    if not ContentVersion.objects.filter(territory=territory.slug, content_version=newest).exists():
        return
    for row in ContentVersion.objects.filter(territory=territory.slug, content_version=newest):
        _sign_again(row, identity, now, newest + jump)
    territory.content_version = newest + jump
    territory.save(update_fields=["content_version"])


def _sign_again(row: ContentVersion, identity: ServerIdentity, now: int, version: int) -> None:
    document = {
        **json.loads(row.manifest),
        "content_version": version,
        "issued_at": now,
        "expires_at": now + CONTENT_LIFE_DAYS * MS_PER_DAY,
    }
    ContentVersion.objects.create(
        territory=row.territory,
        group=row.group,
        content_version=version,
        manifest=canonical_bytes(document).decode(),
        signature=identity.sign_document(MANIFEST_TAG, document),
        issued_at=now,
        expires_at=now + CONTENT_LIFE_DAYS * MS_PER_DAY,
        offers=row.offers,
        size_bytes=row.size_bytes,
    )
