"""Pairing, profile and time: how a kiosk becomes a device of a territory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from domain.canonical import JsonObject, JsonValue
from sync.codes import parse_code
from sync.keys import KeyTrouble, load_p256, pairing_proof_bytes, roll_proof_bytes, verify_p256
from sync.messages_common import device_name, instant, parse_answer, parse_request
from sync.wire import WireError, bad, build_json, encode_binary

CLAIM_BYTES_MAX: Final = 4096
CARD_KEYS_MAX: Final = 32
SEALED_KEYS_BYTES_MAX: Final = 8192
NONCE_MAX: Final = 64


@unique
class PairingState(StrEnum):
    """Where a device record stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Claim:
    """POST /api/v1/pairing/claim. `code` is normal, `public_key` canonical DER; the proof has been checked."""

    code: str
    public_key: bytes
    sealing_key: bytes
    software: str
    proof: bytes


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """Who the device is from now on, and the server's two public keys (32 bytes each)."""

    device: str
    territory: str
    server_key: bytes
    server_sealing_key: bytes
    state: PairingState


@dataclass(frozen=True, slots=True)
class Roll:
    """POST /api/v1/identity, signed by the present key: the key that follows it, and that key's own proof."""

    public_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Profile:
    """GET /api/v1/profile. `incarnation` is the first number to use; `sealed_keys` a box under KEYS_CONTEXT.

    `signature` is Ed25519 under PROFILE_TAG over `profile_document`: a box alone does not say who made it.
    """

    device: str
    territory: str
    incarnation: int
    sealed_keys: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, repr=False)
class CardKey:
    """A master key of the card application; `number` is the DESFire key number, `version` the master's."""

    number: int
    version: int
    master: bytes


@dataclass(frozen=True, slots=True, repr=False)
class CardKeys:
    """What `sealed_keys` holds."""

    system_id: bytes
    keys: tuple[CardKey, ...]


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """GET /api/v1/time: `signature` is Ed25519 under TIME_TAG over `time_document`."""

    time: int
    nonce: str
    signature: bytes


def build_claim(claim: Claim) -> bytes:
    """Body of the claim."""
    return build_json(
        {
            "version": 1,
            "code": claim.code,
            "public_key": encode_binary(claim.public_key),
            "sealing_key": encode_binary(claim.sealing_key),
            "software": claim.software,
            "proof": encode_binary(claim.proof),
        }
    )


def parse_claim(raw: bytes) -> Claim:
    """A claim whose proof holds; raises WireError (`bad_signature` when it does not)."""
    fields = parse_request(raw, CLAIM_BYTES_MAX)
    fields.version()
    try:
        code = parse_code(fields.text("code", 32))
        claim = Claim(
            code=code,
            public_key=fields.binary("public_key", 91),
            sealing_key=fields.binary("sealing_key", 32),
            software=fields.text("software", 32),
            proof=fields.binary("proof", 64),
        )
        load_p256(claim.public_key)
    except KeyTrouble as error:
        raise WireError("bad_request", f"public_key: {error}") from error
    except WireError:
        raise
    except ValueError as error:
        raise WireError("code_wrong", "not a pairing code") from error
    fields.done()
    message = pairing_proof_bytes(claim.code, claim.public_key, claim.sealing_key)
    if not verify_p256(claim.public_key, message, claim.proof):
        raise WireError("bad_signature", "the proof does not verify")
    return claim


def build_roll(roll: Roll) -> bytes:
    """Body of the roll."""
    return build_json({"version": 1, "public_key": encode_binary(roll.public_key), "proof": encode_binary(roll.proof)})


def parse_roll(raw: bytes, device: str) -> Roll:
    """A roll whose proof holds; raises WireError (`bad_signature` when it does not)."""
    fields = parse_request(raw, CLAIM_BYTES_MAX)
    fields.version()
    roll = Roll(fields.binary("public_key", 91), fields.binary("proof", 64))
    fields.done()
    try:
        load_p256(roll.public_key)
    except KeyTrouble as error:
        raise WireError("bad_request", f"public_key: {error}") from error
    if not verify_p256(roll.public_key, roll_proof_bytes(device, roll.public_key), roll.proof):
        raise WireError("bad_signature", "the proof does not verify")
    return roll


