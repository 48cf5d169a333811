"""Purse rules without any card: limits, points, verdicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cards import (
    CardIdentity,
    CardKind,
    CardReading,
    CardRights,
    CarriedTicket,
    ChipGeneration,
    CreditState,
    PurseRecord,
    PurseState,
    RecordKind,
)
from domain.config import Limits
from domain.days import day_number, month_number
from domain.purse import (
    HALVE_AFTER_MS,
    STOP_AFTER_MS,
    Circumstances,
    OpenIntent,
    Refusal,
    Refused,
    Verdict,
    add_ticket,
    check_debit,
    check_load,
    plan_debit,
    plan_load,
    points_for_visit,
    resolve_intent,
)

TODAY = date(2026, 11, 22)
TRANSFER = "0190a5f0-0000-7000-8000-000000000001"
OTHER = "0190a5f0-0000-7000-8000-000000000002"
STATE = PurseState(7, 0, 0, 0, 0, 0, ())
READING = CardReading(
    card_uid=bytes(7),
    chip=ChipGeneration.EV3,
    identity=CardIdentity("00421187", CardKind.VISITOR, 1, 1, 9000, day_number(TODAY)),
    balance_cents=5000,
    points=0,
    state=STATE,
    credits=CreditState(0, 0, month_number(TODAY), 12_000),
    rights=CardRights(),
    records=(),
    transaction_counter=7,
    transaction_mac=bytes(8),
)
NOW = Circumstances(TODAY, True, True, 0, 1, 17, frozenset(), Limits(), 40, allowance_left_cents=100_000)
OFFLINE = replace(NOW, online=False, since_contact_ms=1000)


def record(transfer: str, operation: int) -> PurseRecord:
    return PurseRecord(transfer, RecordKind.DEBIT, 100, 1, 9000, operation)


def test_the_last_day_of_validity_still_counts() -> None:
    assert check_debit(READING, 100, NOW) is None
    tomorrow = replace(NOW, today=date(2026, 11, 23))
    assert check_debit(READING, 100, tomorrow) == Refused(Refusal.EXPIRED)


@pytest.mark.parametrize(
    ("amount", "changes", "state", "expected"),
    [
        (6000, {}, {}, None),
        (6001, {}, {}, Refused(Refusal.OVER_OFFLINE_LIMIT, 6000)),
        (3000, {"since_contact_ms": HALVE_AFTER_MS}, {}, None),
        (3001, {"since_contact_ms": HALVE_AFTER_MS}, {}, Refused(Refusal.OVER_OFFLINE_LIMIT, 3000)),
        (100, {"since_contact_ms": STOP_AFTER_MS}, {}, Refused(Refusal.OFFLINE_TOO_LONG)),
        (100, {"since_contact_ms": None}, {}, Refused(Refusal.OFFLINE_TOO_LONG)),
        (2000, {}, {"offline_sum_cents": 10_000}, None),
        (2001, {}, {"offline_sum_cents": 10_000}, Refused(Refusal.OVER_OFFLINE_LIMIT, 2000)),
        (100, {}, {"offline_count": 9}, None),
        (100, {}, {"offline_count": 10}, Refused(Refusal.OVER_OFFLINE_LIMIT, 12_000)),
        (100, {"unsent_cents": 149_950}, {}, Refused(Refusal.OVER_OFFLINE_LIMIT, 0)),
        (100, {"unsent_count": 500}, {}, Refused(Refusal.OVER_OFFLINE_LIMIT, 0)),
    ],
)
def test_offline_limits(
    amount: int, changes: dict[str, object], state: dict[str, int], expected: Refused | None
) -> None:
    reading = replace(READING, balance_cents=15_000, state=replace(STATE, **state))
    assert check_debit(reading, amount, replace(OFFLINE, **changes)) == expected  # type: ignore[arg-type]


def test_online_none_of_them_count() -> None:
    reading = replace(READING, balance_cents=15_000, state=replace(STATE, offline_sum_cents=12_000, offline_count=10))
    assert check_debit(reading, 15_000, NOW) is None


@pytest.mark.parametrize(
    ("amount", "changes", "expected"),
    [
        (3000, {}, None),
        (3001, {}, Refused(Refusal.OVER_MONTHLY_LOADS, 3000)),
        (10_001, {}, Refused(Refusal.OVER_PURSE_LIMIT, 10_000)),
        (2000, {"allowance_left_cents": 1999}, Refused(Refusal.OVER_ALLOWANCE, 1999)),
        (2000, {"allowance_left_cents": None}, Refused(Refusal.OVER_ALLOWANCE, 0)),
        (2000, {"blocked": frozenset({"00421187"})}, Refused(Refusal.BLOCKED)),
    ],
)
def test_load_limits(amount: int, changes: dict[str, object], expected: Refused | None) -> None:
    assert check_load(READING, amount, replace(NOW, **changes)) == expected  # type: ignore[arg-type]


def test_a_new_month_opens_the_loads_again() -> None:
    december = replace(NOW, today=date(2026, 12, 1))
    reading = replace(READING, identity=replace(READING.identity, expires_day=20_000))
    plan = plan_load(reading, 10_000, TRANSFER, december)
    assert not isinstance(plan, Refused)
    credits = plan[0].credits
    assert credits is not None
    assert (credits.month, credits.month_loads_cents) == (month_number(date(2026, 12, 1)), 10_000)


def test_a_debit_writes_value_record_state_points_and_ticket_together() -> None:
    plan = plan_debit(READING, 1800, TRANSFER, OFFLINE, CarriedTicket(1, day_number(TODAY), 2))
    assert not isinstance(plan, Refused)
    write, points = plan
    assert (write.euros_delta_cents, write.points_delta, points) == (-1800, 40, 40)
    assert write.record.operation_number == write.state.operation_number == 8
    assert (write.state.offline_sum_cents, write.state.offline_count) == (1800, 1)
    assert write.state.visited_sites == (17,)
    assert write.rights == CardRights(tickets=(CarriedTicket(1, day_number(TODAY), 2),))
    assert not write.needs_load_key


def test_online_clears_what_was_counted_offline() -> None:
    reading = replace(READING, state=replace(STATE, offline_sum_cents=5000, offline_count=3))
    plan = plan_debit(reading, 100, TRANSFER, NOW)
    assert not isinstance(plan, Refused)
    state = plan[0].state
    assert (state.offline_sum_cents, state.offline_count) == (0, 0)
    assert state.last_online_day == day_number(TODAY)


@pytest.mark.parametrize(
    ("state", "now", "points", "sites"),
    [
        ({}, {}, 40, (17,)),
        ({"visit_day": day_number(TODAY), "visited_sites": (17,)}, {}, 0, (17,)),
        ({"visit_day": day_number(TODAY), "visited_sites": (1, 2)}, {}, 40, (1, 2, 17)),
        ({"visit_day": day_number(TODAY), "visited_sites": tuple(range(1, 10))}, {}, 0, tuple(range(1, 10))),
        ({"visit_day": day_number(TODAY) - 1, "visited_sites": (17,)}, {}, 40, (17,)),
        ({"visit_day": day_number(TODAY) + 1, "visited_sites": (3,)}, {}, 0, (3,)),
        ({}, {"points_per_site_day": 0}, 0, ()),
    ],
)
def test_points_once_per_site_and_day(
    state: dict[str, object], now: dict[str, object], points: int, sites: tuple[int, ...]
) -> None:
    before = replace(STATE, **state)  # type: ignore[arg-type]
    earned, after = points_for_visit(before, replace(NOW, **now))  # type: ignore[arg-type]
    assert (earned, after.visited_sites) == (points, sites)
    assert after.visit_day >= before.visit_day


def test_an_unconfirmed_clock_moves_the_visit_day_by_two_at_most() -> None:
    before = replace(STATE, visit_day=day_number(TODAY) - 100)
    _, after = points_for_visit(before, replace(NOW, clock_confirmed=False))
    assert after.visit_day == before.visit_day + 2


def test_past_tickets_leave_the_card_first() -> None:
    today = day_number(TODAY)
    rights = CardRights(
        tickets=(CarriedTicket(1, today - 1, 1), CarriedTicket(2, today, 1), CarriedTicket(3, today, 1))
    )
    after = add_ticket(rights, CarriedTicket(4, today + 1, 1), today)
    assert after is not None
    assert [ticket.ticket_ref for ticket in after.tickets] == [4, 2, 3]


INTENT = OpenIntent(TRANSFER, "00421187", 1800, 5000, 7, 7)


@pytest.mark.parametrize(
    ("operation", "counter", "balance", "records", "verdict"),
    [
        (7, 7, 5000, (), Verdict.NOT_DONE),
        (7, 7, 4000, (), Verdict.ALTERED),
        (8, 8, 3200, (record(TRANSFER, 8),), Verdict.DONE),
        (9, 9, 3000, (record(OTHER, 9), record(TRANSFER, 8)), Verdict.DONE),
        (9, 9, 3000, (record(OTHER, 9), record(OTHER, 8)), Verdict.NOT_DONE),
        (30, 30, 100, tuple(record(OTHER, n) for n in range(30, 20, -1)), Verdict.OVERWRITTEN),
        (6, 6, 5000, (), Verdict.ALTERED),
        (8, 9, 3200, (record(TRANSFER, 8),), Verdict.ALTERED),
        (8, 7, 3200, (record(TRANSFER, 8),), Verdict.ALTERED),
    ],
)
def test_the_resolution_table(
    operation: int, counter: int, balance: int, records: tuple[PurseRecord, ...], verdict: Verdict
) -> None:
    seen = replace(
        READING,
        state=replace(STATE, operation_number=operation),
        transaction_counter=counter,
        balance_cents=balance,
        records=records,
    )
    assert resolve_intent(INTENT, seen) is verdict


def test_an_ev1_card_is_decided_by_its_operation_number_alone() -> None:
    seen = replace(
        READING, transaction_counter=None, state=replace(STATE, operation_number=8), records=(record(OTHER, 8),)
    )
    assert resolve_intent(replace(INTENT, counter_before=None), seen) is Verdict.NOT_DONE


@given(st.integers(1, 20_000), st.integers(0, 15_000), st.booleans())
def test_no_plan_ever_overdraws_or_overfills(amount: int, balance: int, online: bool) -> None:
    reading = replace(READING, balance_cents=balance)
    now = replace(NOW, online=online)
    debit = plan_debit(reading, amount, TRANSFER, now)
    if not isinstance(debit, Refused):
        assert balance + debit[0].euros_delta_cents >= 0
    load = plan_load(reading, amount, TRANSFER, now)
    if not isinstance(load, Refused):
        assert balance + load[0].euros_delta_cents <= Limits().purse_limit_cents


def test_a_day_held_back_never_earns_twice() -> None:
    """Last used eleven days ago, then six taps on one offline day: forty points once."""
    now = replace(NOW, clock_confirmed=False, online=False)
    state = replace(STATE, visit_day=day_number(TODAY) - 11, visited_sites=())
    earned = []
    for _ in range(6):
        points, state = points_for_visit(state, now)
        earned.append(points)
    assert earned == [40, 0, 0, 0, 0, 0]
