"""What the server owes reaches the card at a kiosk: granted on the page, on the screen, on the chip, in the books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.facts import FactKind
from hardware.card.simulated.card import SimulatedCard
from kiosk.demo.hardware import PulledAtCommit
from kiosk.flow import states as s
from kiosk.flow.messages import M, message
from tests.fixtures.headless_kiosk import HeadlessKiosk
from tests.fixtures.kiosk_world import World, world_of
from tests.fixtures.server import LiveServer, initialised_home, make_server

__all__ = ["initialised_home", "make_server"]

CARD = "00421187"


@pytest.fixture
def world(make_server: Callable[[], LiveServer], tmp_path: Path) -> Iterator[World]:
    with world_of(make_server(), tmp_path) as made:
        yield made


def grant(world: World, euros: str) -> None:
    world.server.staff.get("/bureau/credits/")
    sent = world.server.staff.post(
        "/bureau/credits/", card=CARD, amount=euros, source="promotion", reason="Orage pendant la sortie"
    )
    assert sent.status == 302, sent.body.decode()


def shows(kiosk: HeadlessKiosk, told: object) -> s.MyCardState:
    return kiosk.screen(s.MyCardState, lambda screen: screen.credit == told)


def test_a_credit_arrives_at_the_next_tap_and_once(world: World) -> None:
    kiosk = world.paired("CREDIT-1")
    guest = world.loaded(kiosk, CARD)
    kiosk.until_sent()
    grant(world, "12,50")
    kiosk.reader.present(guest)
    arrived = message(M.CREDIT_ARRIVED, amount_cents=1_250)
    kiosk.screen(s.MyCardState, lambda screen: screen.credit == arrived and screen.balance_cents == 6_250)
    # The card is read again after it.
    kiosk.screen(s.MyCardState, lambda screen: screen.credit == arrived and screen.operations[0].amount_cents == 1_250)
    running = message(M.CREDIT_RUNNING, amount_cents=1_250)
    assert any(isinstance(screen, s.MyCardState) and screen.credit == running for screen in kiosk.screens)
    kiosk.reader.remove()
    kiosk.until_sent()
    assert world.cards.read(guest).balance_cents == 6_250
    assert world.shadow(CARD)[0] == 6_250
    report = world.server.report()
    assert (report["open_operations"], report["alarms"], report["ledger_sum_cents"]) == (0, [], 0)
    again = tapped_again(kiosk, guest)
    assert (again.balance_cents, again.credit) == (6_250, None)


def tapped_again(kiosk: HeadlessKiosk, guest: SimulatedCard) -> s.MyCardState:
    kiosk.leave()
    before = len([fact for fact in kiosk.facts() if fact.kind == FactKind.CARD_SEEN])
    kiosk.reader.present(guest)
    shown = kiosk.screen(s.MyCardState)
    kiosk.until("the tap to be kept", lambda: len([f for f in kiosk.facts() if f.kind == FactKind.CARD_SEEN]) > before)
    kiosk.reader.remove()
    return shown


def test_pulled_away_in_mid_commit_it_is_there_at_the_next_tap(world: World) -> None:
    kiosk = world.paired("CREDIT-2")
    guest = world.loaded(kiosk, CARD)
    kiosk.until_sent()
    grant(world, "9")
    kiosk.reader.present(PulledAtCommit(guest))
    shows(kiosk, message(M.CREDIT_AGAIN))
    kiosk.reader.present(guest)
    kiosk.screen(s.MyCardState, lambda screen: screen.balance_cents == 5_900)
    kiosk.reader.remove()
    kiosk.until_sent()
    assert world.cards.read(guest).balance_cents == 5_900
    assert world.shadow(CARD)[0] == 5_900
    report = world.server.report()
    assert (report["open_operations"], report["alarms"]) == (0, [])


def test_without_a_line_the_screen_says_where_it_waits(world: World) -> None:
    kiosk = world.paired("CREDIT-3")
    guest = world.loaded(kiosk, CARD)
    grant(world, "7")
    kiosk.until_sent()
    kiosk.until("the feed to tell", lambda: CARD in kiosk.running.knowledge.known.due)
    world.network.turn_off()
    kiosk.hurry()
    kiosk.until("the line to be down", lambda: not kiosk.online)
    kiosk.reader.present(guest)
    shows(kiosk, message(M.CREDIT_WAITING, amount_cents=700))
    kiosk.reader.remove()
    world.network.turn_on()
    kiosk.until_sent()
    kiosk.reader.present(guest)
    shows(kiosk, message(M.CREDIT_ARRIVED, amount_cents=700))
    assert world.cards.read(guest).balance_cents == 5_700
