"""Between `migrate` and the restart, processes of the version before write to the new tables."""

import pytest
from django.db import IntegrityError, connection

from returns.models import FeedRun, Outcome, RejectedRecord, Return
from tests.returns.feed.test_runs import bring, sent

pytestmark = pytest.mark.django_db
# What version 0.1.0 writes. Give a new column a ``db_default``: that version does not know it.
WRITTEN_BEFORE = {
    "tags_tag": {"name", "group_id", "slot", "position", "description"},
    "tags_taggroup": {"name", "color", "position", "exclusive", "required_when", "description"},
    "returns_returntag": {"entity_id", "entity_created_at", "tag_id", "slot"},
}
NEEDED = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO'
        AND column_default IS NULL AND is_generated = 'NEVER' AND is_identity = 'NO'
"""


@pytest.mark.parametrize("table", WRITTEN_BEFORE)
def test_no_column_is_needed_that_the_version_before_does_not_write(table):
    with connection.cursor() as cursor:
        cursor.execute(NEEDED, [table])
        assert {name for (name,) in cursor.fetchall()} <= WRITTEN_BEFORE[table]


def test_a_column_that_the_process_does_not_know_rejects_no_record():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tags_tag ADD later text")
        cursor.execute("UPDATE tags_tag SET later = ''")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE tags_tag ALTER later SET NOT NULL")
    with pytest.raises(IntegrityError):
        bring(sent(tag="never seen before"))
    assert FeedRun.objects.get().outcome == Outcome.FAILED
    assert not RejectedRecord.objects.exists()
    assert not Return.objects.exists()
