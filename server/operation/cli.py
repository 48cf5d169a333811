"""Subcommands of `zerot server` for those who keep it running."""

from __future__ import annotations

import json
from pathlib import Path

import click

from server.cli import Failure, set_up, with_django


@click.command("migrate")
@click.option("--check", is_flag=True, help="Change nothing; exit status 1 when migrations are missing.")
def migrate(check: bool) -> None:
    """Bring the database up to date, and say so."""
    set_up(migrate=not check)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = [f"{step.app_label}.{step.name}" for step, _ in plan]
    click.echo(json.dumps({"vendor": connection.vendor, "missing": missing}))
    if missing:
        raise SystemExit(1)


@click.command("backup")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write, mode 0600.")
@with_django
def backup(out: Path) -> None:
    """Copy database, blobs and secrets into one file, while the server runs. Keep it like a key: it holds them all."""
    from server.api.runtime import runtime
    from server.operation.backup import make_backup

    run = runtime()
    try:
        click.echo(json.dumps(make_backup(run.home, out, run.clock)))
    except OSError as error:
        raise Failure(f"The backup cannot be written: {error.strerror}.") from error


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Restore FILE into an empty ZEROT_HOME (and an empty PostgreSQL database), and tell every kiosk to send again."""
    from server.operation.archive import ArchiveRefused

    set_up(migrate=False, prepare=False)
    from django.conf import settings

    from server.operation.backup import BackupRefused, begin_new_epoch, unpack_backup

    try:
        manifest = unpack_backup(file, settings.HOME, settings.DATABASES["default"])
    except (ArchiveRefused, BackupRefused) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"The backup cannot be restored: {error}.") from error
    set_up()
    from server.api.runtime import runtime

    epochs = begin_new_epoch(runtime().identity, runtime().clock)
    click.echo(json.dumps({"restored": str(file), "made_at": manifest["made_at"], "epochs": epochs}))


@click.command("database-role")
@click.argument("name")
@with_django
def database_role(name: str) -> None:
    """Create or renew the PostgreSQL role NAME that may serve but never change a fact; print what was run."""
    from server.operation.role import apply_role

    for statement in apply_role(name):
        click.echo(f"{statement};")


COMMANDS: dict[str, click.Command] = {
    command.name or "": command for command in (migrate, backup, restore, database_role)
}
