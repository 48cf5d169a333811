"""The real bleak against a simulated BlueZ that misbehaves: stalls, hangs, dies, is unplugged."""

from __future__ import annotations

import json
import logging
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest
from click.testing import CliRunner

from domain.ports import FixedClock
from hardware.beacon.bleak_scanner import BleakBeaconScanner, ScannerTimings
from hardware.beacon.cli import beacon
from hardware.beacon.port import Advertisement, DownReason, RadioEvent, ScannerDown, ScannerUp
from hardware.beacon.private_bus import ADDRESS_VARIABLE, PrivateBus
from hardware.beacon.simulated_bluez import PlacedBeacon, SimulatedBluez

PATIENCE = 20.0
IBEACON = bytes.fromhex("0201061aff4c000215b9407f30f5f8466eaff925556b57fe6d1234abcdc5")
UID = bytes.fromhex("0201060303aafe1716aafe00ee00112233445566778899aabbccddeeff0000")
TLM = bytes.fromhex("0201060303aafe1116aafe20000b1813000000146700002ac4")
ADDRESS = "C2:00:00:00:00:01"


@dataclass
class SeededChance:
    random: Random

    def token(self, size: int) -> bytes:
        return self.random.randbytes(size)


class Listener:
    """Runs a scanner and keeps its events."""

    def __init__(self, timings: ScannerTimings, adapter: str | None = None) -> None:
        self.events: queue.SimpleQueue[RadioEvent] = queue.SimpleQueue()
        clock = FixedClock(1_790_000_000_000)
        self.scanner = BleakBeaconScanner(clock, SeededChance(Random(5)), adapter=adapter, timings=timings)
        self.stop = self.scanner.start(self.events.put)

    def until(self, wanted: RadioEvent | Callable[[RadioEvent], bool]) -> RadioEvent:
        while True:
            event = self.events.get(timeout=PATIENCE)
            if event == wanted or (callable(wanted) and wanted(event)):
                return event


Listen = Callable[..., Listener]


@pytest.fixture
def bus() -> Iterator[PrivateBus]:
    with PrivateBus() as bus, bus.exported():
        yield bus


@pytest.fixture
def listen() -> Iterator[Listen]:
    made: list[Listener] = []

    def build(adapter: str | None = None, **overrides: float) -> Listener:
        seconds = {"answer": 5.0, "silence": 30.0, "check": 0.05, "retry_first": 0.02, "retry_limit": 0.05}
        made.append(Listener(ScannerTimings(**{**seconds, **overrides}), adapter))
        return made[-1]

    yield build
    for listener in made:
        listener.stop()


def is_heard(event: RadioEvent) -> bool:
    return isinstance(event, Advertisement)


