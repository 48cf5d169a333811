"""Holds what the process counts of itself."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from server.operation.metrics import Metrics


class OperationConfig(AppConfig):
    """`metrics` is made at its first use; `migrated` remembers that the database was once found up to date."""

    name = "server.operation"
    label = "operation"
    verbose_name = "Exploitation"
    migrated = False

    @cached_property
    def metrics(self) -> Metrics:
        from server.operation.metrics import Metrics

        return Metrics()
