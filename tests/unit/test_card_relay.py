"""The server's key 2 through a kiosk: who holds what, what each mishap leaves, and that a credit lands exactly once."""

from __future__ import annotations

import pytest

from hardware.card.desfire.commands import Ins
from hardware.card.simulated.card import Mishap
from hardware.card.simulated.reader import SimulatedReader
from kiosk.flow import events as ev
from kiosk.workers.relay import CreditCarrier, Piped, Relay
from sync.messages_cards import RELAY_CONTEXT, SessionOutcome, parse_step
from sync.sealing import seal
from tests.fixtures.relay_proof import cut_relay, tear_relay, wander_relay
from tests.fixtures.relay_world import OPENING_CENTS, Cut, RelayWorld, WireClient

CARD = "00421187"


@pytest.fixture(scope="module")
def seed() -> int:
    return 20_261_125


def credited(world: RelayWorld, card: object, cents: int) -> None:
    """Chip and books agree on what the card got."""
    assert world.chip(card).balance_cents == OPENING_CENTS + cents  # type: ignore[arg-type]
    assert world.booked(CARD) == cents


@pytest.mark.parametrize(("generation", "random_uid"), [(3, False), (2, False), (1, False), (3, True)])
def test_a_credit_lands_once_in_few_round_trips(seed: int, generation: int, random_uid: bool) -> None:
    world = RelayWorld(seed)
    card = world.card(CARD, generation, random_uid)
    world.grant(CARD, 1_200)
    ended, client = world.relay(world.names[0], card)
    assert isinstance(ended, Piped)
    assert (ended.result.outcome, ended.result.amount_cents) == (SessionOutcome.DONE, 1_200), ended
    assert ended.result.balance_cents == OPENING_CENTS + 1_200
    credited(world, card, 1_200)
    assert (world.due(CARD), world.open_operations(), world.alarms()) == (0, 0, [])
    if (generation, random_uid) == (3, False):
        assert client.requests == 7
        frames = [frame for answer in client.seen for frame in parse_step(answer).frames]
        assert [frame[1] for frame in frames].count(Ins.COMMIT_TRANSACTION) == 1
        assert len(frames) == 15
    again, client = world.relay(world.names[1], card)
    assert isinstance(again, Piped)
    assert (again.result.outcome, client.requests) == (SessionOutcome.NOTHING, 1)


def test_no_key_and_no_serial_leaves_the_server(seed: int) -> None:
    from server.cards.models import CardSession

    world = RelayWorld(seed)
    card = world.card(CARD)
    world.grant(CARD, 500)
    _, client = world.relay(world.names[0], card)
    told = b"".join(client.seen)
    for versions in world.ring.masters.values():
        for master in versions.values():
            assert master.hex().encode() not in told
    row = CardSession.objects.get(territory=world.slug, outcome="done")
    assert (bytes(row.seed), bytes(row.serials), row.exchanges, row.pending) == (b"", b"", [], [])
    assert card.uid.hex() not in row.step


@pytest.mark.parametrize("mishap", list(Mishap))
def test_torn_at_every_frame_the_next_tap_elsewhere_decides(seed: int, mishap: Mishap) -> None:
    """Chip and server agree after the next tap elsewhere and its sync; then the rest lands, once."""
    assert tear_relay(seed, 3, False, mishap, elsewhere=True).cases == 17


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("answered", [False, True], ids=["request", "answer"])
def test_the_line_cut_at_every_request(seed: int, answered: bool, for_good: bool) -> None:
    tally = cut_relay(seed, 3, False, answered, for_good)
    assert tally.cases == 7
    assert tally.in_doubt == (1 if for_good else 0)


def test_a_card_of_the_first_generation_one_frame_at_a_time(seed: int) -> None:
    tally = cut_relay(seed, 1, False, answered=False, for_good=True)
    assert (tally.cases, tally.in_doubt) == (14, 1)


@pytest.mark.parametrize("number", range(3))
def test_grants_taps_tears_and_cuts_at_random(seed: int, number: int) -> None:
    print(f"seed {seed + number}")
    assert wander_relay(seed + number, 25)


def test_the_kiosk_says_how_it_stands(seed: int) -> None:
    """Without a line what the feeds know; with it one request that finds nothing, or the credit."""
    world = RelayWorld(seed)
    card = world.card(CARD)
    told: list[ev.CreditNews] = []
    online = False

    def carrier(client: WireClient) -> CreditCarrier:
        relay = Relay(
            client, lambda box: seal(world.run.identity.sealing_public, box, RELAY_CONTEXT, world.chance), world.ids
        )
        return CreditCarrier(relay, lambda _: world.due(CARD), lambda: online, told.append)  # type: ignore[arg-type]

    def lay(client: WireClient) -> bool:
        told.clear()
        reading = world.look(world.names[0], card)
        reader = SimulatedReader()
        reader.present(card)
        return carrier(client)(reader.connect(), reading)

    idle = WireClient(world, world.names[0])
    assert (lay(idle), told, idle.requests) == (False, [], 0)
    world.grant(CARD, 600)
    assert (lay(idle), idle.requests) == (False, 0)
    assert told == [ev.CreditNews(CARD, ev.CreditPhase.WAITING, 600)]
    online = True
    assert not lay(WireClient(world, world.names[0], Cut(0, answered=False, for_good=True)))
    assert told == [ev.CreditNews(CARD, ev.CreditPhase.WAITING, 600)], "the line turns out to be down"
    assert lay(WireClient(world, world.names[0], Cut(6, answered=False, for_good=True)))
    assert [news.phase for news in told] == [ev.CreditPhase.RUNNING, ev.CreditPhase.AGAIN]
    assert not lay(WireClient(world, world.names[0])), "it was there already: file 06 says so"
    assert [news.phase for news in told] == [ev.CreditPhase.RUNNING, ev.CreditPhase.NONE]
    world.tap_and_sync(world.names[0], card)
    world.grant(CARD, 300)
    assert lay(WireClient(world, world.names[0]))
    assert told[-1] == ev.CreditNews(CARD, ev.CreditPhase.ARRIVED, 300, OPENING_CENTS + 900)
    done = WireClient(world, world.names[0])
    assert (lay(done), told, done.requests) == (False, [], 1)
