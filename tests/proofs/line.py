"""Proofs about the line: faults at every class of bytes, lines that lie, wrong clocks."""

from __future__ import annotations

import random
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sync.transport import Offline
from tests.fixtures.certificates import certificate
from tests.fixtures.server import LiveServer
from tests.proofs.books import Counts, check_sums
from tests.proofs.database import Database
from tests.proofs.kiosk import HASTY, PATIENT, Kiosk, ShiftedClock, check, pair, settle
from tests.proofs.relay import Direction, Fault, Kind, Place, Relay

RELAY_BYTES_MAX = 24_000  # of one connection, both ways: about one batch of 500 facts and its answer
TEN_YEARS_MS = 10 * 365 * 86_400_000
WRONG_CLOCKS = {"SLOW": [-TEN_YEARS_MS], "FAST": [TEN_YEARS_MS], "JUMPS": [TEN_YEARS_MS, 0, -TEN_YEARS_MS]}


def port_of(server: LiveServer) -> int:
    return int(server.base.rpartition(":")[2])


@contextmanager
def kiosk_behind(server: LiveServer, name: str, bounds: object = PATIENT) -> Iterator[tuple[Kiosk, Relay]]:
    """A kiosk that reaches `server` through a relay only."""
    with tempfile.TemporaryDirectory() as folder, closing(Relay(port_of(server))) as relay:
        pair(Path(folder), server, name)
        kiosk = Kiosk(Path(folder), relay.url, bounds=bounds)  # type: ignore[arg-type]
        with closing(kiosk):
            yield kiosk, relay


def check_arrived(server: LiveServer, database: Database, kiosk: Kiosk) -> None:
    """The server has exactly this kiosk's facts: none lost, none twice, no hole, none aside."""
    report, name = server.report(), kiosk.pairing.device
    check_sums(report)
    check(not [hole for hole in report["holes"] if hole["device"] == name], f"holes: {report['holes']}")
    check(not [a for a in report["alarms"] if a["device"] == name], f"alarms: {report['alarms'][:3]}")
    aside = database.run(f"SELECT count(*) FROM ledger_quarantined WHERE device = '{name}'")  # noqa: S608
    check(aside == 0, f"{aside} facts of {name} are in quarantine")
    here = sum(1 for _ in kiosk.journal.iterate())
    there = database.run(f"SELECT count(*) FROM ledger_fact WHERE device = '{name}'")  # noqa: S608
    check(there == here, f"{here} facts here, {there} there")


def every_fault() -> list[Fault]:
    """Each kind at each place, in each direction, on the probe (message 0) and on the facts (message 1)."""
    return [
        Fault(kind, direction, place, number)
        for number in (0, 1)
        for direction in Direction
        for place in Place
        for kind in Kind
        if not (kind is Kind.DUPLICATE and (direction is Direction.DOWN or place is not Place.WHOLE))
        # A POST without its last byte is whole for no server, a GET has no body: those places are one there.
        and not (number == 0 and direction is Direction.UP and place in (Place.FIRST, Place.MIDDLE, Place.WHOLE))
    ]


def prove_faults(server: LiveServer, database: Database, share: int, seed: int) -> Counts:
    """Every fault strikes once, each on a fresh connection; afterwards everything is there once. `share` takes every
    n-th of them."""
    faults = every_fault()[seed % share :: share]
    facts = 0
    with kiosk_behind(server, "FAULTS", HASTY) as (kiosk, relay):
        for number, fault in enumerate(faults):
            kiosk.visits(40 + number % 7)
            kiosk.fetcher.close()  # so that the fault meets a fresh connection
            struck = relay.struck
            relay.fault = fault
            facts += kiosk.sync().facts_sent
            relay.fault = None
            check(relay.struck == struck + 1, f"did not strike: {fault}")
        facts += settle(kiosk)
        check_arrived(server, database, kiosk)
    return {"faults": len(faults), "facts": facts}


def prove_cuts(server: LiveServer, database: Database, cuts: int, seed: int) -> Counts:
    """A line cut at a random byte, again and again: once it holds, everything is there once."""
    chance = random.Random(seed)
    told = 0
    with kiosk_behind(server, "CUTS") as (kiosk, relay):
        relay.bytes_left = lambda: chance.randrange(RELAY_BYTES_MAX)
        for number in range(cuts):
            kiosk.visits(random.Random(seed + number).randint(1, 400))
            told += kiosk.sync().facts_sent
        relay.bytes_left = None
        kiosk.fetcher.close()
        told += settle(kiosk)
        check_arrived(server, database, kiosk)
    return {"passes": cuts, "connections cut": relay.struck, "facts": told}


