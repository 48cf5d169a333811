"""The database role that serves: it may add facts and legs, never change or remove one (PostgreSQL).

Triggers refuse it already; the role refuses it too, and cannot drop the triggers, for it owns nothing. The owner
migrates, the role serves. Run again after every migration.
"""

from __future__ import annotations

import re

from django.db import connection

from server.ledger.schema import APPEND_ONLY

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
_READ_ONLY = frozenset({"django_migrations"})


class RoleRefused(ValueError):
    """Nothing was changed; the message is one sentence."""


def role_statements(name: str, tables: list[str], *, create: bool) -> list[str]:
    """What the owner must run. Raises RoleRefused for a name that would need quoting."""
    if not _NAME.match(name):
        raise RoleRefused("A role's name has 1 to 63 small letters, digits or _.")
    made = [f"CREATE ROLE {name} LOGIN"] if create else []
    made += [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"REVOKE CREATE ON SCHEMA public FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]
    for table in sorted(tables):
        made.append(f"GRANT {_verbs(table)} ON public.{table} TO {name}")
    return made


def _verbs(table: str) -> str:
    if any(table == kept or table.startswith(f"{kept}_") for kept in APPEND_ONLY):
        return "SELECT, INSERT"
    return "SELECT" if table in _READ_ONLY else "SELECT, INSERT, UPDATE, DELETE"


def apply_role(name: str) -> list[str]:
    """Create the role where it is missing and give it its rights; the statements that were run. Raises RoleRefused."""
    if connection.vendor != "postgresql":
        raise RoleRefused("Roles are PostgreSQL's; on SQLite the triggers keep facts and legs as they are.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        create = cursor.fetchone() is None
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        statements = role_statements(name, tables, create=create)
        for statement in statements:
            cursor.execute(statement)
    return statements
