from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_settings")]
    operations = [
        migrations.AddField(model_name="kioskgroup", name="members", field=models.JSONField(default=list)),
    ]
