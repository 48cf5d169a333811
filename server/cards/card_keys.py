"""Which cards still lack the newest load and master keys: they get them at a tap online (hardware.card.rotate)."""

from __future__ import annotations

from server.cards.models import CardKeyVersions
from server.keys import CardMasters


def newest(masters: CardMasters) -> tuple[int, int]:
    """Versions of the master and load keys that cards should have."""
    return max(masters.masters["master"]), max(masters.masters["load"])


def keys_due(territory: str, card_number: str, masters: CardMasters) -> bool:
    """Whether the card may still have older keys. Never while there is but one version: cards are issued with it."""
    wanted = newest(masters)
    if wanted == (1, 1):
        return False
    row = CardKeyVersions.objects.filter(territory=territory, card_number=card_number).first()
    return row is None or (row.master, row.load) != wanted


def note_keys(territory: str, card_number: str, masters: CardMasters) -> None:
    """The card has the newest keys: it answered so under its master key."""
    master, load = newest(masters)
    CardKeyVersions.objects.update_or_create(
        territory=territory, card_number=card_number, defaults={"master": master, "load": load}
    )
