"""Bundles: what kiosk and server tell each other without a line, in a file on a USB key or a technician's laptop.

    file   = MAGIC ‖ chunk… ‖ footer (canonical JSON) ‖ its length (4 bytes) ‖ MAGIC
    chunk  = length (4 bytes) ‖ AES-256-GCM of at most 256 KiB
    nonce  = 7 random bytes ‖ number of the chunk (4) ‖ 1 for the last, else 0
    footer = {"version":1,"direction","territory","device","issued_at","sealed_key","prefix","bytes","sha256",
              "signature"}

The key is sealed to the recipient under BUNDLE_CONTEXT, so that whoever finds the file reads nothing. The footer, with
the SHA-256 of all chunks in it, is signed by the sender under BUNDLE_TAG: ECDSA of the device going up, Ed25519 of the
server coming down. The plain content is a row of records: header length (4 bytes) ‖ {"type","name","bytes"} ‖ bytes.
Everything is bounded and streamed; nothing is believed before the signature and the hash are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.canonical import canonical_bytes
from domain.ports import Chance
from sync.messages_common import device_name, instant
from sync.sealing import SealBroken, seal
from sync.wire import Fields, WireError, build_json, encode_binary, parse_json_object

MAGIC: Final = b"ZEROT-BUNDLE-1\n"
BUNDLE_TAG: Final = b"zerot-bundle-1"
BUNDLE_CONTEXT: Final = b"zerot-bundle-1"
CHUNK_BYTES: Final = 256 * 1024
FOOTER_BYTES_MAX: Final = 4096
HEADER_BYTES_MAX: Final = 1024
BUNDLE_BYTES_MAX: Final = 8 << 30
RECORDS_MAX: Final = 50_000
_TAG_BYTES: Final = 16


@unique
class Direction(StrEnum):
    """Which way a bundle goes."""

    UP = "up"
    DOWN = "down"


@unique
class RecordType(StrEnum):
    """What a record holds. A reader skips types that it does not know."""

    FACTS = "facts"  # up: one batch as POST /facts takes it, zstd
    SEALED_FACTS = "sealed_facts"  # up: the same, sealed when the device was wiped
    ACKNOWLEDGED = "acknowledged"  # down: {"heads":[{"incarnation","sequence","hash"}]}
    FEEDS = "feeds"  # down: the answer to GET /feeds?cursor=0.0
    MANIFEST = "manifest"  # down: the answer to GET /content/manifest
    BLOB = "blob"  # down: one file of the content; its name is the SHA-256


class BundleRefused(Exception):
    """The bundle is not taken; the message is one sentence for whoever holds the USB key."""


@dataclass(frozen=True, slots=True)
class Footer:
    """Who sent what, when. `issued_at` is in ms by the sender's clock."""

    direction: Direction
    territory: str
    device: str
    issued_at: int
    sealed_key: bytes
    prefix: bytes
    size: int
    sha256: str
    signature: bytes = b""

    def document(self) -> dict[str, Any]:
        """What is signed under BUNDLE_TAG."""
        return {
            "version": 1,
            "direction": str(self.direction),
            "territory": self.territory,
            "device": self.device,
            "issued_at": self.issued_at,
            "sealed_key": encode_binary(self.sealed_key),
            "prefix": encode_binary(self.prefix),
            "bytes": self.size,
            "sha256": self.sha256,
        }

    def signing_bytes(self) -> bytes:
        return BUNDLE_TAG + canonical_bytes(self.document())


