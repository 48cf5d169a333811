"""The transaction MAC: what a set of commands must have been for the card to sign it (AN12343 chapter 10).

No real card has confirmed the collection rule here; see `docs/card.md`. A command is kept as
`Cmd ‖ header ‖ plain data`, without padding, so that the rule may change without losing facts.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.card.desfire.commands import Ins
from hardware.card.desfire.crypto import ZERO_IV, aes_cbc_decrypt, cmac, pad_zero, truncate_mac

_VALUE = {Ins.GET_VALUE, Ins.CREDIT, Ins.DEBIT, Ins.LIMITED_CREDIT}
_DATA = {
    Ins.READ_DATA,
    Ins.WRITE_DATA,
    Ins.READ_RECORDS,
    Ins.WRITE_RECORD,
    Ins.READ_DATA_EV1,
    Ins.WRITE_DATA_EV1,
    Ins.READ_RECORDS_EV1,
    Ins.WRITE_RECORD_EV1,
}
_DATA_HEADER = 8  # Cmd ‖ FileNo ‖ offset₃ ‖ length₃
_READS = {Ins.READ_DATA, Ins.READ_RECORDS, Ins.READ_DATA_EV1, Ins.READ_RECORDS_EV1}


@dataclass(frozen=True, slots=True)
class TmacRule:
    """Which commands a chip collects: one configured value, for no real card has confirmed the published rule here.

    `reads`: ReadData and ReadRecords enter; `values`: GetValue enters (AN12343: both).
    """

    reads: bool = True
    values: bool = True

    def takes(self, instruction: int) -> bool:
        """Whether a command with this code enters at all."""
        if instruction in _READS:
            return self.reads
        return self.values or instruction != Ins.GET_VALUE


PUBLISHED_RULE = TmacRule()


def tmac_session_keys(key: bytes, counter: int, uid: bytes) -> tuple[bytes, bytes]:
    """(K_TM,MAC, K_TM,ENC) for the commit that makes the counter `counter`; `uid` has seven bytes."""
    tail = bytes.fromhex("00010080") + counter.to_bytes(4, "little") + uid
    return cmac(key, b"\x5a" + tail), cmac(key, b"\xa5" + tail)


def collect(commands: tuple[bytes, ...], rule: TmacRule = PUBLISHED_RULE) -> bytes:
    """TMI of an ordered command list; ValueError for a command that cannot be part of one."""
    collected = b""
    for command in commands:
        instruction = command[0]
        if not rule.takes(instruction):
            continue
        if instruction in _VALUE or instruction == Ins.CLEAR_RECORD_FILE:
            collected += pad_zero(command)
        elif instruction in _DATA:
            collected += pad_zero(command[:_DATA_HEADER]) + pad_zero(command[_DATA_HEADER:])
        elif instruction == Ins.COMMIT_READER_ID:
            collected += pad_zero(command, 48)
        else:
            raise ValueError(f"command {instruction:02X} does not enter a transaction MAC")
    return collected


def transaction_mac(
    key: bytes, counter: int, uid: bytes, commands: tuple[bytes, ...], rule: TmacRule = PUBLISHED_RULE
) -> bytes:
    """The TMV the card must have given for these commands."""
    mac_key, _ = tmac_session_keys(key, counter, uid)
    return truncate_mac(cmac(mac_key, collect(commands, rule)))


def previous_reader_id(key: bytes, counter: int, uid: bytes, encrypted: bytes) -> bytes:
    """The previous reader id out of the EncTMRI that CommitReaderID answered."""
    _, enc_key = tmac_session_keys(key, counter, uid)
    return aes_cbc_decrypt(enc_key, ZERO_IV, encrypted)
