"""`zerot server backup` and `restore`: a consistent copy while it runs, and a server that knows it was restored.

The database is copied first, then the blobs that it names: those are never changed, only added. A restored server has
forgotten what came after the copy: it raises its epoch, so that kiosks pull every feed again and offer their facts from
the server's heads, and its next content version lies far above any that kiosks may have seen.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction

from domain.ports import Clock
from server.content.models import FeedDocument
from server.content.publish import jump_ahead
from server.home import ServerHome
from server.ledger.models import Alarm
from server.operation.archive import ArchiveRefused, Member, read_archive, write_archive
from server.territory.models import StaffAction, Territory
from sync.keys import ServerIdentity

SQLITE_MEMBER = "database/server.db"
POSTGRES_MEMBER = "database/server.dump"
HOME_PREFIX = "home/"
CONTENT_JUMP = 1_000  # content versions that may have been published after the copy
_FOLDERS = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin")
# What is made anew, or belongs to the running process.
_LEFT_OUT = ("server.db", "server.log")


class BackupRefused(ValueError):
    """Nothing was written; the message is one sentence."""


def make_backup(home: ServerHome, out: Path, clock: Clock) -> dict[str, object]:
    """Write a backup of database, blobs and secrets to `out`. Raises BackupRefused, OSError."""
    if out.exists():
        raise BackupRefused(f"{out} exists already: a backup is never written over.")
    if not out.absolute().parent.is_dir():
        raise BackupRefused(f"There is no folder {out.absolute().parent}.")
    with tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=".zerot-backup-") as folder:
        copy = Path(folder) / "database"
        database = _copy_sqlite(copy) if connection.vendor == "sqlite" else _dump_postgres(copy)
        about = {
            "made_at": clock.now_ms(),
            "vendor": connection.vendor,
            "territories": {row.slug: row.server_epoch for row in Territory.objects.order_by("slug")},
        }
        sums = write_archive(out.absolute(), [database, *_home_members(home)], about)
    return {"file": str(out), "bytes": out.stat().st_size, "members": len(sums), **about}


def _copy_sqlite(target: Path) -> Member:
    """A copy as of one moment, by SQLite's own backup; checked before it is trusted."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise BackupRefused(f"The database is damaged: {found}.")
    return Member(SQLITE_MEMBER, target)


def _dump_postgres(target: Path) -> Member:
    _run_postgres("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    return Member(POSTGRES_MEMBER, target)


def _run_postgres(program: str, arguments: list[str]) -> None:
    """pg_dump or pg_restore against the server's database; the password goes by environment, not by argument."""
    elsewhere = (f"{folder}/{program}" for folder in _FOLDERS if Path(folder, program).exists())
    path = shutil.which(program) or next(elsewhere, "")
    if not path:
        raise BackupRefused(f"{program} is not installed (apt-get install postgresql-client).")
    settings = connections["default"].settings_dict
    environment = {**os.environ, "PGDATABASE": str(settings["NAME"])}
    for key, name in (("HOST", "PGHOST"), ("PORT", "PGPORT"), ("USER", "PGUSER"), ("PASSWORD", "PGPASSWORD")):
        if settings[key]:
            environment[name] = str(settings[key])
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupRefused(f"{program} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def _home_members(home: ServerHome) -> Iterator[Member]:
    """Every file of the server's folder but the database itself."""
    for path in sorted(home.root.rglob("*")):
        relative = path.relative_to(home.root).as_posix()
        hidden = path.name.startswith(".") or path.is_symlink()
        if path.is_file() and not hidden and not relative.startswith(_LEFT_OUT):
            yield Member(f"{HOME_PREFIX}{relative}", path)


def unpack_backup(file: Path, home: ServerHome, database: dict[str, Any]) -> dict[str, object]:
    """Put files and SQLite database in their places; PostgreSQL is for `load_postgres`. Raises ArchiveRefused, OSError.

    The home must be empty: nothing of a living server is written over.
    """
    if home.root.exists() and any(home.root.iterdir()):
        raise BackupRefused(f"{home.root} is not empty: restore into a new ZEROT_HOME, or move the old one away.")
    sqlite = str(database["ENGINE"]).endswith("sqlite3")
    home.root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=home.root.parent, prefix=".zerot-restore-") as folder:
        manifest = read_archive(file, Path(folder))
        wanted = "sqlite" if sqlite else "postgresql"
        if manifest["vendor"] != wanted:
            raise BackupRefused(f"This is a backup of {manifest['vendor']}, and DATABASE_URL names {wanted}.")
        unpacked = Path(folder) / "home"
        unpacked.mkdir(exist_ok=True, mode=0o700)
        if sqlite:
            target = Path(database["NAME"])
            if target.exists():
                raise BackupRefused(f"{target} exists already: move it away first.")
            if target.parent == home.root:
                (Path(folder) / SQLITE_MEMBER).rename(unpacked / target.name)
            else:
                shutil.move(Path(folder) / SQLITE_MEMBER, target)
        else:
            _load_postgres(Path(folder) / POSTGRES_MEMBER)
        if home.root.exists():
            home.root.rmdir()
        unpacked.rename(home.root)
        home.root.chmod(0o700)
    return manifest


def _load_postgres(dump: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        if cursor.fetchone()[0]:
            raise BackupRefused("The database is not empty: create a new one and name it in DATABASE_URL.")
    connection.close()
    _run_postgres(
        "pg_restore",
        ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
         f"--dbname={connection.settings_dict['NAME']}", str(dump)],
    )  # fmt: skip


def begin_new_epoch(identity: ServerIdentity, clock: Clock) -> dict[str, int]:
    """Say to every kiosk that this server has forgotten something. The new epochs by territory."""
    now = clock.now_ms()
    epochs = {}
    with transaction.atomic():
        for territory in Territory.objects.select_for_update().order_by("slug"):
            # By the clock, so that the second restoration of one backup has another epoch than the first.
            territory.server_epoch = max(territory.server_epoch + 1, now // 1000)
            territory.save(update_fields=["server_epoch"])
            FeedDocument.objects.filter(territory=territory.slug).delete()
            jump_ahead(territory, CONTENT_JUMP, identity, now)
            epochs[territory.slug] = territory.server_epoch
            detail = "Le serveur a été rétabli d'une sauvegarde : les bornes renvoient ce qui manque."
            alarm = Alarm(
                territory=territory.slug, code="restored", device="", subject=str(territory.server_epoch), detail=detail
            )
            Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
            StaffAction.objects.create(
                territory=territory.slug, who="terminal", what="server.restored", target=str(territory.server_epoch)
            )
    return epochs


__all__ = ["ArchiveRefused", "BackupRefused", "begin_new_epoch", "make_backup", "unpack_backup"]
