"""Who a device and a server are: key pairs in one 0600 file each, and the checks that use public keys.

A device has an ECDSA P-256 key (requests, batches; TPMs do P-256, not Ed25519) and an X25519 key (what is sealed to
it). A server has an Ed25519 key (documents that must hold offline) and an X25519 key. Raw signatures of P-256 are
r‖s, 64 bytes. All of it may be called from any thread; files are written by one process.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from domain.canonical import JsonObject, canonical_bytes
from sync.sealing import open_box
from sync.wire import Fields, WireError, build_json, encode_binary, parse_json_object

DEVICE_FILE: Final = "device-identity.json"
SERVER_FILE: Final = "server-identity.json"
FEED_TAG: Final = b"zerot-feed-1"
MANIFEST_TAG: Final = b"zerot-manifest-1"
TIME_TAG: Final = b"zerot-time-1"
PROFILE_TAG: Final = b"zerot-profile-1"
PAIR_TAG: Final = b"zerot-pair-1"
REVOKED_TAG: Final = b"zerot-revoked-1"
ROLL_TAG: Final = b"zerot-roll-1"
_P256 = ec.SECP256R1()


class KeyTrouble(Exception):
    """The key file is unreadable, readable by others, or damaged. The message names the file, never its content."""


class Signer(Protocol):
    """The device key as the engine needs it: of a file or of a TPM. Any thread; a TPM takes its time."""

    @property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo, DER, 91 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Raw r‖s of ECDSA P-256 with SHA-256 over `message`."""


@dataclass(frozen=True, slots=True, repr=False)
class SoftwareKey:
    """A signing key that is in this process's memory and in a file."""

    private: ec.EllipticCurvePrivateKey

    @property
    def public_der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return raw_signature(*decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256()))))


@dataclass(frozen=True, slots=True, repr=False)
class DeviceIdentity:
    """The kiosk's two private keys; the signing key may be in a TPM."""

    signing: Signer
    sealing: X25519PrivateKey

    @property
    def public_der(self) -> bytes:
        return self.signing.public_der

    @property
    def sealing_public(self) -> bytes:
        return self.sealing.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.signing.sign(message)

    def open_box(self, box: bytes, context: bytes) -> bytes:
        """What was sealed to this device; raises sync.sealing.SealBroken."""
        return open_box(self.sealing, box, context)


@dataclass(frozen=True, slots=True, repr=False)
class ServerIdentity:
    """The central server's two private keys."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.signing.public_key().public_bytes_raw()

    @property
    def sealing_public(self) -> bytes:
        return self.sealing.public_key().public_bytes_raw()

    def sign_document(self, tag: bytes, document: JsonObject) -> bytes:
        """Ed25519 over tag ‖ canonical JSON; 64 bytes."""
        return self.signing.sign(tag + canonical_bytes(document))

    def sign_bytes(self, message: bytes) -> bytes:
        """Ed25519 over bytes that begin with a tag of their own; 64 bytes."""
        return self.signing.sign(message)

    def open_box(self, box: bytes, context: bytes) -> bytes:
        """What was sealed to the server; raises sync.sealing.SealBroken."""
        return open_box(self.sealing, box, context)


def raw_signature(r: int, s: int) -> bytes:
    """r‖s, 64 bytes."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_document(server_key: bytes, tag: bytes, document: JsonObject, signature: bytes) -> bool:
    """Whether the holder of the 32-byte Ed25519 key signed this document under this tag."""
    try:
        message = tag + canonical_bytes(document)
    except ValueError:  # the document has no canonical form
        return False
    return verify_ed25519(server_key, message, signature)


