"""Beacons of the territory and the presences they give. Plain values, no radio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IBeaconId:
    """`uuid` lower-case with dashes; major and minor 0 … 65535."""

    uuid: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class EddystoneId:
    """`namespace` 20 and `instance` 12 lower-case hex digits."""

    namespace: str
    instance: str


BeaconId = IBeaconId | EddystoneId


@dataclass(frozen=True, slots=True)
class RegisteredBeacon:
    """A beacon that the territory owns: only these are ever kept."""

    name: str  # "BC-B22", as painted on the case
    beacon: BeaconId
    site_number: int


@dataclass(frozen=True, slots=True)
class Presence:
    """One beacon heard over an interval; milliseconds since 1970 UTC."""

    beacon_name: str
    site_number: int
    started_at_ms: int
    ended_at_ms: int
    sightings: int
    rssi_max_dbm: int
