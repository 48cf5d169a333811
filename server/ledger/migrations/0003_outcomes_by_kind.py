"""What an operation was told is kept by the kind it was told as; loads of a device are found without reading its facts."""

from __future__ import annotations

import django.db.models
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from server.ledger.schema import LOADS_INDEX

_SHIFTS = {"debit": 5, "refund": 8}  # a load's bits stay where they are (server.ledger.operations)


def sort_by_kind(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Until here an outcome was taken for one of its intent's kind."""
    operations = apps.get_model("ledger", "Operation").objects
    columns = ("pk", "kind", "results", "operation_after", "balance_after")
    for pk, kind, results, operation, cents in operations.exclude(kind=None).values_list(*columns).iterator():
        sorted_bits = (results & 24) | (results & 7) << _SHIFTS.get(kind, 0)
        known = operation is not None and cents is not None
        operations.filter(pk=pk).update(results=sorted_bits, afters=[[kind, operation, cents]] if known else [])


def index_loads(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute(LOADS_INDEX)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]
    operations = [
        migrations.AddField(model_name="operation", name="afters", field=django.db.models.JSONField(default=list)),
        migrations.RunPython(sort_by_kind),
        migrations.RunPython(index_loads),
    ]
