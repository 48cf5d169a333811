"""OpenStreetMap into what the map draws: one SQLite file of features with an R-tree, in degrees WGS 84.

The tagging is that of the OSM wiki's "Map features". Whatever is not named here is not drawn. Runs once through the
file; memory holds the node locations and what pyosmium needs to join multipolygons.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from struct import Struct
from typing import Any, Protocol

import osmium
from osmium.filter import KeyFilter
from osmium.geom import WKBFactory

from server.maps.coast import sea_polygons

M_PER_DEGREE = 111_195.0
NAME_MAX = 80
OBJECTS_BETWEEN = 5000
WANTED_KEYS = (
    "highway", "railway", "waterway", "natural", "landuse", "leisure", "building", "place", "amenity", "contour",
)  # fmt: skip
_POINT = Struct("<BI2d")

LAND = {
    ("landuse", "forest"): "wood", ("natural", "wood"): "wood", ("natural", "scrub"): "scrub",
    ("natural", "heath"): "heath", ("natural", "grassland"): "meadow", ("landuse", "meadow"): "meadow",
    ("landuse", "grass"): "meadow", ("landuse", "village_green"): "park", ("landuse", "farmland"): "farmland",
    ("landuse", "vineyard"): "vineyard", ("landuse", "orchard"): "orchard", ("landuse", "residential"): "residential",
    ("landuse", "commercial"): "industrial", ("landuse", "retail"): "industrial",
    ("landuse", "industrial"): "industrial", ("landuse", "railway"): "industrial", ("landuse", "quarry"): "rock",
    ("landuse", "cemetery"): "cemetery", ("amenity", "grave_yard"): "cemetery", ("natural", "bare_rock"): "rock",
    ("natural", "scree"): "rock", ("natural", "cliff"): "rock", ("natural", "sand"): "sand",
    ("natural", "beach"): "sand", ("leisure", "park"): "park", ("leisure", "garden"): "park",
    ("leisure", "nature_reserve"): "", ("leisure", "pitch"): "pitch", ("leisure", "golf_course"): "park",
    ("leisure", "playground"): "park", ("amenity", "school"): "school", ("amenity", "university"): "school",
    ("amenity", "hospital"): "school", ("amenity", "parking"): "parking",
}  # fmt: skip
WATER = {
    ("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"), ("landuse", "basin"),
    ("leisure", "swimming_pool"), ("leisure", "marina"),
}  # fmt: skip
ROADS = {
    "motorway": "motorway", "motorway_link": "motorway", "trunk": "trunk", "trunk_link": "trunk",
    "primary": "primary", "primary_link": "primary", "secondary": "secondary", "secondary_link": "secondary",
    "tertiary": "tertiary", "tertiary_link": "tertiary", "unclassified": "minor", "residential": "minor",
    "living_street": "minor", "road": "minor", "pedestrian": "pedestrian", "service": "service", "track": "track",
    "cycleway": "cycleway", "path": "path", "footway": "path", "bridleway": "path", "steps": "steps",
}  # fmt: skip
WATERWAYS = {"river": "river", "canal": "canal", "stream": "stream", "ditch": "stream", "drain": "stream"}
PLACES = {
    "city": ("city", 6), "town": ("town", 5), "village": ("village", 4), "suburb": ("suburb", 3),
    "quarter": ("suburb", 3), "neighbourhood": ("suburb", 2), "hamlet": ("hamlet", 2),
    "isolated_dwelling": ("locality", 1), "locality": ("locality", 1), "farm": ("locality", 1),
}  # fmt: skip


class ExtractUnreadable(Exception):
    """The file is no OpenStreetMap extract; the message is one sentence."""


class Tags(Protocol):
    def get(self, key: str, default: str = ..., /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Extract:
    """What was found. `box` is west, south, east, north of all nodes that a drawn way or place uses."""

    features: int
    box: tuple[float, float, float, float]
    header_box: tuple[float, float, float, float] | None
    roads: int


@dataclass(frozen=True, slots=True)
class Feature:
    """`area` is square metres of an area, the importance of a place, 0 else."""

    layer: str
    kind: str
    name: str = ""
    detail: str = ""
    area: float = 0.0


def area_feature(tags: Tags) -> Feature | None:
    """How an area is drawn; its size is filled in by the caller."""
    name = _name(tags)
    if tags.get("building", "no") != "no":
        return Feature("building", "building")
    if any(tags.get(key, "") == value for key, value in WATER):
        return Feature("water", "water", name)
    if tags.get("crop", "") == "lavender" or tags.get("trees", "") == "lavender":
        return Feature("land", "lavender", name)
    if tags.get("landuse", "") == "quarry" and tags.get("resource", "") == "ochre":
        return Feature("land", "ochre", name)
    for key in ("natural", "landuse", "leisure", "amenity"):
        kind = LAND.get((key, tags.get(key, "")))
        if kind:
            return Feature("land", kind, name if kind in ("wood", "park", "lavender", "rock", "sand") else "")
    if tags.get("highway", "") == "pedestrian":
        return Feature("land", "pedestrian")
    return None


def line_feature(tags: Tags) -> Feature | None:
    """How a way is drawn as a line."""
    name = _name(tags)
    road = ROADS.get(tags.get("highway", ""))
    if road:
        indoors = tags.get("indoor", "no") == "yes" or tags.get("tunnel", "no") == "building_passage"
        if indoors or (road == "service" and tags.get("service", "") in ("parking_aisle", "driveway", "drive-through")):
            return None
        if road == "path" and tags.get("footway", "") in ("sidewalk", "crossing"):
            return None
        if tags.get("tunnel", "no") == "yes":
            return Feature("road", "tunnel")
        return Feature("road", road, name)
    if tags.get("railway", "") in ("rail", "light_rail", "narrow_gauge", "tram", "preserved"):
        return None if tags.get("tunnel", "no") == "yes" else Feature("rail", "rail")
    waterway = WATERWAYS.get(tags.get("waterway", ""))
    if waterway:
        return None if tags.get("tunnel", "no") not in ("no", "") else Feature("waterway", waterway, name)
    if tags.get("contour", ""):
        return Feature("relief", "contour")
    return None


def node_feature(tags: Tags) -> Feature | None:
    """How a node is drawn."""
    name = _name(tags)
    if not name:
        return None
    place = PLACES.get(tags.get("place", ""))
    if place:
        return Feature("place", place[0], name, "", float(place[1]))
    if tags.get("natural", "") == "peak":
        height = tags.get("ele", "")
        return Feature("spot", "peak", name, f"{height} m" if height.isdigit() else "")
    if tags.get("railway", "") in ("station", "halt") and tags.get("station", "") != "subway":
        return Feature("spot", "station", name)
    return None


def _name(tags: Tags) -> str:
    """The local name, French first where there are several; nothing in it is markup to Mapnik, which takes a value."""
    name = str(tags.get("name:fr", "") or tags.get("name", ""))
    return "".join(c if c.isprintable() else " " for c in name)[:NAME_MAX].strip()


class FeatureWriter:
    """Writes features and their boxes, and keeps the box around everything."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.count = 0
        self.roads = 0
        self.box = (180.0, 90.0, -180.0, -90.0)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute(
            "CREATE TABLE features (id INTEGER PRIMARY KEY, layer TEXT, kind TEXT, name TEXT, detail TEXT,"
            " area REAL, geometry BLOB)"
        )
        connection.execute("CREATE VIRTUAL TABLE idx_features_geometry USING rtree(pkid, xmin, xmax, ymin, ymax)")
        connection.execute("BEGIN")

    def add(self, feature: Feature, wkb: bytes, box: tuple[float, float, float, float]) -> None:
        self.count += 1
        self.roads += feature.layer == "road"
        row = (self.count, feature.layer, feature.kind, feature.name, feature.detail, feature.area, wkb)
        self._connection.execute("INSERT INTO features VALUES (?,?,?,?,?,?,?)", row)
        west, south, east, north = box
        self._connection.execute(
            "INSERT INTO idx_features_geometry VALUES (?,?,?,?,?)", (self.count, west, east, south, north)
        )
        if feature.layer in ("road", "place", "building"):
            mine = self.box
            self.box = (min(mine[0], west), min(mine[1], south), max(mine[2], east), max(mine[3], north))

    def finish(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.execute("CREATE INDEX features_layer ON features (layer, kind)")
        self._connection.execute("ANALYZE")


def extract_features(source: Path, target: Path, progress: Callable[[int], None] = lambda count: None) -> Extract:
    """Reads an extract (.osm.pbf, .osm, .osm.bz2, …) into a new feature file. Raises ExtractUnreadable, OSError."""
    if not source.is_file():
        raise ExtractUnreadable(f"There is no file {source}.")
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            writer = FeatureWriter(connection)
            header_box, coast = _read(source, writer, progress)
            if writer.count == 0:
                raise ExtractUnreadable(f"{source.name} holds nothing that a map shows.")
            box = header_box or writer.box
            for ring in sea_polygons(coast, _widened(box)):
                writer.add(Feature("sea", "sea"), _polygon_wkb(ring), _box_of(ring))
            writer.finish()
            return Extract(writer.count, writer.box, header_box, writer.roads)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise ExtractUnreadable(f"{source.name} is not an OpenStreetMap extract that can be read: {error}.") from error


def _read(
    source: Path, writer: FeatureWriter, progress: Callable[[int], None]
) -> tuple[tuple[float, float, float, float] | None, list[list[tuple[float, float]]]]:
    factory = WKBFactory()
    coast: list[list[tuple[float, float]]] = []
    processor = osmium.FileProcessor(str(source)).with_locations().with_areas(KeyFilter(*WANTED_KEYS))
    header = processor.header.box()
    processor = processor.with_filter(KeyFilter(*WANTED_KEYS))
    for seen, found in enumerate(processor):
        if seen % OBJECTS_BETWEEN == 0:
            progress(seen)
        item: Any = found  # one of pyosmium's views, told apart by what it says it is
        tags = item.tags
        if item.is_node():
            feature = node_feature(tags)
            if feature is not None:
                x, y = item.location.lon, item.location.lat
                writer.add(feature, _POINT.pack(1, 1, x, y), (x, y, x, y))
        elif item.is_way():
            points = [(node.location.lon, node.location.lat) for node in item.nodes if node.location.valid()]
            if len(points) < 2:
                continue
            if tags.get("natural", "") == "coastline":
                coast.append(points)
            feature = line_feature(tags)
            if feature is not None and not (item.is_closed() and tags.get("area", "no") == "yes"):
                writer.add(feature, _line_wkb(points), _box_of(points))
        elif item.is_area():
            _add_area(item, writer, factory)
    box = None
    if header.valid():
        low, high = header.bottom_left, header.top_right
        box = (low.lon, low.lat, high.lon, high.lat)
    return box, coast


def _add_area(item: Any, writer: FeatureWriter, factory: WKBFactory) -> None:
    feature = area_feature(item.tags)
    if feature is None or (feature.kind == "pedestrian" and item.tags.get("area", "no") != "yes" and item.from_way()):
        return
    try:
        wkb = bytes.fromhex(factory.create_multipolygon(item))
    except RuntimeError:  # a ring that does not close: this area is not drawn
        return
    rings = [[(node.lon, node.lat) for node in ring] for ring in item.outer_rings()]
    area = sum(ring_area_m2(ring) for ring in rings)
    sized = Feature(feature.layer, feature.kind, feature.name, feature.detail, area)
    writer.add(sized, wkb, _box_of([point for ring in rings for point in ring]))


def ring_area_m2(points: list[tuple[float, float]]) -> float:
    """Square metres inside a ring of degrees, on a flat earth around its first point."""
    if len(points) < 3:
        return 0.0
    x0, y0 = points[0]
    narrow = cos(radians(y0))
    flat = [((x - x0) * narrow * M_PER_DEGREE, (y - y0) * M_PER_DEGREE) for x, y in points]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(flat, flat[1:] + flat[:1], strict=True))) / 2


def _box_of(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _widened(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Room for tiles that stick out of the territory."""
    wide, high = max(box[2] - box[0], 0.05), max(box[3] - box[1], 0.05)
    return box[0] - wide, box[1] - high, box[2] + wide, box[3] + high


def _line_wkb(points: list[tuple[float, float]]) -> bytes:
    flat = [value for point in points for value in point]
    return Struct(f"<BII{len(flat)}d").pack(1, 2, len(points), *flat)


def _polygon_wkb(points: list[tuple[float, float]]) -> bytes:
    ring = points if points[0] == points[-1] else [*points, points[0]]
    flat = [value for point in ring for value in point]
    return Struct(f"<BIII{len(flat)}d").pack(1, 3, 1, len(ring), *flat)
