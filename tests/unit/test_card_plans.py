"""Credits, refunds, awards, rewards, passes: what the rules let be written, without any card."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.canonical import canonical_bytes
from domain.cards import (
    POINTS_LIMIT,
    CardIdentity,
    CardKind,
    CardReading,
    CardRights,
    CardWrite,
    CarriedTicket,
    ChipGeneration,
    CreditState,
    PassRight,
    PurseRecord,
    PurseState,
    RecordKind,
)
from domain.config import Limits
from domain.credits import (
    BadOrder,
    CreditRefusal,
    CreditRefused,
    PlannedCredit,
    ServerCredit,
    build_order,
    parse_order,
    plan_refund,
    plan_server_credit,
)
from domain.days import day_number
from domain.doubts import CLOCK_MARGIN_MS, Sighting, decide_from_sighting
from domain.purse import (
    STOP_AFTER_MS,
    Circumstances,
    OpenIntent,
    Refusal,
    Refused,
    Verdict,
    plan_debit,
    plan_load,
    wants_server,
)
from domain.rights import (
    USES_UNLIMITED,
    PassRule,
    PlannedRights,
    RightsRefusal,
    RightsRefused,
    plan_award,
    plan_pass,
    plan_pass_use,
    plan_points_reversal,
    plan_redeem,
    plan_ticket_use,
)

TODAY = date(2026, 11, 22)
DAY = day_number(TODAY)
CARD = "00421187"
TRANSFER = "0190a5f0-0000-7000-8000-000000000001"
OTHER = "0190a5f0-0000-7000-8000-000000000002"
READING = CardReading(
    card_uid=bytes(7),
    chip=ChipGeneration.EV3,
    identity=CardIdentity(CARD, CardKind.VISITOR, 1, 1, 9000, DAY),
    balance_cents=5_000,
    points=100,
    state=PurseState(7, 300, 2, 0, 0, 0, ()),
    credits=CreditState(1_000, 2, 0, 0),
    rights=CardRights(tickets=(CarriedTicket(9, DAY, 2),)),
    records=(),
    transaction_counter=7,
    transaction_mac=bytes(8),
)
NOW = Circumstances(TODAY, True, True, 0, 1, 17, frozenset(), Limits(), 40)
ORDER = ServerCredit(CARD, 2, 3_500, DAY)
LASTING = replace(READING, identity=replace(READING.identity, expires_day=DAY + 400))
RULE = PassRule(4)


def after(reading: CardReading, write: CardWrite) -> CardReading:
    """The card once `write` is committed."""
    assert write.record.operation_number == write.state.operation_number == reading.state.operation_number + 1
    return replace(
        reading,
        balance_cents=reading.balance_cents + write.euros_delta_cents,
        points=reading.points + write.points_delta,
        state=write.state,
        credits=write.credits or reading.credits,
        rights=write.rights or reading.rights,
    )


def credited(reading: CardReading, order: ServerCredit = ORDER) -> PlannedCredit:
    planned = plan_server_credit(reading, order, TRANSFER, NOW)
    assert isinstance(planned, PlannedCredit), planned
    return planned


def test_a_credit_gives_the_difference_once() -> None:
    planned = credited(READING)
    assert (planned.amount_cents, planned.left_cents) == (2_500, 0)
    assert planned.write.record.kind is RecordKind.SERVER_CREDIT
    assert planned.write.needs_load_key
    assert planned.write.credits == CreditState(3_500, 2, 0, 0)
    again = plan_server_credit(after(READING, planned.write), ORDER, OTHER, NOW)
    assert again == CreditRefused(CreditRefusal.NOTHING_DUE)


def test_a_full_purse_takes_a_part_and_the_rest_later() -> None:
    nearly_full = replace(READING, balance_cents=14_000)
    planned = credited(nearly_full)
    assert (planned.amount_cents, planned.left_cents) == (1_000, 1_500)
    full = after(nearly_full, planned.write)
    assert plan_server_credit(full, ORDER, OTHER, NOW) == CreditRefused(CreditRefusal.NO_ROOM, 1_500)
    assert credited(replace(full, balance_cents=0)).amount_cents == 1_500


@pytest.mark.parametrize(
    ("order", "now", "expected"),
    [
        ({"expires_day": DAY - 1}, {}, CreditRefused(CreditRefusal.ORDER_EXPIRED, 2_500)),
        ({"epoch": 1}, {}, CreditRefused(CreditRefusal.STALE_EPOCH)),
        ({"total_credited_cents": 1_000}, {}, CreditRefused(CreditRefusal.NOTHING_DUE)),
        ({"total_credited_cents": 400}, {}, CreditRefused(CreditRefusal.NOTHING_DUE)),
        ({}, {"blocked": frozenset({CARD})}, CreditRefused(CreditRefusal.CARD, 2_500)),
        ({"expires_day": 20_000}, {"today": date(2026, 11, 23)}, CreditRefused(CreditRefusal.CARD, 2_500)),
    ],
)
def test_orders_that_credit_nothing(order: dict[str, int], now: dict[str, object], expected: CreditRefused) -> None:
    result = plan_server_credit(READING, replace(ORDER, **order), TRANSFER, replace(NOW, **now))  # type: ignore[arg-type]
    assert result == expected


def test_a_restored_servers_orders_end_those_of_its_former_life() -> None:
    planned = credited(READING, replace(ORDER, epoch=3))
    assert planned.write.credits == CreditState(3_500, 3, 0, 0)
    card = after(READING, planned.write)
    former = replace(ORDER, total_credited_cents=9_000)
    assert plan_server_credit(card, former, OTHER, NOW) == CreditRefused(CreditRefusal.STALE_EPOCH)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=6), st.integers(0, 2**32))
def test_orders_in_any_order_and_often_give_what_is_due_and_no_more(parts: list[int], seed: int) -> None:
    """The server credits `parts` one after the other; kiosks hold any of the orders; the purse is spent in between."""
    chance = random.Random(seed)
    totals = [1_000 + sum(parts[: n + 1]) for n in range(len(parts))]
    deliveries = [total for total in totals for _ in range(3)]
    chance.shuffle(deliveries)
    card, given_cents = READING, 0
    for total in [*deliveries, *[totals[-1]] * len(parts)]:
        result = plan_server_credit(card, replace(ORDER, total_credited_cents=total), TRANSFER, NOW)
        if isinstance(result, PlannedCredit):
            given_cents += result.amount_cents
            card = after(card, result.write)
        assert card.balance_cents <= Limits().purse_limit_cents
        assert given_cents <= sum(parts)
        card = replace(card, balance_cents=chance.randint(0, card.balance_cents))
    for _ in range(8):  # spent in between: at the end all of it has arrived
        result = plan_server_credit(card, replace(ORDER, total_credited_cents=totals[-1]), TRANSFER, NOW)
        if isinstance(result, PlannedCredit):
            given_cents += result.amount_cents
            card = replace(after(card, result.write), balance_cents=0)
        card = replace(card, balance_cents=0)
    assert given_cents == sum(parts)


def test_misuse_of_a_credit_is_an_error() -> None:
    with pytest.raises(ValueError, match="another card"):
        plan_server_credit(READING, replace(ORDER, card_number="00000001"), TRANSFER, NOW)
    with pytest.raises(ValueError, match="file 06"):
        plan_server_credit(replace(READING, credits=None), ORDER, TRANSFER, NOW)
    with pytest.raises(ValueError, match="file 06"):
        plan_refund(replace(READING, credits=None), 5, TRANSFER, NOW)
    with pytest.raises(ValueError, match="positive"):
        plan_refund(READING, 0, TRANSFER, NOW)


def test_an_order_travels_as_a_document() -> None:
    document = build_order(replace(ORDER, refund=True))
    assert canonical_bytes(document)
    assert parse_order(document) == replace(ORDER, refund=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"card": "0042118"},
        {"card": 421187},
        {"epoch": -1},
        {"epoch": True},
        {"total_credited_cents": 2**32},
        {"total_credited_cents": 1.5},
        {"expires_day": 70_000},
        {"refund": 1},
        {"more": 1},
    ],
)
def test_other_documents_are_no_orders(change: dict[str, object]) -> None:
    with pytest.raises(BadOrder):
        parse_order({**build_order(ORDER), **change})  # type: ignore[dict-item]
    with pytest.raises(BadOrder):
        parse_order({})


def test_a_refund_is_whole_or_not_at_all_and_counts_in_the_total() -> None:
    planned = plan_refund(READING, 1_800, TRANSFER, NOW)
    assert isinstance(planned, PlannedCredit)
    assert planned.write.record.kind is RecordKind.REFUND
    assert (planned.write.euros_delta_cents, planned.write.points_delta) == (1_800, 0)
    assert planned.write.credits == CreditState(2_800, 2, 0, 0)
    # An order signed for the same refund while the card was away gives nothing more.
    order = replace(ORDER, total_credited_cents=2_800, refund=True)
    assert plan_server_credit(after(READING, planned.write), order, OTHER, NOW) == CreditRefused(
        CreditRefusal.NOTHING_DUE
    )
    full = replace(READING, balance_cents=14_000)
    assert plan_refund(full, 1_800, TRANSFER, NOW) == CreditRefused(CreditRefusal.NO_ROOM, 1_800)


def planned_rights(result: PlannedRights | RightsRefused | Refused) -> PlannedRights:
    assert isinstance(result, PlannedRights), result
    return result


def test_a_visit_earns_once_a_day_and_site() -> None:
    first = planned_rights(plan_award(READING, TRANSFER, NOW))
    assert (first.points, first.write.points_delta, first.write.record.kind) == (40, 40, RecordKind.AWARD)
    assert first.write.euros_delta_cents == 0
    assert not first.write.needs_load_key
    card = after(READING, first.write)
    assert plan_award(card, OTHER, NOW) == RightsRefused(RightsRefusal.NOTHING_EARNED)
    assert planned_rights(plan_award(card, OTHER, replace(NOW, site=18))).points == 40
    full = replace(READING, points=POINTS_LIMIT)
    assert plan_award(full, TRANSFER, NOW) == RightsRefused(RightsRefusal.POINTS_FULL)
    assert planned_rights(plan_award(replace(READING, points=POINTS_LIMIT - 5), TRANSFER, NOW)).points == 5


def test_a_reward_costs_points_that_are_there() -> None:
    taken = planned_rights(plan_redeem(READING, 100, TRANSFER, NOW))
    assert (taken.write.points_delta, taken.write.record.amount_cents) == (-100, 100)
    assert plan_redeem(READING, 101, TRANSFER, NOW) == RightsRefused(RightsRefusal.NOT_ENOUGH_POINTS, 1)
    assert planned_rights(plan_points_reversal(READING, 140, TRANSFER, NOW)).points == -100
    spent = replace(READING, points=0)
    assert plan_points_reversal(spent, 40, TRANSFER, NOW) == RightsRefused(RightsRefusal.NOT_ENOUGH_POINTS, 40)


def test_offline_awards_do_not_count_as_offline_debits() -> None:
    offline = replace(NOW, online=False, since_contact_ms=1_000)
    state = planned_rights(plan_award(READING, TRANSFER, offline)).write.state
    assert (state.offline_sum_cents, state.offline_count) == (300, 2)


PASS = PassRight(4, DAY - 1, DAY + 2, 2)


def test_a_pass_is_paid_and_put_on_the_card_in_one_commit() -> None:
    bought = planned_rights(plan_pass(READING, PASS, 3_000, TRANSFER, NOW))
    assert (bought.write.euros_delta_cents, bought.write.points_delta) == (-3_000, 40)
    assert bought.write.record.kind is RecordKind.DEBIT
    assert bought.write.rights == CardRights((PASS,), (CarriedTicket(9, DAY, 2),))
    given_away = planned_rights(plan_pass(READING, PASS, 0, TRANSFER, NOW))
    assert (given_away.write.euros_delta_cents, given_away.write.record.amount_cents) == (0, 0)
    assert plan_pass(READING, PASS, 5_001, TRANSFER, NOW) == Refused(Refusal.NOT_ENOUGH, 1)


def test_one_pass_at_a_time() -> None:
    card = replace(READING, rights=CardRights((PASS,)))
    other = replace(PASS, programme=5)
    refused = RightsRefused(RightsRefusal.OTHER_RIGHT, DAY + 2)
    assert plan_pass(card, other, 0, TRANSFER, NOW) == refused
    planned_rights(plan_pass(card, replace(PASS, uses_left=10), 0, TRANSFER, NOW))
    for gone in (replace(PASS, uses_left=0), replace(PASS, valid_until_day=DAY - 1)):
        planned_rights(plan_pass(replace(READING, rights=CardRights((gone,))), other, 0, TRANSFER, NOW))


def test_a_pass_is_used_up_and_the_visit_earns() -> None:
    card = replace(READING, rights=CardRights((PASS,)))
    first = planned_rights(plan_pass_use(card, RULE, TRANSFER, NOW))
    assert first.points == 40
    card = after(card, first.write)
    second = planned_rights(plan_pass_use(card, RULE, OTHER, NOW))
    assert second.points == 0
    card = after(card, second.write)
    assert plan_pass_use(card, RULE, OTHER, NOW) == RightsRefused(RightsRefusal.USED_UP)
    endless = replace(READING, rights=CardRights((replace(PASS, uses_left=USES_UNLIMITED),)))
    used = after(endless, planned_rights(plan_pass_use(endless, RULE, TRANSFER, NOW)).write).rights
    assert used is not None
    assert used.passes[0].uses_left == USES_UNLIMITED


@pytest.mark.parametrize(
    ("held", "programme", "expected"),
    [
        (PASS, 5, RightsRefused(RightsRefusal.NO_RIGHT)),
        (replace(PASS, valid_from_day=DAY + 1), 4, RightsRefused(RightsRefusal.NOT_YET, DAY + 1)),
        (replace(PASS, valid_until_day=DAY - 1), 4, RightsRefused(RightsRefusal.OVER, DAY - 1)),
    ],
)
def test_passes_that_do_not_open(held: PassRight, programme: int, expected: RightsRefused) -> None:
    card = replace(READING, rights=CardRights((held,)))
    assert plan_pass_use(card, PassRule(programme), TRANSFER, NOW) == expected


def test_a_pass_opens_where_and_as_often_as_its_rule_says() -> None:
    card = replace(LASTING, rights=CardRights((PASS,)))
    elsewhere = PassRule(4, frozenset({NOW.site + 1}))
    assert plan_pass_use(card, elsewhere, TRANSFER, NOW) == RightsRefused(RightsRefusal.OTHER_SITE)
    daily = PassRule(4, frozenset({NOW.site}), once_a_day=True)
    card = after(card, planned_rights(plan_pass_use(card, daily, TRANSFER, NOW)).write)
    assert plan_pass_use(card, daily, OTHER, NOW) == RightsRefused(RightsRefusal.ALREADY_TODAY)
    tomorrow = replace(NOW, today=NOW.today + timedelta(days=1))
    assert planned_rights(plan_pass_use(card, daily, OTHER, tomorrow)).points == 40
    bought_again = planned_rights(plan_pass(card, PASS, 0, OTHER, NOW)).write.rights
    assert bought_again is not None and bought_again.passes[0].used_day == 0


def test_a_ticket_opens_once_on_its_day() -> None:
    held = CarriedTicket(0xA1B2C3D4, DAY, 2)
    card = replace(LASTING, rights=CardRights((PASS,), (held, CarriedTicket(5, DAY + 1, 1))))
    used = planned_rights(plan_ticket_use(card, held.ticket_ref, TRANSFER, NOW))
    assert (used.points, used.write.euros_delta_cents, used.write.record.amount_cents) == (40, 0, 0)
    card = after(card, used.write)
    assert card.rights == CardRights((PASS,), (CarriedTicket(5, DAY + 1, 1),))
    assert plan_ticket_use(card, held.ticket_ref, OTHER, NOW) == RightsRefused(RightsRefusal.NO_RIGHT)
    assert plan_ticket_use(card, 5, OTHER, NOW) == RightsRefused(RightsRefusal.NOT_YET, DAY + 1)
    late = replace(NOW, today=NOW.today + timedelta(days=2))
    assert plan_ticket_use(card, 5, OTHER, late) == RightsRefused(RightsRefusal.OVER, DAY + 1)


def test_a_staff_card_is_never_a_purse() -> None:
    staff = replace(READING, identity=replace(READING.identity, kind=CardKind.STAFF), rights=CardRights((PASS,)))
    refused, no_right = Refused(Refusal.WRONG_KIND), RightsRefused(RightsRefusal.CARD)
    assert plan_debit(staff, 100, TRANSFER, NOW) == refused
    assert plan_load(staff, 100, TRANSFER, NOW) == refused
    assert plan_pass(staff, PASS, 100, TRANSFER, NOW) == refused
    assert plan_award(staff, TRANSFER, NOW) == no_right
    assert plan_redeem(staff, 1, TRANSFER, NOW) == no_right
    assert plan_points_reversal(staff, 1, TRANSFER, NOW) == no_right
    assert plan_pass_use(staff, RULE, TRANSFER, NOW) == no_right
    assert plan_ticket_use(staff, 5, TRANSFER, NOW) == no_right
    order = ServerCredit(CARD, 2, 1_500, DAY)
    assert plan_server_credit(staff, order, TRANSFER, NOW) == CreditRefused(CreditRefusal.CARD, 500)


def test_rewards_stop_when_the_list_of_lost_cards_is_too_old() -> None:
    for since in (None, STOP_AFTER_MS):
        away = replace(NOW, online=False, since_contact_ms=since)
        assert plan_redeem(READING, 1, TRANSFER, away) == RightsRefused(RightsRefusal.OFFLINE_TOO_LONG)
    planned_rights(plan_redeem(READING, 1, TRANSFER, replace(NOW, online=False, since_contact_ms=STOP_AFTER_MS - 1)))


@pytest.mark.parametrize(
    ("online", "count", "dice", "wanted"),
    [(True, 9, 0, False), (False, 5, 1, True), (False, 4, 1, False), (False, 0, 0, True), (False, 0, 40, True)],
)
def test_when_a_debit_tries_the_line_first(online: bool, count: int, dice: int, wanted: bool) -> None:
    card = replace(READING, state=replace(READING.state, offline_count=count))
    assert wants_server(card, replace(NOW, online=online), dice) is wanted


def test_nothing_is_planned_for_a_blocked_card() -> None:
    blocked = replace(NOW, blocked=frozenset({CARD}))
    refused = RightsRefused(RightsRefusal.CARD)
    assert plan_award(READING, TRANSFER, blocked) == refused
    assert plan_redeem(READING, 1, TRANSFER, blocked) == refused
    assert plan_points_reversal(READING, 1, TRANSFER, blocked) == refused
    assert plan_pass(READING, PASS, 0, TRANSFER, blocked) == refused
    assert plan_pass(READING, PASS, 5, TRANSFER, blocked) == Refused(Refusal.BLOCKED)
    assert plan_pass_use(READING, RULE, TRANSFER, blocked) == refused


def test_misuse_of_rights_is_an_error() -> None:
    unread = replace(READING, points=-1, rights=None)
    for call in (
        lambda: plan_award(unread, TRANSFER, NOW),
        lambda: plan_redeem(unread, 1, TRANSFER, NOW),
        lambda: plan_redeem(READING, 0, TRANSFER, NOW),
        lambda: plan_points_reversal(READING, 0, TRANSFER, NOW),
        lambda: plan_pass(unread, PASS, 0, TRANSFER, NOW),
        lambda: plan_pass(READING, replace(PASS, uses_left=0), 0, TRANSFER, NOW),
        lambda: plan_pass_use(unread, RULE, TRANSFER, NOW),
    ):
        with pytest.raises(ValueError):
            call()


INTENT = OpenIntent(TRANSFER, CARD, 1_800, 5_000, 7, 7)
DOUBT_AT = 1_000_000
LATE = DOUBT_AT + CLOCK_MARGIN_MS


def _record(transfer: str, operation: int) -> PurseRecord:
    return PurseRecord(transfer, RecordKind.DEBIT, 100, 1, 9_000, operation)


@pytest.mark.parametrize(
    ("sighting", "verdict"),
    [
        (Sighting(8, 8, 3_200, (_record(TRANSFER, 8),), 0), Verdict.DONE),
        (Sighting(8, 8, 4_900, (_record(OTHER, 8),), 0), Verdict.NOT_DONE),
        (Sighting(7, 7, 5_000, (_record(OTHER, 7),), LATE - 1), None),
        (Sighting(7, 7, 5_000, (_record(OTHER, 7),), LATE), Verdict.NOT_DONE),
        (Sighting(7, None, 5_000, (), LATE), Verdict.NOT_DONE),
        (Sighting(7, 8, 5_000, (), LATE), None),
        (Sighting(7, 7, 4_000, (), LATE), None),
        (Sighting(6, 6, 5_000, (), LATE), None),
        (Sighting(30, 30, 1, tuple(_record(OTHER, n) for n in range(30, 20, -1)), 0), Verdict.OVERWRITTEN),
        (Sighting(30, 30, 1, (_record(OTHER, 30),), LATE), None),
    ],
)
def test_what_a_tap_elsewhere_says_of_a_doubt(sighting: Sighting, verdict: Verdict | None) -> None:
    assert decide_from_sighting(INTENT, DOUBT_AT, sighting) is verdict
