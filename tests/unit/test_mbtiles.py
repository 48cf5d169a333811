"""Reading MBTiles: real ones, our own, and what tries to hurt."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain.maps import WORLD, Bounds, project, tile_bounds
from sync.content.mbtiles import TILE_BYTES_MAX, MapFailed, open_mbtiles, plain_text
from sync.content.picture_size import picture_size
from tests.fixtures.maps import tile_picture, write_mbtiles

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "map"
KEYS = [(12, 2105, 1487), (12, 2106, 1487), (13, 4210, 2975)]


@pytest.mark.parametrize("name", ["jpg", "png", "png-no-bounds", "webp"])
def test_real_maps_of_all_formats(name: str) -> None:
    path = SHARED / f"geography-class-{name}.mbtiles"
    if not path.exists():
        pytest.skip("../shared/data is not there")
    tiles = open_mbtiles(path)
    about = tiles.about
    assert (about.zoom_min, about.zoom_max, about.name[:15]) == (0, 1, "Geography Class")
    assert about.bounds.left == 0 and about.bounds.right == 1
    pieces = {key: tiles.tile(*key) for key in ((0, 0, 0), (1, 0, 0), (1, 1, 1))}
    assert all(data is not None and picture_size(data) == (256, 256) for data in pieces.values())
    assert tiles.tile(1, 2, 0) is None and tiles.tile(7, 3, 3) is None
    tiles.close()


def test_rows_count_from_the_north(tmp_path: Path) -> None:
    tiles = open_mbtiles(write_mbtiles(tmp_path / "m.mbtiles", KEYS))
    assert tiles.tile(*KEYS[0]) == tile_picture(*KEYS[0])
    assert tiles.tile(12, 2105, (1 << 12) - 1 - 1487) is None


def test_metadata_may_be_missing(tmp_path: Path) -> None:
    about = open_mbtiles(write_mbtiles(tmp_path / "m.mbtiles", KEYS)).about
    assert (about.name, about.attribution, about.zoom_min, about.zoom_max) == ("", "", 12, 13)
    assert about.bounds == tile_bounds(13, 4210, 2975, 4210, 2975)


@pytest.mark.parametrize(
    "bounds", ["", "a,b,c,d", "1,2,3", "nan,0,1,1", "10,10,-10,-10", "1e999,0,1,1", "0," * 5000, "-1e30,0,1e30,1"]
)
def test_absurd_bounds_are_not_believed(tmp_path: Path, bounds: str) -> None:
    metadata = {"bounds": bounds, "minzoom": "-3", "maxzoom": "99999999999999999999", "attribution": "© moi"}
    about = open_mbtiles(write_mbtiles(tmp_path / "m.mbtiles", KEYS, metadata)).about
    assert (about.zoom_min, about.zoom_max) == (12, 13)
    assert about.bounds == tile_bounds(13, 4210, 2975, 4210, 2975)
    assert about.attribution == "© moi"


def test_true_bounds_are(tmp_path: Path) -> None:
    about = open_mbtiles(write_mbtiles(tmp_path / "m.mbtiles", KEYS, {"bounds": "5,43.9,5.2,44.1"})).about
    top_left, bottom_right = project(44.1, 5), project(43.9, 5.2)
    assert about.bounds == Bounds(top_left.x, top_left.y, bottom_right.x, bottom_right.y)


def test_zooms_of_the_rows_are_bounded(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "m.mbtiles", KEYS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO tiles VALUES (-5, 0, 0, x'00'), (4000000000, 0, 0, x'00'), ('x', 0, 0, x'00')")
    tiles = open_mbtiles(path)
    assert (tiles.about.zoom_min, tiles.about.zoom_max) == (12, 13)


def test_numbers_beyond_the_zoom_make_it_the_world(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "m.mbtiles", [(2, 1, 1)])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO tiles VALUES (2, 9000000000, -7, x'00')")
    assert open_mbtiles(path).about.bounds == WORLD


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(2000), os.urandom(9000)])
def test_what_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.mbtiles"
    path.write_bytes(content)
    with pytest.raises(MapFailed):
        open_mbtiles(path)


def test_no_file_and_no_tiles(tmp_path: Path) -> None:
    with pytest.raises(MapFailed):
        open_mbtiles(tmp_path / "nothing.mbtiles")
    with pytest.raises(MapFailed, match="no tiles"):
        open_mbtiles(write_mbtiles(tmp_path / "m.mbtiles", []))


def test_a_view_that_never_ends_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "m.mbtiles"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n)"
            " SELECT 3 AS zoom_level, i AS tile_column, 0 AS tile_row, zeroblob(10) AS tile_data FROM n"
        )
    with pytest.raises(MapFailed, match="interrupted"):
        open_mbtiles(path)


def test_a_tile_that_is_too_large_or_no_blob_is_missing(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "m.mbtiles", KEYS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO tiles VALUES (12, 1, 4094, zeroblob(?))", (TILE_BYTES_MAX + 1,))
        connection.execute("INSERT INTO tiles VALUES (12, 2, 4094, 'text'), (12, 3, 4094, NULL), (12, 4, 4094, x'')")
    tiles = open_mbtiles(path)
    assert [tiles.tile(12, column, 1) for column in (1, 2, 3, 4)] == [None] * 4
    assert tiles.tile(*KEYS[0]) is not None


def test_markup_in_an_attribution_is_text() -> None:
    text = "<a href='javascript:x'>&copy; OpenStreetMap</a> contributors\u202e\x00\n" + "x" * 9000
    assert plain_text(text).startswith("© OpenStreetMap contributors xxx")
    assert len(plain_text(text)) == 300


@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
def test_sizes_are_read_from_the_header(form: str) -> None:
    assert picture_size(tile_picture(3, 1, 1, form, side=512)) == (512, 512)
    assert picture_size(tile_picture(3, 1, 1, form)[:12]) is None


def test_hostile_headers_have_no_size() -> None:
    for data in (b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x00" * 9, b"RIFF....WEBPVP8?" + bytes(30), b"GIF89a" * 9):
        assert picture_size(data) is None or picture_size(data) == (0, 0)
    png = tile_picture(1, 0, 0)
    assert picture_size(png[:16] + (100_000).to_bytes(4, "big") * 2 + png[24:]) == (100_000, 100_000)
