"""What the databases themselves guarantee: rows that cannot be changed, and sums that hold under many writers."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait

import psycopg
import pytest

from server.ledger.schema import APPEND_ONLY
from tests.fixtures.device_client import FactChain
from tests.fixtures.purse_facts import award, card_seen, debit_intent, load_intent, outcome, rechained
from tests.fixtures.server import LiveServer
from tests.integration.server.conftest import Bench, run_sql

VERBS = {"UPDATE": "UPDATE {} SET territory = 'x'", "DELETE": "DELETE FROM {}", "TRUNCATE": "TRUNCATE {}"}


@pytest.mark.parametrize("verb", VERBS)
def test_facts_and_legs_refuse_to_be_changed(bench: Bench, verb: str) -> None:
    if verb == "TRUNCATE" and not bench.server.database_url:
        pytest.skip("SQLite has no TRUNCATE")
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card))
    chain.add("purse.load.outcome", outcome(loaded.id))
    bench.client.push(chain.facts)
    bench.client.push(rechained(chain.facts, bench.client.name, bench.number + 5000))  # aliases
    for table in APPEND_ONLY:
        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException), match="append-only"):
            run_sql(bench.server, VERBS[verb].format(table) + (" CASCADE" if verb == "TRUNCATE" else ""))
    assert bench.shadow() == (5000, 0)


def test_every_stored_fact_still_hashes_to_what_was_signed(bench: Bench) -> None:
    chain = bench.chain()
    for index in range(5):
        chain.add("visit", {"site": index, "language": "fr"})
    bench.client.push(chain.facts)
    column = "encode(hash, 'hex')" if bench.server.database_url else "lower(hex(hash))"
    rows = run_sql(
        bench.server,
        f"SELECT sequence, {column} FROM ledger_fact WHERE incarnation = {bench.number} ORDER BY sequence",  # noqa: S608
    )
    assert rows == [(fact.sequence, fact.hash.hex()) for fact in chain.facts]


def test_an_intent_and_the_record_that_decides_it_may_arrive_at_the_same_moment(server: LiveServer) -> None:
    """Two devices at once: whichever transaction is second must see the first."""
    kiosk, other = server.paired("RACE-1"), server.paired("RACE-2")
    mine, theirs = FactChain(kiosk.name), FactChain(other.name)
    cards = [f"{91_000_000 + index:08d}" for index in range(25)]
    with ThreadPoolExecutor(2) as pool:
        for index, card in enumerate(cards):
            paid = mine.add("purse.debit.intent", debit_intent(card=card, points=0), 600_000_000 + index)
            record = {"transfer": paid.id, "kind": 2, "amount": 1800, "operation_number": 2}
            seen = theirs.add("card.seen", card_seen(2, 3200, 0, [record], card=card), 610_000_000 + index)
            both = [pool.submit(kiosk.push, [paid]), pool.submit(other.push, [seen])]
            assert [job.result().json["outcomes"] for job in both] == [["created"], ["created"]]
    lines = [line for line in server.report()["cards"] if line["card_number"] in cards]
    assert [line["shadow_cents"] for line in lines] == [-1800] * len(cards)


def test_eight_writers_and_every_reading_sums_to_zero(server: LiveServer) -> None:
    """Eight desks load and debit the same cards at once; whoever reads in between reads zero."""
    first = server.paired("BANK-0")
    clients = [first, *(server.paired(f"BANK-{number}") for number in range(1, 4))]

    def work(number: int) -> None:
        client = clients[number % len(clients)]
        chain = FactChain(client.name, 100 + number)
        for step in range(6):
            card = f"{90_000_000 + step % 3:08d}"
            ids = (number * 1000 + step * 10) + 500_000_000
            loaded = chain.add("purse.load.intent", load_intent(amount=1000, card=card), ids)
            chain.add("purse.load.outcome", outcome(loaded.id), ids + 1)
            paid = chain.add("purse.debit.intent", debit_intent(amount=400, card=card, points=0), ids + 2)
            chain.add("purse.debit.outcome", outcome(paid.id, operation=step), ids + 3)
            chain.add("points.awarded", award(None, card=card), ids + 4)
        for start in range(0, len(chain.facts), 5):
            batch = chain.facts[start : start + 5]
            assert client.push(batch).json["outcomes"] == ["created"] * 5
            assert client.push(batch).json["outcomes"] == ["exists"] * 5

    query = "SELECT COALESCE(SUM(amount), 0) FROM ledger_leg"
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(work, number) for number in range(8)]
        readings = 0
        while wait(running, timeout=0.05).not_done:
            assert run_sql(server, query) == [(0,)]
            readings += 1
        for job in running:
            job.result()
    report = server.report()
    assert (report["ledger_sum_cents"], report["cache_differences"], readings > 0) == (0, 0, True)
    cards = [line for line in report["cards"] if line["card_number"].startswith("9000000")]
    assert [(line["shadow_cents"], line["shadow_points"]) for line in cards] == [(16 * 600, 16 * 40)] * 3
