"""The one module that imports requests: a bounded fetcher for the device API and, stricter, for foreign feeds.

Everything is capped: connecting, each read, the whole exchange (a watchdog shuts the socket down, so that headers or
bytes dripping slowly end too), bytes on the wire and bytes after decompression. Redirects are refused unless allowed,
then counted, never from https to http. `public_only` refuses private addresses by looking at the peer actually
connected, before a byte is sent: a name that resolves differently the second time gains nothing.
A Fetcher belongs to one thread and keeps connections alive.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from ipaddress import ip_address
from threading import Timer
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sync.answers import REDIRECTS, decode_body, is_repeatable, judge_head, next_url
from sync.tls_dates import ANY_TIME, CertificateDate, Dates, dates_of, undated_context
from sync.transport import Answer, Fetched, Offline, OfflineReason, Request, Sink, never

PIECE_BYTES: Final = 64 * 1024
_X509_NOT_YET_VALID: Final = 9  # OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and …_HAS_EXPIRED
_X509_EXPIRED: Final = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one exchange: 4 s to connect suits a bad 4G line, 60 s in all a batch of 1 MiB at 150 kbit/s."""

    connect_seconds: float = 4.0
    read_seconds: float = 15.0
    total_seconds: float = 60.0
    redirects: int = 0
    public_only: bool = False


class _PrivateAddress(OSError):
    """The peer is not on the public internet."""


class _Watch:
    """The connection of the present exchange, so that the watchdog can end it.

    `sock` is a duplicate of the connection's socket: wrapping in TLS detaches the original, and a duplicate still
    shuts the connection down, handshake included.
    """

    def __init__(self, public_only: bool) -> None:
        self.public_only = public_only
        self.sock: socket.socket | None = None
        self.expired = False
        self.judge_at_ms = ANY_TIME

    def connected(self, sock: socket.socket) -> socket.socket:
        """The duplicate to keep. Raises _PrivateAddress before a byte is sent."""
        if self.public_only and not ip_address(sock.getpeername()[0]).is_global:
            sock.close()
            raise _PrivateAddress("the address is not public")
        self.sock = sock.dup()
        return self.sock

    def expire(self) -> None:
        """On the watchdog's thread: a shut socket makes the read in progress return at once."""
        self.expired = True
        if self.sock is not None:
            with suppress(OSError):  # closed already: the exchange is ending by itself
                self.sock.shutdown(socket.SHUT_RDWR)


class _UndatedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=undated_context(), **kwargs)


def _adapter(watch: _Watch, *, undated: bool = False) -> HTTPAdapter:
    class Watched:
        """Mixed into urllib3's connections."""

        duplicate: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            sock: socket.socket = super()._new_conn()  # type: ignore[misc]
            self.duplicate = watch.connected(sock)
            return sock

        def request(self, *args: Any, **kwargs: Any) -> None:
            watch.sock = self.duplicate  # a kept-alive connection does not connect again
            super().request(*args, **kwargs)  # type: ignore[misc]

        def close(self) -> None:
            super().close()  # type: ignore[misc]
            if self.duplicate is not None:
                self.duplicate.close()
                self.duplicate = None

    class Plain(Watched, HTTPConnection):
        pass

    class Secure(Watched, HTTPSConnection):
        dates: Dates | None = None

        def connect(self) -> None:
            super().connect()
            secure: Any = self.sock
            der = secure.getpeercert(binary_form=True) if undated else None
            self.dates = dates_of(der) if der else None

        def request(self, *args: Any, **kwargs: Any) -> None:
            if undated and self.dates is not None:  # at each request: a kept connection may have been judged otherwise
                self.dates.check(watch.judge_at_ms)
            super().request(*args, **kwargs)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    kind = _UndatedAdapter if undated else HTTPAdapter
    adapter = kind(pool_connections=4, pool_maxsize=1, max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _session(user_agent: str, authorities: str | None, watch: _Watch, *, undated: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a netrc nor a proxy of the shell decides where facts go
    session.verify = authorities or True
    session.headers.clear()
    session.headers["User-Agent"] = user_agent
    for scheme in ("http://", "https://"):
        session.mount(scheme, _adapter(watch, undated=undated))
    return session


class Fetcher:
    """The real transport. `authorities` is a file of CA certificates, None for the system's."""

    def __init__(self, bounds: Bounds = Bounds(), *, user_agent: str = "zerot", authorities: str | None = None) -> None:
        self._bounds = bounds
        self._watch = _Watch(bounds.public_only)
        self._dated = _session(user_agent, authorities, self._watch, undated=False)
        self._undated = _session(user_agent, authorities, self._watch, undated=True)

    def close(self) -> None:
        """Give the connections back."""
        self._dated.close()
        self._undated.close()

    def _session_for(self, request: Request) -> requests.Session:
        return self._dated if request.judge_at_ms is None else self._undated

    def fetch(self, request: Request, sink: Sink | None = None, cancelled: Callable[[], bool] = never) -> Fetched:
        """See sync.transport.Transport."""
        self._watch.expired = False
        self._watch.sock = None
        self._watch.judge_at_ms = request.judge_at_ms or ANY_TIME
        timer = Timer(self._bounds.total_seconds, self._watch.expire)
        timer.daemon = True
        timer.start()
        try:
            for _ in range(self._bounds.redirects + 1):
                fetched = self._once(request, sink, cancelled)
                if not isinstance(fetched, Answer) or fetched.status not in REDIRECTS:
                    return fetched
                target = next_url(request.url, fetched.headers.get("location", ""))
                if target is None:
                    return Offline(OfflineReason.REDIRECT, "sent where we do not go")
                request = replace(request, url=target)
            return Offline(OfflineReason.REDIRECT, "sent elsewhere")
        finally:
            timer.cancel()

    def _once(
        self, request: Request, sink: Sink | None, cancelled: Callable[[], bool], *, again: bool = True
    ) -> Fetched:
        """One exchange. A kept connection that the server closed meanwhile is no news of the line: a request that may
        be repeated (RFC 9110, 9.2.2; facts are idempotent by their ids, turns of a card session by
        theirs) is then tried once more on a fresh one."""
        if cancelled():
            return Offline(OfflineReason.CANCELLED)
        sinking = _Sinking(sink)
        answered = False
        try:
            if urlsplit(request.url).scheme not in ("http", "https"):
                return Offline(OfflineReason.ADDRESS, "neither http nor https")
            response = self._session_for(request).request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body or None,
                timeout=(self._bounds.connect_seconds, self._bounds.read_seconds),
                allow_redirects=False,
                stream=True,
            )
            answered = True
            try:
                return _read(response, request, sinking, cancelled, self._watch)
            finally:
                response.close()
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            HTTPException,
            OSError,
            ValueError,
        ) as error:
            if sinking.failure is not None:
                raise sinking.failure from error
            offline = _offline(error, self._watch)
            repeatable = request.method == "GET" or is_repeatable(request.url)
            if again and repeatable and not answered and offline.reason is OfflineReason.TRUNCATED:
                self._session_for(request).close()  # gives back every kept connection; the session itself stays usable
                return self._once(request, sink, cancelled, again=False)
            return offline


