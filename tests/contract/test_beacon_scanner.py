"""One suite for every beacon scanner: the fake, and the real bleak against a simulated BlueZ on a private bus."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Protocol

import pytest

from domain.ports import FixedClock
from hardware.beacon.bleak_scanner import BleakBeaconScanner, ScannerTimings
from hardware.beacon.fake_scanner import FakeScanner
from hardware.beacon.parsers import EddystoneUid, IBeacon
from hardware.beacon.port import (
    Advertisement,
    BeaconScanner,
    DownReason,
    RadioEvent,
    ScannerDown,
    ScannerUp,
)
from hardware.beacon.private_bus import PrivateBus
from hardware.beacon.simulated_bluez import SimulatedBluez

PATIENCE = 20.0  # seconds; two cores shared with other work
FAST = ScannerTimings(answer=5.0, silence=30.0, check=0.05, retry_first=0.02, retry_limit=0.05)

IBEACON = bytes.fromhex("0201061aff4c000215b9407f30f5f8466eaff925556b57fe6d1234abcdc5")
UID = bytes.fromhex("0201060303aafe1716aafe00ee00112233445566778899aabbccddeeff0000")
PHONE = bytes.fromhex("02011a0aff4c0010050b1c8f3e2a")


@dataclass
class SeededChance:
    random: Random

    def token(self, size: int) -> bytes:
        return self.random.randbytes(size)


class Air(Protocol):
    def hear(self, address: str, payload: bytes, rssi_dbm: int = -60) -> bool: ...
    def set_powered(self, powered: bool) -> None: ...


@dataclass
class Rig:
    scanner: BeaconScanner
    air: Air
    events: queue.SimpleQueue[tuple[str, RadioEvent]]

    def take(self, event: RadioEvent) -> None:
        self.events.put((threading.current_thread().name, event))

    def next(self) -> RadioEvent:
        return self.events.get(timeout=PATIENCE)[1]

    def until(self, wanted: Callable[[RadioEvent], bool]) -> RadioEvent:
        while not wanted(event := self.next()):
            pass
        return event

    def next_heard(self) -> Advertisement:
        event = self.next()
        assert isinstance(event, Advertisement)
        return event


Build = Callable[..., AbstractContextManager[Rig]]
CLOCK = FixedClock(wall_ms=1_790_000_000_000, mono_ms=4_200)


@contextmanager
def fake_rig(*, adapter: bool = True, powered: bool = True) -> Iterator[Rig]:
    scanner = FakeScanner(CLOCK, SeededChance(Random(1)), adapter=adapter, powered=powered)
    yield Rig(scanner, scanner, queue.SimpleQueue())


@contextmanager
def bleak_rig(*, adapter: bool = True, powered: bool = True) -> Iterator[Rig]:
    with ExitStack() as stack:
        bus = stack.enter_context(PrivateBus())
        stack.enter_context(bus.exported())
        bluez = stack.enter_context(SimulatedBluez(bus.address, adapter=adapter, powered=powered))
        scanner = BleakBeaconScanner(CLOCK, SeededChance(Random(1)), timings=FAST)
        yield Rig(scanner, bluez, queue.SimpleQueue())


@pytest.fixture(params=[fake_rig, bleak_rig], ids=["fake", "bleak"])
def build(request: pytest.FixtureRequest) -> Build:
    chosen: Build = request.param
    return chosen


def test_a_beacon_is_heard_with_its_power_and_time(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        try:
            assert rig.next() == ScannerUp()
            assert rig.air.hear("C2:00:00:00:00:01", IBEACON, -63)
            heard = rig.next_heard()
        finally:
            stop()
        assert heard.frames == (IBeacon("b9407f30-f5f8-466e-aff9-25556b57fe6d", 0x1234, 0xABCD, -59),)
        assert (heard.rssi_dbm, heard.heard_at_ms, heard.monotonic_ms) == (-63, 1_790_000_000_000, 4_200)


def test_each_kind_of_frame_gets_through(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        try:
            assert rig.next() == ScannerUp()
            assert rig.air.hear("C2:00:00:00:00:02", UID)
            assert rig.next_heard().frames == (EddystoneUid("00112233445566778899", "aabbccddeeff", -18),)
        finally:
            stop()


def test_a_phone_is_only_a_sign_of_life(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        try:
            assert rig.next() == ScannerUp()
            assert rig.air.hear("5A:11:22:33:44:55", PHONE)
            heard = rig.next_heard()
        finally:
            stop()
        assert heard.frames == ()
        assert "5A" not in repr(heard).upper().replace(str(heard.source), "")


def test_the_source_tells_senders_apart_within_one_run_only(build: Build) -> None:
    with build() as rig:
        sources: list[list[int]] = []
        for _ in range(2):
            stop = rig.scanner.start(rig.take)
            try:
                rig.until(lambda event: event == ScannerUp())
                run = []
                for address, rssi in (
                    ("C2:00:00:00:00:01", -60),
                    ("C2:00:00:00:00:02", -60),
                    ("C2:00:00:00:00:01", -70),
                ):
                    assert rig.air.hear(address, IBEACON, rssi)
                    run.append(rig.next_heard().source)
                sources.append(run)
            finally:
                stop()
        (a, b, again), (c, d, _) = sources
        assert a == again
        assert len({a, b, c, d}) == 4


def test_power_off_is_a_value_and_power_on_heals(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        try:
            assert rig.next() == ScannerUp()
            rig.air.set_powered(False)
            assert rig.next() == ScannerDown(DownReason.POWERED_OFF)
            assert not rig.air.hear("C2:00:00:00:00:01", IBEACON)
            rig.air.set_powered(True)
            assert rig.next() == ScannerUp()
            assert rig.air.hear("C2:00:00:00:00:01", IBEACON)
            assert rig.next_heard().frames
        finally:
            stop()


@pytest.mark.parametrize(
    ("adapter", "powered", "reason"),
    [(False, True, DownReason.NO_ADAPTER), (True, False, DownReason.POWERED_OFF)],
)
def test_nothing_to_listen_with_is_a_value(build: Build, adapter: bool, powered: bool, reason: DownReason) -> None:
    with build(adapter=adapter, powered=powered) as rig:
        stop = rig.scanner.start(rig.take)
        try:
            assert rig.next() == ScannerDown(reason)
        finally:
            stop()


def test_events_come_on_one_thread_that_is_not_the_callers(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        threads = set()
        try:
            threads.add(rig.events.get(timeout=PATIENCE)[0])
            for number in range(5):
                assert rig.air.hear(f"C2:00:00:00:00:{number:02X}", IBEACON)
                threads.add(rig.events.get(timeout=PATIENCE)[0])
        finally:
            stop()
        assert len(threads) == 1
        assert threads != {threading.current_thread().name}


def test_started_twice_is_refused_and_stopped_twice_is_not(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        with pytest.raises(RuntimeError, match="already"):
            rig.scanner.start(rig.take)
        stop()
        stop()
        again = rig.scanner.start(rig.take)
        stop()  # the old run's end does not touch the new one
        with pytest.raises(RuntimeError, match="already"):
            rig.scanner.start(rig.take)
        again()


def test_nothing_is_told_after_the_stop(build: Build) -> None:
    with build() as rig:
        stop = rig.scanner.start(rig.take)
        assert rig.next() == ScannerUp()
        stop()
        assert not rig.air.hear("C2:00:00:00:00:01", IBEACON)
        assert rig.events.empty()
