"""New card keys reach the cards at a tap online: through any kiosk, resumable at every frame, money goes on."""

from __future__ import annotations

import pytest

from hardware.card.keys import KeyName, KeyRing, LocalVault
from hardware.card.opening import KnownChips
from hardware.card.port import CardRead, CommitResult, Committed, NotDone
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.reader import SimulatedReader
from kiosk.workers.relay import Piped
from sync.keys import KeyTrouble
from sync.messages_cards import SessionOutcome, SessionResult
from tests.fixtures.cards import load_write
from tests.fixtures.relay_world import OPENING_CENTS, RelayWorld

CARD = "00421187"
SEED = 20_261_127


def load_with(ring: KeyRing, world: RelayWorld, card: SimulatedCard) -> CommitResult:
    """A desk with these keys loads one euro."""
    reader = SimulatedReader()
    reader.present(card)
    session = open_card(reader.connect(), LocalVault(ring, world.chance), known=KnownChips())
    assert isinstance(session, CardSession), session
    result = session.read(records=0)
    assert isinstance(result, CardRead), result
    return session.commit(load_write(result.reading, 100, world.ids.new()))


def told(world: RelayWorld, card: SimulatedCard, tear: Tear | None = None) -> SessionResult:
    ended, _ = world.relay(world.names[0], card, tear)
    assert isinstance(ended, Piped), ended
    return ended.result


@pytest.mark.parametrize(("generation", "random_uid"), [(1, False), (3, False), (3, True)])
def test_a_new_load_key_comes_with_the_next_tap(generation: int, random_uid: bool) -> None:
    world = RelayWorld(SEED)
    card = world.card(CARD, generation, random_uid)
    stolen = world.ring
    assert told(world, card).outcome is SessionOutcome.NOTHING
    assert (world.renew_key("load"), world.renew_key("master")) == (2, 2)
    assert isinstance(load_with(stolen, world, card), Committed), "until then the stolen desk still loads it"
    world.grant(CARD, 700)
    assert told(world, card).amount_cents == 700, "money first, with the key that the card has"
    assert told(world, card) == SessionResult(SessionOutcome.DONE, "keys")
    assert isinstance(load_with(stolen, world, card), NotDone)
    assert isinstance(load_with(world.ring, world, card), Committed)
    assert told(world, card).outcome is SessionOutcome.NOTHING, "asked once"
    world.grant(CARD, 300)
    assert told(world, card).amount_cents == 300
    assert world.chip(card).balance_cents == OPENING_CENTS + 1_000 + 200


@pytest.mark.parametrize("mishap", [Mishap.COMMAND_LOST, Mishap.REPLY_LOST, Mishap.POWER_LOST])
def test_torn_at_every_frame_it_goes_on_and_money_goes_too(mishap: Mishap) -> None:
    for frame in range(30):
        world = RelayWorld(SEED + frame)
        card = world.card(CARD)
        world.renew_key("load")
        world.renew_key("master")
        first = told(world, card, Tear(frame, mishap))
        if first.outcome is SessionOutcome.DONE:
            assert frame > 8
            break
        assert first.outcome is SessionOutcome.NOT_DONE, (frame, first)
        world.grant(CARD, 500)
        assert told(world, card).amount_cents == 500, f"usable in between, frame {frame}"
        assert told(world, card) == SessionResult(SessionOutcome.DONE, "keys"), frame
        assert isinstance(load_with(world.ring, world, card), Committed)
        old = KeyRing(
            world.ring.system_id, {**world.ring.masters, KeyName.LOAD: {1: world.ring.masters[KeyName.LOAD][1]}}
        )
        assert isinstance(load_with(old, world, card), NotDone)
    else:
        raise AssertionError("the session does not end")


@pytest.mark.parametrize(("generation", "random_uid"), [(1, False), (3, True)])
def test_a_site_key_that_some_kiosk_lacks_reaches_no_card(generation: int, random_uid: bool) -> None:
    world = RelayWorld(SEED)
    card = world.card(CARD, generation, random_uid)
    lagging = world.ring
    assert world.renew_key("site") == 2
    world.let_site_key(announced=2, ready=1)
    assert told(world, card).outcome is SessionOutcome.NOTHING
    assert isinstance(load_with(lagging, world, card), Committed)
    world.let_site_key(announced=2, ready=2)
    assert told(world, card) == SessionResult(SessionOutcome.DONE, "keys")
    assert told(world, card).outcome is SessionOutcome.NOTHING, "asked once"
    with pytest.raises(AssertionError):  # a kiosk without the new key cannot open it any more
        load_with(lagging, world, card)
    world.grant(CARD, 300)
    assert told(world, card).amount_cents == 300


def test_the_identification_key_is_not_changed_on_cards() -> None:
    world = RelayWorld(SEED)
    with pytest.raises(KeyTrouble):
        world.renew_key("identification")
