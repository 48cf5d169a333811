"""Retention on the server (design note "Trust"): security logs 12 months, codes and nonces days, money six years.

Facts and legs are never thrown away here: they are the till's, for six years, and the database refuses it.
"""

from __future__ import annotations

import json

from django.contrib.sessions.models import Session
from django.utils import timezone

from server.content.models import ContentBlob, ContentVersion
from server.devices.models import Nonce, PairingCode
from server.home import ServerHome
from server.runtime import MS_PER_DAY
from server.territory.models import StaffAction

NONCE_MS = 2 * MS_PER_DAY  # a request older than that is refused by its date on the routes that remember nonces
CODE_MS = 30 * MS_PER_DAY
ACTIONS_MS = 366 * MS_PER_DAY
VERSIONS_KEPT = 20  # a kiosk that was away comes back to a newer one; older ones serve nobody
# Who touched money stays as long as the money's own records.
_MONEY = ("correction.", "payment.", "partner.", "statement.", "quarantine.", "doubt.", "risk.", "hole.", "bank.")


def throw_away(territory: str, home: ServerHome, now_ms: int) -> dict[str, int]:
    """Counts of what went."""
    nonces, _ = Nonce.objects.filter(territory=territory, seen_at__lt=now_ms - NONCE_MS).delete()
    codes, _ = PairingCode.objects.filter(territory=territory, expires_at__lt=now_ms - CODE_MS).delete()
    actions = StaffAction.objects.filter(territory=territory, at__lt=now_ms - ACTIONS_MS)
    for prefix in _MONEY:
        actions = actions.exclude(what__startswith=prefix)
    old, _ = actions.delete()
    sessions, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return {
        "nonces": nonces,
        "codes": codes,
        "actions": old,
        "sessions": sessions,
        "blobs": _old_blobs(territory, home),
    }


def _old_blobs(territory: str, home: ServerHome) -> int:
    """Blobs that none of the newest versions of any territory names."""
    versions = ContentVersion.objects.filter(territory=territory).order_by("-content_version")
    if versions.count() <= VERSIONS_KEPT:
        return 0
    kept: set[str] = set()
    for text in versions[:VERSIONS_KEPT].values_list("manifest", flat=True):
        manifest = json.loads(text)
        kept.add(manifest["catalogue"]["sha256"])
        kept.update(blob["sha256"] for blob in manifest["blobs"])
    gone = 0
    for row in ContentBlob.objects.filter(territory=territory).exclude(sha256__in=kept):
        row.delete()
        gone += 1
        if not ContentBlob.objects.filter(sha256=row.sha256).exists():
            home.blob(row.sha256).unlink(missing_ok=True)
    return gone
