"""`zerot kiosk`: the application on this machine's screen, reader and radio, until it is told to stop.

Whatever keeps it from starting is one sentence on stderr and exit status 2, so that a technician reads what to do
instead of a traceback.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog

from kiosk.config import Settings, SettingsRefused, make_home, parse_size, prepare_kivy, read_settings
from kiosk.display import begin_at, x11_size

if TYPE_CHECKING:
    from kiosk.app import KioskApp
    from kiosk.services import Services

WINDOWED_SIZE = (1280, 800)
STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})
SIGNAL_SLICE_SECONDS = 0.5  # how late the watcher notices that the kiosk ended by itself


class Failure(click.ClickException):
    """One sentence on stderr, exit status 2."""

    exit_code = 2


@click.command("kiosk")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the kiosk's state; $ZEROT_HOME by default.")
@click.option("--size", metavar="WxH", help="A window of this size, such as 1280x800, instead of the full screen.")
@click.option("--windowed", is_flag=True, help="A window of 1280x800, or of --size, instead of the full screen.")
@click.option("--self-check", is_flag=True, help="Show the first screen, read one card, print one JSON line and end.")
@click.option("--keys", type=click.Path(path_type=Path), help="With --self-check: key file (0600) that reads the card.")
@click.option(
    "--simulated-card", type=click.Path(path_type=Path), help="With --self-check: read the card of this file instead."
)
def kiosk(
    home: Path | None,
    size: str | None,
    windowed: bool,
    self_check: bool,
    keys: Path | None,
    simulated_card: Path | None,
) -> None:
    """Start the kiosk on this screen. Ctrl-C or SIGTERM ends it cleanly."""
    if self_check and keys is None:
        raise click.UsageError("--self-check needs --keys with the key file that reads the card.")
    if not self_check and (keys is not None or simulated_card is not None):
        raise click.UsageError("--keys and --simulated-card belong to --self-check.")
    try:
        window = parse_size(size) if size is not None else WINDOWED_SIZE if windowed else None
    except SettingsRefused as error:
        raise click.BadParameter(str(error), param_hint="--size") from error
    try:
        settings, unknown = read_settings(os.environ, window=window, home=home)
        for name in unknown:
            click.echo(f"The variable {name} is not known to this kiosk and changes nothing.", err=True)
        require_display()
        make_home(settings)
    except SettingsRefused as error:
        raise Failure(str(error)) from error
    with blocked_signals():
        sys.exit(run_kiosk(settings) if keys is None else run_self_check(settings, keys, simulated_card))


def require_display() -> None:
    """Name the driver, so that SDL does not draw into nothing when the display cannot be opened. Raises Failure."""
    os.environ["KIVY_WINDOW"] = "sdl2"  # Kivy's own X11 provider ends the process when there is no X server
    if os.environ.get("SDL_VIDEODRIVER"):
        return  # the session chose, for example kmsdrm without an X server
    if os.environ.get("DISPLAY"):
        os.environ["SDL_VIDEODRIVER"] = "x11"
    elif os.environ.get("WAYLAND_DISPLAY"):
        os.environ["SDL_VIDEODRIVER"] = "wayland"
    else:
        raise Failure("There is no display: DISPLAY and WAYLAND_DISPLAY are not set. Start it in a graphical session.")


@contextmanager
def blocked_signals() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM for `stop_on_signal`: here and in every thread that starts from now on.

    So neither interrupts a card write or an fsync half-way, and SDL does not install handlers of its own.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def stop_on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """A thread that calls `stop` when a stop signal comes. Inside `blocked_signals`."""
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            if signal.sigtimedwait(STOP_SIGNALS, SIGNAL_SLICE_SECONDS) is not None:
                stop()
                return

    watcher = threading.Thread(target=watch, name="signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def stop_from_any_thread(app: KioskApp) -> Callable[[], None]:
    """A call that ends the application between two frames."""
    from kivy.clock import Clock as KivyClock

    return lambda: KivyClock.schedule_once(lambda _elapsed: app.stop(), 0)


def open_services(settings: Settings) -> Services:
    """Everything behind the window, with the real devices. Raises Failure."""
    from hardware.card.keys import KeyFileError
    from hardware.card.system import SystemChance
    from kiosk.bootstrap import build_services, real_devices
    from kiosk.store.journal import JournalTrouble
    from kiosk.store.state import StateTrouble
    from kiosk.workers.clock import DeviceClock
    from sync.keys import KeyTrouble
    from sync.pairing import PairingDamaged

    clock, chance = DeviceClock(), SystemChance()
    try:
        return build_services(settings, real_devices(settings, clock, chance), clock, chance)
    except PairingDamaged as error:
        raise Failure(f"{error}. Pair this kiosk again: remove the file, its journal stays.") from error
    except KeyFileError as error:
        raise Failure(sentence(error)) from error
    except (JournalTrouble, StateTrouble, KeyTrouble) as error:
        raise Failure(sentence(error)) from error
    except OSError as error:
        raise Failure(f"{settings.home} cannot be used: {error.strerror or error}.") from error


def sentence(error: Exception, file: Path | None = None) -> str:
    """An error's own words as a sentence that names `file`."""
    words = str(error)
    if file is not None and str(file) not in words:
        words = f"{file}: {words}"
    return words if words.endswith(".") else f"{words}."


