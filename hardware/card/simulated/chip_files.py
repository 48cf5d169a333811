"""Files: creating, reading, staging. Value, backup and record files change only in a commit."""

from __future__ import annotations

from collections.abc import Callable

from hardware.card.simulated import chip_crypto as cc
from hardware.card.simulated.chip import (
    BOUNDARY,
    DENIED,
    DUPLICATE,
    FREE,
    NO_FILE,
    PARAMETER,
    Chip,
    Spec,
    Staged,
)
from hardware.card.simulated.chip_admin import CREATING_FREE, LISTING_FREE
from hardware.card.simulated.chip_memory import (
    BACKUP,
    CYCLIC,
    LINEAR,
    STANDARD,
    TRANSACTION_MAC,
    VALUE,
    ChipFile,
)
from hardware.card.simulated.chip_session import FULL, LENGTH, PLAIN, ChipError

READ, WRITE, READ_WRITE, CHANGE = 12, 8, 4, 0  # shifts in the 16 bits of rights
FILES_MAX = 32


def number(payload: bytes, at: int, size: int) -> int:
    return int.from_bytes(payload[at : at + size], "little")


def signed(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + 4], "little", signed=True)


def rights_of(file: ChipFile, *shifts: int) -> tuple[int, ...]:
    return tuple(file.rights >> shift & 0xF for shift in shifts)


def permit(chip: Chip, file: ChipFile, *shifts: int) -> None:
    if not chip.granted(rights_of(file, *shifts)):
        raise ChipError(DENIED)


def mode_by(*shifts: int) -> Callable[[Chip, bytes], int]:
    """Communication mode of a file command: the file's, or plain where only free access lets one in."""

    def mode(chip: Chip, payload: bytes) -> int:
        file = chip.file(payload[0])
        rights = rights_of(file, *shifts)
        if chip.session is None or (chip.session.key_no not in rights and FREE in rights):
            return PLAIN
        return file.comm

    return mode


def _new(chip: Chip, payload: bytes, kind: int) -> ChipFile:
    app = chip.application()
    if not (chip.is_master() or app.settings & CREATING_FREE):
        raise ChipError(DENIED)
    if payload[0] >= FILES_MAX or payload[1] not in (0, 1, 3):
        raise ChipError(PARAMETER)
    if payload[0] in app.files:
        raise ChipError(DUPLICATE)
    return ChipFile(kind, payload[1], number(payload, 2, 2))


def _keep(chip: Chip, payload: bytes, file: ChipFile) -> bytes:
    chip.application().files[payload[0]] = file
    chip.dirty = True
    return b""


def _create_data(kind: int) -> Callable[[Chip, bytes], bytes]:
    def create(chip: Chip, payload: bytes) -> bytes:
        if len(payload) != 7:
            raise ChipError(LENGTH)
        file = _new(chip, payload, kind)
        file.size = number(payload, 4, 3)
        if not 1 <= file.size <= 4096:
            raise ChipError(PARAMETER)
        file.data = b"\0" * file.size
        return _keep(chip, payload, file)

    return create


def _create_value(chip: Chip, payload: bytes) -> bytes:
    if len(payload) != 17:
        raise ChipError(LENGTH)
    file = _new(chip, payload, VALUE)
    file.lower, file.upper, file.value = signed(payload, 4), signed(payload, 8), signed(payload, 12)
    file.limited_credit_on = payload[16]
    if not file.lower <= file.value <= file.upper:
        raise ChipError(BOUNDARY)
    return _keep(chip, payload, file)


def _create_records(kind: int) -> Callable[[Chip, bytes], bytes]:
    def create(chip: Chip, payload: bytes) -> bytes:
        if len(payload) != 10:
            raise ChipError(LENGTH)
        file = _new(chip, payload, kind)
        file.size, file.records_max = number(payload, 4, 3), number(payload, 7, 3)
        if not file.size or file.records_max < (2 if kind == CYCLIC else 1):
            raise ChipError(PARAMETER)
        return _keep(chip, payload, file)

    return create


def _create_transaction_mac(chip: Chip, payload: bytes) -> bytes:
    if len(payload) != 22:
        raise ChipError(LENGTH)
    if payload[4] != 0x02 or not chip.is_master():
        raise ChipError(PARAMETER if chip.is_master() else DENIED)
    file = _new(chip, payload, TRANSACTION_MAC)
    if any(f.kind == TRANSACTION_MAC for f in chip.application().files.values()):
        raise ChipError(DUPLICATE)
    file.mac_key, file.mac_key_version, file.size = payload[5:21], payload[21], 12
    return _keep(chip, payload, file)


def delete_file(chip: Chip, payload: bytes) -> bytes:
    app = chip.application()
    if not (chip.is_master() or app.settings & CREATING_FREE):
        raise ChipError(DENIED)
    if app.files.pop(payload[0], None) is None:
        raise ChipError(NO_FILE)
    chip.staged.pop(payload[0], None)
    chip.dirty = True
    return b""


def get_file_ids(chip: Chip, payload: bytes) -> bytes:
    app = chip.application()
    if not (chip.is_master() or app.settings & LISTING_FREE):
        raise ChipError(DENIED)
    return bytes(app.files)


def get_file_settings(chip: Chip, payload: bytes) -> bytes:
    app = chip.application()
    if not (chip.is_master() or app.settings & LISTING_FREE):
        raise ChipError(DENIED)
    file = chip.file(payload[0])
    head = bytes([file.kind, file.comm]) + file.rights.to_bytes(2, "little")
    if file.kind in (STANDARD, BACKUP):
        return head + file.size.to_bytes(3, "little")
    if file.kind == VALUE:
        numbers = (file.lower, file.upper, file.limited_credit)
        body = b"".join(n.to_bytes(4, "little", signed=True) for n in numbers)
        return head + body + bytes([file.limited_credit_on])
    if file.kind == TRANSACTION_MAC:
        return head + bytes([0x02, file.mac_key_version])
    sizes = (file.size, file.records_max, len(file.records))
    return head + b"".join(n.to_bytes(3, "little") for n in sizes)


def change_file_settings(chip: Chip, payload: bytes) -> bytes:
    if len(payload) != 4:
        raise ChipError(LENGTH)
    file = chip.file(payload[0])
    permit(chip, file, CHANGE)
    if payload[1] not in (0, 1, 3):
        raise ChipError(PARAMETER)
    file.comm, file.rights = payload[1], number(payload, 2, 2)
    chip.dirty = True
    return b""


def _settings_mode(chip: Chip, payload: bytes) -> int:
    (change,) = rights_of(chip.file(payload[0]), CHANGE)
    return PLAIN if change == FREE else FULL


# --- content ---------------------------------------------------------------------------------------------


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


def _three(chip: Chip, payload: bytes) -> tuple[int, int]:
    return 3, 0


def _full(chip: Chip, payload: bytes) -> int:
    return FULL


def file_specs() -> dict[int, Spec]:
    reading, writing = mode_by(READ, READ_WRITE), mode_by(WRITE, READ_WRITE)
    specs = {
        0xCD: Spec(_create_data(STANDARD), 7),
        0xCB: Spec(_create_data(BACKUP), 7),
        0xCC: Spec(_create_value, 17),
        0xC1: Spec(_create_records(LINEAR), 10),
        0xC0: Spec(_create_records(CYCLIC), 10),
        0xCE: Spec(_create_transaction_mac, 5, _full, since=2),
        0xDF: Spec(delete_file, 1),
        0x6F: Spec(get_file_ids, 0),
        0xF5: Spec(get_file_settings, 1),
        0x5F: Spec(change_file_settings, 1, _settings_mode, _three),
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
