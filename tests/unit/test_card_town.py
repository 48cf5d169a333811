"""Random cards, kiosks and tears: whatever happens, chips, journals and server agree and no cent is made or lost."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from domain.ledger import Result
from hardware.card.keys import KeyRing
from hardware.card.simulated.card import Mishap, Tear
from tests.fixtures.card_town import ACTS, Shape, Town
from tests.fixtures.purse import make_ring
from tests.prove_card import FRAMES_MAX, FULL, a_day

SEED = 31_415
FRAMES_TORN = 26  # of a load with its second authentication and the whole record file: past the end, nothing is torn
COMMIT_FRAMES = range(14, 23)  # around the commit of a debit at a kiosk that never met the card
KIOSKS = st.integers(0, 2)
CARDS = st.integers(0, 1)
TEARS = st.none() | st.builds(Tear, st.integers(0, FRAMES_TORN), st.sampled_from(Mishap))


@cache
def ring() -> KeyRing:
    return make_ring(SEED)


class TownMachine(RuleBasedStateMachine):
    """Two desks' worth of trouble: a desk, two kiosks, two cards, one of them EV1."""

    town: Town

    @initialize(seed=st.integers(0, 2**32))
    def open_town(self, seed: int) -> None:
        self.town = Town(ring(), seed, Shape(desks=1, kiosks=2))

    @rule(kiosk=KIOSKS, card=CARDS, amount=st.integers(1, 6_500), tear=TEARS, stays=st.booleans())
    def debit(self, kiosk: int, card: int, amount: int, tear: Tear | None, stays: bool) -> None:
        task = self.town.debit(kiosk, card, amount, tear)
        if stays:
            self.town.tap(kiosk, card)
        self.town.give_up(kiosk, task)

    @rule(kiosk=KIOSKS, card=CARDS, act=st.sampled_from(ACTS), tear=TEARS, stays=st.booleans())
    def act(self, kiosk: int, card: int, act: str, tear: Tear | None, stays: bool) -> None:
        kiosk = 0 if act in ("load", "credit") else kiosk
        task = self.town.act(act, kiosk, card, tear)
        if stays:
            self.town.tap(kiosk, card)
        self.town.give_up(kiosk, task)

    @rule(card=CARDS, amount=st.integers(1, 9_000), tear=TEARS, stays=st.booleans())
    def load(self, card: int, amount: int, tear: Tear | None, stays: bool) -> None:
        task = self.town.load(0, card, amount, tear)
        if stays:
            self.town.tap(0, card)
        self.town.give_up(0, task)

    @rule(kiosk=KIOSKS, card=CARDS, tear=TEARS)
    def look(self, kiosk: int, card: int, tear: Tear | None) -> None:
        self.town.tap(kiosk, card, tear)

    @rule(kiosk=KIOSKS)
    def restart(self, kiosk: int) -> None:
        self.town.counters[kiosk].restart()

    @rule(kiosk=KIOSKS, online=st.booleans())
    def line(self, kiosk: int, online: bool) -> None:
        self.town.counters[kiosk].online = online
        self.town.counters[kiosk].since_contact_ms = 0 if online else 1_000

    @rule()
    def sync(self) -> None:
        self.town.check_journals()
        self.town.settle_at_server()

    def teardown(self) -> None:
        if hasattr(self, "town"):
            self.town.end_of_day()


TestTown = TownMachine.TestCase
TestTown.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("act", ACTS)
def test_every_operation_torn_at_every_frame_through_the_worker(act: str) -> None:
    """A small part of `./run prove card`: the mishap and the way that the day goes on change with the frame."""
    mishaps, ways = list(Mishap), FULL.ways
    for frame in range(FRAMES_MAX):
        tear = Tear(frame, mishaps[frame % len(mishaps)])
        if not a_day(ring(), SEED, 3 if frame % 2 else 1, act, tear, ways[frame % len(ways)]):
            break
    assert 10 < frame < FRAMES_MAX - 1


@pytest.mark.parametrize("mishap", [Mishap.REPLY_LOST, Mishap.POWER_LOST])
def test_two_kiosks_in_doubt_at_the_same_operation(mishap: Mishap) -> None:
    """Both were torn around their commit; one of them, or none, got its answer lost after the chip had done it."""
    for first in COMMIT_FRAMES:
        for second in COMMIT_FRAMES:
            town = Town(ring(), SEED + first * 100 + second, Shape(desks=0, kiosks=2, generations=(2,)))
            town.give_up(0, town.debit(0, 0, 700, Tear(first, mishap)))
            town.give_up(1, town.debit(1, 0, 900, Tear(second, mishap)))
            town.end_of_day()


def test_a_doubt_is_decided_by_a_sale_elsewhere_whatever_the_clocks_say() -> None:
    doubts = 0
    for frame in COMMIT_FRAMES:
        town = Town(ring(), SEED + frame, Shape(desks=0, kiosks=2, generations=(3,)))
        town.give_up(0, town.debit(0, 0, 700, Tear(frame, Mishap.REPLY_LOST)))
        doubts += len(town.counters[0].purse.purchases)
        town.debit(1, 0, 100)
        town.tap(1, 0)
        verdicts = town.settle_at_server()
        assert None not in verdicts.values()
        assert list(verdicts.values()).count(Result.DONE) in (1, 2)
    assert doubts == 1, "the commit frame is among those torn"


def test_a_record_that_was_overwritten_is_left_to_a_person() -> None:
    """Ten later operations elsewhere: the first kiosk and the server say that they cannot tell, and nobody guesses."""
    town = Town(ring(), SEED, Shape(desks=0, kiosks=2, generations=(3,)))
    frame = 0
    while not town.counters[0].purse.purchases.of_card("00000001"):
        town.give_up(0, town.debit(0, 0, 700, Tear(frame, Mishap.COMMAND_LOST)))
        frame += 1
    for _ in range(11):
        town.debit(1, 0, 10)
    town.tap(0, 0)
    assert len(town.counters[0].purse.purchases) == 1
    assert list(town.settle_at_server().values()).count(None) == 1
    town.end_of_day()
