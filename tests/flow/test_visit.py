"""Whole visits as lists of events: expected screen after each, effects that move money named exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.messages import M, message, text
from kiosk.flow.model import COUNTDOWN_SECONDS, DESK_SECONDS, Kiosk, shell
from kiosk.flow.states import (
    AttractState,
    BuyState,
    DeskHomeState,
    HomeState,
    LoadDoneState,
    LoadState,
    MyCardState,
    NoticeState,
    OfferDetail,
    OfferState,
    PaidState,
    PairingState,
    PairStep,
    PinState,
    PresentCardState,
    Purpose,
    ResultsState,
    ReviewState,
    SearchState,
    SlotChoice,
    WorkingState,
)
from kiosk.flow.step import start, step

NOON_MS = 1_795_345_200_000  # 2026-11-22 12:00 in Paris
OPERATOR = ev.OperatorInfo("00000077", "Nadia", "partner", ("load",), 20_000)
CONFIG = ev.ConfigArrived(
    territory="Pays du Bon Coin",
    place="Fournil des Ocres · Bédarrin",
    site_number=17,
    reader_place="below",
    idle_seconds=45,
    operators=(OPERATOR,),
    blocked_cards=frozenset(),
    rewards=((300, "un dîner", "a dinner", "diner"),),
    points_per_site_day=40,
    help_phone="",
    may_load_cents=37_000,
)
SLOTS = (
    SlotChoice("2026-11-22", 930, 6, message(M.SLOT_TODAY, at_minutes_of_day=930)),
    SlotChoice("2026-11-22", 1050, 0, message(M.SLOT_TODAY, at_minutes_of_day=1050)),
)
CANOE = OfferDetail(
    id="canoe",
    category="outings",
    name="Descente en canoë",
    pitch="",
    description="",
    picture="illustration:canoe",
    facts=(),
    price_cents=1800,
    slots=SLOTS,
    people_max=8,
    site_number=42,
    partner_id="base",
    bookable=True,
)
TAPPED = ev.CardTapped("00421187", "visitor", 5000, 0, "2027-10-31", (), ())


class Visit:
    """A kiosk under test: feed events, look at the screen and the last effects."""

    def __init__(self) -> None:
        self.kiosk, _ = start(paired=True, language="fr", now_ms=NOON_MS, mono=0)
        self.effects: tuple[ef.Effect, ...] = ()
        self.do(CONFIG)

    def do(self, *happened: ev.Event) -> Kiosk:
        for event in happened:
            self.kiosk, self.effects = step(self.kiosk, event)
        return self.kiosk

    def tick(self, seconds: int) -> Kiosk:
        mono = self.kiosk.mono + seconds * 1000
        return self.do(ev.Tick(self.kiosk.now_ms + seconds * 1000, mono))

    def to_review(self) -> None:
        self.do(ev.TouchAnywhere(), ev.OpenOffer("canoe"))
        self.do(ev.OfferArrived(self.kiosk.session, self.kiosk.query_id, CANOE), ev.Book(), ev.Confirm())

    def to_present(self) -> ef.ArmDebit:
        self.to_review()
        self.do(ev.Confirm())
        (arm,) = self.effects
        assert isinstance(arm, ef.ArmDebit)
        return arm


@pytest.fixture
def visit() -> Visit:
    return Visit()


def paid(task: int) -> ev.DebitSettled:
    return ev.DebitSettled(task, 1800, 3200, 40, "ZT1:X", "AAAA2222", "Descente en canoë", "2026-11-22", 930, 1)


def test_a_visitor_finds_and_buys(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere())
    assert isinstance(visit.kiosk.screen, HomeState)
    visit.do(ev.OpenDoor("outings"))
    screen = visit.kiosk.screen
    assert isinstance(screen, ResultsState)
    assert screen.loading
    visit.do(ev.OpenOffer("canoe"))
    assert visit.effects == (ef.QueryOffer(1, visit.kiosk.query_id, "fr", "canoe"),)
    visit.do(ev.OfferArrived(1, visit.kiosk.query_id, CANOE))
    assert visit.kiosk.screen == OfferState(CANOE, visit.kiosk.query_id)
    visit.do(ev.Book(), ev.SetPeople(2))
    assert visit.kiosk.screen == BuyState(CANOE, 0, 2)
    visit.do(ev.Confirm())
    assert visit.kiosk.screen == ReviewState(CANOE, SLOTS[0], 2, 3600)
    visit.do(ev.Confirm())
    assert isinstance(visit.kiosk.screen, PresentCardState)
    (arm,) = visit.effects
    assert isinstance(arm, ef.ArmDebit)
    assert (arm.amount_cents, arm.payee_site, arm.slot_start, arm.people) == (3600, 42, 930, 2)
    visit.do(ev.TaskStarted(arm.task))
    assert visit.kiosk.screen == WorkingState(Purpose.PAY, 3600)
    visit.do(paid(arm.task))
    assert isinstance(visit.kiosk.screen, PaidState)
    assert visit.kiosk.task == 0
    visit.do(ev.Confirm())
    assert isinstance(visit.kiosk.screen, HomeState)


def test_a_slot_without_places_cannot_be_chosen(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere(), ev.OpenOffer("canoe"))
    visit.do(ev.OfferArrived(1, visit.kiosk.query_id, CANOE), ev.Book(), ev.ChooseSlot(1))
    assert visit.kiosk.screen == BuyState(CANOE, 0, 1)
    visit.do(ev.SetPeople(99))
    assert visit.kiosk.screen == BuyState(CANOE, 0, 6)


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_card_pulled_away_is_asked_for_again(visit: Visit, in_doubt: bool) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task), ev.CardPulled(arm.task, in_doubt))
    screen = visit.kiosk.screen
    assert isinstance(screen, PresentCardState)
    assert screen.again
    assert screen.in_doubt is in_doubt
    visit.do(ev.TaskStarted(arm.task), paid(arm.task))
    assert isinstance(visit.kiosk.screen, PaidState)


def test_leaving_in_doubt_says_so_and_disarms(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task), ev.CardPulled(arm.task, True), ev.Cancel())
    assert visit.effects == (ef.Disarm(arm.task),)
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert screen.money == message(M.MONEY_IN_DOUBT, amount_cents=1800)


def test_a_doubt_decided_after_the_wipe_still_gives_the_ticket(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task), ev.CardPulled(arm.task, True))
    visit.tick(45 + COUNTDOWN_SECONDS)
    assert isinstance(visit.kiosk.screen, AttractState)
    visit.do(paid(arm.task))
    screen = visit.kiosk.screen
    assert isinstance(screen, PaidState)
    assert screen.ticket_payload == "ZT1:X"


def test_cancel_before_the_card_goes_back_and_disarms(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.Cancel())
    assert visit.effects == (ef.Disarm(arm.task),)
    assert isinstance(visit.kiosk.screen, ReviewState)


@pytest.mark.parametrize("trouble", list(ev.CardTrouble))
def test_every_trouble_says_money_first_and_has_a_way_on(visit: Visit, trouble: ev.CardTrouble) -> None:
    arm = visit.to_present()
    visit.do(ev.CardRefused(trouble, 500, 1300, "2026-10-31", arm.task))
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert screen.money == message(M.MONEY_NOTHING_TAKEN)
    assert sum(action.primary for action in screen.actions) == 1
    primary = next(action.id for action in screen.actions if action.primary)
    visit.do(ev.NoticeAction(primary))
    expected = PresentCardState if primary == "try_again" else HomeState
    assert isinstance(visit.kiosk.screen, expected)
    assert (visit.kiosk.task == arm.task) is (primary == "try_again")


def test_answers_to_a_request_given_up_change_nothing(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.Cancel())
    before = visit.kiosk
    for late in (
        ev.TaskStarted(arm.task),
        ev.CardPulled(arm.task, False),
        ev.CardRefused(ev.CardTrouble.NOT_ENOUGH, 1, 1, "", arm.task),
    ):
        assert visit.do(late) == before


def test_events_of_an_ended_session_are_dropped(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere(), ev.OpenDoor("food"))
    query = visit.kiosk.query_id
    visit.tick(45 + COUNTDOWN_SECONDS)
    wiped = visit.kiosk
    assert visit.do(ev.ResultsArrived(1, query, (), 12)) == wiped


def test_answers_to_an_older_query_are_dropped(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere(), ev.OpenSearch(), ev.TypeText("c"))
    old = visit.kiosk.query_id
    visit.do(ev.TypeText("a"))
    before = visit.kiosk
    assert visit.do(ev.ResultsArrived(1, old, (), 99)) == before
    visit.do(ev.ResultsArrived(1, before.query_id, (), 3))
    screen = visit.kiosk.screen
    assert isinstance(screen, SearchState)
    assert screen.total == 3


def test_idle_asks_then_wipes_everything(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere(), ev.ChooseLanguage("en"), TAPPED)
    assert isinstance(visit.kiosk.screen, MyCardState)
    visit.tick(44)
    assert shell(visit.kiosk).still_there_seconds is None
    visit.tick(1)
    assert shell(visit.kiosk).still_there_seconds == COUNTDOWN_SECONDS
    visit.do(ev.StillHere())
    assert shell(visit.kiosk).still_there_seconds is None
    visit.tick(45 + COUNTDOWN_SECONDS)
    kiosk = visit.kiosk
    assert isinstance(kiosk.screen, AttractState)
    assert (kiosk.session, kiosk.card_number, kiosk.language, kiosk.back) == (0, "", "fr", ())
    (visit_kept,) = [effect for effect in visit.effects if isinstance(effect, ef.RecordVisit)]
    assert visit_kept.card_number == "00421187"
    assert visit_kept.language == "en"


def test_the_eleventh_extension_is_refused(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere())
    for _ in range(10):
        visit.tick(50)
        visit.do(ev.StillHere())
        assert isinstance(visit.kiosk.screen, HomeState)
    visit.do(ev.StillHere())
    assert isinstance(visit.kiosk.screen, AttractState)


def test_nothing_is_wiped_while_a_card_is_written(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task))
    visit.tick(29)
    assert isinstance(visit.kiosk.screen, WorkingState)
    visit.tick(1)
    assert isinstance(visit.kiosk.screen, PresentCardState)
    assert visit.kiosk.screen.in_doubt, "a write that nobody answers is in doubt, and the screen lives on"
    visit.tick(45 + COUNTDOWN_SECONDS)
    assert isinstance(visit.kiosk.screen, AttractState)


def test_a_hotelier_loads_a_card(visit: Visit) -> None:
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number, kind="staff"))
    assert isinstance(visit.kiosk.screen, PinState)
    visit.do(*(ev.TypeText(digit) for digit in "246802"))
    assert visit.effects == (ef.CheckPin(visit.kiosk.session, OPERATOR.card_number, "246802"),)
    visit.do(ev.PinChecked(visit.kiosk.session, OPERATOR.card_number, True))
    assert isinstance(visit.kiosk.screen, DeskHomeState)
    visit.do(ev.DeskAction("load"), ev.ChooseAmount(5000), ev.Confirm())
    assert isinstance(visit.kiosk.screen, LoadState), "how the guest paid is still to be said"
    visit.do(ev.ChoosePaidBy("cash"), ev.Confirm())
    (arm,) = visit.effects
    assert arm == ef.ArmLoad(1, visit.kiosk.session, 5000, "cash", OPERATOR.card_number, "fr")
    visit.do(ev.TaskStarted(1), ev.LoadSettled(1, 5000, 5000, "00421187", "reçu", 32_000))
    screen = visit.kiosk.screen
    assert screen == LoadDoneState(5000, 5000, "00421187", "cash", "reçu")
    visit.do(ev.Confirm())
    desk = visit.kiosk.screen
    assert isinstance(desk, DeskHomeState)
    assert desk.may_load == message(M.DESK_MAY_LOAD, left_cents=32_000)


def test_a_wrong_pin_is_said_and_kept(visit: Visit) -> None:
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number))
    visit.do(*(ev.TypeText(digit) for digit in "000000"))
    visit.do(ev.PinChecked(visit.kiosk.session, OPERATOR.card_number, False, tries_left=4))
    assert visit.effects == (ef.RefuseOperator(OPERATOR.card_number, "pin"),)
    screen = visit.kiosk.screen
    assert isinstance(screen, PinState)
    assert screen.digits == ""
    assert screen.notice == message(M.PIN_WRONG, left=4)
    visit.do(*(ev.TypeText(digit) for digit in "000000"))
    visit.do(ev.PinChecked(visit.kiosk.session, OPERATOR.card_number, False, 0, 15))
    visit.do(ev.TypeText("1"))
    assert isinstance(visit.kiosk.screen, PinState)
    assert visit.kiosk.screen.digits == "", "a locked desk takes no digit"


def test_an_expired_operator_gets_no_desk(visit: Visit) -> None:
    visit.do(replace(CONFIG, operators=(replace(OPERATOR, expires_day=100),)))
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number))
    assert isinstance(visit.kiosk.screen, NoticeState)
    assert visit.effects == (ef.RefuseOperator(OPERATOR.card_number, "expired"),)


def test_the_desk_closes_by_itself(visit: Visit) -> None:
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number))
    visit.do(*(ev.TypeText(digit) for digit in "246802"))
    visit.do(ev.PinChecked(visit.kiosk.session, OPERATOR.card_number, True))
    visit.tick(DESK_SECONDS - 1)
    assert isinstance(visit.kiosk.screen, DeskHomeState)
    visit.tick(1)
    assert isinstance(visit.kiosk.screen, AttractState)
    assert visit.kiosk.operator is None


def test_a_typed_amount_takes_cents_and_refuses_nonsense(visit: Visit) -> None:
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number))
    visit.do(*(ev.TypeText(digit) for digit in "246802"))
    visit.do(ev.PinChecked(visit.kiosk.session, OPERATOR.card_number, True), ev.DeskAction("load"))
    visit.do(*(ev.TypeText(key) for key in "12,5,09"))
    screen = visit.kiosk.screen
    assert isinstance(screen, LoadState)
    assert (screen.typed, screen.amount_cents) == ("12,50", 1250)


def test_pairing_step_by_step() -> None:
    kiosk, effects = start(paired=False, language="fr", now_ms=NOON_MS, mono=0)
    assert effects == ()
    for event in [ev.ChooseField("url"), *map(ev.TypeText, "http://x"), ev.ChooseField("code")]:
        kiosk, effects = step(kiosk, event)
    for letter in "abcd-efgh oilm":
        kiosk, effects = step(kiosk, ev.TypeText(letter))
    assert isinstance(kiosk.screen, PairingState)
    assert kiosk.screen.code == "ABCDEFGH011M"
    kiosk, effects = step(kiosk, ev.Confirm())
    assert effects == (ef.ClaimPairing("http://x", "ABCDEFGH011M"),)
    kiosk, _ = step(kiosk, ev.PairClaimed(("un",) * 8))
    assert isinstance(kiosk.screen, PairingState)
    assert kiosk.screen.step is PairStep.COMPARING
    kiosk, effects = step(kiosk, ev.PairApproved())
    assert effects == (ef.FinishPairing(),)
    kiosk, _ = step(kiosk, ev.PairDone())
    assert isinstance(kiosk.screen, AttractState)
    assert kiosk.paired


def test_a_refused_code_can_be_typed_again() -> None:
    kiosk, _ = start(paired=False, language="fr", now_ms=NOON_MS, mono=0)
    for event in [ev.ChooseField("url"), ev.TypeText("h"), ev.ChooseField("code"), *map(ev.TypeText, "ABCDEFGHJKMN")]:
        kiosk, _ = step(kiosk, event)
    kiosk, _ = step(kiosk, ev.Confirm())
    kiosk, _ = step(kiosk, ev.PairFailed(message(M.PAIR_CODE_WRONG)))
    assert kiosk.screen == PairingState(PairStep.TYPING, url="h", field="code", notice=message(M.PAIR_CODE_WRONG))


def test_a_tap_during_review_does_not_throw_the_purchase_away(visit: Visit) -> None:
    visit.to_review()
    before = visit.kiosk
    assert visit.do(TAPPED) == before


def test_language_asks_again_for_what_is_shown(visit: Visit) -> None:
    visit.do(ev.TouchAnywhere(), ev.OpenDoor("wine"), ev.OpenLanguages(), ev.ChooseLanguage("en"))
    screen = visit.kiosk.screen
    assert isinstance(screen, ResultsState)
    (query,) = visit.effects
    assert isinstance(query, ef.QueryResults)
    assert (query.language, query.door) == ("en", "wine")


def test_a_missing_reader_is_said_before_the_card_is_asked_for(visit: Visit) -> None:
    visit.do(ev.ReaderNews(ready=False))
    visit.to_review()
    visit.do(ev.Confirm())
    assert visit.effects == ()
    assert isinstance(visit.kiosk.screen, NoticeState)
    assert visit.kiosk.screen.title == message(M.READER_MISSING)


def test_text_message_is_hashable() -> None:
    assert len({text("a"), text("a"), text("b")}) == 2


def test_a_pin_can_be_given_up(visit: Visit) -> None:
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number), ev.TypeText("2"), ev.Cancel())
    assert isinstance(visit.kiosk.screen, AttractState)
    assert visit.kiosk.operator is None


@pytest.mark.parametrize("trouble", list(ev.CardTrouble))
def test_nothing_says_nothing_was_taken_while_an_answer_is_owed(visit: Visit, trouble: ev.CardTrouble) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task), ev.CardPulled(arm.task, True))
    visit.do(ev.CardRefused(trouble, 500, 1300, "2026-10-31", arm.task))
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert screen.money == message(M.MONEY_IN_DOUBT, amount_cents=1800)


def test_a_doubt_stays_a_doubt_when_the_next_try_is_too_short(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task), ev.CardPulled(arm.task, True), ev.CardPulled(arm.task, False))
    assert isinstance(visit.kiosk.screen, PresentCardState)
    assert visit.kiosk.screen.in_doubt


def test_a_reader_that_goes_while_a_card_is_awaited_is_said_and_comes_back(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.ReaderNews(ready=False))
    screen = visit.kiosk.screen
    assert isinstance(screen, NoticeState)
    assert (screen.money, screen.title) == (message(M.MONEY_NOTHING_TAKEN), message(M.READER_MISSING))
    visit.do(ev.ReaderNews(ready=True))
    assert isinstance(visit.kiosk.screen, PresentCardState)
    assert visit.kiosk.task == arm.task


def test_content_that_comes_wakes_the_attract_screen(visit: Visit) -> None:
    nothing = ev.LineNews(True, NOON_MS, 0, "", 0, 0)
    visit.do(nothing)
    assert visit.kiosk.screen == AttractState((), "", ready=False)
    visit.do(replace(nothing, content_version=1, offers=132))
    assert visit.kiosk.screen == AttractState((), "", ready=True)


@pytest.mark.parametrize("way", [ev.NoticeAction("home"), ev.GoHome(), ev.OpenSearch()])
@pytest.mark.parametrize("in_doubt", [False, True])
def test_leaving_a_request_ends_it_so_that_no_later_card_pays(visit: Visit, way: ev.Touch, in_doubt: bool) -> None:
    """Present the card → a bank card → "Accueil": the next card laid down is only looked at."""
    arm = visit.to_present()
    if in_doubt:
        visit.do(ev.TaskStarted(arm.task), ev.CardPulled(arm.task, True))
    visit.do(ev.CardRefused(ev.CardTrouble.BANK_CARD, task=arm.task))
    assert visit.kiosk.task == arm.task
    visit.do(way)
    assert ef.Disarm(arm.task) in visit.effects
    assert (visit.kiosk.task, visit.kiosk.ask) == (0, None)
    if in_doubt:
        assert isinstance(visit.kiosk.screen, NoticeState)
        assert visit.kiosk.screen.money == message(M.MONEY_IN_DOUBT, amount_cents=1800)
    before = visit.kiosk
    assert visit.do(ev.TaskStarted(arm.task)) == before


def test_nothing_else_begins_while_a_card_is_written(visit: Visit) -> None:
    arm = visit.to_present()
    visit.do(ev.TaskStarted(arm.task))
    before = visit.kiosk
    assert not shell(before).can_go_back
    for touch in (ev.GoBack(), ev.GoHome(), ev.Cancel(), ev.OpenSearch(), ev.OpenHelp(), ev.OpenLanguages()):
        assert visit.do(touch) == before


def test_another_request_armed_meanwhile_is_over_when_one_settles(visit: Visit) -> None:
    """A doubt of before is decided while something else was asked for: one tap, one thing."""
    arm = visit.to_present()
    visit.do(paid(arm.task - 1 or 99))
    assert visit.effects == (ef.Disarm(arm.task),)
    assert isinstance(visit.kiosk.screen, PaidState)


def test_nobody_is_at_the_desk_before_the_pin_was_right(visit: Visit) -> None:
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number))
    assert isinstance(visit.kiosk.screen, PinState)
    assert visit.kiosk.operator is None
    visit.do(ev.LoadSettled(7, 5000, 5000, "00421187", "reçu", 0), ev.Confirm())
    assert isinstance(visit.kiosk.screen, HomeState), "a load that was decided meanwhile opens no desk"
    visit.do(replace(TAPPED, card_number=OPERATOR.card_number), ev.GoHome())
    assert not isinstance(visit.kiosk.screen, DeskHomeState)
    assert visit.kiosk.operator is None


def credit(phase: ev.CreditPhase, cents: int = 1_250, balance: int | None = None) -> ev.CreditNews:
    return ev.CreditNews(TAPPED.card_number, phase, cents, balance)


def test_what_the_server_owes_is_told_on_the_card_s_screen(visit: Visit) -> None:
    visit.do(TAPPED, credit(ev.CreditPhase.RUNNING))
    screen = visit.kiosk.screen
    assert isinstance(screen, MyCardState)
    assert screen.credit == message(M.CREDIT_RUNNING, amount_cents=1_250)
    visit.do(ev.ChooseTab("tickets"), credit(ev.CreditPhase.ARRIVED, 1_250, TAPPED.balance_cents + 1_250))
    back = visit.kiosk.back
    visit.do(replace(TAPPED, balance_cents=TAPPED.balance_cents + 1_250))  # the card is read again after it
    screen = visit.kiosk.screen
    assert isinstance(screen, MyCardState)
    assert (screen.balance_cents, screen.tab) == (TAPPED.balance_cents + 1_250, "tickets")
    assert screen.credit == message(M.CREDIT_ARRIVED, amount_cents=1_250)
    assert visit.kiosk.back == back, "the same card's screen does not pile up"


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        (ev.CreditPhase.AGAIN, message(M.CREDIT_AGAIN)),
        (ev.CreditPhase.WAITING, message(M.CREDIT_WAITING, amount_cents=1_250)),
        (ev.CreditPhase.NO_ROOM, message(M.CREDIT_NO_ROOM, amount_cents=1_250)),
        (ev.CreditPhase.NONE, None),
    ],
)
def test_how_a_credit_stands(visit: Visit, phase: ev.CreditPhase, told: object) -> None:
    visit.do(TAPPED, credit(ev.CreditPhase.RUNNING), credit(phase))
    screen = visit.kiosk.screen
    assert isinstance(screen, MyCardState)
    assert (screen.credit, screen.balance_cents) == (told, TAPPED.balance_cents)


def test_news_of_another_card_or_on_another_screen_change_nothing(visit: Visit) -> None:
    visit.do(TAPPED)
    before = visit.kiosk
    assert visit.do(replace(credit(ev.CreditPhase.ARRIVED), card_number="00000001")) == before
    visit.do(ev.GoHome())
    before = visit.kiosk
    assert visit.do(credit(ev.CreditPhase.RUNNING)) == before
