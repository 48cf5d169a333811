"""Feeds and pictures from the public internet, with every bound that a stranger's server deserves.

Public addresses only (looked at on the connected peer), http or https, a few redirects that never leave https, time and
size capped, nothing fetched again that has not changed (RFC 9110, 13.1: ETag and Last-Modified). What cannot be had is
a value with one plain sentence.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from sync.http import Bounds, Fetcher
from sync.transport import Answer, Offline, OfflineReason, Request, Transport

# The national feed of 60 000 objects has 190 MB; ten times that is still a feed, ten gigabytes are an attack.
FEED_BYTES: Final = 2 * 1024 * 1024 * 1024
# A feed of that size on a rural line of 8 Mbit/s.
FEED_BOUNDS: Final = Bounds(10.0, 30.0, 1800.0, redirects=5, public_only=True)
PICTURE_BOUNDS: Final = Bounds(5.0, 15.0, 40.0, redirects=3, public_only=True)
USER_AGENT: Final = "zerot-catalogue"
_SENTENCES: Final[Mapping[OfflineReason, str]] = {
    OfflineReason.NO_ROUTE: "nobody answers there",
    OfflineReason.TIMEOUT: "the answer took too long",
    OfflineReason.TLS: "the certificate is not that server's",
    OfflineReason.TLS_DATE: "the certificate is out of date",
    OfflineReason.REDIRECT: "it sends us elsewhere too often, or away from https",
    OfflineReason.PORTAL: "a page came instead",
    OfflineReason.TRUNCATED: "the answer was cut off",
    OfflineReason.TOO_LARGE: "it is larger than may be fetched",
    OfflineReason.GARBAGE: "the answer makes no sense",
    OfflineReason.ADDRESS: "that address may not be asked: only public ones are",
    OfflineReason.CANCELLED: "it was stopped",
}


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server said of the version that we have; '' where it said nothing."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fresh:
    """It came, into the file that was given. ``media_type`` is what the server calls it, in lower case."""

    media_type: str
    validators: Validators


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What we have is what they have."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It did not come; ``why`` is the end of one sentence. ``gone``: the server says that it is no more (404, 410)."""

    why: str
    gone: bool = False


Visit = Fresh | Unchanged | Unavailable


def is_address(source: str) -> bool:
    """Whether a SOURCE is an address rather than a path."""
    return source.lower().startswith(("http://", "https://"))


def feed_fetcher() -> Fetcher:
    """For feeds. One thread's."""
    return Fetcher(FEED_BOUNDS, user_agent=USER_AGENT)


def picture_fetcher() -> Fetcher:
    """For pictures. One thread's."""
    return Fetcher(PICTURE_BOUNDS, user_agent=USER_AGENT)


class _Inflated:
    """A sink that undoes gzip on the way to a file, bounded: a small answer may not become a large one."""

    def __init__(self, file: IO[bytes], size_max: int) -> None:
        self._file = file
        self._left = size_max
        self._unzip: zlib._Decompress | None = None
        self.trouble = ""

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._unzip = zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)
        elif encoding not in ("", "identity"):
            self.trouble = "it is encoded in a way that we do not read"
            return False
        return True

    def write(self, piece: bytes) -> None:
        if self.trouble:
            return
        try:
            plain = piece if self._unzip is None else self._unzip.decompress(piece, self._left + 1)
        except zlib.error:
            self.trouble = "the answer was damaged on the way"
            return
        if len(plain) > self._left:
            self.trouble = "it unpacks to more than may be fetched"
            return
        self._left -= len(plain)
        self._file.write(plain)

    @property
    def whole(self) -> bool:
        return self._unzip is None or self._unzip.eof


def fetch_into(
    path: Path, url: str, transport: Transport, known: Validators = Validators(), size_max: int = FEED_BYTES
) -> Visit:
    """Asks for ``url``; a body goes into ``path``, which is left empty or half written when it does not come whole.

    Raises OSError when the disk refuses.
    """
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    with path.open("wb") as file:
        sink = _Inflated(file, size_max)
        fetched = transport.fetch(Request("GET", url, headers, size_max=size_max, foreign=True), sink)
    if sink.trouble:
        return Unavailable(sink.trouble)
    if isinstance(fetched, Offline):
        return Unavailable(_SENTENCES[fetched.reason])
    if not sink.whole:
        return Unavailable(_SENTENCES[OfflineReason.TRUNCATED])
    return _judge(fetched)


def _judge(answer: Answer) -> Visit:
    if answer.status == 304:
        return Unchanged()
    if answer.status != 200:
        return Unavailable(f"the server answers with status {answer.status}", gone=answer.status in (404, 410))
    validators = Validators(_header(answer, "etag"), _header(answer, "last-modified"))
    return Fresh(answer.headers.get("content-type", "").partition(";")[0].strip().lower(), validators)


def _header(answer: Answer, name: str) -> str:
    value = answer.headers.get(name, "")
    return value if len(value) <= 200 and value.isascii() and value.isprintable() else ""
