"""A scanner for tests that need sightings but no radio; bound by the same contract suite as the real one."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable

from domain.ports import Chance, Clock
from hardware.beacon.parsers import parse_payload
from hardware.beacon.port import Advertisement, DownReason, RadioEvent, ScannerDown, ScannerUp


class FakeScanner:
    """Hears exactly what a test sends, in order, on a thread of its own."""

    def __init__(self, clock: Clock, chance: Chance, *, adapter: bool = True, powered: bool = True) -> None:
        self._clock = clock
        self._chance = chance
        self._plugged = adapter
        self._powered = powered
        self._key = b""
        self._events: queue.SimpleQueue[RadioEvent | None] | None = None

    def start(self, on_event: Callable[[RadioEvent], None]) -> Callable[[], None]:
        if self._events is not None:
            raise RuntimeError("the scanner is already started")
        events: queue.SimpleQueue[RadioEvent | None] = queue.SimpleQueue()
        self._events = events
        self._key = self._chance.token(16)

        def deliver() -> None:
            while (event := events.get()) is not None:
                on_event(event)

        thread = threading.Thread(target=deliver, name="fake-radio", daemon=True)
        thread.start()
        self._tell_state()

        def stop() -> None:
            events.put(None)
            thread.join()
            if self._events is events:
                self._events = None

        return stop

    def hear(self, address: str, payload: bytes, rssi_dbm: int = -60) -> bool:
        """One packet on the air; True when somebody listened."""
        if self._events is None or not self._plugged or not self._powered:
            return False
        digest = hashlib.blake2b(address.encode(), key=self._key, digest_size=8).digest()
        self._events.put(
            Advertisement(
                parse_payload(payload),
                rssi_dbm,
                int.from_bytes(digest, "big"),
                self._clock.now_ms(),
                self._clock.monotonic_ms(),
            )
        )
        return True

    def set_powered(self, powered: bool) -> None:
        """The adapter's switch."""
        self._powered = powered
        self._tell_state()

    def _tell_state(self) -> None:
        if self._events is None:
            return
        if not self._plugged:
            self._events.put(ScannerDown(DownReason.NO_ADAPTER))
        elif not self._powered:
            self._events.put(ScannerDown(DownReason.POWERED_OFF))
        else:
            self._events.put(ScannerUp())
