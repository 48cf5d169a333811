"""What files hold: reading, and staging what a commit will change. Only standard files are written at once."""

from __future__ import annotations

from collections.abc import Callable

from hardware.card.simulated import chip_crypto as cc
from hardware.card.simulated.chip import BOUNDARY, DENIED, PARAMETER, Chip, Spec, Staged
from hardware.card.simulated.chip_files import READ, READ_WRITE, WRITE, mode_by, number, permit, signed
from hardware.card.simulated.chip_memory import BACKUP, CYCLIC, LINEAR, STANDARD, TRANSACTION_MAC, VALUE, ChipFile
from hardware.card.simulated.chip_session import LENGTH, ChipError


def stage(chip: Chip, file_no: int) -> Staged:
    return chip.staged.setdefault(file_no, Staged())


def note(chip: Chip, code: int, clear: bytes, content: bytes = b"") -> None:
    """Remember a command for the transaction MAC; kept even without such a file, it costs nothing."""
    chip.transaction_input += cc.zero_fill(bytes([code]) + clear, 16) + cc.zero_fill(content, 16)


def note_value(chip: Chip, code: int, file_no: int, value: bytes) -> None:
    chip.transaction_input += cc.zero_fill(bytes([code, file_no]) + value, 16)


def _of_kind(chip: Chip, file_no: int, *kinds: int) -> ChipFile:
    file = chip.file(file_no)
    if file.kind not in kinds:
        raise ChipError(PARAMETER)
    return file


def _window(payload: bytes) -> tuple[int, int]:
    return number(payload, 1, 3), number(payload, 4, 3)


def _read_data(code: int) -> Callable[[Chip, bytes], bytes]:
    def read(chip: Chip, payload: bytes) -> bytes:
        if len(payload) != 7:
            raise ChipError(LENGTH)
        file = _of_kind(chip, payload[0], STANDARD, BACKUP, TRANSACTION_MAC)
        permit(chip, file, READ, READ_WRITE) if file.kind != TRANSACTION_MAC else permit(chip, file, READ)
        content = file.data
        if file.kind == TRANSACTION_MAC:
            content = file.counter.to_bytes(4, "little") + file.mac
        offset, length = _window(payload)
        end = offset + length if length else len(content)
        if offset >= len(content) or end > len(content):
            raise ChipError(BOUNDARY)
        if file.kind != TRANSACTION_MAC:
            note(chip, code, payload, content[offset:end])
        return content[offset:end]

    return read


def _write_data(code: int) -> Callable[[Chip, bytes], bytes]:
    def write(chip: Chip, payload: bytes) -> bytes:
        file = _of_kind(chip, payload[0], STANDARD, BACKUP)
        permit(chip, file, WRITE, READ_WRITE)
        offset, length = _window(payload)
        content = payload[7:]
        if not length or len(content) != length:
            raise ChipError(LENGTH)
        if offset + length > file.size:
            raise ChipError(BOUNDARY)
        before = file.data
        if file.kind == BACKUP:
            before = stage(chip, payload[0]).data or before
        after = before[:offset] + content + before[offset + length :]
        if file.kind == BACKUP:
            stage(chip, payload[0]).data = after
        else:
            file.data = after
            chip.dirty = True
        note(chip, code, payload[:7], content)
        return b""

    return write


def _read_records(code: int) -> Callable[[Chip, bytes], bytes]:
    def read(chip: Chip, payload: bytes) -> bytes:
        if len(payload) != 7:
            raise ChipError(LENGTH)
        file = _of_kind(chip, payload[0], LINEAR, CYCLIC)
        permit(chip, file, READ, READ_WRITE)
        newest, count = _window(payload)
        end = len(file.records) - newest
        start = end - count if count else 0
        if end <= 0 or start < 0:
            raise ChipError(BOUNDARY)
        content = b"".join(file.records[start:end])
        note(chip, code, payload, content)
        return content

    return read


