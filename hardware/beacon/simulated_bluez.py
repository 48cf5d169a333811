"""A simulated BlueZ to walk beacons past: for the demo's tray, the tour and the tests of the real adapter.

In a thread of this process (`SimulatedBluez`), or as a child process:

    python -m hardware.beacon.simulated_bluez [--address BUS]

which starts a private bus when no address is given, prints one line `{"address": …}` when ready, then takes one JSON
command a line on standard input and answers each with `{"ok": true}` or `{"ok": false, "error": …}`; it ends with
its input. Commands: `{"do": "place", "address": "C2:…", "payloads": ["0201…"], "rssi_dbm": -60, "interval_ms": 300}`,
`{"do": "take_away", "address": …}`, `{"do": "power", "on": false}`, `{"do": "unplug"}`, `{"do": "plug"}`,
`{"do": "stall"}`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar

import click

from hardware.beacon.bluez_service import BluezService
from hardware.beacon.private_bus import PrivateBus

CALL_TIMEOUT_SECONDS = 10.0

# Spread of the signal strength between packets of a still beacon: three advertising channels and people in the room
# make some ± 3 dB.
RSSI_SPREAD_DB = 3

T = TypeVar("T")

MAX_PLACED = 2_000  # a flood test wants hundreds


@dataclass(frozen=True, slots=True)
class PlacedBeacon:
    """A sender in the room: it sends its payloads in turn, each `interval_ms`, around `rssi_dbm`."""

    address: str
    payloads: tuple[bytes, ...]
    rssi_dbm: int = -60
    interval_ms: int = 300


class SimulatedBluez:
    """Thread with an event loop that serves org.bluez on the given bus. Methods may be called from any thread."""

    def __init__(self, bus_address: str, *, seed: int = 1, adapter: bool = True, powered: bool = True) -> None:
        self._bus_address = bus_address
        self._adapter = adapter
        self._powered = powered
        self._random = Random(seed)
        self._scanning = threading.Condition()
        self._is_scanning = False
        self._starts = 0
        self._service = BluezService(self._discovery_changed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulated-bluez", daemon=True)
        self._senders: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Take the name on the bus. OSError, RuntimeError as in `BluezService.serve`."""
        self._thread.start()
        serving = self._service.serve(self._bus_address, adapter=self._adapter, powered=self._powered)
        asyncio.run_coroutine_threadsafe(serving, self._loop).result(CALL_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """Leave the bus and end the thread. May be called more than once."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(CALL_TIMEOUT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_SECONDS)
        self._loop.close()

    def hear(self, address: str, payload: bytes, rssi_dbm: int = -60) -> bool:
        """Send one packet now; True when a scanning client was told of it."""
        return self._call(lambda: self._service.hear(address, payload, rssi_dbm))

    def place(self, beacon: PlacedBeacon) -> None:
        """Put a sender into the room (or change the one with this address); it sends until it is taken away."""
        if not beacon.payloads or beacon.interval_ms <= 0:
            raise ValueError("a sender needs a payload and a positive interval")
        self._call(lambda: self._place(beacon))

    def take_away(self, address: str) -> None:
        """Take a sender out of the room; nothing happens when it is not there."""
        self._call(lambda: self._take_away(address))

    def set_powered(self, powered: bool) -> None:
        self._call(lambda: self._service.set_powered(powered))

    def unplug(self) -> None:
        self._call(self._service.unplug)

    def plug(self) -> None:
        self._call(self._service.plug)

    def stall(self) -> None:
        """Fall silent until discovery is started again."""
        self._call(self._service.stall)

    def withdraw_rssi(self, address: str) -> None:
        """Forget how strong a device was; KeyError when it was never heard."""
        self._call(lambda: self._service.withdraw_rssi(address))

    def set_mute(self, mute: bool) -> None:
        """Take calls but answer none."""
        self._call(lambda: setattr(self._service, "mute", mute))

    @property
    def discovery_starts(self) -> int:
        """How often scanning was begun: a watchdog's restarts are seen here."""
        with self._scanning:
            return self._starts

    def wait_scanning(self, timeout_seconds: float, *, starts: int = 1) -> bool:
        """Wait until somebody scans and scanning has begun at least `starts` times; False when it takes too long."""
        with self._scanning:
            return self._scanning.wait_for(lambda: self._is_scanning and self._starts >= starts, timeout_seconds)

    def wait_idle(self, timeout_seconds: float) -> bool:
        """Wait until nobody scans."""
        with self._scanning:
            return self._scanning.wait_for(lambda: not self._is_scanning, timeout_seconds)

    def _discovery_changed(self, scanning: bool) -> None:
        with self._scanning:
            self._is_scanning = scanning
            self._starts += scanning
            self._scanning.notify_all()

    def _place(self, beacon: PlacedBeacon) -> None:
        self._take_away(beacon.address)
        if len(self._senders) >= MAX_PLACED:
            raise ValueError(f"more than {MAX_PLACED} senders")
        self._senders[beacon.address] = self._loop.create_task(self._send(beacon))

    def _take_away(self, address: str) -> None:
        task = self._senders.pop(address, None)
        if task is not None:
            task.cancel()

    async def _send(self, beacon: PlacedBeacon) -> None:
        turn = 0
        while True:
            rssi = beacon.rssi_dbm + self._random.randint(-RSSI_SPREAD_DB, RSSI_SPREAD_DB)
            self._service.hear(beacon.address, beacon.payloads[turn % len(beacon.payloads)], rssi)
            turn += 1
            await asyncio.sleep(beacon.interval_ms / 1000)

    async def _close(self) -> None:
        senders = list(self._senders.values())
        self._senders.clear()
        for task in senders:
            task.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        await self._service.close()

    def _call(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(CALL_TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def obey(bluez: SimulatedBluez, command: dict[str, Any]) -> None:
    """Carry out one command of the child process. KeyError, TypeError or ValueError when it is not one."""
    match command["do"]:
        case "place":
            payloads = tuple(bytes.fromhex(text) for text in command["payloads"])
            bluez.place(
                PlacedBeacon(
                    str(command["address"]),
                    payloads,
                    int(command.get("rssi_dbm", -60)),
                    int(command.get("interval_ms", 300)),
                )
            )
        case "take_away":
            bluez.take_away(str(command["address"]))
        case "power":
            bluez.set_powered(bool(command["on"]))
        case "unplug":
            bluez.unplug()
        case "plug":
            bluez.plug()
        case "stall":
            bluez.stall()
        case other:
            raise ValueError(f"unknown command {other!r}")


def serve_commands(bluez: SimulatedBluez, commands: TextIO, answers: TextIO) -> None:
    """One JSON command a line until the input ends; a wrong one is answered, not fatal."""
    for line in commands:
        try:
            obey(bluez, json.loads(line))
            answer: dict[str, Any] = {"ok": True}
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


@click.command()
@click.option("--address", help="Bus to serve on; without it a private one is started.")
@click.option("--seed", default=1, show_default=True, help="Seed of the signal strength's spread.")
def main(address: str | None, seed: int) -> None:
    """Serve a simulated BlueZ until standard input ends."""
    with ExitStack() as stack:
        bus = address or stack.enter_context(PrivateBus()).address
        bluez = stack.enter_context(SimulatedBluez(bus, seed=seed))
        click.echo(json.dumps({"address": bus}))
        sys.stdout.flush()
        serve_commands(bluez, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
