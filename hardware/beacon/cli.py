"""Command line of the beacons: `zerot beacon …`."""

from __future__ import annotations

import json
from typing import assert_never

import click

from hardware.beacon.parsers import EddystoneTlm, EddystoneUid, Frame, IBeacon, parse_payload


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
