"""Beacon frames out of advertising payloads. Pure: bytes in, frozen values out, never an exception.

Only three frames are kept, because only they can name a beacon of the territory or tell how it is: iBeacon,
Eddystone UID and Eddystone TLM (plain). Everything else (Eddystone URL, EID and encrypted TLM, exposure
notifications, phones, watches) gives nothing at all, so that nothing of a stranger can be kept later on.

Sources: Bluetooth Core 5.4, Vol 3 Part C, 11 (AD structures) and its Supplement, Part A; Apple "Proximity Beacon
Specification" R1; google/eddystone protocol-specification.md, eddystone-uid and eddystone-tlm/tlm-plain.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

AD_SERVICE_DATA_16 = 0x16
AD_MANUFACTURER_DATA = 0xFF

APPLE_COMPANY = 0x004C
IBEACON_PREFIX = b"\x02\x15"  # type 0x02, and the 0x15 = 21 bytes that follow
IBEACON_BYTES = 23  # prefix 2, uuid 16, major 2, minor 2, power 1

EDDYSTONE_SERVICE_BYTES = b"\xaa\xfe"  # 0xFEAA, little-endian on the air
EDDYSTONE_UUID = "0000feaa-0000-1000-8000-00805f9b34fb"  # the same number as the operating systems write it
EDDYSTONE_UID_FRAME = 0x00
EDDYSTONE_UID_BYTES = 18  # frame 1, power 1, namespace 10, instance 6; two reserved bytes may follow or be left out
EDDYSTONE_TLM_FRAME = 0x20
EDDYSTONE_TLM_PLAIN = 0x00  # version 0x01 is encrypted: only its owner's server can read it
EDDYSTONE_TLM_BYTES = 14  # frame 1, version 1, voltage 2, temperature 2, count 4, uptime 4
TLM_NO_VOLTAGE = 0
TLM_NO_TEMPERATURE = -0x8000


@dataclass(frozen=True, slots=True)
class IBeacon:
    """`uuid` lower-case with dashes; `tx_power_dbm` is what a receiver measures at 1 m."""

    uuid: str
    major: int
    minor: int
    tx_power_dbm: int


@dataclass(frozen=True, slots=True)
class EddystoneUid:
    """`namespace` 20 and `instance` 12 lower-case hex digits; `tx_power_dbm` is the power at 0 m."""

    namespace: str
    instance: str
    tx_power_dbm: int


@dataclass(frozen=True, slots=True)
class EddystoneTlm:
    """Health of the beacon that sends it; names no beacon. None where the beacon has no such sensor."""

    voltage_mv: int | None
    temperature_celsius: float | None
    advertisement_count: int
    uptime_seconds: float


Frame = IBeacon | EddystoneUid | EddystoneTlm


def parse_payload(payload: bytes) -> tuple[Frame, ...]:
    """Frames of one raw advertising payload, in their order.

    An AD structure that claims more bytes than there are gives nothing and ends the reading, since nothing behind it
    can be told apart; whole structures before it still count.
    """
    frames = []
    for ad_type, data in split_structures(payload):
        frame: Frame | None = None
        if ad_type == AD_MANUFACTURER_DATA and len(data) >= 2:
            frame = parse_manufacturer(int.from_bytes(data[:2], "little"), data[2:])
        elif ad_type == AD_SERVICE_DATA_16 and data[:2] == EDDYSTONE_SERVICE_BYTES:
            frame = parse_eddystone(data[2:])
        if frame is not None:
            frames.append(frame)
    return tuple(frames)


def parse_split(manufacturer_data: Mapping[int, bytes], service_data: Mapping[str, bytes]) -> tuple[Frame, ...]:
    """Frames of an advertisement that the operating system has already split.

    `manufacturer_data` is keyed by company number, `service_data` by 128-bit UUID text, as bleak gives them.
    """
    frames: list[Frame] = []
    apple = manufacturer_data.get(APPLE_COMPANY)
    if apple is not None and (found := parse_manufacturer(APPLE_COMPANY, apple)) is not None:
        frames.append(found)
    eddystone = service_data.get(EDDYSTONE_UUID)
    if eddystone is not None and (frame := parse_eddystone(eddystone)) is not None:
        frames.append(frame)
    return tuple(frames)


def split_structures(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, data) of each whole AD structure; stops at a zero length (early end) or a truncated one."""
    at = 0
    while at < len(payload):
        length = payload[at]
        end = at + 1 + length
        if length == 0 or end > len(payload):
            return
        yield payload[at + 1], payload[at + 2 : end]
        at = end


def parse_manufacturer(company: int, data: bytes) -> IBeacon | None:
    """iBeacon from manufacturer data without its company number.

    Bytes behind the power are allowed: several makers put their battery level there, and the frame before it is whole.
    """
    if company != APPLE_COMPANY or len(data) < IBEACON_BYTES or data[:2] != IBEACON_PREFIX:
        return None
    digits = data[2:18].hex()
    return IBeacon(
        uuid=f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
        major=int.from_bytes(data[18:20], "big"),
        minor=int.from_bytes(data[20:22], "big"),
        tx_power_dbm=int.from_bytes(data[22:23], "big", signed=True),
    )


def parse_eddystone(data: bytes) -> EddystoneUid | EddystoneTlm | None:
    """UID or plain TLM from the service data of 0xFEAA without the service number; None for any other frame."""
    if not data:
        return None
    if data[0] == EDDYSTONE_UID_FRAME and len(data) >= EDDYSTONE_UID_BYTES:
        return EddystoneUid(
            namespace=data[2:12].hex(),
            instance=data[12:18].hex(),
            tx_power_dbm=int.from_bytes(data[1:2], "big", signed=True),
        )
    if data[0] == EDDYSTONE_TLM_FRAME and len(data) >= EDDYSTONE_TLM_BYTES and data[1] == EDDYSTONE_TLM_PLAIN:
        return _parse_tlm(data)
    return None


def _parse_tlm(data: bytes) -> EddystoneTlm:
    voltage = int.from_bytes(data[2:4], "big")
    temperature = int.from_bytes(data[4:6], "big", signed=True)  # 8.8 fixed point
    return EddystoneTlm(
        voltage_mv=None if voltage == TLM_NO_VOLTAGE else voltage,
        temperature_celsius=None if temperature == TLM_NO_TEMPERATURE else temperature / 256,
        advertisement_count=int.from_bytes(data[6:10], "big"),
        uptime_seconds=int.from_bytes(data[10:14], "big") / 10,  # sent in 0.1 s
    )
