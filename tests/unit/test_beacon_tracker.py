"""Presences out of sightings, with time as an argument."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.beacons import IBeaconId, Presence, RegisteredBeacon
from hardware.beacon.registry import Sighting
from hardware.beacon.tracker import GAP_MS, MAX_PRESENCE_MS, PresenceTracker

UUID = "b9407f30-f5f8-466e-aff9-25556b57fe6d"
A = RegisteredBeacon("BC-B01", IBeaconId(UUID, 1, 1), 12)
B = RegisteredBeacon("BC-B02", IBeaconId(UUID, 1, 2), 13)
WALL = 1_790_000_000_000


def at(monotonic_ms: int, beacon: RegisteredBeacon = A, rssi: int = -70, wall: int = WALL) -> Sighting:
    return Sighting(beacon, rssi, wall + monotonic_ms, monotonic_ms)


def test_sightings_merge_into_one_presence() -> None:
    tracker = PresenceTracker()
    assert tracker.hear(at(0, rssi=-80)) == ()
    assert tracker.hear(at(20_000, rssi=-55)) == ()
    assert tracker.hear(at(50_000, rssi=-90)) == ()
    assert tracker.tick(50_000 + GAP_MS) == ()  # exactly the gap is not yet longer than it
    assert tracker.tick(50_000 + GAP_MS + 1) == (Presence("BC-B01", 12, WALL, WALL + 50_000, 3, -55),)
    assert tracker.tick(10 * GAP_MS) == ()


def test_a_beacon_that_comes_back_after_the_gap_opens_a_new_presence() -> None:
    tracker = PresenceTracker()
    tracker.hear(at(0))
    again = GAP_MS + 1
    assert tracker.hear(at(again)) == (Presence("BC-B01", 12, WALL, WALL, 1, -70),)
    assert tracker.ongoing() == (Presence("BC-B01", 12, WALL + again, WALL + again, 1, -70),)


def test_beacons_do_not_touch_each_other() -> None:
    tracker = PresenceTracker()
    tracker.hear(at(0, A))
    tracker.hear(at(1_000, B))
    tracker.hear(at(GAP_MS, B))
    (gone,) = tracker.tick(GAP_MS + 2)
    assert gone.beacon_name == "BC-B01"
    assert [p.beacon_name for p in tracker.ongoing()] == ["BC-B02"]


def test_a_beacon_left_beside_the_kiosk_is_cut_by_the_hour() -> None:
    tracker = PresenceTracker()
    closed = [p for step in range(0, 3 * MAX_PRESENCE_MS, 10_000) for p in tracker.hear(at(step))]
    closed += tracker.finish()
    assert len(closed) == 3
    assert all(p.ended_at_ms - p.started_at_ms < MAX_PRESENCE_MS for p in closed)
    assert sum(p.sightings for p in closed) == 3 * MAX_PRESENCE_MS // 10_000


def test_the_date_learned_in_mid_presence_counts_back() -> None:
    tracker = PresenceTracker()
    tracker.hear(at(0, wall=0))  # 1970: no battery clock
    tracker.hear(at(30_000, wall=WALL))
    assert tracker.finish() == (Presence("BC-B01", 12, WALL, WALL + 30_000, 2, -70),)


def test_an_earlier_reading_never_turns_time_back() -> None:
    tracker = PresenceTracker()
    tracker.hear(at(10_000))
    tracker.hear(at(9_000))
    (presence,) = tracker.finish()
    assert (presence.started_at_ms, presence.ended_at_ms) == (WALL + 10_000, WALL + 10_000)


def test_a_beacon_moved_to_another_site_starts_anew() -> None:
    tracker = PresenceTracker()
    tracker.hear(at(0))
    moved = RegisteredBeacon(A.name, A.beacon, 99)
    (closed,) = tracker.hear(at(1_000, moved))
    assert closed.site_number == 12
    assert [p.site_number for p in tracker.finish()] == [99]


@pytest.mark.parametrize(("gap", "longest"), [(0, 1), (1, 0), (-5, 1)])
def test_nonsense_limits_are_refused(gap: int, longest: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        PresenceTracker(gap, longest)


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from([A, B]), st.integers(-127, 20)), max_size=80),
    st.booleans(),
)
def test_no_sighting_is_lost_or_counted_twice(steps: list[tuple[int, RegisteredBeacon, int]], ticking: bool) -> None:
    tracker = PresenceTracker(max_presence_ms=300_000)
    now = 0
    closed: list[Presence] = []
    for wait, beacon, rssi in steps:
        now += wait
        if ticking:
            closed += tracker.tick(now)
        closed += tracker.hear(at(now, beacon, rssi))
    closed += tracker.finish()
    assert tracker.ongoing() == ()
    for beacon in (A, B):
        mine = [p for p in closed if p.beacon_name == beacon.name]
        heard = [rssi for _, b, rssi in steps if b is beacon]
        assert sum(p.sightings for p in mine) == len(heard)
        assert max((p.rssi_max_dbm for p in mine), default=None) == max(heard, default=None)
        for earlier, later in pairwise(mine):
            assert earlier.started_at_ms <= earlier.ended_at_ms <= later.started_at_ms
