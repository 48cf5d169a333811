"""Signed risk configurations: bounds of stored value, and how chips sign. Rows are only added."""

from __future__ import annotations

from django.db import models

from server.territory.models import TerritoryRow


class RiskConfiguration(TerritoryRow):
    """One configuration as signed. `document` is canonical JSON text; times are milliseconds since 1970 UTC."""

    number = models.PositiveIntegerField()
    document = models.TextField()
    signature = models.BinaryField()
    issued_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    written_by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "number"], name="risk_number_once")]
