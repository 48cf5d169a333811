"""The kiosk's pairing: claim a record, wait for a person, fetch the profile; and the file that remembers it.

`pairing.json` (0600) holds what the device is and whom it believes; the card keys in it stay sealed to the device key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.client import DeviceClient, Refused, claim_device
from sync.feeds import Recipient
from sync.keys import DeviceIdentity, read_private_file, write_private_file
from sync.messages_common import device_name
from sync.messages_pairing import CardKeys, ClaimAnswer, PairingState, Profile, parse_card_keys
from sync.sealing import KEYS_CONTEXT, SealBroken
from sync.transport import Offline, OfflineReason, Transport
from sync.wire import Fields, WireError, encode_binary, parse_json_object
from sync.words import eight_words

PAIRING_FILE: Final = "pairing.json"
PAIRING_BYTES_MAX: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class Pairing:
    """Who this kiosk is. `incarnation` 0 and no `sealed_keys` until the profile was fetched."""

    url: str
    device: str
    territory: str
    server_key: bytes
    server_sealing_key: bytes
    incarnation: int = 0
    sealed_keys: bytes = b""

    @property
    def approved(self) -> bool:
        return self.incarnation > 0

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.territory, self.device, self.server_key)


class PairingDamaged(Exception):
    """The pairing file is not what was written; the kiosk must be paired again."""


def claim(
    transport: Transport, url: str, code: str, identity: DeviceIdentity, software: str
) -> tuple[Pairing, tuple[str, ...]] | Refused | Offline:
    """Claim with a normal code: the pairing to be, and the eight words to compare. Nothing is written yet."""
    answer = claim_device(transport, url, code, identity, software)
    if not isinstance(answer, ClaimAnswer):
        return answer
    pairing = Pairing(url, answer.device, answer.territory, answer.server_key, answer.server_sealing_key)
    return pairing, words_of(pairing, identity)


def words_of(pairing: Pairing, identity: DeviceIdentity) -> tuple[str, ...]:
    """The eight words of a pairing, for both screens; about 0.1 s of work."""
    return eight_words(identity.public_der, identity.sealing_public, pairing.server_key, pairing.server_sealing_key)


def finish(client: DeviceClient, pairing: Pairing) -> Pairing | PairingState | Refused | Offline:
    """The approved pairing with its profile; the state while a person has not approved. Nothing is written yet."""
    state = client.read_state()
    if state is not PairingState.APPROVED:
        return state
    profile = client.read_profile(pairing.server_key)
    if not isinstance(profile, Profile):
        return profile
    if profile.territory != pairing.territory:
        return Offline(OfflineReason.GARBAGE, "a profile of another territory")
    return Pairing(
        pairing.url,
        pairing.device,
        pairing.territory,
        pairing.server_key,
        pairing.server_sealing_key,
        profile.incarnation,
        profile.sealed_keys,
    )


def open_card_keys(pairing: Pairing, identity: DeviceIdentity) -> CardKeys:
    """The card keys of the profile. Raises PairingDamaged when the box is not for this device."""
    try:
        return parse_card_keys(identity.open_box(pairing.sealed_keys, KEYS_CONTEXT))
    except (SealBroken, WireError) as error:
        raise PairingDamaged("the card keys do not open with this device's key") from error


def write_pairing(directory: Path, pairing: Pairing) -> None:
    """Remember a pairing, atomically and durably. Raises OSError."""
    write_private_file(
        directory / PAIRING_FILE,
        {
            "version": 1,
            "url": pairing.url,
            "device": pairing.device,
            "territory": pairing.territory,
            "server_key": encode_binary(pairing.server_key),
            "server_sealing_key": encode_binary(pairing.server_sealing_key),
            "incarnation": pairing.incarnation,
            "sealed_keys": encode_binary(pairing.sealed_keys),
        },
    )


def read_pairing(directory: Path) -> Pairing | None:
    """The remembered pairing, None when there is none. Raises PairingDamaged, sync.keys.KeyTrouble."""
    raw = read_private_file(directory / PAIRING_FILE, PAIRING_BYTES_MAX)
    if raw is None:
        return None
    try:
        fields = Fields(parse_json_object(raw, PAIRING_BYTES_MAX), strict=True)
        fields.version()
        pairing = Pairing(
            url=fields.text("url", 512),
            device=device_name(fields),
            territory=device_name(fields, "territory"),
            server_key=fields.binary("server_key", 32),
            server_sealing_key=fields.binary("server_sealing_key", 32),
            incarnation=fields.integer("incarnation"),
            sealed_keys=fields.binary("sealed_keys", 0, 8192),
        )
        fields.done()
    except WireError as error:
        raise PairingDamaged(f"{PAIRING_FILE} is damaged: {error}") from error
    return pairing
