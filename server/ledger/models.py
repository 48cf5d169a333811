"""Facts and books. The append-only tables of server.ledger.schema are read through unmanaged models; what can be
rebuilt from them (heads, operations, balances, cards) or judged by people (quarantine, alarms) is managed by Django.

Times are milliseconds since 1970 UTC, amounts integer cents or points.
"""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class Fact(models.Model):
    """A fact as received; `body` is its canonical JSON text. Read only."""

    id = models.UUIDField(primary_key=True)
    territory = models.CharField(max_length=64)
    device = models.CharField(max_length=32)
    incarnation = models.BigIntegerField()
    branch = models.IntegerField()
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    version = models.IntegerField()
    occurred_at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    monotonic_ms = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    clock_offset_ms = models.BigIntegerField(null=True)
    clock_offset_age_ms = models.BigIntegerField(null=True)
    body = models.TextField()
    previous = models.BinaryField()
    content_hash = models.BinaryField()
    hash = models.BinaryField()
    batch = models.UUIDField()

    class Meta:
        managed = False
        db_table = "ledger_fact"


class Transfer(models.Model):
    """A posted transfer. Read only."""

    id = models.UUIDField(primary_key=True)
    territory = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    device = models.CharField(max_length=32)
    fact = models.UUIDField()  # the fact that completed it
    intent = models.UUIDField(null=True)
    occurred_at = models.BigIntegerField()
    booked_at = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    booked_by = models.CharField(max_length=150)

    class Meta:
        managed = False
        db_table = "ledger_transfer"


class Head(TerritoryRow):
    """How far the facts of one chain are here without a hole: what is acknowledged."""

    device = models.CharField(max_length=32)
    incarnation = models.BigIntegerField()
    branch = models.IntegerField()
    sequence = models.BigIntegerField()
    highest = models.BigIntegerField()  # above `sequence` there is a hole
    updated_at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "device", "incarnation", "branch"], name="head_once")
        ]


class Operation(TerritoryRow):
    """One purse operation as known so far, from whichever of its facts came first. Rebuildable.

    Columns of the intent are null until it is here; `results` is a bit set of server.ledger.operations.
    """

    intent = models.UUIDField()
    kind = models.CharField(max_length=20, null=True)
    device = models.CharField(max_length=32)
    occurred_at = models.BigIntegerField()
    card_number = models.CharField(max_length=8, null=True)
    amount_cents = models.BigIntegerField(null=True)
    balance_before = models.BigIntegerField(null=True)
    operation_before = models.BigIntegerField(null=True)
    counter_before = models.BigIntegerField(null=True)
    site = models.IntegerField(null=True)
    payee_site = models.IntegerField(null=True)
    points = models.BigIntegerField(null=True)
    results = models.IntegerField(default=0)
    afters = models.JSONField(default=list)  # [kind told, operation number, cents] of done outcomes
    award_fact = models.UUIDField(null=True)
    award_card = models.CharField(max_length=8, null=True)
    award_points = models.BigIntegerField(null=True)
    award_site = models.IntegerField(null=True)
    refund_fact = models.UUIDField(null=True)  # the site that was paid gives it back
    refund_card = models.CharField(max_length=8, null=True)
    refund_cents = models.BigIntegerField(null=True)
    refund_site = models.IntegerField(null=True)
    open = models.BooleanField(default=True)
    began_at = models.BigIntegerField(null=True)  # server's time; at the latest when its clock was never measured

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "intent"], name="operation_once")]
        indexes = [models.Index(fields=["territory", "card_number", "open"], name="operation_open_of_card")]


class SeenRecord(TerritoryRow):
    """An operation record that some tap read from a card: decides intents whose outcome is not known."""

    card_number = models.CharField(max_length=8)
    operation_number = models.BigIntegerField()
    transfer = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "card_number", "operation_number", "transfer"], name="seen_record_once"
            )
        ]


class Balance(TerritoryRow):
    """Checked cache of an account's sum; the legs are the truth."""

    account = models.CharField(max_length=80)
    asset = models.CharField(max_length=3)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "account", "asset"], name="balance_once")]


class Card(TerritoryRow):
    """A card as last seen: the values that belong to its greatest operation number."""

    card_number = models.CharField(max_length=8)
    operation_number = models.BigIntegerField()
    balance_cents = models.BigIntegerField()
    points = models.BigIntegerField(null=True)
    device = models.CharField(max_length=32)
    seen_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "card_number"], name="card_once")]


class SeenState(TerritoryRow):
    """What a chip held at one operation number, and when a tap last saw it so, in the server's time."""

    card_number = models.CharField(max_length=8)
    operation_number = models.BigIntegerField()
    balance_cents = models.BigIntegerField()
    counter = models.BigIntegerField()  # TMC; -1 where the chip has none
    seen_at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "card_number", "operation_number", "balance_cents", "counter"],
                name="seen_state_once",
            )
        ]


class SeenTotal(TerritoryRow):
    """File 06 of a card: the greatest total seen under one credit epoch of the card, in one life of the server."""

    card_number = models.CharField(max_length=8)
    card_epoch = models.BigIntegerField()
    server_epoch = models.BigIntegerField()
    total_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "card_number", "card_epoch", "server_epoch"], name="seen_total_once"
            )
        ]


class BootClock(TerritoryRow):
    """When one run of a device began in the server's time, from its first fact that knows the difference of clocks."""

    device = models.CharField(max_length=32)
    boot = models.CharField(max_length=64)
    start_ms = models.BigIntegerField()  # server's time when the device's monotonic clock stood at 0
    offset_ms = models.BigIntegerField()  # server minus device then

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "device", "boot"], name="boot_clock_once")]


COUNTED = "compté"  # how the decision of a fact begins that a person let count after all


class Quarantined(TerritoryRow):
    """A fact that a person must look at. `raw` is what came, as JSON text with ASCII escapes.

    `stored` says whether it is also in the fact table (its signature holds, its meaning does not).
    """

    device = models.CharField(max_length=32)
    incarnation = models.BigIntegerField()
    sequence = models.BigIntegerField()
    fact = models.UUIDField()
    kind = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    raw = models.TextField()
    stored = models.BooleanField(default=False)
    received_at = models.BigIntegerField(default=now_ms)
    released_at = models.BigIntegerField(null=True)
    released_by = models.CharField(max_length=150, blank=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "device", "incarnation", "sequence", "digest"], name="quarantined_once"
            )
        ]
        indexes = [models.Index(fields=["territory", "fact"], name="quarantined_fact")]


class Alarm(TerritoryRow):
    """Something that must not happen, happened."""

    code = models.CharField(max_length=40)
    device = models.CharField(max_length=32)
    subject = models.CharField(max_length=80)
    detail = models.CharField(max_length=300)
    raised_at = models.BigIntegerField(default=now_ms)
    seen_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "code", "device", "subject"], name="alarm_once")]
