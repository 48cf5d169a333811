"""`zerot server`: migrate and serve; its subcommands prepare and look after one server's home.

Everything a subcommand prints for machines is JSON on stdout; failures are one sentence on stderr and exit status 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from server.database import BadDatabaseUrl
from server.home import home_from_environment, prepare_home
from sync.keys import KeyTrouble

P = ParamSpec("P")
R = TypeVar("R")


class Failure(click.ClickException):
    """One sentence on stderr, exit status 2."""

    exit_code = 2


def set_up(*, migrate: bool = True, prepare: bool = True) -> None:
    """Load Django on this home's database, up to date. Raises Failure."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    try:
        if prepare:
            prepare_home(home_from_environment(os.environ))
        import django

        from server.operation.logs import configure_structlog

        configure_structlog()
        django.setup()
    except BadDatabaseUrl as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"The server's folder cannot be used: {error}.") from error
    if migrate:
        from django.core.management import call_command
        from django.db import DatabaseError

        try:
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            raise Failure(f"The database cannot be used: {str(error).splitlines()[0]}.") from error


def with_django(function: Callable[P, R]) -> Callable[P, R]:
    """Run a command with Django loaded; what staff can cause becomes one sentence."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        set_up()
        try:
            return function(*args, **kwargs)
        except (ValueError, KeyTrouble) as error:
            raise Failure(str(error)) from error

    return run


# Subcommands that live with what they do (server.operation.cli), found when they are called.
_OPERATION = ("backup", "database-role", "migrate", "restore")


class _Commands(click.Group):
    """The commands of this module, and those that keep a server running."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_OPERATION])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _OPERATION:
            from server.operation.cli import COMMANDS

            return COMMANDS[cmd_name]
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Commands, invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free port.")
@click.option(
    "--ready-fd", type=int, default=None, help='Write {"port": N} on this descriptor once requests are taken.'
)
@click.pass_context
def server(ctx: click.Context, host: str, port: int, ready_fd: int | None) -> None:
    """The central server: serves when called without a subcommand. Files are under $ZEROT_HOME/server."""
    if ctx.invoked_subcommand is not None:
        return
    set_up()
    from server.serve import listen, serve

    try:
        sock = listen(host, port)
    except OSError as error:
        raise Failure(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
    click.echo(f"Zér'ot: http://{host}:{sock.getsockname()[1]}/bureau/", err=True)
    if not serve(sock, ready_fd):
        sys.exit(1)


@server.command("init")
@click.option(
    "--territory-file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Territory to load, for example assets/territory/pays-du-bon-coin.json.",
)
@with_django
def init(territory_file: Path) -> None:
    """Create keys, load a territory and publish its content; again, it changes only what has changed."""
    from server.commands import init_territory

    click.echo(init_territory(territory_file))


@server.command("create-staff")
@click.argument("user")
@with_django
def create_staff(user: str) -> None:
    """Let USER into the back office; the password is asked for, or read from standard input."""
    from server.commands import create_staff_user

    click.echo(create_staff_user(user, read_secret("Mot de passe")))


@server.command("create-operator")
@click.argument("card_number")
@click.argument("name")
@click.option("--role", default="partner", show_default=True)
@click.option("--right", "rights", multiple=True, default=("load",), show_default=True)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def create_operator(
    card_number: str, name: str, role: str, rights: tuple[str, ...], expires: object, territory: str
) -> None:
    """Let the holder of CARD_NUMBER open desks; the six-digit PIN is asked for, or read from standard input."""
    from server.commands import create_operator as create

    click.echo(create(card_number, name, role, rights, str(expires)[:10], territory, read_secret("Code PIN")))


@server.command("create-device")
@click.argument("name")
@click.option("--site", "site_number", type=click.IntRange(0, 0xFFFF), required=True, help="Number of the site.")
@click.option("--role", default="kiosk", show_default=True, help="kiosk, desk, screen or station.")
@click.option("--territory", default="", help="Default: the server's only one.")
@click.option("--url", default="", help="The server's address in the code (default: ZEROT_PUBLIC_URL).")
@with_django
def create_device(name: str, site_number: int, role: str, territory: str, url: str) -> None:
    """Create the record of device NAME and print the JSON that its pairing QR holds."""
    from server.commands import create_device_record

    click.echo(create_device_record(name, site_number, role, territory, url))


@server.command("new-code")
@click.argument("name")
@click.option("--url", default="", help="The server's address in the code (default: ZEROT_PUBLIC_URL).")
@with_django
def new_code(name: str, url: str) -> None:
    """Print a fresh pairing code for device NAME; its present key works until the code is used."""
    from server.commands import new_pairing_code

    click.echo(new_pairing_code(name, url))


@server.command("approve")
@click.argument("name")
@click.option("--words", default="", help="The eight words on the device's screen; refused when they differ.")
@with_django
def approve(name: str, words: str) -> None:
    """Approve device NAME, which has claimed its record."""
    from server.commands import approve_device

    click.echo(approve_device(name, words))


@server.command("revoke")
@click.argument("name")
@with_django
def revoke(name: str) -> None:
    """Revoke device NAME: its keys and content die, its unsent facts may still be handed in."""
    from server.commands import revoke_device

    click.echo(revoke_device(name))


@server.command("roll-key")
@click.argument("name")
@with_django
def roll_key(name: str) -> None:
    """Ask device NAME for a new key: at its next meeting the old one signs for it, and dies."""
    from server.commands import roll_device_key

    click.echo(roll_device_key(name))


@server.command("block-card")
@click.argument("card_number")
@click.option("--reason", type=click.Choice(["lost", "stolen", "altered", "replaced"]), default="lost")
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def block_card(card_number: str, reason: str, territory: str) -> None:
    """Have every kiosk refuse CARD_NUMBER."""
    from server.commands import block

    click.echo(block(card_number, reason, territory))


@server.command("issuing-keys")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write, mode 0600.")
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def issuing_keys(out: Path, territory: str) -> None:
    """Write the territory's card master keys for the personalisation station."""
    from server.commands import write_issuing_keys

    click.echo(write_issuing_keys(out, territory))


@server.command("rotate-card-key")
@click.argument("name", type=click.Choice(["load", "master", "site"]))
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def rotate_card_key(name: str, territory: str) -> None:
    """Make a new version of a card key: each card gets it at its next tap on a kiosk with a line.

    A new site key goes to the kiosks first, at their next sync; cards get it once every kiosk in service holds it.
    "lacking" names those that do not yet; revoke the one that was stolen.


    After a new load key write the desks' key files again (desk-keys): the old ones do not load a card that has it.
    """
    from server.commands import renew_card_key

    click.echo(renew_card_key(name, territory))


@server.command("desk-keys")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write, mode 0600.")
@with_django
def desk_keys(name: str, out: Path) -> None:
    """Write the load key for desk NAME, sealed to it: the file opens on that device alone."""
    from server.commands import write_desk_keys

    click.echo(write_desk_keys(name, out))


@server.group("drafts")
def drafts() -> None:
    """Offers that feeds brought."""


@drafts.command("publish")
@click.option("--all", "everything", is_flag=True, help="Every draft of the territory.")
@click.option("--source", default="", help="Only drafts of this source.")
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def drafts_publish(everything: bool, source: str, territory: str) -> None:
    """Mark drafts as published and publish the content."""
    from server.commands import publish_drafts

    if not everything and not source:
        raise Failure("Say --all, or which --source.")
    click.echo(publish_drafts(source, territory))


@server.command("publish")
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def publish(territory: str) -> None:
    """Build and sign the next content version from the published offers."""
    from server.commands import publish_content

    click.echo(publish_content(territory))


@server.group("bundle")
def bundle() -> None:
    """Kiosks without a line: signed, sealed files on a USB key."""


@bundle.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@with_django
def bundle_import(file: Path) -> None:
    """Take the facts that a kiosk put into FILE; the same file twice changes nothing."""
    from server.commands import import_bundle

    click.echo(import_bundle(file))


@bundle.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", type=click.IntRange(0), default=0, help="Content version that the kiosk shows already.")
@with_django
def bundle_export(name: str, file: Path, since: int) -> None:
    """Write what device NAME lacks into FILE: what is acknowledged, feeds, and content newer than --since."""
    from server.commands import export_bundle

    click.echo(export_bundle(name, file, since))


@server.command("report")
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def report(territory: str) -> None:
    """Print what the server holds: facts by kind, the ledger's sums and accounts, cards, quarantine, alarms."""
    from server.commands import report_text

    click.echo(report_text(territory))


def read_secret(label: str) -> str:
    """A secret typed twice at a terminal, or the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(label, hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
