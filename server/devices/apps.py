"""The devices app; it holds what routes are given from outside."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from server.api.runtime import Runtime


class DevicesConfig(AppConfig):
    """`runtime` is made at its first use, from the settings; tests may replace it."""

    name = "server.devices"
    label = "devices"
    verbose_name = "Appareils"

    @cached_property
    def runtime(self) -> Runtime:
        from django.conf import settings

        from server.api.runtime import Runtime
        from server.home import prepare_home
        from server.keys import server_identity
        from server.runtime import SystemChance, SystemClock

        prepare_home(settings.HOME)
        return Runtime(SystemClock(), SystemChance(), settings.HOME, server_identity(settings.HOME))
