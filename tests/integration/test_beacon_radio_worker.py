"""The radio worker: over the fake scanner, and once over the real bleak with a beacon walked past."""

from __future__ import annotations

import json
import logging
import queue
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from domain.beacons import EddystoneId, IBeaconId, Presence, RegisteredBeacon
from domain.ports import FixedClock
from hardware.beacon.bleak_scanner import BleakBeaconScanner
from hardware.beacon.fake_scanner import FakeScanner
from hardware.beacon.port import DownReason
from hardware.beacon.private_bus import PrivateBus
from hardware.beacon.simulated_bluez import PlacedBeacon, SimulatedBluez
from kiosk.workers.radio import PresenceClosed, PresenceNews, PresenceOpened, RadioStatus, RadioWorker

PATIENCE = 20.0
WALL = 1_790_000_000_000
OURS = bytes.fromhex("0201061aff4c000215b9407f30f5f8466eaff925556b57fe6d1234abcdc5")
THEIRS = bytes.fromhex("0201061aff4c000215c0ffee0000004000800000000000000112340001c5")
UID = bytes.fromhex("0201060303aafe1716aafe00ee00112233445566778899aabbccddeeff0000")
TLM = bytes.fromhex("0201060303aafe1116aafe20000b1813000000146700002ac4")
BAKERY = RegisteredBeacon("BC-B01", IBeaconId("b9407f30-f5f8-466e-aff9-25556b57fe6d", 0x1234, 0xABCD), 12)
MUSEUM = RegisteredBeacon("BC-B02", EddystoneId("00112233445566778899", "aabbccddeeff"), 13)


@dataclass
class SeededChance:
    random: Random

    def token(self, size: int) -> bytes:
        return self.random.randbytes(size)


@dataclass
class Rig:
    clock: FixedClock
    scanner: FakeScanner
    worker: RadioWorker
    news: queue.SimpleQueue[PresenceNews]
    statuses: queue.SimpleQueue[RadioStatus]

    def next_news(self) -> PresenceNews:
        return self.news.get(timeout=PATIENCE)

    def until_status(self, trouble: DownReason | None, kept: int, dropped: int) -> None:
        while self.statuses.get(timeout=PATIENCE) != RadioStatus(trouble, kept, dropped):
            pass


@pytest.fixture
def rig() -> Iterator[Rig]:
    clock = FixedClock(WALL, 1_000)
    scanner = FakeScanner(clock, SeededChance(Random(3)))
    news: queue.SimpleQueue[PresenceNews] = queue.SimpleQueue()
    statuses: queue.SimpleQueue[RadioStatus] = queue.SimpleQueue()
    worker = RadioWorker(scanner, clock, on_presence=news.put, on_status=statuses.put, gap_ms=60_000, tick_seconds=0.01)
    assert worker.set_beacons([BAKERY, MUSEUM])
    worker.start()
    yield Rig(clock, scanner, worker, news, statuses)
    worker.stop()


def test_a_beacon_comes_and_goes(rig: Rig) -> None:
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS, -70)
    assert rig.next_news() == PresenceOpened(Presence("BC-B01", 12, WALL, WALL, 1, -70))
    rig.clock.advance(5_000)
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS, -50)
    rig.until_status(None, 2, 0)
    assert rig.worker.ongoing() == (Presence("BC-B01", 12, WALL, WALL + 5_000, 2, -50),)
    rig.clock.advance(60_001)
    assert rig.next_news() == PresenceClosed(Presence("BC-B01", 12, WALL, WALL + 5_000, 2, -50))
    assert rig.worker.ongoing() == ()


def test_a_stranger_leaves_a_count_and_nothing_else(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert rig.scanner.hear("5A:DE:AD:BE:EF:01", THEIRS)
    assert rig.scanner.hear("5A:DE:AD:BE:EF:02", bytes.fromhex("02011a"))
    rig.until_status(None, 0, 2)
    assert rig.news.empty()
    assert rig.worker.ongoing() == ()
    assert rig.worker.health() == ()
    assert caplog.records == []


def test_stopping_closes_what_is_open(rig: Rig) -> None:
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS)
    assert isinstance(rig.next_news(), PresenceOpened)
    rig.worker.stop()
    rig.worker.stop()
    assert rig.next_news() == PresenceClosed(Presence("BC-B01", 12, WALL, WALL, 1, -60))


def test_flush_closes_without_waiting_for_the_gap(rig: Rig) -> None:
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS)
    assert isinstance(rig.next_news(), PresenceOpened)
    rig.worker.flush()
    assert isinstance(rig.next_news(), PresenceClosed)
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS)
    assert isinstance(rig.next_news(), PresenceOpened)


