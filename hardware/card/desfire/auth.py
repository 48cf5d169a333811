"""The three mutual authentications as pure steps. Chance is passed in as `rnd_a`; nobody sees a key afterwards."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from hardware.card.desfire.commands import Ins
from hardware.card.desfire.crypto import (
    ZERO_IV,
    aes_cbc_decrypt,
    aes_cbc_encrypt,
    des_cbc_decrypt,
    des_cbc_encrypt,
    ev1_session_key,
    ev2_session_keys,
    iso_session_key,
    rotate_left,
)
from hardware.card.desfire.ev1 import Ev1Session
from hardware.card.desfire.ev2 import Ev2Session
from hardware.card.desfire.status import MessagingError


def _same(left: bytes, right: bytes) -> None:
    if not hmac.compare_digest(left, right):
        raise MessagingError("the card does not know the key")


def _length(data: bytes, size: int) -> None:
    if len(data) != size:
        raise MessagingError("authentication answer has the wrong length")


@dataclass(slots=True)
class Ev2Authentication:
    """AuthenticateEV2First, or NonFirst when `previous` is the session it continues (same TI and counter)."""

    key: bytes = field(repr=False)
    key_number: int
    rnd_a: bytes = field(repr=False)
    previous: Ev2Session | None = None
    _rnd_b: bytes = field(default=b"", repr=False)

    def start(self) -> tuple[Ins, bytes]:
        if self.previous is None:
            return Ins.AUTHENTICATE_EV2_FIRST, bytes([self.key_number, 0x00])
        return Ins.AUTHENTICATE_EV2_NON_FIRST, bytes([self.key_number])

    def answer(self, challenge: bytes) -> bytes:
        _length(challenge, 16)
        self._rnd_b = aes_cbc_decrypt(self.key, ZERO_IV, challenge)
        return aes_cbc_encrypt(self.key, ZERO_IV, self.rnd_a + rotate_left(self._rnd_b))

    def finish(self, proof: bytes) -> Ev2Session:
        _length(proof, 32 if self.previous is None else 16)
        plain = aes_cbc_decrypt(self.key, ZERO_IV, proof)
        k_enc, k_mac = ev2_session_keys(self.key, self.rnd_a, self._rnd_b)
        if self.previous is None:
            _same(plain[4:20], rotate_left(self.rnd_a))
            return Ev2Session(self.key_number, plain[:4], k_enc, k_mac)
        _same(plain, rotate_left(self.rnd_a))
        return Ev2Session(self.key_number, self.previous.transaction_id, k_enc, k_mac, self.previous.counter)


@dataclass(slots=True)
class Ev1Authentication:
    """AuthenticateAES: the initial vector chains through the three passes."""

    key: bytes = field(repr=False)
    key_number: int
    rnd_a: bytes = field(repr=False)
    _rnd_b: bytes = field(default=b"", repr=False)
    _iv: bytes = field(default=ZERO_IV, repr=False)

    def start(self) -> tuple[Ins, bytes]:
        return Ins.AUTHENTICATE_AES, bytes([self.key_number])

    def answer(self, challenge: bytes) -> bytes:
        _length(challenge, 16)
        self._rnd_b = aes_cbc_decrypt(self.key, ZERO_IV, challenge)
        token = aes_cbc_encrypt(self.key, challenge, self.rnd_a + rotate_left(self._rnd_b))
        self._iv = token[-16:]
        return token

    def finish(self, proof: bytes) -> Ev1Session:
        _length(proof, 16)
        _same(aes_cbc_decrypt(self.key, self._iv, proof), rotate_left(self.rnd_a))
        return Ev1Session(self.key_number, ev1_session_key(self.rnd_a, self._rnd_b))


@dataclass(slots=True)
class IsoAuthentication:
    """AuthenticateISO with the factory's 2K3DES key; `rnd_a` has eight bytes. Ends in a bare session key."""

    key: bytes = field(repr=False)
    rnd_a: bytes = field(repr=False)
    _rnd_b: bytes = field(default=b"", repr=False)
    _iv: bytes = field(default=bytes(8), repr=False)

    def start(self) -> tuple[Ins, bytes]:
        return Ins.AUTHENTICATE_ISO, b"\x00"

    def answer(self, challenge: bytes) -> bytes:
        _length(challenge, 8)
        self._rnd_b = des_cbc_decrypt(self.key, bytes(8), challenge)
        token = des_cbc_encrypt(self.key, challenge, self.rnd_a + rotate_left(self._rnd_b))
        self._iv = token[-8:]
        return token

    def finish(self, proof: bytes) -> bytes:
        _length(proof, 8)
        _same(des_cbc_decrypt(self.key, self._iv, proof), rotate_left(self.rnd_a))
        return iso_session_key(self.key, self.rnd_a, self._rnd_b)