def _write_record(code: int) -> Callable[[Chip, bytes], bytes]:
    def write(chip: Chip, payload: bytes) -> bytes:
        file = _of_kind(chip, payload[0], LINEAR, CYCLIC)
        permit(chip, file, WRITE, READ_WRITE)
        offset, length = _window(payload)
        content = payload[7:]
        if not length or len(content) != length:
            raise ChipError(LENGTH)
        if offset + length > file.size:
            raise ChipError(BOUNDARY)
        change = stage(chip, payload[0])
        if file.kind == LINEAR and len(file.records) >= file.records_max and not change.cleared:
            raise ChipError(BOUNDARY)
        before = change.record or b"\0" * file.size
        change.record = before[:offset] + content + before[offset + length :]
        note(chip, code, payload[:7], content)
        return b""

    return write


def clear_records(chip: Chip, payload: bytes) -> bytes:
    file = _of_kind(chip, payload[0], LINEAR, CYCLIC)
    permit(chip, file, READ_WRITE)
    change = stage(chip, payload[0])
    change.cleared, change.record = True, None
    note(chip, 0xEB, payload[:1])
    return b""


def get_value(chip: Chip, payload: bytes) -> bytes:
    if len(payload) != 1:
        raise ChipError(LENGTH)
    file = _of_kind(chip, payload[0], VALUE)
    permit(chip, file, READ, WRITE, READ_WRITE)
    value = file.value.to_bytes(4, "little", signed=True)
    note_value(chip, 0x6C, payload[0], value)
    return value


def _change_value(code: int, *shifts: int) -> Callable[[Chip, bytes], bytes]:
    def change(chip: Chip, payload: bytes) -> bytes:
        if len(payload) != 5:
            raise ChipError(LENGTH)
        file = _of_kind(chip, payload[0], VALUE)
        permit(chip, file, *shifts)
        amount = signed(payload, 1)
        if amount < 0:
            raise ChipError(PARAMETER)
        change = stage(chip, payload[0])
        now = file.value if change.value is None else change.value
        after = now - amount if code == 0xDC else now + amount
        if not file.lower <= after <= file.upper:
            raise ChipError(BOUNDARY)
        if code == 0x1C and (not file.limited_credit_on or amount > file.limited_credit):
            raise ChipError(BOUNDARY if file.limited_credit_on else DENIED)
        change.value = after
        change.debited += amount if code == 0xDC else 0
        note_value(chip, code, payload[0], payload[1:])
        return b""

    return change


def content_shape(chip: Chip, payload: bytes) -> tuple[int, int]:
    return number(payload, 4, 3), 0


def value_shape(chip: Chip, payload: bytes) -> tuple[int, int]:
    return 4, 0


def content_specs() -> dict[int, Spec]:
    reading, writing = mode_by(READ, READ_WRITE), mode_by(WRITE, READ_WRITE)
    specs = {
        0x6C: Spec(get_value, 1, mode_by(READ, WRITE, READ_WRITE)),
        0xDC: Spec(_change_value(0xDC, READ, WRITE, READ_WRITE), 1, mode_by(READ, WRITE, READ_WRITE), value_shape),
        0x1C: Spec(_change_value(0x1C, WRITE, READ_WRITE), 1, writing, value_shape),
        0x0C: Spec(_change_value(0x0C, READ_WRITE), 1, mode_by(READ_WRITE), value_shape),
        0xEB: Spec(clear_records, 1, mode_by(READ_WRITE)),
    }
    for code, since in ((0xBD, 1), (0xAD, 2)):
        specs[code] = Spec(_read_data(code), 7, reading, since=since)
    for code, since in ((0x3D, 1), (0x8D, 2)):
        specs[code] = Spec(_write_data(code), 7, writing, content_shape, since=since, chained=True)
    for code, since in ((0xBB, 1), (0xAB, 2)):
        specs[code] = Spec(_read_records(code), 7, reading, since=since)
    for code, since in ((0x3B, 1), (0x8B, 2)):
        specs[code] = Spec(_write_record(code), 7, writing, content_shape, since=since, chained=True)
    return specs
