"""`zerot tour`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kiosk.config import SettingsRefused, parse_size
from kiosk.demo.display import DisplayTrouble, display


@click.command("tour")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for pictures and report."
)
@click.option(
    "--content",
    type=click.Path(path_type=Path, exists=True),
    default=None,
    help="A DATAtourisme feed (zip or folder) to import and publish besides the demo territory.",
)
@click.option("--size", default="1280x800", show_default=True, help="Window size, such as 1280x800 or 800x1280.")
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses what the tour looks for.")
def tour(out: Path, content: Path | None, size: str, seed: int) -> None:
    """Drive the real application through a whole visit; exit status 0 only if every check holds."""
    try:
        wanted = parse_size(size)
    except SettingsRefused as error:
        raise click.BadParameter(str(error), param_hint="--size") from error
    sys.exit(0 if run_tour(out, content, wanted, seed) else 1)


def run_tour(out: Path, content: Path | None, size: tuple[int, int], seed: int) -> bool:
    """Run, say the verdict on standard output; whether it passed."""
    from hardware.beacon.private_bus import PrivateBusError
    from kiosk.demo.server_child import ServerTrouble
    from kiosk.logs import configure_logging
    from kiosk.tour.run import Tour

    def say(line: str) -> None:
        click.echo(line, err=True)

    configure_logging()
    say(f"Seed {seed}, window {size[0]}x{size[1]}")
    try:
        with display(size):
            report = Tour(out, size, seed, content, say).run()
    except (ServerTrouble, PrivateBusError, DisplayTrouble) as error:
        raise click.ClickException(str(error)) from error
    for check in report.checks:
        if not check.ok:
            say(f"  not so: {check.name} ({check.found})")
    if report.error:
        say(f"  stopped: {report.error}")
    good = sum(check.ok for check in report.checks)
    click.echo(
        f"{'passed' if report.passed else 'FAILED'}: {good} of {len(report.checks)} checks, "
        f"{len(report.steps)} pictures in {out}, {report.offers} offers, {report.facts} facts"
    )
    return report.passed
