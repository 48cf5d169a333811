"""Certificates: only the server's own, under its own name and within its dates, is the server; drip within TLS ends."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.http import Bounds, Fetcher
from sync.transport import Answer, Offline, OfflineReason, Request
from tests.fixtures.certificates import certificate

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
