"""Runs one demo: server child, relay, simulated hardware, the kiosk at its full size with the tray beside it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from domain.days import local_time, to_unix_ms
from hardware.card.system import SystemChance
from kiosk import resources
from kiosk.bootstrap import build_app, build_services
from kiosk.config import Settings, SettingsRefused, make_home, prepare_kivy
from kiosk.demo.hardware import DemoHardware
from kiosk.demo.home import DemoHomeDamaged, DemoMemory, known_territory, read_memory, read_or_issue_cards, write_memory
from kiosk.demo.network import NetworkSwitch
from kiosk.demo.props import TRAY_SIZE, Installer, Office, Props, fresh_code
from kiosk.demo.server_child import ServerChild
from kiosk.demo.territory import STAFF_PASSWORD, STAFF_USER, DemoTerritory, create_device, prepare_territory
from kiosk.i18n import read_translations
from kiosk.services import Services
from kiosk.workers.clock import DeviceClock

if TYPE_CHECKING:
    from kivy.uix.widget import Widget

    from kiosk.app import KioskApp

PPI = 97  # 15.6 inches, 1280×800: what the screens are drawn for
RADIO_SEED = 1
# Outside these hours the demo starts at the next afternoon: an evening has no canoe trip left to sell.
OPEN_HOURS = range(8, 16)
AFTERNOON = (14, 12)
LOOK_FOR_END_SECONDS = 0.2


def until_daytime(now_ms: int) -> int:
    """Milliseconds to let pass so that it is daytime here; 0 when it is."""
    local = local_time(now_ms)
    if local.hour in OPEN_HOURS:
        return 0
    wanted = local.replace(hour=AFTERNOON[0], minute=AFTERNOON[1], second=0, microsecond=0)
    if wanted < local:
        wanted += timedelta(days=1)
    return to_unix_ms(wanted) - now_ms


class Ending:
    """Ctrl-C and SIGTERM: while the demo is prepared they end it at once, afterwards they close the window."""

    def __init__(self) -> None:
        self.asked = False
        self._window = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take both signals inside the block. Main thread."""
        before = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def with_window(self) -> Iterator[None]:
        """From here on the window looks at `asked`."""
        self._window = True
        try:
            yield
        finally:
            self._window = False
            self.asked = True

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if not self._window and not self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Child processes started inside never see the terminal's Ctrl-C: we stop them ourselves, in order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`size` is the kiosk's own, in pixels. `home` None = a folder that is forgotten at the end."""

    size: tuple[int, int] = (1280, 800)
    home: Path | None = None
    language: str = "fr"
    by_hand: bool = False


class Demo:
    """One run. `started`, when given, is called on the UI thread once window and tray are there (tests)."""

    def __init__(
        self,
        options: DemoOptions,
        say: Callable[[str], None],
        started: Callable[[KioskApp, Props], None] | None = None,
    ) -> None:
        self._options, self._say, self._started = options, say, started

    def run(self) -> None:
        """Blocks until the window is closed. Needs a display.

        Raises DemoHomeDamaged, CardFileError, ServerTrouble, PrivateBusError, OSError, KeyboardInterrupt before the
        window is there.
        """
        ending = Ending()
        with ExitStack() as stack:
            stack.enter_context(ending.watched())
            home = self._options.home
            if home is None:
                temporary = TemporaryDirectory(prefix="zerot-demo-", ignore_cleanup_errors=True)
                home = Path(stack.enter_context(temporary))
            settings = Settings(home, self._options.size, PPI, None)
            try:
                make_home(settings)
            except SettingsRefused as error:
                raise DemoHomeDamaged(f"{home} cannot be written: choose another --home.") from error
            memory = read_memory(home)
            clock, chance = DeviceClock(), SystemChance()
            clock.move(memory.ahead_ms if memory else until_daytime(clock.now_ms()))
            self._prepared(stack, ending, settings, memory, clock, chance)

    def _prepared(
        self,
        stack: ExitStack,
        ending: Ending,
        settings: Settings,
        memory: DemoMemory | None,
        clock: DeviceClock,
        chance: SystemChance,
    ) -> None:
        home = settings.home
        server = ServerChild(home / "server-home", home / "server.log")
        stack.callback(server.stop)
        if memory is None:
            self._say("Preparing the central server (half a minute, the first time)")
            territory = prepare_territory(server, home, clock)
        else:
            territory = known_territory(home)
        with interrupts_held():
            server.start()
        network = open_relay(server.port, memory)
        stack.callback(network.close)
        address = f"http://127.0.0.1:{network.port}"
        code = create_device(server, territory.site_number, address) if memory is None else ""
        write_memory(home, DemoMemory(network.port, ahead_ms(clock)))
        stack.callback(lambda: write_memory(home, DemoMemory(network.port, ahead_ms(clock))))
        hardware = DemoHardware(clock, chance, RADIO_SEED)
        stack.callback(hardware.close)
        with interrupts_held():
            hardware.open()
        hardware.cards.update(read_or_issue_cards(home, territory.keys, clock, chance))
        prepare_kivy(settings)
        os.environ.setdefault("KCFG_KIVY_LOG_LEVEL", "warning")  # its configuration would say everything otherwise
        services = build_services(settings, hardware.devices(territory.keys), clock, chance)
        if not services.paired and not code:
            code = fresh_code(server, address)
        office = Office(f"http://127.0.0.1:{server.port}/bureau/", STAFF_USER, STAFF_PASSWORD)
        self._say(f"Back office: {office.address}  user {office.user}  password {office.password}")
        self._play(ending, settings, services, hardware, network, territory, office, server, address, code)

    def _play(
        self,
        ending: Ending,
        settings: Settings,
        services: Services,
        hardware: DemoHardware,
        network: NetworkSwitch,
        territory: DemoTerritory,
        office: Office,
        server: ServerChild,
        address: str,
        code: str,
    ) -> None:
        language, size = self._options.language, self._options.size
        props = Props(hardware, network, services.clock, territory, services, office)
        installer = Installer(server, address, code, services, lambda: app.conversation.kiosk.screen)
        say = read_translations(resources.asset("translations")).for_language(language)

        def decorate(view: Widget) -> Widget:
            from kiosk.demo.tray import DemoTable

            return DemoTable(view, size, props, installer, say, lambda: app.conversation.kiosk)

        wide = replace(settings, window=(size[0] + TRAY_SIZE[0], max(size[1], TRAY_SIZE[1])))
        app = build_app(wide, services, language=language, decorate=decorate)
        app.bind(on_start=lambda *_: self._begin(app, ending, props, installer))
        try:
            with ending.with_window():
                app.run()
        finally:
            installer.close()
            props.close()
            services.stop()

    def _begin(self, app: KioskApp, ending: Ending, props: Props, installer: Installer) -> None:
        from kivy.clock import Clock as KivyClock

        KivyClock.schedule_interval(lambda _elapsed: app.stop() if ending.asked else None, LOOK_FOR_END_SECONDS)
        self._say("The window is open. Ctrl-C, or closing it, ends everything.")
        if not self._options.by_hand:
            installer.start()
        if self._started is not None:
            self._started(app, props)


def open_relay(server_port: int, memory: DemoMemory | None) -> NetworkSwitch:
    """The kiosk's way to the server, at the address that it was paired with. Raises OSError when that is taken."""
    network = NetworkSwitch(server_port)
    if memory is not None and memory.relay_port != network.port:
        network.close()
        network.port = memory.relay_port
        network.turn_on()
    return network


def ahead_ms(clock: DeviceClock) -> int:
    """How far the demo's clock was moved."""
    return max(0, clock.now_ms() - DeviceClock().now_ms())
