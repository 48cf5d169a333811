"""`zerot demo`."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import click

from kiosk.config import SettingsRefused, parse_size
from kiosk.demo.display import DisplayTrouble, display

SIZE_MAX = (3840, 2160)


@click.command("demo")
@click.option("--size", default="1280x800", show_default=True, help="The kiosk's own size; the tray comes beside it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("tour"),
    show_default=True,
    help="Without a display: where the tour puts its pictures.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Keep the demo's state here, to go on another day.  [default: forgotten at the end]",
)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--by-hand", is_flag=True, help="Begin with a kiosk out of its box, to be installed by hand.")
def demo(size: str, out: Path, home: Path | None, language: str, by_hand: bool) -> None:
    """Server and kiosk with simulated cards, radio and network. Without a display: the tour, with pictures in OUT."""
    try:
        wanted = parse_size(size)
        if wanted[0] > SIZE_MAX[0] or wanted[1] > SIZE_MAX[1]:
            raise SettingsRefused(f"The demo's kiosk is at most {SIZE_MAX[0]}x{SIZE_MAX[1]}.")
    except SettingsRefused as error:
        raise click.BadParameter(str(error), param_hint="--size") from error
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        run_window(wanted, home, language, by_hand)
    else:
        sys.exit(0 if run_unseen(out, wanted) else 1)


def run_unseen(out: Path, size: tuple[int, int]) -> bool:
    """Nobody is looking: drive the tour on a virtual display and say its verdict."""
    from kiosk.demo.run import interrupts_held
    from kiosk.tour.cli import run_tour

    click.echo("No display: driving the tour instead.", err=True)
    os.environ.setdefault("KCFG_KIVY_LOG_LEVEL", "warning")  # Kivy would say everything it does
    virtual = display(size)
    try:
        with interrupts_held():  # a terminal's Ctrl-C must not take the display away before the window is closed
            virtual.__enter__()
    except DisplayTrouble as error:
        raise click.ClickException(str(error)) from error
    before, threading.excepthook = threading.excepthook, quiet_interrupts
    try:
        return run_tour(out, None, size, 1)
    finally:
        threading.excepthook = before
        virtual.__exit__(None, None, None)


def quiet_interrupts(trouble: threading.ExceptHookArgs) -> None:
    """A Ctrl-C may reach the tour's thread through what it asked of the UI thread: no traceback for that."""
    if trouble.exc_type is not KeyboardInterrupt:
        threading.__excepthook__(trouble)


def run_window(size: tuple[int, int], home: Path | None, language: str, by_hand: bool) -> None:
    """The real window, until it is closed."""
    from hardware.beacon.private_bus import PrivateBusError
    from hardware.card.simulated.chip_memory import CardFileError
    from kiosk.demo.home import DemoHomeDamaged
    from kiosk.demo.run import Demo, DemoOptions
    from kiosk.demo.server_child import ServerTrouble
    from kiosk.logs import configure_logging

    configure_logging()
    options = DemoOptions(size, home, language, by_hand)
    try:
        Demo(options, lambda line: click.echo(line, err=True)).run()
    except (
        SettingsRefused,
        DemoHomeDamaged,
        CardFileError,
        ServerTrouble,
        PrivateBusError,
        OSError,
    ) as error:
        raise click.ClickException(str(error)) from error
