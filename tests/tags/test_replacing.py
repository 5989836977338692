"""All tags of a record replaced by a program."""

import pytest

from returns.models import ReturnTag
from returns.record.events import events_of, origins_of
from tags import editing
from tags.models import Tag, TagAction
from tags.replacing import Replacement, replace_tags
from tags.undo import undo
from tags.vocabulary import VocabularyError, find_tag
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(vocabulary):
    return make_return("R-1")


def replace(record, *names: str) -> Replacement:
    return replace_tags(ReturnTag, record.pk, names, program="the API token “Shop”")


def tags_of(record) -> list[str]:
    return sorted(record.taggings.values_list("tag__name", flat=True))


def test_the_tags_are_those_that_were_named_and_no_others(record, agent):
    kept, _ = put_tag(record, "books", by=agent), put_tag(record, "fragile")
    done = replace(record, "BOOKS", "apparel")
    assert (done.added, done.removed) == (["apparel"], ["fragile"])
    assert tags_of(record) == sorted(done.tags) == ["apparel", "books"]
    # What was so already stays whose it was.
    assert record.taggings.get(tag__name="books").tagged_at == kept.tagged_at
    assert replace(record).removed == done.tags
    assert tags_of(record) == []


def test_the_same_again_changes_nothing_and_leaves_no_action(record):
    replace(record, "books")
    assert replace(record, " books ", "books") == Replacement(["books"], [], [])
    assert TagAction.objects.count() == 1


def test_an_unknown_name_becomes_an_unsorted_tag_and_a_synonym_means_its_tag(record, agent):
    editing.add_synonym(find_tag("books"), "novels", agent)
    assert replace(record, "brand new", "Novels").added == ["books", "brand new"]
    assert Tag.objects.get(name="brand new").group.name == "Unsorted"


def test_of_an_exclusive_group_the_higher_ranked_is_kept_and_told(record):
    put_tag(record, "standard")
    done = replace(record, "vip-customer", "urgent-refund")
    assert (done.added, done.removed) == (["urgent-refund"], ["standard"])
    assert done.given_way == {"vip-customer": "urgent-refund"}


@pytest.mark.parametrize("name", ["x" * 51, "a\u200bb", ""])
def test_a_name_that_no_tag_can_have_changes_nothing(record, name):
    put_tag(record, "books")
    with pytest.raises(VocabularyError):
        replace(record, "brand new", name)
    assert tags_of(record) == ["books"]
    assert not Tag.objects.filter(name="brand new").exists()


def test_it_is_one_action_that_can_be_undone(record, manager):
    put_tag(record, "fragile")
    replace(record, "books", "apparel")
    action = TagAction.objects.get()
    assert str(action) == "R-1, by the API token “Shop”: added apparel, books; removed fragile."
    undo(action.pk, manager)
    assert tags_of(record) == ["fragile"]


def test_the_timeline_names_the_program(record):
    replace(record, "books")
    (event,) = events_of(record, 9)
    assert event.who == "the API token “Shop”"
    assert origins_of(record)[make_tag("books").pk].who == event.who
