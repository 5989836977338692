"""The pages of the vocabulary, as a manager uses them and customer service sees them."""

import pytest
from django.urls import reverse

from returns.filters.query import Query
from returns.models import Return, ReturnTag, SavedView
from tags import editing
from tags.history import actions, version_of
from tags.merging import merge
from tags.models import Tag, TagAction, TagGroup
from tags.vocabulary import find_tag
from tests.factories import make_return, make_tag, put_tag
from tests.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

PAGE, MERGE, HISTORY = "/tags/", "/tags/merge/", "/tags/history/"


def path_of(entry: Tag | TagGroup) -> str:
    name = "change-tag" if isinstance(entry, Tag) else "change-group"
    return reverse(name, args=[entry.pk])


def form_data(tag: Tag, **fields: object) -> dict[str, object]:
    current = {"name": tag.name, "group": tag.group_id, "position": tag.position, "description": ""}
    return current | {"seen": version_of(tag)} | fields


def rows(answer) -> list[Return]:
    return list(answer.context["list"].page.rows)


def message_texts(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_page_shows_groups_tags_other_names_and_what_is_required(as_manager):
    editing.add_synonym(make_tag("books"), "Bücher", None)
    editing.retire(make_tag("apparel"), None, on=True)
    group = TagGroup.objects.get(name="Return reason")
    group.required_when = "ArrivedToWarehouse"
    editing.save_group(group, None)
    text = as_manager.get(PAGE).text
    assert "also Bücher" in text
    assert text.index("bulk-return") < text.index(">apparel<")
    assert "arrived at the warehouse without Return reason" in text
    assert "/returns/?missing_group=Return+reason&amp;state=ArrivedToWarehouse" in text


def test_the_list_of_what_is_required_is_those_that_lack_it(as_manager):
    group = TagGroup.objects.get(name="Return reason")
    group.required_when = "ArrivedToWarehouse"
    editing.save_group(group, None)
    lacking, has, _ = (make_return(state=s) for s in ("ArrivedToWarehouse",) * 2 + ("Completed",))
    put_tag(has, "damaged")
    address = as_manager.get(PAGE).context["groups"][1].missing[0][1]
    assert rows(as_manager.get(address)) == [lacking]


def test_uses_are_counted_after_the_page(as_agent):
    for _ in range(2):
        put_tag(make_return(), "books")
    tag = make_tag("books")
    text = as_agent.get("/tags/usage/", headers={"HX-Request": "true"}).text
    assert f'hx-target="#usage-{tag.pk}">2 returns<' in text
    assert "2 in the last 30 days" in text
    # One that is older counts in total alone.
    ReturnTag.objects.filter(pk=ReturnTag.objects.first().pk).update(tagged_at="2020-01-01T00:00Z")
    assert "1 in the last 30 days" in as_agent.get("/tags/usage/").text


def test_a_tag_is_made_changed_retired_and_brought_back(as_manager, manager):
    group = TagGroup.objects.get(name="Process")
    made = as_manager.post("/tags/new/", {"name": "torn", "group": group.pk, "position": "5"})
    tag = Tag.objects.get(name="torn")
    assert made["Location"] == f"/tags/#tag-{tag.pk}"
    as_manager.post(path_of(tag), form_data(tag, name="ripped", description="Torn open"))
    tag.refresh_from_db()
    assert (tag.name, tag.description) == ("ripped", "Torn open")
    assert (
        "no longer offered" in as_manager.post(path_of(tag), {"action": "retire"}, follow=True).text
    )
    tag.refresh_from_db()
    assert tag.retired_at
    as_manager.post(path_of(tag), {"action": "bring-back"})
    tag.refresh_from_db()
    assert tag.retired_at is None
    assert {action.done_by for action in TagAction.objects.all()} == {manager}


def test_a_group_is_made_and_its_tags_keep_it_from_being_deleted(as_manager):
    sent_group = {"name": "Season", "color": "teal", "position": "5"}
    made = as_manager.post("/tags/groups/new/", sent_group, follow=True)
    assert message_texts(made) == ["Saved “Season”."]
    group = TagGroup.objects.get(name="Season")
    editing.create_tag("winter", group, None)
    answer = as_manager.post(path_of(group), {"action": "remove"}, follow=True)
    assert message_texts(answer) == ["“Season” is in use and cannot be deleted."]
    editing.remove(make_tag("winter"), None)
    as_manager.post(path_of(group), {"action": "remove"})
    assert not TagGroup.objects.filter(name="Season").exists()


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"name": "DAMAGED"}, "name", "There is already a tag damaged in Return reason."),
        ({"name": "kaputt"}, "name", "“kaputt” is a synonym of defective in Return reason."),
        ({"name": "a,b"}, "name", "cannot contain a comma"),
        ({"group": ""}, "group", "This field is required"),
        ({"group": "0"}, "group", "not one of the available choices"),
        ({"position": "-1"}, "position", "greater than or equal to 0"),
    ],
)
def test_what_a_tag_cannot_be_is_said_at_its_field(as_manager, fields, field, message):
    editing.add_synonym(make_tag("defective"), "kaputt", None)
    tag = make_tag("books")
    answer = as_manager.post(path_of(tag), form_data(tag, **fields))
    assert answer.status_code == 422
    assert message in str(answer.context["form"].errors[field])
    assert Tag.objects.get(pk=tag.pk).name == "books"


