"""Proofs about PostgreSQL going away: stopped at once in mid-ingest, and a primary killed with a standby behind it.

.venv/bin/python -m tests.proofs.failover       the second one alone, as docs/operations/two-processes.md tells it
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from domain.facts import Fact
from tests.fixtures.device_client import Answer, DeviceClient, FactChain
from tests.fixtures.purse_facts import load_intent, outcome
from tests.fixtures.server import LiveServer, live_server
from tests.proofs.books import Counts, check_sums
from tests.proofs.cluster import STANDBY, Node, primary, standby_of
from tests.proofs.database import Served
from tests.proofs.fleet import add_devices
from tests.proofs.kiosk import ProofFailed, check

LOADED_CENTS = 700
BATCH_FACTS = 20  # ten loads with their outcomes
GIVE_UP_SECONDS = 90
SYNCHRONOUS = f"-c synchronous_standby_names={STANDBY} -c synchronous_commit=on"


@dataclass(slots=True)
class Loader:
    """A desk that loads one card again and again, through any of several addresses; it counts what was acknowledged."""

    client: DeviceClient
    card: str
    bases: list[str]
    chain: FactChain = field(init=False)
    acknowledged: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self.chain = FactChain(self.client.name)

    def more(self) -> None:
        for _ in range(BATCH_FACTS // 2):
            number = int(self.card) * 1_000_000 + len(self.chain.facts)
            intent = load_intent(LOADED_CENTS, operation=len(self.chain.facts), card=self.card)
            loaded = self.chain.add("purse.load.intent", intent, number)
            self.chain.add("purse.load.outcome", outcome(loaded.id, operation=number % 60_000, balance=1), number + 1)

    def push(self) -> bool:
        """Send what is not acknowledged; whether it was. A refusal and a broken line are the same: send again."""
        facts: list[Fact] = self.chain.facts[self.acknowledged :][:1000]
        if not facts:
            return True
        self.bases.append(self.bases.pop(0))
        self.client.base = self.bases[0]
        try:
            answer: Answer = self.client.push(facts)
        except OSError:
            self.refused += 1
            return False
        if answer.status != 200:
            check(answer.status == 503 and answer.error == "busy", f"{answer.status} {answer.body[:200]!r}")
            self.refused += 1
            return False
        check(set(answer.json["outcomes"]) <= {"created", "exists"}, f"{answer.body[:200]!r}")
        self.acknowledged = answer.json["acknowledged"]["sequence"]
        return True


def stored(url: str, device: str) -> int:
    """How far, without a hole, the database has a device's facts."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT count(*), coalesce(max(sequence), 0) FROM ledger_fact WHERE device = %s", [device]
        ).fetchone()
    if rows is None or rows[0] != rows[1]:
        raise ProofFailed(f"{device}: {rows} in the table")
    return int(rows[0])


@contextmanager
def under_load(loaders: list[Loader]) -> Iterator[None]:
    """Every loader pushes on its own thread until the block ends; a failed check of one fails the block."""
    over, wrong = threading.Event(), list[BaseException]()

    def work(loader: Loader) -> None:
        try:
            while not over.is_set():
                loader.more()
                if not loader.push():
                    over.wait(0.02)
        except BaseException as error:  # noqa: BLE001 handed to the proof's own thread
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(loader,)) for loader in loaders]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if wrong:
        raise wrong[0]


def deliver(loaders: list[Loader]) -> None:
    """Everything that is not acknowledged yet, until it is."""
    last = time.monotonic() + GIVE_UP_SECONDS
    for loader in loaders:
        while loader.acknowledged < len(loader.chain.facts):
            if not loader.push():
                check(time.monotonic() < last, f"{loader.client.name}: still refused")
                threading.Event().wait(0.05)


def check_loads(server: LiveServer, loaders: list[Loader]) -> None:
    report = server.report()
    check_sums(report)
    cents = {row["card_number"]: row["shadow_cents"] for row in report["cards"]}
    for loader in loaders:
        expected = len(loader.chain.facts) // 2 * LOADED_CENTS
        check(cents.get(loader.card) == expected, f"card {loader.card}: {cents.get(loader.card)}, not {expected}")


def busy_for(loaders: list[Loader], batches: int) -> None:
    """Wait until so many batches more were acknowledged in all."""
    goal = sum(loader.acknowledged for loader in loaders) + batches * BATCH_FACTS
    last = time.monotonic() + GIVE_UP_SECONDS
    while sum(loader.acknowledged for loader in loaders) < goal:
        check(time.monotonic() < last, "nothing is acknowledged any more")
        threading.Event().wait(0.005)


