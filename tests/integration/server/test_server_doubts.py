"""A purchase in doubt and a tap that saw the card unmoved: the server decides by its own time, with a margin."""

from __future__ import annotations

from itertools import permutations

import pytest

from domain.doubts import CLOCK_MARGIN_MS
from domain.facts import Fact
from tests.fixtures.device_client import NOON, FactChain
from tests.fixtures.purse_facts import card_seen, debit_intent, load_intent, outcome
from tests.integration.server.conftest import Bench, run_sql

HOUR = 3_600_000
LATER = CLOCK_MARGIN_MS + 60_000


def operation(bench: Bench, intent: Fact) -> tuple[bool, bool]:
    """Whether the operation is still open, and whether it was booked."""
    wanted = intent.id if bench.server.database_url else intent.id.replace("-", "")
    (open_now,) = run_sql(bench.server, f"SELECT open FROM ledger_operation WHERE intent = '{wanted}'")[0]  # noqa: S608
    booked = run_sql(bench.server, f"SELECT id FROM ledger_transfer WHERE id = '{wanted}'")  # noqa: S608
    return bool(open_now), bool(booked)


def first(bench: Bench) -> int:
    """Number of the other kiosk's first fact."""
    return bench.number * 10 + 900_000_000


def torn(bench: Bench, chain: FactChain, at: int, offset: int | None, **clock: object) -> Fact:
    intent = chain.add("purse.debit.intent", debit_intent(card=bench.card), at=at, offset=offset, **clock)  # type: ignore[arg-type]
    chain.add("purse.debit.outcome", outcome(intent.id, "in_doubt"), at=at + 1, offset=offset, **clock)  # type: ignore[arg-type]
    return intent


def seen(bench: Bench, balance: int = 5000, number: int = 1) -> dict[str, object]:
    return card_seen(number, balance, 0, [], card=bench.card)


def other(bench: Bench) -> FactChain:
    """Another run of facts, as a second kiosk's: its clock is its own."""
    return FactChain(bench.client.name, bench.number + 20_000)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_later_tap_elsewhere_that_saw_nothing_moved_says_not_done(bench: Bench, order: tuple[int, ...]) -> None:
    """Two clocks two hours apart, whose offsets are known; in any order of arrival, one fact at a time."""
    chain, elsewhere = bench.chain(), other(bench)
    intent = torn(bench, chain, NOON, HOUR)
    elsewhere.add("card.seen", seen(bench), first(bench), at=NOON + LATER + 2 * HOUR, offset=-HOUR)
    told = [*chain.facts, *elsewhere.facts]
    for place in order:
        bench.client.push([told[place]])
    assert operation(bench, intent) == (False, False)
    assert bench.shadow() == (0, 0)


@pytest.mark.parametrize(
    ("at", "offset", "balance"),
    [
        (NOON + CLOCK_MARGIN_MS - 60_000, 0, 5000),  # within the margin between two clocks
        (NOON + LATER + HOUR, -HOUR - LATER, 5000),  # its clock runs ahead: in truth it was earlier
        (NOON + LATER, None, 5000),  # nobody knows how its clock stood
        (NOON + LATER, 0, 4000),  # another balance at the same number: not for a rule to decide
    ],
    ids=["margin", "clock ahead", "clock unknown", "balance"],
)
def test_what_cannot_be_told_stays_in_doubt(bench: Bench, at: int, offset: int | None, balance: int) -> None:
    chain, elsewhere = bench.chain(), other(bench)
    intent = torn(bench, chain, NOON, 0)
    elsewhere.add("card.seen", seen(bench, balance), first(bench), at=at, offset=offset, boot=f"d-{bench.number}")
    bench.client.push(chain.facts)
    bench.client.push(elsewhere.facts)
    assert operation(bench, intent) == (True, False)


def test_a_run_that_met_the_server_late_gets_its_times_from_its_monotonic_clock(bench: Bench) -> None:
    """Both kiosks started offline: their facts know no offset until the line is back, in the same run."""
    boot, boot_elsewhere = f"a-{bench.number}", f"b-{bench.number}"
    chain, elsewhere = bench.chain(), other(bench)
    intent = torn(bench, chain, NOON - HOUR, None, boot=boot, monotonic=1_000)
    elsewhere.add(
        "card.seen",
        seen(bench),
        first(bench),
        at=NOON + LATER - 5 * HOUR,
        boot=boot_elsewhere,
        monotonic=2_000,
    )
    bench.client.push(chain.facts)
    bench.client.push(elsewhere.facts)
    assert operation(bench, intent) == (True, False), "no time is known yet"
    elsewhere.add(
        "visit",
        {"site": 1, "session": "s", "started_at": 1, "ended_at": 2, "language": "fr", "card": None, "offers_seen": 0},
        first(bench) + 1,
        at=NOON + LATER - 5 * HOUR + 600_000,
        offset=5 * HOUR,
        boot=boot_elsewhere,
        monotonic=602_000,
    )
    bench.client.push(elsewhere.facts[1:])
    assert operation(bench, intent) == (True, False), "the intent began at the latest when it came"
    chain.add("card.seen", seen(bench, number=0), at=NOON - HOUR + 9_000, offset=HOUR, boot=boot, monotonic=10_000)
    bench.client.push(chain.facts[2:])
    assert operation(bench, intent) == (False, False)


def test_a_clock_that_was_set_meanwhile_decides_nothing(bench: Bench) -> None:
    boot = f"c-{bench.number}"
    chain, elsewhere = bench.chain(), other(bench)
    intent = torn(bench, chain, NOON, 0)
    elsewhere.add("card.seen", seen(bench), first(bench), at=NOON - 90 * HOUR, boot=boot, monotonic=HOUR)
    elsewhere.add(
        "card.seen",
        seen(bench, number=0),
        first(bench) + 1,
        at=NOON + 2 * LATER,
        offset=0,
        boot=boot,
        monotonic=HOUR + 1_000,
    )
    bench.client.push(chain.facts)
    bench.client.push(elsewhere.facts)
    assert operation(bench, intent) == (True, False)


def test_a_chip_that_did_it_after_all_is_believed_and_alarmed(bench: Bench) -> None:
    """Whoever lies about the card: its record wins, and a person is told."""
    chain, elsewhere = bench.chain(), other(bench)
    load = chain.add("purse.load.intent", load_intent(card=bench.card), at=NOON - HOUR, offset=0)
    chain.add("purse.load.outcome", outcome(load.id), at=NOON - HOUR, offset=0)
    intent = torn(bench, chain, NOON, 0)
    elsewhere.add("card.seen", seen(bench), first(bench), at=NOON + LATER, offset=0)
    bench.client.push(chain.facts)
    bench.client.push(elsewhere.facts)
    assert operation(bench, intent) == (False, False)
    record = {"transfer": intent.id, "kind": 2, "amount": 1800, "operation_number": 2}
    chain.add("card.seen", card_seen(2, 3200, 40, [record], card=bench.card), at=NOON + 2 * LATER, offset=0)
    bench.client.push(chain.facts)
    assert operation(bench, intent) == (False, True)
    assert bench.shadow() == (3200, 40)
    alarms = bench.server.report()["alarms"]
    assert [row for row in alarms if row["code"] == "contradiction" and row["subject"] == intent.id]
