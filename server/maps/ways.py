"""The ways of a territory as a network: how far it is on foot and by bike, along paths and roads.

Its points are junctions and, between them, one every hundred metres or so: a place is near one. Distances come from
Dijkstra's algorithm, given up beyond a limit: nobody walks ten kilometres for a bun. Tags: OSM wiki, "Key:highway",
"Key:access", "Key:oneway".
"""

from __future__ import annotations

import heapq
import json
import os
from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import file_digest
from itertools import pairwise
from math import cos, hypot, inf, radians
from pathlib import Path
from typing import Any

import osmium
from osmium.filter import KeyFilter

from server.maps.features import M_PER_DEGREE, ExtractUnreadable

FORMAT = "zerot-ways"
FORMAT_VERSION = 1
KEEP_EVERY_M = 90.0
WALK_LIMIT_M = 5_000.0  # an hour and a bit
CYCLE_LIMIT_M = 16_000.0
SNAP_M = 250.0  # a place further from any way than this is not reached by this network
CELL = 0.004  # degrees of a cell in which the nearest point is looked for: about 400 m
WALK, CYCLE, CYCLE_BACK = 1, 2, 4
NO_FOOT = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
NO_BIKE = NO_FOOT | {"steps", "footway", "pedestrian", "bridleway", "corridor"}
NO_WAY = frozenset(
    {"proposed", "construction", "raceway", "bus_guideway", "escape", "elevator", "platform", "rest_area"}
)
CLOSED = frozenset({"no", "private", "customers", "delivery", "military"})
OPEN = frozenset({"yes", "designated", "permissive", "destination"})


def way_use(tags: Any) -> int:
    """Who may use a way: WALK, CYCLE along it, CYCLE_BACK against its direction."""
    highway = tags.get("highway", "")
    if not highway or highway in NO_WAY:
        return 0
    access, foot, bicycle = tags.get("access", ""), tags.get("foot", ""), tags.get("bicycle", "")
    use = 0
    if foot in OPEN or (foot not in CLOSED and access not in CLOSED and highway not in NO_FOOT):
        use |= WALK
    if bicycle in OPEN or (bicycle not in CLOSED | {"dismount"} and access not in CLOSED and highway not in NO_BIKE):
        use |= CYCLE
        one_way = tags.get("oneway", "no") in ("yes", "1", "true") or tags.get("junction", "") == "roundabout"
        back = tags.get("oneway:bicycle", "") == "no" or "opposite" in tags.get("cycleway", "")
        if not one_way or back:
            use |= CYCLE_BACK
    return use