SIMILAR_NAMES = ["Wrong Size", "wrong_size", "#wrong-size", "wrongsize", "wrong  size"]


def new_tag(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "group": TagGroup.objects.get(name="Process").pk, "position": 5} | fields


@pytest.mark.parametrize("name", SIMILAR_NAMES)
def test_a_new_tag_with_a_similar_name_needs_a_second_button(as_manager, name):
    similar = make_tag("wrong-size")
    answer = as_manager.post("/tags/new/", new_tag(name))
    assert answer.status_code == 422
    link = f'<a href="/tags/{similar.pk}/">wrong-size</a>'
    assert f"There is already a tag with a similar name, {link} in Return reason." in answer.text
    wanted = " ".join(name.split())
    assert f'name="anyway" value="{wanted}">Create “{wanted}” anyway' in flat(answer)
    assert not Tag.objects.filter(name=wanted).exists()
    made = as_manager.post("/tags/new/", new_tag(name, anyway=wanted))
    assert made["Location"] == f"/tags/#tag-{Tag.objects.get(name=wanted).pk}"


def test_a_similar_synonym_counts_and_a_removed_one_does_not(as_manager):
    tag = make_tag("defective")
    synonym = editing.add_synonym(tag, "ka-putt <b>", None)
    text = as_manager.post("/tags/new/", new_tag("kaputt<b>")).text
    assert "A similar name, “ka-putt &lt;b&gt;”, is a synonym of <a" in text
    editing.remove_synonym(tag, synonym.pk, None)
    assert as_manager.post("/tags/new/", new_tag("kaputt<b>")).status_code == 302


def test_a_button_confirms_only_the_name_that_it_shows(as_manager):
    answer = as_manager.post("/tags/new/", new_tag("wrong size", anyway="wrong_size"))
    assert answer.status_code == 422


def test_renaming_to_a_similar_name_needs_a_second_button_too(as_manager):
    tag = make_tag("books")
    answer = as_manager.post(path_of(tag), form_data(tag, name="wrong size"))
    assert answer.status_code == 422
    assert 'value="wrong size">Rename to “wrong size” anyway' in flat(answer)
    data = form_data(tag, name="wrong size", anyway="wrong size")
    assert as_manager.post(path_of(tag), data).status_code == 302
    tag.refresh_from_db()
    assert tag.name == "wrong size"
    # It is there by now, so it does not ask again.
    assert as_manager.post(path_of(tag), form_data(tag, description="x")).status_code == 302


def test_another_spelling_of_its_own_name_is_no_similar_name(as_manager):
    tag = make_tag("wrong-size")
    editing.add_synonym(tag, "wrong size", None)
    assert as_manager.post(path_of(tag), form_data(tag, name="Wrong_Size")).status_code == 302


def test_two_managers_at_once_do_not_undo_each_other(as_manager, as_admin):
    tag = make_tag("books")
    opened = form_data(tag, description="Anything printed")
    as_admin.post(path_of(tag), form_data(tag, name="novels"))
    answer = as_manager.post(path_of(tag), opened)
    assert answer.status_code == 422
    assert "Somebody changed “novels” meanwhile" in answer.text
    assert Tag.objects.get(pk=tag.pk).name == "novels"


