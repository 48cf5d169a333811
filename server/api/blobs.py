"""GET /api/v1/content/blobs/SHA256: bytes as they are, whole or one range, so that a cut download resumes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})\Z")


def blob_response(path: Path, size: int, media_type: str, range_header: str) -> HttpResponseBase:
    """The file or the part that `Range` asks for: 206, or 416 when it lies behind the end. Raises OSError.

    A Range that we do not understand is ignored, as RFC 9110 14.2 allows: the answer is the whole file.
    """
    start, end = 0, size - 1
    match = _RANGE.match(range_header)
    if match:
        start = int(match[1])
        end = min(int(match[2]), size - 1) if match[2] else size - 1
        if start >= size or start > end:
            refused = HttpResponse(status=416)
            refused["Content-Range"] = f"bytes */{size}"
            return refused
    response = StreamingHttpResponse(
        _read(path, start, end - start + 1), content_type=media_type, status=206 if match else 200
    )
    response["Content-Length"] = str(end - start + 1)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "no-store, no-transform"
    if match:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _read(path: Path, start: int, count: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while count > 0:
            chunk = file.read(min(CHUNK_BYTES, count))
            if not chunk:
                return
            count -= len(chunk)
            yield chunk
