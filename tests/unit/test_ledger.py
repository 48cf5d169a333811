"""Double entry in pure code: legs sum to zero, an id counts once, order of arrival changes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.facts import Fact
from domain.ledger import (
    Asset,
    Award,
    Intent,
    Leg,
    Outcome,
    Result,
    SeenRecord,
    Transfer,
    TransferKind,
    Unbalanced,
    award_id,
    balances,
    card_account,
    contradicts,
    decide,
    results_from_records,
    reverse,
    sums,
    transfer_from_award,
    transfer_of,
)
from server.ledger.bodies import BadBody, parse_award, parse_intent, parse_outcome, parse_seen_records
from server.ledger.operations import After, OperationState
from server.ledger.work import check_body, gather
from tests.fixtures.device_client import FactChain, fact_id
from tests.fixtures.purse_facts import CARD, a_day, award, card_seen, debit_intent, load_intent, outcome

INTENT = Intent(fact_id(1), TransferKind.DEBIT, CARD, 1800, 5000, 1, 1, 1, 4, 40)


def test_a_load_owes_the_holder_what_the_hotelier_took() -> None:
    load = Intent(fact_id(2), TransferKind.LOAD, CARD, 5000, 0, 0, 0, 2, 2)
    assert balances([transfer_of(load)]) == {
        ("card:00421187", Asset.EUR): 5000,
        ("hotelier_receivable:2", Asset.EUR): -5000,
    }


def test_a_debit_pays_the_site_that_the_sale_is_for_not_the_kiosk() -> None:
    assert balances([transfer_of(INTENT)]) == {
        ("card:00421187", Asset.EUR): -1800,
        ("site_payable:4", Asset.EUR): 1800,
    }


def test_a_credit_brings_onto_the_card_what_is_due_to_it() -> None:
    credit = Intent(fact_id(4), TransferKind.CREDIT, CARD, 700, 3200, 2, 2, 4, 4)
    assert balances([transfer_of(credit)]) == {
        ("card:00421187", Asset.EUR): 700,
        ("refund_due:00421187", Asset.EUR): -700,
    }


def test_a_refund_is_a_debit_turned_round() -> None:
    refund = Intent(fact_id(3), TransferKind.REFUND, CARD, 1800, 3200, 2, 2, 4, 4)
    assert balances([transfer_of(INTENT), transfer_of(refund)]) == {
        ("card:00421187", Asset.EUR): 0,
        ("site_payable:4", Asset.EUR): 0,
    }


@pytest.mark.parametrize(("result", "moves"), [(Result.DONE, True), (Result.NOT_DONE, False), (Result.IN_DOUBT, False)])
def test_only_done_moves_money(result: Result, moves: bool) -> None:
    told = Outcome(INTENT.transfer_id, TransferKind.DEBIT, result, 2, 3200, 40, "answer")
    transfers = OperationState(INTENT.transfer_id, INTENT).with_outcome(told).transfers()
    assert [transfer.id for transfer in transfers] == ([INTENT.transfer_id, award_id(INTENT.transfer_id)] * moves)


def test_what_a_load_became_decides_no_debit_whichever_is_told_first() -> None:
    wrong = Outcome(INTENT.transfer_id, TransferKind.LOAD, Result.DONE, 99, 9900, 0, "answer")
    right = Outcome(INTENT.transfer_id, TransferKind.DEBIT, Result.DONE, 2, 3200, 40, "answer")
    steps: list[Callable[[OperationState], OperationState]] = [
        lambda state: state.with_intent(INTENT),
        lambda state: state.with_outcome(wrong),
        lambda state: state.with_outcome(right),
    ]
    ends = set()
    for order in permutations(range(3)):
        state = OperationState(INTENT.transfer_id)
        for index in order:
            state = steps[index](state)
            told = set(order[: order.index(index) + 1])
            assert [transfer.kind for transfer in state.transfers()] == (["debit", "award"] if {0, 2} <= told else [])
            assert state.contradictory is ({0, 1} <= told or {1, 2} <= told)
        assert state.after == After(TransferKind.DEBIT, 2, 3200)
        ends.add(state)
    assert len(ends) == 1


@given(st.lists(st.tuples(st.sampled_from(list(Asset)), st.integers(-(10**9), 10**9)), min_size=1, max_size=6))
def test_no_transfer_exists_that_does_not_sum_to_zero(rows: list[tuple[Asset, int]]) -> None:
    legs = tuple(Leg(f"a{index}", asset, amount) for index, (asset, amount) in enumerate(rows))
    sound = len(legs) >= 2 and all(leg.amount for leg in legs) and not any(sums(legs).values())
    if sound:
        assert not any(sums(Transfer("t", TransferKind.CORRECTION, legs).legs).values())
    else:
        with pytest.raises(Unbalanced):
            Transfer("t", TransferKind.CORRECTION, legs)


def test_euros_and_points_balance_apart() -> None:
    with pytest.raises(Unbalanced):
        Transfer("t", TransferKind.AWARD, (Leg("a", Asset.EUR, 40), Leg("b", Asset.PTS, -40)))


def test_a_correction_undoes_and_an_id_counts_once() -> None:
    transfer = transfer_of(INTENT)
    assert set(balances([transfer, transfer, reverse(transfer, fact_id(8))]).values()) == {0}


def test_points_of_one_operation_have_one_id_however_often_told() -> None:
    first = transfer_from_award(Award(fact_id(4), CARD, 40, 1, INTENT.transfer_id))
    again = transfer_from_award(Award(fact_id(5), CARD, 40, 1, INTENT.transfer_id))
    alone = transfer_from_award(Award(fact_id(6), CARD, 40, 1, None))
    assert first is not None and first == again and first.id == award_id(INTENT.transfer_id) != INTENT.transfer_id
    assert alone is not None and alone.id == fact_id(6)
    assert transfer_from_award(Award(fact_id(7), CARD, 0, 1, None)) is None


@pytest.mark.parametrize(
    ("told", "expected", "contradictory"),
    [
        ((), None, False),
        ((Result.IN_DOUBT,), Result.IN_DOUBT, False),
        ((Result.IN_DOUBT, Result.DONE), Result.DONE, False),
        ((Result.IN_DOUBT, Result.NOT_DONE), Result.NOT_DONE, False),
        ((Result.NOT_DONE, Result.DONE, Result.IN_DOUBT), Result.DONE, True),
    ],
)
def test_what_outcomes_say_together(told: tuple[Result, ...], expected: Result | None, contradictory: bool) -> None:
    for order in permutations(told):
        assert (decide(order), contradicts(order)) == (expected, contradictory)


def test_chips_decide_only_by_what_stays_true() -> None:
    ours, other = SeenRecord(INTENT.transfer_id, 2), SeenRecord(fact_id(99), 2)
    both = results_from_records(INTENT, [other, SeenRecord(INTENT.transfer_id, 7)])
    assert decide(both) is Result.DONE and contradicts(both)
    assert results_from_records(INTENT, [ours]) == {Result.DONE}
    assert results_from_records(INTENT, [other]) == {Result.NOT_DONE}
    assert results_from_records(INTENT, [SeenRecord(fact_id(99), 1), SeenRecord(fact_id(98), 5)]) == frozenset()
    assert results_from_records(INTENT, []) == frozenset()


def _play(facts: list[Fact]) -> dict[tuple[str, Asset], int]:
    """What the ledger does with facts, without its database."""
    states: dict[str, OperationState] = {}
    alone: list[Transfer] = []
    for fact in facts:
        work = gather([fact])
        for intent, _ in work.intents:
            states[intent.transfer_id] = states.get(intent.transfer_id, OperationState(intent.transfer_id)).with_intent(
                intent
            )
        for told, _ in work.outcomes:
            states[told.intent] = states.get(told.intent, OperationState(told.intent)).with_outcome(told)
        for given_points, _ in work.awards:
            key = str(given_points.intent)
            states[key] = states.get(key, OperationState(key)).with_award(given_points)
        for request, _ in work.refunds:
            states[request.debit] = states.get(request.debit, OperationState(request.debit)).with_refund(request)
        alone += [posting.transfer for posting in work.alone]
    return balances([*alone, *(transfer for state in states.values() for transfer in state.transfers())])


def _six() -> list[Fact]:
    chain = FactChain("BC-017")
    loaded = chain.add("purse.load.intent", load_intent())
    chain.add("purse.load.outcome", outcome(loaded.id))
    paid = chain.add("purse.debit.intent", debit_intent())
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt"))
    chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200, points=40))
    chain.add("points.awarded", award(paid.id))
    return chain.facts


def test_six_facts_in_all_720_orders_end_in_the_same_books() -> None:
    facts = _six()
    expected = {
        (card_account(CARD), Asset.EUR): 3200,
        (card_account(CARD), Asset.PTS): 40,
        ("hotelier_receivable:2", Asset.EUR): -5000,
        ("site_payable:4", Asset.EUR): 1800,
        ("points_issued", Asset.PTS): -40,
    }
    orders = list(permutations(facts))
    assert len(orders) == 720
    for order in orders:
        assert _play(list(order)) == expected


def test_facts_repeated_and_shuffled_end_in_the_same_books() -> None:
    seed = 20_261_122
    print(f"seed {seed}")
    chance = random.Random(seed)
    facts = a_day("BC-017")
    expected = _play(facts)
    for _ in range(50):
        many = [fact for fact in facts for _ in range(chance.randint(1, 10))]
        chance.shuffle(many)
        assert _play(many) == expected


def test_a_load_outcome_counts_for_nothing_before_its_intent() -> None:
    told = Outcome(INTENT.transfer_id, TransferKind.DEBIT, Result.DONE, 2, 3200, 40, "x")
    state = OperationState(INTENT.transfer_id).with_outcome(told)
    assert state.transfers() == () and state.open
    assert [transfer.kind for transfer in state.with_intent(INTENT).transfers()] == ["debit", "award"]


@pytest.mark.parametrize(
    "change",
    [
        {"amount_cents": 0},
        {"amount_cents": -5},
        {"amount_cents": True},
        {"amount_cents": 10**12},
        {"amount_cents": "1800"},
        {"card": "1234"},
        {"card": "1234567x"},
        {"card": 12345678},
        {"site": 65536},
        {"payee_site": None},
        {"operation_before": None},
        {"points": -1},
    ],
)
def test_an_intent_that_cannot_be_understood_has_a_reason(change: dict[str, object]) -> None:
    with pytest.raises(BadBody):
        parse_intent(fact_id(1), "purse.debit.intent", {**debit_intent(), **change})


@pytest.mark.parametrize("change", [{"result": "maybe"}, {"result": None}, {"intent": "x"}, {"balance_cents": -1}])
def test_an_outcome_that_cannot_be_understood_has_a_reason(change: dict[str, object]) -> None:
    with pytest.raises(BadBody):
        parse_outcome("purse.debit.outcome", {**outcome(fact_id(1)), **change})


def test_other_kinds_are_none_of_the_ledgers_business() -> None:
    assert parse_intent(fact_id(1), "visit", {}) is None
    assert parse_outcome("visit", {}) is None
    assert parse_award(fact_id(1), "sale", {}) is None
    check_body("visit", fact_id(1), {"anything": [1, 2]})


@pytest.mark.parametrize("records", [None, {}, [1], [{"transfer": "x"}], [{}] * 65])
def test_records_that_cannot_be_read_have_a_reason(records: object) -> None:
    with pytest.raises(BadBody):
        parse_seen_records({**card_seen(2, 3200, 40, []), "records": records})


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw on a busy machine builds tables of letters
@given(
    st.dictionaries(
        st.sampled_from(["card", "amount_cents", "site", "intent", "result", "points", "records", "operation_number"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=3),
    )
)
def test_no_body_breaks_the_ledger(body: dict[str, object]) -> None:
    kinds = ("purse.load.intent", "purse.debit.outcome", "points.awarded", "card.seen", "purse.refund.requested")
    for kind in (*kinds, "purse.redeem.intent", "purse.verdict", "entry.refused", "ticket.used", "pass.used"):
        try:
            check_body(kind, fact_id(1), body)
        except BadBody as error:
            assert str(error)
