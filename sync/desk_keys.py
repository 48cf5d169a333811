"""A desk's load key as a file: sealed to one device, signed by the server, useless to everybody else.

Key 2 makes money, so it is in no profile and travels on no line: the issuing office writes this file for one desk whose
pairing was approved, and a person carries it. Copied, it opens nowhere else; after a new pairing it opens nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.canonical import JsonObject
from domain.ports import Chance
from sync.keys import DeviceIdentity, ServerIdentity, verify_document
from sync.messages_common import device_name
from sync.messages_pairing import CardKeys, build_card_keys, parse_card_keys
from sync.sealing import SealBroken, seal
from sync.wire import Fields, WireError, build_json, encode_binary, parse_json_object

FORMAT: Final = "zerot-desk-keys"
TAG: Final = b"zerot-desk-keys-1"
CONTEXT: Final = b"zerot-desk-keys-1"
FILE_BYTES_MAX: Final = 32 * 1024
LOAD_KEY: Final = 2


class DeskKeysTrouble(Exception):
    """The file is damaged, not signed by this server, or for another desk; one sentence without any key."""


@dataclass(frozen=True, slots=True)
class SealedDeskKeys:
    """`box`: sealed box under `CONTEXT` over the JSON of `CardKeys`; `signature`: Ed25519 under `TAG`."""

    territory: str
    device: str
    box: bytes
    signature: bytes


def _document(territory: str, device: str, box: bytes) -> JsonObject:
    return {"device": device, "sealed_keys": encode_binary(box), "territory": territory}


def seal_desk_keys(
    keys: CardKeys, territory: str, device: str, sealing_key: bytes, server: ServerIdentity, chance: Chance
) -> SealedDeskKeys:
    """Only load keys go in: ValueError for any other, and for a device without a sealing key."""
    if not keys.keys or any(key.number != LOAD_KEY for key in keys.keys):
        raise ValueError("a desk's file holds load keys alone")
    box = seal(sealing_key, build_card_keys(keys), CONTEXT, chance)
    return SealedDeskKeys(territory, device, box, server.sign_document(TAG, _document(territory, device, box)))


def build_desk_keys(sealed: SealedDeskKeys) -> bytes:
    """The bytes of the file."""
    document = _document(sealed.territory, sealed.device, sealed.box)
    return build_json({"format": FORMAT, "version": 1, **document, "signature": encode_binary(sealed.signature)})


def parse_desk_keys(raw: bytes) -> SealedDeskKeys:
    """The inverse of `build_desk_keys`; raises DeskKeysTrouble. Nothing is verified yet."""
    try:
        fields = Fields(parse_json_object(raw, FILE_BYTES_MAX), strict=True)
        fields.choice("format", frozenset({FORMAT}))
        fields.version()
        sealed = SealedDeskKeys(
            territory=device_name(fields, "territory"),
            device=device_name(fields),
            box=fields.binary("sealed_keys", 48, 16_384),
            signature=fields.binary("signature", 64),
        )
        fields.done()
    except WireError as error:
        raise DeskKeysTrouble("this is not a desk's key file, or it is damaged") from error
    return sealed


def open_desk_keys(
    sealed: SealedDeskKeys, territory: str, device: str, server_key: bytes, identity: DeviceIdentity
) -> CardKeys:
    """The load keys, for the device they were sealed to. Raises DeskKeysTrouble."""
    if (sealed.territory, sealed.device) != (territory, device):
        raise DeskKeysTrouble(f"this key file is for the desk {sealed.device}")
    document = _document(sealed.territory, sealed.device, sealed.box)
    if not verify_document(server_key, TAG, document, sealed.signature):
        raise DeskKeysTrouble("this key file was not made by this desk's server")
    try:
        keys = parse_card_keys(identity.open_box(sealed.box, CONTEXT))
    except (SealBroken, WireError) as error:
        raise DeskKeysTrouble("this key file is of an earlier pairing of this desk: ask for a new one") from error
    if any(key.number != LOAD_KEY for key in keys.keys):
        raise DeskKeysTrouble("this key file holds other keys than a desk's")
    return keys
