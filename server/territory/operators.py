"""Operators: people who open a desk with their own card and PIN."""

from __future__ import annotations

import re
from hashlib import scrypt

from django.db import transaction

from domain.ports import Chance
from server.territory.models import Operator, StaffAction, Territory, touch

RIGHTS = ("load", "debit", "validate", "issue", "refund", "day", "technician")
ROLES = ("partner", "technician")
PIN_COST = {"n": 1 << 15, "r": 8, "p": 1, "maxmem": 64 << 20, "dklen": 32}
SALT_BYTES = 16


class OperatorRefused(ValueError):
    """The operator cannot be written; the message is one French sentence."""


def put_operator(
    territory: str,
    card_number: str,
    name: str,
    role: str,
    rights: tuple[str, ...],
    expires_day: int,
    pin: str,
    chance: Chance,
    who: str,
) -> None:
    """Create or replace the operator of that card; `expires_day` is a card day number. Raises OperatorRefused."""
    if not re.fullmatch(r"[0-9]{8}", card_number):
        raise OperatorRefused("Un numéro de carte a huit chiffres.")
    if not re.fullmatch(r"[0-9]{6}", pin):
        raise OperatorRefused("Le code a six chiffres.")
    if role not in ROLES or not set(rights) <= set(RIGHTS):
        raise OperatorRefused(f"Le rôle est {' ou '.join(ROLES)}, les droits sont parmi {', '.join(RIGHTS)}.")
    if not name.strip() or len(name) > 100:
        raise OperatorRefused("Il faut un nom de 1 à 100 lettres.")
    if not Territory.objects.filter(slug=territory).exists():
        raise OperatorRefused(f"Le territoire « {territory} » n'existe pas.")
    salt = chance.token(SALT_BYTES)
    values = {
        "name": name.strip(),
        "role": role,
        "rights": list(rights),
        "expires_day": expires_day,
        "pin_salt": salt.hex(),
        "pin_hash": scrypt(pin.encode("ascii"), salt=salt, **PIN_COST).hex(),
    }
    with transaction.atomic():
        Operator.objects.update_or_create(territory=territory, card_number=card_number, defaults=values)
        StaffAction.objects.create(territory=territory, who=who, what="operator.written", target=card_number)
        touch(territory)
