"""`./run prove sync`: facts in every order, many times, altered, over a line that is cut, into a server that is killed.

    .venv/bin/python -m tests.prove_sync [--quick] [--seed N]

Each proof runs against a real `zerot server` on SQLite and on PostgreSQL, and compares the books at its end. Prints
one line per proof; exit status 1 with the failing case when something does not hold.
"""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.facts import Fact
from sync.protocol import build_batch
from tests.fixtures.cluster import cluster
from tests.fixtures.cut_line import CuttingRelay, Kiosk, ProofFailed, check
from tests.fixtures.device_client import FactChain
from tests.fixtures.purse_facts import award, debit_intent, load_intent, outcome
from tests.fixtures.server import LiveServer, live_server

SEED = 20_261_122
DAY_FACTS = 6


@dataclass(frozen=True, slots=True)
class Effort:
    """How far the proofs go."""

    orders: int
    shuffles: int
    alterations: int
    cuts: int
    kills: int


FULL = Effort(orders=720, shuffles=100, alterations=1_500, cuts=60, kills=8)
QUICK = Effort(orders=24, shuffles=5, alterations=60, cuts=5, kills=1)
Counts = dict[str, int]


def a_day(device: str, number: int) -> list[Fact]:
    """50 € loaded, 18 € debited with a doubt in between, 40 points: one incarnation and one card of its own."""
    card = f"{number:08d}"
    chain = FactChain(device, number)
    loaded = chain.add("purse.load.intent", load_intent(card=card))
    chain.add("purse.load.outcome", outcome(loaded.id))
    paid = chain.add("purse.debit.intent", {**debit_intent(card=card), "sale": f"sale-{number}"})
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt"))
    chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200, points=40))
    chain.add("points.awarded", award(paid.id, card=card))
    return chain.facts


def check_books(server: LiveServer, numbers: range, *, alarms: bool = False) -> None:
    """Every card of `numbers` has 32 € and 40 points, and the ledger sums to zero."""
    report = server.report()
    check(
        (report["ledger_sum_cents"], report["ledger_sum_points"]) == (0, 0),
        f"the ledger does not sum to zero: {report}",
    )
    check(report["cache_differences"] == 0, "the kept sums differ from the legs")
    check(alarms or report["alarms"] == [], f"alarms: {report['alarms'][:3]}")
    cards = {row["card_number"]: (row["shadow_cents"], row["shadow_points"]) for row in report["cards"]}
    for number in numbers:
        found = cards.get(f"{number:08d}")
        check(found == (3200, 40), f"card {number}: {found}")


