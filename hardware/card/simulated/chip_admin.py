"""Applications, keys, settings and version: the commands that shape a card."""

from __future__ import annotations

import hmac

from hardware.card.simulated import chip_crypto as cc
from hardware.card.simulated.chip import (
    COUNT,
    DENIED,
    DUPLICATE,
    NO_APPLICATION,
    NO_KEY,
    PARAMETER,
    PICC,
    Chip,
    Spec,
)
from hardware.card.simulated.chip_memory import Application, KeySlot
from hardware.card.simulated.chip_session import FULL, INTEGRITY, LENGTH, ChipError

MASTER_CHANGEABLE, LISTING_FREE, CREATING_FREE, SETTINGS_CHANGEABLE = 1, 2, 4, 8
APPLICATIONS_MAX = 28
_HARDWARE = {1: (0x01, 0x00), 2: (0x12, 0x00), 3: (0x33, 0x00)}
_SOFTWARE = {1: (0x01, 0x04), 2: (0x02, 0x01), 3: (0x03, 0x00)}
SIZE_8K = 0x1A


def _exactly(payload: bytes, size: int) -> None:
    if len(payload) != size:
        raise ChipError(LENGTH)


def _need(allowed: bool) -> None:
    if not allowed:
        raise ChipError(DENIED)


def get_version(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 0)
    memory = chip.memory
    hard = bytes([0x04, 0x01, 0x01, *_HARDWARE[memory.generation], SIZE_8K, 0x05])
    soft = bytes([0x04, 0x01, 0x01, *_SOFTWARE[memory.generation], SIZE_8K, 0x05])
    uid = bytes(7) if memory.random_uid else memory.uid
    return hard + soft + uid + bytes.fromhex("BA5000000047") + b"\x26"


def get_card_uid(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 0)
    _need(chip.session is not None)
    return chip.memory.uid


def get_free_memory(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 0)
    used = 0
    for app in chip.memory.applications.values():
        used += 32 + 32 * len(app.keys)
        used += sum(32 + f.size * max(1, f.records_max) for f in app.files.values())
    return max(0, 8192 - used).to_bytes(3, "little")


def get_application_ids(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 0)
    _need(chip.aid == PICC and (chip.is_master() or bool(chip.memory.picc_settings & LISTING_FREE)))
    return b"".join(chip.memory.applications)


def select_application(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 3)
    chip.drop_session()
    if payload != PICC and payload not in chip.memory.applications:
        chip.aid = PICC
        raise ChipError(NO_APPLICATION)
    chip.aid = payload
    return b""


def create_application(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 5)
    memory = chip.memory
    _need(chip.aid == PICC and (chip.is_master() or bool(memory.picc_settings & CREATING_FREE)))
    aid, settings, shape = payload[:3], payload[3], payload[4]
    count, kind_bits = shape & 0x0F, shape & 0xF0
    if aid == PICC or not 1 <= count <= 14 or kind_bits not in (0x80, 0x00):
        raise ChipError(PARAMETER)
    if aid in memory.applications:
        raise ChipError(DUPLICATE)
    if len(memory.applications) >= APPLICATIONS_MAX:
        raise ChipError(COUNT)
    if kind_bits == 0x80:
        start = memory.default_key
        keys = [KeySlot("aes", start.value, start.version) for _ in range(count)]
    else:
        keys = [KeySlot("tdes") for _ in range(count)]
    memory.applications[aid] = Application(settings, keys)
    chip.dirty = True
    return b""


def delete_application(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 3)
    memory = chip.memory
    by_owner = chip.aid == payload and bool(memory.picc_settings & CREATING_FREE)
    _need(chip.is_master() and (chip.aid == PICC or by_owner))
    if payload == PICC or payload not in memory.applications:
        raise ChipError(NO_APPLICATION)
    del memory.applications[payload]
    chip.dirty = True
    if chip.aid == payload:
        chip.aid = PICC
        chip.drop_session()
    return b""


def format_picc(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 0)
    _need(chip.aid == PICC and chip.is_master() and not chip.memory.format_off)
    chip.memory.applications.clear()
    chip.dirty = True
    return b""


def get_key_settings(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 0)
    _need(chip.is_master() or bool(chip.settings() & LISTING_FREE))
    keys = [chip.memory.picc_key] if chip.aid == PICC else chip.application().keys
    return bytes([chip.settings(), len(keys) | (0x80 if keys[0].kind == "aes" else 0)])


