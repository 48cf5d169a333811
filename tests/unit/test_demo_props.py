"""The demo's props without a window: what lies on the reader, what trouble is said, how a kiosk is installed."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from hardware.card.simulated.card import SimulatedCard
from hardware.card.system import SystemChance
from kiosk.conversation import EventQueue
from kiosk.demo.hardware import DemoHardware, PulledAtCommit
from kiosk.demo.network import NetworkSwitch
from kiosk.demo.props import BANK, PULLED, Installer, Office, Props, Walker
from kiosk.demo.run import Ending, interrupts_held, open_relay
from kiosk.demo.server_child import ServerChild, ServerTrouble
from kiosk.demo.territory import DEVICE, DemoTerritory
from kiosk.flow import events as ev
from kiosk.flow.messages import M, message
from kiosk.flow.states import AttractState, PairingState, PairStep, ScreenState
from kiosk.flow.step import start
from kiosk.flow.technician.pairing import pairing
from kiosk.services import Services
from kiosk.workers.clock import DeviceClock

WORDS = ("asperge", "feuille", "bouton", "cuivre", "lanterne", "forêt", "chapeau", "navire")


@dataclass
class FakeSync:
    hurried: int = 0

    def hurry(self) -> None:
        self.hurried += 1


@dataclass
class FakeRunning:
    sync: FakeSync = field(default_factory=FakeSync)


@dataclass
class FakeServices:
    queue: EventQueue = field(default_factory=EventQueue)
    paired: bool = False
    running: FakeRunning | None = field(default_factory=FakeRunning)


@dataclass
class FakeServer:
    """Answers `approve` and `new-code`, or refuses everything with `refusal`."""

    refusal: str = ""
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def command(self, *words: str) -> str:
        self.asked.append(words)
        if self.refusal:
            raise ServerTrouble(self.refusal)
        return json.dumps({"code": "NEWC-0DE0-0000"})


@dataclass
class Table:
    props: Props
    hardware: DemoHardware
    network: NetworkSwitch
    clock: DeviceClock
    services: FakeServices

    def settle(self) -> None:
        """Until the hands have done what they were asked."""
        busy = self.props._busy
        if busy is not None:
            busy.result(10)


@pytest.fixture
def table() -> Iterator[Table]:
    clock, chance, services = DeviceClock(), SystemChance(), FakeServices()
    hardware = DemoHardware(clock, chance, 1)
    hardware.cards = {key: SimulatedCard.blank(chance) for key in ("visitor", "hotelier")}
    network = NetworkSwitch(1)
    territory = DemoTerritory({"beacons": []}, 1, "", Path("none"))
    props = Props(
        hardware, network, clock, territory, cast(Services, services), Office("http://127.0.0.1:1/bureau/", "a", "b")
    )
    yield Table(props, hardware, network, clock, services)
    props.close()
    network.close()
    assert hardware.reader.card is None


def test_what_lies_on_the_reader_is_known(table: Table) -> None:
    props = table.props
    assert props.lying == ""
    for key in ("visitor", "hotelier", BANK, PULLED, "visitor"):
        props.put_on(key)
        assert props.lying == key  # while the hands are still moving
        table.settle()
        assert props.lying == key
    props.take_off()
    table.settle()
    assert props.lying == ""


def test_a_card_that_left_by_itself_is_not_there(table: Table) -> None:
    table.props.put_on(PULLED)
    table.settle()
    table.hardware.reader.remove()
    assert table.props.lying == ""


def test_somebody_in_a_hurry_pulls_the_card_each_time(table: Table) -> None:
    hands = []
    for _ in range(2):
        table.props.put_on(PULLED)
        table.settle()
        hands.append(table.hardware.reader.card)
    assert all(isinstance(hand, PulledAtCommit) for hand in hands)
    assert hands[0] is not hands[1]


def test_the_plug_and_the_clock_make_the_kiosk_look_at_its_line(table: Table) -> None:
    running = table.services.running
    assert running is not None
    table.props.switch_network(False)
    assert table.props.network_on is False
    table.settle()
    assert table.network.on is False
    table.props.switch_network(True)
    table.settle()
    assert table.network.on is True
    before = table.clock.now_ms()
    table.props.move_clock(3_600_000)
    table.settle()
    assert table.clock.now_ms() - before >= 3_600_000
    assert running.sync.hurried == 3


def test_trouble_is_said_until_something_works(table: Table) -> None:
    table.props.come(Walker.STRANGER)  # the radio was never opened
    table.settle()
    assert table.props.trouble == "the simulated radio is not open"
    table.props.put_on("visitor")
    table.settle()
    assert table.props.trouble == ""


class Kiosk:
    """The pairing screen and its flow, fed from the queue as the window does."""

    def __init__(self, services: FakeServices, answers: list[ev.Event]) -> None:
        self.services, self.answers = services, answers
        self.kiosk, _ = start(paired=False, language="fr", now_ms=0, mono=0)
        self.claimed: list[tuple[str, str]] = []

    def screen(self) -> ScreenState:
        """Called on the installer's thread: what was typed meanwhile is taken first."""
        while (event := self.services.queue.take()) is not None:
            self.take(event)
            screen = self.kiosk.screen
            if isinstance(screen, PairingState) and screen.step is PairStep.CLAIMING:
                self.claimed.append((screen.url, screen.code))
                for answer in self.answers:
                    self.take(answer)
        return self.kiosk.screen

    def take(self, event: ev.Event) -> None:
        assert isinstance(self.kiosk.screen, PairingState)
        done = pairing(self.kiosk, self.kiosk.screen, event)
        assert done is not None, event
        self.kiosk = done[0]


