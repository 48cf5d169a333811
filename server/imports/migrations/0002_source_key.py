"""A source's key leaves its address, where lists and logs showed it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from server.imports.keys import split_address


def take_keys_out(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    for source in apps.get_model("imports", "Source").objects.iterator():
        source.address, source.key = split_address(source.address)
        if source.key:
            source.save(update_fields=["address", "key"])


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_sources")]
    operations = [
        migrations.AddField("source", "key", models.CharField(blank=True, default="", max_length=900)),
        migrations.RunPython(take_keys_out, migrations.RunPython.noop),
    ]
