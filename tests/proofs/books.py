"""Proofs about facts and books: every order, repeats, alterations, many clients at once."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from domain.facts import Fact
from sync.protocol import build_batch
from tests.fixtures.device_client import DeviceClient, FactChain
from tests.fixtures.purse_facts import award, debit_intent, load_intent, outcome
from tests.fixtures.server import LiveServer
from tests.proofs.database import Database
from tests.proofs.fleet import add_devices
from tests.proofs.kiosk import ProofFailed, check

DAY_FACTS = 6
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


def check_sums(report: dict[str, Any]) -> None:
    """The ledger sums to zero and the kept sums are those of the legs."""
    sums = (report["ledger_sum_cents"], report["ledger_sum_points"])
    check(sums == (0, 0), f"the ledger does not sum to zero: {sums}")
    check(report["cache_differences"] == 0, "the kept sums differ from the legs")


def check_books(server: LiveServer, cards: Sequence[str], *, alarms: bool = False) -> None:
    """Each card has 32 € and 40 points, and the ledger sums to zero."""
    report = server.report()
    check_sums(report)
    check(alarms or report["alarms"] == [], f"alarms: {report['alarms'][:3]}")
    found = {row["card_number"]: (row["shadow_cents"], row["shadow_points"]) for row in report["cards"]}
    for card in cards:
        check(found.get(card) == (3200, 40), f"card {card}: {found.get(card)}")


def numbered(first: int, count: int) -> list[str]:
    return [f"{number:08d}" for number in range(first, first + count)]


def prove_orders(server: LiveServer, orders: int) -> Counts:
    """Six facts, one a request, in each of the 720 orders."""
    client = server.paired("ORDERS")
    chosen = list(itertools.permutations(range(DAY_FACTS)))[:: 720 // orders]
    for number, order in enumerate(chosen, 1):
        facts = a_day(client.name, number)
        for place in order:
            answer = client.push([facts[place]])
            check(answer.status == 200 and answer.json["outcomes"] == ["created"], f"order {order}: {answer.body!r}")
        head = answer.json["acknowledged"]
        check(head == {"incarnation": number, "sequence": DAY_FACTS}, f"order {order}: acknowledged {head}")
    check_books(server, numbered(1, len(chosen)))
    return {"orders": len(chosen), "requests": len(chosen) * DAY_FACTS}


def prove_repeats(server: LiveServer, days: int, seed: int) -> Counts:
    """Each fact one to ten times, in pieces of any size, shuffled."""
    client, requests, first = server.paired("REPEATS"), 0, 100_000
    for number in range(first, first + days):
        chance = random.Random(seed + number)
        facts = a_day(client.name, number)
        pieces = [[fact] for fact in facts for _ in range(chance.randint(1, 10))]
        for _ in range(chance.randint(0, 4)):
            start = chance.randrange(DAY_FACTS)
            pieces.append(facts[start : chance.randint(start + 1, DAY_FACTS)])
        chance.shuffle(pieces)
        for piece in pieces:
            answer = client.push(piece)
            told = answer.json["outcomes"] if answer.status == 200 else []
            check(
                bool(told) and all(outcome in ("created", "exists") for outcome in told),
                f"day {number}: {answer.body!r}",
            )
        requests += len(pieces)
        head = answer.json["acknowledged"]
        check(head == {"incarnation": number, "sequence": DAY_FACTS}, f"day {number}: acknowledged {head}")
    check_books(server, numbered(first, days))
    return {"days": days, "requests": requests}


def prove_alterations(server: LiveServer, alterations: int, seed: int) -> Counts:
    """A byte of a batch changed, dropped or doubled: never a server error, never booked; the true one comes through."""
    client, number, refused, kept = server.paired("ALTERED"), 200_000, 0, 0
    facts = a_day(client.name, number)
    plain = build_batch(client.batch(facts))
    chance = random.Random(seed)
    for case in range(alterations):
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
    check_books(server, numbered(number, 1), alarms=True)
    return {"alterations": alterations, "refused": refused, "kept in quarantine": kept}


@dataclass(slots=True)
class _Teller:
    """One client of the bank: its chain, and what it should come to once everything is acknowledged."""

    client: DeviceClient
    chance: random.Random
    chain: FactChain
    cards: Sequence[str]
    moved: dict[str, int] = field(default_factory=dict)

    def batch(self) -> list[Fact]:
        """One to five operations on cards that other tellers use too: intent and outcome apart or together."""
        start = len(self.chain.facts)
        for _ in range(self.chance.randint(1, 5)):
            card, amount = self.chance.choice(self.cards), self.chance.randint(1, 5000)
            # Operation numbers never meet: what one teller's record says of another's operation is another proof.
            operation = self.chance.randrange(1, 1 << 31)
            result = self.chance.choice(["done", "done", "done", "not_done"])
            if self.chance.random() < 0.5:
                intent = self.chain.add("purse.load.intent", load_intent(amount, 0, operation, card), self._number())
                told = "purse.load.outcome"
            else:
                amount = -amount
                body = {**debit_intent(-amount, 10_000, operation, 0, card), "sale": f"s{operation}"}
                intent = self.chain.add("purse.debit.intent", body, self._number())
                told = "purse.debit.outcome"
            self.chain.add(told, outcome(intent.id, result, operation + 1, 5000), self._number())
            if result == "done":
                self.moved[card] = self.moved.get(card, 0) + amount
        return self.chain.facts[start:]

    def _number(self) -> int:
        return self.chance.getrandbits(46)

    def work(self, batches: int) -> int:
        """Push; some batches twice, some in two halves of which the second goes first. How many requests."""
        requests = 0
        for _ in range(batches):
            facts = self.batch()
            cut = self.chance.randint(1, len(facts) - 1)
            ways = [[facts], [facts, facts], [facts[cut:], facts[:cut]], [facts[:cut], facts[cut:], facts]]
            for piece in self.chance.choice(ways):
                answer = self.client.push(piece)
                check(answer.status == 200, f"{self.client.name}: {answer.status} {answer.body[:200]!r}")
                told = answer.json["outcomes"]
                check(all(outcome in ("created", "exists") for outcome in told), f"{answer.body[:300]!r}")
                requests += 1
        head = answer.json["acknowledged"]["sequence"]
        check(head == len(self.chain.facts), f"{self.client.name}: acknowledged {head}")
        return requests


def prove_bank(
    server: LiveServer, database: Database, clients: int, batches: int, seed: int, branch: int = 0
) -> Counts:
    """Many clients move money on the same cards at once, while readers sum the ledger: every read is zero."""
    cards = numbered(300_000 + branch * 100, 12)
    tellers = [
        # A sequence of its own: identifiers of two runs must not meet either.
        _Teller(client, random.Random(f"{seed} {branch} {index}"), FactChain(client.name), cards)
        for index, client in enumerate(add_devices(server, f"BANK-{branch}", clients))
    ]
    over, reads = threading.Event(), [0, 0]

    def read(index: int) -> None:
        with database.reader() as sums:
            while not over.is_set():
                legs, kept = sums()
                check(all(total == 0 for total in legs.values()), f"a read of the legs: {legs}")
                check(legs.keys() == kept.keys() and not any(kept.values()), f"a read of the kept sums: {kept}")
                reads[index] += 1

    with ThreadPoolExecutor(clients + 2) as pool:
        readers = [pool.submit(read, index) for index in range(2)]
        try:
            requests = sum(pool.map(lambda teller: teller.work(batches), tellers))
        finally:
            over.set()
        for reader in readers:
            reader.result()
    report = server.report()
    check_sums(report)
    told = {row["card_number"]: row["shadow_cents"] for row in report["cards"]}
    for card in cards:
        expected = sum(teller.moved.get(card, 0) for teller in tellers)
        if told.get(card, 0) != expected:
            raise ProofFailed(f"card {card}: {told.get(card, 0)}, not {expected}")
    return {"clients": clients, "requests": requests, "reads, all zero": sum(reads)}
