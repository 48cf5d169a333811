"""Offers on their way to the screens: what feeds brought, before and after a curator looked at it."""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms


class OfferDraft(models.Model):
    """One offer of one territory. ``payload`` is `sync.content.codec.offer_to_json`; ``uid`` is the offer's id.

    A feed that comes again updates the payload of its own drafts and leaves ``state`` alone. ``edited`` drafts were
    changed by hand: a re-import never touches them.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        PUBLISHED = "published", "Publiée"
        EXPIRED = "expired", "Expirée"

    uid = models.CharField(max_length=64, primary_key=True)
    territory = models.CharField(max_length=64, db_index=True)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=300)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT, db_index=True)
    edited = models.BooleanField(default=False)
    merit = models.IntegerField(default=0)
    payload = models.JSONField()
    content_hash = models.CharField(max_length=64)
    updated_at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "source", "source_id"], name="draft_source_once"),
        ]
        indexes = [models.Index(fields=["territory", "state", "-merit", "uid"], name="draft_merit")]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}"
