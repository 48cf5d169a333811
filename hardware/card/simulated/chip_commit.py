"""CommitTransaction, AbortTransaction, CommitReaderID and the transaction MAC."""

from __future__ import annotations

from hardware.card.simulated import chip_crypto as cc
from hardware.card.simulated.chip import DENIED, NEVER, NO_CHANGES, PARAMETER, Chip, Spec, Staged
from hardware.card.simulated.chip_files import READ_WRITE, rights_of
from hardware.card.simulated.chip_memory import CYCLIC, TRANSACTION_MAC, VALUE, ChipFile
from hardware.card.simulated.chip_session import LENGTH, ChipError


def _mac_file(chip: Chip) -> ChipFile | None:
    for file in chip.application().files.values():
        if file.kind == TRANSACTION_MAC:
            return file
    return None


def _apply(file: ChipFile, change: Staged) -> None:
    if change.data is not None:
        file.data = change.data
    if change.value is not None:
        file.value = change.value
    if file.kind == VALUE and change.debited:
        file.limited_credit = change.debited
    if change.cleared:
        file.records = []
    if change.record is not None:
        file.records.append(change.record)
        if file.kind == CYCLIC:
            del file.records[: max(0, len(file.records) - (file.records_max - 1))]


def commit(chip: Chip, payload: bytes) -> bytes:
    """All staged changes become the card's content in one step; option 01 returns TMC ‖ TMV."""
    if len(payload) > 1 or (payload and chip.memory.generation < 2):
        raise ChipError(LENGTH)
    wants_mac = payload == b"\x01"
    if payload and payload[0] > 1:
        raise ChipError(PARAMETER)
    if not chip.staged:
        raise ChipError(NO_CHANGES)
    mac_file = _mac_file(chip)
    if wants_mac and mac_file is None:
        raise ChipError(PARAMETER)
    if mac_file is not None:
        _sign(chip, mac_file)
    for number, change in chip.staged.items():
        _apply(chip.file(number), change)
    chip.abort()
    chip.dirty = True
    if wants_mac and mac_file is not None:
        return mac_file.counter.to_bytes(4, "little") + mac_file.mac
    return b""


def _sign(chip: Chip, file: ChipFile) -> None:
    (switch,) = rights_of(file, READ_WRITE)
    if switch != NEVER and chip.reader_id is None:
        raise ChipError(DENIED)
    file.counter += 1
    key = cc.derive_commit(file.mac_key, file.counter, chip.memory.uid, 0x5A)
    file.mac = cc.short_mac(key, chip.transaction_input)
    if chip.reader_id is not None:
        file.reader_id = chip.reader_id


def abort(chip: Chip, payload: bytes) -> bytes:
    if payload:
        raise ChipError(LENGTH)
    if not chip.staged:
        raise ChipError(NO_CHANGES)
    chip.abort()
    return b""


def commit_reader_id(chip: Chip, payload: bytes) -> bytes:
    """Takes this reader's id, answers the previous one enciphered for the holder of the MAC key."""
    if len(payload) != 16:
        raise ChipError(LENGTH)
    file = _mac_file(chip)
    if file is None:
        raise ChipError(PARAMETER)
    (switch,) = rights_of(file, READ_WRITE)
    if switch == NEVER or not chip.granted((switch,)) or chip.reader_id is not None:
        raise ChipError(DENIED)
    key = cc.derive_commit(file.mac_key, file.counter + 1, chip.memory.uid, 0xA5)
    hidden = cc.encipher(key, "aes", b"\0" * 16, file.reader_id)
    chip.reader_id = payload
    chip.transaction_input += cc.zero_fill(b"\xc8" + payload + hidden, 48)
    return hidden


def commit_specs() -> dict[int, Spec]:
    return {
        0xC7: Spec(commit, 0),
        0xA7: Spec(abort, 0),
        0xC8: Spec(commit_reader_id, 0, since=2),
    }
