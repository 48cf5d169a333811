"""A new site key, from the terminal to the cards: kiosks first, cards once every kiosk in service holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.facts import FactKind
from hardware.card.keys import KIOSK_KEYS, LocalVault, load_ring
from hardware.card.layout import APPLICATION
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance
from kiosk.flow import states as s
from tests.fixtures.headless_kiosk import HeadlessKiosk
from tests.fixtures.kiosk_world import World, world_of
from tests.fixtures.server import LiveServer, initialised_home, make_server

__all__ = ["initialised_home", "make_server"]

CARD = "00421187"
SITE_KEY = 1


@pytest.fixture
def world(make_server: Callable[[], LiveServer], tmp_path: Path) -> Iterator[World]:
    with world_of(make_server(), tmp_path) as made:
        yield made


def site_key_of(card: SimulatedCard) -> int:
    """What the chip's memory says: it may lie on the kiosk's reader."""
    return card.memory.applications[APPLICATION].keys[SITE_KEY].version


def told(kiosk: HeadlessKiosk) -> object:
    """The version that the kiosk last said it holds."""
    said = [fact.body["site_key"] for fact in kiosk.facts() if fact.kind == FactKind.DEVICE_HEALTH]
    return said[-1] if said else None


def tapped(kiosk: HeadlessKiosk, card: SimulatedCard) -> s.MyCardState:
    before = sum(fact.kind == FactKind.CARD_SEEN for fact in kiosk.facts())
    kiosk.reader.present(card)
    shown = kiosk.screen(s.MyCardState)
    kiosk.until("the tap", lambda: sum(fact.kind == FactKind.CARD_SEEN for fact in kiosk.facts()) > before)
    return shown


def test_cards_get_it_once_no_kiosk_in_service_lacks_it(world: World, tmp_path: Path) -> None:
    kiosk = world.paired("SITE-1")
    stolen = world.server.paired("STOLEN-1")
    guest = world.loaded(kiosk, CARD)
    kiosk.until_sent()
    assert told(kiosk) == 1
    asked = json.loads(world.server.run("rotate-card-key", "site").stdout)
    assert (asked["version"], asked["lacking"]) == (2, ["SITE-1", "STOLEN-1"])

    kiosk.hurry()
    kiosk.until("the kiosk to hold the new key", lambda: told(kiosk) == 2)
    kiosk.until_sent()
    assert world.server.work("card-keys")["card-keys"] == {"lacking": 1}, "one of them has not said so"
    tapped(kiosk, guest)
    kiosk.reader.remove()
    kiosk.leave()
    kiosk.until_sent()
    assert site_key_of(guest) == 1, "no card has it while a kiosk could not open it"
    page = world.server.staff.get("/bureau/parc/").body.decode()
    assert "pas encore la nouvelle clé des cartes" in page
    fresh = tmp_path / "issued-meanwhile.json"
    world.server.run("issuing-keys", "--out", str(fresh))
    assert list(json.loads(fresh.read_text())["keys"]["site"]) == ["1"], "nor is a card issued with it"

    thief = load_ring(world.cards.keys).only(KIOSK_KEYS)  # what the stolen kiosk had
    world.server.run("revoke", stolen.name)
    assert world.server.work("card-keys")["card-keys"] == {"lacking": 0}
    kiosk.reader.present(guest)
    kiosk.until("the card to have the new key", lambda: site_key_of(guest) == 2)
    kiosk.reader.remove()
    kiosk.leave()
    reader = SimulatedReader("thief")
    reader.present(guest)
    assert not isinstance(open_card(reader.connect(), LocalVault(thief, SystemChance())), CardSession)

    kiosk.close()
    kiosk.open()  # out of the pairing file, as after a power cut
    assert tapped(kiosk, guest).balance_cents == 5_000
    kiosk.reader.remove()
    kiosk.leave()
    kiosk.until_sent()
    report = world.server.report()
    assert (report["alarms"], report["quarantined"], report["ledger_sum_cents"]) == ([], 0, 0)
