"""A test that commits leaves the database as it found it."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from returns.models import Return, ReturnTag, SavedView, TagRule
from returns.people import roles
from tags.models import Tag, TagGroup
from tests import database
from tests.factories import make_comment, make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

# Together more than the size at which a table is truncated.
MANY, LONG = 1000, "x" * 1500


def held() -> dict[str, list]:
    """Return all rows of all tables."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}" AS t ORDER BY t::text')
            rows[table] = cursor.fetchall()
        return rows


def test_whatever_is_committed_is_taken_back(make_person):
    before = held()
    make_comment(make_return("R1"), make_person("somebody", roles.ADMIN))
    put_tag(Return.objects.get(), "no tag that comes with the migrations")
    Tag.objects.filter(name="books").update(name="tomes")
    make_tag("alone").delete()
    SavedView.objects.all().delete()
    TagRule.objects.all().delete()
    TagGroup.objects.first().tags.all().delete()
    Permission.objects.first().delete()
    assert held() != before
    database.put_back()
    assert held() == before


@pytest.mark.slow
def test_a_table_that_grew_large_is_emptied_too():
    before = held()
    moments = {"created_at": timezone.now(), "updated_at": timezone.now()}
    Return.objects.bulk_create(
        Return(return_reference_number=f"R{number}", state="ReturnCreated", notes=LONG, **moments)
        for number in range(MANY)
    )
    put_tag(Return.objects.first(), "books")
    database.put_back()
    assert held() == before
    assert not ReturnTag.objects.exists()


def test_writing_works_afterwards():
    SavedView.objects.all().delete()
    database.put_back()
    make_tag("one of our own")
    assert put_tag(make_return(), "books")
