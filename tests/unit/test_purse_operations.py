"""Every operation but debit and load through the card worker: the chip, the facts and the screen say the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeVar

import pytest

from domain.cards import CardKind
from domain.credits import ServerCredit
from domain.days import day_number
from domain.facts import FactKind
from hardware.card.keys import KeyRing
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from kiosk.flow import events as ev
from tests.fixtures.card_proof import chip_of
from tests.fixtures.purse import OPERATOR, TODAY, Counter, make_card, make_ring

SEED = 20261125
CARD = "00421187"
DAY = day_number(TODAY)
E = TypeVar("E")


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return make_ring(SEED)


@pytest.fixture
def card(ring: KeyRing) -> SimulatedCard:
    return make_card(ring, SEED)


@pytest.fixture
def counter(ring: KeyRing) -> Counter:
    return Counter(ring, SEED + 1)


def one(events: list[ev.Event], kind: type[E]) -> E:
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]


def refused(events: list[ev.Event]) -> ev.CardTrouble:
    return one(events, ev.CardRefused).trouble


def kinds(counter: Counter, since: int = 0) -> list[str]:
    return [fact.kind for fact in counter.journal.facts[since:] if fact.kind != FactKind.CARD_SEEN]


def with_points(counter: Counter, card: SimulatedCard, visits: int = 3) -> None:
    """40 points a day, from purchases of one euro."""
    for day in range(visits):
        counter.today = TODAY + timedelta(days=day - visits)
        counter.arm_charge(100)
        counter.tap(card)
    counter.today = TODAY


def test_a_charge_is_a_debit_of_this_site_without_an_order(counter: Counter, card: SimulatedCard) -> None:
    task = counter.arm_charge(450)
    settled = one(counter.tap(card), ev.ChargeSettled)
    assert (settled.task, settled.amount_cents, settled.balance_cents, settled.points_awarded) == (task, 450, 4550, 40)
    assert settled.receipt_payload == f"charge {CARD} 450"
    assert kinds(counter) == ["purse.debit.intent", "purse.debit.outcome", "sale", "points.awarded"]
    (intent,) = counter.journal.of_kind(FactKind.DEBIT_INTENT)
    assert (intent.body["order"], intent.body["operator"]) == (None, OPERATOR)
    assert intent.body["payee_site"] == intent.body["site"] == counter.site
    (sale,) = counter.journal.of_kind(FactKind.SALE)
    assert (sale.body["offer"], sale.body["amount_cents"], sale.body["intent"]) == (None, 450, intent.id)


def test_a_reward_costs_points_and_no_euros(counter: Counter, card: SimulatedCard) -> None:
    counter.arm_redeem("cafe")
    events = counter.tap(card)
    assert refused(events) is ev.CardTrouble.NOT_ENOUGH_POINTS
    assert one(events, ev.CardRefused).value_cents == 60
    with_points(counter, card)
    before = len(counter.journal.facts)
    counter.arm_redeem("cafe")
    settled = one(counter.tap(card), ev.RewardSettled)
    assert (settled.points, settled.points_left, settled.name) == (60, 60, "Un café")
    assert kinds(counter, before) == ["purse.redeem.intent", "purse.redeem.outcome", "points.redeemed"]
    (given,) = counter.journal.of_kind(FactKind.POINTS_REDEEMED)
    assert str(given.body["claim"]) in settled.claim_payload
    chip = chip_of(card)
    assert (chip.balance_cents, chip.points) == (4700, 60)
    counter.arm_redeem("gone")
    assert refused(counter.tap(card)) is ev.CardTrouble.REWARD_GONE


def test_a_plain_tap_earns_once_where_the_programme_wants_it(counter: Counter, card: SimulatedCard) -> None:
    assert one(counter.tap(card), ev.CardTapped).points_awarded == 0
    counter.award_on_tap = True
    tapped = one(counter.tap(card), ev.CardTapped)
    assert (tapped.points_awarded, tapped.points) == (40, 40)
    assert tapped.operations[0].points == 40
    assert kinds(counter) == ["purse.award.intent", "purse.award.outcome", "points.awarded"]
    again = one(counter.tap(card), ev.CardTapped)
    assert (again.points_awarded, again.points) == (0, 40)
    assert chip_of(card).points == 40


@pytest.mark.parametrize("frame", range(12, 22))
@pytest.mark.parametrize("mishap", [Mishap.REPLY_LOST, Mishap.COMMAND_LOST])
def test_an_award_torn_away_comes_once(ring: KeyRing, frame: int, mishap: Mishap) -> None:
    counter, card = Counter(ring, SEED + 3), make_card(ring, SEED)
    counter.award_on_tap = True
    card.arm(Tear(frame, mishap))
    counter.tap(card)
    card.arm(None)
    for _ in range(2):
        tapped = one(counter.tap(card), ev.CardTapped)
    assert (tapped.points, chip_of(card).points, len(counter.purse.purchases)) == (40, 40, 0)
    assert len(counter.journal.of_kind(FactKind.POINTS_AWARDED)) == 1


def test_a_pass_is_bought_shown_and_used_up(ring: KeyRing, counter: Counter, card: SimulatedCard) -> None:
    counter.arm_pass("carnet")
    sold = one(counter.tap(card), ev.PassSettled)
    assert (sold.amount_cents, sold.balance_cents, sold.uses) == (900, 4100, 5)
    assert (sold.from_day, sold.until_day) == (TODAY.isoformat(), (TODAY + timedelta(days=29)).isoformat())
    assert kinds(counter) == [
        "purse.debit.intent", "purse.debit.outcome", "sale", "pass.issued", "points.awarded",
    ]  # fmt: skip
    counter.arm_pass("pass-3")
    assert refused(counter.tap(card)) is ev.CardTrouble.OTHER_RIGHT
    assert [held.programme for held in one(counter.tap(card), ev.CardTapped).passes] == [5]
    counter.arm_look("entry")
    (line,) = one(counter.tap(card), ev.CardLooked).rights
    assert (line.programme, line.refused) == (5, None)
    counter.arm_entry(CARD, programme=5)
    used = one(counter.tap(card), ev.EntrySettled)
    assert (used.uses_left, used.name) == (4, "Carnet 5 entrées")
    assert kinds(counter)[-3:] == ["purse.entry.intent", "purse.entry.outcome", "pass.used"]
    counter.arm_entry(CARD, programme=5)
    assert refused(counter.tap(card)) is ev.CardTrouble.ALREADY_TODAY
    (fact,) = counter.journal.of_kind(FactKind.ENTRY_REFUSED)
    assert (fact.body["reason"], fact.body["programme"]) == ("already_today", 5)
    other = Counter(ring, SEED + 8, site=99)
    other.arm_entry(CARD, programme=5)
    assert refused(other.tap(card)) is ev.CardTrouble.OTHER_SITE


def test_a_ticket_opens_its_door_once(ring: KeyRing, card: SimulatedCard) -> None:
    base = Counter(ring, SEED + 4, site=42)
    base.arm_debit(1800, 2)
    base.tap(card)
    base.arm_look("entry")
    (line,) = one(base.tap(card), ev.CardLooked).rights
    assert (line.people, line.refused) == (2, None)
    assert line.ticket is not None
    bakery = Counter(ring, SEED + 5, site=17)
    base.arm_entry("00000009", ticket=line.ticket)
    assert refused(base.tap(card)) is ev.CardTrouble.OTHER_CARD
    base.arm_entry(CARD, ticket=line.ticket)
    used = one(base.tap(card), ev.EntrySettled)
    assert (used.people, used.uses_left, used.card_number) == (2, None, CARD)
    (fact,) = base.journal.of_kind(FactKind.TICKET_USED)
    assert (fact.body["ticket"], fact.body["people"]) == (line.ticket, 2)
    bakery.arm_entry(CARD, ticket=line.ticket)
    assert refused(bakery.tap(card)) is ev.CardTrouble.NO_RIGHT


def test_a_ticket_for_another_place_is_refused_where_that_is_known(counter: Counter, card: SimulatedCard) -> None:
    counter.arm_debit(1800)
    counter.tap(card)
    counter.arm_look("entry")
    (line,) = one(counter.tap(card), ev.CardLooked).rights
    assert line.refused is not None
    counter.arm_entry(CARD, ticket=line.ticket)
    assert refused(counter.tap(card)) is ev.CardTrouble.OTHER_SITE


def test_a_refund_asks_the_server_and_takes_the_points_back(counter: Counter, card: SimulatedCard) -> None:
    counter.arm_charge(450)
    counter.tap(card)
    counter.arm_look("refund")
    looked = one(counter.tap(card), ev.CardLooked)
    (line,) = looked.debits
    assert (line.amount_cents, line.points) == (450, 40)
    before = len(counter.journal.facts)
    counter.arm_refund(CARD, line.debit)
    settled = one(counter.tap(card), ev.RefundSettled)
    assert (settled.amount_cents, settled.points_taken, settled.balance_cents) == (450, 40, 4550)
    assert kinds(counter, before) == ["purse.refund.requested", "purse.redeem.intent", "purse.redeem.outcome"]
    chip = chip_of(card)
    assert (chip.balance_cents, chip.points) == (4550, 0), "never a lowered debit"
    counter.arm_look("refund")
    assert one(counter.tap(card), ev.CardLooked).debits == ()
    counter.arm_refund(CARD, line.debit)
    assert refused(counter.tap(card)) is ev.CardTrouble.REFUNDED_ALREADY
    counter.restart()
    counter.arm_refund(CARD, line.debit)
    assert refused(counter.tap(card)) is ev.CardTrouble.REFUNDED_ALREADY


def test_points_already_spent_do_not_hold_a_refund_back(counter: Counter, card: SimulatedCard) -> None:
    counter.arm_charge(450)
    counter.tap(card)
    (intent,) = counter.journal.of_kind(FactKind.DEBIT_INTENT)
    counter.arm_redeem("peche")
    counter.tap(card)
    counter.arm_refund(CARD, intent.id)
    assert one(counter.tap(card), ev.RefundSettled).points_taken == 0
    assert len(counter.journal.of_kind(FactKind.REFUND_REQUESTED)) == 1


def test_only_the_site_that_was_paid_gives_back(ring: KeyRing, counter: Counter, card: SimulatedCard) -> None:
    counter.arm_debit(1800)  # for the canoe base, at the bakery
    counter.tap(card)
    (intent,) = counter.journal.of_kind(FactKind.DEBIT_INTENT)
    counter.arm_look("refund")
    assert one(counter.tap(card), ev.CardLooked).debits == ()
    counter.arm_refund(CARD, intent.id)
    assert refused(counter.tap(card)) is ev.CardTrouble.NOT_REFUNDABLE
    counter.arm_refund("00000005", intent.id)
    assert refused(counter.tap(card)) is ev.CardTrouble.OTHER_CARD
    assert not counter.journal.of_kind(FactKind.REFUND_REQUESTED)


def test_a_signed_credit_lands_once_at_a_desk(ring: KeyRing, counter: Counter, card: SimulatedCard) -> None:
    counter.arm_credit()
    assert refused(counter.tap(card)) is ev.CardTrouble.NO_CREDIT
    counter.orders[CARD] = ServerCredit(CARD, 1, 1800, DAY + 30, refund=True)
    kiosk = Counter(ring, SEED + 6, desk=False)
    kiosk.orders = counter.orders
    kiosk.arm_credit()
    assert refused(kiosk.tap(card)) is ev.CardTrouble.NO_LOAD_KEY
    before = len(counter.journal.facts)
    counter.arm_credit()
    settled = one(counter.tap(card), ev.CreditSettled)
    assert (settled.amount_cents, settled.balance_cents, settled.refund, settled.left_cents) == (1800, 6800, True, 0)
    assert kinds(counter, before) == ["purse.credit.intent", "purse.credit.outcome"]
    counter.arm_credit()
    assert refused(counter.tap(card)) is ev.CardTrouble.NO_CREDIT
    seen = counter.journal.of_kind(FactKind.CARD_SEEN)[-1]
    assert seen.body["credits"] == {"epoch": 1, "total_cents": 1800}


def test_a_full_purse_takes_what_fits(ring: KeyRing, counter: Counter) -> None:
    card = make_card(ring, SEED, balance_cents=14_000)
    counter.orders[CARD] = ServerCredit(CARD, 1, 1800, DAY)
    counter.arm_credit()
    settled = one(counter.tap(card), ev.CreditSettled)
    assert (settled.amount_cents, settled.balance_cents, settled.left_cents) == (1000, 15_000, 800)
    counter.arm_credit()
    events = counter.tap(card)
    assert refused(events) is ev.CardTrouble.NO_ROOM
    assert one(events, ev.CardRefused).value_cents == 800


@pytest.mark.parametrize(
    "order", [ServerCredit(CARD, 1, 1800, DAY - 1), ServerCredit(CARD, 0, 1800, DAY)], ids=["expired", "stale"]
)
def test_an_order_of_a_former_life_or_out_of_date(counter: Counter, card: SimulatedCard, order: ServerCredit) -> None:
    counter.orders[CARD] = ServerCredit(CARD, 1, 500, DAY)
    counter.arm_credit()
    counter.tap(card)
    counter.orders[CARD] = order
    counter.arm_credit()
    assert refused(counter.tap(card)) is ev.CardTrouble.CREDIT_STALE


ARM = {
    "charge": lambda counter: counter.arm_charge(100),
    "debit": lambda counter: counter.arm_debit(100),
    "load": lambda counter: counter.arm_load(100),
    "pass": lambda counter: counter.arm_pass("carnet"),
    "redeem": lambda counter: counter.arm_redeem("peche"),
    "entry": lambda counter: counter.arm_entry(CARD, programme=5),
    "credit": lambda counter: counter.arm_credit(),
}


def ready(ring: KeyRing, kind: CardKind = CardKind.VISITOR) -> tuple[Counter, SimulatedCard]:
    """A counter where each of these would work, and a card with points and a pass."""
    counter, card = Counter(ring, SEED + 7), make_card(ring, SEED, kind=kind)
    counter.orders[CARD] = ServerCredit(CARD, 1, 500, DAY + 4000)
    counter.arm_pass("carnet")
    counter.tap(card)
    return counter, card


@pytest.mark.parametrize("what", list(ARM))
def test_a_lost_or_expired_card_does_nothing(ring: KeyRing, what: str) -> None:
    counter, card = ready(ring)
    before = chip_of(card)
    counter.blocked = frozenset({CARD})
    ARM[what](counter)
    assert refused(counter.tap(card)) is ev.CardTrouble.BLOCKED
    counter.blocked = frozenset()
    counter.today = date(2036, 1, 1)
    ARM[what](counter)
    assert refused(counter.tap(card)) is ev.CardTrouble.EXPIRED
    assert chip_of(card) == before


@pytest.mark.parametrize("what", list(ARM))
def test_a_staff_card_is_never_a_purse(ring: KeyRing, what: str) -> None:
    counter, card = ready(ring, CardKind.STAFF)
    before = chip_of(card)
    ARM[what](counter)
    assert refused(counter.tap(card)) is ev.CardTrouble.WRONG_KIND
    assert chip_of(card) == before


@pytest.mark.parametrize("what", ["charge", "debit", "pass"])
def test_everything_that_takes_money_is_bounded_while_offline(ring: KeyRing, what: str) -> None:
    counter, card = ready(ring)
    counter.online, counter.since_contact_ms = False, 8 * 86_400_000
    ARM[what](counter)
    assert refused(counter.tap(card)) is ev.CardTrouble.OFFLINE_TOO_LONG
    counter.since_contact_ms = 0
    for _ in range(10):
        counter.arm_charge(100)
        one(counter.tap(card), ev.ChargeSettled)
    before = chip_of(card)
    ARM[what](counter)
    assert refused(counter.tap(card)) is ev.CardTrouble.OVER_OFFLINE_LIMIT
    assert chip_of(card) == before
    counter.online = True  # the line is up: the same purchase goes through and the card starts anew
    ARM[what](counter)
    assert not [event for event in counter.tap(card) if isinstance(event, ev.CardRefused)]
    counter.online = False
    counter.arm_charge(100)
    one(counter.tap(card), ev.ChargeSettled)


def test_a_reward_waits_when_the_list_of_lost_cards_is_old(ring: KeyRing) -> None:
    counter, card = ready(ring)
    counter.online, counter.since_contact_ms = False, 8 * 86_400_000
    counter.arm_redeem("peche")
    assert refused(counter.tap(card)) is ev.CardTrouble.OFFLINE_TOO_LONG


def test_unsent_charges_count_against_the_kiosk(ring: KeyRing, card: SimulatedCard) -> None:
    counter = Counter(ring, SEED + 9)
    counter.arm_charge(100)
    counter.tap(card)
    counter.arm_pass("carnet")
    counter.tap(card)
    assert counter.tally.unsent() == (1000, 2)


def test_the_line_is_tried_after_five_offline_debits_and_once_in_twenty(ring: KeyRing, card: SimulatedCard) -> None:
    counter = Counter(ring, SEED + 10)
    counter.online = False
    for number in range(5):
        counter.arm_charge(100)
        counter.tap(card)
        assert counter.reached == 0, number
    counter.line_comes_up = True
    counter.arm_charge(100)
    counter.tap(card)
    assert (counter.reached, counter.online) == (1, True)
    counter.online = counter.line_comes_up = False
    counter.dice = 20
    counter.arm_charge(100)
    one(counter.tap(card), ev.ChargeSettled)
    assert counter.reached == 2, "the reset of the sixth let the card begin anew, chance asked this time"
    counter.arm_redeem("peche")
    counter.tap(card)
    assert counter.reached == 2, "points need no line"


def test_a_verdict_that_decides_nothing_is_a_fact_once(ring: KeyRing) -> None:
    """Eleven operations elsewhere push the record out; another chip in its place is told apart."""
    first, card = Counter(ring, SEED + 11), make_card(ring, SEED)
    twin = make_card(ring, SEED)
    first.arm_charge(100)
    first.tap(card)
    frame = 0
    while not len(first.purse.purchases):
        card.arm(Tear(frame, Mishap.COMMAND_LOST))
        task = first.arm_charge(100)
        first.tap(card)
        first.worker.disarm(task)
        card.arm(None)
        frame += 1
    elsewhere = Counter(ring, SEED + 12, site=18)
    for _ in range(11):
        elsewhere.arm_charge(10)
        elsewhere.tap(card)
    for _ in range(3):
        first.tap(card)
    (fact,) = first.journal.of_kind(FactKind.VERDICT)
    (open_one,) = first.purse.purchases.of_card(CARD)
    assert (fact.body["verdict"], fact.body["intent"]) == ("overwritten", open_one.intent.transfer_id)
    doubts = first.purse.purchases.doubts()
    assert (doubts.count, doubts.oldest_ms) == (1, open_one.since_ms)
    assert refused(first.tap(twin)) is ev.CardTrouble.ALTERED
    assert [fact.body["verdict"] for fact in first.journal.of_kind(FactKind.VERDICT)] == ["overwritten", "altered"]
