"""What the routes need from outside: clock, chance, the server's keys and files. Built once per process, passed on."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps

from domain.ports import Chance, Clock
from server.home import ServerHome
from server.keys import CardMasters, load_or_create_card_masters
from sync.keys import ServerIdentity


@dataclass(frozen=True, slots=True)
class Runtime:
    """Any thread."""

    clock: Clock
    chance: Chance
    home: ServerHome
    identity: ServerIdentity

    def card_masters(self, territory: str) -> CardMasters:
        """Read when asked for, so that the keys do not lie about in memory. Raises KeyTrouble, OSError."""
        return load_or_create_card_masters(self.home, territory, self.chance)


def runtime() -> Runtime:
    """The runtime of this process, held by the devices app."""
    found = apps.get_app_config("devices").runtime  # type: ignore[attr-defined]
    if not isinstance(found, Runtime):
        raise TypeError("the devices app holds no runtime")
    return found
