"""The real radio, through bleak. The only module that imports it.

A thread of its own with an event loop of its own. A supervisor starts the scan, watches it, and starts it again: BlueZ
pauses and stalls scans without a word, adapters are unplugged, bluetoothd and the message bus restart.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from bleak import BleakAdapter, BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

from domain.ports import Chance, Clock
from hardware.beacon.parsers import parse_split
from hardware.beacon.port import Advertisement, DownReason, RadioEvent, ScannerDown, ScannerUp

# What bleak reports when BlueZ has told no signal strength: the packet is a memory, not one heard now.
NO_RSSI_DBM = -127


@dataclass(frozen=True, slots=True)
class ScannerTimings:
    """Seconds.

    `answer`: how long the service may take for one call; bluetoothd answers within a second, and takes up to some
    seconds just after boot. `silence`: no packet from anybody for this long is a stall; in a bakery a phone is heard
    every second, in an empty village a needless restart every 90 s costs nothing. `check`: how often the adapter's
    switch is looked at (bleak keeps it in memory: no bus traffic). `retry_first` doubles up to `retry_limit`: a
    plugged-in adapter is used within a minute, a missing one costs one attempt a minute.
    """

    answer: float = 10.0
    silence: float = 90.0
    check: float = 5.0
    retry_first: float = 1.0
    retry_limit: float = 60.0


class BleakBeaconScanner:
    """`BeaconScanner` over bleak. `adapter` such as "hci1"; None takes the first one that is switched on.

    Addresses are turned into numbers under a key that is drawn at each start and never kept.
    """

    def __init__(
        self,
        clock: Clock,
        chance: Chance,
        *,
        adapter: str | None = None,
        timings: ScannerTimings | None = None,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._adapter = adapter
        self._timings = timings or ScannerTimings()
        self._running = threading.Lock()

    def start(self, on_event: Callable[[RadioEvent], None]) -> Callable[[], None]:
        if not self._running.acquire(blocking=False):
            raise RuntimeError("the scanner is already started")
        # At its debug level bleak writes every packet with the sender's address: never, whatever the root level is.
        logging.getLogger("bleak").setLevel(logging.WARNING)
        run = _Run(self._clock, self._chance.token(16), self._adapter, self._timings, on_event)
        thread = threading.Thread(target=run.main, name="beacon-radio", daemon=True)
        thread.start()

        release_once = iter([self._running.release])

        def stop() -> None:
            run.stop()
            thread.join()
            for release in release_once:  # a second call finds nothing left to release
                release()

        return stop


class _Run:
    """One run, from start to stop. All but `stop` happens on its thread."""

    def __init__(
        self,
        clock: Clock,
        key: bytes,
        adapter: str | None,
        timings: ScannerTimings,
        on_event: Callable[[RadioEvent], None],
    ) -> None:
        self._clock = clock
        self._key = key
        self._bluez: BlueZScannerArgs = {"adapter": adapter} if adapter else {}
        self._timings = timings
        self._on_event = on_event
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._last_packet = 0.0
        self._down: DownReason | None = None
        self._log = logging.getLogger(__name__)

    def stop(self) -> None:
        """From another thread: ask the run to end. Harmless when it has."""
        try:
            self._loop.call_soon_threadsafe(self._stopping.set)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._supervise())

    async def _supervise(self) -> None:
        wait = self._timings.retry_first
        while not self._stopping.is_set():
            reason = await self._scan_once()
            if reason is None:
                return
            if reason is DownReason.SILENT:
                # The cure is the restart itself; the wait is for what is missing or broken.
                wait = self._timings.retry_first
                continue
            await self._pause(wait)
            wait = min(wait * 2, self._timings.retry_limit)

    async def _scan_once(self) -> DownReason | None:
        """Scan until it ends: None when asked to stop, else why it ended."""
        scanner = BleakScanner(self._heard, scanning_mode="active", bluez=self._bluez)
        reason = await self._guard(scanner.start())
        if reason is None:
            if self._down is not DownReason.SILENT:  # after a stall only a packet proves that the restart helped
                self._up()
            reason = await self._watch()
        if reason is not None:
            self._tell_down(reason)
        stopped = await self._guard(scanner.stop())
        if stopped is not None:
            self._log.info("the scan could not be ended cleanly: %s", stopped.value)
        return reason

    async def _watch(self) -> DownReason | None:
        """Look after a running scan; returns when it must end."""
        self._last_packet = self._loop.time()
        while not self._stopping.is_set():
            silent_for = self._loop.time() - self._last_packet
            if silent_for >= self._timings.silence:
                return DownReason.SILENT
            await self._pause(min(self._timings.check, self._timings.silence - silent_for))
            reason = await self._guard(BleakAdapter.get(bluez=self._bluez))
            if reason is not None:
                return reason
        return None

    async def _pause(self, seconds: float) -> None:
        """Wait, but not a moment longer than until the stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _guard(self, work: Awaitable[object]) -> DownReason | None:
        """Await one call of bleak within the time limit: None when it went well, else what is wrong."""
        try:
            async with asyncio.timeout(self._timings.answer):
                await work
        except BleakBluetoothNotAvailableError as error:
            return _reason_of(error.reason)
        except BleakDBusError as error:
            return self._reason_of_dbus(error)
        except TimeoutError:
            return DownReason.NO_ANSWER
        except OSError:  # no socket, connection refused or broken: there is no bus
            return DownReason.NO_SERVICE
        except BleakError as error:
            if "not found" in str(error):  # bleak's only word for a named adapter that is absent
                return DownReason.NO_ADAPTER
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - a fault of the library must not end beacons until the next reboot
            return self._failed(error)
        return None

    def _reason_of_dbus(self, error: BleakDBusError) -> DownReason:
        match error.dbus_error:
            case "org.bluez.Error.NotReady":
                return DownReason.POWERED_OFF
            case "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner":
                return DownReason.NO_SERVICE
            case "org.freedesktop.DBus.Error.UnknownObject":
                return DownReason.NO_ADAPTER
            case "org.freedesktop.DBus.Error.AccessDenied" | "org.bluez.Error.NotAuthorized":
                return DownReason.DENIED
            case "org.freedesktop.DBus.Error.NoReply":
                return DownReason.NO_ANSWER
            case _:
                return self._failed(error)

    def _failed(self, error: Exception) -> DownReason:
        # The name alone: a library's text might carry an address.
        self._log.warning("the radio failed: %s", type(error).__name__)
        return DownReason.FAILED

    def _up(self) -> None:
        self._down = None
        self._on_event(ScannerUp())

    def _tell_down(self, reason: DownReason) -> None:
        if reason is not self._down:
            self._down = reason
            self._on_event(ScannerDown(reason))

    def _heard(self, device: BLEDevice, data: AdvertisementData) -> None:
        if data.rssi == NO_RSSI_DBM:
            return
        self._last_packet = self._loop.time()
        if self._down is DownReason.SILENT:
            self._up()
        digest = hashlib.blake2b(device.address.encode(), key=self._key, digest_size=8).digest()
        self._on_event(
            Advertisement(
                frames=parse_split(data.manufacturer_data, data.service_data),
                rssi_dbm=data.rssi,
                source=int.from_bytes(digest, "big"),
                heard_at_ms=self._clock.now_ms(),
                monotonic_ms=self._clock.monotonic_ms(),
            )
        )


def _reason_of(reason: BleakBluetoothNotAvailableReason) -> DownReason:
    match reason:
        case BleakBluetoothNotAvailableReason.NO_BLUETOOTH:
            return DownReason.NO_ADAPTER
        case BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE:
            return DownReason.NO_LOW_ENERGY
        case BleakBluetoothNotAvailableReason.POWERED_OFF:
            return DownReason.POWERED_OFF
        case (
            BleakBluetoothNotAvailableReason.DENIED_BY_USER
            | BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM
            | BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN
        ):
            return DownReason.DENIED
        case BleakBluetoothNotAvailableReason.UNKNOWN:
            return DownReason.FAILED
        case _:
            assert_never(reason)
