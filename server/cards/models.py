"""What the server owes to cards, and the card sessions that it runs through kiosks.

How much is due is in the books (`refund_due:NUMBER`), what file 06 of each card showed beside them; here are the orders
that were signed, what a person asked for, and where a session stands. Times in ms since 1970 UTC.
"""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class CreditEpoch(TerritoryRow):
    """One life of the server, as cards see it: the territory's `server_epoch` with the moment it began."""

    epoch = models.BigIntegerField()
    began_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "epoch"], name="credit_epoch_once")]


class SignedOrder(TerritoryRow):
    """The order that was last signed for a card."""

    card_number = models.CharField(max_length=8)
    order = models.TextField(blank=True)  # canonical JSON of domain.credits.build_order
    signature = models.BinaryField(null=True)
    ordered_at = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "card_number"], name="signed_order_once")]


class GrantState(models.TextChoices):
    WAITING = "waiting", "à valider"
    GRANTED = "granted", "accordé"
    REFUSED = "refused", "refusé"


class Grant(TerritoryRow):
    """A credit that a member of staff asked for; above a bound a second person decides. `fact` once it is granted."""

    card_number = models.CharField(max_length=8)
    amount_cents = models.PositiveIntegerField()
    source = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=GrantState.choices, default=GrantState.WAITING)
    asked_by = models.CharField(max_length=150)
    asked_at = models.BigIntegerField(default=now_ms, db_index=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.BigIntegerField(null=True)
    fact = models.UUIDField(null=True)


class Replacement(TerritoryRow):
    """A lost card and the one that took its place."""

    old_card = models.CharField(max_length=8)
    new_card = models.CharField(max_length=8, db_index=True)
    who = models.CharField(max_length=150)
    at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "old_card"], name="replaced_once")]


class CardKeyVersions(TerritoryRow):
    """Versions of the keys that the server last put on a card; a card without a row may have any."""

    card_number = models.CharField(max_length=8)
    master = models.PositiveSmallIntegerField()
    load = models.PositiveSmallIntegerField()
    site = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "card_number"], name="card_keys_once")]


class SiteKeyRollout(TerritoryRow):
    """How far a new site key has come: the version that kiosks are to fetch, and the one that all of them have."""

    announced = models.PositiveSmallIntegerField(default=1)
    ready = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory"], name="site_key_rollout_once")]


class CardSession(TerritoryRow):
    """A session with a card through a kiosk. Every request runs it again from its start with the answers so far.

    `seed` (of all chance in it) and `serials` are sealed to the server's own key; both and the answers are wiped at the
    end. `exchanges` are pairs of a digest of the command and the answer, `pending` the digests of the frames that the
    kiosk has now. `step` is what was last answered, `request_digest` to what. `decision` is what was to be written, so
    that a later run does not decide anew. `intent` is there as soon as the commit frame may leave.
    """

    device = models.CharField(max_length=32)
    card_number = models.CharField(max_length=8)
    site = models.PositiveIntegerField()
    chip = models.PositiveSmallIntegerField()
    job = models.CharField(max_length=6, default="credit")
    serials = models.BinaryField()
    seed = models.BinaryField()
    opened_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    turn = models.PositiveIntegerField(default=0)
    request_digest = models.CharField(max_length=64)
    step = models.TextField()
    exchanges = models.JSONField(default=list)
    pending = models.JSONField(default=list)
    due_cents = models.BigIntegerField(default=0)
    decision = models.JSONField(null=True)
    intent = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, blank=True)  # sync.messages_cards.SessionOutcome; "" while it runs
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["territory", "device", "outcome"], name="session_of_device"),
            models.Index(fields=["territory", "card_number", "outcome"], name="session_of_card"),
        ]
