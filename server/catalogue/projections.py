"""From the metres of French map layers to degrees WGS 84. Pure.

Lambert-93 (EPSG:2154) and the nine conic zones (EPSG:3942 … 3950), IGN note NTG_71 on the ellipsoid GRS 80; web maps'
spherical Mercator (EPSG:3857). RGF93 and WGS 84 differ by less than a metre: they are one here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import atan, degrees, exp, isfinite, log, pi, radians, sin, sqrt, tan

_FLATTENING = 1 / 298.257222101
_AXIS = 6_378_137.0
_ECCENTRICITY = sqrt(_FLATTENING * (2 - _FLATTENING))
_CODE = re.compile(r"(?:EPSG|epsg)[:/ ]*(?:[\d.]*[:/])?(\d{4,5})\b")
# Where France lies in Lambert-93, metres: numbers there are no degrees, and nothing else that layers use.
_LAMBERT_93 = (0.0, 1_350_000.0, 5_950_000.0, 7_250_000.0)


@dataclass(frozen=True, slots=True)
class _Conic:
    """A secant Lambert conic: parallels and origin in degrees, false origin in metres."""

    south: float
    north: float
    latitude: float
    east: float
    up: float

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        south, north = radians(self.south), radians(self.north)
        power = log(_normal(north) * _cos(north) / (_normal(south) * _cos(south))) / (_iso(south) - _iso(north))
        scale = _normal(south) * _cos(south) / power * exp(power * _iso(south))
        top = self.up + scale * exp(-power * _iso(radians(self.latitude)))
        distance = sqrt((x - self.east) ** 2 + (y - top) ** 2)
        bearing = atan((x - self.east) / (top - y))
        return degrees(_latitude(-log(distance / scale) / power)), 3.0 + degrees(bearing / power)


def _cos(angle: float) -> float:
    return sin(pi / 2 - angle)


def _normal(latitude: float) -> float:
    return _AXIS / sqrt(1 - (_ECCENTRICITY * sin(latitude)) ** 2)


def _iso(latitude: float) -> float:
    """Isometric latitude (NTG_71, algorithm 1)."""
    sine = _ECCENTRICITY * sin(latitude)
    return log(tan(pi / 4 + latitude / 2) * ((1 - sine) / (1 + sine)) ** (_ECCENTRICITY / 2))


def _latitude(iso: float) -> float:
    """Its inverse (algorithm 2): settles in a few rounds."""
    found = 2 * atan(exp(iso)) - pi / 2
    for _ in range(12):
        sine = _ECCENTRICITY * sin(found)
        found = 2 * atan(((1 + sine) / (1 - sine)) ** (_ECCENTRICITY / 2) * exp(iso)) - pi / 2
    return found


def code_of(name: str) -> int:
    """The EPSG number in the name of a reference system (``urn:ogc:def:crs:EPSG::2154``), 0 when it names none."""
    match = _CODE.search(name[:200])
    return int(match[1]) if match else 0


def to_degrees(x: float, y: float, code: int = 0) -> tuple[float, float] | None:
    """Latitude and longitude of a point; None when it lies outside of the system. ``code`` 0: degrees, or Lambert-93
    where only that makes sense."""
    if not (isfinite(x) and isfinite(y)):
        return None
    west, east, south, north = _LAMBERT_93
    if code == 0 and west <= x <= east and south <= y <= north:
        code = 2154
    try:
        if code == 2154:
            return _Conic(44.0, 49.0, 46.5, 700_000.0, 6_600_000.0).degrees(x, y)
        if 3942 <= code <= 3950:
            zone = code - 3900
            return _Conic(zone - 0.75, zone + 0.75, zone, 1_700_000.0, (zone - 41) * 1_000_000.0 + 200_000.0).degrees(
                x, y
            )
        if code in (3857, 900913):
            return degrees(2 * atan(exp(y / _AXIS)) - pi / 2), degrees(x / _AXIS)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return y, x