class _Sinking:
    """Calls the sink and keeps its own failure apart from the network's."""

    def __init__(self, sink: Sink | None) -> None:
        self.sink = sink
        self.failure: OSError | None = None

    def write(self, piece: bytes) -> None:
        if self.sink is not None:
            try:
                self.sink.write(piece)
            except OSError as error:
                self.failure = error
                raise


def _read(
    response: requests.Response,
    request: Request,
    sinking: _Sinking,
    cancelled: Callable[[], bool],
    watch: _Watch,
) -> Fetched:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status_code
    refused = judge_head(status, headers, request)
    if refused is not None:
        return refused
    to_sink = sinking.sink is not None and status in (200, 206)
    if to_sink and sinking.sink is not None and not sinking.sink.begin(status, headers):
        return Offline(OfflineReason.GARBAGE, "not the piece that was asked for")
    body, received = bytearray(), 0
    while piece := response.raw.read1(PIECE_BYTES, decode_content=False):
        received += len(piece)
        if received > request.size_max:
            return Offline(OfflineReason.TOO_LARGE, f"more than {request.size_max} bytes")
        if to_sink:
            sinking.write(piece)
        else:
            body += piece
        if cancelled():
            return Offline(OfflineReason.CANCELLED)
    if watch.expired:
        return Offline(OfflineReason.TIMEOUT, "the answer came too slowly")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) != received:
        return Offline(OfflineReason.TRUNCATED, f"{received} of {length} bytes")
    if to_sink:
        return Answer(status, headers, b"")
    plain = decode_body(bytes(body), headers.get("content-encoding", "identity").lower(), request.size_max)
    return plain if isinstance(plain, Offline) else Answer(status, headers, plain)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it wraps: requests hides urllib3's reason, which hides OpenSSL's."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo and len(found) < 20:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _offline(error: BaseException, watch: _Watch) -> Offline:
    if watch.expired:
        return Offline(OfflineReason.TIMEOUT, "the exchange took too long")
    causes = _causes(error)
    detail = type(error).__name__
    for cause in causes:
        if isinstance(cause, _PrivateAddress):
            return Offline(OfflineReason.ADDRESS, "a private address")
        if isinstance(cause, CertificateDate):
            return Offline(OfflineReason.TLS_DATE, str(cause))
        if isinstance(cause, ssl.SSLCertVerificationError):
            by_date = cause.verify_code in (_X509_NOT_YET_VALID, _X509_EXPIRED)
            return Offline(OfflineReason.TLS_DATE if by_date else OfflineReason.TLS, cause.verify_message)
    # In this order: urllib3 counts a failed connection among time-outs, and everything among its HTTPError.
    meanings: tuple[tuple[tuple[type[BaseException], ...], OfflineReason], ...] = (
        ((ssl.SSLError, requests.exceptions.SSLError), OfflineReason.TLS),
        ((urllib3.exceptions.NewConnectionError, ConnectionRefusedError), OfflineReason.NO_ROUTE),
        ((TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError), OfflineReason.TIMEOUT),
        ((requests.exceptions.InvalidURL, ValueError), OfflineReason.ADDRESS),
        ((ConnectionError, HTTPException, urllib3.exceptions.HTTPError), OfflineReason.TRUNCATED),
    )
    for kinds, reason in meanings:
        if any(isinstance(cause, kinds) for cause in causes):
            return Offline(reason, detail)
    return Offline(OfflineReason.NO_ROUTE, detail)