def change_key_settings(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 1)
    _need(chip.is_master() and bool(chip.settings() & SETTINGS_CHANGEABLE))
    if chip.aid == PICC:
        chip.memory.picc_settings = payload[0] & 0x0F
    else:
        chip.application().settings = payload[0]
    chip.dirty = True
    return b""


def get_key_version(chip: Chip, payload: bytes) -> bytes:
    _exactly(payload, 1)
    return bytes([chip.key(payload[0] & 0x0F).version])


def set_configuration(chip: Chip, payload: bytes) -> bytes:
    _need(chip.aid == PICC and chip.is_master())
    option, data = payload[0], payload[1:]
    if option == 0x00:
        _exactly(data, 1)
        chip.memory.format_off |= bool(data[0] & 1)
        chip.memory.random_uid |= bool(data[0] & 2)  # as on the chip, what is on stays on
    elif option == 0x01:
        _exactly(data, 25)
        chip.memory.default_key = KeySlot("aes", data[:16], data[24])
    else:
        raise ChipError(PARAMETER)
    chip.dirty = True
    return b""


def _configuration_shape(chip: Chip, payload: bytes) -> tuple[int, int]:
    return (25 if payload[0] == 0x01 else 1), 0


def _target(chip: Chip, first: int) -> tuple[int, KeySlot, str]:
    """(number, slot, new kind) of a ChangeKey; at PICC level the high bits name the new kind."""
    number = first & 0x0F
    slot = chip.key(number)
    if chip.aid != PICC:
        if first & 0xF0:
            raise ChipError(NO_KEY)
        return number, slot, slot.kind
    kind = {0x80: "aes", 0x00: "tdes"}.get(first & 0xC0)
    if kind is None or number:
        raise ChipError(NO_KEY)
    return number, slot, kind


def _key_shape(chip: Chip, payload: bytes) -> tuple[int, int]:
    number, _, kind = _target(chip, payload[0])
    own = chip.session is not None and chip.session.key_no == number
    return (17 if kind == "aes" else 16), (0 if own else 4)


def _may_change(chip: Chip, number: int) -> bool:
    session = chip.session
    if session is None:
        return False
    settings = chip.settings()
    if number == 0:
        return session.key_no == 0 and bool(settings & MASTER_CHANGEABLE)
    changer = settings >> 4
    if changer == 0x0F:
        return False
    if changer == 0x0E:
        return session.key_no == number
    if changer == number:
        return session.key_no == 0
    return session.key_no == changer


def change_key(chip: Chip, payload: bytes) -> bytes:
    number, slot, kind = _target(chip, payload[0])
    _need(_may_change(chip, number))
    own = chip.session is not None and chip.session.key_no == number
    body = payload[1:]
    size = 17 if kind == "aes" else 16
    _exactly(body, size if own else size + 4)
    value, version = body[:16], body[16] if kind == "aes" else 0
    if not own:
        value = bytes(a ^ b for a, b in zip(value, slot.value, strict=True))
        if not hmac.compare_digest(body[size:], cc.checksum(value)):
            raise ChipError(INTEGRITY)
    slot.kind, slot.value, slot.version = kind, value, version
    slot.failures = slot.penalty = 0
    chip.dirty = True
    if own:
        chip.drop_session()
    return b""


def _full(chip: Chip, payload: bytes) -> int:
    return FULL


def _one(chip: Chip, payload: bytes) -> tuple[int, int]:
    return 1, 0


def admin_specs() -> dict[int, Spec]:
    return {
        0x60: Spec(get_version, 0),
        0x51: Spec(get_card_uid, 0, _full),
        0x6E: Spec(get_free_memory, 0),
        0x6A: Spec(get_application_ids, 0),
        0x5A: Spec(select_application, 3, bare=True),
        0xCA: Spec(create_application, 5),
        0xDA: Spec(delete_application, 3),
        0xFC: Spec(format_picc, 0),
        0x45: Spec(get_key_settings, 0),
        0x54: Spec(change_key_settings, 0, _full, _one),
        0x64: Spec(get_key_version, 1),
        0x5C: Spec(set_configuration, 1, _full, _configuration_shape),
        0xC4: Spec(change_key, 1, _full, _key_shape),
    }
