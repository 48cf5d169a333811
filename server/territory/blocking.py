"""The block list: cards that every kiosk refuses."""

from __future__ import annotations

import re

from django.db import transaction

from server.territory.models import BlockedCard, StaffAction, touch

REASONS = {"lost": "perdue", "stolen": "volée", "altered": "altérée", "replaced": "remplacée"}


class BlockingRefused(ValueError):
    """Nothing was blocked; the message is one French sentence."""


def block_card(territory: str, card_number: str, reason: str, who: str) -> None:
    """Put a card on the block list, once. Raises BlockingRefused."""
    if not re.fullmatch(r"[0-9]{8}", card_number):
        raise BlockingRefused("Un numéro de carte a huit chiffres.")
    if reason not in REASONS:
        raise BlockingRefused(f"La raison est l'une de : {', '.join(REASONS)}.")
    with transaction.atomic():
        if BlockedCard.objects.filter(territory=territory, card_number=card_number, reason="replaced").exists():
            raise BlockingRefused("Cette carte a été remplacée : elle est bloquée pour toujours.")
        BlockedCard.objects.update_or_create(
            territory=territory, card_number=card_number, defaults={"reason": reason, "blocked_by": who}
        )
        StaffAction.objects.create(territory=territory, who=who, what=f"card.blocked.{reason}", target=card_number)
        touch(territory)


def unblock_card(territory: str, card_number: str, who: str) -> None:
    """Take a card off the block list, if it is there. BlockingRefused for a replaced one: its money has moved."""
    with transaction.atomic():
        if BlockedCard.objects.filter(territory=territory, card_number=card_number, reason="replaced").exists():
            raise BlockingRefused("Cette carte a été remplacée : son solde est sur la nouvelle, elle reste bloquée.")
        removed, _ = BlockedCard.objects.filter(territory=territory, card_number=card_number).delete()
        if removed:
            StaffAction.objects.create(territory=territory, who=who, what="card.unblocked", target=card_number)
            touch(territory)
