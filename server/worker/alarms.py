"""Alarms that no single fact raises: silence, full disks, the float against the law, payments that wait, old feeds.

An alarm stands once per cause; when the cause has gone and nobody has looked, it ends by itself and says so.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Sum

from domain.days import local_day
from server.content.models import FeedDocument
from server.fleet.reports import fleet
from server.fleet.visits import Urgency, reasons
from server.ledger.models import Alarm, Balance, Quarantined
from server.reconciliation.holes import holes
from server.runtime import MS_PER_DAY
from server.territory.models import Territory

# Above 1 M€ outstanding, or loaded over twelve months, other rules begin: warned of in time (design note "Trust").
FLOAT_LIMIT_CENTS = 100_000_000
FLOAT_STEPS = (90, 70)  # percent
QUARANTINE_MS = 2 * MS_PER_DAY
ENDED = "terminée d'elle-même"
_MINE = ("visit", "float", "volume", "quarantine_old", "hole", "feed_old")


def raise_alarms(territory: Territory, now_ms: int) -> dict[str, int]:
    """Raise what is new, end what is over; counts."""
    slug = territory.slug
    standing = [*_visits(territory, now_ms), *_float(slug, now_ms), *_waiting(slug, now_ms), *_holes(slug)]
    standing += _feeds(slug, now_ms)
    keys = {(row.code, row.device, row.subject) for row in standing}
    known = {(row.code, row.device, row.subject): row for row in Alarm.objects.filter(territory=slug, code__in=_MINE)}
    ended = 0
    for key, row in known.items():
        if key not in keys and row.seen_by == "":
            row.seen_by = ENDED
            row.save(update_fields=["seen_by"])
            ended += 1
        elif key in keys and row.seen_by == ENDED:
            row.seen_by, row.raised_at = "", now_ms
            row.save(update_fields=["seen_by", "raised_at"])
    fresh = [row for row in standing if (row.code, row.device, row.subject) not in known]
    Alarm.objects.bulk_create(fresh, ignore_conflicts=True)
    return {"raised": len(fresh), "ended": ended, "standing": len(standing)}


def _visits(territory: Territory, now_ms: int) -> list[Alarm]:
    found = []
    for device, health in fleet(territory.slug):
        urgent = [row for row in reasons(health, now_ms, territory.content_version) if row.urgency is Urgency.NOW]
        if urgent:
            text = f"{device.name} : {', '.join(row.text for row in urgent)}."
            found.append(_alarm(territory.slug, "visit", device.name, "à visiter", text))
    return found


def _float(slug: str, now_ms: int) -> list[Alarm]:
    on_cards = Balance.objects.filter(territory=slug, asset="EUR", account__startswith="card:")
    outstanding = int(on_cards.aggregate(total=Sum("amount"))["total"] or 0)
    month = local_day(now_ms).strftime("%Y-%m")
    found = []
    for percent in FLOAT_STEPS:
        if outstanding * 100 >= FLOAT_LIMIT_CENTS * percent:
            text = f"Les cartes portent {outstanding // 100} €, plus de {percent} % du million d'euros de la loi."
            found.append(_alarm(slug, "float", "", f"{percent} % {month}", text))
            break
    loaded = loaded_cents(slug, now_ms - 365 * MS_PER_DAY)
    for percent in FLOAT_STEPS:
        if loaded * 100 >= FLOAT_LIMIT_CENTS * percent:
            text = f"{loaded // 100} € chargés en douze mois, plus de {percent} % du million d'euros de la loi."
            found.append(_alarm(slug, "volume", "", f"{percent} % {month}", text))
            break
    return found


def loaded_cents(slug: str, since_ms: int) -> int:
    """Cents loaded onto cards since a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(leg.amount), 0) FROM ledger_transfer AS transfer JOIN ledger_leg AS leg "
            "ON leg.territory = transfer.territory AND leg.transfer_id = transfer.id "
            "WHERE transfer.territory = %s AND transfer.kind = 'load' AND transfer.occurred_at >= %s "
            "AND leg.asset = 'EUR' AND leg.amount > 0",
            [slug, since_ms],
        )
        return int(cursor.fetchone()[0])


def _waiting(slug: str, now_ms: int) -> list[Alarm]:
    old = Quarantined.objects.filter(territory=slug, released_at=None, received_at__lt=now_ms - QUARANTINE_MS).count()
    if not old:
        return []
    return [_alarm(slug, "quarantine_old", "", "quarantaine", f"{old} faits attendent depuis plus de deux jours.")]


def _holes(slug: str) -> list[Alarm]:
    return [
        _alarm(slug, "hole", hole.device, hole.key, f"{hole.device} : il manque les faits {hole.first} à {hole.last}.")
        for hole in holes(slug)
        if not hole.explained
    ]


def _feeds(slug: str, now_ms: int) -> list[Alarm]:
    old = FeedDocument.objects.filter(territory=slug, expires_at__lt=now_ms + MS_PER_DAY).values_list(
        "device_name", flat=True
    )
    return [
        _alarm(slug, "feed_old", name, "documents", f"{name} : ses documents signés expirent, rien ne les renouvelle.")
        for name in sorted(set(old))
    ]


def _alarm(slug: str, code: str, device: str, subject: str, detail: str) -> Alarm:
    return Alarm(territory=slug, code=code, device=device, subject=subject[:80], detail=detail[:300])
