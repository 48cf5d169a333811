"""Which database the server uses: a SQLite file by default, PostgreSQL by URL. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Writers queue on SQLite's one lock; a batch of 1 000 facts takes well under a second: 20 s means something is wrong.
SQLITE_BUSY_SECONDS = 20
# Each serving thread keeps its connection; one that the database has dropped is noticed before it is used again.
_KEPT: dict[str, Any] = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
_SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"


class BadDatabaseUrl(ValueError):
    """DATABASE_URL is not one we understand; the message is one clear sentence."""


def database_settings(url: str, default_file: Path) -> dict[str, Any]:
    """Django's settings for `DATABASE_URL` (postgresql://user:password@host:port/name?host=/socket, sqlite:///path).

    SQLite: WAL, a commit is on the disk before it is acknowledged (synchronous FULL), and transactions take the write
    lock at once, so that two writers wait instead of failing half-way. Raises BadDatabaseUrl.
    """
    if not url:
        return _sqlite(default_file)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        if len(parts.path) < 2:
            raise BadDatabaseUrl("DATABASE_URL names no SQLite file: write sqlite:////absolute/path.db.")
        return _sqlite(Path(unquote(parts.path.removeprefix("/"))))
    if parts.scheme not in {"postgresql", "postgres"}:
        raise BadDatabaseUrl("DATABASE_URL must begin with postgresql:// or sqlite:///.")
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise BadDatabaseUrl("DATABASE_URL names no database after the host.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        **_KEPT,
        "NAME": name,
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": options.pop("port", "") or str(parts.port or ""),
        "OPTIONS": options,
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        **_KEPT,
        "NAME": str(path),
        "OPTIONS": {
            "init_command": _SQLITE_PRAGMAS,
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_BUSY_SECONDS,
        },
    }
