from django.db import migrations, models

import server.runtime


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentSetting",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("name", models.CharField(max_length=40)),
                ("value", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("territory", "name"), name="content_setting_once")],
            },
        ),
    ]
