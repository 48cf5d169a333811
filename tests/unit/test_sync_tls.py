"""Certificates: only the server's own, under its own name and within its dates, is the server; drip within TLS ends."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sync.http import Bounds, Fetcher
from sync.transport import Answer, Offline, OfflineReason, Request

GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
DRIP = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n"
TODAY = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(folder: Path, *, first: datetime, last: datetime, address: str = "127.0.0.1") -> Path:
    """A self-signed certificate and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "zerot test")])
    names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / "server.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    path.write_bytes(pem)
    return path


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