@dataclass(slots=True)
class Network:
    """Points in degrees and edges between them; `start` says where each point's edges begin (compressed rows)."""

    longitudes: array[float]
    latitudes: array[float]
    start: array[int]
    target: array[int]
    metres: array[float]
    use: array[int]
    _cells: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    @property
    def points(self) -> int:
        return len(self.longitudes)

    def nearest(self, latitude: float, longitude: float) -> tuple[int, float] | None:
        """The point next to a place and the metres to it; None when all are too far."""
        if not self._cells:
            cells: dict[tuple[int, int], list[int]] = defaultdict(list)
            for number in range(self.points):
                cells[int(self.longitudes[number] // CELL), int(self.latitudes[number] // CELL)].append(number)
            self._cells = dict(cells)
        column, row = int(longitude // CELL), int(latitude // CELL)
        narrow = cos(radians(latitude))
        best: tuple[float, int] | None = None
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for number in self._cells.get((x, y), ()):
                    away = hypot(
                        (self.longitudes[number] - longitude) * narrow * M_PER_DEGREE,
                        (self.latitudes[number] - latitude) * M_PER_DEGREE,
                    )
                    if best is None or (away, number) < best:
                        best = (away, number)
        return (best[1], best[0]) if best is not None and best[0] <= SNAP_M else None

    def distances(self, origin: int, wanted: Iterable[int], *, cycling: bool) -> dict[int, float]:
        """Metres from a point to each of `wanted` that is within the limit."""
        limit = CYCLE_LIMIT_M if cycling else WALK_LIMIT_M
        bit = CYCLE if cycling else WALK
        missing = set(wanted)
        best = {origin: 0.0}
        found: dict[int, float] = {}
        heap = [(0.0, origin)]
        while heap and missing:
            far, here = heapq.heappop(heap)
            if far > best.get(here, inf):
                continue
            if here in missing:
                missing.discard(here)
                found[here] = far
            for edge in range(self.start[here], self.start[here + 1]):
                if not self.use[edge] & bit:
                    continue
                there, total = self.target[edge], far + self.metres[edge]
                if total <= limit and total < best.get(there, inf):
                    best[there] = total
                    heapq.heappush(heap, (total, there))
        return found


def read_network(extract: Path) -> Network:
    """The network of an extract. Raises ExtractUnreadable."""
    if not extract.is_file():
        raise ExtractUnreadable(f"There is no file {extract}.")
    try:
        ways = list(_ways(extract))
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise ExtractUnreadable(f"{extract.name} is not an OpenStreetMap extract that can be read: {error}.") from error
    if not ways:
        raise ExtractUnreadable(f"{extract.name} has no way that one may walk or cycle on.")
    return _build(ways)


Metres = list[int | None]  # on foot, by bike
Way = tuple[int, list[tuple[int, float, float]]]


def _ways(extract: Path) -> Iterable[Way]:
    for found in osmium.FileProcessor(str(extract)).with_locations().with_filter(KeyFilter("highway")):
        item: Any = found
        if not item.is_way():
            continue
        use = way_use(item.tags)
        points = [(node.ref, node.location.lon, node.location.lat) for node in item.nodes if node.location.valid()]
        if use and len(points) > 1:
            yield use, points


def _build(ways: list[Way]) -> Network:
    seen: dict[int, int] = defaultdict(int)
    for _, points in ways:
        for place, (ref, _, _) in enumerate(points):
            seen[ref] += 2 if place in (0, len(points) - 1) else 1
    numbers: dict[int, int] = {}
    longitudes, latitudes = array("d"), array("d")
    edges: list[tuple[int, int, float, int]] = []

    def number_of(point: tuple[int, float, float]) -> int:
        if point[0] not in numbers:
            numbers[point[0]] = len(longitudes)
            longitudes.append(point[1])
            latitudes.append(point[2])
        return numbers[point[0]]

    for use, points in ways:
        here, metres = number_of(points[0]), 0.0
        for before, point in pairwise(points):
            narrow = cos(radians(point[2]))
            metres += hypot((point[1] - before[1]) * narrow, point[2] - before[2]) * M_PER_DEGREE
            if seen[point[0]] > 1 or metres >= KEEP_EVERY_M:
                there = number_of(point)
                edges.append((here, there, metres, use & (WALK | CYCLE)))
                edges.append((there, here, metres, (use & WALK) | (CYCLE if use & CYCLE_BACK else 0)))
                here, metres = there, 0.0
    edges.sort()
    start = array("l", [0] * (len(longitudes) + 1))
    for origin, _, _, _ in edges:
        start[origin + 1] += 1
    for number in range(len(longitudes)):
        start[number + 1] += start[number]
    target = array("l", (there for _, there, _, _ in edges))
    lengths = array("f", (metres for _, _, metres, _ in edges))
    uses = array("B", (use for _, _, _, use in edges))
    return Network(longitudes, latitudes, start, target, lengths, uses)


def write_network(network: Network, path: Path) -> str:
    """Keep it; its SHA-256 in hex. Raises OSError."""
    head = {"format": FORMAT, "version": FORMAT_VERSION, "points": network.points, "edges": len(network.target)}
    aside = path.with_name(f".{path.name}.new")
    with aside.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        for column in _columns(network):
            file.write(column.tobytes())
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def load_network(path: Path) -> Network:
    """What `write_network` kept on this machine. Raises OSError, ValueError for another format."""
    with path.open("rb") as file:
        head = json.loads(file.readline())
        if head.get("format") != FORMAT or head.get("version") != FORMAT_VERSION:
            raise ValueError("the network is of another format")
        points, edges = int(head["points"]), int(head["edges"])
        network = Network(array("d"), array("d"), array("l"), array("l"), array("f"), array("B"))
        for column, count in zip(_columns(network), (points, points, points + 1, edges, edges, edges), strict=True):
            column.fromfile(file, count)
    return network


def _columns(network: Network) -> tuple[array[Any], ...]:
    return network.longitudes, network.latitudes, network.start, network.target, network.metres, network.use


def measure(network: Network, origin: tuple[float, float], places: Iterable[tuple[float, float]]) -> dict[str, Metres]:
    """Metres from `origin` to each place, by its key; [None, None] where no way leads."""
    wanted = list(places)
    found: dict[str, Metres] = {place_key(place): [None, None] for place in wanted}
    start = network.nearest(*origin)
    if start is None:
        return found
    snapped = {place_key(place): network.nearest(*place) for place in wanted}
    targets = {snap[0] for snap in snapped.values() if snap is not None}
    for column, cycling in enumerate((False, True)):
        metres = network.distances(start[0], targets, cycling=cycling)
        for key, snap in snapped.items():
            if snap is not None and snap[0] in metres:
                found[key][column] = round(start[1] + metres[snap[0]] + snap[1])
    return found


def place_key(place: tuple[float, float]) -> str:
    return f"{place[0]:.5f},{place[1]:.5f}"  # a metre
