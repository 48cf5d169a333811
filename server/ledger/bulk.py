"""Statements whose parameter is a whole batch, or a question about all of it, sent to PostgreSQL as they are.

Django binds parameters on our side: a batch of 400 KB is then quoted here and read again there as part of a statement,
a fifth of what storing facts costs. Here it travels beside the statement. Call inside a transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection


def run_postgresql(statement: str, parameters: Sequence[Any]) -> psycopg.Cursor[Any]:
    """Run it on the present transaction's connection; the cursor tells rows and their count. Raises Django's errors."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor: psycopg.Cursor[Any] = psycopg.Cursor(connection.connection)
        cursor.execute(statement.encode(), parameters)
    return cursor


def select(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a query written for both databases (see `among` and `listed`). Raises Django's errors."""
    if connection.vendor == "postgresql":
        return run_postgresql(statement, parameters).fetchall()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def among(column: str, kind: str) -> str:
    """A condition on `column`, of PostgreSQL's type `kind`: its value is one of a `listed` parameter.

    One parameter however many values, so that the statement is the same each time and is planned once.
    """
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608
    return f"{column} = ANY(%s::{kind}[])"


def listed(values: Iterable[str | int]) -> str:
    """Integers, card numbers or identifiers as they are stored, for `among`."""
    if connection.vendor == "sqlite":
        return json.dumps(list(values))
    return f"{{{','.join(map(str, values))}}}"


def stored_ids(identifiers: Iterable[str]) -> list[str]:
    """Canonical UUID texts as the columns have them: Django keeps 32 hex digits on SQLite."""
    if connection.vendor == "sqlite":
        return [identifier.replace("-", "") for identifier in identifiers]
    return list(identifiers)
