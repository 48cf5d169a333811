from django.db import migrations, models

import server.runtime


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0001_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClubCoupon",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("offer", models.CharField(db_index=True, max_length=64)),
                ("member", models.CharField(max_length=120)),
                ("text_fr", models.CharField(max_length=160)),
                ("text_en", models.CharField(blank=True, max_length=160)),
                ("code", models.CharField(max_length=20)),
                ("first_day", models.CharField(max_length=10)),
                ("last_day", models.CharField(max_length=10)),
                ("budget", models.PositiveIntegerField(default=0)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.BigIntegerField(default=server.runtime.now_ms)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("format", models.CharField(max_length=40)),
                ("origin", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "En cours"), ("done", "Terminé"), ("failed", "Échoué")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("objects_read", models.PositiveIntegerField(default=0)),
                ("summary", models.JSONField(default=dict)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("who", models.CharField(max_length=150)),
                ("started_at", models.BigIntegerField(default=server.runtime.now_ms)),
                ("heartbeat_at", models.BigIntegerField(default=server.runtime.now_ms)),
                ("finished_at", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="KeptApart",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("one", models.CharField(max_length=64)),
                ("other", models.CharField(max_length=64)),
                ("who", models.CharField(max_length=150)),
                ("at", models.BigIntegerField(default=server.runtime.now_ms)),
            ],
        ),
        migrations.CreateModel(
            name="KioskGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("name", models.SlugField(max_length=40)),
                ("label", models.CharField(max_length=120)),
                ("categories", models.JSONField(default=list)),
                ("sources", models.JSONField(default=list)),
                ("languages", models.JSONField(default=list)),
                ("center_latitude", models.FloatField(null=True)),
                ("center_longitude", models.FloatField(null=True)),
                ("radius_km", models.PositiveIntegerField(default=0)),
                ("offers_max", models.PositiveIntegerField(default=5000)),
                ("megabytes_max", models.PositiveIntegerField(default=120)),
                ("pictures", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Push",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[("choice", "Coup de cœur"), ("campaign", "Campagne")], default="choice", max_length=10
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("offer", models.CharField(db_index=True, max_length=64)),
                ("sites", models.JSONField(default=list)),
                ("groups", models.JSONField(default=list)),
                ("card_kinds", models.JSONField(default=list)),
                ("seasons", models.JSONField(default=list)),
                ("start_minute", models.PositiveIntegerField(default=0)),
                ("end_minute", models.PositiveIntegerField(default=1440)),
                ("first_day", models.CharField(blank=True, max_length=10)),
                ("last_day", models.CharField(blank=True, max_length=10)),
                ("active", models.BooleanField(default=True)),
                ("who", models.CharField(max_length=150)),
                ("created_at", models.BigIntegerField(default=server.runtime.now_ms)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SourceRecord",
            fields=[
                ("uid", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("source", models.CharField(max_length=40)),
                ("source_id", models.CharField(max_length=300)),
                ("offer", models.CharField(db_index=True, max_length=64)),
                ("payload", models.JSONField()),
                ("content_hash", models.CharField(max_length=64)),
                ("seen_at", models.BigIntegerField(default=server.runtime.now_ms)),
                ("withdrawn", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Suspect",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("one", models.CharField(db_index=True, max_length=64)),
                ("other", models.CharField(db_index=True, max_length=64)),
                ("score", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="VisitorReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=server.runtime.new_uuid, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("territory", models.CharField(db_index=True, max_length=64)),
                ("offer", models.CharField(db_index=True, max_length=64)),
                ("author", models.CharField(max_length=60)),
                ("stars", models.PositiveSmallIntegerField()),
                ("words", models.CharField(max_length=600)),
                ("day", models.CharField(max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "À modérer"), ("accepted", "Acceptée"), ("refused", "Refusée")],
                        db_index=True,
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("moderated_by", models.CharField(blank=True, max_length=150)),
                ("created_at", models.BigIntegerField(default=server.runtime.now_ms)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="category",
            field=models.CharField(default="", max_length=12),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="commune",
            field=models.CharField(default="", max_length=120),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="hours_until",
            field=models.CharField(default="9999-12-31", max_length=10),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="label",
            field=models.CharField(db_index=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="last_day",
            field=models.CharField(db_index=True, default="9999-12-31", max_length=10),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="name",
            field=models.CharField(default="", max_length=200),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="origins",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="overrides",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="offerdraft",
            name="problems",
            field=models.CharField(default="", max_length=120),
        ),
        migrations.AddIndex(
            model_name="offerdraft",
            index=models.Index(fields=["territory", "label"], name="draft_label"),
        ),
        migrations.AddConstraint(
            model_name="keptapart",
            constraint=models.UniqueConstraint(fields=("territory", "one", "other"), name="apart_once"),
        ),
        migrations.AddConstraint(
            model_name="kioskgroup",
            constraint=models.UniqueConstraint(fields=("territory", "name"), name="kiosk_group_once"),
        ),
        migrations.AddConstraint(
            model_name="sourcerecord",
            constraint=models.UniqueConstraint(fields=("territory", "source", "source_id"), name="record_source_once"),
        ),
        migrations.AddConstraint(
            model_name="suspect",
            constraint=models.UniqueConstraint(fields=("territory", "one", "other"), name="suspect_once"),
        ),
    ]
