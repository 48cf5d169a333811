"""EV1 secure messaging after AuthenticateAES, and the one enciphered command after AuthenticateISO.

One initial vector runs through commands and answers alike; every command and answer moves it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from hardware.card.desfire.commands import Command, Ins, Mode
from hardware.card.desfire.crypto import (
    ZERO_IV,
    aes_cbc_decrypt,
    aes_cbc_encrypt,
    cmac,
    crc32,
    des_cbc_encrypt,
    pad_zero,
)
from hardware.card.desfire.status import MessagingError

MAC_SIZE = 8
_OK = b"\x00"


@dataclass(slots=True)
class Ev1Session:
    """An AES session of EV1. Same shape as `Ev2Session`; not thread-safe."""

    key_number: int
    key: bytes = field(repr=False)
    iv: bytes = field(default=ZERO_IV, repr=False)

    @property
    def ev1(self) -> bool:
        return True

    def protect(self, command: Command) -> bytes:
        """The payload that follows the instruction byte; moves the running vector."""
        plain = bytes([command.instruction]) + command.header + command.data
        if command.mode is Mode.FULL and command.data:
            secret = pad_zero(command.data + crc32(plain) + command.trailer)
            cipher = aes_cbc_encrypt(self.key, self.iv, secret)
            self.iv = cipher[-16:]
            return command.header + cipher
        self.iv = cmac(self.key, plain, self.iv)
        mac = self.iv[:MAC_SIZE] if command.mode is Mode.MAC and command.data else b""
        return command.header + command.data + mac

    def unprotect(self, command: Command, answer: bytes) -> bytes:
        """The plain data of a successful answer; MessagingError when CMAC or CRC is wrong."""
        if command.ends_session:
            return answer
        if command.mode is Mode.FULL and command.reply_length:
            return self._decipher(answer, command.reply_length)
        if len(answer) < MAC_SIZE:
            raise MessagingError("answer without MAC")
        data, mac = answer[:-MAC_SIZE], answer[-MAC_SIZE:]
        self.iv = cmac(self.key, data + _OK, self.iv)
        if not hmac.compare_digest(mac, self.iv[:MAC_SIZE]):
            raise MessagingError("answer MAC does not match")
        return data

    def _decipher(self, answer: bytes, length: int) -> bytes:
        if len(answer) != len(pad_zero(bytes(length + 4))):
            raise MessagingError("enciphered answer has the wrong length")
        plain = aes_cbc_decrypt(self.key, self.iv, answer)
        self.iv = answer[-16:]
        data, crc, padding = plain[:length], plain[length : length + 4], plain[length + 4 :]
        if not hmac.compare_digest(crc, crc32(data + _OK)) or any(padding):
            raise MessagingError("answer CRC does not match")
        return data


def factory_change_key_payload(session_key: bytes, new_key: bytes, version: int) -> bytes:
    """Payload of ChangeKey 80 right after AuthenticateISO: the one command that is sent in that session."""
    header = b"\x80"
    data = new_key + bytes([version])
    crc = crc32(bytes([Ins.CHANGE_KEY]) + header + data)
    return header + des_cbc_encrypt(session_key, bytes(8), pad_zero(data + crc, 8))
