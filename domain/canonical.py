"""Canonical JSON (RFC 8785) for the subset that facts use.

Facts hold integers within ±2^53, NFC strings, booleans, null, lists and objects with ASCII keys; for these the
standard encoder with sorted keys and no spaces gives the RFC 8785 bytes (a test compares it with an independent
implementation). Floats are refused: their text differs between languages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from unicodedata import is_normalized

JsonValue = None | bool | int | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]
INTEGER_MAX = (1 << 53) - 1
DEPTH_MAX = 16


class NotCanonical(ValueError):
    """The value has no canonical form here; the message names the place."""


def check_canonical(value: object, path: str = "$", depth: int = 0) -> None:
    """Raise NotCanonical unless `value` is of the subset."""
    if depth > DEPTH_MAX:
        raise NotCanonical(f"{path}: nested more than {DEPTH_MAX} deep")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise NotCanonical(f"{path}: integer beyond 2^53")
    elif isinstance(value, str):
        if not value.isascii():
            if not is_normalized("NFC", value):
                raise NotCanonical(f"{path}: string is not NFC")
            if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
                raise NotCanonical(f"{path}: lone surrogate")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(f"{path}: keys are ASCII strings")
            check_canonical(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            check_canonical(item, f"{path}[{index}]", depth + 1)
    else:
        raise NotCanonical(f"{path}: {type(value).__name__} has no canonical form")


def canonical_bytes(value: object) -> bytes:
    """RFC 8785 bytes of `value`; raises NotCanonical."""
    check_canonical(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: object) -> bytes:
    """SHA-256 over the canonical bytes."""
    return sha256(canonical_bytes(value)).digest()