def prove_stops(server: LiveServer, database: Served, stops: int) -> Counts:
    """`pg_ctl stop -m immediate` in mid-ingest, and started again: what was acknowledged is there, the rest comes."""
    loaders = [
        Loader(client, f"{800_000 + index:08d}", [server.base])
        for index, client in enumerate(add_devices(server, "STOPS", 4))
    ]
    for _ in range(stops):
        with under_load(loaders):
            busy_for(loaders, 20)
            database.node.stop_at_once()
            told = {loader.client.name: loader.acknowledged for loader in loaders}
            database.node.start()
            for name, acknowledged in told.items():
                check(stored(database.url, name) >= acknowledged, f"{name}: {acknowledged} were acknowledged")
            busy_for(loaders, 20)
    deliver(loaders)
    server.staff_client = None
    check_loads(server, loaders)
    return {"stops": stops, "facts": sum(loader.acknowledged for loader in loaders)}


def prove_failover(clients: int, batches: int) -> Counts:
    """Two app processes over one primary with a synchronous standby. The wait for the standby is cancelled: not
    acknowledged. The primary is killed under load, the standby promoted: no acknowledged fact is missing."""
    with ExitStack() as stack:
        enter = stack.enter_context
        first = enter(primary())
        url = first.create_database("zerot")
        second = enter(standby_of(first))
        both = f"postgresql:///zerot?host={first.folder},{second.folder}&port=5432,5432&user=zerot"
        both += "&target_session_attrs=read-write&connect_timeout=3"
        home = Path(enter(tempfile.TemporaryDirectory()))
        server = enter(live_server(home, both))
        twin = LiveServer(home, both)
        twin.start()
        stack.callback(twin.stop)
        loaders = [
            Loader(client, f"{900_000 + index:08d}", [server.base, twin.base])
            for index, client in enumerate(add_devices(server, "FAILOVER", clients))
        ]
        first.options += f" {SYNCHRONOUS}"
        first.stop_at_once()
        first.start()
        cancelled = _cancelled_waits(first, second, loaders[0], url)
        with under_load(loaders):
            busy_for(loaders, batches)
            first.kill()
            told = {loader.client.name: loader.acknowledged for loader in loaders}
            second.promote()
            for name, acknowledged in told.items():
                found = stored(second.url("zerot"), name)
                check(found >= acknowledged, f"{name}: {acknowledged} were acknowledged, {found} are there")
            busy_for(loaders, batches)
        deliver(loaders)
        server.staff_client = None
        check_loads(server, loaders)
        return {
            "clients": clients,
            "facts acknowledged before the kill": sum(told.values()),
            "of them lost": 0,
            "facts in all": sum(loader.acknowledged for loader in loaders),
            "cancelled waits, none acknowledged": cancelled,
        }


def _cancelled_waits(first: Node, second: Node, loader: Loader, url: str) -> int:
    """With the standby away a push waits; its backend is told to stop waiting: the commit holds, the answer is busy."""
    loader.more()
    while not loader.push():  # the pool's connections are those of before the restart: they are noticed one by one
        threading.Event().wait(0.02)
    second.stop_at_once()
    loader.more()
    before, answers = loader.acknowledged, list[bool]()
    pushing = threading.Thread(target=lambda: answers.append(loader.push()))
    pushing.start()
    with psycopg.connect(url, autocommit=True) as connection:
        last = time.monotonic() + GIVE_UP_SECONDS
        while pushing.is_alive():
            check(time.monotonic() < last, "the push neither waits nor ends")
            connection.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid <> "
                "pg_backend_pid()"
            )
            pushing.join(0.02)
    check(answers == [False] and loader.acknowledged == before, "a commit that no standby has was acknowledged")
    check(stored(url, loader.client.name) > before, "the commit itself did not hold")
    second.start()
    deliver([loader])
    return len(answers)


def main() -> int:
    try:
        counts = prove_failover(clients=8, batches=60)
    except ProofFailed as failed:
        print(f"failover: NOT PROVEN: {failed}", file=sys.stderr)
        return 1
    print(", ".join(f"{value} {what}" for what, value in counts.items()))
    print("proven")
    return 0


if __name__ == "__main__":
    sys.exit(main())
