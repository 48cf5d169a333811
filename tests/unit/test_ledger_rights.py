"""Awards, rewards, entries, server credits and refunds in the books: balanced, once, whatever the order."""

from __future__ import annotations

from itertools import permutations

import pytest

from domain.facts import Fact
from domain.ledger import Asset, Result, TransferKind, balances, refund_id
from server.ledger.bodies import BadBody
from server.ledger.operations import OperationState
from server.ledger.work import check_body, gather
from tests.fixtures.device_client import FactChain, fact_id
from tests.fixtures.purse_facts import (
    BAKERY,
    CANOE,
    CARD,
    award_intent,
    card_seen,
    charge_intent,
    credit_intent,
    debit_intent,
    entry_intent,
    outcome,
    redeem_intent,
    refund_requested,
)

CARD_EUR, CARD_PTS = (f"card:{CARD}", Asset.EUR), (f"card:{CARD}", Asset.PTS)
DUE = (f"refund_due:{CARD}", Asset.EUR)


def states_of(facts: list[Fact]) -> dict[str, OperationState]:
    states: dict[str, OperationState] = {}

    def of(key: str) -> OperationState:
        return states.get(key, OperationState(key))

    for fact in facts:
        work = gather([fact])
        for intent, _ in work.intents:
            states[intent.transfer_id] = of(intent.transfer_id).with_intent(intent)
        for told, _ in work.outcomes:
            states[told.intent] = of(told.intent).with_outcome(told)
        for given, _ in work.awards:
            states[str(given.intent)] = of(str(given.intent)).with_award(given)
        for request, _ in work.refunds:
            states[request.debit] = of(request.debit).with_refund(request)
    return states


def books(facts: list[Fact]) -> dict[tuple[str, Asset], int]:
    states = states_of(facts)
    return {
        key: amount
        for key, amount in balances(transfer for state in states.values() for transfer in state.transfers()).items()
        if amount
    }


def done(chain: FactChain, kind: str, body: dict[str, object]) -> str:
    intent = chain.add(f"purse.{kind}.intent", body)
    chain.add(f"purse.{kind}.outcome", outcome(intent.id, operation=9))
    return intent.id


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("award", award_intent(), {CARD_PTS: 40, ("points_issued", Asset.PTS): -40}),
        ("redeem", redeem_intent(), {CARD_PTS: -30, ("points_issued", Asset.PTS): 30}),
        ("entry", entry_intent(), {}),
        ("entry", entry_intent(points=40), {CARD_PTS: 40, ("points_issued", Asset.PTS): -40}),
        ("credit", credit_intent(), {CARD_EUR: 1800, DUE: -1800}),
        (
            "debit",
            charge_intent(),
            {
                CARD_EUR: -450,
                (f"site_payable:{BAKERY}", Asset.EUR): 450,
                CARD_PTS: 40,
                ("points_issued", Asset.PTS): -40,
            },
        ),
    ],
)
def test_what_each_operation_moves(kind: str, body: dict[str, object], expected: dict[tuple[str, Asset], int]) -> None:
    chain = FactChain("BC-017")
    done(chain, kind, body)
    assert books(chain.facts) == expected
    assert books([fact for fact in chain.facts for _ in range(3)]) == expected


@pytest.mark.parametrize(("kind", "body"), [("award", award_intent()), ("entry", entry_intent(points=40))])
def test_points_told_twice_are_booked_once(kind: str, body: dict[str, object]) -> None:
    chain = FactChain("BC-017")
    intent = done(chain, kind, body)
    told = {"card": CARD, "points": 40, "site": BAKERY, "intent": intent, "operation_number": 9, "day": 9822}
    chain.add("points.awarded", told)
    for order in permutations(chain.facts):
        assert books(list(order))[CARD_PTS] == 40


def test_a_refund_makes_due_what_the_credit_brings_and_nothing_is_left_between() -> None:
    chain = FactChain("BC-017")
    paid = done(chain, "debit", debit_intent())
    chain.add("purse.refund.requested", refund_requested(paid))
    asked = books(chain.facts)
    assert asked[DUE] == 1800 and (f"site_payable:{CANOE}", Asset.EUR) not in asked
    done(chain, "credit", credit_intent())
    end = books(chain.facts)
    assert DUE not in end and CARD_EUR not in end


def test_a_refund_asked_twice_is_booked_once_in_any_order() -> None:
    chain = FactChain("BC-017")
    paid = done(chain, "debit", debit_intent())
    chain.add("purse.refund.requested", refund_requested(paid))
    chain.add("purse.refund.requested", refund_requested(paid))
    for order in permutations(chain.facts):
        states = states_of(list(order))
        kinds = [transfer.kind for transfer in states[paid].transfers()]
        assert kinds == [TransferKind.DEBIT, TransferKind.AWARD, TransferKind.REFUND]
        assert states[paid].transfers()[2].id == refund_id(paid)
        assert not states[paid].contradictory


