"""GET /api/v1/feeds: the newest document of each feed for one device, issued again only when it changed or ages.

An idle kiosk costs one comparison of revisions: nothing is rebuilt while the territory's revision stands and no
document has used up half its life.
"""

from __future__ import annotations

import json

from django.db import transaction
from django.db.models import F

from domain.canonical import JsonObject, canonical_bytes, digest
from domain.ports import Clock
from server.cards.feed import CREDITS_LIFE_DAYS, credits_core
from server.cards.site_key import KEYS_LIFE_DAYS, keys_core
from server.content.allowance import outgrown
from server.content.documents import wanted_documents
from server.content.models import FeedDocument
from server.devices.models import Device
from server.ledger.chains import acknowledged
from server.risk.configuration import risk_in_force
from server.runtime import MS_PER_DAY
from server.territory.models import Territory
from sync.keys import FEED_TAG, ServerIdentity
from sync.protocol import Cursor, ErrorCode, FeedEntry, FeedsAnswer, WireError, feed_document


def read_feeds(device: Device, cursor: Cursor, identity: ServerIdentity, clock: Clock) -> FeedsAnswer:
    """What the device has not read since `cursor`; everything when the server's epoch is another."""
    now = clock.now_ms()
    territory = Territory.objects.filter(slug=device.territory).first()
    if territory is None:
        raise WireError(ErrorCode.NOT_FOUND, "the device's territory is not on this server")
    rows = list(FeedDocument.objects.filter(territory=device.territory, device_name=device.name))
    if not _fresh(rows, territory, device, now):
        rows = _issue(device, identity, now)
    after = cursor.number if cursor.epoch == territory.server_epoch else 0
    newest = max((row.number for row in rows), default=0)
    entries = tuple(
        FeedEntry(row.feed, row.number, json.loads(row.document), bytes(row.signature))
        for row in sorted(rows, key=lambda row: row.number)
        if row.number > after
    )
    return FeedsAnswer(
        cursor=Cursor(territory.server_epoch, max(newest, after)),
        server_epoch=territory.server_epoch,
        time=clock.now_ms(),
        acknowledged=acknowledged(device.territory, device.name),
        manifest_version=territory.content_version,
        entries=entries,
    )


def _fresh(rows: list[FeedDocument], territory: Territory, device: Device, now: int) -> bool:
    """Whether nothing has changed: the revision covers the territory, the stamp the device's own record.

    What a desk may load also changes with the books.
    """
    stamp = f"{territory.revision}:{device.incarnation}:{device.allowance_cents}:{device.site_number}"
    current = bool(rows) and all(
        row.revision_stamp == stamp and now < (row.issued_at + row.expires_at) // 2 for row in rows
    )
    return current and not outgrown(device, next((row for row in rows if row.feed == "allowance"), None))


def _issue(device: Device, identity: ServerIdentity, now: int) -> list[FeedDocument]:
    """Sign what changed or has used up half its life. One writer per territory at a time, so numbers only grow."""
    with transaction.atomic():
        territory = Territory.objects.select_for_update().get(slug=device.territory)
        rows = {row.feed: row for row in FeedDocument.objects.filter(territory=territory.slug, device_name=device.name)}
        stamp = f"{territory.revision}:{device.incarnation}:{device.allowance_cents}:{device.site_number}"
        risk = risk_in_force(territory, identity.public, now)
        wanted = wanted_documents(territory, device, rows, risk.limits)
        credits = credits_core(territory, device, identity, now)
        if credits is not None:
            wanted["credits"] = (credits, CREDITS_LIFE_DAYS)
        keys = keys_core(device)
        if keys is not None:
            wanted["keys"] = (keys, KEYS_LIFE_DAYS)
        for feed, (core, days) in wanted.items():
            row = rows.get(feed) or FeedDocument(territory=territory.slug, device_name=device.name, feed=feed)
            mark = digest(core).hex()
            aged = row.number is not None and now >= (row.issued_at + row.expires_at) // 2
            if row.number is None or row.core_digest != mark or aged:
                expires_at = now + days * MS_PER_DAY
                if feed == "config" and risk.expires_at is not None:
                    expires_at = min(expires_at, risk.expires_at)  # what was granted for a time ends with it
                _sign(row, territory, {**core, "issued_at": now, "expires_at": expires_at}, identity)
                row.core_digest = mark
            row.revision_stamp = stamp
            row.save()
            rows[feed] = row
        for feed in set(rows) - set(wanted):
            rows.pop(feed).delete()
    return list(rows.values())


def _sign(row: FeedDocument, territory: Territory, document: JsonObject, identity: ServerIdentity) -> None:
    Territory.objects.filter(pk=territory.pk).update(feed_number=F("feed_number") + 1)
    territory.refresh_from_db(fields=["feed_number"])
    row.number = territory.feed_number
    row.document = canonical_bytes(document).decode()
    row.signature = identity.sign_document(FEED_TAG, feed_document(row.feed, row.number, document))
    row.issued_at = int(str(document["issued_at"]))
    row.expires_at = int(str(document["expires_at"]))
