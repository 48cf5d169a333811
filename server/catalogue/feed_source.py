"""Reading a DATAtourisme feed from disk, object by object: a zip, a folder, a single file. Never believes sizes.

A feed is the archive of the national platform (``index.json``, ``objects/…``), the same unpacked, an answer of the
REST interface (``{"objects": [...]}``), a JSON-LD ``@graph``, a list, JSON lines, the official CSV, or one object.
Damaged objects come out as `Rejected`, one each, and stop nothing. `FeedUnreadable` is for what is no feed at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from server.catalogue.datatourisme_csv import decode_line, parse_csv
from server.catalogue.results import Reason, Rejected
from server.catalogue.zip_stream import DEFLATED, STORED, Member, MemberDamaged, NotAZip, ZipStream

# The largest real objects (hotels with twenty media) have 150 kB; an index of 60 000 objects 12 MB.
OBJECT_BYTES = 4 * 1024 * 1024
CONTAINER_BYTES = 64 * 1024 * 1024
LINE_BYTES = 1024 * 1024
INDEX_BYTES = 32 * 1024 * 1024
# An archive with this few files holds lists of objects, not one object per file.
CONTAINER_FILES = 8
# JSON of these feeds packs 5 to 12 times; text made to explode packs a thousand times.
BOMB_RATIO = 200
BOMB_BYTES = 1024 * 1024
OBJECTS = 2_000_000
PIECE_BYTES = 64 * 1024
SUFFIXES = frozenset((".json", ".jsonld", ".jsonl", ".ndjson", ".csv"))
_NOT_OBJECTS = frozenset(("index.json", "context.jsonld", "context.json"))
_LISTS = ("objects", "@graph", "results", "member", "hydra:member", "items")

_THESAURUS = "https://www.datatourisme.fr/resource/core#"
_WRAPPERS = ("data", "poi")
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


@dataclass(frozen=True, slots=True)
class Shape:
    """What a format's files are called. ``whole``: each file is one `Document` for the format's own reader; else JSON,
    JSON lines and CSV are taken apart here. ``not_objects``: files of an archive that hold none."""

    suffixes: frozenset[str] = SUFFIXES
    not_objects: frozenset[str] = _NOT_OBJECTS
    whole: bool = False
    noun: str = "JSON object"

    def takes(self, name: str) -> bool:
        path = PurePosixPath(name)
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
        return not hidden and path.suffix.lower() in self.suffixes and path.name.lower() not in self.not_objects


JSON_SHAPE = Shape()
_ARCHIVES = (".zip", ".gz", ".7z", ".tar", ".tgz", ".rar")
_PACKED = {b"\x1f\x8b": "gzip", b"BZ": "bzip2", b"7z": "7-Zip", b"Ra": "RAR"}
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def open_feed(path: Path, shape: Shape = JSON_SHAPE) -> Iterator[Feed]:
    """The feed at ``path``; raises FeedUnreadable when there is none."""
    try:
        if path.is_dir():
            yield _open_folder(path, shape)
        elif not path.exists():
            raise FeedUnreadable(f"{path} does not exist.")
        elif not path.is_file():
            raise FeedUnreadable(f"{path} is neither a file nor a folder.")
        elif path.stat().st_size == 0:
            raise FeedUnreadable(f"{path} is empty.")
        elif path.suffix.lower() in shape.suffixes or (shape.whole and not _is_zip(path)):
            yield Feed(1, _read_file(path, path.name, shape, alone=True))
        else:
            with _open_zip(path, shape) as archive:
                yield _read_zip(archive, path, shape)
    except OSError as error:
        raise FeedUnreadable(f"{path} cannot be read: {error.strerror or error}.") from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in _ZIP_STARTS


def _open_zip(path: Path, shape: Shape) -> ZipStream:
    with path.open("rb") as file:
        start = file.read(4)
    packed = _PACKED.get(start[:2])
    if packed:
        raise FeedUnreadable(f"{path} is packed with {packed}: unpack it first.")
    try:
        return ZipStream(path)
    except NotAZip as error:
        if start in _ZIP_STARTS:
            raise FeedUnreadable(
                f"{path} is a damaged zip archive: its end is missing. Was it fetched whole?"
            ) from error
        known = ", ".join(sorted(shape.suffixes))
        raise FeedUnreadable(
            f"{path} is not a zip archive, nor a folder, nor a file of this kind ({known})."
        ) from error


def _open_folder(path: Path, shape: Shape) -> Feed:
    names = []
    for folder, folders, files in os.walk(path):
        folders.sort()
        names += [Path(folder, file) for file in sorted(files) if shape.takes(file)]
        folders[:] = [name for name in folders if not name.startswith(".")]
    if not names:
        raise FeedUnreadable(f"{path} holds no {shape.noun}.")
    if len(names) > OBJECTS:
        raise FeedUnreadable(f"{path} holds more than {OBJECTS} files.")
    alone = len(names) <= CONTAINER_FILES
    return Feed(
        len(names),
        (item for name in names for item in _read_file(name, name.relative_to(path).as_posix(), shape, alone=alone)),
    )


def _read_file(path: Path, where: str, shape: Shape, *, alone: bool) -> Iterator[Piece]:
    if not path.is_file():
        yield Rejected(where, Reason.UNREADABLE)
        return
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, where, alone=alone, shape=shape)
    except OSError:
        yield Rejected(where, Reason.UNREADABLE)


def _read_zip(archive: ZipStream, path: Path, shape: Shape) -> Feed:
    count = 0
    end = 0
    inner = False
    unordered: list[tuple[int, int]] = []
    try:
        for member in archive.members():
            # Members that share bytes are how a small archive claims petabytes; no writer of feeds makes them.
            if member.offset >= end:
                end = member.offset + 30 + member.packed_bytes
            else:
                unordered.append((member.offset, member.offset + 30 + member.packed_bytes))
            count += not member.folder and shape.takes(member.name)
            inner = inner or member.name.lower().endswith(_ARCHIVES)
            if count > OBJECTS or len(unordered) > OBJECTS:
                raise FeedUnreadable(f"{path} holds more than {OBJECTS} files.")
        if unordered and _overlap(archive):
            raise FeedUnreadable(f"{path} is refused: its files overlap, as in a zip bomb.")
    except NotAZip as error:
        raise FeedUnreadable(f"{path} is a damaged zip archive: its directory cannot be read.") from error
    if not count and inner:
        raise FeedUnreadable(f"{path} holds archives, not files: unpack it once and import what is inside.")
    if not count:
        raise FeedUnreadable(f"{path} holds no {shape.noun}.")
    return Feed(count, _zip_items(archive, shape, alone=count <= CONTAINER_FILES))


def _overlap(archive: ZipStream) -> bool:
    """Of an archive whose directory is in another order than its files: rare, so the places may be held and sorted."""
    end = 0
    for start, until in sorted((m.offset, m.offset + 30 + m.packed_bytes) for m in archive.members()):
        if start < end:
            return True
        end = until
    return False


def _zip_items(archive: ZipStream, shape: Shape, *, alone: bool) -> Iterator[Piece]:
    index: Member | None = None
    for member in archive.members():
        if member.name == "index.json":
            index = member
        if not member.folder and shape.takes(member.name):
            yield from _read_member(archive, member, shape, alone=alone)
    if index is not None and not shape.whole:
        yield from _missing(archive, index)


def _read_member(archive: ZipStream, member: Member, shape: Shape, *, alone: bool) -> Iterator[Piece]:
    where = member.name
    if member.encrypted:
        yield Rejected(where, Reason.ENCRYPTED)
    elif member.method not in (STORED, DEFLATED):
        yield Rejected(where, Reason.METHOD)
    elif member.plain_bytes > BOMB_BYTES and member.plain_bytes > BOMB_RATIO * max(1, member.packed_bytes):
        yield Rejected(where, Reason.BOMB)
    else:
        try:
            with archive.open(member) as stream:
                yield from read_stream(stream, where, alone=alone, shape=shape)
        except (MemberDamaged, OSError, ValueError):
            yield Rejected(where, Reason.UNREADABLE)


def read_member(archive: ZipStream, member: Member, limit: int) -> bytes | None:
    """All of a small member; None when it is damaged, encrypted or larger than ``limit``."""
    if member.encrypted:
        return None
    try:
        with archive.open(member) as stream:
            data = _read_up_to(stream, limit + 1)
    except (MemberDamaged, OSError, ValueError):
        return None
    return data if len(data) <= limit else None


def _missing(archive: ZipStream, index_member: Member) -> Iterator[Piece]:
    """Objects that the archive's index promises and that are not there."""
    data = read_member(archive, index_member, INDEX_BYTES)
    try:
        index = json.loads(data) if data is not None else []
    except (ValueError, RecursionError):
        return  # the index is a convenience: every object present was read without it
    names = {member.name for member in archive.members()}
    for entry in index if isinstance(index, list) else ():
        file = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(file, str) and f"objects/{file}" not in names and file not in names:
            yield Rejected(file[:300], Reason.MISSING)


