from django.db import migrations


class Migration(migrations.Migration):
    """The foreign key that carries a group's slot down to its tags."""

    dependencies = [("tags", "0002_initial")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE tags_tag ADD CONSTRAINT tag_slot_is_its_groups
            FOREIGN KEY (group_id, slot) REFERENCES tags_taggroup (id, slot) ON UPDATE CASCADE
            """,
            "ALTER TABLE tags_tag DROP CONSTRAINT tag_slot_is_its_groups",
        ),
    ]
