"""Feeds on disk: zips, folders, single files, and everything that people and attackers put into them."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from server.catalogue import feed_source
from server.catalogue.feed_source import FeedUnreadable, Found, Item, items_of, open_feed
from server.catalogue.results import Reason, Rejected
from tests.fixtures.catalogue_samples import concert, winery


def read(path: Path) -> list[Item]:
    with open_feed(path) as feed:
        return [item for piece in feed.pieces for item in items_of(piece)]


def names(items: list[Item]) -> list[str | Reason]:
    return [item.where if isinstance(item, Found) else item.reason for item in items]


def archive(path: Path, members: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            data = content if isinstance(content, bytes | str) else json.dumps(content)
            file.writestr(name, data)
    return path


def test_a_feed_zip(tmp_path: Path) -> None:
    index = [{"label": "a", "file": "0/a.json"}, {"label": "gone", "file": "0/gone.json"}]
    path = archive(
        tmp_path / "feed.zip",
        {
            "index.json": index,
            "context.jsonld": {"@vocab": "x"},
            "objects/0/a.json": winery(),
            "objects/0/b.json": concert(),
            "objects/0/bad.json": "{not json",
            "objects/0/text.json": '"only a string"',
            "objects/0/deep.json": "[" * 200_000,
            "objects/0/latin.json": '{"@id": "é"}'.encode("latin-1"),
            "__MACOSX/objects/0/._a.json": b"\x00",
            "readme.txt": "no object",
        },
    )
    assert names(read(path)) == [
        "objects/0/a.json",
        "objects/0/b.json",
        Reason.NOT_JSON,
        Reason.NOT_OBJECT,
        Reason.TOO_DEEP,
        "objects/0/latin.json",  # what says no encoding and is no UTF-8 was saved on Windows
        Reason.MISSING,
    ]


def test_a_folder_a_list_a_graph_lines_and_one_object(tmp_path: Path) -> None:
    folder = tmp_path / "feed" / "objects" / "0"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps(winery()), encoding="utf-8-sig")
    (folder / "answer.json").write_text(json.dumps({"objects": [concert(), 7], "meta": {}}))
    graph = [{"@id": "x", "@type": ["Museum"], "rdfs:label": "M"}, {"@id": "_:1", "latitude": "1"}]
    (folder / "graph.jsonld").write_text(json.dumps({"@graph": graph}))
    (folder / "lines.jsonl").write_text(json.dumps(winery()) + "\n\n{broken\n")
    (folder / ".hidden.json").write_text("{}")
    items = read(tmp_path / "feed")
    assert names(items) == [
        "objects/0/a.json",
        "objects/0/answer.json#0",
        Reason.NOT_OBJECT,
        "objects/0/graph.jsonld#0",
        "objects/0/lines.jsonl:1",
        Reason.NOT_JSON,
    ]
    graph_item = items[3]
    assert isinstance(graph_item, Found)
    assert graph_item.index is not None
    assert "_:1" in graph_item.index
    assert names(read(folder / "a.json")) == ["a.json"]


@pytest.mark.parametrize("kind", ["missing", "not a zip", "empty zip", "empty folder", "empty file"])
def test_no_feed_is_one_clear_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "feed.zip"
    if kind == "not a zip":
        path.write_bytes(b"PK\x03\x04 but no")
    elif kind == "empty zip":
        archive(path, {"readme.txt": "nothing"})
    elif kind == "empty folder":
        path.mkdir()
    elif kind == "empty file":
        path = tmp_path / "feed.json"
        path.touch()
    with pytest.raises(FeedUnreadable) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_damaged_member_stops_nothing(tmp_path: Path) -> None:
    path = archive(tmp_path / "feed.zip", {"a.json": winery(), "b.json": concert(), "c.json": winery()})
    with zipfile.ZipFile(path) as file:
        info = file.getinfo("b.json")
    data = bytearray(path.read_bytes())
    middle = info.header_offset + 30 + len("b.json") + 40
    data[middle : middle + 20] = bytes(20)
    path.write_bytes(data)
    assert names(read(path)) == ["a.json", Reason.UNREADABLE, "c.json"]


def test_a_zip_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    bomb = b'{"@id": "' + b"0" * 200_000_000 + b'"}'
    path = archive(tmp_path / "feed.zip", {"a.json": winery(), "bomb.json": bomb})
    del bomb
    tracemalloc.start()
    try:
        assert names(read(path)) == ["a.json", Reason.BOMB]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_claim_of_ten_gigabytes_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "feed.zip", {"a.json": winery()})
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(data)
    assert names(read(path)) == [Reason.BOMB]


def test_a_bomb_that_lies_about_its_size_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_source, "OBJECT_BYTES", 100_000)
    monkeypatch.setattr(feed_source, "CONTAINER_BYTES", 100_000)
    packer = zlib.compressobj(wbits=-15)
    content = b'"' + b"0" * 3_000_000 + b'"'
    packed = packer.compress(content) + packer.flush()
    path = archive(tmp_path / "feed.zip", {"a.json": content})
    data = path.read_bytes().replace(
        struct.pack("<II", len(packed), len(content)), struct.pack("<II", len(packed), 900)
    )
    path.write_bytes(data)
    assert names(read(path))[0] in (Reason.UNREADABLE, Reason.TOO_LARGE, Reason.NOT_JSON)


def test_an_object_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_source, "CONTAINER_BYTES", 3_000)
    path = tmp_path / "big.json"
    path.write_text(json.dumps({**winery(), "filler": "x" * 4_000}))
    assert names(read(path)) == [Reason.TOO_LARGE]


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "feed.zip", {"a.json": winery(), "b.json": concert()})
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(FeedUnreadable, match="overlap"):
        read(path)


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "feed.zip", {"a.json": winery()})
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    assert read(path) == [Rejected("a.json", Reason.ENCRYPTED)]


def test_a_stream_is_read_to_its_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_source, "OBJECT_BYTES", 10)
    stream = io.BytesIO(b"x" * 1_000)
    assert list(feed_source.read_stream(stream, "a.json", alone=False)) == [Rejected("a.json", Reason.TOO_LARGE)]
    assert stream.tell() == 11
