"""The fetcher against a real server on port 0 that misbehaves in every way we know."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest
import zstandard

from sync.http import Bounds, Fetcher
from sync.transport import Answer, Offline, OfflineReason, Request

JSON = "Content-Type: application/json\r\n"
Play = Callable[[socket.socket, bytes], None]


class FakeServer:
    """Accepts one connection after another and plays a scene on each; the last scene is repeated."""

    def __init__(self, *scenes: Play) -> None:
        self.scenes = list(scenes)
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        count = 0
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            scene = self.scenes[min(count, len(self.scenes) - 1)]
            count += 1
            with connection:
                connection.settimeout(10)
                try:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        piece = connection.recv(65536)
                        if not piece:
                            break
                        request += piece
                    self.requests.append(request)
                    scene(connection, request)
                except OSError:
                    continue  # the client hung up, which is what most scenes are about

    def close(self) -> None:
        self.stopping.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(15)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1/feeds"


def says(raw: bytes | str) -> Play:
    data = raw.encode() if isinstance(raw, str) else raw
    return lambda connection, request: connection.sendall(data)


def answer(body: bytes, headers: str = JSON, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {size}\r\n\r\n".encode() + body


@pytest.fixture
def serve() -> Iterator[Callable[..., FakeServer]]:
    started: list[FakeServer] = []

    def start(*scenes: Play) -> FakeServer:
        started.append(FakeServer(*scenes))
        return started[-1]

    yield start
    for server in started:
        server.close()


QUICK = Bounds(2, 2, 5)


def fetch(server: FakeServer, *, bounds: Bounds = QUICK, size_max: int = 100_000) -> Answer | Offline:
    with closing(Fetcher(bounds)) as fetcher:
        return fetcher.fetch(Request("GET", server.url, size_max=size_max))


Serve = Callable[..., FakeServer]


def test_a_good_answer(serve: Serve) -> None:
    found = fetch(serve(says(answer(b'{"a":1}', JSON + "Retry-After: 3\r\n"))))
    assert isinstance(found, Answer)
    assert (found.status, found.body, found.headers["retry-after"]) == (200, b'{"a":1}', "3")


def test_chunks_and_compressed_bodies(serve: Serve) -> None:
    chunked = f"HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    plain = b'{"a":"' + b"x" * 5000 + b'"}'
    packed = zstandard.compress(plain)
    for raw, expected in (
        (chunked.encode(), b"abcde"),
        (answer(packed, JSON + "Content-Encoding: zstd\r\n"), plain),
        (answer(gzip.compress(plain), JSON + "Content-Encoding: gzip\r\n"), plain),
    ):
        found = fetch(serve(says(raw)))
        assert isinstance(found, Answer), found
        assert found.body == expected


def test_what_identifies_the_shell_is_not_sent(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = serve(says(answer(b"{}")))
    assert isinstance(fetch(server), Answer)
    assert b"User-Agent: zerot\r\n" in server.requests[0]
    assert len(server.requests[0]) < 150


PORTAL = answer(b"<html>Welcome to Hotel Wi-Fi</html>", "Content-Type: text/html; charset=utf-8\r\n")
SCENES: Mapping[str, tuple[bytes, OfflineReason]] = {
    "captive portal": (PORTAL, OfflineReason.PORTAL),
    "portal with 511": (answer(b"{}", status="511 Network Authentication Required"), OfflineReason.PORTAL),
    "gateway page": (
        answer(b"<html>", "Content-Type: text/html\r\n", "502 Bad Gateway"),
        OfflineReason.PORTAL,
    ),
    "wrong content type": (answer(b"{}", "Content-Type: text/plain\r\n"), OfflineReason.GARBAGE),
    "no content type": (answer(b"{}", ""), OfflineReason.GARBAGE),
    "truncated": (answer(b'{"a":', length=500), OfflineReason.TRUNCATED),
    "truncated chunk": (
        f"HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\nff\r\nabc".encode(),
        OfflineReason.TRUNCATED,
    ),
    "nothing": (b"", OfflineReason.TRUNCATED),
    "not http": (b"220 smtp.example ready\r\n\r\n", OfflineReason.TRUNCATED),
    "endless": (answer(b"x" * 200_000), OfflineReason.TOO_LARGE),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n", OfflineReason.REDIRECT),
    "zstd bomb": (
        answer(zstandard.compress(bytes(50_000_000)), JSON + "Content-Encoding: zstd\r\n"),
        OfflineReason.TOO_LARGE,
    ),
    "gzip bomb": (
        answer(gzip.compress(bytes(50_000_000)), JSON + "Content-Encoding: gzip\r\n"),
        OfflineReason.TOO_LARGE,
    ),
    "broken zstd": (answer(b"nope", JSON + "Content-Encoding: zstd\r\n"), OfflineReason.GARBAGE),
    "broken gzip": (answer(b"nope", JSON + "Content-Encoding: gzip\r\n"), OfflineReason.GARBAGE),
    "half gzip": (
        answer(gzip.compress(b"x" * 999)[:-9], JSON + "Content-Encoding: gzip\r\n"),
        OfflineReason.TRUNCATED,
    ),
    "unknown encoding": (answer(b"{}", JSON + "Content-Encoding: br\r\n"), OfflineReason.GARBAGE),
}


@pytest.mark.parametrize("name", SCENES)
def test_what_a_line_can_do_is_offline_never_an_exception(serve: Serve, name: str) -> None:
    raw, reason = SCENES[name]
    found = fetch(serve(says(raw)))
    assert isinstance(found, Offline), found
    assert found.reason is reason


def test_a_busy_server_is_an_answer_whatever_its_page(serve: Serve) -> None:
    page = answer(b"<html>", "Content-Type: text/html\r\nRetry-After: 7\r\n", "503 Service Unavailable")
    found = fetch(serve(says(page)))
    assert isinstance(found, Answer)
    assert (found.status, found.headers["retry-after"]) == (503, "7")


def test_a_closed_port_an_unknown_name_and_a_bad_address() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with closing(Fetcher(Bounds(1, 1, 3))) as fetcher:
        for url, reason in (
            (f"http://127.0.0.1:{port}/", OfflineReason.NO_ROUTE),
            ("http://no-such-host.invalid/", OfflineReason.NO_ROUTE),
            ("file:///etc/passwd", OfflineReason.ADDRESS),
            ("http://[::1/", OfflineReason.ADDRESS),
        ):
            found = fetcher.fetch(Request("GET", url))
            assert isinstance(found, Offline)
            assert found.reason is reason, (url, found)


def drip(start: bytes) -> Play:
    def play(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start)
        never = threading.Event()
        while True:
            connection.sendall(b"x")
            never.wait(0.05)

    return play


@pytest.mark.parametrize(
    "start", [answer(b"", length=90_000), f"HTTP/1.1 200 OK\r\n{JSON}X-Slow: ".encode(), b"HTTP/1.1 2"]
)
def test_a_slow_drip_ends_at_the_total_time(serve: Serve, start: bytes) -> None:
    found = fetch(serve(drip(start)), bounds=Bounds(2, 2, 0.6))
    assert isinstance(found, Offline)
    assert found.reason is OfflineReason.TIMEOUT


def test_silence_ends_at_the_read_time(serve: Serve) -> None:
    released = threading.Event()
    found = fetch(serve(lambda connection, request: (released.wait(3), None)[1]), bounds=Bounds(1, 0.3, 5))
    released.set()
    assert isinstance(found, Offline)
    assert found.reason is OfflineReason.TIMEOUT


def test_a_redirect_loop_is_counted_where_redirects_are_allowed(serve: Serve) -> None:
    server = serve(says(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\n\r\n"))
    found = fetch(server, bounds=Bounds(2, 2, 5, redirects=3))
    assert isinstance(found, Offline)
    assert found.reason is OfflineReason.REDIRECT
    assert len(server.requests) == 4


def test_private_addresses_are_refused_for_feeds_before_a_byte(serve: Serve) -> None:
    server = serve(says(answer(b"{}")))
    found = fetch(server, bounds=Bounds(2, 2, 5, public_only=True))
    assert isinstance(found, Offline)
    assert found.reason is OfflineReason.ADDRESS
    assert b"".join(server.requests) == b""


def test_a_kept_connection_that_died_is_offline_once_then_works(serve: Serve) -> None:
    server = serve(says(answer(b"{}")))
    with closing(Fetcher(Bounds(2, 2, 5))) as fetcher:
        answers = [fetcher.fetch(Request("GET", server.url)) for _ in range(4)]
    assert sum(isinstance(found, Answer) for found in answers) >= 2


def test_cancelled_before_and_within(serve: Serve) -> None:
    server = serve(says(answer(b"x" * 90_000)))
    with closing(Fetcher(Bounds(2, 2, 5))) as fetcher:
        assert fetcher.fetch(Request("GET", server.url), cancelled=lambda: True) == Offline(OfflineReason.CANCELLED)
        asked = iter([False, True, True])
        found = fetcher.fetch(Request("GET", server.url), cancelled=lambda: next(asked))
    assert found == Offline(OfflineReason.CANCELLED)


class ListSink:
    def __init__(self, *, accept: bool = True, full: bool = False) -> None:
        self.pieces: list[bytes] = []
        self.accept, self.full = accept, full

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        return self.accept

    def write(self, piece: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.pieces.append(piece)


def test_a_body_goes_to_a_sink_and_what_came_before_a_cut_stays(serve: Serve) -> None:
    kind = "Content-Type: image/webp\r\n"
    for raw, expected in (
        (answer(b"w" * 70_000, kind), Answer),
        (answer(b"w" * 70_000, kind, length=99_999), Offline),
    ):
        sink = ListSink()
        with closing(Fetcher(Bounds(2, 2, 5))) as fetcher:
            request = Request("GET", serve(says(raw)).url, size_max=200_000, types=frozenset({"image/webp"}))
            found = fetcher.fetch(request, sink)
        assert isinstance(found, expected)
        assert b"".join(sink.pieces) == b"w" * 70_000


def test_a_sink_may_refuse_and_its_full_disk_is_not_the_lines_fault(serve: Serve) -> None:
    server = serve(says(answer(b"{}")))
    with closing(Fetcher(Bounds(2, 2, 5))) as fetcher:
        found = fetcher.fetch(Request("GET", server.url), ListSink(accept=False))
        assert isinstance(found, Offline)
        assert found.reason is OfflineReason.GARBAGE
        with pytest.raises(OSError, match="No space left"):
            fetcher.fetch(Request("GET", server.url), ListSink(full=True))
