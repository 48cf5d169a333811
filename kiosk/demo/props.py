"""What the demo's tray does to the world around the kiosk: cards, network, clock, beacons, installation. No Kivy.

Every method is called on the UI thread and returns at once; hands, radio and relay work on a thread of their own, the
server's commands on another. What fails there is kept in `trouble` for the tray to say.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

import structlog

from hardware.card.port import ForeignCard
from hardware.card.simulated.foreign import SimulatedForeignCard
from kiosk.demo.hardware import DemoHardware, PulledAtCommit
from kiosk.demo.network import NetworkSwitch
from kiosk.demo.server_child import ServerChild
from kiosk.demo.territory import DEVICE, DemoTerritory
from kiosk.flow import events as ev
from kiosk.flow.states import PairingState, PairStep, ScreenState
from kiosk.services import Services
from kiosk.workers.clock import DeviceClock

TRAY_SIZE = (320, 800)  # px beside the kiosk; the least height holds everything, one thing under the other
PULLED = "pulled"  # the visitor's card in the hand of somebody in a hurry
BANK = "bank"
LOOK_SECONDS = 0.1
KEY_SECONDS = 0.03  # between two typed letters, so that an eye can follow
INSTALL_SECONDS = 120.0


class Walker(Enum):
    """Whose beacon walks past."""

    OWN = "own"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Office:
    """Where the back office is, and who may enter."""

    address: str
    user: str
    password: str


class Props:
    """Built when everything runs; `close` before the kiosk stops."""

    def __init__(
        self,
        hardware: DemoHardware,
        network: NetworkSwitch,
        clock: DeviceClock,
        territory: DemoTerritory,
        services: Services,
        office: Office,
    ) -> None:
        self._hardware, self._network, self._clock = hardware, network, clock
        self._territory, self._services = territory, services
        self.office = office
        self._hands = ThreadPoolExecutor(1, "demo-hands")
        self._busy: Future[None] | None = None
        self._wanted = ""
        self._network_wanted = network.on
        self._pulled: PulledAtCommit | None = None
        self._bank = SimulatedForeignCard(ForeignCard.BANK_CARD)
        self._places: dict[Walker, str] = {}
        self._log = structlog.get_logger(__name__)
        self.trouble = ""

    def close(self) -> None:
        """Finish what the hands do; the reader is empty afterwards."""
        self._hands.submit(self._hardware.reader.remove)
        self._hands.shutdown(wait=True)

    # --- cards -----------------------------------------------------------------------------------------------------

    @property
    def lying(self) -> str:
        """Key of the card on the reader, '' when there is none; the wanted one while hands are still moving."""
        if self._busy is not None and not self._busy.done():
            return self._wanted
        card = self._hardware.reader.card
        if card is None:
            return ""
        if card is self._pulled:
            return PULLED
        if card is self._bank:
            return BANK
        return next((key for key, known in self._hardware.cards.items() if known is card), "")

    def put_on(self, key: str) -> None:
        """Lay a card on the reader; one that lies there is taken away first."""
        self._wanted = key
        self._do(lambda: self._present(key))

    def take_off(self) -> None:
        self._wanted = ""
        self._do(self._hardware.reader.remove)

    def _present(self, key: str) -> None:
        reader, cards = self._hardware.reader, self._hardware.cards
        if key == BANK:
            reader.present(self._bank, self._bank.atr)
        elif key == PULLED:
            # A new hand each time: it pulls once, at the first commit that it sees.
            self._pulled = PulledAtCommit(cards["visitor"])
            reader.present(self._pulled)
        else:
            reader.present(cards[key])

    # --- network and clock -------------------------------------------------------------------------------------------

    @property
    def network_on(self) -> bool:
        return self._network_wanted

    def switch_network(self, on: bool) -> None:
        """Plug in or cut; the kiosk is asked to look at its line now."""
        self._network_wanted = on

        def switch() -> None:
            try:
                (self._network.turn_on if on else self._network.turn_off)()
            finally:
                self._network_wanted = self._network.on
            self._hurry()

        self._do(switch)

    def move_clock(self, milliseconds: int) -> None:
        """Let time pass, and let the kiosk synchronise in its new hour."""
        self._clock.move(milliseconds)
        self._do(self._hurry)

    def _hurry(self) -> None:
        if self._services.running is not None:
            self._services.running.sync.hurry()

    # --- beacons -----------------------------------------------------------------------------------------------------

    def come(self, who: Walker) -> None:
        """A beacon comes near and sends until it leaves."""
        self._do(lambda: self._come(who))

    def leave(self, who: Walker) -> None:
        self._do(lambda: self._leave(who))

    def _come(self, who: Walker) -> None:
        if who is Walker.OWN:
            self._places[who] = self._hardware.walk_past(self._territory.beacon)
        else:
            self._places[who] = self._hardware.stranger_passes()

    def _leave(self, who: Walker) -> None:
        address = self._places.pop(who, "")
        if address:
            self._hardware.take_away(address)

    # --- how it is done ----------------------------------------------------------------------------------------------

    def _do(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
                self.trouble = ""
            except Exception as error:  # noqa: BLE001 said on the tray and logged: a demo goes on
                self._log.exception("the tray could not do it")
                self.trouble = str(error) or type(error).__name__

        self._busy = self._hands.submit(run)


class Installer:
    """Pairs the kiosk as a technician would: types address and code, has the words approved at the server."""

    def __init__(
        self,
        server: ServerChild,
        address: str,
        code: str,
        services: Services,
        screen: Callable[[], ScreenState],
    ) -> None:
        """`screen()` may be called from any thread: states are immutable."""
        self._server, self._services, self._screen = server, services, screen
        self.address, self.code = address, code
        self._code_used = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger(__name__)
        self.trouble = ""

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Once at a time; returns at once."""
        if not self.running and not self._services.paired:
            self._thread = threading.Thread(target=self._run, name="demo-installer", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self.trouble = ""
            self._install()
        except Exception as error:  # noqa: BLE001 said on the tray and logged: it can be tried again
            self._log.exception("the kiosk could not be installed")
            self.trouble = str(error) or type(error).__name__

    def _install(self) -> None:
        screen = self._screen()
        if isinstance(screen, PairingState) and screen.step is PairStep.TYPING:
            if self._code_used:
                self.code = fresh_code(self._server, self.address)
            self._code_used = True
            self._type("url", self.address)
            self._type("code", self.code)
            self._services.queue.post(ev.Confirm())
        words: tuple[str, ...] = ()
        left = INSTALL_SECONDS
        while left > 0 and not self._stopping.wait(LOOK_SECONDS):
            left -= LOOK_SECONDS
            screen = self._screen()
            if not isinstance(screen, PairingState) or screen.step is PairStep.RECEIVING:
                return
            if screen.step is PairStep.TYPING and screen.notice is not None:
                return  # the kiosk itself says why
            if screen.step is PairStep.COMPARING and screen.words != words:
                words = screen.words
                self._server.command("server", "approve", DEVICE, "--words", " ".join(words))

    def _type(self, field: str, text: str) -> None:
        post = self._services.queue.post
        post(ev.ChooseField(field))
        post(ev.EraseText(everything=True))
        for letter in text:
            if self._stopping.wait(KEY_SECONDS):
                return
            post(ev.TypeText(letter))


def fresh_code(server: ServerChild, address: str) -> str:
    """A new pairing code for the demo's device; the old one is worth nothing any more. Raises ServerTrouble."""
    return str(json.loads(server.command("server", "new-code", DEVICE, "--url", address))["code"]).replace("-", "")
