"""`./run prove sync`: facts in every order, many times, altered, over lines that fail, into servers that die.

    .venv/bin/python -m tests.prove_sync [--quick] [--seed N]

Each proof (tests/proofs) runs against a real `zerot server` on SQLite and on PostgreSQL, and compares the books at its
end. Prints one line per proof; exit status 1 with the failing case when something does not hold.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.server import LiveServer, live_server
from tests.proofs.books import Counts, prove_alterations, prove_bank, prove_orders, prove_repeats
from tests.proofs.cluster import primary
from tests.proofs.database import Database, Lite, Served
from tests.proofs.failover import prove_failover, prove_stops
from tests.proofs.kills import prove_kiosk_kills, prove_locked, prove_old_backup, prove_old_image, prove_server_kills
from tests.proofs.kiosk import ProofFailed
from tests.proofs.line import prove_clocks, prove_cuts, prove_faults, prove_lies

SEED = 20_261_122


@dataclass(frozen=True, slots=True)
class Effort:
    """How far the proofs go; `share` takes every n-th of an exhaustive list."""

    orders: int
    shuffles: int
    alterations: int
    cuts: int
    share: int
    kiosk_share: int
    kills: int
    rounds: int
    clients: tuple[int, ...]
    batches: int
    failovers: int


FULL = Effort(
    orders=720, shuffles=100, alterations=1_500, cuts=60, share=1, kiosk_share=1, kills=24, rounds=3,
    clients=(8, 16, 64), batches=12, failovers=3,
)  # fmt: skip
QUICK = Effort(
    orders=24, shuffles=5, alterations=60, cuts=5, share=16, kiosk_share=9, kills=3, rounds=1, clients=(8,), batches=3,
    failovers=1,
)  # fmt: skip

Proof = Callable[[LiveServer, Database, Effort, int], Counts]


def _stops(server: LiveServer, database: Database, effort: Effort, seed: int) -> Counts:
    if not isinstance(database, Served):
        return {}
    return prove_stops(server, database, effort.rounds)


def _bank(server: LiveServer, database: Database, effort: Effort, seed: int) -> Counts:
    total: Counts = {}
    for number, clients in enumerate(effort.clients):
        for name, value in prove_bank(server, database, clients, effort.batches, seed + number, number).items():
            total[name] = total.get(name, 0) + value
    return total


# Each list shares one server; what puts a database back or leaves alarms comes last.
PROOFS: tuple[tuple[tuple[str, Proof], ...], ...] = (
    (
        ("six facts in every order", lambda s, d, e, n: prove_orders(s, e.orders)),
        ("repeated and shuffled", lambda s, d, e, n: prove_repeats(s, e.shuffles, n)),
        ("a bank with many clients", _bank),
        ("line faults at every class of bytes", lambda s, d, e, n: prove_faults(s, d, e.share, n)),
        ("line cut at any byte", lambda s, d, e, n: prove_cuts(s, d, e.cuts, n)),
        ("lines that lie", lambda s, d, e, n: prove_lies(s, d)),
        ("clocks ten years wrong", lambda s, d, e, n: prove_clocks(s)),
        ("database locked", lambda s, d, e, n: prove_locked(s, d, e.rounds)),
        ("kiosk killed at every step", lambda s, d, e, n: prove_kiosk_kills(s, d, e.kiosk_share)),
        ("server killed at every stage", lambda s, d, e, n: prove_server_kills(s, d, e.kills, n)),
        ("stopped at once in mid-ingest", _stops),
    ),
    (
        ("server restored to an older backup", lambda s, d, e, n: prove_old_backup(s, d, e.rounds)),
        ("kiosk image restored", lambda s, d, e, n: prove_old_image(s, d, e.rounds)),
        ("batches altered", lambda s, d, e, n: prove_alterations(s, e.alterations, n)),
    ),
)


@contextmanager
def servers(kind: str, folder: Path) -> Iterator[Callable[[int], tuple[LiveServer, Database]]]:
    """Makes running servers with a database of their own each."""
    with ExitStack() as stack:
        node = stack.enter_context(primary()) if kind == "postgresql" else None

        def make(number: int) -> tuple[LiveServer, Database]:
            home = folder / f"{kind}-{number}"
            if node is None:
                return stack.enter_context(live_server(home)), Lite(home / "server" / "server.db")
            url = node.create_database(f"prove_{number}")
            return stack.enter_context(live_server(home, url)), Served(node, f"prove_{number}")

        yield make


def prove(effort: Effort = FULL, seed: int = SEED, only: str = "") -> Iterator[str]:
    """One line per proof and database, as it is done; `only` those whose name holds it.

    Raises ProofFailed, ClusterMissing.
    """
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, servers(kind, Path(folder)) as make:
            for number, group in enumerate(PROOFS):
                chosen = [(name, proof) for name, proof in group if only in name]
                if not chosen:
                    continue
                server, database = make(number)
                for name, proof in chosen:
                    started = time.monotonic()
                    counts = proof(server, database, effort, seed)
                    if counts:
                        yield line(kind, name, counts, seed, started)
                server.stop()
    for _ in range(effort.failovers if only in "primary killed, standby promoted" else 0):
        started = time.monotonic()
        counts = prove_failover(clients=8, batches=20 * effort.rounds)
        yield line("postgresql", "primary killed, standby promoted", counts, seed, started)


def line(kind: str, name: str, counts: Counts, seed: int, started: float) -> str:
    shown = ", ".join(f"{value} {what}" for what, value in counts.items())
    return f"sync on {kind}: {name}: {shown} (seed {seed}, {time.monotonic() - started:.0f} s)"


def main(arguments: list[str]) -> int:
    """Exit status 0 when everything holds."""
    effort = QUICK if "--quick" in arguments else FULL
    seed = int(arguments[arguments.index("--seed") + 1]) if "--seed" in arguments else SEED
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    try:
        for told in prove(effort, seed, only):
            print(told, flush=True)
    except ProofFailed as failed:
        print(f"sync: NOT PROVEN: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
