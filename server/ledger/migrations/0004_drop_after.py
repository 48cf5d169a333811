"""Columns that 0003 has copied; apart from it, for PostgreSQL alters no table that has rows changed in this transaction."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_outcomes_by_kind")]
    operations = [
        migrations.RemoveField(model_name="operation", name="operation_after"),
        migrations.RemoveField(model_name="operation", name="balance_after"),
    ]
