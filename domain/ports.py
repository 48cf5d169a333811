"""What the rules need from outside: time, identifiers and chance are passed in, never taken.

All implementations may be called from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Time as the device knows it."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z, never going back within one run."""

    def monotonic_ms(self) -> int:
        """Milliseconds since an arbitrary start, unaffected by changes of the wall clock."""


class Chance(Protocol):
    """Cryptographic chance in production, a seeded generator in simulation."""

    def token(self, size: int) -> bytes:
        """`size` unpredictable bytes."""


class Ids(Protocol):
    """Maker of identifiers."""

    def new(self) -> str:
        """A fresh UUIDv7 (RFC 9562) in canonical lower-case text form, 36 characters, increasing."""


@dataclass(slots=True)
class FixedClock:
    """A clock that stands where it is put: for rules under test and for the simulation."""

    wall_ms: int
    mono_ms: int = 0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.mono_ms

    def advance(self, milliseconds: int) -> None:
        self.wall_ms += milliseconds
        self.mono_ms += milliseconds


@dataclass(slots=True)
class Uuid7Ids:
    """UUIDv7 from a clock and chance; strictly increasing within one instance (RFC 9562, 6.2 method 1).

    The 12-bit field after the time is a counter that restarts at a random value below 2048 each millisecond,
    so that two facts of one millisecond keep their order. One instance belongs to one thread.
    """

    clock: Clock
    chance: Chance
    last_ms: int = -1
    counter: int = 0

    def new(self) -> str:
        now = max(self.clock.now_ms(), self.last_ms)
        if now == self.last_ms:
            self.counter += 1
            if self.counter > 0xFFF:  # more than 2048 ids in one millisecond: borrow the next one
                now += 1
                self.counter = 0
        else:
            self.counter = int.from_bytes(self.chance.token(2), "big") & 0x7FF
        self.last_ms = now
        return format_uuid7(now, self.counter, self.chance.token(8))


def format_uuid7(unix_ms: int, counter: int, chance: bytes) -> str:
    """Text of a UUIDv7: 48-bit time, version 7, 12-bit counter, variant 10, 62 random bits."""
    if not 0 <= unix_ms < 1 << 48 or not 0 <= counter < 1 << 12 or len(chance) != 8:
        raise ValueError("time takes 48 bits, counter 12 bits, chance 8 bytes")
    rest = (int.from_bytes(chance, "big") & (1 << 62) - 1) | (0b10 << 62)
    value = (unix_ms << 80) | (7 << 76) | (counter << 64) | rest
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def id_bytes(identifier: str) -> bytes:
    """The 16 bytes of a canonical UUID text; ValueError when it is not one."""
    raw = bytes.fromhex(identifier.replace("-", ""))
    if len(raw) != 16 or format_id(raw) != identifier:
        raise ValueError(f"not a canonical identifier: {identifier!r}")
    return raw


def format_id(raw: bytes) -> str:
    """Canonical text of 16 identifier bytes."""
    if len(raw) != 16:
        raise ValueError("an identifier has 16 bytes")
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