def test_the_watchdog_restarts_a_stalled_scan(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        listener = listen(silence=0.2)
        assert bluez.wait_scanning(PATIENCE)
        bluez.stall()
        starts = bluez.discovery_starts
        listener.until(ScannerDown(DownReason.SILENT))
        assert bluez.wait_scanning(PATIENCE, starts=starts + 2)
        assert listener.events.empty()  # an empty village is told once, not at each restart
        bluez.place(PlacedBeacon(ADDRESS, (IBEACON,), interval_ms=10))
        assert listener.events.get(timeout=PATIENCE) == ScannerUp()
        assert is_heard(listener.events.get(timeout=PATIENCE))
        listener.stop()


def test_packets_from_strangers_keep_the_watchdog_quiet(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        bluez_phone = PlacedBeacon("5A:00:00:00:00:01", (bytes.fromhex("02011a0aff4c0010050b1c8f3e2a"),), interval_ms=5)
        listener = listen(silence=0.4)
        assert bluez.wait_scanning(PATIENCE)
        bluez.place(bluez_phone)
        # well over two silences' worth of packets, yet not one restart
        heard = 0
        while heard < 200:
            event = listener.events.get(timeout=PATIENCE)
            assert not isinstance(event, ScannerDown)
            heard += is_heard(event)
        assert bluez.discovery_starts == 1
        listener.stop()


def test_no_bus_is_a_value(monkeypatch: pytest.MonkeyPatch, listen: Listen, tmp_path: object) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, f"unix:path={tmp_path}/nobody")
    listener = listen()
    listener.until(ScannerDown(DownReason.NO_SERVICE))
    listener.stop()


def test_no_bluetoothd_is_a_value_and_its_arrival_heals(bus: PrivateBus, listen: Listen) -> None:
    listener = listen()
    listener.until(ScannerDown(DownReason.NO_SERVICE))
    with SimulatedBluez(bus.address):
        listener.until(ScannerUp())
        listener.stop()


def test_a_bluetoothd_that_hangs_is_a_value(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        bluez.set_mute(True)
        listener = listen(answer=0.2)
        listener.until(ScannerDown(DownReason.NO_ANSWER))
        bluez.set_mute(False)
        listener.until(ScannerUp())
        listener.stop()


def test_bluetoothd_restarts(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        listener = listen(silence=0.3)
        assert bluez.wait_scanning(PATIENCE)
    listener.until(ScannerDown(DownReason.NO_SERVICE))
    with SimulatedBluez(bus.address) as bluez:
        listener.until(ScannerUp())
        bluez.place(PlacedBeacon(ADDRESS, (IBEACON,), interval_ms=10))
        listener.until(is_heard)
        listener.stop()


def test_the_message_bus_dies_and_comes_back(monkeypatch: pytest.MonkeyPatch, listen: Listen) -> None:
    with PrivateBus() as first, SimulatedBluez(first.address) as bluez:
        monkeypatch.setenv(ADDRESS_VARIABLE, first.address)
        listener = listen(silence=0.5)
        assert bluez.wait_scanning(PATIENCE)
        listener.until(ScannerUp())
        first.stop()
        listener.until(lambda event: isinstance(event, ScannerDown))
    with PrivateBus() as second, SimulatedBluez(second.address) as bluez:
        monkeypatch.setenv(ADDRESS_VARIABLE, second.address)
        listener.until(ScannerUp())
        assert bluez.wait_scanning(PATIENCE)
        listener.stop()


def test_the_adapter_is_unplugged_and_plugged_in(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        listener = listen()
        listener.until(ScannerUp())
        bluez.unplug()
        listener.until(ScannerDown(DownReason.NO_ADAPTER))
        bluez.plug()
        listener.until(ScannerUp())
        listener.stop()


def test_a_named_adapter_that_is_absent_is_a_value(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address):
        listener = listen(adapter="hci7")
        listener.until(ScannerDown(DownReason.NO_ADAPTER))
        listener.stop()


def test_a_named_adapter_is_used(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        listener = listen(adapter="hci0")
        listener.until(ScannerUp())
        assert bluez.hear(ADDRESS, IBEACON)
        listener.until(is_heard)
        listener.stop()


def test_a_remembered_device_is_not_heard_again(bus: PrivateBus, listen: Listen) -> None:
    """BlueZ withdraws the signal strength when scanning ends elsewhere: bleak tells the old data once more."""
    with SimulatedBluez(bus.address) as bluez:
        listener = listen()
        listener.until(ScannerUp())
        assert bluez.hear(ADDRESS, IBEACON, -60)
        listener.until(is_heard)
        bluez.withdraw_rssi(ADDRESS)
        assert bluez.hear("C2:00:00:00:00:02", UID, -61)
        heard = listener.until(is_heard)
        assert isinstance(heard, Advertisement)
        assert heard.rssi_dbm == -61
        listener.stop()


def test_alternating_frames_come_from_one_source(bus: PrivateBus, listen: Listen) -> None:
    with SimulatedBluez(bus.address) as bluez:
        listener = listen()
        listener.until(ScannerUp())
        sources = set()
        kinds = []
        for payload in (UID, TLM, UID):
            assert bluez.hear(ADDRESS, payload)
            heard = listener.until(is_heard)
            assert isinstance(heard, Advertisement)
            sources.add(heard.source)
            kinds.append([type(frame).__name__ for frame in heard.frames])
        assert kinds == [["EddystoneUid"], ["EddystoneTlm"], ["EddystoneUid"]]
        assert len(sources) == 1
        listener.stop()


def test_no_address_reaches_a_log_even_at_debug(
    bus: PrivateBus, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with SimulatedBluez(bus.address) as bluez:
        listener = listen()
        listener.until(ScannerUp())
        assert bluez.hear("5A:DE:AD:BE:EF:01", IBEACON)
        listener.until(is_heard)
        bluez.set_powered(False)
        listener.until(ScannerDown(DownReason.POWERED_OFF))
        listener.stop()
    written = caplog.text.upper()
    assert "5A:DE:AD" not in written
    assert "5A_DE_AD" not in written
    assert "B9407F30" not in written


def test_the_check_command_prints_counts_and_no_identity(bus: PrivateBus) -> None:
    with SimulatedBluez(bus.address) as bluez:
        bluez.place(PlacedBeacon("5A:DE:AD:BE:EF:01", (IBEACON,), interval_ms=20))
        result = CliRunner().invoke(beacon, ["check", "--seconds", "0.5"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["radio"] == "on"
    assert printed["ibeacon"] == printed["advertisements"] > 0
    assert set(printed) == {"radio", "advertisements", "ibeacon", "eddystone_uid", "eddystone_tlm"}


def test_the_check_command_says_what_is_wrong(bus: PrivateBus) -> None:
    with SimulatedBluez(bus.address, powered=False):
        result = CliRunner().invoke(beacon, ["check", "--seconds", "0.3"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["radio"] == "powered_off"
    assert result.stderr == "The Bluetooth adapter is switched off.\n"