def build_claim_answer(answer: ClaimAnswer) -> bytes:
    """Body of the answer to a claim."""
    return build_json(
        {
            "device": answer.device,
            "territory": answer.territory,
            "server_key": encode_binary(answer.server_key),
            "server_sealing_key": encode_binary(answer.server_sealing_key),
            "state": str(answer.state),
        }
    )


def parse_claim_answer(raw: bytes) -> ClaimAnswer:
    """Raises WireError."""
    fields = parse_answer(raw)
    return ClaimAnswer(
        device=device_name(fields),
        territory=device_name(fields, "territory"),
        server_key=fields.binary("server_key", 32),
        server_sealing_key=fields.binary("server_sealing_key", 32),
        state=PairingState(fields.choice("state", frozenset(PairingState))),
    )


def build_state_answer(state: PairingState) -> bytes:
    """Body of GET /api/v1/pairing/state."""
    return build_json({"state": str(state)})


def parse_state_answer(raw: bytes) -> PairingState:
    """Raises WireError."""
    return PairingState(parse_answer(raw).choice("state", frozenset(PairingState)))


def revocation_document(device: str, public_key: bytes) -> JsonObject:
    """What the server signs under REVOKED_TAG: it speaks of one key, so it says nothing of the next."""
    return {"device": device, "public_key": encode_binary(public_key)}


def build_revocation(signature: bytes) -> bytes:
    """Body of GET /api/v1/pairing/state for a revoked device."""
    return build_json({"state": str(PairingState.REVOKED), "signature": encode_binary(signature)})


def parse_revocation(raw: bytes) -> bytes:
    """The signature of a revocation; raises WireError for any other state."""
    fields = parse_answer(raw)
    fields.choice("state", frozenset({str(PairingState.REVOKED)}))
    return fields.binary("signature", 64)


def profile_document(device: str, territory: str, incarnation: int, sealed_keys: bytes) -> JsonObject:
    """What the server signs under PROFILE_TAG."""
    return {
        "device": device,
        "territory": territory,
        "incarnation": incarnation,
        "sealed_keys": encode_binary(sealed_keys),
    }


def build_profile(profile: Profile) -> bytes:
    """Body of GET /api/v1/profile."""
    document = profile_document(profile.device, profile.territory, profile.incarnation, profile.sealed_keys)
    return build_json({**document, "signature": encode_binary(profile.signature)})


def parse_profile(raw: bytes) -> Profile:
    """Raises WireError; the caller verifies the signature."""
    fields = parse_answer(raw)
    return Profile(
        device=device_name(fields),
        territory=device_name(fields, "territory"),
        incarnation=fields.integer("incarnation", 1),
        sealed_keys=fields.binary("sealed_keys", 48, SEALED_KEYS_BYTES_MAX),
        signature=fields.binary("signature", 64),
    )


def build_card_keys(keys: CardKeys) -> bytes:
    """The plain bytes to seal under KEYS_CONTEXT."""
    listed: list[JsonValue] = [
        {"number": key.number, "version": key.version, "master": key.master.hex()} for key in keys.keys
    ]
    return build_json({"version": 1, "system_id": keys.system_id.hex(), "keys": listed})


def parse_card_keys(raw: bytes) -> CardKeys:
    """Raises WireError; its message holds no key."""
    fields = parse_answer(raw)
    fields.version()
    keys = fields.objects(
        "keys",
        CARD_KEYS_MAX,
        lambda item: CardKey(
            item.integer("number", 0, 255), item.integer("version", 0, 255), item.hexadecimal("master", 16)
        ),
    )
    if len({(key.number, key.version) for key in keys}) != len(keys):
        bad("keys: the same number and version twice")
    return CardKeys(fields.hexadecimal("system_id", 1, 32), keys)


def time_document(time: int, nonce: str) -> JsonObject:
    """What the server signs under TIME_TAG."""
    return {"nonce": nonce, "time": time}


def build_time_answer(answer: TimeAnswer) -> bytes:
    """Body of GET /api/v1/time."""
    return build_json({"time": answer.time, "nonce": answer.nonce, "signature": encode_binary(answer.signature)})


def parse_time_answer(raw: bytes) -> TimeAnswer:
    """Raises WireError; the caller compares the nonce and verifies the signature."""
    fields = parse_answer(raw)
    return TimeAnswer(instant(fields, "time"), fields.text("nonce", NONCE_MAX), fields.binary("signature", 64))
