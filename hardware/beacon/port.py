"""What a beacon scanner gives, and what it takes to be one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hardware.beacon.parsers import Frame


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One BLE packet heard, already stripped of all that is no beacon frame.

    `frames` is () for a stranger's phone: it only says that the radio is alive. `source` is an ephemeral number that
    stands for the sender within one run of the scanner (never an address, never stored): it joins a beacon's health
    frames, which carry no identity, to its identity frames. Times are the scanner's clock, in milliseconds.
    """

    frames: tuple[Frame, ...]
    rssi_dbm: int
    source: int
    heard_at_ms: int
    monotonic_ms: int


class DownReason(StrEnum):
    """Why nothing can be heard. The value is the key of the technician's sentence."""

    NO_SERVICE = "no_service"  # no D-Bus, or no bluetoothd on it
    NO_ADAPTER = "no_adapter"
    NO_LOW_ENERGY = "no_low_energy"  # a classic-only adapter
    POWERED_OFF = "powered_off"
    DENIED = "denied"
    NO_ANSWER = "no_answer"  # the service is there but does not answer in time
    SILENT = "silent"  # scanning, yet not one packet from anybody: the known silent stall
    FAILED = "failed"  # anything else; the log has the name of the error


@dataclass(frozen=True, slots=True)
class ScannerUp:
    """Scanning has begun, or begun again; after `SILENT`: something was heard again."""


@dataclass(frozen=True, slots=True)
class ScannerDown:
    """Scanning has ended or could not begin. The scanner keeps trying by itself; sent once per change of reason."""

    reason: DownReason


RadioEvent = Advertisement | ScannerUp | ScannerDown


class BeaconScanner(Protocol):
    """Listens until stopped, and repairs itself meanwhile."""

    def start(self, on_event: Callable[[RadioEvent], None]) -> Callable[[], None]:
        """Begin listening and return the function that ends it.

        Returns at once and never raises for a missing, dead or switched-off adapter: that is a `ScannerDown`.
        `on_event` is called from one thread of the scanner's own, one event at a time, and must not block.
        The returned function may be called more than once and from any thread but that one; after its return
        `on_event` is not called any more. RuntimeError when already started.
        """
