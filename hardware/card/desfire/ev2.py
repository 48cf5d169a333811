"""EV2 secure messaging (AN12343 chapter 9, AN12196): what a command becomes on the wire, what an answer means."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from hardware.card.desfire.commands import Command, Mode
from hardware.card.desfire.crypto import (
    ZERO_IV,
    aes_cbc_decrypt,
    aes_cbc_encrypt,
    cmac,
    pad_iso,
    truncate_mac,
    unpad_iso,
)
from hardware.card.desfire.status import MessagingError

MAC_SIZE = 8


@dataclass(slots=True)
class Ev2Session:
    """One EV2 session. `protect` then `unprotect`, strictly in turn; any MessagingError ends it.

    Only the counter ties a command to those before it, so several may be protected first (`ahead` 0, 1, 2 …), sent in
    that order and unprotected in that order. A card that did not take one of them refuses all that follow.

    Not thread-safe. The representation hides the keys so that no trace can print them.
    """

    key_number: int
    transaction_id: bytes  # TI, four bytes
    k_enc: bytes = field(repr=False)
    k_mac: bytes = field(repr=False)
    counter: int = 0

    @property
    def ev1(self) -> bool:
        return False

    def _iv(self, label: bytes, ahead: int = 0) -> bytes:
        block = label + self.transaction_id + (self.counter + ahead).to_bytes(2, "little") + bytes(8)
        return aes_cbc_encrypt(self.k_enc, ZERO_IV, block)

    def _mac(self, code: int, body: bytes, ahead: int = 0) -> bytes:
        message = bytes([code]) + (self.counter + ahead).to_bytes(2, "little") + self.transaction_id + body
        return truncate_mac(cmac(self.k_mac, message))

    def protect(self, command: Command, ahead: int = 0) -> bytes:
        """The payload that follows the instruction byte; `ahead` commands are sent before this one."""
        data = command.data + command.trailer
        if command.mode is Mode.PLAIN:
            return command.header + data
        if command.mode is Mode.FULL and data:
            data = aes_cbc_encrypt(self.k_enc, self._iv(b"\xa5\x5a", ahead), pad_iso(data))
        return command.header + data + self._mac(command.instruction, command.header + data, ahead)

    def unprotect(self, command: Command, answer: bytes) -> bytes:
        """The plain data of a successful answer; MessagingError when the MAC or the padding is wrong."""
        if self.counter == 0xFFFF:
            raise MessagingError("command counter exhausted")
        self.counter += 1
        if command.mode is Mode.PLAIN or command.ends_session:
            return answer
        if len(answer) < MAC_SIZE:
            raise MessagingError("answer without MAC")
        data, mac = answer[:-MAC_SIZE], answer[-MAC_SIZE:]
        if not hmac.compare_digest(mac, self._mac(0x00, data)):
            raise MessagingError("answer MAC does not match")
        if command.mode is Mode.MAC or not data:
            return data
        if len(data) % 16:
            raise MessagingError("enciphered answer is not whole blocks")
        try:
            return unpad_iso(aes_cbc_decrypt(self.k_enc, self._iv(b"\x5a\xa5"), data))
        except ValueError as error:
            raise MessagingError(str(error)) from error
