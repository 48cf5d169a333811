"""Devices, their pairing codes and the nonces of requests that must not be repeated."""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class DeviceState(models.TextChoices):
    CREATED = "created", "à appairer"
    WAITING = "waiting", "à approuver"
    APPROVED = "approved", "en service"
    REFUSED = "refused", "refusé"
    REVOKED = "revoked", "révoqué"


class Device(TerritoryRow):
    """A kiosk, a desk or a screen. `name` is the device id of the protocol and of facts, unique on this server.

    `incarnation` is the first number that the present key may use; it grows at each pairing. `words` are the eight
    words of the claim, kept because computing them costs a scrypt.
    """

    name = models.CharField(max_length=32, unique=True)
    site_number = models.PositiveIntegerField()
    role = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=DeviceState.choices, default=DeviceState.CREATED)
    public_key = models.BinaryField(null=True)  # SPKI DER, P-256
    sealing_key = models.BinaryField(null=True)  # 32 bytes, X25519
    words = models.CharField(max_length=200, blank=True)
    incarnation = models.PositiveIntegerField(default=0)
    software = models.CharField(max_length=64, blank=True)
    ppi = models.PositiveIntegerField(default=97)
    reader_place = models.CharField(max_length=10, default="below")
    language = models.CharField(max_length=5, default="fr")
    allowance_cents = models.PositiveIntegerField(default=0)
    created_at = models.BigIntegerField(default=now_ms)
    claimed_at = models.BigIntegerField(null=True)
    roll_requested = models.BooleanField(default=False)  # the device is asked for a new key
    decided_at = models.BigIntegerField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    last_seen_at = models.BigIntegerField(null=True)
    clock_offset_ms = models.BigIntegerField(null=True)  # server minus device at the last request, to the second


class PairingCode(TerritoryRow):
    """A one-use code; only its SHA-256 is kept."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.BigIntegerField()
    used_at = models.BigIntegerField(null=True)


class Nonce(TerritoryRow):
    """A nonce seen on a route that is not idempotent."""

    device_name = models.CharField(max_length=32)
    nonce = models.CharField(max_length=128)
    seen_at = models.BigIntegerField(default=now_ms, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device_name", "nonce"], name="nonce_once")]
