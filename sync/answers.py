"""What an answer is worth, judged without a socket: where a redirect leads, what its head says, what its body holds."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

from sync.transport import Answer, Offline, OfflineReason, Request
from sync.wire import WireError, decompress

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTAL_STATUS: Final = 511  # RFC 6585: network authentication required
_SPEAKS_FOR_ITSELF: Final = frozenset({429, 503})  # understood whatever body a proxy puts with it


def is_repeatable(url: str) -> bool:
    """Whether the server knows a second POST to this URL by its content."""
    path = url.partition("?")[0]
    return path.endswith("/facts") or "/card-sessions" in path


def next_url(url: str, location: str) -> str | None:
    """Where a redirect leads; None for nonsense and for leaving https."""
    try:
        target = urljoin(url, location)
        return target if urlsplit(target).scheme in ("https", urlsplit(url).scheme) else None
    except ValueError:
        return None


def judge_head(status: int, headers: Mapping[str, str], request: Request) -> Offline | Answer | None:
    """What can be judged before the body: None to go on reading."""
    if status in REDIRECTS:
        return Answer(status, headers, b"")
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > request.size_max):
        return Offline(OfflineReason.TOO_LARGE, f"says that it has {length[:30]} bytes, more than {request.size_max}")
    if request.foreign:
        return None if status == 200 else Answer(status, headers, b"")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    expected = kind in request.types if 200 <= status < 300 else kind == "application/json"
    if status in _SPEAKS_FOR_ITSELF and not expected:
        return Answer(status, headers, b"")
    if status == _PORTAL_STATUS or (kind == "text/html" and not expected):
        return Offline(OfflineReason.PORTAL, f"a page instead of an answer (status {status})")
    if not expected:
        return Offline(OfflineReason.GARBAGE, f"status {status} with content type {kind[:60] or 'unknown'}")
    return None


def decode_body(body: bytes, encoding: str, size_max: int) -> bytes | Offline:
    """Undo the content encoding, bounded: a small answer may not become a large one."""
    try:
        if encoding in ("", "identity"):
            return body
        if encoding == "zstd":
            return decompress(body, size_max)
        if encoding == "gzip":
            worker = zlib.decompressobj(wbits=31)
            plain = worker.decompress(body, size_max + 1)
            if len(plain) > size_max:
                return Offline(OfflineReason.TOO_LARGE, f"inflates beyond {size_max} bytes")
            return plain if worker.eof else Offline(OfflineReason.TRUNCATED, "a truncated gzip body")
    except (zlib.error, WireError) as error:
        too_large = isinstance(error, WireError) and error.code == "too_large"
        return Offline(OfflineReason.TOO_LARGE if too_large else OfflineReason.GARBAGE, str(error))
    return Offline(OfflineReason.GARBAGE, f"content encoding {encoding[:30]}")
