"""Console script `zerot`: a table verb -> 'package.module:command', resolved only when the verb is called.

So `zerot beacon parse` does not load Kivy, and a frozen kiosk without the server still offers the rest.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

VERBS: dict[str, tuple[str, str]] = {
    "kiosk": ("kiosk.commands:kiosk", "Start the kiosk on this screen."),
    "demo": ("kiosk.demo.cli:demo", "Start server and kiosk with simulated hardware."),
    "tour": ("kiosk.tour.cli:tour", "Drive the real application through a visit and take pictures."),
    "preview": ("kiosk.preview:preview", "Draw an offer as the kiosk shows it, into a PNG."),
    "card": ("hardware.cli:card", "City cards: personalise, batch, show, load, history, block, simulate."),
    "beacon": ("hardware.beacon.cli:beacon", "Beacons: parse an advertisement, check the radio."),
    "bundle": ("kiosk.bundle_commands:bundle", "Exchange with the server by USB key instead of a network."),
    "catalogue": ("server.catalogue.cli:catalogue", "Import feeds into a catalogue."),
    "map": ("server.maps.cli:map_group", "Draw a territory's map, send it to the kiosks."),
    "server": ("server.cli:server", "The central server."),
    "worker": ("server.worker.cli:worker", "The central server's jobs: checks, reconciliation, alarms."),
    "verify": ("kiosk.store.journal_cli:verify", "Check the chain of a journal file or archive."),
    "journal": ("kiosk.journal_commands:journal", "This kiosk's journal: archive it."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(verb for verb in VERBS if _installed(verb))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        if not _installed(cmd_name):
            raise click.ClickException(f"'{cmd_name}' is not part of this installation.")
        module_name, _, attribute = VERBS[cmd_name][0].partition(":")
        command = getattr(import_module(module_name), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module_name}:{attribute} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(verb, VERBS[verb][1]) for verb in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _installed(verb: str) -> bool:
    package = VERBS[verb][0].partition(":")[0]
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zerot-kiosk", prog_name="zerot")
def main() -> None:
    """Zér'ot: touch kiosk, city card and central server of a rural territory."""


if __name__ == "__main__":
    main()
