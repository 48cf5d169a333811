from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def records_of_drafts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every draft so far had one source: its payload is that source's record, and fills the new columns."""
    from server.catalogue.drafts import fill

    draft_model = apps.get_model("catalogue", "OfferDraft")
    record_model = apps.get_model("catalogue", "SourceRecord")
    for draft in draft_model.objects.iterator(chunk_size=500):
        record_model.objects.create(
            uid=draft.uid,
            territory=draft.territory,
            source=draft.source,
            source_id=draft.source_id,
            offer=draft.uid,
            payload=draft.payload,
            content_hash=draft.content_hash,
            seen_at=draft.updated_at,
        )
        fill(draft, draft.payload, {})
        draft.save()


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_curation")]
    operations = [migrations.RunPython(records_of_drafts, migrations.RunPython.noop)]
