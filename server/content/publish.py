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
from domain.offers import Offer, Picture
from domain.ports import Clock
from server.catalogue.pack import build_pack
from server.catalogue.pictures import Encoded, PictureStore
from server.content.models import ContentBlob, ContentVersion
from server.home import ServerHome
from server.runtime import MS_PER_DAY
from server.territory.models import Territory
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
    """Build, sign and store the next content version. Raises PublishRefused, OSError when the disk refuses.

    ``pictures`` are by default those that the imports fetched into the server's home.
    """
    pictures = pictures or PictureStore(home.pictures).get
    known = Territory.objects.filter(slug=territory_slug).first()
    if known is None:
        raise PublishRefused(f"Le territoire « {territory_slug} » n'existe pas.")
    now = clock.now_ms()
    version = known.content_version + 1
    built_at = local_time(now).isoformat(timespec="seconds")
    pack = build_pack(offers, pictures, home.blobs, version, territory=territory_slug, built_at=built_at)
    if pack.offers == 0:
        raise PublishRefused("Aucune offre n'est publiée : il n'y a rien à envoyer.")
    manifest = Manifest(
        territory=territory_slug,
        content_version=version,
        issued_at=now,
        expires_at=now + CONTENT_LIFE_DAYS * MS_PER_DAY,
        catalogue_sha256=pack.catalogue.sha256,
        catalogue_bytes=pack.catalogue.bytes,
        blobs=tuple(Blob(blob.sha256, blob.bytes, blob.type, blob.key) for blob in pack.blobs),
    )
    document = manifest_document(manifest)
    with transaction.atomic():
        territory = Territory.objects.select_for_update().get(slug=territory_slug)
        if territory.content_version >= version:
            raise PublishRefused("Une autre publication vient d'avoir lieu : recommencez.")
        ContentVersion.objects.create(
            territory=territory_slug,
            content_version=version,
            manifest=canonical_bytes(document).decode(),
            signature=identity.sign_document(MANIFEST_TAG, document),
            issued_at=manifest.issued_at,
            expires_at=manifest.expires_at,
            offers=pack.offers,
        )
        ContentBlob.objects.bulk_create(
            [
                ContentBlob(territory=territory_slug, sha256=blob.sha256, size_bytes=blob.bytes, media_type=blob.type)
                for blob in {blob.sha256: blob for blob in (pack.catalogue, *pack.blobs)}.values()
            ],
            ignore_conflicts=True,
        )
        territory.content_version = version
        territory.save(update_fields=["content_version"])
    return Published(version, pack.offers, len(pack.blobs), pack.bytes)


def renew(territory_slug: str, identity: ServerIdentity, clock: Clock) -> ContentVersion | None:
    """The newest version, signed again under the next number once half its life is gone; None when there is none.

    Kiosks refuse an expired manifest: without this, content that nobody changes would vanish from their screens.
    """
    newest = ContentVersion.objects.filter(territory=territory_slug).order_by("-content_version").first()
    now = clock.now_ms()
    if newest is None or now < (newest.issued_at + newest.expires_at) // 2:
        return newest
    with transaction.atomic():
        territory = Territory.objects.select_for_update().get(slug=territory_slug)
        if territory.content_version != newest.content_version:
            return ContentVersion.objects.filter(territory=territory_slug).order_by("-content_version").first()
        version = newest.content_version + 1
        document = {
            **json.loads(newest.manifest),
            "content_version": version,
            "issued_at": now,
            "expires_at": now + CONTENT_LIFE_DAYS * MS_PER_DAY,
        }
        renewed = ContentVersion.objects.create(
            territory=territory_slug,
            content_version=version,
            manifest=canonical_bytes(document).decode(),
            signature=identity.sign_document(MANIFEST_TAG, document),
            issued_at=now,
            expires_at=now + CONTENT_LIFE_DAYS * MS_PER_DAY,
            offers=newest.offers,
        )
        territory.content_version = version
        territory.save(update_fields=["content_version"])
    return renewed