def test_trouble_is_told_and_healed(rig: Rig) -> None:
    rig.until_status(None, 0, 0)
    rig.scanner.set_powered(False)
    rig.until_status(DownReason.POWERED_OFF, 0, 0)
    assert rig.worker.status().word == "powered_off"
    rig.scanner.set_powered(True)
    rig.until_status(None, 0, 0)
    assert rig.worker.status().word == "on"


def test_health_of_our_beacons_only(rig: Rig) -> None:
    assert rig.scanner.hear("C2:00:00:00:00:09", TLM)
    assert rig.scanner.hear("C2:00:00:00:00:02", UID)
    assert rig.scanner.hear("C2:00:00:00:00:02", TLM)
    rig.until_status(None, 2, 1)
    (health,) = rig.worker.health()
    assert (health.beacon, health.voltage_mv, health.temperature_celsius) == (MUSEUM, 2840, 19.0)


def test_a_contradictory_list_leaves_the_old_one(rig: Rig) -> None:
    assert not rig.worker.set_beacons([MUSEUM, MUSEUM])
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS)
    assert isinstance(rig.next_news(), PresenceOpened)
    assert rig.worker.set_beacons([])
    assert rig.scanner.hear("C2:00:00:00:00:01", OURS)
    rig.until_status(None, 1, 1)


def test_a_worker_that_was_never_started_stops() -> None:
    clock = FixedClock(WALL)
    scanner = FakeScanner(clock, SeededChance(Random(3)))
    RadioWorker(scanner, clock, on_presence=print, on_status=print).stop()


def test_beacons_walked_past_the_real_adapter() -> None:
    """Radio to presence through bleak, D-Bus and all our layers: ours is told, the stranger beside it is counted."""
    clock = FixedClock(WALL, 1_000)
    news: queue.SimpleQueue[PresenceNews] = queue.SimpleQueue()
    statuses: queue.SimpleQueue[RadioStatus] = queue.SimpleQueue()
    with PrivateBus() as bus, bus.exported(), SimulatedBluez(bus.address) as bluez:
        scanner = BleakBeaconScanner(clock, SeededChance(Random(3)))
        worker = RadioWorker(scanner, clock, on_presence=news.put, on_status=statuses.put, tick_seconds=0.01)
        worker.set_beacons([BAKERY])
        worker.start()
        try:
            assert bluez.wait_scanning(PATIENCE)
            bluez.place(PlacedBeacon("C2:00:00:00:00:01", (OURS,), -60, 10))
            bluez.place(PlacedBeacon("5A:DE:AD:BE:EF:01", (THEIRS,), -40, 10))
            opened = news.get(timeout=PATIENCE)
            while (status := statuses.get(timeout=PATIENCE)).kept < 3 or status.dropped < 3:
                pass
            bluez.take_away("C2:00:00:00:00:01")
        finally:
            worker.stop()
        assert bluez.wait_idle(PATIENCE)
    closed = news.get(timeout=PATIENCE)
    assert isinstance(opened, PresenceOpened)
    assert isinstance(closed, PresenceClosed)
    assert closed.presence.beacon_name == "BC-B01"
    assert closed.presence.sightings == worker.status().kept
    assert -63 <= closed.presence.rssi_max_dbm <= -57
    assert news.empty()


def test_simulated_bluez_as_a_child_process() -> None:
    """What the demo and the tour start: own bus, commands on standard input, ends with it and leaves nothing."""
    clock = FixedClock(WALL, 1_000)
    heard: queue.SimpleQueue[PresenceNews] = queue.SimpleQueue()
    child = subprocess.Popen(
        [sys.executable, "-m", "hardware.beacon.simulated_bluez"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    with child:
        assert child.stdin is not None
        assert child.stdout is not None

        def order(**command: object) -> dict[str, object]:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(json.dumps(command) + "\n")
            child.stdin.flush()
            answer: dict[str, object] = json.loads(child.stdout.readline())
            return answer

        address: str = json.loads(child.stdout.readline())["address"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            scanner = BleakBeaconScanner(clock, SeededChance(Random(3)))
            worker = RadioWorker(scanner, clock, on_presence=heard.put, on_status=lambda _: None)
            worker.set_beacons([BAKERY])
            worker.start()
            try:
                assert order(do="place", address="C2:00:00:00:00:01", payloads=[OURS.hex()], interval_ms=10) == {
                    "ok": True
                }
                assert isinstance(heard.get(timeout=PATIENCE), PresenceOpened)
                assert order(do="take_away", address="C2:00:00:00:00:01") == {"ok": True}
                assert order(do="dance")["ok"] is False
                assert order(do="place", address="C2:00:00:00:00:01", payloads=[])["ok"] is False
            finally:
                worker.stop()
        child.stdin.close()
        assert child.wait(PATIENCE) == 0
    socket = Path(address.removeprefix("unix:path=").split(",")[0])
    assert not socket.parent.exists()
