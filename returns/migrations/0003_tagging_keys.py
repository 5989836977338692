from django.db import migrations

TAG_KEY = """
ALTER TABLE returns_returntag ADD CONSTRAINT return_tag_slot_is_its_tags
FOREIGN KEY (tag_id, slot) REFERENCES tags_tag (id, slot) ON UPDATE CASCADE
"""
RETURN_KEY = """
ALTER TABLE returns_returntag ADD CONSTRAINT return_tag_repeats_created_at
FOREIGN KEY (entity_id, entity_created_at) REFERENCES returns_return (id, created_at)
ON UPDATE CASCADE ON DELETE CASCADE
"""


class Migration(migrations.Migration):
    """The foreign keys that carry a tag's slot and a return's created_at to its taggings."""

    dependencies = [("returns", "0002_initial"), ("tags", "0003_slot_of_group")]
    operations = [
        migrations.RunSQL(
            TAG_KEY, "ALTER TABLE returns_returntag DROP CONSTRAINT return_tag_slot_is_its_tags"
        ),
        migrations.RunSQL(
            RETURN_KEY,
            "ALTER TABLE returns_returntag DROP CONSTRAINT return_tag_repeats_created_at",
        ),
    ]
