"""Where content comes from by itself, and what comes that is no offer: stories and photos."""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class Source(TerritoryRow):
    """A feed that the server reads by itself. ``options`` are those of `server.catalogue.formats.Options`.

    ``lease_until`` (milliseconds) keeps two workers from reading it at once; a worker that died gives it up by time.
    """

    name = models.SlugField(max_length=24)
    format = models.CharField(max_length=20)
    address = models.CharField(max_length=1000)  # an http(s) address or a path on the server
    key = models.CharField(max_length=900, blank=True, default="")  # of the service, for {key} in the address; secret
    every_minutes = models.PositiveIntegerField(default=1440)
    options = models.JSONField(default=dict)
    complete = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    due_at = models.BigIntegerField(default=0, db_index=True)
    lease_until = models.BigIntegerField(default=0)
    ran_at = models.BigIntegerField(null=True)
    succeeded_at = models.BigIntegerField(null=True)
    failures = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    summary = models.JSONField(default=dict)  # read, kept, merged, rejected, withdrawn, reasons

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "name"], name="source_name_once")]

    def __str__(self) -> str:
        return f"{self.format} {self.name}"


class Story(TerritoryRow):
    """Somebody's words, found in a blog. ``offer`` is the draft's uid beside which a curator has set them, '' = none.

    A feed that comes again changes the words of stories that nobody edited, never their state nor their offer.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "À lire"
        ACCEPTED = "accepted", "Retenue"
        REFUSED = "refused", "Écartée"

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=300)
    title = models.CharField(max_length=200)
    quote = models.CharField(max_length=400)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    author = models.CharField(max_length=120)
    licence = models.CharField(max_length=120)
    language = models.CharField(max_length=3, default="fr")
    day = models.CharField(max_length=10, blank=True)
    picture = models.JSONField(default=list)  # key, url, author, licence, title; [] = none
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    offer = models.CharField(max_length=64, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING, db_index=True)
    edited = models.BooleanField(default=False)
    seen_at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "source", "source_id"], name="story_source_once")]

    def __str__(self) -> str:
        return self.title


class Photo(TerritoryRow):
    """A picture of the territory's own library; its bytes lie in the picture store under ``key``.

    ``offer`` is the draft's uid that it shows, '' while nobody has said: its pictures come before those of feeds.
    """

    key = models.CharField(max_length=64)
    source_id = models.CharField(max_length=300)  # the file's name, or its address
    title = models.CharField(max_length=160, blank=True)
    author = models.CharField(max_length=120)
    licence = models.CharField(max_length=120)
    offer = models.CharField(max_length=64, blank=True, db_index=True)
    seen_at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "source_id"], name="photo_source_once")]

    def __str__(self) -> str:
        return self.title or self.source_id
