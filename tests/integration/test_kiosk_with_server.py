"""A whole kiosk without a window against a real server: paired, used, cut off, torn, stopped, restored, lied to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from domain.facts import FactKind
from hardware.card.simulated.card import SimulatedCard
from kiosk.demo.hardware import PulledAtCommit
from kiosk.demo.network import NetworkSwitch
from kiosk.flow import events as ev
from kiosk.flow import states as s
from kiosk.store.journal_verify import ChainIntact
from tests.fixtures.headless_kiosk import GAP_MS, PATIENCE, HeadlessKiosk
from tests.fixtures.kiosk_world import SITE, World, world_of
from tests.fixtures.postgres import postgres
from tests.fixtures.server import TERRITORY, LiveServer, initialised_home, make_server, server

__all__ = ["initialised_home", "make_server", "postgres", "server"]

OFFER = "demo-descente-canoe"
YEAR_MS = 365 * 86_400_000
NONSENSE = (
    b"<html><title>Welcome to our hotel's wifi</title><p>Please accept our terms</p></html>",
    b'{"version": 1, "time": "noon", "entries": {}}',
    b"\x00\xff" * 3000,
    b"",
)


@pytest.fixture
def world(server: LiveServer, tmp_path: Path) -> Iterator[World]:
    with world_of(server, tmp_path) as made:
        yield made


@pytest.fixture
def own_world(make_server: Callable[[], LiveServer], tmp_path: Path) -> Iterator[World]:
    """SQLite and a server of the test's own, to be killed."""
    with world_of(make_server(), tmp_path) as made:
        yield made


def own_beacon() -> dict[str, object]:
    rows = json.loads(TERRITORY.read_text(encoding="utf-8"))["beacons"]
    return dict(next(row for row in rows if row["type"] == "ibeacon" and row["site_number"] == SITE))


def buy_torn(kiosk: HeadlessKiosk, guest: SimulatedCard) -> s.PaidState:
    """18 €: the card is pulled away in mid-commit, presented again, and pays once."""
    kiosk.home_screen()
    kiosk.to_card(OFFER)
    kiosk.reader.present(PulledAtCommit(guest))
    torn = kiosk.screen(s.PresentCardState, lambda screen: screen.again)
    assert torn.in_doubt
    kiosk.reader.present(guest)
    paid = kiosk.screen(s.PaidState)
    kiosk.reader.remove()
    return paid


def test_a_day_with_the_line_cut(world: World) -> None:
    """Pair, load 50 €, go offline, hear a beacon, pay 18 € through a torn card, come back: everything agrees."""
    kiosk = world.paired("DAY-1")
    guest = world.loaded(kiosk, "00421187")
    kiosk.until_sent()
    world.network.turn_off()
    kiosk.hurry()
    kiosk.until("the line to be down", lambda: not kiosk.online)
    kiosk.hear(own_beacon())
    kiosk.until("the beacon to be kept", lambda: kiosk.kiosk.beacons_kept > 0)
    paid = buy_torn(kiosk, guest)
    assert (paid.amount_cents, paid.balance_cents, paid.points_awarded) == (1800, 3200, 40)
    kiosk.leave()
    kiosk.pass_time(2 * GAP_MS)
    kinds = (FactKind.VISIT, FactKind.PRESENCE)
    kiosk.until("visit and presence to be kept", lambda: {f.kind for f in kiosk.facts()}.issuperset(kinds))
    world.network.turn_on()
    kiosk.until_sent()

    chip, found = world.cards.read(guest), world.server.report()
    assert (chip.balance_cents, chip.points) == (3200, 40)
    assert world.shadow("00421187") == (3200, 40)
    assert (found["ledger_sum_cents"], found["ledger_sum_points"]) == (0, 0)
    assert (found["open_operations"], found["quarantined"], found["alarms"], found["holes"]) == (0, 0, [], [])
    told = [fact.kind for fact in kiosk.facts()]
    for kind in (FactKind.VISIT, FactKind.PRESENCE, FactKind.DEBIT_INTENT, FactKind.LOAD_OUTCOME):
        assert told.count(kind) == 1, kind
        assert found["facts_by_kind"][kind] == 1, kind
    assert isinstance(kiosk.running.journal.verify(), ChainIntact)


