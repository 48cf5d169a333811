"""Server figures as JSON lines: `sync.ingest_sqlite_per_s`, `sync.ingest_postgresql_per_s`, `sync.end_to_end_per_s`.

A real `zerot server` child on loopback. Ingest: two devices push signed batches of 1 000 facts, 20 % of them money
that is booked; facts per second until the last acknowledgement. End to end: one kiosk's journal and engine, from the
first append to the last acknowledgement, on SQLite. `limit`: the same rows into a bare table of the same database in
the same run, each batch durable (COPY on PostgreSQL).

Usage: python -m bench.bench_ingest sqlite|postgresql|end_to_end
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg

from domain.facts import Fact
from domain.ports import Uuid7Ids
from hardware.card.system import SystemChance
from kiosk.store.content import ContentStore
from kiosk.store.journal import Draft, open_journal
from kiosk.store.state import KioskState
from kiosk.workers.clock import DeviceClock
from sync.client import DeviceClient as EngineClient
from sync.client import Refused
from sync.engine import Engine
from sync.http import Bounds, Fetcher
from sync.keys import create_device_identity
from sync.pairing import Pairing, claim, finish
from sync.protocol import parse_code
from sync.transport import Offline
from tests.fixtures.cluster import cluster
from tests.fixtures.device_client import DeviceClient, FactChain
from tests.fixtures.purse_facts import award, card_seen, debit_intent, load_intent, outcome
from tests.fixtures.server import LiveServer, live_server

DEVICES = 2
BATCHES = 11  # of each device, the first left out of the measurement: it warms the server
BATCH_FACTS = 1000
CARD_FACTS = 30  # 6 of money, 24 visits: the mix of bench_sync_wire
END_TO_END_FACTS = 5_000


def visit(number: int) -> dict[str, object]:
    return {
        "site": 1, "session": f"s{number}", "started_at": number * 1_000, "ended_at": number * 1_000 + 90_000,
        "language": "fr", "card": None, "offers_seen": number % 12,
    }  # fmt: skip


def make_facts(device: str, index: int, count: int) -> list[Fact]:
    """A chain of `count` facts; ids and cards are this device's own."""
    chain = FactChain(device)
    base = (index + 1) * 100_000_000

    def add(kind: str, body: dict[str, object]) -> Fact:
        return chain.add(kind, body, base + len(chain.facts))  # type: ignore[arg-type]

    add("incarnation.started", {"reason": "paired", "fork": None})
    while len(chain.facts) < count:
        card = f"{index + 1}{len(chain.facts):07d}"
        loaded = add("purse.load.intent", load_intent(card=card))
        add("purse.load.outcome", outcome(loaded.id))
        paid = add("purse.debit.intent", {**debit_intent(card=card), "sale": f"sale-{card}"})
        add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200, points=40))
        add("points.awarded", award(paid.id, card=card))
        add("card.seen", card_seen(2, 3200, 40, [], card=card))
        for number in range(CARD_FACTS - 6):
            add("visit", visit(number))
    return chain.facts[:count]


def push(client: DeviceClient, batches: list[list[Fact]]) -> None:
    for batch in batches:
        answer = client.push(batch)
        if answer.status != 200 or set(answer.json["outcomes"]) != {"created"}:
            raise SystemExit(f"the server refused a batch: {answer.status} {answer.body[:300]!r}")


def measure(server: LiveServer) -> tuple[float, list[Fact]]:
    """(facts per second, the facts of the first device)."""
    clients = [server.paired(f"BENCH-{index}") for index in range(DEVICES)]
    work = []
    for index, client in enumerate(clients):
        facts = make_facts(client.name, index, BATCHES * BATCH_FACTS)
        work.append([facts[start : start + BATCH_FACTS] for start in range(0, len(facts), BATCH_FACTS)])
    for client, batches in zip(clients, work, strict=True):
        push(client, batches[:1])
    started = time.perf_counter()
    with ThreadPoolExecutor(DEVICES) as pool:
        for done in [pool.submit(push, *pair) for pair in zip(clients, (b[1:] for b in work), strict=True)]:
            done.result()
    seconds = time.perf_counter() - started
    report = server.report()
    if report["quarantined"] or report["ledger_sum_cents"] or report["facts"] != DEVICES * BATCHES * BATCH_FACTS:
        raise SystemExit(f"the server's books are wrong: {report}")
    return DEVICES * (BATCHES - 1) * BATCH_FACTS / seconds, [fact for batch in work[0] for fact in batch]


Row = tuple[str, str, int, int, str, int, str, bytes]