@pytest.mark.parametrize(
    "asked",
    [
        refund_requested("", amount=1700),
        refund_requested("", site=BAKERY),
        refund_requested("", card="00421188"),
    ],
)
def test_a_refund_of_something_else_moves_nothing_and_a_person_looks(asked: dict[str, object]) -> None:
    chain = FactChain("BC-017")
    paid = done(chain, "debit", debit_intent())
    chain.add("purse.refund.requested", {**asked, "debit": paid})
    for order in permutations(chain.facts):
        state = states_of(list(order))[paid]
        assert state.contradictory and state.refunded_wrongly
        assert [transfer.kind for transfer in state.transfers()] == [TransferKind.DEBIT, TransferKind.AWARD]


@pytest.mark.parametrize("result", ["not_done", "in_doubt"])
def test_what_was_never_paid_is_not_given_back(result: str) -> None:
    chain = FactChain("BC-017")
    intent = chain.add("purse.debit.intent", debit_intent())
    chain.add("purse.debit.outcome", outcome(intent.id, result))
    chain.add("purse.refund.requested", refund_requested(intent.id))
    state = states_of(chain.facts)[intent.id]
    assert state.transfers() == ()
    assert state.contradictory is (result == "not_done")


def test_an_outcome_of_another_kind_decides_none_of_them() -> None:
    kinds = [TransferKind.CREDIT, TransferKind.AWARD, TransferKind.REDEEM, TransferKind.ENTRY]
    bodies = {"credit": credit_intent(), "award": award_intent(), "redeem": redeem_intent(), "entry": entry_intent()}
    for kind in kinds:
        for other in kinds:
            chain = FactChain("BC-017")
            intent = chain.add(f"purse.{kind}.intent", bodies[kind])
            chain.add(f"purse.{other}.outcome", outcome(intent.id))
            state = states_of(chain.facts)[intent.id]
            assert (state.result is Result.DONE) is (kind is other)
            assert state.contradictory is (kind is not other)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("purse.award.intent", {**award_intent(), "points": 0}),
        ("purse.redeem.intent", {**redeem_intent(), "points": None}),
        ("purse.redeem.intent", {**redeem_intent(), "points": 10**7}),
        ("purse.entry.intent", {**entry_intent(), "points": -1}),
        ("purse.credit.intent", {**credit_intent(), "amount_cents": 0}),
        ("purse.refund.requested", {**refund_requested(fact_id(1)), "debit": "x"}),
        ("purse.refund.requested", {**refund_requested(fact_id(1)), "amount_cents": 0}),
        ("purse.refund.requested", {**refund_requested(fact_id(1)), "operator": None}),
        ("purse.verdict", {"card": CARD, "intent": fact_id(1), "verdict": "odd"}),
        ("points.redeemed", {"card": CARD}),
        ("pass.issued", {"card": CARD, "intent": fact_id(1), "programme": 3, "site": 1, "sale": fact_id(2)}),
        ("pass.used", {"card": CARD, "intent": fact_id(1), "programme": 3, "site": 1}),
        ("ticket.used", {"card": CARD, "intent": fact_id(1), "ticket": "ABCDEFGH", "site": 1}),
        ("entry.refused", {"card": CARD, "operator": CARD, "site": 1, "reason": ""}),
        ("card.seen", {**card_seen(2, 3200, 40, []), "credits": {"epoch": -1, "total_cents": 0}}),
        ("card.seen", {**card_seen(2, 3200, 40, []), "credits": []}),
    ],
)
def test_a_body_that_cannot_be_understood_has_a_reason(kind: str, body: dict[str, object]) -> None:
    with pytest.raises(BadBody):
        check_body(kind, fact_id(1), body)


def test_bodies_as_they_should_be_are_understood() -> None:
    place = {"card": CARD, "intent": fact_id(1), "site": 1}
    operator = {"operator": "00009001"}
    sound: dict[str, dict[str, object]] = {
        "purse.verdict": {
            "card": CARD, "intent": fact_id(1), "verdict": "altered", "operation_number": 1, "tmc": None,
            "balance_cents": 0,
        },
        "points.redeemed": {
            **place, "claim": fact_id(2), "points": 60, "reward": "cafe", "operation_number": 3, "day": 9822,
        },
        "pass.issued": {
            **place, "programme": 3, "sale": fact_id(3), "product": "pass-3", "valid_from_day": 9822,
            "valid_until_day": 9825, "uses": 255,
        },
        "pass.used": {**place, **operator, "programme": 3, "uses_left": 2},
        "ticket.used": {**place, **operator, "ticket": "a1b2c3d4", "people": 2, "day": 9822},
        "entry.refused": {
            **operator, "card": CARD, "site": 1, "reason": "over", "programme": 3, "ticket": None, "value": 9822,
        },
        "card.seen": {**card_seen(2, 3200, 40, []), "credits": {"epoch": 1, "total_cents": 500}},
    }  # fmt: skip
    for kind, body in sound.items():
        check_body(kind, fact_id(1), body)
    altered = FactChain("BC-017")
    altered.add("purse.verdict", sound["purse.verdict"])
    assert [card for card, _ in gather(altered.facts).altered] == [CARD]
