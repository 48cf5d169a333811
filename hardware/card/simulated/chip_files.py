"""Files as such: creating and deleting them, their settings and access rights."""

from __future__ import annotations

from collections.abc import Callable

from hardware.card.simulated.chip import (
    BOUNDARY,
    DENIED,
    DUPLICATE,
    FREE,
    NO_FILE,
    PARAMETER,
    Chip,
    Spec,
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


def _three(chip: Chip, payload: bytes) -> tuple[int, int]:
    return 3, 0


def _full(chip: Chip, payload: bytes) -> int:
    return FULL


def file_specs() -> dict[int, Spec]:
    return {
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
    }