def test_a_server_killed_meanwhile_loses_nothing(own_world: World) -> None:
    world = own_world
    kiosk = world.paired("KILL-1")
    guest = world.loaded(kiosk, "00421188")
    world.server.kill()
    kiosk.hurry()
    kiosk.until("the line to be down", lambda: not kiosk.online)
    buy_torn(kiosk, guest)
    world.server.start()
    world.network.close()
    relay_port = world.network.port
    world.network = moved_relay(world.server, relay_port)
    kiosk.until_sent()
    assert world.shadow("00421188") == (3200, 40)
    assert world.server.report()["ledger_sum_cents"] == 0


def moved_relay(server: LiveServer, port: int) -> NetworkSwitch:
    """The server is back on another port: the relay keeps the address that the kiosk knows."""
    relay = NetworkSwitch(int(server.base.rpartition(":")[2]))
    relay.turn_off()
    relay.port = port
    relay.turn_on()
    return relay


def test_a_kiosk_stopped_and_started_again_offline(own_world: World) -> None:
    """Journal, knowledge, content and what is in doubt survive a restart without any line."""
    world = own_world
    kiosk = world.paired("BOOT-1")
    guest = world.loaded(kiosk, "00421189")
    kiosk.until_sent()
    world.network.turn_off()
    kiosk.home_screen()
    kiosk.to_card(OFFER)
    kiosk.reader.present(PulledAtCommit(guest))
    kiosk.screen(s.PresentCardState, lambda screen: screen.again)
    before = kiosk.facts()
    kiosk.close()

    again = world.kiosk()
    attract = again.screen(s.AttractState, lambda a: a.ready and bool(a.highlights))
    assert attract.highlights
    assert not again.online
    assert [fact.hash for fact in again.facts()][: len(before)] == [fact.hash for fact in before]
    assert again.home_screen().strip
    assert again.kiosk.config is not None
    assert again.kiosk.config.place.startswith("Fournil des Ocres")
    again.reader.present(guest)  # a process that never asked decides what the other one left in doubt
    paid = again.screen(s.PaidState)
    assert (paid.amount_cents, paid.balance_cents, paid.points_awarded) == (1800, 3200, 40)
    again.reader.remove()
    world.network.turn_on()
    again.until_sent()
    assert world.shadow("00421189") == (3200, 40)
    assert world.server.report()["alarms"] == []


