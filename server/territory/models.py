"""What a territory is made of: sites, partners, operators, beacons, and the lists that kiosks are sent.

Every row has a UUID key and its territory's slug, indexed. Times are milliseconds since 1970 UTC. Whatever changes
what kiosks are sent must call `touch`, which raises the territory's revision: an idle kiosk then costs one comparison.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F

from server.runtime import new_uuid, now_ms


class TerritoryRow(models.Model):
    """Common columns."""

    id = models.UUIDField(primary_key=True, default=new_uuid, editable=False)
    territory = models.CharField(max_length=64, db_index=True)

    class Meta:
        abstract = True


class Territory(models.Model):
    """One territory. `server_epoch` rises when the server was restored; `feed_number` counts documents ever issued."""

    id = models.UUIDField(primary_key=True, default=new_uuid, editable=False)
    slug = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    revision = models.BigIntegerField(default=1)
    server_epoch = models.BigIntegerField(default=1)
    feed_number = models.BigIntegerField(default=0)
    content_version = models.BigIntegerField(default=0)
    settings = models.JSONField(default=dict)  # programme, limits, rewards, language, mobile_url, help_phone


def touch(territory: str) -> None:
    """Say that what kiosks are sent has changed."""
    Territory.objects.filter(slug=territory).update(revision=F("revision") + 1)


class Site(TerritoryRow):
    """A place that takes the card or hosts a kiosk. `number` is the 16-bit site number on cards and in facts."""

    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    commune = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "number"], name="site_number_once")]


class Operator(TerritoryRow):
    """Somebody who opens the desk with their own card and PIN. Only the salted scrypt of the PIN is kept."""

    card_number = models.CharField(max_length=8)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20)
    rights = models.JSONField(default=list)
    expires_day = models.PositiveIntegerField()
    pin_salt = models.CharField(max_length=64)
    pin_hash = models.CharField(max_length=128)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "card_number"], name="operator_card_once")]


class Beacon(TerritoryRow):
    """A beacon that the territory owns. `payload` is its line of the `config` feed."""

    name = models.CharField(max_length=60)
    site_number = models.PositiveIntegerField()
    payload = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "name"], name="beacon_name_once")]


class BlockedCard(TerritoryRow):
    """A card that every kiosk refuses."""

    card_number = models.CharField(max_length=8)
    reason = models.CharField(max_length=20)  # lost, stolen, altered, replaced
    blocked_at = models.BigIntegerField(default=now_ms)
    blocked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "card_number"], name="blocked_card_once")]


class StaffAction(TerritoryRow):
    """Who did what in the back office. Rows are only added."""

    who = models.CharField(max_length=150)
    what = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    at = models.BigIntegerField(default=now_ms, db_index=True)
