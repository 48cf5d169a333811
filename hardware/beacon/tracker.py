"""Presences out of sightings. Pure: time comes with each sighting, and is passed in to `tick`."""

from __future__ import annotations

from dataclasses import dataclass

from domain.beacons import Presence, RegisteredBeacon
from hardware.beacon.registry import Sighting

# Silence after which a beacon counts as gone. The kernel scans in rounds of 10.24 s with 5 s between them (bluetoothd's
# IDLE_DISCOV_TIMEOUT), and a controller that filters duplicates tells a still beacon once a round: some 15 s. Three
# rounds may be lost to a body in front of it or a crowded channel. Under 45 s one stay would fall apart into several,
# much over 60 s two visits to the counter would melt into one. To be confirmed on site (docs/hardware-test).
GAP_MS = 60_000

# Longest presence before it is closed and a new one opened. A beacon left beside the kiosk is heard all day: cut by
# the hour it still reaches the server the same day, costs 24 facts a day at most, and a power cut loses under an hour.
MAX_PRESENCE_MS = 3_600_000


@dataclass(slots=True)
class _Open:
    beacon: RegisteredBeacon
    first_monotonic_ms: int
    last_monotonic_ms: int
    last_heard_at_ms: int
    sightings: int
    rssi_max_dbm: int

    def presence(self) -> Presence:
        # The start is counted back from the last wall time by the monotonic clock: a kiosk without a battery clock
        # may learn the date in mid-presence, and the later reading is the truer one.
        lasted = self.last_monotonic_ms - self.first_monotonic_ms
        return Presence(
            beacon_name=self.beacon.name,
            site_number=self.beacon.site_number,
            started_at_ms=self.last_heard_at_ms - lasted,
            ended_at_ms=self.last_heard_at_ms,
            sightings=self.sightings,
            rssi_max_dbm=self.rssi_max_dbm,
        )


class PresenceTracker:
    """Merges sightings of one beacon into intervals. Bounded by the registry: one open presence per beacon name.

    Not safe for two threads at once: its owner serialises.
    """

    def __init__(self, gap_ms: int = GAP_MS, max_presence_ms: int = MAX_PRESENCE_MS) -> None:
        if gap_ms <= 0 or max_presence_ms <= 0:
            raise ValueError("gap and longest presence are positive")
        self._gap_ms = gap_ms
        self._max_presence_ms = max_presence_ms
        self._open: dict[str, _Open] = {}

    def __len__(self) -> int:
        """How many presences are open."""
        return len(self._open)

    def presence_of(self, beacon_name: str) -> Presence:
        """The open presence of one beacon as it stands; KeyError when it has none."""
        return self._open[beacon_name].presence()

    def hear(self, sighting: Sighting) -> tuple[Presence, ...]:
        """Take one sighting; return the presence of that beacon that it closes, if it does."""
        name = sighting.beacon.name
        known = self._open.get(name)
        if known is not None:
            # Two readings of the clock can be handed over in the wrong order; time here never goes back.
            now = max(sighting.monotonic_ms, known.last_monotonic_ms)
            if (
                now - known.last_monotonic_ms <= self._gap_ms
                and now - known.first_monotonic_ms < self._max_presence_ms
                and sighting.beacon == known.beacon
            ):
                known.last_monotonic_ms = now
                known.last_heard_at_ms = max(sighting.heard_at_ms, known.last_heard_at_ms)
                known.sightings += 1
                known.rssi_max_dbm = max(known.rssi_max_dbm, sighting.rssi_dbm)
                return ()
        self._open[name] = _Open(
            beacon=sighting.beacon,
            first_monotonic_ms=sighting.monotonic_ms,
            last_monotonic_ms=sighting.monotonic_ms,
            last_heard_at_ms=sighting.heard_at_ms,
            sightings=1,
            rssi_max_dbm=sighting.rssi_dbm,
        )
        return () if known is None else (known.presence(),)

    def tick(self, monotonic_ms: int) -> tuple[Presence, ...]:
        """Presences whose beacon has been silent for longer than the gap; they are closed by this call."""
        gone = [name for name, held in self._open.items() if monotonic_ms - held.last_monotonic_ms > self._gap_ms]
        return tuple(self._open.pop(name).presence() for name in gone)

    def finish(self) -> tuple[Presence, ...]:
        """Close everything (the kiosk stops)."""
        presences = self.ongoing()
        self._open.clear()
        return presences

    def ongoing(self) -> tuple[Presence, ...]:
        """The open presences as they stand, oldest first."""
        return tuple(held.presence() for held in self._open.values())