def test_the_admin_s_page_does_not_undo_somebody_either(as_admin):
    tag = make_tag("books")
    opened = form_data(tag)
    editing.save_tag(Tag(pk=tag.pk, group=tag.group, name="novels", position=5), None)
    answer = as_admin.post(f"/admin/tags/tag/{tag.pk}/change/", opened, follow=True)
    assert "Somebody changed “novels” meanwhile" in answer.text
    assert Tag.objects.get(pk=tag.pk).name == "novels"


def test_another_name_is_added_found_and_removed(as_manager, as_agent):
    tag, record = make_tag("books"), make_return()
    put_tag(record, "books")
    as_manager.post(path_of(tag), {"action": "add-synonym", "name": "Bücher"})
    assert find_tag("BÜCHER") == tag
    assert rows(as_agent.get("/returns/?tag=b%C3%BCcher")) == [record]
    refused = as_manager.post(
        path_of(tag), {"action": "add-synonym", "name": "damaged"}, follow=True
    )
    assert message_texts(refused)[-1:] == ["There is already a tag damaged in Return reason."]
    synonym = Tag.names.get(name="Bücher")
    as_manager.post(path_of(tag), {"action": "remove-synonym", "synonym": synonym.pk})
    assert find_tag("Bücher") is None


def test_typing_another_name_adds_the_real_tag(as_agent):
    editing.add_synonym(make_tag("books"), "Bücher", None)
    record = make_return()
    as_agent.post(f"/return/{record.pk}/tags/", {"add": "bücher"})
    assert record.taggings.get().tag == make_tag("books")


def test_a_retired_tag_is_not_offered_and_not_added(as_agent):
    editing.retire(make_tag("books"), None, on=True)
    record = make_return()
    page = as_agent.get(f"/return/{record.pk}/tags/")
    assert 'data-name="apparel"' in page.text
    assert 'data-name="books"' not in page.text
    answer = as_agent.post(f"/return/{record.pk}/tags/", {"add": "Books"})
    assert answer.status_code == 422
    assert "“books” is retired. Choose another tag." in answer.text
    assert not record.taggings.exists()


def test_chosen_tags_are_merged_after_a_preview(as_manager):
    records = [make_return() for _ in range(3)]
    put_tag(records[0], "defective")
    put_tag(records[1], "defective")
    put_tag(records[1], "damaged")
    old, into = make_tag("defective"), make_tag("damaged")
    chosen = {"tag": [old.pk, into.pk], "into": into.pk}
    preview = as_manager.get(MERGE, chosen)
    assert "“defective”: 2 returns. “damaged” is already on 1 of them" in flat(preview)
    assert ReturnTag.objects.filter(tag=old).count() == 2
    answer = as_manager.post(MERGE, chosen, follow=True)
    assert message_texts(answer) == ["Merged into “damaged”. Tags replaced: 1."]
    assert ReturnTag.objects.filter(tag=into).count() == 2
    answer = as_manager.post(HISTORY, {"undo": actions()[0].pk}, follow=True)
    assert message_texts(answer) == ["Undone. Tags restored on 2 returns."]
    assert ReturnTag.objects.filter(tag=old).count() == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Choose tags"),
        ("tag=0", "One of these tags no longer exists."),
        ("tag=x", "is not a valid value"),
    ],
)
def test_a_merge_of_nothing_leads_back_to_choosing(as_manager, query, words):
    answer = as_manager.get(f"{MERGE}?{query}")
    assert (answer.status_code, answer.context["preview"]) == (200, None)
    assert words in answer.text


def test_a_merge_that_cannot_be_is_explained_on_the_page(as_manager):
    tag, into = make_tag("books"), make_tag("high-value")
    assert "cannot be merged" not in as_manager.get(MERGE, {"tag": tag.pk}).text
    same = as_manager.get(MERGE, {"tag": tag.pk, "into": tag.pk})
    assert "Choose at least one other tag to merge." in same.text
    record = make_return()
    put_tag(record, "books")
    put_tag(record, "standard")
    shown = as_manager.get(MERGE, {"tag": tag.pk, "into": into.pk})
    assert (
        f"Priority allows only one tag, but another tag of it is on 1 return: {record}."
        in shown.text
    )
    assert "Merge into “high-value”" not in shown.text
    assert as_manager.post(MERGE, {"tag": tag.pk, "into": into.pk}).status_code == 422
    assert find_tag("books") == tag