def started(home: Path) -> tuple[int, list[str]]:
    """`zerot kiosk` on that home, with no display to go on to: status and what is on stderr."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ZEROT_")}
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "kiosk", "--home", str(home)],
        cwd=TERRITORY.parents[2],
        env={**clean, "DISPLAY": ":4711"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()


def test_a_second_kiosk_and_a_damaged_state_say_why_they_stop_and_a_damaged_journal_is_set_aside(
    own_world: World,
) -> None:
    world = own_world
    kiosk = world.paired("TWICE-1")
    kiosk.until_sent()
    status, lines = started(kiosk.home)
    assert (status, "another kiosk program uses the journal" in lines[-1]) == (2, True), lines
    kiosk.close()
    home = kiosk.home / "kiosk"
    (state,) = home.glob("state.db")
    state.rename(home / "kept.db")
    state.write_bytes(b"no database at all" * 100)
    status, lines = started(kiosk.home)
    assert (status, "state.db" in lines[-1], lines[-1].startswith("Error: ")) == (2, True, True), lines
    state.unlink()
    (home / "kept.db").rename(state)
    (segment,) = (home / "journal").glob("journal-*.db")
    noise = os.urandom(9_000)
    segment.write_bytes(noise)
    kiosk.open()
    assert kiosk.home_screen().strip
    kiosk.leave()
    kiosk.until_sent()
    (aside,) = home.glob("journal-damaged-*")
    assert (aside / segment.name).read_bytes() == noise
    started_again, report = kiosk.facts()[:2]
    assert (started_again.incarnation, started_again.body["reason"]) == (2, "damaged")
    assert report.body["folder"] == aside.name
    found = world.server.report()
    assert (found["facts_by_kind"][FactKind.JOURNAL_SET_ASIDE], found["quarantined"]) == (1, 0)
    assert "journal_set_aside" in json.dumps(found["alarms"])


def test_paired_again_is_a_new_life_and_the_old_key_is_dead(own_world: World) -> None:
    """The same record claimed by a new tablet: the next incarnation; the old key is refused and told nothing."""
    world = own_world
    old = world.paired("SAME-1", "old")
    old.until_sent()
    world.network.turn_off()
    old.home_screen()
    old.leave()
    old.until("the visit to be kept", lambda: any(f.kind == FactKind.VISIT for f in old.facts()))
    world.network.turn_on()
    first = old.running.journal.last_place()[0]
    new = world.kiosk("new")
    new.pair(world.url, world.new_code("SAME-1"), world.approver("SAME-1"))
    new.until_sent()
    assert new.running.journal.last_place()[0] == first + 1
    assert new.facts()[0].kind == FactKind.INCARNATION
    old.hurry()
    old.until("the old key to be refused", lambda: not old.online)
    before = old.running.state.document("config")
    world.server.run("block-card", "00429999")
    new.hurry()
    new.until(
        "the new block list", lambda: new.kiosk.config is not None and "00429999" in new.kiosk.config.blocked_cards
    )
    assert old.running.state.document("config") == before
    assert old.kiosk.config is not None
    assert "00429999" not in old.kiosk.config.blocked_cards


@pytest.mark.parametrize("off_ms", [10 * YEAR_MS, -10 * YEAR_MS], ids=["ahead", "behind"])
def test_a_wrong_clock_delivers_its_facts_all_the_same(own_world: World, off_ms: int) -> None:
    world = own_world
    kiosk = world.kiosk(off_ms=off_ms)
    kiosk.pair(world.url, world.code("CLOCK-1"), world.approver("CLOCK-1"))
    kiosk.home_screen()
    kiosk.leave()
    kiosk.until("the visit to be kept", lambda: any(f.kind == FactKind.VISIT for f in kiosk.facts()))
    kiosk.until_sent()
    found = world.server.report()
    assert found["facts_by_kind"][FactKind.VISIT] == 1
    assert (found["quarantined"], found["holes"]) == (0, [])


class Liar(BaseHTTPRequestHandler):
    """Answers 200 with nonsense, another one each time; `told` counts."""

    protocol_version = "HTTP/1.1"
    told = 0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = NONSENSE[Liar.told % len(NONSENSE)]
        Liar.told += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def lying_server() -> Iterator[int]:
    liar = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = Thread(target=liar.serve_forever, daemon=True)
    thread.start()
    try:
        yield liar.server_address[1]
    finally:
        liar.shutdown()
        liar.server_close()
        thread.join()


def test_nonsense_on_the_line_costs_nothing(own_world: World) -> None:
    """A captive portal or a broken proxy answers instead: the kiosk sells on, and nothing counts as sent."""
    world = own_world
    kiosk = world.paired("LIE-1")
    guest = world.loaded(kiosk, "00421190")
    kiosk.until_sent()
    port = world.network.port
    world.network.close()
    with lying_server() as liar_port:
        relay = NetworkSwitch(liar_port)
        relay.turn_off()
        relay.port = port
        relay.turn_on()
        try:
            start = Liar.told
            kiosk.hurry()
            kiosk.until("the line to count as down", lambda: not kiosk.online)
            paid = buy_torn(kiosk, guest)
            kiosk.touch(ev.Confirm())
            kiosk.leave()
            for more in range(2, 2 + len(NONSENSE)):
                kiosk.hurry()
                kiosk.until("another lie", lambda wanted=more: Liar.told - start >= wanted)  # type: ignore[misc]
            assert kiosk.home_screen().strip
            kiosk.leave()
        finally:
            relay.close()
    assert paid.balance_cents == 3200
    acknowledged = kiosk.running.state.acknowledged()
    assert acknowledged is not None
    assert acknowledged.sequence < kiosk.running.journal.last_place()[1]
    world.network = moved_relay(world.server, port)
    kiosk.until_sent()
    assert world.shadow("00421190") == (3200, 40)
    assert world.server.report()["quarantined"] == 0


def test_a_key_is_rolled_by_itself_and_the_old_one_is_dead(own_world: World) -> None:
    world = own_world
    kiosk = world.paired("ROLL-1")
    kiosk.until_sent()
    folder = kiosk.home / "kiosk" / "identity"
    before = (folder / "device-identity.json").read_bytes()
    old = kiosk.running.identity.public_der
    asked = world.server.run("roll-key", "ROLL-1")
    assert json.loads(asked.stdout)["roll_requested"] is True
    kiosk.hurry()
    kiosk.until("another key", lambda: kiosk.running.identity.public_der != old)
    kiosk.home_screen()
    kiosk.leave()
    kiosk.until("the visit to be kept", lambda: any(f.kind == FactKind.VISIT for f in kiosk.facts()))
    kiosk.until_sent()
    kiosk.close()
    after = (folder / "device-identity.json").read_bytes()
    assert [path.name for path in folder.iterdir()] == ["device-identity.json"]
    # A cut just after the server took the new key: the old file is back, the new one beside it.
    (folder / "device-identity-next.json").write_bytes(after)
    (folder / "device-identity.json").write_bytes(before)
    for path in folder.iterdir():
        path.chmod(0o600)
    kiosk.open()
    kiosk.until("the key that the server knows", lambda: kiosk.running.identity.public_der != old)
    kiosk.until_sent()
    # The old key alone is refused and told nothing.
    kiosk.close()
    (folder / "device-identity.json").write_bytes(before)
    kiosk.open()
    kiosk.hurry()
    kiosk.until("the old key to be refused", lambda: kiosk.kiosk.line is not None and not kiosk.online)
    assert world.server.report()["quarantined"] == 0


def test_a_restored_image_opens_a_new_life_before_its_first_sale(own_world: World) -> None:
    """The journal of yesterday is put back; the life noted outside it says so, with no line at all."""
    world = own_world
    kiosk = world.paired("LIFE-1")
    kiosk.until_sent()
    kiosk.close()
    journal = kiosk.home / "kiosk" / "journal"
    shutil.copytree(journal, world.folder / "image")
    kiosk.open()
    kiosk.home_screen()
    kiosk.leave()
    kiosk.until("the visit to be kept", lambda: any(f.kind == FactKind.VISIT for f in kiosk.facts()))
    kiosk.until_sent()
    kiosk.close()
    shutil.rmtree(journal)
    shutil.copytree(world.folder / "image", journal)
    world.network.turn_off()
    kiosk.open()
    first = kiosk.facts()[-1]
    assert (first.kind, first.incarnation, first.body["reason"]) == (FactKind.INCARNATION, 2, "restored")
    kiosk.home_screen()
    kiosk.leave()
    world.network.turn_on()
    kiosk.until_sent()
    found = world.server.report()
    assert (found["quarantined"], found["holes"]) == (0, [])
    assert kiosk.running.journal.last_place()[0] == 2


def test_revoked_is_wiped_at_once_and_can_be_paired_anew(own_world: World) -> None:
    world = own_world
    kiosk = world.paired("GONE-1")
    kiosk.until_sent()
    world.network.turn_off()
    world.loaded(kiosk, "00421333")  # sold while nobody could say that the kiosk was stolen
    world.server.run("revoke", "GONE-1")
    world.network.turn_on()
    kiosk.hurry()
    kiosk.screen(s.PairingState, lambda p: p.step is s.PairStep.TYPING)
    home = kiosk.home / "kiosk"
    kiosk.until("the wipe and the last debt", lambda: not [p for p in home.iterdir() if p.name != "content"])
    found = world.server.report()
    assert found["quarantined"] >= 2  # intent and outcome of the load: kept, and a person decides
    kiosk.close()
    kiosk.open()
    kiosk.pair(world.url, world.code("BACK-1"), world.approver("BACK-1"))
    kiosk.until_sent()
    assert kiosk.facts()[0].kind == FactKind.INCARNATION
