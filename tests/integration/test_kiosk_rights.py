"""A whole kiosk and a live server: a charge, its refund, the credit that brings it back, a reward, a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.facts import FactKind
from hardware.card.simulated.card import SimulatedCard
from kiosk.flow import events as ev
from kiosk.flow import states as s
from tests.fixtures.headless_kiosk import HeadlessKiosk
from tests.fixtures.kiosk_world import OPERATOR, PIN, SITE, World, world_of
from tests.fixtures.server import LiveServer, initialised_home, make_server

__all__ = ["initialised_home", "make_server"]


@pytest.fixture
def world(make_server: Callable[[], LiveServer], tmp_path: Path) -> Iterator[World]:
    """SQLite: what the books do with these facts on PostgreSQL is in tests/integration/server."""
    with world_of(make_server(), tmp_path) as made:
        yield made


def open_desk(kiosk: HeadlessKiosk, world: World) -> s.DeskHomeState:
    kiosk.reader.present(world.hotelier)
    kiosk.screen(s.PinState)
    kiosk.reader.remove()
    kiosk.type_text(PIN)
    return kiosk.screen(s.DeskHomeState)


def charge(kiosk: HeadlessKiosk, guest: SimulatedCard, typed: str) -> s.DoneState:
    kiosk.touch(ev.DeskAction("charge"))
    kiosk.type_text(typed)
    kiosk.touch(ev.Confirm(), ev.Confirm())
    kiosk.screen(s.PresentCardState)
    kiosk.reader.present(guest)
    done = kiosk.screen(s.DoneState)
    kiosk.touch(ev.Confirm())
    kiosk.screen(s.DeskHomeState)
    return done


def refund(kiosk: HeadlessKiosk) -> s.DoneState:
    """The guest's card lies there already."""
    kiosk.touch(ev.DeskAction("refund"))
    choices = kiosk.screen(s.ChoicesState)
    kiosk.touch(ev.Pick(choices.choices[0].id), ev.Confirm())
    done = kiosk.screen(s.DoneState)
    kiosk.touch(ev.Confirm())
    kiosk.screen(s.DeskHomeState)
    return done


def account(world: World, name: str) -> int:
    return sum(int(row["amount"]) for row in world.server.report()["accounts"] if row["account"] == name)


def test_a_charge_given_back_comes_onto_the_card_and_the_books_agree(world: World) -> None:
    kiosk = world.paired("RIGHTS-1")
    guest = world.loaded(kiosk, "00421187")
    payable = account(world, f"site_payable:{SITE}")
    assert "charge" in open_desk(kiosk, world).actions
    charge(kiosk, guest, "4,50")
    assert world.cards.read(guest).balance_cents == 4550
    refund(kiosk)
    kiosk.reader.remove()
    kiosk.touch(ev.CloseDesk())
    chip = world.cards.read(guest)
    assert (chip.balance_cents, chip.points) == (4550, 0), "asked for, the points taken back"
    kiosk.until_sent()
    assert account(world, f"site_payable:{SITE}") == payable
    assert account(world, "refund_due:00421187") == 450

    kiosk.hurry()  # the pass that told of the refund may have asked for the feeds before it was booked
    kiosk.until("the signed order", lambda: kiosk.kiosk.config is not None and kiosk.kiosk.config.may_credit)
    assert "credit" in open_desk(kiosk, world).actions
    kiosk.touch(ev.DeskAction("credit"))
    kiosk.screen(s.PresentCardState)
    kiosk.reader.present(guest)
    kiosk.screen(s.DoneState)
    kiosk.reader.remove()
    kiosk.touch(ev.CloseDesk())
    kiosk.until_sent()
    chip = world.cards.read(guest)
    assert chip.balance_cents == 5000
    assert chip.credits is not None and chip.credits.total_credited_cents == 450
    assert world.shadow("00421187") == (5000, 0)
    assert account(world, "refund_due:00421187") == 0
    report = world.server.report()
    assert (report["ledger_sum_cents"], report["ledger_sum_points"], report["quarantined"]) == (0, 0, 0)
    assert report["alarms"] == []
    assert OPERATOR in {str(f.body["operator"]) for f in kiosk.facts() if f.kind == FactKind.REFUND_REQUESTED}


def test_points_become_a_reward_and_euros_a_pass_that_opens_a_door(world: World) -> None:
    kiosk = world.paired("RIGHTS-2", home="second")
    guest = world.loaded(kiosk, "00421190")
    open_desk(kiosk, world)
    charge(kiosk, guest, "1")
    kiosk.touch(ev.CloseDesk())
    kiosk.screen(s.AttractState)
    kiosk.reader.remove()
    kiosk.reader.present(guest)
    card = kiosk.screen(s.MyCardState)
    assert (card.points, card.rewards, card.passes_on_sale) == (40, True, True)
    kiosk.touch(ev.OpenRewards())
    rewards = kiosk.screen(s.ChoicesState)
    assert all(choice.refused is not None for choice in rewards.choices), "40 points buy nothing yet"
    kiosk.touch(ev.GoBack(), ev.OpenPasses(), ev.Pick("pass-3-jours"), ev.Confirm())
    kiosk.screen(s.DoneState)
    kiosk.touch(ev.Confirm())
    kiosk.screen(s.HomeState)
    kiosk.reader.remove()
    kiosk.leave()
    open_desk(kiosk, world)
    kiosk.touch(ev.DeskAction("entry"))
    kiosk.screen(s.PresentCardState)
    kiosk.reader.present(guest)
    rights = kiosk.screen(s.ChoicesState)
    assert [choice.refused is None for choice in rights.choices] == [False], "the bakery is no museum"
    kiosk.reader.remove()
    kiosk.until_sent()
    told = [fact.kind for fact in kiosk.facts()]
    assert told.count(FactKind.PASS_ISSUED) == told.count(FactKind.ENTRY_REFUSED) == 1
    assert world.shadow("00421190") == (2500, 40)
    report = world.server.report()
    assert (report["ledger_sum_cents"], report["quarantined"], report["alarms"]) == (0, 0, [])
