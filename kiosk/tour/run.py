"""Runs one tour: server child, relay, simulated hardware, the real window, the story on its own thread."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from domain.days import local_time, to_unix_ms
from hardware.card.system import SystemChance
from kiosk import resources
from kiosk.bootstrap import build_app, build_services
from kiosk.config import Settings, make_home, prepare_kivy
from kiosk.demo.hardware import DemoHardware
from kiosk.demo.network import NetworkSwitch
from kiosk.demo.server_child import ServerChild, ServerTrouble
from kiosk.demo.territory import DemoTerritory, create_device, prepare_territory
from kiosk.i18n import read_translations
from kiosk.store.catalogue import open_catalogue
from kiosk.store.catalogue_queries import Query
from kiosk.tour.names import typeable
from kiosk.tour.report import Steps, TourReport
from kiosk.workers.clock import DeviceClock

AFTERNOON = (14, 12)
FOUND_BY_TYPING = 2  # of the imported offers, this many are looked for through the keyboard


def afternoon(now_ms: int) -> int:
    """Milliseconds until the next 14:12 here: an afternoon, whenever the tour runs, so that slots are ahead."""
    local: datetime = local_time(now_ms)
    wanted = local.replace(hour=AFTERNOON[0], minute=AFTERNOON[1], second=0, microsecond=0)
    if wanted < local:
        wanted += timedelta(days=1)
    return to_unix_ms(wanted) - now_ms


def import_content(server: ServerChild, path: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Import a feed into drafts and publish them all; the import's summary. Raises ServerTrouble."""
    say(f"Importing {path.name}")
    summary: dict[str, Any] = json.loads(server.command("catalogue", "import", "datatourisme", str(path)))
    say(f"  {summary['read']} read, {summary['kept']} kept, {summary['merged']} merged, {summary['rejected']} rejected")
    server.command("server", "drafts", "publish", "--all")
    return summary


def imported_names(server: ServerChild, path: Path, random: Random, folder: Path) -> tuple[str, ...]:
    """A few names of the imported offers that a person could type, chosen by the seed."""
    target = folder / "imported.db"
    server.command("catalogue", "import", "datatourisme", str(path), "--into", str(target))
    catalogue = open_catalogue(target)
    now = local_time(DeviceClock().now_ms())
    page = catalogue.results(Query("", now, per_page=60))
    catalogue.close()
    names = [offer.text("fr").name for offer in page.offers if len(typeable(offer.text("fr").name)) >= 12]
    return tuple(random.sample(names, min(FOUND_BY_TYPING, len(names))))


class Tour:
    """One run. `run` returns the report, written to `out/report.json` as well."""

    def __init__(
        self, out: Path, size: tuple[int, int], seed: int, content: Path | None, say: Callable[[str], None]
    ) -> None:
        self._out = out
        self._size = size
        self._content = content
        self._say = say
        self._random = Random(seed)
        self.report = TourReport(seed=seed, size=f"{size[0]}x{size[1]}")

    def run(self) -> TourReport:
        """Blocks until the tour is over. Needs a display. Raises ServerTrouble, PrivateBusError before the story."""
        self._out.mkdir(parents=True, exist_ok=True)
        clock, chance = DeviceClock(), SystemChance()
        clock.move(afternoon(clock.now_ms()))
        with ExitStack() as stack:
            # Holds the territory's keys: it goes when the tour is over, however that ends.
            work = Path(stack.enter_context(TemporaryDirectory(prefix="zerot-tour-")))
            server = ServerChild(work / "server-home", self._out / "server.log", os.environ.get("DATABASE_URL", ""))
            stack.callback(server.stop)
            self._say("Preparing the central server")
            territory = prepare_territory(server, work, clock)
            offers_expected, names = len(territory.document["offers"]), tuple[str, ...]()
            if self._content is not None:
                summary = import_content(server, self._content, self._say)
                offers_expected += summary["kept"]
                names = imported_names(server, self._content, self._random, work)
            server.start()
            network = NetworkSwitch(server.port)
            stack.callback(network.close)
            code = create_device(server, territory.site_number, f"http://127.0.0.1:{network.port}")
            hardware = DemoHardware(clock, chance, self.report.seed)
            hardware.open()
            stack.callback(hardware.close)
            hardware.issue_cards(territory.keys)
            self._play(work, clock, chance, server, network, territory, hardware, code, names, offers_expected)
        self.report.write(self._out)
        return self.report

    def _play(
        self,
        work: Path,
        clock: DeviceClock,
        chance: SystemChance,
        server: ServerChild,
        network: NetworkSwitch,
        territory: DemoTerritory,
        hardware: DemoHardware,
        code: str,
        names: tuple[str, ...],
        offers_expected: int,
    ) -> None:
        settings = Settings(work / "kiosk-home", self._size, 97, None)
        make_home(settings)
        prepare_kivy(settings)
        services = build_services(settings, hardware.devices(territory.keys), clock, chance)
        app = build_app(settings, services)
        from kiosk.tour.driver import Driver
        from kiosk.tour.story import Stage

        driver = Driver(app)
        translations = read_translations(resources.asset("translations"))
        stage = Stage(
            driver=driver,
            steps=Steps(self.report, self._out, driver.picture, self._say),
            report=self.report,
            services=services,
            hardware=hardware,
            server=server,
            network=network,
            territory=territory,
            clock=clock,
            say=translations.for_language,
            random=self._random,
            imported=names,
            offers_expected=offers_expected,
        )
        self._say("Tour")
        teller = threading.Thread(target=self._tell, args=(stage, code, app.stop), name="tour", daemon=True)
        app.bind(on_start=lambda *_: teller.start())
        try:
            app.run()
        finally:
            services.stop()
        teller.join(timeout=30)

    def _tell(self, stage: Any, code: str, stop: Callable[[], None]) -> None:
        from kivy.clock import Clock as KivyClock

        from kiosk.tour.driver import TourFailed
        from kiosk.tour.story import play

        try:
            play(stage, code)
        except (TourFailed, ServerTrouble, TimeoutError) as error:
            self.report.error = str(error)
            self._last_picture(stage)
        except BaseException as error:
            self.report.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            KivyClock.schedule_once(lambda _elapsed: stop(), 0)

    def _last_picture(self, stage: Any) -> None:
        """What was on the screen when it went wrong."""
        from kiosk.tour.driver import save_window

        stage.driver.on_ui(lambda: save_window(self._out / "failed.png"))
