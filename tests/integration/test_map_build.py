"""`zerot map build` with the real Mapnik: tiles with something on them, metadata, wrong files, and a real extract."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from domain.maps import project
from server.maps.build import MapNotBuilt, system_python
from server.maps.cli import map_group
from sync.content.mbtiles import MapTiles, open_mbtiles
from tests.unit.test_map_features import OSM

ROOT = Path(__file__).resolve().parents[2]
MONACO = ROOT.parent / "shared" / "data" / "map" / "monaco-latest.osm.pbf"
DEMO = ROOT / "assets" / "map" / "pays-du-bon-coin.mbtiles"


@pytest.fixture(scope="module", autouse=True)
def mapnik() -> None:
    try:
        system_python()
    except MapNotBuilt as error:
        pytest.skip(str(error))


def build(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(map_group, ["build", *arguments])
    return done.exit_code, done.stdout, done.stderr


def picture(tiles: MapTiles, zoom: int, latitude: float, longitude: float) -> Image.Image:
    spot = project(latitude, longitude)
    data = tiles.tile(zoom, int(spot.x * 2**zoom), int(spot.y * 2**zoom))
    assert data is not None
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("form", ["webp", "png", "jpg"])
def test_a_small_map(tmp_path: Path, form: str) -> None:
    source, out = tmp_path / "small.osm", tmp_path / "small.mbtiles"
    source.write_text(OSM, encoding="utf-8")
    options = ("--zooms", "14-15", "--format", form, "--name", "Petit", "--attribution", "© nous")
    status, stdout, stderr = build(str(source), "--out", str(out), *options)
    assert status == 0, stderr
    summary = json.loads(stdout)
    assert summary["features"] == 6 and summary["tiles"] > 4 and "tiles" in stderr
    tiles = open_mbtiles(out)
    about = tiles.about
    assert (about.name, about.attribution, about.zoom_min, about.zoom_max) == ("Petit", "© nous", 14, 15)
    image = picture(tiles, 15, 44.002, 5.005)  # a village with its name
    colours = image.getcolors(1 << 17) or []
    assert image.size == (256, 256) and len(colours) > 10
    assert not list(tmp_path.glob(".*building*"))


def test_wrong_files_and_options_are_one_sentence(tmp_path: Path) -> None:
    source, out = tmp_path / "small.osm", tmp_path / "small.mbtiles"
    source.write_text("no extract", encoding="utf-8")
    cases = (
        ((str(source), "--out", str(out)), "is not an OpenStreetMap extract"),
        ((str(tmp_path / "none.osm.pbf"), "--out", str(out)), "There is no file"),
        ((str(source), "--out", str(tmp_path / "none" / "x")), "There is no folder"),
        ((str(source), "--out", str(out), "--zooms", "16-11"), "is not a range of zooms"),
        ((str(source), "--out", str(out), "--bounds", "5,44"), "is not west,south,east,north"),
        ((str(source), "--out", str(out), "--bounds", "6,44,5,45"), "is no part of the world"),
    )
    for arguments, words in cases:
        status, _, stderr = build(*arguments)
        assert status == 2 and words in stderr, stderr
        assert "Traceback" not in stderr
    source.write_text(OSM, encoding="utf-8")
    status, _, stderr = build(str(source), "--out", str(out), "--zooms", "10-22", "--bounds", "0,40,9,48")
    assert status == 2 and "choose smaller bounds" in stderr
    assert not out.exists()


def test_a_real_extract_of_a_town_by_the_sea(tmp_path: Path) -> None:
    if not MONACO.exists():
        pytest.skip("../shared/data is not there")
    out = tmp_path / "monaco.mbtiles"
    status, stdout, stderr = build(str(MONACO), "--out", str(out), "--zooms", "14-15")
    assert status == 0, stderr
    assert json.loads(stdout)["features"] > 3000
    tiles = open_mbtiles(out)
    assert tiles.about.attribution == "© contributeurs OpenStreetMap"
    sea = picture(tiles, 15, 43.731, 7.437).resize((1, 1)).getpixel((0, 0))
    assert isinstance(sea, tuple) and sea[2] > sea[0] + 25  # blue
    town = picture(tiles, 15, 43.7385, 7.4246)
    assert len(town.getcolors(1 << 17) or []) > 500


def test_the_demo_territory_is_drawn_as_its_file_says() -> None:
    tiles = open_mbtiles(DEMO)
    assert (tiles.about.zoom_min, tiles.about.zoom_max) == (11, 15)
    assert tiles.about.attribution == "Carte dessinée · Pays du Bon Coin"
    territory = json.loads((ROOT / "assets" / "territory" / "pays-du-bon-coin.json").read_text(encoding="utf-8"))
    for row in territory["partners"] + territory["communes"]:
        latitude, longitude = row["place"][2:4] if "place" in row else (row["latitude"], row["longitude"])
        assert tiles.about.bounds.holds(project(latitude, longitude)), row["name"]
        assert len(picture(tiles, 15, latitude, longitude).getcolors(1 << 17) or []) > 50, row["name"]
