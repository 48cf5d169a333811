"""A debit remembers that its site gives it back."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_drop_after")]
    operations = [
        migrations.AddField(model_name="operation", name="refund_fact", field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name="operation", name="refund_card", field=models.CharField(max_length=8, null=True)
        ),
        migrations.AddField(model_name="operation", name="refund_cents", field=models.BigIntegerField(null=True)),
        migrations.AddField(model_name="operation", name="refund_site", field=models.IntegerField(null=True)),
    ]
