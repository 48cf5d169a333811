"""The append-only tables, per database."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from server.ledger.schema import statements


def create_tables(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in statements(editor.connection.vendor):
        editor.execute(statement.replace("%", "%%"), ())


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    # No way back: taking these tables down would throw away what the law wants kept for six years.
    operations = [migrations.RunPython(create_tables)]
