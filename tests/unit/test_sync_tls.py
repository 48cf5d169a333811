"""Certificates: only the server's own, under its own name and within its dates, is the server; drip within TLS ends."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from domain.ports import FixedClock
from sync.client import DeviceClient
from sync.http import Bounds, Fetcher
from sync.keys import TIME_TAG, ServerIdentity, create_device_identity, create_server_identity
from sync.messages_pairing import TimeAnswer, build_time_answer, time_document
from sync.protocol import START, Cursor, FeedsAnswer, build_feeds_answer
from sync.transport import Answer, Offline, OfflineReason, Request
from tests.fixtures.certificates import certificate
from tests.unit.sync_fake_central import SeededChance

GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
DRIP = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n"
TODAY = datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def tls_server(pem: Path, answer: bytes, *, drip: bool = False) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            plain.settimeout(10)
            try:
                with context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(answer)
                    while drip and not done.wait(0.05):
                        secure.sendall(b"x")
            except OSError:
                plain.close()  # the client refused the certificate or hung up

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        done.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(15)


def fetch(port: int, authorities: Path | None, bounds: Bounds) -> Answer | Offline:
    with closing(Fetcher(bounds, authorities=None if authorities is None else str(authorities))) as fetcher:
        return fetcher.fetch(Request("GET", f"https://127.0.0.1:{port}/"))


YEARS = timedelta(days=3650)


@pytest.mark.parametrize(
    ("first", "last", "address", "trusted", "reason"),
    [
        (TODAY - YEARS, TODAY + YEARS, "127.0.0.1", True, None),
        (TODAY - YEARS, TODAY + YEARS, "127.0.0.1", False, OfflineReason.TLS),
        (TODAY - YEARS, TODAY + YEARS, "127.0.0.2", True, OfflineReason.TLS),
        (TODAY - 2 * YEARS, TODAY - YEARS, "127.0.0.1", True, OfflineReason.TLS_DATE),
        (TODAY + YEARS, TODAY + 2 * YEARS, "127.0.0.1", True, OfflineReason.TLS_DATE),
    ],
)
def test_only_the_servers_certificate_is_the_server(
    tmp_path: Path,
    first: datetime,
    last: datetime,
    address: str,
    trusted: bool,
    reason: OfflineReason | None,
) -> None:
    pem = certificate(tmp_path, first=first, last=last, address=address)
    with tls_server(pem, GOOD) as port:
        found = fetch(port, pem if trusted else None, Bounds(2, 2, 5))
    if reason is None:
        assert isinstance(found, Answer), found
        assert found.body == b"{}"
    else:
        assert isinstance(found, Offline)
        assert found.reason is reason, found


def test_a_slow_drip_within_tls_ends_too(tmp_path: Path) -> None:
    pem = certificate(tmp_path, first=TODAY - YEARS, last=TODAY + YEARS)
    with tls_server(pem, DRIP, drip=True) as port:
        found = fetch(port, pem, Bounds(2, 2, 0.8))
    assert isinstance(found, Offline)
    assert found.reason is OfflineReason.TIMEOUT


def test_a_server_that_speaks_no_tls_is_offline() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        found = fetch(listener.getsockname()[1], None, Bounds(2, 2, 5))
        thread.join(10)
    assert isinstance(found, Offline)
    assert found.reason is OfflineReason.TLS


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@contextmanager
def central(pem: Path, keys: ServerIdentity, now: datetime, *, lies: bool = False) -> Iterator[tuple[int, list[str]]]:
    """A server behind TLS whose own clock says `now`: it answers time and feeds, and notes what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            asked.append(f"{path} created={self.headers.get('Signature-Input', '')[-200:]}")
            nonce = "another" if lies else query.removeprefix("nonce=")
            time = ms(now)
            body = build_feeds_answer(FeedsAnswer(Cursor(1, 0), 1, time, None, 0, ()))
            if path == "/api/v1/time":
                signature = keys.sign_document(TIME_TAG, time_document(time, nonce))
                body = build_time_answer(TimeAnswer(time, nonce, signature))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """The client refused the certificate: that is the test."""

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(15)


@contextmanager
def client_of(port: int, pem: Path | None, device_ms: int) -> Iterator[DeviceClient]:
    with closing(Fetcher(Bounds(2, 2, 5), authorities=None if pem is None else str(pem))) as fetcher:
        identity, clock = create_device_identity(), FixedClock(device_ms, 1_000)
        url = f"https://127.0.0.1:{port}"
        yield DeviceClient(fetcher, url, "BC-017", identity, clock=clock, chance=SeededChance(4))


# The machine's clock is right, so a certificate that is over for it stands for a device whose clock is ahead,
# and one that is yet to come for a dead battery; the server's time decides which.
SPANS = {"a clock ahead": (TODAY - 2 * YEARS, TODAY - YEARS), "a clock behind": (TODAY + YEARS, TODAY + 2 * YEARS)}


@pytest.mark.parametrize("name", SPANS)
def test_the_servers_signed_time_judges_the_certificate_and_dates_the_requests(tmp_path: Path, name: str) -> None:
    first, last = SPANS[name]
    now, keys = first + (last - first) / 2, create_server_identity()
    pem = certificate(tmp_path, first=first, last=last)
    with central(pem, keys, now) as (port, asked), client_of(port, pem, ms(TODAY)) as client:
        before = client.read_feeds(START)
        assert isinstance(before, Offline)
        assert before.reason is OfflineReason.TLS_DATE
        told = client.measure_time(keys.public)
        assert isinstance(told, TimeAnswer), told
        assert told.time == ms(now)
        found = client.read_feeds(START)
        assert isinstance(found, FeedsAnswer), found
        assert f"created={ms(now) // 1000};" in asked[-1]
        assert client.read_feeds(START) == found  # over the connection that was kept


@pytest.mark.parametrize("lie", ["another nonce", "another key", "really over", "another name", "no chain"])
def test_a_signed_time_opens_nothing_else(tmp_path: Path, lie: str) -> None:
    first, last = SPANS["a clock ahead"]
    keys = create_server_identity()
    now = TODAY + YEARS if lie == "really over" else first + (last - first) / 2
    pem = certificate(tmp_path, first=first, last=last, address="127.0.0.2" if lie == "another name" else "127.0.0.1")
    trusted = None if lie == "no chain" else pem
    believed = create_server_identity() if lie == "another key" else keys
    with (
        central(pem, keys, now, lies=lie == "another nonce") as (port, asked),
        client_of(port, trusted, ms(TODAY)) as client,
    ):
        told = client.measure_time(believed.public)
        found = client.read_feeds(START)
        assert isinstance(found, Offline)
        if lie == "really over":
            assert isinstance(told, TimeAnswer)
        else:
            reason = OfflineReason.TLS if lie in ("another name", "no chain") else OfflineReason.GARBAGE
            assert isinstance(told, Offline)
            assert told.reason is reason, told
        assert not any("/feeds" in line for line in asked), "the certificate was judged before a byte was sent"
