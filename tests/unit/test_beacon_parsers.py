"""Beacon parsers: literal bytes, the shared capture table when it is there, and any bytes at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hardware.beacon.cli import beacon
from hardware.beacon.parsers import (
    EDDYSTONE_UUID,
    EddystoneTlm,
    EddystoneUid,
    IBeacon,
    parse_payload,
    parse_split,
    split_structures,
)

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "data" / "ble" / "advertisements.json"

FLAGS = bytes.fromhex("020106")
IBEACON_BODY = bytes.fromhex("4c000215" + "b9407f30f5f8466eaff925556b57fe6d" + "1234" + "abcd" + "c5")
IBEACON_AD = bytes([len(IBEACON_BODY) + 1, 0xFF]) + IBEACON_BODY
UID_BODY = bytes.fromhex("aafe" + "00" + "ee" + "00112233445566778899" + "aabbccddeeff" + "0000")
UID_AD = bytes([len(UID_BODY) + 1, 0x16]) + UID_BODY
TLM_BODY = bytes.fromhex("aafe" + "20" + "00" + "0bb8" + "fe80" + "00000102" + "0000000b")
TLM_AD = bytes([len(TLM_BODY) + 1, 0x16]) + TLM_BODY

IBEACON = IBeacon("b9407f30-f5f8-466e-aff9-25556b57fe6d", 0x1234, 0xABCD, -59)
UID = EddystoneUid("00112233445566778899", "aabbccddeeff", -18)
TLM = EddystoneTlm(3000, -1.5, 258, 1.1)


def ad(ad_type: int, body: bytes) -> bytes:
    return bytes([len(body) + 1, ad_type]) + body


@pytest.mark.parametrize(
    ("payload", "frames"),
    [
        (FLAGS + IBEACON_AD, (IBEACON,)),
        (IBEACON_AD, (IBEACON,)),
        (UID_AD, (UID,)),
        (TLM_AD, (TLM,)),
        (UID_AD + TLM_AD, (UID, TLM)),
        (FLAGS + IBEACON_AD + UID_AD, (IBEACON, UID)),
        # a maker's battery byte behind the power
        (ad(0xFF, IBEACON_BODY + b"\x64"), (IBEACON,)),
        # the two reserved bytes left out
        (ad(0x16, UID_BODY[:-2]), (UID,)),
    ],
)
def test_kept_frames(payload: bytes, frames: tuple[object, ...]) -> None:
    assert parse_payload(payload) == frames


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        FLAGS,
        ad(0xFF, b""),
        ad(0xFF, b"\x4c"),
        ad(0xFF, b"\x4c\x00"),
        ad(0xFF, b"\x4d\x00" + IBEACON_BODY[2:]),  # another company
        ad(0xFF, b"\x00\x4c" + IBEACON_BODY[2:]),  # company number the wrong way round
        ad(0xFF, b"\x4c\x00\x02\x14" + IBEACON_BODY[4:]),  # wrong inner length
        ad(0xFF, b"\x4c\x00\x10\x15" + IBEACON_BODY[4:]),  # Apple, but another message
        ad(0xFF, IBEACON_BODY[:-1]),  # one byte short
        ad(0x16, IBEACON_BODY),  # right bytes, wrong AD type
        ad(0x16, b"\xaa"),
        ad(0x16, b"\xaa\xfe"),
        ad(0x16, UID_BODY[:-3]),  # instance one byte short
        ad(0x16, b"\x9a\xfe" + UID_BODY[2:]),  # Estimote's own service
        ad(0x16, b"\xaa\xfe\x10\xf8\x03github"),  # URL
        ad(0x16, b"\xaa\xfe\x30\xe3" + bytes(8)),  # EID
        ad(0x16, b"\xaa\xfe\x20\x01" + bytes(16)),  # encrypted TLM
        ad(0x16, TLM_BODY[:-1]),
        IBEACON_AD[:-1],  # truncated AD structure
        UID_AD[:-1],
        b"\x00" + IBEACON_AD,  # early end
    ],
)
def test_no_beacon(payload: bytes) -> None:
    assert parse_payload(payload) == ()


def test_truncated_structure_keeps_what_is_before_it() -> None:
    assert parse_payload(UID_AD + IBEACON_AD[:-1]) == (UID,)


def test_tlm_without_sensors_says_none() -> None:
    body = bytes.fromhex("aafe" + "2000" + "0000" + "8000" + "ffffffff" + "ffffffff")
    assert parse_payload(ad(0x16, body)) == (EddystoneTlm(None, None, 0xFFFFFFFF, 429496729.5),)


def test_split_data_gives_the_same_frames() -> None:
    assert parse_split({0x004C: IBEACON_BODY[2:]}, {EDDYSTONE_UUID: UID_BODY[2:]}) == (IBEACON, UID)
    assert parse_split({0x004C: IBEACON_BODY[2:-1], 0x0059: IBEACON_BODY[2:]}, {}) == ()
    assert parse_split({}, {EDDYSTONE_UUID: b"", "0000fe9a-0000-1000-8000-00805f9b34fb": UID_BODY[2:]}) == ()
    assert parse_split({}, {}) == ()


def captures() -> list[Any]:
    if not CAPTURES.exists():
        return []
    rows: list[Any] = json.loads(CAPTURES.read_text("utf-8"))
    return [pytest.param(row, id=row["id"]) for row in rows]


@pytest.mark.skipif(not CAPTURES.exists(), reason="the shared captures are not beside this checkout")
@pytest.mark.parametrize("row", captures() or [None])
def test_shared_captures(row: dict[str, Any]) -> None:
    """What we keep of each row must be right, and what is no beacon of ours must vanish whole."""
    printed = run_parse(row["raw_ad_hex"])
    expected = row["expect"]
    kept = {"ibeacon", "eddystone_uid", "eddystone_tlm"}
    if isinstance(expected, str) or expected["type"] not in kept:
        assert printed == []
        return
    (frame,) = printed
    names = {
        "power": "tx_power_dbm",
        "temperature": "temperature_celsius",
        "adv_count": "advertisement_count",
        "uptime_s": "uptime_seconds",
    }
    for key, value in expected.items():
        got = frame[names.get(key, key)]
        assert got == (pytest.approx(value, abs=0.001) if isinstance(value, float) else value), key


def run_parse(text: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(beacon, ["parse", text])
    assert result.exit_code == 0, result.output
    printed: list[dict[str, Any]] = json.loads(result.stdout)
    return printed


def test_command_prints_only_the_keys_that_apply() -> None:
    assert run_parse((UID_AD + TLM_AD + IBEACON_AD).hex().upper()) == [
        {
            "type": "eddystone_uid",
            "namespace": "00112233445566778899",
            "instance": "aabbccddeeff",
            "tx_power_dbm": -18,
        },
        {
            "type": "eddystone_tlm",
            "voltage_mv": 3000,
            "temperature_celsius": -1.5,
            "uptime_seconds": 1.1,
            "advertisement_count": 258,
        },
        {
            "type": "ibeacon",
            "uuid": "b9407f30-f5f8-466e-aff9-25556b57fe6d",
            "major": 4660,
            "minor": 43981,
            "tx_power_dbm": -59,
        },
    ]


def test_command_prints_an_empty_list_for_nothing() -> None:
    assert run_parse("") == []
    assert run_parse("020106") == []


@pytest.mark.parametrize("text", ["0", "zz", "02010", "0x020106", "0201 0", "é0", "02-01-06"])
def test_wrong_hex_is_one_sentence_and_exit_2(text: str) -> None:
    result = CliRunner().invoke(beacon, ["parse", text])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "hexadecimal" in result.stderr


@given(st.binary(max_size=300))
def test_any_bytes_never_fail(payload: bytes) -> None:
    frames = parse_payload(payload)
    # a frame can only come from a whole structure: never more frames than structures
    assert len(frames) <= sum(1 for _ in split_structures(payload))


@given(st.lists(st.sampled_from([FLAGS, IBEACON_AD, UID_AD, TLM_AD]), max_size=4), st.binary(max_size=40), st.data())
def test_mutated_beacons_never_fail(parts: list[bytes], junk: bytes, data: st.DataObject) -> None:
    payload = b"".join(parts) + junk
    cut = payload[: data.draw(st.integers(0, len(payload)))]
    frames = parse_payload(payload)
    assert parse_payload(cut) == frames[: len(parse_payload(cut))]


@given(
    st.dictionaries(st.sampled_from([0x004C, 0x0059]), st.binary(max_size=60)),
    st.dictionaries(st.sampled_from([EDDYSTONE_UUID, "180f"]), st.binary(max_size=60)),
)
def test_any_split_data_never_fails(manufacturer: dict[int, bytes], service: dict[str, bytes]) -> None:
    assert len(parse_split(manufacturer, service)) <= 2


@given(st.binary(min_size=16, max_size=16), st.integers(0, 65535), st.integers(0, 65535), st.integers(-128, 127))
def test_ibeacon_round_trip(uuid: bytes, major: int, minor: int, power: int) -> None:
    body = (
        b"\x4c\x00\x02\x15"
        + uuid
        + major.to_bytes(2, "big")
        + minor.to_bytes(2, "big")
        + power.to_bytes(1, "big", signed=True)
    )
    (frame,) = parse_payload(FLAGS + ad(0xFF, body))
    assert isinstance(frame, IBeacon)
    assert bytes.fromhex(frame.uuid.replace("-", "")) == uuid
    assert (frame.major, frame.minor, frame.tx_power_dbm) == (major, minor, power)
