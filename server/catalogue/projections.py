"""From the metres of map layers to degrees WGS 84, by pyproj: Lambert-93, the conic zones, web maps, any of EPSG."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from threading import get_ident

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

_CODE = re.compile(r"(?:EPSG|epsg)[:/ ]*(?:[\d.]*[:/])?(\d{4,6})\b")
_WGS_84, _LAMBERT_93 = 4326, 2154
_METRES_MAX = 1e8  # no place on Earth is farther from a false origin
_WEB_MERCATOR = {900913: 3857, 102100: 3857}  # the names it had before it was in the EPSG's list
# Where France lies in Lambert-93, metres: numbers there are no degrees, and nothing else that layers use.
_FRANCE_93 = (0.0, 1_350_000.0, 5_950_000.0, 7_250_000.0)


def code_of(name: str) -> int:
    """The EPSG number in the name of a reference system (``urn:ogc:def:crs:EPSG::2154``), 0 when it names none."""
    match = _CODE.search(name[:200])
    return int(match[1]) if match else 0


@lru_cache(maxsize=64)
def _from(code: int, thread: int) -> Transformer | None:
    """None for a system that is no map projection we know: its numbers are taken for degrees.

    One per thread: they must not be shared (pyproj, "Advanced examples: multithreading").
    """
    try:
        system = CRS.from_epsg(_WEB_MERCATOR.get(code, code))
    except CRSError:
        return None
    return Transformer.from_crs(system, _WGS_84, always_xy=True) if system.is_projected else None


def to_degrees(x: float, y: float, code: int = 0) -> tuple[float, float] | None:
    """Latitude and longitude of a point; None when it lies outside of the system. ``code`` 0: degrees, or Lambert-93
    where only that makes sense."""
    if not (isfinite(x) and isfinite(y)):
        return None
    west, east, south, north = _FRANCE_93
    if code == 0 and west <= x <= east and south <= y <= north:
        code = _LAMBERT_93
    transformer = _from(code, get_ident()) if code else None
    if transformer is None:
        return y, x
    if max(abs(x), abs(y)) > _METRES_MAX:
        return None
    try:
        longitude, latitude = transformer.transform(x, y, errcheck=True)
    except ProjError:
        return None
    return (latitude, longitude) if isfinite(latitude) and isfinite(longitude) else None
