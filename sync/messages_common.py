"""Identifiers and errors that all messages share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from sync.wire import Fields, WireError, bad, build_json, parse_json_object

PROTOCOL_VERSION: Final = 1
NAME_MAX: Final = 32
ANSWER_BYTES_MAX: Final = 4 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")
TIME_MS_MAX: Final = 1 << 48


@unique
class ErrorCode(StrEnum):
    """The closed list of the protocol, each with the HTTP status it travels under."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_DEVICE = "unknown_device"
    NOT_APPROVED = "not_approved"
    FORBIDDEN_ROUTE = "forbidden_route"
    REVOKED = "revoked"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    CODE_USED = "code_used"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    BUSY = "busy"

    @property
    def status(self) -> int:
        return _STATUS[self]


_STATUS: Final = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.UNKNOWN_KEY: 400,
    ErrorCode.BAD_SIGNATURE: 401,
    ErrorCode.UNKNOWN_DEVICE: 401,
    ErrorCode.NOT_APPROVED: 403,
    ErrorCode.FORBIDDEN_ROUTE: 403,
    ErrorCode.REVOKED: 403,
    ErrorCode.CODE_WRONG: 403,
    ErrorCode.CODE_EXPIRED: 403,
    ErrorCode.CODE_USED: 403,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.BUSY: 503,
}


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A refusal. `code` is a plain text when a newer server sends one we do not know."""

    code: ErrorCode | str
    message: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain goes: the last sequence of an incarnation."""

    incarnation: int
    sequence: int


def build_error(answer: ErrorAnswer) -> bytes:
    """The body of an error answer."""
    return build_json({"error": {"code": str(answer.code), "message": answer.message[:300]}})


def parse_error(raw: bytes) -> ErrorAnswer:
    """Raises WireError when the body is no error of ours, as a portal's page is."""
    fields = Fields(parse_json_object(raw, ANSWER_BYTES_MAX), strict=False).object("error")
    code = fields.text("code", 64)
    message = fields.text("message", 1000, size_min=0)
    return ErrorAnswer(ErrorCode(code) if code in set(ErrorCode) else code, message)


def device_name(fields: Fields, name: str = "device") -> str:
    """A device or territory identifier: 1 to 32 letters, digits, '.', '_', '-'."""
    text = fields.text(name, NAME_MAX)
    if not _NAME.match(text):
        bad(f"{fields.path}{name}: not an identifier")
    return text


def instant(fields: Fields, name: str) -> int:
    """Milliseconds since 1970 UTC."""
    return fields.integer(name, 0, TIME_MS_MAX)


def parse_head(fields: Fields, name: str) -> Head | None:
    """An acknowledged head, None when the field is null or absent."""
    if not fields.has(name):
        return None
    inner = fields.object(name)
    head = Head(inner.integer("incarnation", 1), inner.integer("sequence"))
    inner.done()
    return head


def head_json(head: Head | None) -> dict[str, int] | None:
    return None if head is None else {"incarnation": head.incarnation, "sequence": head.sequence}


def parse_answer(raw: bytes) -> Fields:
    """The fields of an answer, unknown keys ignored; raises WireError."""
    return Fields(parse_json_object(raw, ANSWER_BYTES_MAX), strict=False)


def parse_request(raw: bytes, size_max: int) -> Fields:
    """The fields of a request, unknown keys refused by `done()`; raises WireError."""
    return Fields(parse_json_object(raw, size_max), strict=True)


__all__ = [
    "ANSWER_BYTES_MAX", "NAME_MAX", "PROTOCOL_VERSION", "TIME_MS_MAX", "ErrorAnswer", "ErrorCode", "Head", "WireError",
    "build_error", "device_name", "head_json", "instant", "parse_answer", "parse_error", "parse_head", "parse_request",
]  # fmt: skip