PAGE = b"<html>Bienvenue, acceptez nos conditions</html>"
LIES: dict[str, bytes] = {
    "captive portal": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE),
    "redirect loop": b"HTTP/1.1 302 Found\r\nLocation: /api/v1/feeds?cursor=0.0\r\nContent-Length: 0\r\n\r\n",
    "portal's status": b"HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "other JSON": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}',
    "facts refused with a page": b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n",
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 40_000,
    "not HTTP": b"\x16\x03\x01\x00\xa5" * 200,
    "nothing": b"",
}


@contextmanager
def liar(answer: bytes, *, drip: bool = False, pem: Path | None = None) -> Iterator[int]:
    """Somebody else at the server's address, who answers every request with the same bytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    context = None
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(5)
            spoken = connection if context is None else context.wrap_socket(connection, server_side=True)
            while spoken.recv(65536):
                if not drip:
                    spoken.sendall(answer)
                    if not answer or answer.startswith(b"\x16"):
                        return
                for byte in answer if drip else b"":
                    spoken.sendall(bytes([byte]))
                    if over.wait(0.05):
                        return

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def prove_lies(server: LiveServer, database: Database) -> Counts:
    """Portals, redirects, drips, foreign certificates: offline, never a loss; then the true server has everything."""
    with tempfile.TemporaryDirectory() as named:
        folder, told = Path(named), []
        pair(folder / "kiosk", server, "LIES")
        own = certificate(folder, first=datetime(2020, 1, 1, tzinfo=UTC), last=datetime(2099, 1, 1, tzinfo=UTC))
        cases: list[tuple[str, bytes, bool, Path | None]] = [
            *((name, answer, False, None) for name, answer in LIES.items()),
            ("slow drip", LIES["other JSON"] * 10, True, None),
            ("slow drip of headers", LIES["endless headers"], True, None),
            ("bad certificate", LIES["other JSON"], False, own),
        ]
        for name, answer, drip, pem in cases:
            with liar(answer, drip=drip, pem=pem) as port:
                url = f"{'http' if pem is None else 'https'}://127.0.0.1:{port}"
                with closing(Kiosk(folder / "kiosk", url, bounds=HASTY)) as kiosk:
                    kiosk.visits(7)
                    report = kiosk.sync()
                    check(isinstance(report.trouble, Offline), f"{name}: {report.trouble}")
                    check((report.facts_sent, report.online) == (0, False), f"{name}: {report}")
                    check(report.facts_waiting == kiosk.journal.last_place()[1], f"{name}: {report.facts_waiting} wait")
                    told.append(name)
        with closing(Kiosk(folder / "kiosk", server.base)) as kiosk:
            facts = settle(kiosk)
            check_arrived(server, database, kiosk)
    return {"lies": len(told), "facts": facts}


def prove_clocks(server: LiveServer) -> Counts:
    """Clocks ten years slow, ten years fast, and jumping: nothing is refused, feeds are taken, both times are kept."""
    facts = 0
    for name, shifts in {
        "SLOW": [-TEN_YEARS_MS],
        "FAST": [TEN_YEARS_MS],
        "JUMPS": [TEN_YEARS_MS, 0, -TEN_YEARS_MS],
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            pair(Path(folder), server, name)
            for shift in shifts:
                with closing(Kiosk(Path(folder), server.base, clock=ShiftedClock(shift))) as kiosk:
                    kiosk.visits(50)
                    kiosk.sell(f"{400_000 + facts:08d}")
                    report = kiosk.sync()
                    check(report.trouble is None and report.facts_waiting == 0, f"{name}: {report}")
                    check(report.quarantined == 0, f"{name}: {report.quarantined} facts in quarantine")
                    check("config" in kiosk.state.kept_feeds(), f"{name}: no configuration")
                    offset = kiosk.state.clock_offset()
                    measured = None if offset is None else offset.offset_ms
                    check(measured is not None and abs(measured + shift) < 60_000, f"{name}: offset {measured}")
                    facts += report.facts_sent
    check_sums(server.report())
    return {"clocks": 5, "facts": facts}