def prove_orders(server: LiveServer, effort: Effort, seed: int) -> Counts:
    """Six facts, one a request, in each of the 720 orders."""
    client = server.paired("ORDERS")
    chosen = list(itertools.permutations(range(DAY_FACTS)))[:: 720 // effort.orders]
    for number, order in enumerate(chosen, 1):
        facts = a_day(client.name, number)
        for place in order:
            answer = client.push([facts[place]])
            check(answer.status == 200 and answer.json["outcomes"] == ["created"], f"order {order}: {answer.body!r}")
        head = answer.json["acknowledged"]
        check(head == {"incarnation": number, "sequence": DAY_FACTS}, f"order {order}: acknowledged {head}")
    check_books(server, range(1, len(chosen) + 1))
    return {"orders": len(chosen), "requests": len(chosen) * DAY_FACTS}


def prove_repeats(server: LiveServer, effort: Effort, seed: int) -> Counts:
    """Each fact one to ten times, in pieces of any size, shuffled."""
    client, requests, first = server.paired("REPEATS"), 0, 100_000
    for number in range(first, first + effort.shuffles):
        chance = random.Random(seed + number)
        facts = a_day(client.name, number)
        pieces = [[fact] for fact in facts for _ in range(chance.randint(1, 10))]
        for _ in range(chance.randint(0, 4)):
            start = chance.randrange(DAY_FACTS)
            pieces.append(facts[start : chance.randint(start + 1, DAY_FACTS)])
        chance.shuffle(pieces)
        for piece in pieces:
            answer = client.push(piece)
            outcomes = set(answer.json["outcomes"]) if answer.status == 200 else set()
            check(bool(outcomes) and outcomes <= {"created", "exists"}, f"day {number}: {answer.body!r}")
        requests += len(pieces)
        head = answer.json["acknowledged"]
        check(head == {"incarnation": number, "sequence": DAY_FACTS}, f"day {number}: acknowledged {head}")
    check_books(server, range(first, first + effort.shuffles))
    return {"days": effort.shuffles, "requests": requests}


def prove_alterations(server: LiveServer, effort: Effort, seed: int) -> Counts:
    """A byte of a batch changed, dropped or doubled: never a server error, never booked; the true one comes through."""
    client, number, refused, kept = server.paired("ALTERED"), 200_000, 0, 0
    facts = a_day(client.name, number)
    plain = build_batch(client.batch(facts))
    chance = random.Random(seed)
    for case in range(effort.alterations):
        place = chance.randrange(len(plain))
        middle = (bytes([plain[place] ^ chance.randint(1, 255)]), b"", plain[place : place + 1] * 2)[case % 3]
        answer = client.push_plain(plain[:place] + middle + plain[place + 1 :])
        what = f"byte {place} of case {case}: {answer.status} {answer.body[:200]!r}"
        check(answer.status == 200 or 400 <= answer.status < 500, what)
        if answer.status == 200:
            check(all(isinstance(row, dict) for row in answer.json["outcomes"]), what)
            kept += 1
        else:
            refused += 1
    check(client.push(facts).json["outcomes"] == ["created"] * DAY_FACTS, "the true batch is not booked")
    check_books(server, range(number, number + 1), alarms=True)
    return {"alterations": effort.alterations, "refused": refused, "kept in quarantine": kept}


@contextmanager
def kiosk_behind(relay: CuttingRelay, server: LiveServer, name: str) -> Iterator[Kiosk]:
    """A kiosk that reaches `server` through `relay` only."""
    with tempfile.TemporaryDirectory() as folder, closing(relay):
        kiosk = Kiosk(Path(folder), server, name, f"http://127.0.0.1:{relay.port}")
        with closing(kiosk):
            yield kiosk


def prove_cuts(server: LiveServer, effort: Effort, seed: int) -> Counts:
    """A line cut at a random byte, again and again: once it holds, everything is there once."""
    relay = CuttingRelay(port_of(server), random.Random(seed))
    passes = told = 0
    with kiosk_behind(relay, server, "CUTS") as kiosk:
        for _ in range(effort.cuts):
            kiosk.visits(random.Random(seed + passes).randint(1, 400))
            told += kiosk.engine.run_once().facts_sent
            passes += 1
        relay.whole = True
        told += settle(kiosk)
        check_arrived(server, kiosk, "CUTS")
    return {"passes": passes, "connections cut": relay.cut, "facts": told}


def prove_kills(server: LiveServer, effort: Effort, seed: int) -> Counts:
    """kill -9 of the server while facts come in; it comes back, and everything acknowledged is there once."""
    relay = CuttingRelay(port_of(server), random.Random(seed))
    relay.whole = True
    chance = random.Random(seed)
    with kiosk_behind(relay, server, "KILLS") as kiosk:
        for _ in range(effort.kills):
            kiosk.visits(4_000)
            killer = threading.Timer(chance.uniform(0.02, 0.6), server.kill)
            killer.start()
            kiosk.engine.run_once()
            killer.join()
            server.start()
            relay.point_at(port_of(server))
        settle(kiosk)
        check_arrived(server, kiosk, "KILLS")
        facts = kiosk.journal.last_place()[1]
    return {"kills": effort.kills, "facts": facts}


def settle(kiosk: Kiosk) -> int:
    """Passes until nothing waits; how many facts they sent."""
    sent = 0
    for _ in range(10):
        report = kiosk.engine.run_once()
        sent += report.facts_sent
        if report.facts_waiting == 0:
            return sent
    raise ProofFailed(f"facts still wait: {report}")


def check_arrived(server: LiveServer, kiosk: Kiosk, name: str) -> None:
    """The server has exactly this kiosk's facts: none lost, none twice, no hole."""
    report = server.report()
    check(not [hole for hole in report["holes"] if hole["device"] == name], f"holes: {report['holes']}")
    check(not [a for a in report["alarms"] if a["device"] == name], f"alarms: {report['alarms'][:3]}")
    ours = sum(1 for fact in kiosk.journal.iterate() if fact.kind == "visit")
    check(report["facts_by_kind"].get("visit", 0) == ours, f"{ours} visits here, {report['facts_by_kind']} there")
    check(report["quarantined"] == 0, "something is in quarantine")


def port_of(server: LiveServer) -> int:
    return int(server.base.rpartition(":")[2])


Proof = Callable[[LiveServer, Effort, int], Counts]
# Each list shares one server; a proof that counts all visits has one of its own.
PROOFS: tuple[tuple[tuple[str, Proof], ...], ...] = (
    (("six facts in every order", prove_orders), ("repeated and shuffled", prove_repeats)),
    (("line cut at any byte", prove_cuts),),
    (("server killed", prove_kills),),
    (("batches altered", prove_alterations),),
)


@contextmanager
def servers(kind: str, folder: Path) -> Iterator[Callable[[int], LiveServer]]:
    """Makes running servers with a database of their own each."""
    with ExitStack() as stack:
        postgres = stack.enter_context(cluster()) if kind == "postgresql" else None

        def make(number: int) -> LiveServer:
            url = postgres.create_database(f"prove_{number}") if postgres else ""
            return stack.enter_context(live_server(folder / f"{kind}-{number}", url))

        yield make


def prove(effort: Effort = FULL, seed: int = SEED) -> Iterator[str]:
    """One line per proof and database, as it is done. Raises ProofFailed, ClusterMissing."""
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, servers(kind, Path(folder)) as make:
            for number, group in enumerate(PROOFS):
                server = make(number)
                for name, proof in group:
                    started = time.monotonic()
                    counts = proof(server, effort, seed)
                    shown = ", ".join(f"{value} {what}" for what, value in counts.items())
                    yield f"sync on {kind}: {name}: {shown} (seed {seed}, {time.monotonic() - started:.0f} s)"


def main(arguments: list[str]) -> int:
    """Exit status 0 when everything holds."""
    effort = QUICK if "--quick" in arguments else FULL
    seed = int(arguments[arguments.index("--seed") + 1]) if "--seed" in arguments else SEED
    try:
        for line in prove(effort, seed):
            print(line, flush=True)
    except ProofFailed as failed:
        print(f"sync: NOT PROVEN: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
