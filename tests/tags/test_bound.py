"""A return has at most so many tags, whoever adds them."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse

from returns.models import Return, ReturnTag, TagRule
from returns.rules.running import run_hourly
from tags import bulk
from tags.bulk.results import describe_results
from tags.models import Tag
from tags.tagging import TooManyTagsError, add_tag
from tests.factories import make_return, make_tag, put_tag
from tests.returns.feed.test_runs import bring, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
SENTENCE = "A return can have up to 3 tags."


@pytest.fixture(autouse=True)
def _three(settings):
    settings.RETURN_TAGS = 3


@pytest.fixture
def full():
    record = make_return()
    for name in ("books", "fragile", "standard"):
        put_tag(record, name)
    return record


def names(record) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


FULL = {"books", "fragile", "standard"}


def test_a_person_is_told_the_bound_beside_the_box(as_agent, full):
    answer = as_agent.post(reverse("return-tags", args=[full.pk]), {"add": "damaged"})
    assert answer.status_code == 422
    assert SENTENCE in answer.text
    assert names(full) == FULL


def test_what_replaces_a_tag_or_is_there_needs_no_room(full, agent):
    assert str(add_tag(full, make_tag("books"), agent)) == "Nothing changed."
    assert str(add_tag(full, make_tag("urgent-refund"), agent)) == (
        "urgent-refund replaced standard."
    )
    assert names(full) == {"books", "fragile", "urgent-refund"}


def test_bulk_tagging_leaves_full_returns_alone_and_says_how_many(full, manager):
    others = [make_return(), make_return()]
    adds = [make_tag(name) for name in ("damaged", "urgent-refund")]
    job = bulk.create_draft(ReturnTag, [full.pk, *(each.pk for each in others)], adds, [], manager)
    assert bulk.preview(job).full == 1
    bulk.start(job)
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    assert names(full) == FULL
    assert names(others[0]) == {"damaged", "urgent-refund"}
    assert str(describe_results(job)) == (
        "“damaged” added to 2. “urgent-refund” added to 2. "
        "A return can have up to 3 tags, so nothing was added to 1."
    )


def test_bulk_tagging_may_remove_tags_to_make_room(full, manager):
    job = bulk.create_draft(
        ReturnTag, [full.pk], [make_tag("damaged")], [make_tag("books")], manager
    )
    bulk.start(job)
    bulk.run_steps(job, 60)
    assert names(full) == {"damaged", "fragile", "standard"}


def test_bulk_tagging_refuses_more_tags_than_a_return_may_have(manager):
    adds = [make_tag(name) for name in ("books", "fragile", "damaged", "defective")]
    with pytest.raises(TooManyTagsError, match=SENTENCE):
        bulk.create_draft(ReturnTag, [make_return().pk], adds, [], manager)


def test_a_rule_leaves_full_returns_alone_and_logs_it(full, caplog):
    caplog.set_level(logging.INFO)
    other = make_return()
    TagRule.objects.all().delete()
    adds = [make_tag("damaged").pk]
    TagRule.objects.create(name="All", moment="hourly", parameters={}, adds=adds, is_on=True)
    run_hourly()
    assert (names(full), names(other)) == (FULL, {"damaged"})
    assert f"left out returns (returns: 1). {SENTENCE}" in caplog.text


def test_tags_that_people_added_count_for_records_too(agent):
    record = make_return()
    put_tag(record, "books", by=agent)
    put_tag(record, "fragile", by=agent)
    fields = {"state": record.state, "updatedAt": "2026-03-01T00:00:00Z"}
    row = bring(sent(str(record), tag="damaged,defective", **fields))
    assert row.rejected == 1
    assert names(record) == {"books", "fragile"}


@pytest.mark.parametrize("together", [True, False])
def test_exclusive_tags_in_records_share_one_place(together):
    """However many come, and in however many batches; "urgent-refund" outranks "standard"."""
    parts = ["standard,books", "urgent-refund", "standard,damaged"]
    items = [
        sent("R-1", tag=tags, updatedAt=f"2026-03-0{day}T00:00:00Z")
        for day, tags in enumerate(parts, start=1)
    ]
    for part in [items] if together else [[item] for item in items]:
        assert bring(*part).rejected == 0
    assert names(Return.objects.get()) == {"urgent-refund", "books", "damaged"}


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_do_not_exceed_it(vocabulary, agent, manager):
    record = make_return()
    put_tag(record, "books")
    put_tag(record, "fragile")
    barrier = Barrier(2)

    def add(name, by) -> bool:
        try:
            tag = Tag.objects.get(name=name)
            barrier.wait()
            return bool(add_tag(record, tag, by).added)
        except TooManyTagsError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        added = list(pool.map(add, ["damaged", "defective"], [agent, manager]))
    assert sorted(added) == [False, True]
    assert record.taggings.count() == 3
