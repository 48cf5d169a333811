"""Reading a DATAtourisme feed from disk, object by object: a zip, a folder, a single file. Never believes sizes.

A feed is the archive of the national platform (``index.json``, ``objects/…``), the same unpacked, an answer of the
REST interface (``{"objects": [...]}``), a JSON-LD ``@graph``, a list, JSON lines, the official CSV, or one object.
Damaged objects come out as `Rejected`, one each, and stop nothing. `FeedUnreadable` is for what is no feed at all.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from server.catalogue.datatourisme_csv import parse_csv
from server.catalogue.results import Reason, Rejected

# The largest real objects (hotels with twenty media) have 150 kB; an index of 60 000 objects 12 MB.
OBJECT_BYTES = 4 * 1024 * 1024
CONTAINER_BYTES = 64 * 1024 * 1024
STREAM_BYTES = 8 * 1024 * 1024 * 1024
INDEX_BYTES = 32 * 1024 * 1024
# An archive with this few files holds lists of objects, not one object per file.
CONTAINER_FILES = 8
# JSON of these feeds packs 5 to 12 times; text made to explode packs a thousand times.
BOMB_RATIO = 200
BOMB_BYTES = 1024 * 1024
OBJECTS = 2_000_000
SUFFIXES = frozenset((".json", ".jsonld", ".jsonl", ".ndjson", ".csv"))
_NOT_OBJECTS = frozenset(("index.json", "context.jsonld", "context.json"))
_LISTS = ("objects", "@graph", "results", "member", "hydra:member", "items")

Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Found:
    """One object as it was written; ``index`` resolves references in its document; ``where`` is its place."""

    where: str
    raw: Raw
    index: Mapping[str, Raw] | None = None


Item = Found | Rejected


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of one JSON document, not looked at yet: parsing them is most of the work and may go elsewhere."""

    where: str
    data: bytes


Piece = Document | Found | Rejected


