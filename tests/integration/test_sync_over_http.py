"""The whole sync over a real line: engine, fetcher and a small HTTP server on port 0 that can be made to misbehave."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from domain.ports import FixedClock, Uuid7Ids
from kiosk.store.content import ContentStore
from kiosk.store.journal import Draft
from kiosk.store.journal_opening import open_journal
from kiosk.store.state import KioskState
from sync.client import DeviceClient
from sync.content_pull import ContentActivated
from sync.engine import Engine, SyncReport
from sync.feeds import Recipient
from sync.http import Bounds, Fetcher
from sync.keys import create_device_identity
from sync.transport import Answer, Offline, OfflineReason, Request
from tests.unit.sync_fake_central import NOW_MS, FakeCentral, SeededChance

IDENTITY = create_device_identity()
Misbehave = Callable[[BaseHTTPRequestHandler], bool]


@dataclass
class Line:
    """The server's side of the line; `misbehave` answers in its place when it returns True."""

    central: FakeCentral
    misbehave: Misbehave = lambda handler: False
    bytes_up: int = 0
    bytes_down: int = 0
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Buffer:
    def __init__(self) -> None:
        self.data = bytearray()
        self.status, self.headers = 200, {}  # type: int, Mapping[str, str]

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        self.status, self.headers = status, headers
        return True

    def write(self, piece: bytes) -> None:
        self.data += piece


def handler_for(line: Line) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            line.connections += 1

        def log_message(self, *args: Any) -> None:
            return

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            line.bytes_up += len(self.raw_requestline) + len(str(self.headers)) + len(body)
            if line.misbehave(self):
                self.close_connection = True
                return
            sink = _Buffer()
            url = f"http://{self.headers['Host']}{self.path}"
            with line.lock:
                wants = sink if "/blobs/" in self.path else None
                found = line.central.fetch(Request(self.command, url, dict(self.headers), body), wants)
            assert isinstance(found, Answer)
            data = bytes(sink.data) if wants and found.status in (200, 206) else found.body
            headers = "".join(f"{name}: {value}\r\n" for name, value in {**sink.headers, **found.headers}.items())
            raw = f"HTTP/1.1 {found.status} X\r\n{headers}Content-Length: {len(data)}\r\n\r\n".encode() + data
            line.bytes_down += len(raw)
            self.wfile.write(raw)

    return Handler


@dataclass
class Kiosk:
    line: Line
    engine: Engine
    journal: Any
    state: KioskState
    content: ContentStore

    def sync(self) -> SyncReport:
        return self.engine.run_once()


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    clock = FixedClock(NOW_MS, 0)
    chance = SeededChance()
    line = Line(FakeCentral(clock, IDENTITY.public_der))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(line))
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
    thread.start()
    recipient = Recipient("bon-coin", "BC-017", line.central.keys.public)
    fetcher = Fetcher(Bounds(2, 1, 2))
    journal = open_journal(
        tmp_path / "journal", "bon-coin", "BC-017",
        clock=clock, ids=Uuid7Ids(clock, chance), chance=chance, boot="b",
    )  # fmt: skip
    journal.start_incarnation(1, "paired")
    state = KioskState(tmp_path / "state.db", recipient, boot="b")

    def check(path: Path) -> None:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    content = ContentStore(tmp_path / "content", line.central.keys.public, check)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    client = DeviceClient(fetcher, url, "BC-017", IDENTITY, clock=clock, chance=chance)
    engine = Engine(client, journal, state, content, recipient, clock=clock, chance=chance)
    yield Kiosk(line, engine, journal, state, content)
    fetcher.close()
    server.shutdown()
    server.server_close()
    thread.join(10)
    journal.close()
    state.close()


def publish(kiosk: Kiosk, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "c.db")) as connection:
        connection.execute("CREATE TABLE offers (name TEXT)")
        connection.commit()
    pictures = {"a": b"\x89PNG\r\n\x1a\n" + bytes(300_000)}
    kiosk.line.central.publish_content(7, (tmp_path / "c.db").read_bytes(), pictures)


