"""Taggings have one writer: repeatable, one of an exclusive group, who and when are kept."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from returns.models import Return, ReturnTag, ReturnTagEvent
from tags.models import Tag
from tags.tagging import add_tag, remove_tag
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db


def names_on(record: Return) -> set[str]:
    return set(
        Tag.objects.filter(pk__in=record.taggings.values("tag")).values_list("name", flat=True)
    )


def test_a_tag_is_added_with_who_and_when(vocabulary, agent):
    record = make_return()
    change = add_tag(record, make_tag("books"), agent)
    tagging = record.taggings.get()
    assert (str(change), tagging.tagged_by) == ("Added books.", agent)
    assert tagging.tagged_at is not None
    assert tagging.entity_created_at == record.created_at


def test_adding_twice_keeps_who_was_first(vocabulary, agent, manager):
    record = make_return()
    add_tag(record, make_tag("books"), agent)
    change = add_tag(record, make_tag("books"), manager)
    assert (change.added, change.removed) == (None, None)
    assert record.taggings.get().tagged_by == agent


def test_a_tag_of_an_exclusive_group_replaces_the_other(vocabulary, agent):
    record = make_return()
    for name in ("books", "standard", "urgent-refund"):
        change = add_tag(record, make_tag(name), agent)
    assert str(change) == "urgent-refund replaced standard."
    assert names_on(record) == {"books", "urgent-refund"}


def test_adding_the_exclusive_tag_that_is_there_changes_nothing(vocabulary, agent):
    record = make_return()
    put_tag(record, "standard")
    assert str(add_tag(record, make_tag("standard"), agent)) == "Nothing changed."


def test_tags_of_other_groups_stay_together(vocabulary, agent):
    record = make_return()
    add_tag(record, make_tag("damaged"), agent)
    add_tag(record, make_tag("defective"), agent)
    assert names_on(record) == {"damaged", "defective"}


def test_removing_a_tag_that_is_not_there_changes_nothing(vocabulary, agent):
    record = make_return()
    put_tag(record, "books")
    assert remove_tag(record, make_tag("damaged"), agent).removed is None
    assert names_on(record) == {"books"}
    assert str(remove_tag(record, make_tag("books"), agent)) == "Removed books."
    assert names_on(record) == set()


def test_the_timeline_names_the_person_who_tagged_and_untagged(vocabulary, agent, manager):
    record = make_return()
    add_tag(record, make_tag("books"), agent)
    remove_tag(record, make_tag("books"), manager)
    events = ReturnTagEvent.objects.order_by("pgh_id")
    assert [(event.pgh_label, event.pgh_context["user"]) for event in events] == [
        ("tag.added", agent.pk),
        ("tag.removed", manager.pk),
    ]


def test_the_feed_tags_in_nobodys_name(vocabulary):
    record = make_return()
    add_tag(record, make_tag("books"), None)
    assert record.taggings.get().tagged_by is None


def test_a_tag_whose_group_became_exclusive_meanwhile_goes_in_with_the_new_slot(vocabulary, agent):
    record, tag = make_return(), make_tag("books")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tags_taggroup SET exclusive = true WHERE id = %s", [tag.group_id])
    add_tag(record, tag, agent)
    assert record.taggings.get().slot == tag.group_id


def test_a_tag_whose_group_became_exclusive_meanwhile_replaces_the_other(vocabulary, agent):
    record, tag = make_return(), make_tag("books")
    put_tag(record, "apparel")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tags_taggroup SET exclusive = true WHERE id = %s", [tag.group_id])
    assert str(add_tag(record, tag, agent)) == "books replaced apparel."


def test_a_tag_that_was_deleted_meanwhile_replaces_nothing(vocabulary, agent):
    record, tag = make_return(), make_tag("urgent-refund")
    put_tag(record, "standard")
    Tag.objects.filter(pk=tag.pk).delete()
    assert str(add_tag(record, tag, agent)) == "Nothing changed."
    assert names_on(record) == {"standard"}


def test_tagging_a_return_that_is_gone_says_so(vocabulary, agent):
    record = make_return()
    Return.objects.filter(pk=record.pk).delete()
    with pytest.raises(Return.DoesNotExist):
        add_tag(record, make_tag("books"), agent)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "names", [("standard", "urgent-refund"), ("books", "books"), ("books", "damaged")]
)
def test_two_people_at_once_both_succeed(vocabulary, make_person, names):
    record, people = make_return(), [make_person("one"), make_person("two")]
    tags = [make_tag(name) for name in names]
    together = Barrier(2)

    def tag(number: int) -> None:
        try:
            for _ in range(5):
                together.wait(timeout=20)
                add_tag(record, tags[number], people[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tag, range(2)))
    taggings = ReturnTag.objects.filter(entity=record)
    assert taggings.count() == (2 if names == ("books", "damaged") else 1)
