"""Offers on their way to the screens: what feeds brought, what a curator made of it, what kiosks get besides.

An `OfferDraft` is one offer as it will be shown. It is computed (`server.catalogue.layers`) from its `SourceRecord`s,
one per source that tells of it, and from the fields changed by hand, which win and which no import touches.
"""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class OfferDraft(models.Model):
    """One offer of one territory. ``payload`` is `sync.content.codec.offer_to_json`; ``uid`` is the offer's id.

    ``overrides`` are the fields changed by hand, by path; ``origins`` says of each field where its value comes from.
    The columns from ``name`` on repeat what lists are filtered by.
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
    overrides = models.JSONField(default=dict)
    origins = models.JSONField(default=dict)
    name = models.CharField(max_length=200, default="")
    label = models.CharField(max_length=200, default="", db_index=True)
    category = models.CharField(max_length=12, default="")
    commune = models.CharField(max_length=120, default="")
    # Problems that do not depend on the day, between spaces: " no_hours no_picture " (server.catalogue.quality).
    problems = models.CharField(max_length=120, default="")
    last_day = models.CharField(max_length=10, default="9999-12-31", db_index=True)
    hours_until = models.CharField(max_length=10, default="9999-12-31")  # the last day that opening hours speak of

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "source", "source_id"], name="draft_source_once"),
        ]
        indexes = [
            models.Index(fields=["territory", "state", "-merit", "uid"], name="draft_merit"),
            models.Index(fields=["territory", "label"], name="draft_label"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}"


class SourceRecord(models.Model):
    """What one source says of one offer, as its last import brought it. ``offer`` is the draft it belongs to.

    A record keeps its offer when it is imported again, so that what a person merged or parted stays so.
    """

    uid = models.CharField(max_length=64, primary_key=True)
    territory = models.CharField(max_length=64, db_index=True)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=300)
    offer = models.CharField(max_length=64, db_index=True)
    payload = models.JSONField()
    content_hash = models.CharField(max_length=64)
    seen_at = models.BigIntegerField(default=now_ms)
    withdrawn = models.BooleanField(default=False)  # its source says that it is no more

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "source", "source_id"], name="record_source_once"),
        ]


class KeptApart(TerritoryRow):
    """Two records that look alike and of which a person said that they are two things; ``one`` < ``other``."""

    one = models.CharField(max_length=64)
    other = models.CharField(max_length=64)
    who = models.CharField(max_length=150)
    at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "one", "other"], name="apart_once")]


class Suspect(TerritoryRow):
    """Two offers that may be one thing; found by `server.catalogue.duplicates`, gone once a person has decided."""

    one = models.CharField(max_length=64, db_index=True)
    other = models.CharField(max_length=64, db_index=True)
    score = models.PositiveIntegerField()  # 0 … 100

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "one", "other"], name="suspect_once")]


class ImportJob(TerritoryRow):
    """One import asked for in the back office; a child process does it (`server.catalogue.jobs`)."""

    class State(models.TextChoices):
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        FAILED = "failed", "Échoué"

    format = models.CharField(max_length=40)
    origin = models.CharField(max_length=500)  # the file's name or the address
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    objects_read = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict)  # read, kept, merged, rejected, reasons
    message = models.CharField(max_length=500, blank=True)
    who = models.CharField(max_length=150)
    started_at = models.BigIntegerField(default=now_ms)
    heartbeat_at = models.BigIntegerField(default=now_ms)
    finished_at = models.BigIntegerField(null=True)


class Push(TerritoryRow):
    """An offer that comes first: an editor's choice, or a campaign of the marketer. Empty targets mean everywhere.

    ``sites`` are site numbers, ``groups`` names of kiosk groups, ``card_kinds`` kinds of `domain.cards.CardKind`.
    Hours are minutes of the local day; days are ISO and inclusive; ``seasons`` as in `domain.campaigns.Season`.
    """

    class Kind(models.TextChoices):
        CHOICE = "choice", "Coup de cœur"
        CAMPAIGN = "campaign", "Campagne"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHOICE)
    title = models.CharField(max_length=120)
    offer = models.CharField(max_length=64, db_index=True)
    sites = models.JSONField(default=list)
    groups = models.JSONField(default=list)
    card_kinds = models.JSONField(default=list)
    seasons = models.JSONField(default=list)
    start_minute = models.PositiveIntegerField(default=0)
    end_minute = models.PositiveIntegerField(default=1440)
    first_day = models.CharField(max_length=10, blank=True)
    last_day = models.CharField(max_length=10, blank=True)
    active = models.BooleanField(default=True)
    who = models.CharField(max_length=150)
    created_at = models.BigIntegerField(default=now_ms)


class ClubCoupon(TerritoryRow):
    """A club member's coupon on an offer, with its period and how many the member pays for (0 = no bound)."""

    offer = models.CharField(max_length=64, db_index=True)
    member = models.CharField(max_length=120)
    text_fr = models.CharField(max_length=160)
    text_en = models.CharField(max_length=160, blank=True)
    code = models.CharField(max_length=20)
    first_day = models.CharField(max_length=10)
    last_day = models.CharField(max_length=10)
    budget = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)
    created_at = models.BigIntegerField(default=now_ms)


class VisitorReview(TerritoryRow):
    """A review; only accepted ones reach a screen."""

    class State(models.TextChoices):
        WAITING = "waiting", "À modérer"
        ACCEPTED = "accepted", "Acceptée"
        REFUSED = "refused", "Refusée"

    offer = models.CharField(max_length=64, db_index=True)
    author = models.CharField(max_length=60)
    stars = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=600)
    day = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING, db_index=True)
    moderated_by = models.CharField(max_length=150, blank=True)
    created_at = models.BigIntegerField(default=now_ms)


class KioskGroup(TerritoryRow):
    """What a group of kiosks is entitled to and can use. A device is in one group at most.

    Empty lists mean everything. ``radius_km`` counts from the group's centre, 0 = the whole territory.
    """

    name = models.SlugField(max_length=40)
    label = models.CharField(max_length=120)
    categories = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    center_latitude = models.FloatField(null=True)
    center_longitude = models.FloatField(null=True)
    radius_km = models.PositiveIntegerField(default=0)
    offers_max = models.PositiveIntegerField(default=5000)
    megabytes_max = models.PositiveIntegerField(default=120)
    pictures = models.BooleanField(default=True)
    members = models.JSONField(default=list)  # names of devices

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "name"], name="kiosk_group_once")]


class ContentSetting(TerritoryRow):
    """A named value of the territory's content, such as its Wi-Fi."""

    name = models.CharField(max_length=40)
    value = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "name"], name="content_setting_once")]