def test_everything_over_one_kept_connection(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.journal.append_all([Draft("visit", {"site": 17, "n": n}) for n in range(1_500)])
    kiosk.line.central.publish("blocklist", cards=[])
    publish(kiosk, tmp_path)
    report = kiosk.sync()
    assert (report.trouble, report.facts_sent, report.facts_waiting) == (None, 1_501, 0)
    assert report.content == ContentActivated(7)
    assert report.new_feeds == ("blocklist",)
    assert kiosk.line.connections == 1


def test_an_idle_sync_is_one_request_within_a_kilobyte(kiosk: Kiosk) -> None:
    kiosk.sync()
    kiosk.line.central.requests.clear()
    kiosk.line.bytes_up = kiosk.line.bytes_down = 0
    assert kiosk.sync().trouble is None
    assert kiosk.line.central.requests == ["GET /api/v1/feeds"]
    assert 0 < kiosk.line.bytes_up + kiosk.line.bytes_down <= 1024


def raw(data: bytes) -> Misbehave:
    def play(handler: BaseHTTPRequestHandler) -> bool:
        handler.wfile.write(data)
        return True

    return play


def drip(handler: BaseHTTPRequestHandler) -> bool:
    never = threading.Event()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            never.wait(0.1)
    except OSError:
        return True


JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
SCENES: Mapping[str, tuple[Misbehave, OfflineReason]] = {
    "garbage json": (raw(JSON + b'7\r\n\r\n{"a":x}'), OfflineReason.GARBAGE),
    "json of another": (raw(JSON + b'11\r\n\r\n{"ok":true}'), OfflineReason.GARBAGE),
    "captive portal": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"),
        OfflineReason.PORTAL,
    ),
    "redirect": (
        raw(b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n"),
        OfflineReason.REDIRECT,
    ),
    "truncated": (raw(JSON + b'700\r\n\r\n{"cursor":'), OfflineReason.TRUNCATED),
    "half-closed": (raw(b""), OfflineReason.TRUNCATED),
    "wrong content type": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),
        OfflineReason.GARBAGE,
    ),
    "slow drip": (drip, OfflineReason.TIMEOUT),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_bad_line_loses_nothing_and_the_next_sync_is_whole(kiosk: Kiosk, name: str) -> None:
    kiosk.line.misbehave, reason = SCENES[name]
    kiosk.journal.append_all([Draft("sale", {"n": n}) for n in range(3)])
    report = kiosk.sync()
    assert isinstance(report.trouble, Offline)
    assert report.trouble.reason is reason
    assert (report.facts_waiting, kiosk.line.central.facts) == (4, {})
    kiosk.line.misbehave = lambda handler: False
    report = kiosk.sync()
    assert (report.trouble, report.facts_waiting, len(kiosk.line.central.facts)) == (None, 0, 4)


def test_content_cut_again_and_again_arrives_by_ranges(kiosk: Kiosk, tmp_path: Path) -> None:
    publish(kiosk, tmp_path)
    served = {"pieces": 0}

    def cut(handler: BaseHTTPRequestHandler) -> bool:
        """Send 40 000 bytes of the rest of the picture, then hang up."""
        name = handler.path.rpartition("/")[2]
        data = kiosk.line.central.blobs.get(name, b"")
        if "/blobs/" not in handler.path or len(data) < 100_000:
            return False
        span = handler.headers.get("Range", "")
        start = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        head = f"HTTP/1.1 {206 if start else 200} X\r\nContent-Type: image/png\r\n"
        if start:
            head += f"Content-Range: bytes {start}-{len(data) - 1}/{len(data)}\r\n"
        handler.wfile.write(f"{head}Content-Length: {len(data) - start}\r\n\r\n".encode())
        handler.wfile.write(data[start : start + 40_000])
        served["pieces"] += 1
        return True

    kiosk.line.misbehave = cut
    assert kiosk.sync().content == ContentActivated(7)
    assert served["pieces"] == 8
    picture = kiosk.content.picture_path("a")
    assert picture is not None
    assert picture.stat().st_size == 300_008
