"""The kiosk's real clock; chance is `hardware.card.system.SystemChance`."""

from __future__ import annotations

import time


class DeviceClock:
    """Device time = max(system clock, build date, last fact, last signed document): it never goes back.

    `move` lets time pass for the demo. May be called from any thread.
    """

    def __init__(self, floor_ms: int = 0) -> None:
        self._floor_ms = floor_ms
        self._ahead_ms = 0

    def now_ms(self) -> int:
        system = time.time_ns() // 1_000_000 + self._ahead_ms
        return max(system, self._floor_ms)

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000 + self._ahead_ms

    def raise_floor(self, unix_ms: int) -> None:
        """Something trustworthy happened at `unix_ms`: it cannot be earlier."""
        self._floor_ms = max(self._floor_ms, unix_ms)

    def stands(self) -> bool:
        """Whether the system's clock is behind the floor, so that `now_ms` does not advance (a dead battery)."""
        return time.time_ns() // 1_000_000 + self._ahead_ms < self._floor_ms

    def move(self, milliseconds: int) -> None:
        """Let time pass at once, on both clocks (the demo's tray)."""
        self._ahead_ms += max(0, milliseconds)