@pytest.mark.slow
def test_saved_views_links_and_filters_follow_a_merge(as_manager):
    record = make_return()
    put_tag(record, "defective")
    saved = as_manager.post("/views/", {"name": "Broken", "query": "tag=defective"})
    old, into = make_tag("defective"), make_tag("damaged")
    as_manager.post(MERGE, {"tag": old.pk, "into": into.pk})
    view = SavedView.objects.get(name="Broken")
    opened = as_manager.get(f"/views/{view.pk}/")
    assert Query.parse(opened["Location"].split("?")[1])["tag"] == "damaged"
    for address in (saved["Location"], opened["Location"], "/returns/?tag=DEFECTIVE"):
        listed = as_manager.get(address)
        assert rows(listed) == [record]
        assert [tab.name for tab in listed.context["tabs"] if tab.is_current] == ["Broken"]


def test_customer_service_sees_and_changes_nothing(as_agent):
    editing.retire(make_tag("books"), None, on=True)
    group = make_tag("books").group
    shown = {
        PAGE: "books",
        HISTORY: "books",
        path_of(make_tag("books")): "books",
        path_of(group): str(group),
    }
    for path, name in shown.items():
        text = as_agent.get(path).text
        assert name in text
        assert '<form method="post"' not in text.split("<main")[1]


def test_odd_requests_are_answered_in_words(as_manager):
    tag = make_tag("books")
    assert as_manager.post(path_of(tag), {"action": "explode"}).status_code == 400
    for value in ("", "tag", "tag-x", "shelf-1", "tag--1"):
        assert as_manager.post("/tags/move/", {"up": value}).status_code in {400, 404}
    answer = as_manager.post(HISTORY, {"undo": "x"}, follow=True)
    assert message_texts(answer) == ["This change no longer exists."]
    assert as_manager.get("/tags/0/").status_code == 404


def test_a_tag_moves_within_its_group(as_manager):
    tag = make_tag("apparel")
    answer = as_manager.post("/tags/move/", {"up": f"tag-{tag.pk}"})
    assert answer["Location"] == f"/tags/#tag-{tag.pk}"
    names = Tag.objects.filter(group=tag.group_id).values_list("name", flat=True)
    assert list(names)[:2] == ["apparel", "electronics"]
    group = tag.group
    as_manager.post("/tags/move/", {"down": f"taggroup-{group.pk}"})
    assert list(TagGroup.objects.all())[-2] == group


@pytest.mark.slow
def test_the_history_has_pages_and_a_merge_stands_on_the_page_of_the_tag_that_stays(as_manager):
    merge([make_tag("defective")], make_tag("damaged"), None)
    merged = actions()[0]
    for _ in range(51):
        editing.move(make_tag("books"), None, up=True)
        editing.move(make_tag("books"), None, up=False)
    first = as_manager.get(HISTORY)
    assert f'value="{merged.pk}"' not in first.text
    earlier = first.context["earlier"]
    second = as_manager.get(f"{HISTORY}?before={earlier}")
    third = as_manager.get(f"{HISTORY}?before={second.context['earlier']}")
    seen = [action.pk for page in (first, second, third) for action in page.context["actions"]]
    assert seen == sorted(seen, reverse=True)
    assert merged.pk in seen
    assert third.context["earlier"] is None
    assert f'value="{merged.pk}"' in as_manager.get(path_of(make_tag("damaged"))).text
    # The page of the tag that was merged leads there.
    assert as_manager.get(f"/tags/{merged.changes[0]['id']}/")["Location"] == path_of(
        make_tag("damaged")
    )


def test_a_tag_is_renamed_and_keeps_its_name_if_that_is_wished(as_manager):
    tag = make_tag("books")
    page = as_manager.get(path_of(tag))
    assert "Keep the old name as a synonym" in page.text
    fields = {"name": "novels", "group": tag.group_id, "position": 1, "keep_name": "on"}
    as_manager.post(path_of(tag), fields)
    assert find_tag("books") == tag
    as_manager.post(path_of(tag), fields | {"name": "prints", "keep_name": ""})
    assert find_tag("novels") is None
    assert "as a synonym" not in as_manager.get("/tags/new/").text
