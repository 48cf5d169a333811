"""The card's side of the authentications, with the delay that follows repeated wrong keys."""

from __future__ import annotations

import hmac

from hardware.card.simulated import chip_crypto as cc
from hardware.card.simulated.chip import DELAY, PARAMETER, WRONG_KEY, Chip, Spec
from hardware.card.simulated.chip_memory import KeySlot
from hardware.card.simulated.chip_session import LENGTH, ChipError, Ev1ChipSession, Ev2ChipSession

FAILURES_FREE = 5  # wrong keys in a row before the card makes one wait
PENALTY_MAX = 8  # a chip without a clock counts its delay in refused attempts


def _slot(chip: Chip, number: int, kind: str) -> KeySlot:
    slot = chip.key(number)
    if slot.kind != kind:
        raise ChipError(WRONG_KEY)
    if slot.penalty:
        slot.penalty -= 1
        chip.dirty = True
        raise ChipError(DELAY)
    return slot


def _fail(chip: Chip, slot: KeySlot) -> ChipError:
    slot.failures += 1
    if slot.failures >= FAILURES_FREE:
        slot.penalty = min(slot.failures - FAILURES_FREE + 1, PENALTY_MAX)
    chip.dirty = True
    return ChipError(WRONG_KEY)


def _succeed(chip: Chip, slot: KeySlot) -> None:
    if slot.failures or slot.penalty:
        slot.failures = slot.penalty = 0
        chip.dirty = True


def _rotated(data: bytes) -> bytes:
    return data[1:] + data[:1]


def authenticate_ev2_first(chip: Chip, payload: bytes) -> bytes:
    if len(payload) < 2 or payload[1] > 6 or len(payload) != 2 + payload[1]:
        raise ChipError(LENGTH)
    capabilities = payload[2:].ljust(6, b"\0")
    return _start_ev2(chip, payload[0], None, capabilities)


def authenticate_ev2_non_first(chip: Chip, payload: bytes) -> bytes:
    if len(payload) != 1:
        raise ChipError(LENGTH)
    if not isinstance(chip.session, Ev2ChipSession):
        raise ChipError(PARAMETER)
    return _start_ev2(chip, payload[0], chip.session, b"")


def _start_ev2(chip: Chip, number: int, before: Ev2ChipSession | None, capabilities: bytes) -> bytes:
    slot = _slot(chip, number, "aes")
    chip.drop_session()
    zero = b"\0" * 16
    mine = chip.chance.token(16)

    def finish(chip: Chip, token: bytes) -> bytes:
        if len(token) != 32:
            raise ChipError(LENGTH)
        plain = cc.decipher(slot.value, "aes", zero, token)
        theirs = plain[:16]
        if not hmac.compare_digest(plain[16:], _rotated(mine)):
            raise _fail(chip, slot)
        _succeed(chip, slot)
        enc, auth = cc.derive_ev2(slot.value, theirs, mine)
        if before is not None:
            chip.session = Ev2ChipSession(number, before.ti, enc, auth, before.counter)
            return cc.encipher(slot.value, "aes", zero, _rotated(theirs))
        ti = chip.chance.token(4)
        chip.session = Ev2ChipSession(number, ti, enc, auth)
        return cc.encipher(slot.value, "aes", zero, ti + _rotated(theirs) + b"\0" * 6 + capabilities)

    chip.challenge = finish
    return cc.encipher(slot.value, "aes", zero, mine)


def authenticate_aes(chip: Chip, payload: bytes) -> bytes:
    return _start_ev1(chip, payload, "aes", 16)


def authenticate_iso(chip: Chip, payload: bytes) -> bytes:
    return _start_ev1(chip, payload, "tdes", 8)


def _start_ev1(chip: Chip, payload: bytes, kind: str, size: int) -> bytes:
    if len(payload) != 1:
        raise ChipError(LENGTH)
    number = payload[0]
    slot = _slot(chip, number, kind)
    chip.drop_session()
    mine = chip.chance.token(size)
    opening = cc.encipher(slot.value, kind, b"\0" * size, mine)

    def finish(chip: Chip, token: bytes) -> bytes:
        if len(token) != 2 * size:
            raise ChipError(LENGTH)
        plain = cc.decipher(slot.value, kind, opening, token)
        theirs = plain[:size]
        if not hmac.compare_digest(plain[size:], _rotated(mine)):
            raise _fail(chip, slot)
        _succeed(chip, slot)
        chip.session = Ev1ChipSession(number, kind, cc.derive_ev1(slot.value, kind, theirs, mine))
        return cc.encipher(slot.value, kind, token[-size:], _rotated(theirs))

    chip.challenge = finish
    return opening


def auth_specs() -> dict[int, Spec]:
    return {
        0x71: Spec(authenticate_ev2_first, 2, bare=True, since=2),
        0x77: Spec(authenticate_ev2_non_first, 1, bare=True, since=2),
        0xAA: Spec(authenticate_aes, 1, bare=True),
        0x1A: Spec(authenticate_iso, 1, bare=True),
    }
