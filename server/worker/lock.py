"""Exactly one leader among the workers of one database, by a lock that the database itself drops with its holder.

PostgreSQL: a session's advisory lock on a connection of its own. SQLite: a second database file beside the first, held
in an exclusive transaction. Neither has a time limit to be argued about: a killed leader's lock is free at once.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import connections

LOCK_KEY = (0x5A52, 0x4C45)  # "ZR", "LE": apart from the ledger's card queues


class LeaderLock(Protocol):
    """Held by one process at a time. All calls come from the thread that made it."""

    def acquire(self) -> bool:
        """Try once; True when this process is the leader."""

    def held(self) -> bool:
        """Whether it still is: a connection may have died meanwhile."""

    def release(self) -> None:
        """Let another lead."""


@dataclass(slots=True)
class SqliteLock:
    """`path` is the lock's own database file."""

    path: Path
    connection: sqlite3.Connection | None = field(default=None, repr=False)

    def acquire(self) -> bool:
        if self.connection is not None:
            return True
        made = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            made.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            made.close()
            return False
        self.connection = made
        return True

    def held(self) -> bool:
        return self.connection is not None

    def release(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@dataclass(slots=True)
class PostgresLock:
    """Holds a connection that does nothing else."""

    connection: Any = field(default=None, repr=False)

    def acquire(self) -> bool:
        import psycopg

        if self.connection is not None and self.held():
            return True
        try:
            parameters = connections["default"].get_connection_params()
            for name in ("cursor_factory", "context"):
                parameters.pop(name, None)
            made = psycopg.connect(**parameters, autocommit=True)
            row = made.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK_KEY).fetchone()
        except psycopg.Error:
            return False
        if row is None or not row[0]:
            made.close()
            return False
        self.connection = made
        return True

    def held(self) -> bool:
        import psycopg

        if self.connection is None:
            return False
        try:
            self.connection.execute("SELECT 1")
        except psycopg.Error:
            self.connection = None
            return False
        return True

    def release(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def leader_lock() -> LeaderLock:
    """The lock that fits the server's database."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return SqliteLock(Path(f"{database['NAME']}.leader"))
    return PostgresLock()
