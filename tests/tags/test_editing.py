"""Every change of the vocabulary is kept with who did it, and can be undone."""

from collections.abc import Callable

import pytest

from config.versions import ChangedMeanwhileError
from tags import editing
from tags.history import actions, version_of
from tags.merging import merge
from tags.models import Tag, TagAction, TagGroup
from tags.undo import undo
from tags.vocabulary import VocabularyError, find_tag, load_vocabulary, resolve_ids, synonyms_of
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def group(name: str) -> TagGroup:
    return TagGroup.objects.get(name=name)


def all_rows() -> list[tuple]:
    tags = Tag.names.values_list(
        *("id", "name", "group", "slot", "position", "description", "retired_at", "synonym_of")
    )
    groups = TagGroup.objects.values_list(
        *("id", "name", "color", "position", "exclusive", "required_when", "description")
    )
    return [*sorted(tags, key=str), *sorted(groups, key=str)]


def changed(entry: Tag | TagGroup, **values: object) -> Tag | TagGroup:
    for name, value in values.items():
        setattr(entry, name, value)
    return entry


def save(entry: Tag | TagGroup, by=None) -> None:
    editing.save_tag(entry, by) if isinstance(entry, Tag) else editing.save_group(entry, by)


CHANGES: dict[str, tuple[Callable[[], object], str]] = {
    "create a tag": (
        lambda: editing.create_tag("torn", group("Return reason"), None),
        "Created “torn” in Return reason.",
    ),
    "create a group": (lambda: save(TagGroup(name="Season")), "Created “Season”."),
    "rename": (
        lambda: save(changed(make_tag("books"), name="Novels & Co")),
        "“Novels & Co”: renamed from “books”.",
    ),
    "move to a group": (
        lambda: save(changed(make_tag("books"), group=group("Priority"))),
        "“books”: moved to Priority.",
    ),
    "describe": (
        lambda: save(changed(make_tag("books"), description="Anything printed")),
        "“books”: description changed.",
    ),
    "retire": (lambda: editing.retire(make_tag("books"), None, on=True), "“books”: retired."),
    "rank": (lambda: editing.move(make_tag("apparel"), None, up=True), "Moved “apparel” up."),
    "rank a group": (
        lambda: editing.move(group("Process"), None, up=False),
        "Moved “Process” down.",
    ),
    "add a synonym": (
        lambda: editing.add_synonym(make_tag("books"), "Bücher", None),
        "Added “Bücher” as a synonym of “books”.",
    ),
    "delete a tag": (
        lambda: editing.remove(make_tag("bulk-return"), None),
        "Deleted “bulk-return”.",
    ),
    "delete a group": (lambda: editing.remove(group("Unsorted"), None), "Deleted “Unsorted”."),
    "make exclusive": (
        lambda: save(changed(group("Process"), exclusive=True)),
        "“Process”: only one tag allowed.",
    ),
    "require": (
        lambda: save(changed(group("Process"), required_when="Completed")),
        "“Process”: required.",
    ),
    "colour": (lambda: save(changed(group("Process"), color="teal")), "“Process”: colour changed."),
    "rename a group": (
        lambda: save(changed(group("Process"), name="Next step")),
        "“Next step”: renamed from “Process”.",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_told_and_undone(change, manager):
    do, description = CHANGES[change]
    before = all_rows()
    do()
    assert all_rows() != before
    done = TagAction.objects.get()
    assert done.words == description
    assert undo(done.pk, manager) == "Undone."
    assert all_rows() == before


def test_taking_another_name_away_is_undone(manager):
    synonym = editing.add_synonym(make_tag("books"), "Bücher", manager)
    before = all_rows()
    assert editing.remove_synonym(make_tag("books"), synonym.pk, manager) == "Bücher"
    assert find_tag("Bücher") is None
    undo(actions()[0].pk, manager)
    assert all_rows() == before
    assert editing.remove_synonym(make_tag("apparel"), synonym.pk, manager) == ""


def test_a_deleted_tag_comes_back_with_its_other_names(manager):
    tag = make_tag("books")
    editing.add_synonym(tag, "Bücher", manager)
    before = all_rows()
    editing.remove(tag, manager)
    assert find_tag("Bücher") is None
    undo(actions()[0].pk, manager)
    assert all_rows() == before


def test_undo_brings_back_only_what_the_change_changed(manager):
    save(changed(make_tag("books"), name="novels"), manager)
    first = actions()[0]
    save(changed(make_tag("novels"), description="Anything printed"), manager)
    undo(first.pk, manager)
    tag = Tag.objects.get(name="books")
    assert tag.description == "Anything printed"


@pytest.mark.parametrize(
    ("meanwhile", "message"),
    [
        (lambda tag: save(changed(tag, name="other")), "“other” has changed since"),
        (lambda tag: editing.remove(tag, None), "“novels” has changed since"),
        (lambda _: make_tag("books"), "There is already a tag books in Unsorted"),
    ],
)
def test_undo_of_what_has_changed_again_is_refused_and_changes_nothing(manager, meanwhile, message):
    save(changed(make_tag("books"), name="novels"), manager)
    first = actions()[0]
    meanwhile(make_tag("novels"))
    before = all_rows()
    with pytest.raises(VocabularyError, match=message):
        undo(first.pk, manager)
    assert all_rows() == before


def test_undo_of_a_new_tag_that_is_used_by_now_is_refused(manager):
    editing.create_tag("torn", group("Return reason"), manager)
    put_tag(make_return(), "torn")
    with pytest.raises(VocabularyError, match="“torn” is in use"):
        undo(actions()[0].pk, manager)


def test_undo_of_a_move_that_would_leave_two_tags_of_an_exclusive_group_is_refused(manager):
    save(changed(make_tag("high-value"), group=group("Analysis")), manager)
    record = make_return()
    put_tag(record, "high-value")
    put_tag(record, "standard")
    with pytest.raises(VocabularyError, match="cannot be undone"):
        undo(actions()[0].pk, manager)


def test_what_somebody_changed_meanwhile_is_not_written_over(manager, admin):
    seen = version_of(make_tag("books"))
    save(changed(make_tag("books"), name="novels"), admin)
    stale = changed(Tag.objects.get(name="novels"), name="books", description="Anything printed")
    with pytest.raises(ChangedMeanwhileError, match="Somebody changed “novels” meanwhile"):
        editing.save_tag(stale, manager, seen)
    assert make_tag("novels").description == ""


def test_a_tag_that_is_gone_or_merged_meanwhile_is_not_written(manager):
    gone, merged = make_tag("books"), make_tag("damaged")
    editing.remove(make_tag("books"), manager)
    with pytest.raises(VocabularyError, match="“books” has been deleted"):
        editing.save_tag(gone, manager)
    Tag.objects.filter(pk=merged.pk).update(
        group=None, slot=None, synonym_of=make_tag("defective"), synonym_slot=0
    )
    with pytest.raises(VocabularyError, match="“damaged” has been merged into “defective”"):
        editing.save_tag(merged, manager)


def test_a_retired_tag_stays_where_it_is(manager):
    record = make_return()
    put_tag(record, "books")
    editing.retire(make_tag("books"), manager, on=True)
    assert load_vocabulary()[make_tag("books").pk].retired
    assert record.taggings.count() == 1
    editing.retire(make_tag("books"), manager, on=False)
    assert not load_vocabulary()[make_tag("books").pk].retired


def test_at_the_edges_nothing_moves(manager):
    editing.move(make_tag("urgent-refund"), manager, up=True)
    editing.move(group("Unsorted"), manager, up=False)
    assert not TagAction.objects.exists()


def test_the_feed_s_new_tags_are_no_ones_action():
    make_tag("from-the-feed")
    assert not TagAction.objects.exists()


def test_a_renamed_tag_keeps_its_old_name_and_gets_it_back(manager):
    tag = make_tag("books")
    tag.name = "novels"
    editing.save_tag(tag, manager, keep_name=True)
    assert actions()[0].words == "“novels”: renamed from “books”. Kept “books” as a synonym."
    assert find_tag("books") == tag
    assert [str(name) for name in synonyms_of(tag)] == ["books"]
    tag.name = "books"
    editing.save_tag(tag, manager, keep_name=True)
    assert [str(name) for name in synonyms_of(tag)] == ["novels"]
    assert find_tag("novels") == find_tag("books") == tag
    for name, synonyms in (("novels", ["books"]), ("books", [])):
        undo(actions()[0 if name == "novels" else 1].pk, manager)
        tag.refresh_from_db()
        assert (tag.name, [str(each) for each in synonyms_of(tag)]) == (name, synonyms)


def test_a_new_case_of_a_name_needs_no_other_name(manager):
    tag = make_tag("books")
    tag.name = "Books"
    editing.save_tag(tag, manager, keep_name=True)
    assert synonyms_of(tag) == []
    assert actions()[0].words == "“Books”: renamed from “books”."


def test_undoing_the_making_of_a_tag_deletes_nothing_that_came_of_it(manager):
    made = editing.create_tag("torn", make_tag("damaged").group, manager)
    creation = actions()[0].pk
    merge([make_tag("damaged")], made, manager)
    with pytest.raises(VocabularyError, match="has changed since"):
        undo(creation, manager)
    undo(actions()[0].pk, manager)
    made.refresh_from_db()
    made.description = "Torn open"
    editing.save_tag(made, manager)
    with pytest.raises(VocabularyError, match="has changed since"):
        undo(creation, manager)
    assert {find_tag("torn"), find_tag("damaged")} == {made, make_tag("damaged")}


def test_a_merged_name_that_is_free_again_leaves_kept_ids_their_meaning(manager):
    old, new = make_tag("defective"), make_tag("damaged")
    merge([old], new, manager)
    assert editing.remove_synonym(new, old.pk, manager) == "defective"
    assert find_tag("defective") is None
    assert synonyms_of(new) == []
    assert resolve_ids([old.pk]) == {old.pk: new.pk}
    assert editing.remove_synonym(new, old.pk, manager) == ""
    again = editing.create_tag("defective", new.group, manager)
    assert find_tag("defective") == again
    with pytest.raises(VocabularyError, match="already a tag"):
        undo(actions()[1].pk, manager)
    undo(actions()[0].pk, manager)
    undo(actions()[1].pk, manager)
    assert find_tag("defective") == new


def test_tags_are_moved_among_those_that_they_are_listed_with(manager):
    tags = list(Tag.objects.filter(group=make_tag("books").group))
    editing.retire(tags[1], manager, on=True)
    editing.move(tags[2], manager, up=True)
    listed = [tag for tag in Tag.objects.filter(group=tags[0].group) if not tag.retired_at]
    assert listed[:2] == [tags[2], tags[0]]
