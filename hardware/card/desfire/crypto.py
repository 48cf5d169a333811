"""Primitives of DESFire: AES and 2K3DES in CBC, CMAC, CRC-32, diversification, session keys.

All lengths in bytes. Nothing here keeps state.
"""

from __future__ import annotations

import zlib

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

AES_BLOCK = 16
DES_BLOCK = 8
ZERO_IV = bytes(AES_BLOCK)


def xor(left: bytes, right: bytes) -> bytes:
    """Bytewise exclusive or of two strings of one length; ValueError when the lengths differ."""
    if len(left) != len(right):
        raise ValueError("exclusive or of unequal lengths")
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def rotate_left(data: bytes) -> bytes:
    """First byte to the end."""
    return data[1:] + data[:1]


def aes_cbc_encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-CBC without padding; `data` is a multiple of 16 bytes."""
    cipher = Cipher(AES(key), modes.CBC(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def aes_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Inverse of `aes_cbc_encrypt`."""
    cipher = Cipher(AES(key), modes.CBC(iv)).decryptor()
    return cipher.update(data) + cipher.finalize()


def _triple(key: bytes) -> TripleDES:
    # OpenSSL wants the three-key form: K1 ‖ K2 ‖ K1 is two-key triple DES, K1 ‖ K1 ‖ K1 single DES.
    return TripleDES(key + key[:8] if len(key) == 16 else key * 3)


def des_cbc_encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """CBC with an 8-byte DES or a 16-byte 2K3DES key; used only to leave the factory state."""
    cipher = Cipher(_triple(key), modes.CBC(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def des_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Inverse of `des_cbc_encrypt`."""
    cipher = Cipher(_triple(key), modes.CBC(iv)).decryptor()
    return cipher.update(data) + cipher.finalize()


def cmac_subkeys(key: bytes) -> tuple[bytes, bytes]:
    """K1 and K2 of AES-CMAC (SP 800-38B 6.1)."""
    carry = int.from_bytes(aes_cbc_encrypt(key, ZERO_IV, ZERO_IV), "big")
    subkeys = []
    for _ in range(2):
        carry <<= 1
        if carry >> 128:
            carry = (carry & ((1 << 128) - 1)) ^ 0x87
        subkeys.append(carry.to_bytes(AES_BLOCK, "big"))
    return subkeys[0], subkeys[1]


def pad_iso(data: bytes, block: int = AES_BLOCK) -> bytes:
    """ISO 9797-1 method 2: `80 00…`, always at least one byte."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad_iso(data: bytes) -> bytes:
    """Remove `80 00…`; ValueError when it is not there."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise ValueError("padding is not 80 00…")
    return stripped[:-1]


def pad_zero(data: bytes, block: int = AES_BLOCK) -> bytes:
    """Zeros up to the next multiple of `block`; nothing when it is one already."""
    return data + bytes(-len(data) % block)


def cmac(key: bytes, message: bytes, iv: bytes = ZERO_IV) -> bytes:
    """AES-CMAC; EV1 chains it by giving the previous result as `iv`."""
    first, second = cmac_subkeys(key)
    if message and len(message) % AES_BLOCK == 0:
        body = message[:-AES_BLOCK] + xor(message[-AES_BLOCK:], first)
    else:
        padded = pad_iso(message)
        body = padded[:-AES_BLOCK] + xor(padded[-AES_BLOCK:], second)
    return aes_cbc_encrypt(key, iv, body)[-AES_BLOCK:]


def truncate_mac(mac: bytes) -> bytes:
    """The eight odd-index bytes of a CMAC, as EV2 puts on the wire."""
    return mac[1::2]


def crc32(data: bytes) -> bytes:
    """CRC-32/JAMCRC (no final inversion), least significant byte first."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def diversify(master: bytes, div_input: bytes) -> bytes:
    """AN10922 AES-128: CMAC-like over `01 ‖ M` always padded to 32 bytes. `div_input` is 1 to 31 bytes.

    Differs from CMAC for M ≤ 15, which AN10922 still pads to two blocks.
    """
    if not 1 <= len(div_input) <= 31:
        raise ValueError("AN10922 takes 1 to 31 bytes of diversification input")
    first, second = cmac_subkeys(master)
    message = b"\x01" + div_input
    if len(message) == 32:
        body = message[:16] + xor(message[16:], first)
    else:
        padded = (message + b"\x80").ljust(32, b"\x00")
        body = padded[:16] + xor(padded[16:], second)
    return aes_cbc_encrypt(master, ZERO_IV, body)[-AES_BLOCK:]


def ev2_session_vectors(rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """SV1 and SV2 (AN12343 table 16); index 0 is the first byte on the wire."""
    tail = rnd_a[0:2] + xor(rnd_a[2:8], rnd_b[0:6]) + rnd_b[6:16] + rnd_a[8:16]
    return bytes.fromhex("A55A00010080") + tail, bytes.fromhex("5AA500010080") + tail


def ev2_session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """(K_enc, K_mac) of an EV2 session."""
    sv1, sv2 = ev2_session_vectors(rnd_a, rnd_b)
    return cmac(key, sv1), cmac(key, sv2)


def ev1_session_key(rnd_a: bytes, rnd_b: bytes) -> bytes:
    """Session key of AuthenticateAES."""
    return rnd_a[0:4] + rnd_b[0:4] + rnd_a[12:16] + rnd_b[12:16]


def iso_session_key(key: bytes, rnd_a: bytes, rnd_b: bytes) -> bytes:
    """Session key of AuthenticateISO: 8 bytes when both halves of the key are equal (single DES), else 16."""
    if len(key) == 8 or key[:8] == key[8:16]:
        return rnd_a[0:4] + rnd_b[0:4]
    return rnd_a[0:4] + rnd_b[0:4] + rnd_a[4:8] + rnd_b[4:8]
