from django.db import migrations

# In the migrations of returns, because the vocabulary knows nothing of them.
CREATE = """
CREATE FUNCTION returns_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO returns_change (reached_count) VALUES (0);
    RETURN NULL;
END $$;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON tags_tag
    FOR EACH STATEMENT EXECUTE FUNCTION returns_note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON tags_taggroup
    FOR EACH STATEMENT EXECUTE FUNCTION returns_note_change();
"""
DROP = """
DROP TRIGGER note_change ON tags_taggroup;
DROP TRIGGER note_change ON tags_tag;
DROP FUNCTION returns_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0050_changes_of_comments_and_deadlines"),
        ("tags", "0013_changes_of_single_records"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
