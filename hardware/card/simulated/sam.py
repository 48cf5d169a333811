"""A key module in software, as `hardware.card.sam` speaks to it: for the demo's desk and for tests, in process or on
the second slot of a vpcd. Its keys are in this process's memory: it stands for a chip, it does not replace one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from domain.ports import Chance
from hardware.card.desfire.crypto import (
    ZERO_IV,
    aes_cbc_decrypt,
    aes_cbc_encrypt,
    diversify,
    ev1_session_key,
    ev2_session_keys,
    rotate_left,
)
from hardware.card.keys import NAME_OF_NUMBER, KeyName, KeyRing
from hardware.card.layout import APPLICATION
from hardware.card.sam import (
    CLASS,
    INS_FINISH,
    INS_INFO,
    INS_START,
    KEY_NOT_FOUND,
    MODE_EV1,
    MODE_EV2_FIRST,
    MODE_EV2_NEXT,
    WRONG_PROOF,
)

ATR = bytes.fromhex("3B00")
TRIES = 3
OK, WRONG_LENGTH, LOCKED, DEAD, NO_START, BAD_DATA = 0x9000, 0x6700, 0x6982, 0x6983, 0x6985, 0x6A80
NO_INSTRUCTION, NO_CLASS = 0x6D00, 0x6E00
_HEAD = 5
_PROOF_SIZE = {MODE_EV1: 16, MODE_EV2_FIRST: 32, MODE_EV2_NEXT: 16}


@dataclass(slots=True)
class _Begun:
    """An authentication between its two commands."""

    mode: int
    key: bytes = field(repr=False)
    rnd_a: bytes = field(repr=False)
    rnd_b: bytes = field(repr=False)
    iv: bytes = ZERO_IV


class SimulatedSam:
    """Answers one APDU at a time. Three wrong secrets in a row end it. Not thread-safe."""

    def __init__(self, ring: KeyRing, secret: bytes, chance: Chance) -> None:
        self._ring, self._secret, self._chance = ring, secret, chance
        self._tries = TRIES
        self._open = False
        self._begun: _Begun | None = None

    def power_up(self) -> None:
        self._open = False
        self._begun = None

    def exchange(self, frame: bytes) -> bytes:
        """Data and status word of one command APDU."""
        data, word = self._answer(frame)
        return data + word.to_bytes(2, "big")

    def _answer(self, frame: bytes) -> tuple[bytes, int]:
        if len(frame) < _HEAD:
            return b"", WRONG_LENGTH
        instruction, body = frame[1], frame[_HEAD : _HEAD + frame[4]]
        if frame[:4] == bytes([0x00, 0x20, 0x00, 0x80]):
            return b"", self._verify(body)
        if frame[0] != CLASS:
            return b"", NO_CLASS
        if not self._open:
            return b"", LOCKED
        if len(body) != frame[4]:
            return b"", WRONG_LENGTH
        match instruction:
            case int() if instruction == INS_INFO:
                return self._info(), OK
            case int() if instruction == INS_START:
                return self._start(frame[2], frame[3], body)
            case int() if instruction == INS_FINISH:
                return self._finish(body)
        return b"", NO_INSTRUCTION

    def _verify(self, secret: bytes) -> int:
        if self._tries == 0:
            return DEAD
        self._open = hmac.compare_digest(secret, self._secret)
        self._tries = TRIES if self._open else self._tries - 1
        return OK if self._open else 0x63C0 | self._tries

    def _info(self) -> bytes:
        held = ((number, sorted(self._ring.masters.get(name, ()))) for number, name in NAME_OF_NUMBER.items())
        return b"".join(bytes([number, len(versions), *versions]) for number, versions in held if versions)

    def _start(self, number: int, mode: int, body: bytes) -> tuple[bytes, int]:
        self._begun = None
        if mode not in _PROOF_SIZE or len(body) < 2 or len(body) != 2 + body[1] + 16:
            return b"", BAD_DATA
        version, uid, challenge = body[0], body[2:-16], body[-16:]
        name = NAME_OF_NUMBER.get(number)
        master = self._ring.masters.get(name, {}).get(version) if name is not None else None
        if master is None:
            return b"", KEY_NOT_FOUND
        if name is not KeyName.IDENTIFICATION:
            if len(uid) != 7:
                return b"", BAD_DATA
            master = diversify(master, uid + APPLICATION + self._ring.system_id)
        rnd_a, rnd_b = self._chance.token(16), aes_cbc_decrypt(master, ZERO_IV, challenge)
        iv = challenge if mode == MODE_EV1 else ZERO_IV
        token = aes_cbc_encrypt(master, iv, rnd_a + rotate_left(rnd_b))
        self._begun = _Begun(mode, master, rnd_a, rnd_b, token[-16:] if mode == MODE_EV1 else ZERO_IV)
        return token, OK

    def _finish(self, proof: bytes) -> tuple[bytes, int]:
        begun, self._begun = self._begun, None
        if begun is None:
            return b"", NO_START
        if len(proof) != _PROOF_SIZE[begun.mode]:
            return b"", BAD_DATA
        plain = aes_cbc_decrypt(begun.key, begun.iv, proof)
        shown = plain[4:20] if begun.mode == MODE_EV2_FIRST else plain
        if not hmac.compare_digest(shown, rotate_left(begun.rnd_a)):
            return b"", WRONG_PROOF
        if begun.mode == MODE_EV1:
            return ev1_session_key(begun.rnd_a, begun.rnd_b), OK
        k_enc, k_mac = ev2_session_keys(begun.key, begun.rnd_a, begun.rnd_b)
        return (plain[:4] if begun.mode == MODE_EV2_FIRST else b"") + k_enc + k_mac, OK
