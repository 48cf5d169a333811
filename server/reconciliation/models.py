"""What the worker has found out about cards and operations. All of it can be made again from the facts, but for what
people decided. Times are milliseconds since 1970 UTC, amounts integer cents."""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class ScannedBatch(TerritoryRow):
    """A batch of facts, or a fact released from quarantine, that the worker has read."""

    batch = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "batch"], name="scanned_once")]


class ChipState(TerritoryRow):
    """What a chip showed after one commit. Two rows of one card and number: one of the two chips is not ours."""

    card_number = models.CharField(max_length=8)
    operation_number = models.BigIntegerField()
    counter = models.BigIntegerField()  # TMC; -1 where the chip has none
    mac = models.CharField(max_length=16)  # TMV in hex; empty where it was not read
    balance_cents = models.BigIntegerField()
    fact = models.UUIDField()
    device = models.CharField(max_length=32)
    told_at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "card_number", "operation_number", "counter", "mac", "balance_cents"],
                name="chip_state_once",
            )
        ]


class TransactionCheck(TerritoryRow):
    """One purse operation under the transaction MAC. A MAC that cannot be verified holds the payment, nothing else."""

    class Verdict(models.TextChoices):
        WAITING = "waiting", "en attente"
        VERIFIED = "verified", "vérifiée"
        WITHOUT = "without", "puce sans signature"
        UNVERIFIABLE = "unverifiable", "invérifiable"
        WRONG = "wrong", "signature fausse"

    intent = models.UUIDField()
    kind = models.CharField(max_length=20, blank=True)
    device = models.CharField(max_length=32, blank=True)
    card_number = models.CharField(max_length=8, blank=True)
    payee_site = models.IntegerField(null=True)
    amount_cents = models.BigIntegerField(default=0)
    uid_sealed = models.TextField(blank=True)
    counter_before = models.BigIntegerField(null=True)
    counter = models.BigIntegerField(null=True)
    mac = models.CharField(max_length=16, blank=True)
    commands = models.JSONField(default=list)
    occurred_at = models.BigIntegerField(default=0)
    known = models.BooleanField(default=False)  # the intent itself is here
    verdict = models.CharField(max_length=12, choices=Verdict.choices, default=Verdict.WAITING)
    why = models.CharField(max_length=200, blank=True)
    checked_at = models.BigIntegerField(null=True)
    reviewed_by = models.CharField(max_length=150, blank=True)
    reviewed_at = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "intent"], name="check_once")]
        indexes = [models.Index(fields=["territory", "verdict"], name="check_verdict")]


class CardProblem(TerritoryRow):
    """A card whose story does not fit: a gap, a clone, a difference, a credit nobody reported."""

    class Kind(models.TextChoices):
        GAP = "gap", "opération inconnue"
        CLONE = "clone", "puce dédoublée"
        CREDIT = "credit", "crédit non déclaré"
        DIFFERENCE = "difference", "écart"

    card_number = models.CharField(max_length=8)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=60)
    detail = models.CharField(max_length=300)
    amount_cents = models.BigIntegerField(default=0)
    found_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True)
    explained_by = models.CharField(max_length=150, blank=True)
    explained_at = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "card_number", "kind", "subject"], name="card_problem_once")
        ]


class GapExplanation(TerritoryRow):
    """Why facts of a chain will never come: a device that burnt. What it says is gone from the list of holes."""

    device = models.CharField(max_length=32)
    incarnation = models.BigIntegerField()
    branch = models.IntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    written_by = models.CharField(max_length=150)
    written_at = models.BigIntegerField(default=now_ms)


class SuspenseEntry(TerritoryRow):
    """What an operation in doubt may cost, booked against `suspense`, later `loss`, until its card is seen again."""

    intent = models.UUIDField()
    card_number = models.CharField(max_length=8)
    kind = models.CharField(max_length=20)
    account = models.CharField(max_length=80)
    amount_cents = models.BigIntegerField()
    suspended_at = models.BigIntegerField()
    lost_at = models.BigIntegerField(null=True)
    closed_at = models.BigIntegerField(null=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "intent"], name="suspense_once")]


class DailyIdentity(TerritoryRow):
    """The figures of one day's reconciliation, kept: per asset the families of accounts and what does not fit."""

    day = models.DateField()
    made_at = models.BigIntegerField()
    figures = models.JSONField()
    sound = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "day"], name="identity_once_a_day")]
