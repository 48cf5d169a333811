"""Figures of the whole way, a kiosk's journal to the server's acknowledgement, as JSON lines.

`sync.end_to_end_per_s` (20 000 facts that wait in a journal, until the last is durably acknowledged),
`sync.drain_100k_s` on loopback and `sync.drain_100k_1mbit_s` through a line of 1 Mbit/s each way,
`sync.wire_bytes_per_fact` (both ways, headers included), `sync.idle_requests` and `sync.idle_bytes` of a pass with
nothing to do, `sync.kiosk_rss_mib`. The kiosk's engine is real and in this process, the server a child. `limit` is a
bare HTTP echo of bodies of that size, for the slow line what its bits allow.

Usage: python -m bench.bench_line [sqlite|postgresql] [FACTS]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from bench.limits import echo_requests
from bench.mix import SEED, Maker, drafts, read_mix
from bench.report import report, rss_mib
from domain.ports import Uuid7Ids
from hardware.card.system import SystemChance
from kiosk.store.journal import Draft
from kiosk.workers.clock import DeviceClock
from sync.http import Bounds
from tests.fixtures.server import LiveServer, live_server
from tests.proofs.cluster import primary
from tests.proofs.kiosk import Kiosk, pair
from tests.proofs.relay import Relay

PATIENT = Bounds(3, 60, 120)
ONE_MBIT = 1_000_000
IDLE_PASSES = 5
# What users of others see on such a machine (PouchDB to its server): documents a second, and a sync with nothing to do.
PEER_PER_S, PEER_REQUESTS, PEER_BYTES, PEER_BYTES_PER_FACT = 4_300, 4, 2_900, 471


def fill(kiosk: Kiosk, count: int, prefix: int) -> int:
    """Append facts of the mix; how many."""
    ids = Uuid7Ids(DeviceClock(), SystemChance())
    made = 0
    for rows in drafts(Maker(read_mix(), prefix), count, ids):
        kiosk.journal.append_all([Draft(kind, body, fact_id=fact_id) for kind, body, fact_id in rows])
        made += len(rows)
    return made


def drain(kiosk: Kiosk, facts: int) -> float:
    """Seconds until nothing waits."""
    started = time.perf_counter()
    told = kiosk.sync()
    seconds = time.perf_counter() - started
    if told.trouble or told.facts_waiting or told.quarantined or told.facts_sent < facts:
        raise SystemExit(f"not everything arrived: {told}")
    return seconds


def measure(server: LiveServer, folder: Path, count: int) -> None:
    """`count` facts stand for the hundred thousand of the drain; its time is told for a hundred thousand."""
    port = int(server.base.rpartition(":")[2])
    pair(folder, server, "BENCH-E")
    echoed = echo_requests(os.urandom(40_000), 100) * 1000  # a packed batch has about this size
    with closing(Kiosk(folder, server.base, bounds=PATIENT)) as kiosk:
        kiosk.sync()  # configuration and content are here before the clock runs
        rounds = []
        for number in range(3):
            made = fill(kiosk, 20_000, 10 + number)
            rounds.append(made / drain(kiosk, made))
        report("sync.end_to_end_per_s", rounds, "facts/s", made, limit=echoed, peer=PEER_PER_S)
        made = fill(kiosk, count, 20)
        report("sync.drain_100k_s", [drain(kiosk, made) * 100_000 / made], "s", made, limit=100_000 / echoed)
        report("sync.kiosk_rss_mib", [rss_mib(os.getpid())], "MiB", made)
    with closing(Relay(port)) as relay, closing(Kiosk(folder, relay.url, bounds=PATIENT)) as kiosk:
        kiosk.sync()
        idle(kiosk, relay)
        before = relay.up_bytes + relay.down_bytes
        made = fill(kiosk, 20_000, 30)
        drain(kiosk, made)
        wire = (relay.up_bytes + relay.down_bytes - before) / made
        report("sync.wire_bytes_per_fact", [wire], "bytes", made, peer=PEER_BYTES_PER_FACT)
    with closing(Relay(port, ONE_MBIT)) as relay, closing(Kiosk(folder, relay.url, bounds=PATIENT)) as kiosk:
        made = fill(kiosk, max(1_000, count // 5), 40)
        seconds = drain(kiosk, made) * 100_000 / made
        report("sync.drain_100k_1mbit_s", [seconds], "s", made, limit=wire * 100_000 * 8 / ONE_MBIT)


def idle(kiosk: Kiosk, relay: Relay) -> None:
    """A pass with nothing to do, on a kept connection."""
    sizes, requests = [], []
    for _ in range(IDLE_PASSES):
        before, messages = relay.up_bytes + relay.down_bytes, relay.messages
        told = kiosk.sync()
        if told.trouble or told.facts_sent:
            raise SystemExit(f"the pass was not idle: {told}")
        sizes.append(float(relay.up_bytes + relay.down_bytes - before))
        requests.append(float(relay.messages - messages))
    report("sync.idle_requests", requests, "requests", IDLE_PASSES, peer=PEER_REQUESTS)
    report("sync.idle_bytes", sizes, "bytes", IDLE_PASSES, limit=1024, peer=PEER_BYTES)


def main(arguments: list[str]) -> int:
    kind = arguments[0] if arguments else "sqlite"
    if kind not in ("sqlite", "postgresql") or len(arguments) > 2 or not all(a.isdecimal() for a in arguments[1:]):
        print("Say sqlite or postgresql, and how many facts.", file=sys.stderr)
        return 2
    count = int(arguments[1]) if len(arguments) > 1 else 100_000
    print(f"seed {SEED}", file=sys.stderr)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("ZEROT_BENCH_DIR"))))
        url = stack.enter_context(primary()).create_database("bench") if kind == "postgresql" else ""
        measure(stack.enter_context(live_server(folder / "server", url)), folder / "kiosk", count)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