def install(installer: Installer) -> None:
    installer.start()
    thread = installer._thread
    assert thread is not None
    thread.join(20)
    assert not installer.running


def installer_of(server: FakeServer, kiosk: Kiosk, code: str = "FT09PPM7MRT4") -> Installer:
    return Installer(cast(ServerChild, server), "http://h:1", code, cast(Services, kiosk.services), kiosk.screen)


def test_a_failed_pairing_is_tried_again_with_a_fresh_code() -> None:
    server, services = FakeServer(), FakeServices()
    kiosk = Kiosk(services, [ev.PairFailed(message(M.PAIR_CODE_WRONG))])
    installer = installer_of(server, kiosk)
    install(installer)
    assert kiosk.claimed == [("http://h:1", "FT09PPM7MRT4")]
    assert server.asked == []
    install(installer)
    assert kiosk.claimed[1:] == [("http://h:1", "NEWC0DE00000")]
    assert server.asked == [("server", "new-code", DEVICE, "--url", "http://h:1")]


def test_the_words_on_the_screen_are_approved() -> None:
    services = FakeServices()
    kiosk = Kiosk(services, [ev.PairClaimed(WORDS)])
    approved = threading.Event()

    class Approving(FakeServer):
        def command(self, *words: str) -> str:
            kiosk.take(ev.PairApproved())
            approved.set()
            return super().command(*words)

    server = Approving()
    install(installer_of(server, kiosk))
    assert approved.is_set()
    assert server.asked == [("server", "approve", DEVICE, "--words", " ".join(WORDS))]


def test_a_server_that_refuses_is_said() -> None:
    services = FakeServices()
    kiosk = Kiosk(services, [ev.PairClaimed(WORDS)])
    installer = installer_of(FakeServer("zerot server approve: no such device"), kiosk)
    install(installer)
    assert installer.trouble == "zerot server approve: no such device"


def test_a_paired_kiosk_is_left_alone() -> None:
    services = FakeServices(paired=True)
    installer = Installer(
        cast(ServerChild, FakeServer()), "http://h:1", "", cast(Services, services), lambda: AttractState((), "")
    )
    installer.start()
    assert not installer.running
    installer.close()
    assert not services.queue.waiting()


def test_the_relay_comes_back_at_the_address_that_was_paired() -> None:
    from kiosk.demo.home import DemoMemory

    first = open_relay(1, None)
    port = first.port
    first.close()
    again = open_relay(1, DemoMemory(port, 0))
    assert (again.port, again.on) == (port, True)
    again.close()


def test_signals_end_the_preparation_and_then_the_window() -> None:
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job
    try:
        ending = Ending()
        _end_by_signals(ending)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, inherited)


def _end_by_signals(ending: Ending) -> None:
    with ending.watched():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert ending.asked is False
        with ending.with_window():
            signal.raise_signal(signal.SIGINT)
            assert ending.asked is True
        signal.raise_signal(signal.SIGINT)  # a second Ctrl-C does not disturb the ending


def test_interrupts_are_held_while_children_start() -> None:
    def blocked() -> Any:
        return signal.pthread_sigmask(signal.SIG_BLOCK, ())

    assert signal.SIGINT not in blocked()
    with interrupts_held():
        assert signal.SIGINT in blocked()
    assert signal.SIGINT not in blocked()
