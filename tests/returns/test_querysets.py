"""Which joined tags a walk through returns begins in."""

from datetime import UTC, datetime

import pytest
from django.db.models import F

from returns.models import Return
from returns.querysets import ReturnQuerySet
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def bounds(queryset: ReturnQuerySet) -> int:
    """Return how many indexes a walk in order of creation begins in, beside that of returns."""
    query = queryset.after_row("created_at", NOW, 7, descending=True).query
    return str(query).count('"entity_created_at", ')


def test_a_walk_begins_in_the_index_of_each_joined_tag(vocabulary):
    tags = [make_tag(name).pk for name in ("books", "fragile")]
    assert bounds(Return.objects.all()) == 0
    assert bounds(Return.objects.tagged(tags).in_state("Completed").order_by("pk")) == 2
    assert bounds(Return.objects.tagged_any_by_creation(tags)) == 1
    assert bounds(Return.objects.tagged_any(tags)) == 0


def test_what_is_only_named_like_a_joined_tag_is_none(vocabulary):
    record = make_return("one", created_at=NOW)
    put_tag(record, "books")
    named = {"first_created_at": F("created_at"), "first_entity_id": F("pk") + 1_000}
    queryset = Return.objects.tagged([make_tag("books").pk]).alias(**named)
    assert bounds(queryset) == 1
    after = queryset.after_row("created_at", NOW, record.pk - 1, descending=False)
    assert list(after) == [record]
    before = queryset.after_row("created_at", NOW, record.pk + 1, descending=True)
    assert list(before) == [record]