class BundleWriter:
    """Writes one bundle aside and renames it when it is complete. Use: `with`, `add` …, `finish`. Raises OSError."""

    def __init__(self, path: Path, recipient: bytes, chance: Chance) -> None:
        """`recipient` is the 32-byte X25519 key of whoever may read it."""
        self._path, self._aside = path, path.with_name(f".{path.name}.new")
        self._key, self._prefix = chance.token(32), chance.token(7)
        self._sealed = seal(recipient, self._key, BUNDLE_CONTEXT, chance)
        self._digest, self._bytes, self._number = sha256(), 0, 0
        self._waiting = bytearray()
        self._file: BinaryIO | None = None

    def __enter__(self) -> BundleWriter:
        self._file = self._aside.open("wb")
        self._file.write(MAGIC)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file is not None:
            self._file.close()
            self._aside.unlink(missing_ok=True)  # finish() has renamed it

    def add(self, kind: RecordType, content: bytes, name: str = "") -> None:
        """One record whose content is here."""
        self._header(kind, name, len(content))
        self._write(content)

    def add_file(self, kind: RecordType, path: Path, name: str) -> None:
        """One record with a file's content."""
        size = path.stat().st_size
        self._header(kind, name, size)
        with path.open("rb") as file:
            while piece := file.read(CHUNK_BYTES):
                self._write(piece)
                size -= len(piece)
        if size:
            raise OSError(f"{path} changed while it was read")

    def finish(
        self, direction: Direction, territory: str, device: str, issued_at: int, sign: Callable[[bytes], bytes]
    ) -> Footer:
        """Sign, write to the disk, give the file its name."""
        if self._file is None:
            raise OSError("the bundle is not open")
        self._chunk(bytes(self._waiting), last=True)
        unsigned = Footer(
            direction, territory, device, issued_at, self._sealed, self._prefix, self._bytes, self._digest.hexdigest()
        )
        signature = sign(unsigned.signing_bytes())
        footer = build_json({**unsigned.document(), "signature": encode_binary(signature)})
        self._file.write(footer + len(footer).to_bytes(4, "big") + MAGIC)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._aside.replace(self._path)
        return replace(unsigned, signature=signature)

    def _header(self, kind: RecordType, name: str, size: int) -> None:
        header = build_json({"type": str(kind), "name": name, "bytes": size})
        self._write(len(header).to_bytes(4, "big") + header)

    def _write(self, piece: bytes) -> None:
        self._waiting += piece
        while len(self._waiting) > CHUNK_BYTES:
            self._chunk(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        if self._file is None:
            raise OSError("the bundle is not open")
        raw = AESGCM(self._key).encrypt(_nonce(self._prefix, self._number, last=last), plain, None)
        framed = len(raw).to_bytes(4, "big") + raw
        self._number += 1
        self._digest.update(framed)
        self._bytes += len(framed)
        self._file.write(framed)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `content` reads it whole, `pieces` bit by bit; either before the next record."""

    type: str
    name: str
    size: int
    pieces: Callable[[], Iterator[bytes]]

    def content(self, size_max: int) -> bytes:
        """Raises BundleRefused when it is larger."""
        if self.size > size_max:
            raise BundleRefused("The bundle holds something larger than it may.")
        return b"".join(self.pieces())


class BundleReader:
    """One bundle on the disk. Look at `footer`, `check` it, then read `records` once. Close it at the end."""

    def __init__(self, path: Path) -> None:
        """Raises BundleRefused: not a bundle, or cut short; OSError."""
        self._file = path.open("rb")
        try:
            self.footer = self._read_footer(path.stat().st_size)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> BundleReader:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def _read_footer(self, size: int) -> Footer:
        if size > BUNDLE_BYTES_MAX or self._file.read(len(MAGIC)) != MAGIC:
            raise BundleRefused("This file is not a bundle of Zér'ot.")
        tail = len(MAGIC) + 4
        if size < 2 * len(MAGIC) + 4:
            raise BundleRefused("This bundle is cut short: copy it again.")
        self._file.seek(size - tail)
        end = self._file.read(tail)
        length = int.from_bytes(end[:4], "big")
        if end[4:] != MAGIC or not 0 < length <= FOOTER_BYTES_MAX or length > size - tail - len(MAGIC):
            raise BundleRefused("This bundle is cut short: copy it again.")
        self._file.seek(size - tail - length)
        try:
            footer = _parse_footer(self._file.read(length))
        except WireError as error:
            raise BundleRefused("This bundle is damaged: copy it again.") from error
        if footer.size != size - tail - length - len(MAGIC):
            raise BundleRefused("This bundle is damaged: copy it again.")
        return footer

    def check(self, verify: Callable[[bytes, bytes], bool]) -> None:
        """Whether the sender made every byte: `verify(message, signature)` with its key. Raises BundleRefused."""
        if not verify(self.footer.signing_bytes(), self.footer.signature):
            raise BundleRefused("This bundle is not signed by who it says it is from: it is refused.")
        self._file.seek(len(MAGIC))
        digest, left = sha256(), self.footer.size
        while left and (piece := self._file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
        if left or digest.hexdigest() != self.footer.sha256:
            raise BundleRefused("This bundle was changed on its way: it is refused.")

    def records(self, open_key: Callable[[bytes, bytes], bytes]) -> Iterator[Record]:
        """After `check`. `open_key(box, context)` opens what is sealed to us. Raises BundleRefused."""
        try:
            key = open_key(self.footer.sealed_key, BUNDLE_CONTEXT)
        except SealBroken as error:
            raise BundleRefused("This bundle is sealed for somebody else.") from error
        stream = _Plain(self._plain(key))
        for _ in range(RECORDS_MAX):
            head = stream.exactly(4, or_end=True)
            if not head:
                return
            length = int.from_bytes(head, "big")
            if not 0 < length <= HEADER_BYTES_MAX:
                raise BundleRefused("This bundle is damaged inside: make it again.")
            try:
                fields = Fields(parse_json_object(stream.exactly(length), HEADER_BYTES_MAX), strict=False)
                kind, name = fields.text("type", 32), fields.text("name", 128, size_min=0)
                size = fields.integer("bytes", 0, BUNDLE_BYTES_MAX)
            except WireError as error:
                raise BundleRefused("This bundle is damaged inside: make it again.") from error
            rest = stream.limited(size)
            yield Record(kind, name, size, lambda rest=rest: rest)  # type: ignore[misc]
            for _piece in rest:  # what the caller did not read
                pass
        raise BundleRefused("This bundle holds more than it may.")

    def _plain(self, key: bytes) -> Iterator[bytes]:
        self._file.seek(len(MAGIC))
        left, number, worker = self.footer.size, 0, AESGCM(key)
        while left:
            length = int.from_bytes(self._file.read(4), "big")
            left -= 4 + length
            if not _TAG_BYTES <= length <= CHUNK_BYTES + _TAG_BYTES or left < 0:
                raise BundleRefused("This bundle is damaged inside: make it again.")
            try:
                yield worker.decrypt(_nonce(self.footer.prefix, number, last=left == 0), self._file.read(length), None)
            except InvalidTag as error:
                raise BundleRefused("This bundle is damaged inside: make it again.") from error
            number += 1


class _Plain:
    """Exact reads from a row of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._buffer = pieces, b""

    def _some(self, size: int) -> bytes:
        if not self._buffer:
            self._buffer = next((piece for piece in self._pieces if piece), b"")
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def exactly(self, size: int, *, or_end: bool = False) -> bytes:
        found = b""
        while len(found) < size:
            piece = self._some(size - len(found))
            if not piece:
                if or_end and not found:
                    return b""
                raise BundleRefused("This bundle is damaged inside: make it again.")
            found += piece
        return found

    def limited(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._some(size)
            if not piece:
                raise BundleRefused("This bundle is damaged inside: make it again.")
            size -= len(piece)
            yield piece


def _parse_footer(raw: bytes) -> Footer:
    fields = Fields(parse_json_object(raw, FOOTER_BYTES_MAX), strict=True)
    fields.version()
    footer = Footer(
        direction=Direction(fields.choice("direction", frozenset(Direction))),
        territory=device_name(fields, "territory"),
        device=device_name(fields),
        issued_at=instant(fields, "issued_at"),
        sealed_key=fields.binary("sealed_key", 80),
        prefix=fields.binary("prefix", 7),
        size=fields.integer("bytes", 1, BUNDLE_BYTES_MAX),
        sha256=fields.hexadecimal("sha256", 32).hex(),
        signature=fields.binary("signature", 64),
    )
    fields.done()
    return footer
