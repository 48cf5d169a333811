"""Command line of the beacons: `zerot beacon …`."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import assert_never

import click

from hardware.beacon.parsers import EddystoneTlm, EddystoneUid, Frame, IBeacon, parse_payload
from hardware.beacon.port import Advertisement, BeaconScanner, DownReason, RadioEvent, ScannerDown, ScannerUp


@click.group("beacon")
def beacon() -> None:
    """Look at Bluetooth beacons."""


@beacon.command("parse")
@click.argument("payload", metavar="HEX")
def parse(payload: str) -> None:
    """Print the beacon frames of a raw advertising payload as a JSON list.

    HEX is the payload as it came off the air, AD structures one after the other. What is no beacon gives [].
    """
    try:
        raw = bytes.fromhex(payload)
    except ValueError:
        click.echo("HEX must be pairs of hexadecimal digits, such as 0201061aff4c000215…", err=True)
        raise SystemExit(2) from None
    click.echo(json.dumps([format_frame(frame) for frame in parse_payload(raw)]))


_SENTENCES = {
    DownReason.NO_SERVICE: "Bluetooth's service is not running (package bluez, service bluetooth).",
    DownReason.NO_ADAPTER: "There is no Bluetooth adapter.",
    DownReason.NO_LOW_ENERGY: "The Bluetooth adapter knows no Low Energy.",
    DownReason.POWERED_OFF: "The Bluetooth adapter is switched off.",
    DownReason.DENIED: "This account may not use Bluetooth.",
    DownReason.NO_ANSWER: "Bluetooth's service does not answer.",
    DownReason.SILENT: "Scanning works, but nothing at all is heard.",
    DownReason.FAILED: "The radio failed; the log names the error.",
}


@beacon.command("check")
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(0.1, 600), help="How long to listen.")
@click.option("--adapter", help="Adapter such as hci1; without it the first one that is switched on.")
def check(seconds: float, adapter: str | None) -> None:
    """Listen for a while and print how much was heard, as a JSON object of counts.

    Counts only: who was heard is nobody's business before the territory's list says so. Ends with status 1, and a
    sentence, when the radio cannot listen.
    """
    from hardware.beacon.bleak_scanner import BleakBeaconScanner  # so that `parse` does not load bleak
    from hardware.card.system import SystemChance, SystemClock

    trouble, counts = listen(BleakBeaconScanner(SystemClock(), SystemChance(), adapter=adapter), seconds)
    click.echo(json.dumps({"radio": "on" if trouble is None else trouble.value, **counts}))
    if trouble is not None:
        click.echo(_SENTENCES[trouble], err=True)
        raise SystemExit(1)


def listen(scanner: BeaconScanner, seconds: float) -> tuple[DownReason | None, dict[str, int]]:
    """Run a scanner for a while: what is wrong at the end (None: listening), and what was heard by kind."""
    trouble: DownReason | None = DownReason.NO_ANSWER
    counts = Counter({"advertisements": 0, "ibeacon": 0, "eddystone_uid": 0, "eddystone_tlm": 0})

    def take(event: RadioEvent) -> None:
        nonlocal trouble
        match event:
            case Advertisement():
                counts["advertisements"] += 1
                counts.update(str(format_frame(frame)["type"]) for frame in event.frames)
            case ScannerUp():
                trouble = None
            case ScannerDown():
                trouble = event.reason
            case _:
                assert_never(event)

    stop = scanner.start(take)
    try:
        threading.Event().wait(seconds)
    finally:
        stop()
    return trouble, dict(counts)


def format_frame(frame: Frame) -> dict[str, str | int | float | None]:
    """One frame as the JSON object that `zerot beacon parse` prints: only the keys that apply to its type."""
    match frame:
        case IBeacon():
            return {
                "type": "ibeacon",
                "uuid": frame.uuid,
                "major": frame.major,
                "minor": frame.minor,
                "tx_power_dbm": frame.tx_power_dbm,
            }
        case EddystoneUid():
            return {
                "type": "eddystone_uid",
                "namespace": frame.namespace,
                "instance": frame.instance,
                "tx_power_dbm": frame.tx_power_dbm,
            }
        case EddystoneTlm():
            return {
                "type": "eddystone_tlm",
                "voltage_mv": frame.voltage_mv,
                "temperature_celsius": frame.temperature_celsius,
                "uptime_seconds": frame.uptime_seconds,
                "advertisement_count": frame.advertisement_count,
            }
        case _:
            assert_never(frame)