class FeedUnreadable(Exception):
    """The path holds no feed; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Feed:
    """An open feed: how many files will be read, for the progress bar, and its pieces, to run through once."""

    files: int
    pieces: Iterator[Piece]


@contextmanager
def open_feed(path: Path) -> Iterator[Feed]:
    """The feed at ``path``; raises FeedUnreadable when there is none."""
    try:
        if path.is_dir():
            yield _open_folder(path)
        elif not path.exists():
            raise FeedUnreadable(f"{path} does not exist.")
        elif path.suffix.lower() in SUFFIXES:
            if path.stat().st_size == 0:
                raise FeedUnreadable(f"{path} is empty.")
            yield Feed(1, _read_file(path, path.name, alone=True))
        else:
            with _open_zip(path) as archive:
                yield _read_zip(archive, path)
    except OSError as error:
        raise FeedUnreadable(f"{path} cannot be read: {error.strerror or error}.") from error


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError) as error:
        raise FeedUnreadable(f"{path} is not a zip archive, nor a folder, nor a JSON file.") from error


def _is_object_file(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.name.lower() not in _NOT_OBJECTS


def _open_folder(path: Path) -> Feed:
    names = []
    for folder, folders, files in os.walk(path):
        folders.sort()
        names += [Path(folder, file) for file in sorted(files) if _is_object_file(file)]
        folders[:] = [name for name in folders if not name.startswith(".")]
    if not names:
        raise FeedUnreadable(f"{path} holds no JSON object.")
    if len(names) > OBJECTS:
        raise FeedUnreadable(f"{path} holds more than {OBJECTS} files.")
    alone = len(names) <= CONTAINER_FILES
    return Feed(
        len(names),
        (item for name in names for item in _read_file(name, name.relative_to(path).as_posix(), alone=alone)),
    )


def _read_file(path: Path, where: str, *, alone: bool) -> Iterator[Piece]:
    if not path.is_file():
        yield Rejected(where, Reason.UNREADABLE)
        return
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, where, alone=alone)
    except OSError:
        yield Rejected(where, Reason.UNREADABLE)


def _read_zip(archive: zipfile.ZipFile, path: Path) -> Feed:
    members = [info for info in archive.infolist() if not info.is_dir() and _is_object_file(info.filename)]
    if not members:
        raise FeedUnreadable(f"{path} holds no JSON object.")
    if len(members) > OBJECTS:
        raise FeedUnreadable(f"{path} holds more than {OBJECTS} files.")
    _refuse_overlaps(archive, path)
    return Feed(len(members), _zip_items(archive, members))


def _refuse_overlaps(archive: zipfile.ZipFile, path: Path) -> None:
    """Members that share bytes are how a small archive claims petabytes; no writer of feeds makes them."""
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise FeedUnreadable(f"{path} is refused: its files overlap, as in a zip bomb.")
        end = info.header_offset + 30 + info.compress_size


def _zip_items(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[Piece]:
    alone = len(members) <= CONTAINER_FILES
    for info in members:
        yield from _read_member(archive, info, alone=alone)
    yield from _missing(archive)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, alone: bool) -> Iterator[Piece]:
    where = info.filename
    if info.flag_bits & 0x1:
        yield Rejected(where, Reason.ENCRYPTED)
    elif info.file_size > BOMB_BYTES and info.file_size > BOMB_RATIO * max(1, info.compress_size):
        yield Rejected(where, Reason.BOMB)
    else:
        try:
            with archive.open(info) as stream:
                yield from read_stream(stream, where, alone=alone)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
            yield Rejected(where, Reason.UNREADABLE)


def _missing(archive: zipfile.ZipFile) -> Iterator[Piece]:
    """Objects that the archive's index promises and that are not there."""
    names = set(archive.namelist())
    if "index.json" not in names or archive.getinfo("index.json").file_size > INDEX_BYTES:
        return
    try:
        index = json.loads(archive.read("index.json"))
    except (ValueError, RecursionError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return  # the index is a convenience: every object present was read without it
    for entry in index if isinstance(index, list) else ():
        file = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(file, str) and f"objects/{file}" not in names and file not in names:
            yield Rejected(file[:300], Reason.MISSING)


def read_stream(stream: IO[bytes], where: str, *, alone: bool) -> Iterator[Piece]:
    """The objects of one file. ``alone``: the file may be a whole feed, so it may be large."""
    suffix = PurePosixPath(where).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        yield from _read_lines(stream, where)
        return
    if suffix == ".csv":
        lines = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        for number, row in enumerate(parse_csv(lines), 2):
            yield Found(f"{where}:{number}", row)
        return
    limit = CONTAINER_BYTES if alone else OBJECT_BYTES
    data = stream.read(limit + 1)
    if len(data) > limit:
        yield Rejected(where, Reason.TOO_LARGE)
        return
    yield Document(where, data)


def _read_lines(stream: IO[bytes], where: str) -> Iterator[Piece]:
    number = 0
    while line := stream.readline(OBJECT_BYTES + 1):
        number += 1
        if len(line) > OBJECT_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(OBJECT_BYTES)
            yield Rejected(f"{where}:{number}", Reason.TOO_LARGE)
        elif line.strip():
            yield Document(f"{where}:{number}", line)


def items_of(piece: Piece) -> Iterator[Item]:
    """The objects of a piece of a feed. Pure."""
    if isinstance(piece, Document):
        yield from parse_document(piece.data, piece.where)
    else:
        yield piece


def parse_document(data: bytes, where: str) -> Iterator[Item]:
    """The objects in the bytes of one JSON document. Pure."""
    try:
        document = json.loads(data)
    except RecursionError:
        yield Rejected(where, Reason.TOO_DEEP)
        return
    except ValueError:
        yield Rejected(where, Reason.NOT_JSON)
        return
    if isinstance(document, dict):
        for name in _LISTS:
            if isinstance(document.get(name), list):
                yield from _listed(document[name], where)
                return
        yield Found(where, document)
    elif isinstance(document, list):
        yield from _listed(document, where)
    else:
        yield Rejected(where, Reason.NOT_OBJECT)


def _listed(entries: list[object], where: str) -> Iterator[Item]:
    index = {
        identifier: entry
        for entry in entries
        if isinstance(entry, dict) and isinstance(identifier := entry.get("@id"), str)
    }
    flat = any(_is_part(entry) for entry in entries)
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            yield Rejected(f"{where}#{number}", Reason.NOT_OBJECT)
        elif not (flat and _is_part(entry)):
            yield Found(f"{where}#{number}", entry, index or None)


def _is_part(entry: object) -> bool:
    """In a flattened graph, addresses, periods and agents stand beside the objects that own them."""
    if not isinstance(entry, dict):
        return False
    return str(entry.get("@id", "")).startswith("_:") or (
        "@type" in entry
        and not any(key.rsplit("#", 1)[-1].rsplit(":", 1)[-1] in ("isLocatedAt", "label") for key in entry)
    )
