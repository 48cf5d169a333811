"""Primitives of the wire: strict JSON, bounded fields, unpadded base64url, bounded zstd.

Both sides read messages through `Fields`, so a field that is missing, of another type, too long or unknown is found
in one place. Everything here is pure and may be called from any thread.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeVar

import zstandard

from domain.canonical import INTEGER_MAX, JsonObject, JsonValue
from sync.fast_json import Unsure, parse_compact

JSON_BYTES_MAX: Final = 16 * 1024 * 1024  # no message of the protocol is larger when plain
ZSTD_WINDOW_BYTES_MAX: Final = 8 * 1024 * 1024  # a hostile frame may ask for 2 GiB of window
ZSTD_LEVEL: Final = 3
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_HEX = re.compile(r"(?:[0-9a-f]{2})*\Z")
_Item = TypeVar("_Item")


class WireError(ValueError):
    """The bytes are not the message they should be. `code` is an error code of the protocol."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def bad(message: str) -> NoReturn:
    """Raise the common WireError."""
    raise WireError("bad_request", message)


def encode_binary(raw: bytes) -> str:
    """Unpadded base64url (RFC 4648, section 5)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode_binary(text: str) -> bytes:
    """The bytes of unpadded base64url; WireError unless it is the one spelling of them."""
    if not _BASE64URL.match(text):
        bad("not unpadded base64url")
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise WireError("bad_request", "not unpadded base64url") from error
    if encode_binary(raw) != text:
        bad("not the canonical base64url of its bytes")
    return raw


def decode_hex(text: str) -> bytes:
    """The bytes of lower-case hexadecimal text; WireError otherwise."""
    if not _HEX.match(text):
        bad("not lower-case hexadecimal")
    return bytes.fromhex(text)


def _no_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        bad("a key appears twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    bad(f"{name} is not JSON")


def _no_float(text: str) -> NoReturn:
    bad(f"{text[:32]} is not an integer")


def _bounded_integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > INTEGER_MAX:
        bad("an integer beyond 2^53")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_no_constant,
    parse_float=_no_float,
    parse_int=_bounded_integer,
)


def parse_json_object(raw: bytes, size_max: int = JSON_BYTES_MAX) -> JsonObject:
    """A JSON object of integers, strings, lists and objects; WireError for anything else or larger."""
    if len(raw) > size_max:
        raise WireError("too_large", f"more than {size_max} bytes")
    try:
        value = parse_compact(raw)
    except Unsure:
        value = _parse_strictly(raw)
    if not isinstance(value, dict):
        bad("not a JSON object")
    return value


def _parse_strictly(raw: bytes) -> JsonValue:
    try:
        value: JsonValue = _DECODER.decode(raw.decode("utf-8"))
    except WireError:
        raise
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WireError("bad_request", "not JSON in UTF-8") from error
    return value


def build_json(value: JsonObject) -> bytes:
    """Compact UTF-8 JSON with the keys in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def compress(plain: bytes, level: int = ZSTD_LEVEL) -> bytes:
    """One zstd frame that states its content size."""
    return zstandard.ZstdCompressor(level=level).compress(plain)


def decompress(packed: bytes, size_max: int) -> bytes:
    """The content of one zstd frame, at most `size_max` bytes; WireError when broken, truncated or larger."""
    worker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES_MAX).decompressobj()
    plain = bytearray()
    try:
        # Slices bound what one call may inflate to, so that a bomb is stopped early (zstd packs at most ~1:32 000).
        for start in range(0, len(packed), 256):
            plain += worker.decompress(packed[start : start + 256])
            if len(plain) > size_max:
                raise WireError("too_large", f"inflates beyond {size_max} bytes")
            if worker.eof:
                if worker.unused_data or start + 256 < len(packed):
                    bad("bytes after the zstd frame")
                return bytes(plain)
    except zstandard.ZstdError as error:
        raise WireError("bad_request", "not a zstd frame") from error
    bad("a truncated zstd frame")


class Fields:
    """Reads one JSON object field by field; `done()` then refuses unknown keys when `strict`.

    Every method raises WireError naming the field. `strict` is True for requests and False for answers, where
    unknown keys are ignored so that an older kiosk understands a newer server.
    """

    __slots__ = ("_read", "path", "strict", "value")

    def __init__(self, value: JsonValue, path: str = "", *, strict: bool) -> None:
        if not isinstance(value, Mapping):
            bad(f"{path or 'message'}: not an object")
        self.value = value
        self.path = path
        self.strict = strict
        self._read: set[str] = set()

    def _get(self, name: str) -> JsonValue:
        self._read.add(name)
        if name not in self.value:
            bad(f"{self.path}{name}: missing")
        return self.value[name]

    def has(self, name: str) -> bool:
        """Whether the field is there and not null; marks it known."""
        self._read.add(name)
        return self.value.get(name) is not None

    def text(self, name: str, size_max: int, *, size_min: int = 1) -> str:
        found = self._get(name)
        if not isinstance(found, str) or not size_min <= len(found) <= size_max:
            bad(f"{self.path}{name}: not a text of {size_min} to {size_max} letters")
        return found

    def choice(self, name: str, allowed: frozenset[str]) -> str:
        found = self._get(name)
        if not isinstance(found, str) or found not in allowed:
            bad(f"{self.path}{name}: not one of {', '.join(sorted(allowed))}")
        return found

    def integer(self, name: str, low: int = 0, high: int = INTEGER_MAX) -> int:
        found = self._get(name)
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            bad(f"{self.path}{name}: not an integer from {low} to {high}")
        return found

    def version(self) -> None:
        """The `version` field, 1 today."""
        self.integer("version", 1, 1)

    def binary(self, name: str, size_min: int, size_max: int | None = None) -> bytes:
        limit = size_min if size_max is None else size_max
        raw = decode_binary(self.text(name, limit * 2 + 4, size_min=min(size_min, 1)))
        if not size_min <= len(raw) <= limit:
            bad(f"{self.path}{name}: not {size_min} to {limit} bytes")
        return raw

    def hexadecimal(self, name: str, size_min: int, size_max: int | None = None) -> bytes:
        limit = size_min if size_max is None else size_max
        raw = decode_hex(self.text(name, limit * 2, size_min=size_min * 2))
        if not size_min <= len(raw) <= limit:
            bad(f"{self.path}{name}: not {size_min} to {limit} bytes")
        return raw

    def object(self, name: str) -> Fields:
        return Fields(self._get(name), f"{self.path}{name}.", strict=self.strict)

    def raw_object(self, name: str) -> JsonObject:
        found = self._get(name)
        if not isinstance(found, Mapping):
            bad(f"{self.path}{name}: not an object")
        return found

    def items(self, name: str, count_max: int) -> Sequence[JsonValue]:
        found = self._get(name)
        if not isinstance(found, (list, tuple)) or len(found) > count_max:
            bad(f"{self.path}{name}: not a list of at most {count_max}")
        return found

    def objects(self, name: str, count_max: int, read: Callable[[Fields], _Item]) -> tuple[_Item, ...]:
        """Each item of a list read by `read`, which is not to call `done()`: this does."""
        result = []
        for index, item in enumerate(self.items(name, count_max)):
            fields = Fields(item, f"{self.path}{name}[{index}].", strict=self.strict)
            result.append(read(fields))
            fields.done()
        return tuple(result)

    def done(self) -> None:
        """Refuse keys that nobody read."""
        if not self.strict:
            return
        for name in self.value:
            if name not in self._read:
                raise WireError("unknown_key", f"{self.path}{name[:64]}: unknown key")
