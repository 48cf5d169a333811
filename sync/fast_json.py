"""JSON through orjson wherever that gives exactly what the strict ways of sync.wire and domain.canonical give.

Each function either is sure, by checks that cost less than the strict way, or hands over to it: so there is one meaning
and two speeds (a property test holds them together). Pure, any thread.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import is_normalized

import orjson

from domain.canonical import DEPTH_MAX, JsonValue, check_canonical

_EXACT: Final = orjson.OPT_STRICT_INTEGER  # refuses integers beyond 2^53, as the protocol does
_SORTED: Final = _EXACT | orjson.OPT_SORT_KEYS
# In compact JSON a number follows one of these three; inside a text it may too, which only costs the strict way.
_FRACTION: Final = re.compile(rb"[:,\[]-?[0-9]+[.eE]")
# A key with a letter beyond ASCII, in text without escapes.
_FOREIGN_KEY: Final = re.compile(r'[^\x00-\x7f][^"]*":')
_DEPTH_SURE: Final = DEPTH_MAX - 4  # so many containers in all cannot nest too deep, whatever is put around them


class Unsure(Exception):
    """Only the strict way can tell."""


def parse_compact(raw: bytes) -> JsonValue:
    """The object of compact JSON without spaces, fractions, doubled keys or integers beyond 2^53; else raises Unsure.

    What is written back as the very bytes that came was read without loss: a doubled key, a space, a spelling of an
    escape would not come back.
    """
    if raw[:1] != b"{":
        raise Unsure
    try:
        value: JsonValue = orjson.loads(raw)
        if orjson.dumps(value, option=_EXACT) != raw or _FRACTION.search(raw):
            raise Unsure
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise Unsure from error
    return value


def canonical_text(value: JsonValue) -> str:
    """`domain.canonical.canonical_bytes` as text, of a value that `sync.wire.parse_json_object` has read: it holds no
    fractions. Raises NotCanonical, Unsure."""
    try:
        text = orjson.dumps(value, option=_SORTED)
    except orjson.JSONEncodeError as error:
        raise Unsure from error
    if text.count(b"{") + text.count(b"[") > _DEPTH_SURE:
        check_canonical(value)
    if text.isascii():
        return text.decode("ascii")
    shown = text.decode()
    if "\\" in shown or not is_normalized("NFC", shown) or _FOREIGN_KEY.search(shown):
        check_canonical(value)
    return shown


def dump_compact(value: object) -> bytes:
    """Compact UTF-8 JSON with the keys in the order given, of plain values without fractions."""
    return orjson.dumps(value)
