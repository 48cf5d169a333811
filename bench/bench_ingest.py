"""Server figures as JSON lines: `sync.ingest_sqlite_per_s`, `sync.ingest_postgresql_per_s`, and the same all of money.

A real `zerot server` child on loopback; four devices push signed batches of 1 000 facts of the reference mix; facts a
second until the last acknowledgement, in three rounds. `limit`: the same rows into a bare table of the same database
(COPY on PostgreSQL), each batch durable. `cpu_us_per_fact` is the processor time of each side, which other programs on
the machine do not change.

Usage: python -m bench.bench_ingest sqlite|postgresql [money]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.limits import BATCH_FACTS, bare_postgresql, bare_sqlite, rows_of
from bench.mix import ALL_MONEY, SEED, Maker, Mix, read_mix
from bench.report import cpu_seconds, report, rss_mib
from domain.facts import Fact
from tests.fixtures.device_client import DeviceClient, FactChain
from tests.fixtures.server import LiveServer, live_server
from tests.proofs.cluster import children, primary
from tests.proofs.fleet import add_devices

DEVICES = 4  # the fewest that keep both cores busy: with two, each waits for the other half of the time
ROUNDS = 3
BATCHES = 6  # of each device in each round
WARMING = 2  # batches of each device before the clock runs


def make_facts(device: str, prefix: int, count: int, mix: Mix) -> list[Fact]:
    """A chain of `count` facts; ids and cards are this device's own."""
    chain, maker = FactChain(device), Maker(mix, prefix)
    chain.add("incarnation.started", {"reason": "paired", "fork": None}, prefix * 10_000_000)

    def add(kind: str, body: dict[str, Any]) -> str:
        return chain.add(kind, body, prefix * 10_000_000 + len(chain.facts)).id

    while len(chain.facts) < count:
        maker.hundred(add)
    return chain.facts[:count]


def push(client: DeviceClient, batches: list[list[Fact]]) -> None:
    for batch in batches:
        answer = client.push(batch)
        if answer.status != 200 or set(answer.json["outcomes"]) != {"created"}:
            raise SystemExit(f"the server refused a batch: {answer.status} {answer.body[:300]!r}")


@dataclass(frozen=True, slots=True)
class Measured:
    per_s: list[float]
    cpu_us_per_fact: dict[str, float]
    rss_mib: float
    facts: list[Fact]


def _spent(server: LiveServer, postmaster: int) -> dict[str, float]:
    """Processor seconds of each side so far."""
    told = {"server": cpu_seconds([server.process.pid if server.process else 0]), "client": cpu_seconds([os.getpid()])}
    return {**told, "database": cpu_seconds(children(postmaster))} if postmaster else told


def measure(server: LiveServer, mix: Mix, postmaster: int) -> Measured:
    """`postmaster` is PostgreSQL's first process, 0 for SQLite."""
    clients = add_devices(server, "BENCH", DEVICES)
    count = (WARMING + ROUNDS * BATCHES) * BATCH_FACTS
    work = [make_facts(client.name, index + 1, count, mix) for index, client in enumerate(clients)]
    split = [[facts[at : at + BATCH_FACTS] for at in range(0, count, BATCH_FACTS)] for facts in work]
    for client, batches in zip(clients, split, strict=True):
        push(client, batches[:WARMING])
    before = _spent(server, postmaster)
    rates = []
    for number in range(ROUNDS):
        first = WARMING + number * BATCHES
        started = time.perf_counter()
        with ThreadPoolExecutor(DEVICES) as pool:
            parts = [batches[first : first + BATCHES] for batches in split]
            for done in [pool.submit(push, *pair) for pair in zip(clients, parts, strict=True)]:
                done.result()
        rates.append(DEVICES * BATCHES * BATCH_FACTS / (time.perf_counter() - started))
    facts = DEVICES * ROUNDS * BATCHES * BATCH_FACTS
    after = _spent(server, postmaster)
    spent = {side: round((after[side] - before[side]) / facts * 1e6, 1) for side in after}
    told = server.report()
    if told["quarantined"] or told["ledger_sum_cents"] or told["facts"] != DEVICES * count:
        raise SystemExit(f"the server's books are wrong: {told}")
    return Measured(rates, spent, rss_mib(server.process.pid if server.process else 0), work[0])


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in ("sqlite", "postgresql") or arguments[1:] not in ([], ["money"]):
        print("Say sqlite or postgresql, and money when all facts are to be of money.", file=sys.stderr)
        return 2
    kind, money = arguments[0], arguments[1:] == ["money"]
    mix = ALL_MONEY if money else read_mix()
    print(f"seed {SEED}", file=sys.stderr)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("ZEROT_BENCH_DIR"))))
        if kind == "sqlite":
            found = measure(stack.enter_context(live_server(folder / "server")), mix, 0)
            limit = bare_sqlite(folder, rows_of(found.facts))
        else:
            node = stack.enter_context(primary())
            url = node.create_database("bench")
            with live_server(folder / "server", url) as server:
                postmaster = int((node.data / "postmaster.pid").read_text().splitlines()[0])
                found = measure(server, mix, postmaster)
            limit = bare_postgresql(url, rows_of(found.facts))
    facts = DEVICES * BATCHES * BATCH_FACTS
    more = {"cpu_us_per_fact": found.cpu_us_per_fact}
    report(f"sync.ingest_{kind}{'_money' if money else ''}_per_s", found.per_s, "facts/s", facts, limit=limit, **more)
    if not money:
        report(f"sync.server_rss_mib_{kind}", [found.rss_mib], "MiB", facts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
