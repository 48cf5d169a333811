"""A map on its way to the kiosks: checked, in the next manifest with the ways of every site, taken off again."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from sync.protocol import MAP_KEY, MAP_TYPE, TRAVEL_TYPE
from tests.fixtures.maps import write_mbtiles
from tests.fixtures.server import LiveServer

Make = Callable[[], LiveServer]
ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "assets" / "map" / "pays-du-bon-coin.mbtiles"
WAYS = ROOT / "assets" / "map" / "pays-du-bon-coin.osm.pbf"


def zerot_map(server: LiveServer, *arguments: str, check: bool = True) -> tuple[int, str, str]:
    done = server.verb("map", *arguments, check=check)
    return done.returncode, done.stdout, done.stderr


def test_a_map_travels_with_the_content(make_server: Make) -> None:
    server = make_server()
    client = server.paired("MAP-1")
    before = client.get("content/manifest").json["manifest"]
    _, stdout, _ = zerot_map(server, "publish", str(DEMO), "--ways", str(WAYS))
    told = json.loads(stdout)
    assert (told["map_bytes"], told["ways"]) == (DEMO.stat().st_size, True)
    manifest = client.get("content/manifest").json["manifest"]
    assert manifest["content_version"] == told["content_version"] == before["content_version"] + 1
    blobs = {blob["key"]: blob for blob in manifest["blobs"]}
    assert blobs[MAP_KEY]["type"] == MAP_TYPE
    assert blobs[MAP_KEY]["sha256"] == sha256(DEMO.read_bytes()).hexdigest()
    travel = blobs["travel:1"]
    assert travel["type"] == TRAVEL_TYPE
    body = client.get(f"content/blobs/{travel['sha256']}").body
    assert sha256(body).hexdigest() == travel["sha256"]
    document = json.loads(body)
    assert document["site"] == 1
    walk, bike = document["offers"]["demo-marche-bedarrin"]
    assert 100 < walk < 600 and 100 < bike < 900
    # Publishing again costs nothing new: the same distances are the same blob.
    server.run("publish")
    again = client.get("content/manifest").json["manifest"]
    assert {blob["sha256"] for blob in again["blobs"]} == {blob["sha256"] for blob in manifest["blobs"]}
    zerot_map(server, "withdraw")
    keys = {blob["key"] for blob in client.get("content/manifest").json["manifest"]["blobs"]}
    assert MAP_KEY not in keys and not any(key.startswith("travel:") for key in keys)


def test_what_no_kiosk_could_show_is_refused(make_server: Make, tmp_path: Path) -> None:
    server = make_server()
    (tmp_path / "no.mbtiles").write_bytes(b"no map")
    vector = write_mbtiles(tmp_path / "vector.mbtiles", [(3, 4, 2)], picture=lambda *_: b"\x1f\x8b\x08 not a picture")
    huge = tmp_path / "huge.mbtiles"
    with huge.open("wb") as file:
        file.truncate((64 << 20) + 1)
    good = write_mbtiles(tmp_path / "good.mbtiles", [(3, 4, 2)])
    cases = (
        (("publish", str(tmp_path / "no.mbtiles")), "is no map that a kiosk can show"),
        (("publish", str(tmp_path / "none.mbtiles")), "There is no file"),
        (("publish", str(vector)), "no PNG, JPEG or WebP"),
        (("publish", str(huge)), "kiosks take 64"),
        (("publish", str(good), "--ways", str(good)), "is not an OpenStreetMap extract"),
        (("publish", str(good), "--territory", "nowhere"), "no territory"),
        (("withdraw",), "has no map"),
    )
    for arguments, words in cases:
        status, _, stderr = zerot_map(server, *arguments, check=False)
        assert (status, words in stderr, "Traceback" in stderr) == (2, True, False), stderr
