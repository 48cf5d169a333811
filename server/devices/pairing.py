"""Pairing: a record is created by a person, claimed once by a device that holds the code, approved by a person.

Codes are 60 bits from the operating system's chance, one use, fifteen minutes; the database keeps only their SHA-256.
"""

from __future__ import annotations

import re
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from domain.ports import Chance, Clock
from server.devices.models import Device, DeviceState, PairingCode
from server.devices.roles import role_named
from server.ledger.models import Head
from server.territory.models import Site, StaffAction, Territory, touch
from sync.keys import ServerIdentity
from sync.messages_pairing import Roll
from sync.protocol import Claim, ErrorCode, PairingOffer, WireError, new_code
from sync.words import eight_words

CODE_LIFE_MS = 15 * 60_000
DESK_ALLOWANCE_CENTS = 200_000  # a desk's first offline allowance: what its host may owe until the next sync
SERVER_DEVICE = "serveur"  # as which the server keeps facts of its own
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")


class DeviceRefused(ValueError):
    """The device record cannot be made or changed so; the message is one French sentence for staff."""


def create_device(territory: str, name: str, site_number: int, role: str, who: str) -> Device:
    """A fresh record, not yet paired. Raises DeviceRefused."""
    if not _NAME.match(name):
        raise DeviceRefused("Un nom d'appareil a de 1 à 32 lettres, chiffres, points ou tirets, comme BC-017.")
    if name == SERVER_DEVICE:
        raise DeviceRefused(f"« {SERVER_DEVICE} » est le nom des faits du serveur lui-même.")
    if role_named(role) is None:
        raise DeviceRefused(f"Le rôle « {role} » n'existe pas.")
    if not Territory.objects.filter(slug=territory).exists():
        raise DeviceRefused(f"Le territoire « {territory} » n'existe pas.")
    if not Site.objects.filter(territory=territory, number=site_number).exists():
        raise DeviceRefused(f"Aucun lieu de ce territoire n'a le numéro {site_number}.")
    with transaction.atomic():
        if Device.objects.filter(name=name).exists():
            raise DeviceRefused(f"L'appareil {name} existe déjà : donnez-lui plutôt un nouveau code.")
        device = Device.objects.create(
            territory=territory,
            name=name,
            site_number=site_number,
            role=role,
            allowance_cents=DESK_ALLOWANCE_CENTS if role == "desk" else 0,
        )
        _note(territory, who, "device.created", name)
    return device


def issue_code(device: Device, url: str, clock: Clock, chance: Chance, who: str) -> PairingOffer:
    """A fresh code; earlier ones of this record die."""
    code = new_code(chance)
    with transaction.atomic():
        device.codes.filter(used_at=None).delete()
        PairingCode.objects.create(
            territory=device.territory,
            device=device,
            digest=_digest(code),
            expires_at=clock.now_ms() + CODE_LIFE_MS,
        )
        _note(device.territory, who, "device.code", device.name)
    return PairingOffer(url, code)


def claim_device(claim: Claim, identity: ServerIdentity, clock: Clock) -> Device:
    """The record that the code opens, now holding the claimer's keys and waiting for a person.

    The earlier key is dead at once and a new incarnation begins. Raises WireError `code_wrong|code_expired|code_used`.
    """
    words = eight_words(claim.public_key, claim.sealing_key, identity.public, identity.sealing_public)
    now = clock.now_ms()
    with transaction.atomic():
        code = PairingCode.objects.select_for_update(of=("self",)).filter(digest=_digest(claim.code)).first()
        if code is None:
            raise WireError(ErrorCode.CODE_WRONG, "This code opens no device.")
        if code.used_at is not None:
            raise WireError(ErrorCode.CODE_USED, "This code was used already.")
        if code.expires_at < now:
            raise WireError(ErrorCode.CODE_EXPIRED, "This code is older than fifteen minutes.")
        code.used_at = now
        code.save(update_fields=["used_at"])
        device = Device.objects.select_for_update().get(pk=code.device_id)
        seen = Head.objects.filter(territory=device.territory, device=device.name).order_by("-incarnation").first()
        device.incarnation = max(device.incarnation, seen.incarnation if seen else 0) + 1
        device.public_key = claim.public_key
        device.sealing_key = claim.sealing_key
        device.words = " ".join(words)
        device.software = "".join(letter for letter in claim.software if letter.isprintable())
        device.state = DeviceState.WAITING
        device.roll_requested = False
        device.claimed_at = now
        device.decided_at = None
        device.decided_by = ""
        device.save()
    return device


def request_roll(device_id: UUID, who: str) -> Device:
    """Ask a device for a new key at its next meeting; the present one works until then. Raises DeviceRefused."""
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None or device.state != DeviceState.APPROVED:
            raise DeviceRefused("Seule une borne en service peut renouveler sa clé.")
        device.roll_requested = True
        device.save(update_fields=["roll_requested"])
        touch(device.territory)
        _note(device.territory, who, "device.roll", device.name)
    return device


def roll_key(device: Device, roll: Roll) -> None:
    """The key that follows; the old one is dead at once. Raises WireError when another request was quicker."""
    with transaction.atomic():
        changed = Device.objects.filter(pk=device.pk, public_key=device.public_key).update(
            public_key=roll.public_key, roll_requested=False
        )
        if not changed:
            raise WireError(ErrorCode.BAD_SIGNATURE, "the key was replaced meanwhile")
        touch(device.territory)
        _note(device.territory, device.name, "device.rolled", device.name)


def decide_device(device_id: UUID, state: DeviceState, who: str, clock: Clock) -> Device:
    """Approve or refuse a waiting device, or revoke any claimed one. Raises DeviceRefused."""
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None:
            raise DeviceRefused("Cet appareil n'existe plus.")
        allowed = {
            DeviceState.APPROVED: (DeviceState.WAITING,),
            DeviceState.REFUSED: (DeviceState.WAITING,),
            DeviceState.REVOKED: (DeviceState.WAITING, DeviceState.APPROVED),
        }.get(state, ())
        if device.state not in allowed:
            raise DeviceRefused(f"L'appareil {device.name} est « {device.get_state_display()} » : rien n'a changé.")
        device.state = state
        device.decided_at = clock.now_ms()
        device.decided_by = who
        device.save(update_fields=["state", "decided_at", "decided_by"])
        _note(device.territory, who, f"device.{state.value}", device.name)
    return device


def _digest(code: str) -> str:
    return sha256(b"zerot-code-1" + code.encode("ascii")).hexdigest()


def _note(territory: str, who: str, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory, who=who, what=what, target=target)
