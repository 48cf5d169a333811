"""Reading a zip archive of any number of files in flat memory (APPNOTE.TXT 6.3.10: central directory, zip64, deflate).

The standard library's `zipfile` keeps an object per member, 300 MB for a national feed of 500 000 files. Here the
central directory is walked as a stream and only the member in hand is held. Sizes written in the archive are never
believed: what is read is cut where the reader says, and checked against the CRC-32.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final

STORED, DEFLATED = 0, 8
ENCRYPTED_FLAG: Final = 0x1
UTF8_FLAG: Final = 0x800
PIECE_BYTES: Final = 64 * 1024
_END = struct.Struct("<4s4H2LH")
_END64_PLACE = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_COMMENT_BYTES: Final = 0xFFFF
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


class NotAZip(Exception):
    """The file is no zip archive, or its directory is damaged."""


class MemberDamaged(Exception):
    """One member cannot be read; the others can."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive, as the central directory describes it. Bytes; offsets from the start of the file."""

    name: str
    method: int
    flags: int
    crc: int
    packed_bytes: int
    plain_bytes: int
    offset: int

    @property
    def encrypted(self) -> bool:
        return bool(self.flags & ENCRYPTED_FLAG)

    @property
    def folder(self) -> bool:
        return self.name.endswith("/")


class ZipStream:
    """An open archive. One thread. Raises NotAZip when opened on something else, OSError when the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("rb")
        self._path = path
        try:
            self._size = self._file.seek(0, io.SEEK_END)
            self._start, self._bytes, self._shift = self._find_directory()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> ZipStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _find_directory(self) -> tuple[int, int, int]:
        """Start and length of the central directory, and how far everything is shifted by what stands before it."""
        tail_start = max(0, self._size - _END.size - _COMMENT_BYTES)
        self._file.seek(tail_start)
        tail = self._file.read(_END.size + _COMMENT_BYTES)
        last = found = tail.rfind(b"PK\x05\x06")
        while found >= 0 and not _ends_with(tail, found):
            found = tail.rfind(b"PK\x05\x06", 0, found)  # the mark may stand in the archive's comment
        if found < 0:
            found = last  # or something was written after the end
        if found < 0 or len(tail) - found < _END.size:
            raise NotAZip
        place = tail_start + found
        _, _, _, _, entries, length, start, _ = _END.unpack_from(tail, found)
        if entries == _FULL16 or _FULL32 in (length, start):
            length, start, place = self._find_zip64(place, length, start)
        shift = place - length - start
        if shift < 0 or start + shift + length > self._size:
            raise NotAZip
        return start + shift, length, shift

    def _find_zip64(self, place: int, length: int, start: int) -> tuple[int, int, int]:
        before = place - _END64_PLACE.size
        if before < 0:
            return length, start, place
        self._file.seek(before)
        mark, _, offset, _ = _END64_PLACE.unpack(self._file.read(_END64_PLACE.size))
        if mark != b"PK\x06\x07":
            return length, start, place  # an ordinary archive whose numbers happen to be full
        for at in (before - _END64.size, offset):
            if 0 <= at <= self._size - _END64.size:
                self._file.seek(at)
                record = _END64.unpack(self._file.read(_END64.size))
                if record[0] == b"PK\x06\x06":
                    return record[8], record[9], at
        raise NotAZip

    def members(self) -> Iterator[Member]:
        """The members in the order of the directory; may be walked any number of times. Raises NotAZip on the way."""
        with self._path.open("rb", buffering=256 * 1024) as directory:
            directory.seek(self._start)
            left = self._bytes
            while left > 0:
                head = directory.read(_CENTRAL.size)
                if len(head) < _CENTRAL.size or head[:4] != b"PK\x01\x02":
                    raise NotAZip
                fields = _CENTRAL.unpack(head)
                flags, method, crc, packed, plain = fields[5], fields[6], fields[9], fields[10], fields[11]
                name_bytes, extra_bytes, comment_bytes, offset = fields[12], fields[13], fields[14], fields[18]
                name, extra = directory.read(name_bytes), directory.read(extra_bytes)
                directory.seek(comment_bytes, io.SEEK_CUR)
                left -= _CENTRAL.size + name_bytes + extra_bytes + comment_bytes
                if _FULL32 in (packed, plain, offset):
                    plain, packed, offset = _wide(extra, plain, packed, offset)
                encoding = "utf-8" if flags & UTF8_FLAG else "cp437"
                text = name.decode(encoding, "replace").split("\0")[0]
                yield Member(text, method, flags, crc, packed, plain, offset + self._shift)

    def open(self, member: Member) -> io.BufferedReader:
        """The member's bytes, inflated as they are read. Raises MemberDamaged, here and on reading."""
        try:
            self._file.seek(member.offset)
            head = self._file.read(_LOCAL.size)
            if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
                raise MemberDamaged
            fields = _LOCAL.unpack(head)
            start = member.offset + _LOCAL.size + fields[10] + fields[11]
        except (OSError, ValueError, OverflowError) as error:
            raise MemberDamaged from error
        if member.method not in (STORED, DEFLATED) or start + member.packed_bytes > self._size:
            raise MemberDamaged
        return io.BufferedReader(_Inflating(self._file, start, member), PIECE_BYTES)


def _ends_with(tail: bytes, found: int) -> bool:
    """Whether the record at ``found`` and the comment that it announces are the end of the file."""
    return len(tail) - found >= _END.size and found + _END.size + _END.unpack_from(tail, found)[7] == len(tail)


def _wide(extra: bytes, plain: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset with the 64-bit ones of the extra field 0x0001 in place of those that are full."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            values = [value for (value,) in struct.iter_unpack("<Q", extra[place + 4 : place + 4 + length // 8 * 8])]
            wide = [values.pop(0) if number == _FULL32 and values else number for number in (plain, packed, offset)]
            return wide[0], wide[1], wide[2]
        place += 4 + length
    return plain, packed, offset


class _Inflating(io.RawIOBase):
    """A member's plain bytes. Whoever reads decides how many: nothing beyond is inflated."""

    def __init__(self, file: IO[bytes], start: int, member: Member) -> None:
        super().__init__()
        self._file, self._place, self._left = file, start, member.packed_bytes
        self._unzip = zlib.decompressobj(-15) if member.method == DEFLATED else None
        self._waiting = b""
        self._crc, self._expected = 0, member.crc
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        if self._ended:
            return 0
        try:
            data = self._next(len(buffer))
        except zlib.error as error:
            raise MemberDamaged from error
        if data:
            self._crc = zlib.crc32(data, self._crc)
            buffer[: len(data)] = data
            return len(data)
        self._ended = True
        if self._crc != self._expected or (self._unzip is not None and not self._unzip.eof):
            raise MemberDamaged
        return 0

    def _next(self, size: int) -> bytes:
        if self._unzip is None:
            return self._packed(size)
        while not self._unzip.eof:
            packed = self._waiting or self._packed(PIECE_BYTES)
            data = self._unzip.decompress(packed, size)
            self._waiting = self._unzip.unconsumed_tail
            if data:
                return data
            if not packed:
                return b""
        return b""

    def _packed(self, size: int) -> bytes:
        self._file.seek(self._place)
        data = self._file.read(min(size, self._left))
        self._place += len(data)
        self._left -= len(data)
        return data
