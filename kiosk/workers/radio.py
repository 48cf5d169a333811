"""The radio worker: scanner, gate and tracker joined; presences and counters come out, strangers do not.

Nothing here knows Kivy, the journal or the network: what was heard is handed to two callbacks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from domain.beacons import Presence, RegisteredBeacon
from domain.ports import Clock
from hardware.beacon.port import Advertisement, BeaconScanner, DownReason, RadioEvent, ScannerDown, ScannerUp
from hardware.beacon.registry import BeaconHealth, BeaconRegistry, Sighting
from hardware.beacon.tracker import GAP_MS, MAX_PRESENCE_MS, PresenceTracker

# How often gaps are looked for and changed counters told: well under the gap, and once a second is what an eye on the
# technician's screen or the demo's tray takes for at once.
TICK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PresenceOpened:
    """A registered beacon has come; the presence is still going on, so it is news and not yet a fact."""

    presence: Presence


@dataclass(frozen=True, slots=True)
class PresenceClosed:
    """A presence is over (or cut by the hour): this is what becomes a fact."""

    presence: Presence


PresenceNews = PresenceOpened | PresenceClosed


@dataclass(frozen=True, slots=True)
class RadioStatus:
    """`trouble` is None while listening. The counters run since the worker's start and live in memory only."""

    trouble: DownReason | None
    kept: int
    dropped: int

    @property
    def word(self) -> str:
        """What `device.health` carries: "on", or the key of the reason."""
        return "on" if self.trouble is None else self.trouble.value


class RadioWorker:
    """Owns the scanner's run. Build, `start`, `stop`; it is started once.

    Both callbacks are called on the worker's own thread, one after the other, and may block (a journal commit); the
    radio goes on meanwhile. `on_status` is told each change at most once per tick or presence. What waits for them is
    bounded by the registry: a beacon gives at most two news per gap.
    """

    def __init__(
        self,
        scanner: BeaconScanner,
        clock: Clock,
        *,
        on_presence: Callable[[PresenceNews], None],
        on_status: Callable[[RadioStatus], None],
        gap_ms: int = GAP_MS,
        max_presence_ms: int = MAX_PRESENCE_MS,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._scanner = scanner
        self._clock = clock
        self._on_presence = on_presence
        self._on_status = on_status
        self._tick_seconds = tick_seconds
        self._registry = BeaconRegistry()
        self._tracker = PresenceTracker(gap_ms, max_presence_ms)
        self._changed = threading.Condition()
        self._news: list[PresenceNews] = []
        self._health: dict[str, BeaconHealth] = {}
        self._trouble: DownReason | None = DownReason.NO_ANSWER  # until the scanner has said a first word
        self._stopping = False
        self._stop_scanner: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._deliver, name="radio-worker", daemon=True)
        self._log = logging.getLogger(__name__)

    def start(self) -> None:
        """Begin listening; returns at once. RuntimeError when it was started before."""
        self._thread.start()
        self._stop_scanner = self._scanner.start(self._take)

    def stop(self) -> None:
        """Stop listening, close all presences, deliver them, and end. Harmless when repeated or never started."""
        if self._stop_scanner is None:
            return
        self._stop_scanner()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def set_beacons(self, beacons: Iterable[RegisteredBeacon]) -> bool:
        """Take the territory's list from the configuration; from any thread.

        False when the list contradicts itself (one identity or name twice, too many): the old one stays in force.
        """
        with self._changed:
            try:
                self._registry.replace(beacons)
            except ValueError as error:
                self._log.warning("the beacon list was refused: %s", error)
                return False
            self._health.clear()
        return True

    def flush(self) -> None:
        """Close the open presences now instead of after the gap; a beacon still there opens a new one."""
        with self._changed:
            self._news += [PresenceClosed(presence) for presence in self._tracker.finish()]
            self._changed.notify_all()

    def ongoing(self) -> tuple[Presence, ...]:
        """The open presences as they stand; from any thread."""
        with self._changed:
            return self._tracker.ongoing()

    def health(self) -> tuple[BeaconHealth, ...]:
        """The last health frame of each beacon that sent one; from any thread."""
        with self._changed:
            return tuple(self._health.values())

    def status(self) -> RadioStatus:
        """State and counters; from any thread."""
        with self._changed:
            return self._status()

    def _take(self, event: RadioEvent) -> None:
        """On the radio's thread: never blocks for longer than the lock."""
        with self._changed:
            match event:
                case Advertisement():
                    for found in self._registry.sift(event):
                        self._keep(found)
                case ScannerUp():
                    self._trouble = None
                    self._changed.notify_all()
                case ScannerDown():
                    self._trouble = event.reason
                    self._changed.notify_all()
                case _:
                    assert_never(event)

    def _keep(self, found: Sighting | BeaconHealth) -> None:
        if isinstance(found, BeaconHealth):
            self._health[found.beacon.name] = found
            return
        before = len(self._tracker)
        closed = self._tracker.hear(found)
        self._news += [PresenceClosed(presence) for presence in closed]
        if closed or len(self._tracker) > before:
            self._news.append(PresenceOpened(self._tracker.presence_of(found.beacon.name)))
            self._changed.notify_all()

    def _status(self) -> RadioStatus:
        return RadioStatus(self._trouble, self._registry.kept, self._registry.dropped)

    def _deliver(self) -> None:
        told = self.status()
        stopping = False
        while not stopping:
            with self._changed:
                self._changed.wait_for(partial(self._is_due, told), self._tick_seconds)
                stopping = self._stopping
                over = self._tracker.finish() if stopping else self._tracker.tick(self._clock.monotonic_ms())
                news, self._news = [*self._news, *map(PresenceClosed, over)], []
                status = self._status()
            for item in news:
                self._on_presence(item)
            if status != told:
                told = status
                self._on_status(status)

    def _is_due(self, told: RadioStatus) -> bool:
        """Whether there is something that should not wait for the next tick."""
        return bool(self._news) or self._stopping or told.trouble is not self._trouble
