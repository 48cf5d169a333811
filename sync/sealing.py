"""Sealed boxes: bytes that only the holder of an X25519 key can read, from a sender who keeps nothing.

box = ephemeral public key (32) ‖ AES-256-GCM ciphertext and tag. Key and nonce are HKDF-SHA256 of the shared secret,
salt = ephemeral ‖ recipient, info = "zerot-seal-1" ‖ context; each box has its own ephemeral key, so the derived nonce
never meets the same key twice. `context` tells purposes apart: a box sealed for one is garbage for another.
A box proves nothing about who made it; where that matters the message around it is signed.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.ports import Chance

KEYS_CONTEXT: Final = b"zerot-keys-1"  # card keys in the profile
UID_CONTEXT: Final = b"zerot-uid-1"  # card UIDs in purse facts
PERSONAL_CONTEXT: Final = b"zerot-personal-1"  # names and addresses entered at a kiosk
FACTS_CONTEXT: Final = b"zerot-facts-1"  # batches of a kiosk that was wiped
OVERHEAD_BYTES: Final = 48
BOX_BYTES_MAX: Final = 1 << 20


class SealBroken(Exception):
    """The box is damaged, for another key or another context."""


def seal(recipient: bytes, plain: bytes, context: bytes, chance: Chance) -> bytes:
    """Seal `plain` to a 32-byte X25519 public key. Raises ValueError for a key that is none, or too much to seal."""
    if len(plain) + OVERHEAD_BYTES > BOX_BYTES_MAX:
        raise ValueError("too much for one sealed box")
    ephemeral = X25519PrivateKey.from_private_bytes(chance.token(32))
    public = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    key, nonce = _derive(shared, public, recipient, context)
    return public + AESGCM(key).encrypt(nonce, plain, context)


def open_box(private: X25519PrivateKey, box: bytes, context: bytes) -> bytes:
    """The plain bytes; raises SealBroken."""
    if not OVERHEAD_BYTES <= len(box) <= BOX_BYTES_MAX:
        raise SealBroken("not the size of a sealed box")
    public = box[:32]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(public))
        key, nonce = _derive(shared, public, private.public_key().public_bytes_raw(), context)
        return AESGCM(key).decrypt(nonce, box[32:], context)
    except (InvalidTag, ValueError) as error:  # ValueError: a point of low order
        raise SealBroken("the box does not open") from error


def _derive(shared: bytes, ephemeral: bytes, recipient: bytes, context: bytes) -> tuple[bytes, bytes]:
    secret = HKDF(SHA256(), 44, salt=ephemeral + recipient, info=b"zerot-seal-1" + context).derive(shared)
    return secret[:32], secret[32:]
