"""Secure messaging from the card's side: a session unwraps what came and wraps what goes.

Modes are the numbers of file settings: 0 plain, 1 MAC, 3 enciphered.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from hardware.card.simulated import chip_crypto as cc

PLAIN, MACED, FULL = 0, 1, 3


class ChipError(Exception):
    """The card refuses: `status` is the second status byte. Session and open transaction are dropped."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status:02X}")
        self.status = status


INTEGRITY = 0x1E
LENGTH = 0x7E


@dataclass(slots=True)
class Ev2ChipSession:
    """EV2: four-byte identifier, command counter, two keys."""

    key_no: int
    ti: bytes
    enc: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    counter: int = 0

    def _vector(self, mark: bytes) -> bytes:
        text = mark + self.ti + self.counter.to_bytes(2, "little") + b"\0" * 8
        return cc.encipher(self.enc, "aes", b"\0" * 16, text)

    def _tag(self, code: int, body: bytes) -> bytes:
        return cc.short_mac(self.auth, bytes([code]) + self.counter.to_bytes(2, "little") + self.ti + body)

    def sealed_size(self, content: int) -> int:
        """Bytes that `content` enciphered bytes take on the wire, with their MAC."""
        return len(cc.mark_fill(bytes(content))) + 8

    def unwrap(self, code: int, payload: bytes, mode: int, header: int, data: int, trailer: int) -> bytes:
        """Plain parameters of a command whose clear part has `header` bytes."""
        if mode == PLAIN:
            return payload
        if len(payload) < header + 8:
            raise ChipError(LENGTH)
        body, tag = payload[:-8], payload[-8:]
        if not hmac.compare_digest(tag, self._tag(code, body)):
            raise ChipError(INTEGRITY)
        secret = body[header:]
        if mode != FULL or not secret:
            return body
        if len(secret) % 16:
            raise ChipError(LENGTH)
        plain = cc.mark_strip(cc.decipher(self.enc, "aes", self._vector(b"\xa5\x5a"), secret))
        if plain is None:
            raise ChipError(INTEGRITY)
        return body[:header] + plain

    def wrap(self, answer: bytes, mode: int) -> bytes:
        self.counter += 1
        if mode == PLAIN:
            return answer
        if mode == FULL and answer:
            answer = cc.encipher(self.enc, "aes", self._vector(b"\x5a\xa5"), cc.mark_fill(answer))
        return answer + self._tag(0, answer)


@dataclass(slots=True)
class Ev1ChipSession:
    """EV1 after AuthenticateAES or AuthenticateISO: one key, one running vector."""

    key_no: int
    kind: str
    key: bytes = field(repr=False)
    iv: bytes = b""

    def __post_init__(self) -> None:
        self.iv = b"\0" * cc.block_size(self.kind)

    def sealed_size(self, content: int) -> int:
        """Bytes that `content` enciphered bytes take on the wire, with their CRC."""
        return len(cc.zero_fill(bytes(content + 4), cc.block_size(self.kind)))

    def unwrap(self, code: int, payload: bytes, mode: int, header: int, data: int, trailer: int) -> bytes:
        """`data` is how many content bytes the command carries (0 for none), `trailer` what follows the CRC."""
        if mode == FULL and data:
            return self._open(code, payload, header, data, trailer)
        if mode == MACED and data:
            if len(payload) < 8:
                raise ChipError(LENGTH)
            payload, tag = payload[:-8], payload[-8:]
            self.iv = cc.chained_mac(self.key, self.kind, self.iv, bytes([code]) + payload)
            if not hmac.compare_digest(tag, self.iv[:8]):
                raise ChipError(INTEGRITY)
            return payload
        self.iv = cc.chained_mac(self.key, self.kind, self.iv, bytes([code]) + payload)
        return payload

    def _open(self, code: int, payload: bytes, header: int, data: int, trailer: int) -> bytes:
        clear, secret = payload[:header], payload[header:]
        size = cc.block_size(self.kind)
        if len(secret) != len(cc.zero_fill(b"\0" * (data + 4 + trailer), size)):
            raise ChipError(LENGTH)
        plain = cc.decipher(self.key, self.kind, self.iv, secret)
        self.iv = secret[-size:]
        content, crc = plain[:data], plain[data : data + 4]
        if not hmac.compare_digest(crc, cc.checksum(bytes([code]) + clear + content)):
            raise ChipError(INTEGRITY)
        return clear + content + plain[data + 4 : data + 4 + trailer]

    def wrap(self, answer: bytes, mode: int) -> bytes:
        if mode == FULL and answer:
            size = cc.block_size(self.kind)
            text = cc.zero_fill(answer + cc.checksum(answer + b"\0"), size)
            cipher = cc.encipher(self.key, self.kind, self.iv, text)
            self.iv = cipher[-size:]
            return cipher
        self.iv = cc.chained_mac(self.key, self.kind, self.iv, answer + b"\0")
        return answer + self.iv[:8]


ChipSession = Ev2ChipSession | Ev1ChipSession
