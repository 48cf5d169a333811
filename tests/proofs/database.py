"""The database beside the server: read, locked, copied, stopped and started, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.fixtures.server import LiveServer
from tests.proofs.cluster import Node

Sums = dict[str, int]
_LEGS = "SELECT asset, sum(amount) FROM ledger_leg GROUP BY asset"
_KEPT = "SELECT asset, sum(amount) FROM ledger_balance GROUP BY asset"


class Database(Protocol):
    """What the proofs do to a server's database."""

    @property
    def kind(self) -> str: ...

    def reader(self) -> Any:
        """A context manager: a function that reads, in one snapshot, what legs and kept sums come to per asset."""

    def locked(self) -> Any:
        """A context manager: nobody writes meanwhile."""

    def copy(self, server: LiveServer) -> Callable[[], None]:
        """A backup now; what it returns puts it back. Server stopped both times."""

    def run(self, statement: str) -> int:
        """Run one statement and commit it; the number that it answers, 0 when it answers nothing."""


@dataclass(slots=True)
class Lite:
    """The SQLite file of one server."""

    path: Path
    kind: str = "sqlite"

    @contextmanager
    def reader(self) -> Iterator[Callable[[], tuple[Sums, Sums]]]:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=20)) as connection:

            def read() -> tuple[Sums, Sums]:
                connection.execute("BEGIN")
                try:
                    return dict(connection.execute(_LEGS)), dict(connection.execute(_KEPT))
                finally:
                    connection.execute("COMMIT")

            yield read

    @contextmanager
    def locked(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=20)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    def copy(self, server: LiveServer) -> Callable[[], None]:
        kept = self.path.with_suffix(".kept")
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(kept)) as target:
            source.backup(target)

        def put_back() -> None:
            for ending in ("-wal", "-shm"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
            shutil.copyfile(kept, self.path)

        return put_back

    def run(self, statement: str) -> int:
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            row = connection.execute(statement).fetchone()
            return 0 if row is None else int(row[0])


@dataclass(slots=True)
class Served:
    """A database of a PostgreSQL of our own."""

    node: Node
    name: str
    kind: str = "postgresql"

    @property
    def url(self) -> str:
        return self.node.url(self.name)

    @contextmanager
    def reader(self) -> Iterator[Callable[[], tuple[Sums, Sums]]]:
        with psycopg.connect(self.url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

            def read() -> tuple[Sums, Sums]:
                legs = {str(asset): int(total) for asset, total in connection.execute(_LEGS)}
                kept = {str(asset): int(total) for asset, total in connection.execute(_KEPT)}
                connection.commit()
                return legs, kept

            yield read

    @contextmanager
    def locked(self) -> Iterator[None]:
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE ledger_fact IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    def copy(self, server: LiveServer) -> Callable[[], None]:
        kept = f"{self.name}_kept"
        self._admin(f'DROP DATABASE IF EXISTS "{kept}"')  # an earlier round's
        self._admin(f'CREATE DATABASE "{kept}" TEMPLATE "{self.name}"')

        def put_back() -> None:
            self._admin(f'DROP DATABASE "{self.name}" WITH (FORCE)')
            self._admin(f'CREATE DATABASE "{self.name}" TEMPLATE "{kept}"')

        return put_back

    def run(self, statement: str) -> int:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return 0 if row is None else int(row[0])

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.node.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())
