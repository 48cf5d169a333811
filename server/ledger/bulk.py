"""Statements whose one parameter is a whole batch, sent to PostgreSQL as they are.

Django binds parameters on our side: a batch of 400 KB is then quoted here and read again there as part of a statement,
a fifth of what storing facts costs. Here it travels beside the statement. Call inside a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
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
