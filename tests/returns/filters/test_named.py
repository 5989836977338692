"""What is said of a filter that people name: its name, and that it is still there."""

import pytest
from django.core.exceptions import ValidationError

from returns.filters import named
from returns.filters.query import Query
from returns.models import DeadlinePolicy, Unit
from tests.factories import make_tag

pytestmark = pytest.mark.django_db


def policy(name: str) -> DeadlinePolicy:
    return DeadlinePolicy(name=name, amount=1, unit=Unit.HOURS)


def test_a_filter_is_kept_by_ids_and_without_its_order(vocabulary):
    query = Query.parse("tag=books&sort=order&group=tag&after=x&notes= wet ")
    assert named.to_parameters(query) == {"tag": [make_tag("books").pk], "notes": ["wet"]}


def test_a_name_that_is_taken_leaves_nothing_of_what_was_written_with_it():
    entries, stored = [policy("One"), policy("ONE")], DeadlinePolicy.objects.all()
    with (
        pytest.raises(ValidationError, match="Taken"),
        named.require_unique_name(entries[1], stored, "Taken"),
    ):
        [entry.save() for entry in entries]
    assert not DeadlinePolicy.objects.exists()


def test_what_was_deleted_cannot_be_locked():
    kept = policy("One")
    kept.save()
    assert named.lock_entry(kept, "Gone").name == "One"
    DeadlinePolicy.objects.all().delete()
    with pytest.raises(ValidationError, match="Gone"):
        named.lock_entry(kept, "Gone")
