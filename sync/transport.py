"""What carries a request and what may come back: a closed set, never an exception.

`sync.http` is the real one; tests and the simulation bring their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Protocol


@unique
class OfflineReason(StrEnum):
    """Why there is no line to the server. All of them mean: keep everything, try again later."""

    NO_ROUTE = "no_route"  # nobody answers at that address, or its name is unknown
    TIMEOUT = "timeout"  # no answer in time, slow drip included
    TLS = "tls"  # the certificate is not the server's
    TLS_DATE = "tls_date"  # the certificate fails by date only: one of the two clocks is wrong
    REDIRECT = "redirect"  # sent elsewhere: portals do that, our server does not
    PORTAL = "portal"  # a page instead of an answer
    TRUNCATED = "truncated"  # the line was cut in the middle
    TOO_LARGE = "too_large"
    GARBAGE = "garbage"  # an answer that is none of ours
    ADDRESS = "address"  # an address that may not be asked
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of our server, whole. Header names are in lower case; `body` is empty when it went to a sink."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Offline:
    """No answer. `detail` is English, for the technician, without secrets."""

    reason: OfflineReason
    detail: str = ""


Fetched = Answer | Offline


class Sink(Protocol):
    """Where a large body goes piece by piece, on the calling thread."""

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Called once before the first piece of a 200 or 206; False stops the transfer (Offline GARBAGE)."""

    def write(self, piece: bytes) -> None:
        """Raises OSError when the disk is full; the transport lets it pass."""


def never() -> bool:
    """The cancellation that never comes."""
    return False


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `types` are the content types that a 2xx answer may have; bytes are capped at `size_max`.

    `foreign`: the server is not ours, so any status is an answer and any content type may come (what the bytes are is
    judged by whoever reads them); only a 200 has a body. `judge_at_ms`: by what time the certificate's dates are
    judged, None for the system's clock, 0 not at all (only for asking the time).
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size_max: int = 1 << 20
    types: frozenset[str] = frozenset({"application/json"})
    foreign: bool = False
    judge_at_ms: int | None = None


class Transport(Protocol):
    """Carries one request at a time; called from the sync thread."""

    def fetch(self, request: Request, sink: Sink | None = None, cancelled: Callable[[], bool] = never) -> Fetched:
        """Never raises for what a network or a server can do; OSError of the sink passes."""
