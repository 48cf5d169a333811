"""Which cards still lack the newest master, load and site keys: they get them at a tap online."""

from __future__ import annotations

from server.api.runtime import Runtime
from server.cards.models import CardKeyVersions
from server.cards.site_key import site_key_ready
from server.keys import CardMasters


def card_masters(territory: str, run: Runtime) -> CardMasters:
    """The masters, without a site key that some kiosk has not got yet. Raises KeyTrouble, OSError."""
    return run.card_masters(territory).without_newer_site_keys(site_key_ready(territory))


def newest(masters: CardMasters) -> tuple[int, int, int]:
    """Versions of the master, load and site keys that cards should have."""
    return max(masters.masters["master"]), max(masters.masters["load"]), max(masters.masters["site"])


def keys_due(territory: str, card_number: str, masters: CardMasters) -> bool:
    """Whether the card may still have older keys. Never while there is but one version: cards are issued with it."""
    wanted = newest(masters)
    if wanted == (1, 1, 1):
        return False
    row = CardKeyVersions.objects.filter(territory=territory, card_number=card_number).first()
    return row is None or (row.master, row.load, row.site) != wanted


def note_keys(territory: str, card_number: str, masters: CardMasters) -> None:
    """The card has the newest keys: it answered so under its master key."""
    master, load, site = newest(masters)
    CardKeyVersions.objects.update_or_create(
        territory=territory, card_number=card_number, defaults={"master": master, "load": load, "site": site}
    )
