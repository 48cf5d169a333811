"""Rewards, passes and the desk's work with a guest's card, as lists of events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.messages import M, message, text
from kiosk.flow.model import shell
from kiosk.flow.states import (
    ChargeState,
    ChoicesState,
    ConfirmState,
    DeskHomeState,
    DoneState,
    HomeState,
    MyCardState,
    NoticeState,
    PresentCardState,
    Purpose,
    RefundLine,
    RightLine,
    WorkingState,
)
from tests.flow.test_visit import CONFIG, OPERATOR, TAPPED, Visit

CARD = "00421187"
PASS = ev.PassOffer("carnet", 5, 900, 30, 5, ("Musée", "Château"), "Carnet 5 entrées", "5-entry pass")
RICH = replace(
    CONFIG,
    rewards=((60, "un café", "a coffee", "cafe"), (300, "un dîner", "a dinner", "diner")),
    passes=(PASS,),
)
GUEST = replace(TAPPED, points=120)


@pytest.fixture
def visit() -> Visit:
    made = Visit()
    made.do(RICH)
    return made


def at_card(visit: Visit, tapped: ev.CardTapped = GUEST) -> MyCardState:
    visit.do(tapped)
    assert isinstance(visit.kiosk.screen, MyCardState)
    return visit.kiosk.screen


def at_desk(visit: Visit, config: ev.ConfigArrived = RICH) -> DeskHomeState:
    visit.do(config, replace(TAPPED, card_number=OPERATOR.card_number))
    visit.do(ev.PinChecked(visit.kiosk.session, OPERATOR.card_number, True))
    assert isinstance(visit.kiosk.screen, DeskHomeState)
    return visit.kiosk.screen


def armed(visit: Visit, kind: type[ef.Effect]) -> int:
    """The one task that was armed, of this kind; the screen asks for the card."""
    (effect,) = visit.effects
    assert isinstance(effect, kind), effect
    assert isinstance(visit.kiosk.screen, PresentCardState)
    return int(effect.task)  # type: ignore[union-attr]


def test_a_reward_is_chosen_confirmed_taken_and_kept(visit: Visit) -> None:
    at_card(visit)
    visit.do(ev.OpenRewards())
    screen = visit.kiosk.screen
    assert isinstance(screen, ChoicesState)
    assert [(c.id, c.refused) for c in screen.choices] == [
        ("cafe", None),
        ("diner", message(M.POINTS_MISSING, points=180)),
    ]
    visit.do(ev.Pick("diner"))
    assert visit.kiosk.screen == screen, "what is out of reach cannot be touched"
    visit.do(ev.Pick("cafe"))
    confirm = visit.kiosk.screen
    assert isinstance(confirm, ConfirmState)
    assert (confirm.points, confirm.name) == (60, text("un café"))
    visit.do(ev.Confirm())
    task = armed(visit, ef.ArmRedeem)
    visit.do(ev.TaskStarted(task))
    assert visit.kiosk.screen == WorkingState(Purpose.REWARD, 0)
    visit.do(ev.RewardSettled(task, 60, 60, "un café", "ZT1:X", "AAAA2222"))
    done = visit.kiosk.screen
    assert isinstance(done, DoneState)
    assert (done.code, done.code_short, visit.kiosk.task) == ("ZT1:X", "AAAA2222", 0)
    visit.do(ev.Confirm())
    assert isinstance(visit.kiosk.screen, HomeState)


def test_a_reward_refused_says_that_no_point_was_taken(visit: Visit) -> None:
    at_card(visit)
    visit.do(ev.OpenRewards(), ev.Pick("cafe"), ev.Confirm())
    task = armed(visit, ef.ArmRedeem)
    visit.do(ev.CardRefused(ev.CardTrouble.NOT_ENOUGH_POINTS, 20, 5000, "", task))
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert (screen.money, screen.title) == (
        message(M.POINTS_NOTHING_TAKEN),
        message(M.NOT_ENOUGH_POINTS, points=20),
    )


def test_a_reward_torn_away_is_checked_with_the_card_and_names_no_euros(visit: Visit) -> None:
    at_card(visit)
    visit.do(ev.OpenRewards(), ev.Pick("cafe"), ev.Confirm())
    task = armed(visit, ef.ArmRedeem)
    visit.do(ev.TaskStarted(task), ev.CardPulled(task, in_doubt=True))
    again = visit.kiosk.screen
    assert isinstance(again, PresentCardState)
    assert again.again and again.in_doubt
    visit.do(ev.Cancel())
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert screen.money == message(M.MONEY_CHECKING)


def test_a_pass_is_bought_from_my_card(visit: Visit) -> None:
    at_card(visit)
    visit.do(ev.OpenPasses(), ev.Pick("carnet"))
    confirm = visit.kiosk.screen
    assert isinstance(confirm, ConfirmState)
    assert confirm.amount_cents == 900
    assert message(M.PASS_WHERE, sites="Musée, Château") in confirm.lines
    visit.do(ev.Confirm())
    task = armed(visit, ef.ArmPass)
    visit.do(ev.PassSettled(task, 900, 4100, 40, "Carnet 5 entrées", "2026-11-22", "2026-12-21", 5))
    assert isinstance(visit.kiosk.screen, DoneState)


def test_without_rewards_or_passes_there_is_no_button(visit: Visit) -> None:
    visit.do(replace(RICH, rewards=(), passes=()))
    before = at_card(visit)
    assert (before.rewards, before.passes_on_sale) == (False, False)
    visit.do(ev.OpenRewards(), ev.OpenPasses())
    assert visit.kiosk.screen == before


def test_my_card_says_what_was_just_earned(visit: Visit) -> None:
    assert at_card(visit, replace(GUEST, points_awarded=40)).points_awarded == 40


def test_the_desk_shows_only_what_works_here(visit: Visit) -> None:
    assert at_desk(visit).actions == ("load", "charge", "entry", "refund", "my_day")
    baker = replace(OPERATOR, rights=("debit", "refund"))
    config = replace(RICH, operators=(baker,), may_load_cents=None, may_credit=True)
    assert at_desk(Visit(), config).actions == ("charge", "entry", "refund", "my_day")
    validator = replace(OPERATOR, rights=("validate",))
    assert at_desk(Visit(), replace(RICH, operators=(validator,))).actions == ("entry",)
    assert "credit" in at_desk(Visit(), replace(RICH, may_credit=True)).actions
    visit.do(ev.DeskAction("credit"))
    assert isinstance(visit.kiosk.screen, DeskHomeState), "what is not shown does nothing"


def test_a_charge_is_typed_reviewed_and_confirmed_by_the_guests_card(visit: Visit) -> None:
    at_desk(visit)
    visit.do(ev.DeskAction("charge"), ev.Confirm())
    assert isinstance(visit.kiosk.screen, ChargeState), "nothing typed yet"
    for letter in "4,50":
        visit.do(ev.TypeText(letter))
    assert visit.kiosk.screen == ChargeState("Nadia", "4,50", 450)
    visit.do(ev.TypeText("0"))
    assert visit.kiosk.screen == ChargeState("Nadia", "4,50", 450), "no finer than a cent"
    visit.do(ev.Confirm())
    assert isinstance(visit.kiosk.screen, ConfirmState)
    visit.do(ev.Confirm())
    task = armed(visit, ef.ArmCharge)
    (arm,) = visit.effects
    assert isinstance(arm, ef.ArmCharge)
    assert (arm.amount_cents, arm.operator_card) == (450, OPERATOR.card_number)
    visit.do(ev.TaskStarted(task), ev.ChargeSettled(task, 450, 4550, 40, CARD, "receipt"))
    assert isinstance(visit.kiosk.screen, DoneState)
    visit.do(ev.Confirm())
    assert isinstance(visit.kiosk.screen, DeskHomeState), "the desk stays open"


def test_more_than_a_purse_holds_is_not_typed(visit: Visit) -> None:
    at_desk(visit)
    visit.do(ev.DeskAction("charge"))
    for letter in "1501":
        visit.do(ev.TypeText(letter))
    assert visit.kiosk.screen == ChargeState("Nadia", "150", 15_000)
    visit.do(ev.EraseText(everything=True))
    assert visit.kiosk.screen == ChargeState("Nadia")


def test_a_refund_is_looked_for_chosen_and_asked(visit: Visit) -> None:
    at_desk(visit)
    visit.do(ev.DeskAction("refund"))
    task = armed(visit, ef.ArmLook)
    debit = "01900000-0000-7000-8000-000000000001"
    line = RefundLine(debit, message(M.OP_CHARGE), message(M.ON_DAY, on_day="2026-11-22"), 450, 40)
    visit.do(ev.CardLooked(task, "refund", CARD, 4550, debits=(line,)))
    screen = visit.kiosk.screen
    assert isinstance(screen, ChoicesState)
    assert screen.purpose is Purpose.REFUND
    visit.do(ev.Pick(screen.choices[0].id))
    confirm = visit.kiosk.screen
    assert isinstance(confirm, ConfirmState)
    assert message(M.POINTS_TAKEN_BACK, points=40) in confirm.lines
    visit.do(ev.Confirm())
    armed(visit, ef.ArmRefund)
    (arm,) = visit.effects
    assert isinstance(arm, ef.ArmRefund)
    assert (arm.card_number, arm.debit) == (CARD, debit)
    visit.do(ev.RefundSettled(arm.task, 450, 40, 4550, CARD))
    done = visit.kiosk.screen
    assert isinstance(done, DoneState)
    assert done.title == message(M.DONE_REFUND, amount_cents=450)


def test_an_entry_shows_what_is_refused_and_lets_the_rest_in(visit: Visit) -> None:
    at_desk(visit)
    visit.do(ev.DeskAction("entry"))
    task = armed(visit, ef.ArmLook)
    good = RightLine("Canoë", message(M.ON_DAY, on_day="2026-11-22"), 2, ticket="a1b2c3d4")
    over = RightLine("Pass", message(M.PASS_UNLIMITED), 1, message(M.RIGHT_OVER, on_day="2026-11-20"), programme=3)
    visit.do(ev.CardLooked(task, "entry", CARD, 5000, rights=(good, over)))
    screen = visit.kiosk.screen
    assert isinstance(screen, ChoicesState)
    visit.do(ev.Pick("pass 3"))
    assert visit.kiosk.screen == screen
    visit.do(ev.Pick("ticket a1b2c3d4"), ev.Confirm())
    armed(visit, ef.ArmEntry)
    (arm,) = visit.effects
    assert isinstance(arm, ef.ArmEntry)
    assert (arm.ticket, arm.programme, arm.card_number) == ("a1b2c3d4", None, CARD)
    visit.do(ev.EntrySettled(arm.task, "", 2, None, 40, CARD))
    done = visit.kiosk.screen
    assert isinstance(done, DoneState)
    assert done.text == message(M.PEOPLE, people=2)


def test_a_late_look_changes_nothing(visit: Visit) -> None:
    at_desk(visit)
    visit.do(ev.DeskAction("refund"))
    task = armed(visit, ef.ArmLook)
    visit.do(ev.Cancel())
    before = visit.kiosk
    visit.do(ev.CardLooked(task, "refund", CARD, 0))
    assert visit.kiosk == before
    assert isinstance(before.screen, DeskHomeState)


def test_a_credit_is_asked_of_the_card_and_settles_at_the_desk(visit: Visit) -> None:
    at_desk(visit, replace(RICH, may_credit=True))
    visit.do(ev.DeskAction("credit"))
    task = armed(visit, ef.ArmCredit)
    visit.do(ev.CardRefused(ev.CardTrouble.NO_CREDIT, 0, 5000, "", task))
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert screen.money == message(M.MONEY_NOTHING_LOADED)
    visit.do(ev.NoticeAction("home"))
    assert isinstance(visit.kiosk.screen, DeskHomeState), "the operator is still there"
    visit.do(ev.DeskAction("credit"))
    task = armed(visit, ef.ArmCredit)
    visit.do(ev.CreditSettled(task, 450, 5450, CARD, refund=True, left_cents=0))
    done = visit.kiosk.screen
    assert isinstance(done, DoneState)
    assert done.title == message(M.DONE_CREDIT_REFUND, amount_cents=450)


def test_what_a_later_tap_decides_is_shown_to_whoever_is_there(visit: Visit) -> None:
    visit.do(ev.RewardSettled(0, 60, 60, "un café", "ZT1:X", "AAAA2222"))
    assert isinstance(visit.kiosk.screen, DoneState)
    visit.do(ev.Confirm())
    assert isinstance(visit.kiosk.screen, HomeState)


def test_leaving_a_list_ends_at_home_and_pages_stay_in_bounds(visit: Visit) -> None:
    many = tuple((points, f"r{points}", f"r{points}", f"r{points}") for points in range(10, 100, 10))
    visit.do(replace(RICH, rewards=many))
    at_card(visit)
    visit.do(ev.OpenRewards(), ev.TurnPage(7))
    screen = visit.kiosk.screen
    assert isinstance(screen, ChoicesState)
    assert (screen.page, screen.pages) == (2, 3)
    visit.do(ev.Cancel())
    assert isinstance(visit.kiosk.screen, HomeState)


@pytest.mark.parametrize(
    ("age_minutes", "expected"),
    [
        (0, message(M.DOUBTS_FOR_MINUTES, count=2, minutes=1)),
        (59, message(M.DOUBTS_FOR_MINUTES, count=2, minutes=59)),
        (180, message(M.DOUBTS_FOR_HOURS, count=2, hours=3)),
        (5 * 1440, message(M.DOUBTS_FOR_DAYS, count=2, days=5)),
    ],
)
def test_doubts_have_an_age(visit: Visit, age_minutes: int, expected: object) -> None:
    now = visit.kiosk.now_ms
    line = ev.LineNews(True, now, 0, "", 1, 3, in_doubt=2, in_doubt_oldest_ms=now - age_minutes * 60_000)
    assert shell(visit.do(line)).doubts == expected
    assert shell(visit.do(replace(line, in_doubt=0, in_doubt_oldest_ms=None))).doubts is None
