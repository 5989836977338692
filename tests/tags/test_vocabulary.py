"""The vocabulary refuses, in words, what no tag may be called."""

import pytest
from django.db import connection, transaction

from tags.editing import create_tag, save_tag
from tags.groups import groups_for_new_tags
from tags.merging import merge
from tags.models import Tag, TagGroup
from tags.rows import VOCABULARY_MARK_SQL
from tags.vocabulary import (
    VocabularyError,
    chips,
    clean_tag_name,
    find_tag,
    load_vocabulary,
)
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def group(name: str) -> TagGroup:
    return TagGroup.objects.get(name=name)


def message_for(name: str) -> str:
    with pytest.raises(VocabularyError) as error:
        create_tag(name, group("Unsorted"), None)
    return error.value.messages[0]


def test_a_new_tag_takes_the_slot_of_its_group():
    tag = create_tag("  very   urgent ", group("Priority"), None)
    assert (tag.name, tag.slot) == ("very urgent", group("Priority").pk)
    assert create_tag("calm", group("Analysis"), None).slot == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Enter a tag name"),
        ("  ", "Enter a tag name"),
        ("a,b", "comma"),
        ("x" * 51, "up to 50 characters; this one has 51"),
        ("a\x00b", "invisible"),
        ("a\tb", "invisible"),
        ("a\u202eb", "invisible"),
        ("a\x85b", "invisible"),
        ("\ufdfa" * 20, "too long"),
    ],
)
def test_an_impossible_name_is_refused_in_words(name, message):
    assert message in message_for(name)
    assert Tag.objects.filter(group__name="Unsorted").count() == 0


@pytest.mark.parametrize(
    "name", ["Wrong-Size", "WRONG-SIZE", "wrong-sıze", "WRONG-SİZE", " wrong-size "]
)
def test_a_name_is_taken_whatever_its_case(name):
    assert message_for(name) == "There is already a tag wrong-size in Return reason."
    assert find_tag(name).name == "wrong-size"


@pytest.mark.parametrize(
    "name", ["x" * 50, "<b>bold</b> & 'quoted'", "İade – geç kaldı", "%s", "🎁"]
)
def test_any_other_name_is_kept_as_it_is(name):
    assert find_tag(create_tag(name, group("Unsorted"), None).name).name == name
    assert clean_tag_name(name) == name


def test_somebody_who_was_quicker_is_answered_in_words(monkeypatch):
    tag = Tag(name="new-idea", group=group("Unsorted"))
    make_tag("New-Idea", "Analysis")
    with pytest.raises(VocabularyError, match="There is already a tag New-Idea in Analysis"):
        save_tag(tag, None)


def test_a_renamed_tag_may_change_its_own_case():
    tag = make_tag("books")
    tag.name = "Books"
    save_tag(tag, None)
    assert find_tag("books").name == "Books"


def test_moving_a_tag_moves_its_taggings():
    tagging = put_tag(make_return(), "books")
    tagging.tag.group = group("Priority")
    save_tag(tagging.tag, None)
    tagging.refresh_from_db()
    assert tagging.slot == group("Priority").pk


def test_a_move_that_would_leave_two_tags_of_an_exclusive_group_is_refused_in_words():
    record = make_return()
    put_tag(record, "standard")
    tag = put_tag(record, "books").tag
    tag.group = group("Priority")
    with pytest.raises(
        VocabularyError, match="“books” is in use together with another tag of Priority"
    ):
        save_tag(tag, None)
    assert connection.get_autocommit() or Tag.objects.get(name="books").group.name != "Priority"


def test_chips_stand_in_the_order_of_groups_and_ranks(django_assert_num_queries):
    with django_assert_num_queries(1):
        words = load_vocabulary()
    ids = [make_tag(name).pk for name in ("books", "damaged", "standard", "defective")]
    assert [chip.name for chip in chips([*ids, 0], words)] == [
        "standard",
        "defective",
        "damaged",
        "books",
    ]


def test_a_new_tag_is_offered_for_unsorted_first():
    assert [group.name for group in groups_for_new_tags()][:2] == ["Unsorted", "Priority"]


CHANGES = {
    "a new tag": lambda: make_tag("fresh"),
    "a renamed tag": lambda: Tag.objects.filter(name="wrong-size").update(name="too-small"),
    "a deleted tag": lambda: Tag.objects.filter(name="wrong-size").delete(),
    "another colour": lambda: TagGroup.objects.update(color="gray"),
    "a merged tag": lambda: merge([find_tag("wrong-size")], find_tag("damaged"), None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_was_read_before_is_kept_until_the_vocabulary_changes(
    change, django_assert_num_queries
):
    before = load_vocabulary()
    with django_assert_num_queries(1):
        assert load_vocabulary() == before
    mark = read_mark()
    with django_assert_num_queries(0):
        assert load_vocabulary(mark) == before
    change()
    assert read_mark() != mark
    after = load_vocabulary(mark=read_mark())
    assert after != before
    assert list(after) == list(Tag.objects.values_list("pk", flat=True))


def test_a_vocabulary_that_is_undone_is_not_kept():
    before = load_vocabulary()
    with transaction.atomic():
        make_tag("undone")
        assert len(load_vocabulary()) == len(before) + 1
        transaction.set_rollback(True)
    assert load_vocabulary() == before


def test_who_changes_what_was_read_changes_it_for_nobody_else():
    load_vocabulary().clear()
    assert load_vocabulary()


def read_mark() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {VOCABULARY_MARK_SQL}")
        (mark,) = cursor.fetchone()
    return mark