def verify_ed25519(server_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the 32-byte Ed25519 key signed these bytes; False for any malformed input."""
    try:
        Ed25519PublicKey.from_public_bytes(server_key).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: not a key
        return False
    return True


def verify_p256(public_der: bytes, message: bytes, signature: bytes) -> bool:
    """Whether raw r‖s is the P-256 key's signature of `message`; False for any malformed input."""
    if len(signature) != 64:
        return False
    encoded = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        load_p256(public_der).verify(encoded, message, ec.ECDSA(SHA256()))
    except (InvalidSignature, KeyTrouble):
        return False
    return True


def load_p256(public_der: bytes) -> ec.EllipticCurvePublicKey:
    """The public key of its canonical DER; raises KeyTrouble for any other key or encoding."""
    try:
        key = load_der_public_key(public_der)
    except ValueError as error:
        raise KeyTrouble("not a public key in DER") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != _P256.name:
        raise KeyTrouble("not a P-256 key")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != public_der:
        raise KeyTrouble("not the canonical DER of the key")
    return key


def pairing_proof_bytes(code: str, public_der: bytes, sealing_public: bytes) -> bytes:
    """What the device signs when it claims a record; `code` is normal (12 symbols, see sync.codes)."""
    return PAIR_TAG + code.encode("ascii") + public_der + sealing_public


def roll_proof_bytes(device: str, public_der: bytes) -> bytes:
    """What the new key signs when it follows another: it is held by whoever asks."""
    return ROLL_TAG + device.encode() + b"\x00" + public_der


def create_software_key() -> SoftwareKey:
    """A fresh signing key from the operating system's chance; not yet written."""
    return SoftwareKey(ec.generate_private_key(_P256))


def create_device_identity() -> DeviceIdentity:
    """A fresh pair of keys from the operating system's chance; not yet written."""
    return DeviceIdentity(create_software_key(), X25519PrivateKey.generate())


def create_server_identity() -> ServerIdentity:
    """A fresh pair of keys from the operating system's chance; not yet written."""
    return ServerIdentity(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())


def write_device_identity(directory: Path, identity: DeviceIdentity) -> None:
    """Replace the device's keys on disk, atomically and durably. Raises OSError, KeyTrouble (a key of a TPM)."""
    if not isinstance(identity.signing, SoftwareKey):
        raise KeyTrouble("a key of a TPM is not written to a file")
    write_private_file(directory / DEVICE_FILE, software_identity_json(identity.signing, identity.sealing))


def software_identity_json(key: SoftwareKey, sealing: X25519PrivateKey) -> JsonObject:
    """The content of the 0600 file, version 1."""
    der = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {"version": 1, "p256": encode_binary(der), "x25519": _raw(sealing)}


def write_server_identity(directory: Path, identity: ServerIdentity) -> None:
    """Replace the server's keys on disk, atomically and durably. Raises OSError."""
    raw = encode_binary(identity.signing.private_bytes_raw())
    write_private_file(directory / SERVER_FILE, {"version": 1, "ed25519": raw, "x25519": _raw(identity.sealing)})


def read_device_identity(directory: Path) -> DeviceIdentity | None:
    """The device's keys, None when there are none yet; raises KeyTrouble."""
    path = directory / DEVICE_FILE
    fields = _read(path)
    return None if fields is None else parse_software_identity(fields, path)


def parse_software_identity(fields: Fields, path: Path) -> DeviceIdentity:
    """The keys of a file of version 1; raises KeyTrouble."""
    try:
        key = load_der_private_key(fields.binary("p256", 100, 200), None)
        sealing = X25519PrivateKey.from_private_bytes(fields.binary("x25519", 32))
    except (ValueError, TypeError) as error:
        raise KeyTrouble(f"{path} is damaged") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _P256.name:
        raise KeyTrouble(f"{path} does not hold a P-256 key")
    return DeviceIdentity(SoftwareKey(key), sealing)


def read_server_identity(directory: Path) -> ServerIdentity | None:
    """The server's keys, None when there are none yet; raises KeyTrouble."""
    path = directory / SERVER_FILE
    fields = _read(path)
    if fields is None:
        return None
    try:
        key = Ed25519PrivateKey.from_private_bytes(fields.binary("ed25519", 32))
        return ServerIdentity(key, X25519PrivateKey.from_private_bytes(fields.binary("x25519", 32)))
    except ValueError as error:
        raise KeyTrouble(f"{path} is damaged") from error


def load_or_create_device_identity(directory: Path) -> DeviceIdentity:
    """The device's keys, made and written at first. Raises KeyTrouble, OSError."""
    identity = read_device_identity(directory)
    if identity is None:
        identity = create_device_identity()
        write_device_identity(directory, identity)
    return identity


def load_or_create_server_identity(directory: Path) -> ServerIdentity:
    """The server's keys, made and written at first. Raises KeyTrouble, OSError."""
    identity = read_server_identity(directory)
    if identity is None:
        identity = create_server_identity()
        write_server_identity(directory, identity)
    return identity


def _raw(key: X25519PrivateKey) -> str:
    return encode_binary(key.private_bytes_raw())


def read_private_file(path: Path, size_max: int) -> bytes | None:
    """The bytes of a 0600 file, None when there is none. Raises KeyTrouble: unreadable, or readable by others."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(size_max + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyTrouble(f"{path} cannot be read") from error
    if mode & 0o077:
        raise KeyTrouble(f"{path} may be read by others (mode {mode:o}): its keys are no longer secret")
    return raw


def _read(path: Path) -> Fields | None:
    raw = read_private_file(path, 4096)
    if raw is None:
        return None
    try:
        fields = Fields(parse_json_object(raw, 4096), strict=True)
        fields.version()
    except WireError as error:
        raise KeyTrouble(f"{path} is damaged") from error
    return fields


def write_private_file(path: Path, value: JsonObject) -> None:
    """Replace a 0600 JSON file, atomically and durably. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        aside.unlink()  # left by a crash; O_EXCL below then guarantees the mode
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(build_json(value))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