def read_stream(stream: IO[bytes], where: str, *, alone: bool, shape: Shape = JSON_SHAPE) -> Iterator[Piece]:
    """The objects of one file. ``alone``: the file may be a whole feed, so it may be large."""
    suffix = PurePosixPath(where).suffix.lower()
    if not shape.whole and suffix in (".jsonl", ".ndjson"):
        yield from _read_lines(stream, where)
        return
    if not shape.whole and suffix == ".csv":
        for number, row in enumerate(parse_csv(map(decode_line, _bounded_lines(stream))), 2):
            place = f"{where}:{number}" if row is not Reason.NOT_TABLE else where
            yield Rejected(place, row) if isinstance(row, Reason) else Found(place, row)
        return
    limit = CONTAINER_BYTES if alone else OBJECT_BYTES
    data = _read_up_to(stream, limit + 1)
    if len(data) > limit:
        yield Rejected(where, Reason.TOO_LARGE)
        return
    yield Document(where, data)


def _read_up_to(stream: IO[bytes], size: int) -> bytes:
    """Piece by piece: asked for 64 MB at once, a buffered reader sets 64 MB aside for an object of 5 kB."""
    pieces, left = [], size
    while left > 0 and (piece := stream.read(min(left, PIECE_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _bounded_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines in pieces of at most `LINE_BYTES`: a table's reader puts together what belongs to one row, and refuses a
    row without an end."""
    while line := stream.readline(LINE_BYTES):
        yield line


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


def load_json(data: bytes) -> Any:
    """The document in bytes that say no encoding: UTF-8, -16 or -32, else Windows-1252. Raises ValueError and
    RecursionError."""
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        return json.loads(data.decode("cp1252", "replace"))


def items_of(piece: Piece) -> Iterator[Item]:
    """The objects of a piece of a feed. Pure."""
    if isinstance(piece, Document):
        yield from parse_document(piece.data, piece.where)
    else:
        yield piece


def parse_document(data: bytes, where: str) -> Iterator[Item]:
    """The objects in the bytes of one JSON document. Pure."""
    try:
        document = load_json(data)
    except RecursionError:
        yield Rejected(where, Reason.TOO_DEEP)
        return
    except ValueError:
        yield Rejected(where, Reason.NOT_JSON)
        return
    if isinstance(document, dict):
        for name in _WRAPPERS:  # {"data": {"poi": {"results": […]}}}, as the query interface of the platform answered
            if isinstance(document.get(name), dict):
                document = document[name]
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
    return str(entry.get("@id", "")).startswith(("_:", "kb:", _THESAURUS)) or (
        "@type" in entry
        and not any(key.rsplit("#", 1)[-1].rsplit(":", 1)[-1] in ("isLocatedAt", "label") for key in entry)
    )
