"""The vocabulary in the admin: changes that the database would reject get a message."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from returns.models import ReturnTag
from tags import usage
from tags.models import Tag, TagGroup
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

TAGS = "/admin/tags/tag/"
GROUPS = "/admin/tags/taggroup/"


def group_fields(group: TagGroup, **fields: object) -> dict[str, object]:
    shown = {"name": group.name, "color": group.color, "position": group.position}
    return shown | ({"exclusive": "on"} if group.exclusive else {}) | fields


def tag_fields(tag: Tag, **fields: object) -> dict[str, object]:
    return {"name": tag.name, "group": tag.group_id, "position": tag.position} | fields


def test_tag_is_made(as_admin):
    group = TagGroup.objects.get(name="Priority")
    sent = {"name": "call-first", "group": group.pk, "position": 5}
    assert as_admin.post(f"{TAGS}add/", sent).status_code == 302
    assert Tag.objects.get(name="call-first").slot == group.pk


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("BOOKS", "There is already a tag books in Product category"),
        ("a,b", "cannot contain a comma"),
        ("a" * 51, "at most 50 characters"),
        ("", "This field is required"),
    ],
)
def test_impossible_tag_name_is_said_at_the_field(as_admin, name, message):
    sent = {"name": name, "group": TagGroup.objects.first().pk, "position": 5}
    form = as_admin.post(f"{TAGS}add/", sent).context["adminform"].form
    assert message in str(form.errors["name"])


def test_similar_tag_name_needs_a_tick(as_admin):
    sent = {"name": "wrong size", "group": TagGroup.objects.first().pk, "position": 5}
    answer = as_admin.post(f"{TAGS}add/", sent)
    assert (
        f'similar name, <a href="/tags/{make_tag("wrong-size").pk}/">wrong-size</a>' in answer.text
    )
    assert as_admin.post(f"{TAGS}add/", sent | {"anyway": "on"}).status_code == 302
    assert Tag.objects.filter(name="wrong size").exists()


def test_group_name_is_unique_whatever_its_case(as_admin):
    sent = {"name": "PRIORITY", "color": "red", "position": 5}
    form = as_admin.post(f"{GROUPS}add/", sent).context["adminform"].form
    assert "There is already a group Priority" in str(form.errors["name"])


def test_tag_that_moves_takes_its_taggings_along(as_admin):
    tagging = put_tag(make_return(), "books")
    priority = TagGroup.objects.get(name="Priority")
    page = f"{TAGS}{tagging.tag_id}/change/"
    assert as_admin.post(page, tag_fields(tagging.tag, group=priority.pk)).status_code == 302
    assert ReturnTag.objects.get().slot == priority.pk


def test_tag_that_would_meet_another_of_its_new_group_stays(as_admin):
    record = make_return()
    put_tag(record, "standard")
    tag = put_tag(record, "books").tag
    sent = tag_fields(tag, group=TagGroup.objects.get(name="Priority").pk)
    answer = as_admin.post(f"{TAGS}{tag.pk}/change/", sent)
    assert "Two tags of this group are on 1 return" in answer.text


def test_group_becomes_exclusive(as_admin):
    tagging = put_tag(make_return(), "books")
    group = tagging.tag.group
    page = f"{GROUPS}{group.pk}/change/"
    assert as_admin.post(page, group_fields(group, exclusive="on")).status_code == 302
    assert ReturnTag.objects.get().slot == group.pk


def test_group_with_two_tags_on_a_return_does_not_become_exclusive(as_admin):
    for _ in range(2):
        record = make_return()
        put_tag(record, "books")
        group = put_tag(record, "fragile").tag.group
    answer = as_admin.post(f"{GROUPS}{group.pk}/change/", group_fields(group, exclusive="on"))
    assert "Two tags of this group are on 2 returns" in answer.text


@pytest.mark.parametrize("checked", [usage.describe_conflicts, usage.describe_uses])
def test_clash_that_comes_up_while_saving_is_said_in_words(as_admin, monkeypatch, checked):
    record = make_return()
    put_tag(record, "books")
    tag = put_tag(record, "fragile").tag
    monkeypatch.setattr(usage, checked.__name__, lambda _: "")
    page, sent = f"{GROUPS}{tag.group_id}/change/", group_fields(tag.group, exclusive="on")
    if checked.__name__ == "describe_uses":
        page, sent = f"{TAGS}{tag.pk}/delete/", {"post": "yes"}
    answer = as_admin.post(page, sent, follow=True)
    assert [str(message) for message in answer.context["messages"]]
    assert Tag.objects.filter(pk=tag.pk).exists()


def test_tag_in_use_is_not_deleted(as_admin):
    tag = put_tag(make_return(), "books").tag
    answer = as_admin.post(f"{TAGS}{tag.pk}/delete/", {"post": "yes"})
    assert "“books” is on 1 return" in answer.text
    assert Tag.objects.filter(pk=tag.pk).exists()


def test_unused_tag_is_deleted(as_admin):
    tag = make_tag("books")
    assert as_admin.post(f"{TAGS}{tag.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Tag.objects.filter(pk=tag.pk).exists()


def test_group_with_tags_is_not_deleted(as_admin):
    group = TagGroup.objects.get(name="Priority")
    answer = as_admin.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"})
    assert "urgent-refund" in answer.text
    assert TagGroup.objects.filter(pk=group.pk).exists()


def test_empty_group_is_deleted(as_admin):
    group = TagGroup.objects.get(name="Unsorted")
    assert as_admin.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("path", [TAGS, GROUPS])
def test_lists_cost_the_same_queries_for_three_times_the_rows(as_admin, path):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            as_admin.get(path)
        return len(caught)

    few = queries()
    for number in range(60):
        make_tag(f"tag-{number}", group=f"Group {number}")
    assert queries() == few


def test_manager_changes_no_vocabulary_here(as_manager):
    assert as_manager.get(TAGS).status_code == 302


def test_a_renamed_tag_keeps_its_old_name_as_a_synonym_unless_told_otherwise(as_admin):
    tag = make_tag("books")
    page = f"{TAGS}{tag.pk}/change/"
    form = as_admin.get(page).context["adminform"].form
    assert form["keep_name"].value() is True
    as_admin.post(page, tag_fields(tag, name="paper goods", keep_name="on"))
    assert Tag.names.get(name="books").synonym_of == tag
    as_admin.post(page, tag_fields(tag, name="printed matter"))
    assert not Tag.names.filter(name="paper goods").exists()


def test_a_new_tag_has_no_old_name(as_admin):
    assert 'name="keep_name"' not in as_admin.get(f"{TAGS}add/").text
