"""The card's cryptography, on the primitives of `cryptography` alone (its own CMAC included)."""

from __future__ import annotations

import binascii

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC


def algorithm(key: bytes, kind: str) -> BlockCipherAlgorithm:
    """`kind` is "aes" or "tdes"; an 8-byte DES key is tripled, a 16-byte one is K1 ‖ K2 ‖ K1."""
    if kind == "aes":
        return AES(key)
    return TripleDES((key * 3)[:24] if len(key) == 8 else key[:16] + key[:8])


def block_size(kind: str) -> int:
    return 16 if kind == "aes" else 8


def encipher(key: bytes, kind: str, iv: bytes, data: bytes) -> bytes:
    engine = Cipher(algorithm(key, kind), modes.CBC(iv)).encryptor()
    return engine.update(data) + engine.finalize()


def decipher(key: bytes, kind: str, iv: bytes, data: bytes) -> bytes:
    engine = Cipher(algorithm(key, kind), modes.CBC(iv)).decryptor()
    return engine.update(data) + engine.finalize()


def mac(key: bytes, message: bytes, kind: str = "aes") -> bytes:
    """Whole CMAC of a message."""
    engine = CMAC(algorithm(key, kind))
    engine.update(message)
    return engine.finalize()


def chained_mac(key: bytes, kind: str, iv: bytes, message: bytes) -> bytes:
    """CMAC that starts from `iv`: the library knows no vector, so a block that enciphers to it goes first."""
    first = decipher(key, kind, bytes(len(iv)), iv)
    return mac(key, first + message, kind)


def short_mac(key: bytes, message: bytes) -> bytes:
    """The eight bytes EV2 sends: every second one, starting with the second."""
    whole = mac(key, message)
    return bytes(whole[i] for i in range(1, 16, 2))


def checksum(data: bytes) -> bytes:
    """DESFire's CRC-32: that of zlib without its last inversion, low byte first."""
    return (~binascii.crc32(data) & 0xFFFFFFFF).to_bytes(4, "little")


def zero_fill(data: bytes, size: int) -> bytes:
    return data if len(data) % size == 0 else data + b"\0" * (size - len(data) % size)


def mark_fill(data: bytes) -> bytes:
    data += b"\x80"
    return zero_fill(data, 16)


def mark_strip(data: bytes) -> bytes | None:
    """Without `80 00…`, or None when it is not there."""
    end = len(data)
    while end and data[end - 1] == 0:
        end -= 1
    return data[: end - 1] if end and data[end - 1] == 0x80 else None


def derive_ev2(key: bytes, a: bytes, b: bytes) -> tuple[bytes, bytes]:
    """Session keys for ciphering and MAC of AuthenticateEV2."""
    mixed = bytes(left ^ right for left, right in zip(a[2:8], b[:6], strict=True))
    context = a[:2] + mixed + b[6:] + a[8:]
    return mac(key, b"\xa5\x5a\x00\x01\x00\x80" + context), mac(key, b"\x5a\xa5\x00\x01\x00\x80" + context)


def derive_ev1(key: bytes, kind: str, a: bytes, b: bytes) -> bytes:
    """Session key of AuthenticateAES and AuthenticateISO; equal halves of a DES key give a single DES key."""
    if kind == "aes":
        return a[:4] + b[:4] + a[12:16] + b[12:16]
    if key[:8] == key[8:16]:
        return a[:4] + b[:4]
    return a[:4] + b[:4] + a[4:8] + b[4:8]


def derive_commit(key: bytes, counter: int, uid: bytes, purpose: int) -> bytes:
    """Transaction session key; purpose 5A for the MAC, A5 for the reader id."""
    return mac(key, bytes([purpose, 0, 1, 0, 0x80]) + counter.to_bytes(4, "little") + uid)
