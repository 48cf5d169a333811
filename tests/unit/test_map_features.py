"""What of OpenStreetMap is drawn and walked on: tags, areas, the sea, and extracts that are none."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.maps.coast import join_chains, sea_polygons
from server.maps.features import ExtractUnreadable, extract_features, line_feature, node_feature, ring_area_m2
from server.maps.ways import (
    CYCLE,
    CYCLE_BACK,
    WALK,
    load_network,
    measure,
    place_key,
    read_network,
    way_use,
    write_network,
)

OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="44.0000" lon="5.0000"/><node id="2" lat="44.0000" lon="5.0100"/>
<node id="3" lat="44.0050" lon="5.0100"/><node id="4" lat="44.0050" lon="5.0000"/>
<node id="5" lat="44.0020" lon="5.0050"><tag k="place" v="village"/><tag k="name" v="Bédarrin"/></node>
<node id="6" lat="44.0100" lon="5.0100"/><node id="7" lat="44.0300" lon="5.0100"/>
<node id="8" lat="44.0010" lon="5.0010"/><node id="9" lat="44.0010" lon="5.0020"/>
<node id="10" lat="44.0020" lon="5.0015"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name" v="Route &lt;b&gt;"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><nd ref="6"/><tag k="highway" v="steps"/></way>
<way id="3"><nd ref="1"/><nd ref="4"/><nd ref="3"/><tag k="highway" v="cycleway"/></way>
<way id="4"><nd ref="6"/><nd ref="7"/><tag k="highway" v="motorway"/></way>
<way id="5"><nd ref="8"/><nd ref="9"/><nd ref="10"/><nd ref="8"/>
<tag k="natural" v="wood"/><tag k="name" v="Le Bois"/></way>
<way id="6"><nd ref="1"/><nd ref="99"/><tag k="waterway" v="river"/></way>
</osm>"""


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "small.osm"
    path.write_text(OSM, encoding="utf-8")
    return path


def test_features_of_a_small_extract(extract: Path, tmp_path: Path) -> None:
    found = extract_features(extract, tmp_path / "f.db")
    with closing(sqlite3.connect(tmp_path / "f.db")) as connection:
        rows = connection.execute("SELECT layer, kind, name FROM features ORDER BY layer, kind, name").fetchall()
        boxes = connection.execute("SELECT count(*) FROM idx_features_geometry").fetchone()[0]
    assert rows == [
        ("land", "wood", "Le Bois"),
        ("place", "village", "Bédarrin"),
        ("road", "cycleway", ""),
        ("road", "motorway", ""),
        ("road", "primary", "Route <b>"),
        ("road", "steps", ""),
    ]
    assert (found.features, found.roads, boxes, found.header_box) == (6, 4, 6, None)
    assert found.box == (5.0, 44.0, 5.01, 44.03)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"<osm version='0.6'/>", b"\x00\x00\x00\x0d" + bytes(90)])
@pytest.mark.parametrize("name", ["x.osm.pbf", "x.osm", "x.txt"])
def test_what_is_no_extract_is_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for read in (lambda: extract_features(path, tmp_path / "f.db"), lambda: read_network(path)):
        with pytest.raises(ExtractUnreadable) as caught:
            read()
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "residential", "name": "Rue\u0000 Haute"}, ("minor", "Rue  Haute")),
        ({"highway": "primary", "tunnel": "yes", "name": "Tunnel"}, ("tunnel", "")),
        ({"highway": "service", "service": "driveway"}, None),
        ({"highway": "footway", "footway": "sidewalk"}, None),
        ({"railway": "rail"}, ("rail", "")),
        ({"waterway": "stream", "tunnel": "culvert"}, None),
        ({"highway": "teleport"}, None),
    ],
)
def test_lines(tags: dict[str, str], kind: tuple[str, str] | None) -> None:
    feature = line_feature(tags)
    assert (feature and (feature.kind, feature.name)) == kind


