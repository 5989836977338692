"""Give the returns of before a last change: the later one of their update and their newest tag.

In steps of their own, so that no lock is held for long. Triggers keep those written meanwhile. A
time in the future would hide all changes until then, so it becomes the present one.
"""

from django.db import migrations

IDS_AT_ONCE = 20_000
FILL = """
    INSERT INTO returns_lastchange (record_id, changed_at)
    SELECT r.id, least(clock_timestamp(), greatest(r.updated_at, (
        SELECT max(t.tagged_at) FROM returns_returntag t WHERE t.entity_id = r.id
    )))
    FROM returns_return r WHERE r.id > %s AND r.id <= %s ORDER BY r.id
    ON CONFLICT (record_id) DO NOTHING
"""
# Returns that were deleted while they were filled in.
TIDY = """
    DELETE FROM returns_lastchange l
    WHERE NOT EXISTS (SELECT FROM returns_return r WHERE r.id = l.record_id)
"""


def fill_last_changes(_apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 0) - 1, coalesce(max(id), 0) FROM returns_return")
        start, last = cursor.fetchone()
        while start < last:
            cursor.execute(FILL, [start, start + IDS_AT_ONCE])
            start += IDS_AT_ONCE
        cursor.execute(TIDY)
        cursor.execute("ANALYZE returns_lastchange")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("returns", "0080_last_changes"),
    ]

    operations = [
        migrations.RunPython(fill_last_changes, migrations.RunPython.noop, elidable=True),
    ]
