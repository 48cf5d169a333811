"""Rewards, entries, credits and refunds into a live server, on SQLite and PostgreSQL."""

from __future__ import annotations

import random

from domain.facts import Fact
from tests.fixtures.purse_facts import (
    BAKERY,
    award_intent,
    credit_intent,
    debit_intent,
    entry_intent,
    load_intent,
    outcome,
    redeem_intent,
    refund_requested,
)
from tests.integration.server.conftest import Bench


def _account(bench: Bench, name: str) -> int:
    lines = [row["amount"] for row in bench.server.report()["accounts"] if row["account"] == name]
    return int(sum(lines))


def _full_day(bench: Bench, refund_site: int = 4) -> list[Fact]:
    chain, card = bench.chain(), bench.card
    for number, (kind, body) in enumerate(
        [
            ("load", load_intent(card=card)),
            ("award", award_intent(operation=1, card=card)),
            ("debit", debit_intent(operation=2, points=0, card=card)),
            ("redeem", redeem_intent(operation=3, card=card)),
            ("entry", entry_intent(operation=4, points=20, card=card)),
            ("credit", credit_intent(operation=5, card=card)),
        ]
    ):
        intent = chain.add(f"purse.{kind}.intent", body)
        chain.add(f"purse.{kind}.outcome", outcome(intent.id, operation=number + 1, balance=5000))
        if kind == "debit":
            chain.add("purse.refund.requested", refund_requested(intent.id, site=refund_site, card=card))
    return chain.facts


def test_every_operation_is_booked_once_in_any_order_and_the_books_sum_to_zero(bench: Bench) -> None:
    seed = 9_119 + bench.number
    print(f"seed {seed}")
    facts = [fact for fact in _full_day(bench) for _ in range(2)]
    random.Random(seed).shuffle(facts)
    payable = _account(bench, "site_payable:4")
    for fact in facts:
        assert bench.client.push([fact]).json["outcomes"][0] in ("created", "exists")
    assert bench.shadow() == (5000, 30)
    assert _account(bench, f"refund_due:{bench.card}") == 0
    assert _account(bench, "site_payable:4") == payable, "the debit was given back"
    report = bench.server.report()
    assert (report["ledger_sum_cents"], report["ledger_sum_points"], report["cache_differences"]) == (0, 0, 0)


def test_a_refund_asked_by_a_site_that_was_not_paid_waits_for_a_person(bench: Bench) -> None:
    facts = _full_day(bench, refund_site=BAKERY)
    bench.client.push(facts)
    debit = next(fact.id for fact in facts if fact.kind == "purse.debit.intent")
    assert debit in [row["subject"] for row in bench.server.report()["alarms"] if row["code"] == "contradiction"]
    assert _account(bench, f"refund_due:{bench.card}") == -1800, "the credit was applied, but nothing was due"


def test_a_card_that_is_not_ours_any_more_is_an_alarm(bench: Bench) -> None:
    chain = bench.chain()
    intent = chain.add("purse.debit.intent", debit_intent(card=bench.card))
    verdict = {"card": bench.card, "intent": intent.id, "operation_number": 1, "tmc": 1, "balance_cents": 0}
    chain.add("purse.verdict", {**verdict, "verdict": "overwritten"})
    bench.client.push(chain.facts)
    assert bench.card not in [row["subject"] for row in bench.server.report()["alarms"]]
    chain.add("purse.verdict", {**verdict, "verdict": "altered"})
    bench.client.push(chain.facts)
    alarms = bench.server.report()["alarms"]
    assert [row["code"] for row in alarms if row["subject"] == bench.card] == ["altered_card"]
