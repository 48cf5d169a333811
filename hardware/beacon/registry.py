"""Which beacons are ours. The gate of the radio layer: what does not pass here is never logged, kept or told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.beacons import BeaconId, EddystoneId, IBeaconId, RegisteredBeacon
from hardware.beacon.parsers import EddystoneTlm, EddystoneUid, IBeacon
from hardware.beacon.port import Advertisement

# A territory has hundreds of beacons; ten thousand is a wrong or hostile configuration, and 2 MB of memory.
MAX_BEACONS = 10_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """One registered beacon heard once. Times in milliseconds, power in dBm."""

    beacon: RegisteredBeacon
    rssi_dbm: int
    heard_at_ms: int
    monotonic_ms: int


@dataclass(frozen=True, slots=True)
class BeaconHealth:
    """What a registered beacon says about itself (for the technician: battery, heat, restarts)."""

    beacon: RegisteredBeacon
    voltage_mv: int | None
    temperature_celsius: float | None
    uptime_seconds: float
    heard_at_ms: int


@dataclass(slots=True)
class _Table:
    """One registry version. Replaced whole, so that a reader on the radio thread never sees half of a change."""

    by_id: dict[BeaconId, RegisteredBeacon]
    # Only senders that have shown a registered identity; one sender each, so never more than registered beacons.
    by_source: dict[int, RegisteredBeacon] = field(default_factory=dict)
    source_of: dict[str, int] = field(default_factory=dict)


class BeaconRegistry:
    """The gate. `sift` belongs to the radio thread; `replace` and the counters may be used from any other.

    `kept` counts advertisements that came from a registered beacon, `dropped` all others, since the start. Of what
    is dropped nothing but this count exists.
    """

    def __init__(self, beacons: Iterable[RegisteredBeacon] = ()) -> None:
        self._table = _build_table(beacons)
        self.kept = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._table.by_id)

    def replace(self, beacons: Iterable[RegisteredBeacon]) -> None:
        """Take a new list from the server's configuration.

        ValueError when it is over `MAX_BEACONS`, or gives one identity or one name twice: the old list then stays.
        """
        self._table = _build_table(beacons)

    def sift(self, advertisement: Advertisement) -> tuple[Sighting | BeaconHealth, ...]:
        """What the advertisement says about beacons of ours; () for all the rest."""
        table = self._table
        found: list[Sighting | BeaconHealth] = []
        for frame in advertisement.frames:
            match frame:
                case IBeacon():
                    beacon = table.by_id.get(IBeaconId(frame.uuid, frame.major, frame.minor))
                case EddystoneUid():
                    beacon = table.by_id.get(EddystoneId(frame.namespace, frame.instance))
                case EddystoneTlm():
                    sender = table.by_source.get(advertisement.source)
                    if sender is not None:
                        found.append(_health(sender, frame, advertisement))
                    continue
            if beacon is not None:
                _remember_source(table, advertisement.source, beacon)
                found.append(
                    Sighting(beacon, advertisement.rssi_dbm, advertisement.heard_at_ms, advertisement.monotonic_ms)
                )
        if found:
            self.kept += 1
        else:
            self.dropped += 1
        return tuple(found)


def _build_table(beacons: Iterable[RegisteredBeacon]) -> _Table:
    by_id: dict[BeaconId, RegisteredBeacon] = {}
    names: set[str] = set()
    for beacon in beacons:
        identity = _normalise(beacon.beacon)
        if len(by_id) == MAX_BEACONS:
            raise ValueError(f"more than {MAX_BEACONS} beacons in the registry")
        if identity in by_id or beacon.name in names:
            raise ValueError(f"beacon {beacon.name!r} is registered twice")
        by_id[identity] = beacon
        names.add(beacon.name)
    return _Table(by_id)


def _normalise(identity: BeaconId) -> BeaconId:
    """Lower case: a row typed in capitals must still be recognised."""
    match identity:
        case IBeaconId():
            return IBeaconId(identity.uuid.lower(), identity.major, identity.minor)
        case EddystoneId():
            return EddystoneId(identity.namespace.lower(), identity.instance.lower())


def _remember_source(table: _Table, source: int, beacon: RegisteredBeacon) -> None:
    old = table.source_of.get(beacon.name)
    if old == source:
        return
    if old is not None and table.by_source.get(old) is beacon:
        del table.by_source[old]  # one sender per beacon keeps the table bounded under address rotation
    table.source_of[beacon.name] = source
    table.by_source[source] = beacon


def _health(beacon: RegisteredBeacon, frame: EddystoneTlm, advertisement: Advertisement) -> BeaconHealth:
    return BeaconHealth(
        beacon, frame.voltage_mv, frame.temperature_celsius, frame.uptime_seconds, advertisement.heard_at_ms
    )