def open_window(build: Callable[[], KioskApp]) -> KioskApp:
    """The application, once its window is there. Raises Failure."""
    kivy_log = logging.getLogger("kivy")
    level = kivy_log.level
    kivy_log.setLevel(logging.CRITICAL + 1)  # a traceback of each driver it tried: the sentence below says it
    try:
        app = build()
    finally:
        kivy_log.setLevel(level)
    from kivy.core.window import Window

    if Window is None:
        shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ["SDL_VIDEODRIVER"]
        raise Failure(f"No window can be opened on the display {shown!r}.")
    return app


def prepare_process(settings: Settings) -> None:
    """Kivy's environment, then logging: Kivy raises its logger's level when its configuration is read."""
    from kiosk.logs import configure_logging

    size = x11_size() if settings.window is None else None
    if size is not None:
        settings = replace(settings, screen=size)  # better than what the environment says of it
        begin_at(size)
    prepare_kivy(settings)
    import_module("kivy.config")
    configure_logging()


def run_kiosk(settings: Settings) -> int:
    """Until it is stopped; the exit status."""
    from kiosk.bootstrap import build_app
    from kiosk.self_check import process_age_ms

    prepare_process(settings)
    services = open_services(settings)
    try:
        app = open_window(lambda: build_app(settings, services))
        log = structlog.get_logger(__name__)
        app.bind(on_start=lambda *_: log.info("on the screen", paired=services.paired, age_ms=process_age_ms()))
        with stop_on_signal(stop_from_any_thread(app)):
            app.run()
    finally:
        services.stop()
    return 0


def run_self_check(settings: Settings, keys: Path, simulated_card: Path | None) -> int:
    """One JSON line on stdout; 0 when window and card work. The kiosk's own workers stay asleep meanwhile."""
    from hardware.card.keys import KeyFileError
    from hardware.card.simulated.chip_memory import CardFileError
    from kiosk import self_check

    prepare_process(settings)
    try:
        vault = self_check.open_vault(keys)
        check = self_check.SelfCheck(self_check.open_reader(simulated_card), vault)
    except KeyFileError as error:
        raise Failure(sentence(error, keys)) from error
    except CardFileError as error:
        raise Failure(sentence(error, simulated_card)) from error
    services = open_services(settings)
    try:
        app = open_window(lambda: self_check.build_checked_app(settings, services, check))
        stop = stop_from_any_thread(app)
        with stop_on_signal(stop):
            check.begin(app, stop)
            app.run()
    finally:
        check.close()
        services.stop()
    for line in check.troubles:
        click.echo(line, err=True)
    click.echo(json.dumps(check.document()))
    return 0 if check.passed else 1