def rows_of(facts: list[Fact]) -> list[Row]:
    return [
        (f.id, f.device, f.incarnation, f.sequence, f.kind, f.occurred_at, json.dumps(f.body), f.hash) for f in facts
    ]


COLUMNS = "id text primary key, device text, incarnation int, sequence int, kind text, at bigint, body text, hash"


def bare_sqlite(folder: Path, rows: list[Row]) -> float:
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"CREATE TABLE bare ({COLUMNS} blob)")
        started = time.perf_counter()
        for start in range(0, len(rows), BATCH_FACTS):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare VALUES (?,?,?,?,?,?,?,?)", rows[start : start + BATCH_FACTS])
            connection.execute("COMMIT")
        return len(rows) / (time.perf_counter() - started)


def bare_postgresql(url: str, rows: list[Row]) -> float:
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE bare ({COLUMNS} bytea)".encode())
        connection.commit()
        started = time.perf_counter()
        for start in range(0, len(rows), BATCH_FACTS):
            with connection.cursor().copy("COPY bare FROM STDIN") as copy:
                for row in rows[start : start + BATCH_FACTS]:
                    copy.write_row(row)
            connection.commit()
        return len(rows) / (time.perf_counter() - started)


def ingest(kind: str, folder: Path) -> None:
    if kind == "sqlite":
        with live_server(folder / "server") as server:
            value, facts = measure(server)
        limit = bare_sqlite(folder, rows_of(facts))
    else:
        with cluster() as postgres:
            url = postgres.create_database("bench")
            with live_server(folder / "server", url) as server:
                value, facts = measure(server)
            limit = bare_postgresql(url, rows_of(facts))
    report(f"sync.ingest_{kind}_per_s", value, DEVICES * (BATCHES - 1) * BATCH_FACTS, limit)


def paired(server: LiveServer, fetcher: Fetcher) -> tuple[Pairing, EngineClient]:
    identity, clock, chance = create_device_identity(), DeviceClock(), SystemChance()
    code = parse_code(server.create_device("BENCH-E")["code"])
    found = claim(fetcher, server.base, code, identity, "bench")
    if isinstance(found, Refused | Offline):
        raise SystemExit(f"the server refused the pairing: {found}")
    pairing, _words = found
    client = EngineClient(fetcher, server.base, pairing.device, identity, clock=clock, chance=chance)
    server.run("approve", pairing.device)
    done = finish(client, pairing)
    if not isinstance(done, Pairing):
        raise SystemExit(f"the pairing was not finished: {done}")
    return done, client


def end_to_end(folder: Path) -> None:
    """One kiosk's journal, engine and line: appended, sent, acknowledged."""
    clock, chance = DeviceClock(), SystemChance()
    with live_server(folder / "server") as server, closing(Fetcher(Bounds(3, 30, 120))) as fetcher:
        pairing, client = paired(server, fetcher)
        state = KioskState(folder / "state.db", pairing.recipient, boot="bench")
        content = ContentStore(folder / "content", pairing.server_key, lambda path: None)
        with open_journal(
            folder / "journal", pairing.territory, pairing.device,
            clock=clock, ids=Uuid7Ids(clock, chance), chance=chance, boot="bench",
        ) as journal:  # fmt: skip
            engine = Engine(client, journal, state, content, pairing.recipient, clock=clock, chance=chance)
            journal.start_incarnation(pairing.incarnation, "paired")
            engine.run_once()  # configuration and content are here before the clock runs
            started = time.perf_counter()
            for start in range(0, END_TO_END_FACTS, BATCH_FACTS):
                journal.append_all([Draft("visit", visit(start + n)) for n in range(BATCH_FACTS)])  # type: ignore[arg-type]
            told = engine.run_once()
            seconds = time.perf_counter() - started
        state.close()
        if told.facts_waiting or told.quarantined:
            raise SystemExit(f"not everything arrived: {told}")
    report("sync.end_to_end_per_s", END_TO_END_FACTS / seconds, END_TO_END_FACTS)


def report(name: str, value: float, count: int, limit: float | None = None) -> None:
    figure = round(value)
    line: dict[str, object] = {
        "name": name, "value": figure, "unit": "facts/s", "n": count, "min": figure, "max": figure,
    }  # fmt: skip
    if limit is not None:
        line["limit"] = round(limit)
    print(json.dumps(line), flush=True)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in ("sqlite", "postgresql", "end_to_end"):
        print("Say sqlite, postgresql or end_to_end.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(dir=os.environ.get("ZEROT_BENCH_DIR")) as temporary:
        if arguments[0] == "end_to_end":
            end_to_end(Path(temporary))
        else:
            ingest(arguments[0], Path(temporary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
