"""The rows that transactions of one card wait on (PostgreSQL; SQLite has one writer anyway)."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from server.ledger.schema import CARD_QUEUE


def create_queue(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(CARD_QUEUE)


def drop_queue(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TABLE ledger_card_queue")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_seen_totals")]
    operations = [migrations.RunPython(create_queue, drop_queue)]
