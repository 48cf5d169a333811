"""Chance and time of this machine, for command lines; everything else gets them passed in."""

from __future__ import annotations

import secrets
import time


class SystemChance:
    """The operating system's cryptographic chance. Any thread."""

    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)


class SystemClock:
    """The machine's clocks. Any thread."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000
