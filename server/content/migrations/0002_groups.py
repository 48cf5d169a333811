from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="contentversion",
            name="content_version_once",
        ),
        migrations.AddField(
            model_name="contentversion",
            name="group",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="contentversion",
            name="size_bytes",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="contentversion",
            constraint=models.UniqueConstraint(
                fields=("territory", "group", "content_version"), name="content_version_of_group"
            ),
        ),
    ]
