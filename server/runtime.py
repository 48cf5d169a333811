"""The server's real clock, chance and identifiers, where rules ask for the ports of domain.ports."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

from domain.ports import Uuid7Ids

MS_PER_DAY = 86_400_000


class SystemClock:
    """The operating system's clocks. Any thread."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class SystemChance:
    """The operating system's cryptographic chance. Any thread."""

    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)


def new_uuid() -> UUID:
    """A UUIDv7 for a row's key."""
    return UUID(Uuid7Ids(SystemClock(), SystemChance()).new())


def new_uuids(count: int) -> list[UUID]:
    """As many UUIDv7, for the rows of one statement."""
    ids = Uuid7Ids(SystemClock(), SystemChance())
    return [UUID(ids.new()) for _ in range(count)]


def now_ms() -> int:
    """Default of the models' time columns, milliseconds since 1970 UTC."""
    return SystemClock().now_ms()
