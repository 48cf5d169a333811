"""The server's key 2 through a kiosk: who holds what, what each mishap leaves, and that a credit lands exactly once."""

from __future__ import annotations

import pytest

from hardware.card.desfire.commands import Ins
from hardware.card.simulated.card import Mishap, Tear
from kiosk.workers.relay import LineLost, Piped
from sync.messages_cards import SessionOutcome, parse_step
from tests.fixtures.relay_world import OPENING_CENTS, Cut, RelayWorld

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


@pytest.mark.parametrize("mishap", [Mishap.COMMAND_LOST, Mishap.REPLY_LOST, Mishap.POWER_LOST])
def test_torn_at_every_frame_the_next_tap_decides(seed: int, mishap: Mishap) -> None:
    """Chip and server agree after the next tap elsewhere and its sync; then the rest lands, once."""
    for frame in range(40):
        world = RelayWorld(seed + frame)
        card = world.card(CARD)
        world.grant(CARD, 900)
        ended, _ = world.relay(world.names[0], card, Tear(frame, mishap))
        if isinstance(ended, Piped) and ended.result.outcome is SessionOutcome.DONE:
            assert frame == 16
            break
        assert isinstance(ended, Piped), ended
        happened = world.chip(card).balance_cents - OPENING_CENTS
        assert happened in (0, 900)
        told = ended.result.outcome
        assert told is (SessionOutcome.IN_DOUBT if frame == 15 else SessionOutcome.NOT_DONE), (frame, ended)
        assert happened == (900 if frame == 15 and mishap is Mishap.REPLY_LOST else 0)
        world.tap_and_sync(world.names[1], card)
        assert world.open_operations() == 0, f"in doubt after a tap elsewhere and a sync, frame {frame}"
        assert (world.booked(CARD), world.due(CARD)) == (happened, 900 - happened)
        world.relay(world.names[1], card)
        credited(world, card, 900)
        assert (world.due(CARD), world.alarms()) == (0, [])
    else:
        raise AssertionError("the session does not end")


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("answered", [False, True], ids=["request", "answer"])
def test_the_line_cut_at_every_request(seed: int, answered: bool, for_good: bool) -> None:
    for request in range(7):
        world = RelayWorld(seed + request)
        card = world.card(CARD)
        world.grant(CARD, 700)
        ended, _ = world.relay(world.names[0], card, cut=Cut(request, answered, for_good))
        if not for_good:
            assert isinstance(ended, Piped)
            assert ended.result.outcome is SessionOutcome.DONE, "a repeated request has the same answer"
            credited(world, card, 700)
            continue
        assert isinstance(ended, LineLost)
        happened = world.chip(card).balance_cents - OPENING_CENTS
        assert (ended.committing, happened) == ((True, 700) if request == 6 else (False, 0)), request
        world.tap_and_sync(world.names[1], card)
        assert world.open_operations() == 0
        assert (world.booked(CARD), world.due(CARD)) == (happened, 700 - happened)
        world.relay(world.names[1], card)
        credited(world, card, 700)
        assert world.alarms() == []
