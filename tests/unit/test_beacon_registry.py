"""The gate: ours pass, strangers leave nothing but a count."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.beacons import EddystoneId, IBeaconId, RegisteredBeacon
from hardware.beacon.parsers import EddystoneTlm, EddystoneUid, Frame, IBeacon
from hardware.beacon.port import Advertisement
from hardware.beacon.registry import MAX_BEACONS, BeaconHealth, BeaconRegistry, Sighting

UUID = "b9407f30-f5f8-466e-aff9-25556b57fe6d"
BAKERY = RegisteredBeacon("BC-B01", IBeaconId(UUID, 1, 2), 12)
MUSEUM = RegisteredBeacon("BC-B02", EddystoneId("00112233445566778899", "aabbccddeeff"), 13)
STRANGER = IBeacon("c0ffee00-0000-4000-8000-000000000001", 1, 2, -59)
TLM = EddystoneTlm(2840, 19.0, 5223, 1094.8)


def heard(*frames: Frame, source: int = 7, rssi: int = -60) -> Advertisement:
    return Advertisement(frames, rssi, source, 1_000_000, 500)


def test_registered_beacons_pass() -> None:
    registry = BeaconRegistry([BAKERY, MUSEUM])
    assert registry.sift(heard(IBeacon(UUID, 1, 2, -59))) == (Sighting(BAKERY, -60, 1_000_000, 500),)
    uid = EddystoneUid("00112233445566778899", "aabbccddeeff", -18)
    assert registry.sift(heard(uid, rssi=-80)) == (Sighting(MUSEUM, -80, 1_000_000, 500),)
    assert (registry.kept, registry.dropped) == (2, 0)


@pytest.mark.parametrize(
    "frame",
    [
        STRANGER,
        IBeacon(UUID, 1, 3, -59),
        IBeacon(UUID, 2, 1, -59),
        EddystoneUid("00112233445566778899", "aabbccddeefe", -18),
        TLM,
    ],
)
def test_strangers_are_only_counted(frame: Frame, caplog: pytest.LogCaptureFixture) -> None:
    registry = BeaconRegistry([BAKERY, MUSEUM])
    with caplog.at_level(logging.DEBUG):
        assert registry.sift(heard(frame)) == ()
    assert (registry.kept, registry.dropped) == (0, 1)
    assert caplog.records == []


def test_an_advertisement_without_frames_is_dropped() -> None:
    registry = BeaconRegistry([BAKERY])
    assert registry.sift(heard()) == ()
    assert registry.dropped == 1


def test_health_is_joined_to_the_sender_that_named_itself() -> None:
    registry = BeaconRegistry([MUSEUM])
    assert registry.sift(heard(TLM, source=7)) == ()  # not yet known whose it is
    registry.sift(heard(EddystoneUid("00112233445566778899", "aabbccddeeff", -18), source=7))
    assert registry.sift(heard(TLM, source=7)) == (BeaconHealth(MUSEUM, 2840, 19.0, 1094.8, 1_000_000),)
    assert registry.sift(heard(TLM, source=8)) == ()
    assert (registry.kept, registry.dropped) == (2, 2)


def test_a_sender_that_rotates_its_address_takes_one_place_only() -> None:
    registry = BeaconRegistry([BAKERY])
    for source in range(1000):
        registry.sift(heard(IBeacon(UUID, 1, 2, -59), source=source))
    assert registry.sift(heard(TLM, source=998)) == ()
    assert len(registry.sift(heard(TLM, source=999))) == 1
    assert len(registry._table.by_source) == 1


def test_capitals_in_the_configuration_do_not_matter() -> None:
    registry = BeaconRegistry([RegisteredBeacon("BC-B01", IBeaconId(UUID.upper(), 1, 2), 12)])
    assert len(registry.sift(heard(IBeacon(UUID, 1, 2, -59)))) == 1


def test_replace_forgets_beacons_and_their_senders() -> None:
    registry = BeaconRegistry([BAKERY])
    registry.sift(heard(IBeacon(UUID, 1, 2, -59)))
    registry.replace([MUSEUM])
    assert len(registry) == 1
    assert registry.sift(heard(IBeacon(UUID, 1, 2, -59))) == ()
    assert registry.sift(heard(TLM)) == ()


def test_a_bad_list_leaves_the_old_one() -> None:
    registry = BeaconRegistry([BAKERY])
    twice_the_identity = [MUSEUM, RegisteredBeacon("BC-B03", MUSEUM.beacon, 14)]
    twice_the_name = [MUSEUM, RegisteredBeacon("BC-B02", IBeaconId(UUID, 9, 9), 14)]
    too_many = [RegisteredBeacon(f"B{n}", IBeaconId(UUID, 1, n), 1) for n in range(MAX_BEACONS + 1)]
    for bad in (twice_the_identity, twice_the_name, too_many):
        with pytest.raises(ValueError, match="beacon"):
            registry.replace(bad)
    assert len(registry.sift(heard(IBeacon(UUID, 1, 2, -59)))) == 1


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 5)), max_size=60),
)
def test_every_advertisement_is_either_kept_or_dropped(packets: list[tuple[int, bool, int]]) -> None:
    registry = BeaconRegistry([BAKERY])
    told = 0
    for minor, health, source in packets:
        told += bool(registry.sift(heard(TLM if health else IBeacon(UUID, 1, minor, -59), source=source)))
    assert registry.kept == told
    assert registry.kept + registry.dropped == len(packets)
