"""One clear JSON error for whatever a device sends (docs/sync-protocol.md)."""

from __future__ import annotations

from django.http import HttpResponse

from sync.protocol import ErrorAnswer, ErrorCode, WireError, build_error

JSON = "application/json"
RETRY_AFTER_SECONDS = 5


def error_response(code: ErrorCode, message: str) -> HttpResponse:
    """The answer for an error code, under its HTTP status."""
    response = HttpResponse(build_error(ErrorAnswer(code, message)), content_type=JSON, status=code.status)
    if code is ErrorCode.BUSY:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def wire_error_response(error: WireError) -> HttpResponse:
    """The answer for what a parser refused."""
    code = ErrorCode(error.code) if error.code in set(ErrorCode) else ErrorCode.BAD_REQUEST
    message = error.message[:1].upper() + error.message[1:]
    return error_response(code, message if message.endswith(".") else f"{message}.")


def json_response(body: bytes) -> HttpResponse:
    """An answer of the protocol; never kept by a proxy."""
    response = HttpResponse(body, content_type=JSON)
    response["Cache-Control"] = "no-store"
    return response
