"""What goes down to the kiosks: signed documents, content versions and their blobs."""

from __future__ import annotations

from django.db import models

from server.territory.models import TerritoryRow


class FeedDocument(TerritoryRow):
    """The newest document of one feed for one device; `number` orders them and is what cursors count.

    `document` is canonical JSON text. `core_digest` is of the document without its dates: while it stays the same and
    the expiry is far, the document is not issued again.
    """

    device_name = models.CharField(max_length=32)
    feed = models.CharField(max_length=20)
    number = models.BigIntegerField()
    document = models.TextField()
    signature = models.BinaryField()
    core_digest = models.CharField(max_length=64)
    issued_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    revision_stamp = models.CharField(max_length=80)  # territory revision and device record when last compared

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "device_name", "feed"], name="feed_once")]


class ContentVersion(TerritoryRow):
    """One published version for one group of kiosks ('' = all others): the signed manifest as canonical JSON text."""

    group = models.CharField(max_length=40, default="", blank=True)
    content_version = models.BigIntegerField()
    manifest = models.TextField()
    signature = models.BinaryField()
    issued_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    offers = models.PositiveIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)  # catalogue and pictures: what a new kiosk fetches

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "group", "content_version"], name="content_version_of_group")
        ]


class ContentBlob(TerritoryRow):
    """A blob that a manifest of this territory names; its bytes are in a file named by the hash."""

    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    media_type = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "sha256"], name="blob_once")]
