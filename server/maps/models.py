"""The map that a territory's kiosks are sent."""

from __future__ import annotations

from django.db import models

from server.territory.models import TerritoryRow


class TerritoryMap(TerritoryRow):
    """One row a territory: the MBTiles on show (a blob by its hash) and the network that gives times, '' without."""

    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    name = models.CharField(max_length=300, blank=True)
    attribution = models.CharField(max_length=300, blank=True)
    ways_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory"], name="map_once")]