def test_nodes_without_a_name_are_nothing() -> None:
    assert node_feature({"place": "town"}) is None
    peak = node_feature({"natural": "peak", "name": "Mont", "ele": "1 066<"})
    assert peak is not None and peak.detail == ""


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"highway": "residential"}, WALK | CYCLE | CYCLE_BACK),
        ({"highway": "residential", "oneway": "yes"}, WALK | CYCLE),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, WALK | CYCLE | CYCLE_BACK),
        ({"highway": "motorway"}, 0),
        ({"highway": "steps"}, WALK),
        ({"highway": "footway", "bicycle": "yes"}, WALK | CYCLE | CYCLE_BACK),
        ({"highway": "track", "access": "private"}, 0),
        ({"highway": "track", "access": "private", "foot": "yes"}, WALK),
        ({"highway": "cycleway", "foot": "no"}, CYCLE | CYCLE_BACK),
        ({"building": "yes"}, 0),
    ],
)
def test_who_may_use_a_way(tags: dict[str, str], use: int) -> None:
    assert way_use(tags) == use


def metres(latitude: float, degrees_east: float, degrees_north: float) -> float:
    return math.hypot(degrees_east * math.cos(math.radians(latitude)), degrees_north) * 111_195


def test_distances_follow_the_ways(extract: Path, tmp_path: Path) -> None:
    network = read_network(extract)
    write_network(network, tmp_path / "n.ways")
    network = load_network(tmp_path / "n.ways")
    corner, top, motorway, nowhere = (44.0, 5.01), (44.01, 5.01), (44.03, 5.01), (44.5, 5.5)
    found = measure(network, (44.0, 5.0), [corner, top, motorway, nowhere])
    east, north = metres(44, 0.01, 0), metres(44, 0, 0.01)
    assert found[place_key(corner)] == [pytest.approx(east, abs=2), pytest.approx(east, abs=2)]
    # On foot up the steps; a bicycle has no way to the top of them.
    assert found[place_key(top)] == [pytest.approx(east + north, abs=3), None]
    assert found[place_key(motorway)] == [None, None]
    assert found[place_key(nowhere)] == [None, None]
    assert measure(network, nowhere, [corner]) == {place_key(corner): [None, None]}


def test_another_file_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "x.ways").write_text('{"format":"zerot-ways","version":99,"points":1,"edges":1}\n')
    with pytest.raises(ValueError, match="another format"):
        load_network(tmp_path / "x.ways")


BOX = (0.0, 0.0, 10.0, 10.0)


def area(ring: list[tuple[float, float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)) / 2


def test_the_sea_lies_on_the_right_of_the_coast() -> None:
    # From west to east with land on the left (north): the sea is the southern half.
    (ring,) = sea_polygons([[(0.0, 5.0), (5.0, 5.0)], [(5.0, 5.0), (10.0, 5.0)]], BOX)
    assert abs(area(ring)) == pytest.approx(50)
    assert all(y <= 5 for _, y in ring)


def test_a_coast_that_ends_within_the_box_is_led_on() -> None:
    (ring,) = sea_polygons([[(8.0, 6.0), (2.0, 6.0)]], BOX)  # land in the south
    assert abs(area(ring)) == pytest.approx(40)
    assert all(y >= 6 for _, y in ring)


def test_two_coasts_make_a_strait() -> None:
    rings = sea_polygons([[(0.0, 7.0), (10.0, 7.0)], [(10.0, 3.0), (0.0, 3.0)]], BOX)
    assert sum(abs(area(ring)) for ring in rings) == pytest.approx(40)


def test_islands_and_inland_make_no_sea() -> None:
    assert sea_polygons([], BOX) == []
    assert sea_polygons([[(1.0, 1.0), (2.0, 1.0), (1.0, 2.0), (1.0, 1.0)]], BOX) == []
    assert join_chains([[(0.0, 0.0)]]) == []


def test_area_of_a_field() -> None:
    side = 0.001
    ring = [(5.0, 44.0), (5.0 + side, 44.0), (5.0 + side, 44.0 + side), (5.0, 44.0 + side)]
    assert ring_area_m2(ring) == pytest.approx(111.195**2 * math.cos(math.radians(44)), rel=0.001)
    assert ring_area_m2(ring[:2]) == 0
