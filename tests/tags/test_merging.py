"""Merging tags: every link is kept once, names go on working, and all of it can be undone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from returns.models import Return, ReturnTag, ReturnTagEvent
from tags.editing import add_synonym, retire
from tags.merging import merge, preview
from tags.models import Tag, TagAction, TagActionRow, TagGroup
from tags.sent_names import find_or_create
from tags.tagging import add_many, add_tag, remove_tag
from tags.undo import undo
from tags.vocabulary import (
    VocabularyError,
    canonical_names,
    find_tag,
    load_vocabulary,
)
from tests.factories import make_return, make_tag, put_tag
from tests.trials import tried_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def tags_of(record: Return) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def all_rows() -> list[tuple]:
    """Return every tagging with who and when, and every name with its place."""
    taggings = ReturnTag.objects.values_list(
        "entity_id", "entity_created_at", "tag__name", "slot", "tagged_at", "tagged_by"
    )
    names = Tag.names.values_list("name", "group__name", "slot", "synonym_of__name", "position")
    return [*sorted(taggings, key=str), *sorted(names, key=str)]


def merge_named(*names: str, into: str, by=None) -> int:
    return merge([make_tag(name) for name in names], make_tag(into), by)


def latest() -> TagAction:
    return TagAction.objects.latest("id")


# Every way in which tags can overlap on a return


@pytest.mark.parametrize(
    ("carried", "then"),
    [
        (set(), set()),
        ({"defective"}, {"defective-product"}),
        ({"damaged"}, {"defective-product"}),
        ({"defective", "damaged"}, {"defective-product"}),
        ({"defective-product"}, {"defective-product"}),
        ({"defective", "defective-product"}, {"defective-product"}),
        ({"defective", "damaged", "defective-product"}, {"defective-product"}),
        ({"books", "standard"}, {"books", "standard"}),
        ({"defective", "books", "standard"}, {"defective-product", "books", "standard"}),
    ],
)
def test_each_link_is_kept_once_and_comes_back(carried, then, manager, agent):
    record = make_return()
    for name in carried:
        put_tag(record, name, by=agent)
    before = all_rows()
    moved = merge_named("defective", "damaged", into="defective-product", by=manager)
    assert tags_of(record) == then
    assert moved == (1 if then - carried else 0)
    assert undo(latest().pk, manager).startswith("Undone.")
    assert all_rows() == before


names = st.sampled_from(
    ["defective", "damaged", "defective-product", "books", "standard", "high-value", "fragile"]
)


@pytest.mark.slow
@tried_on(40, suppress_health_check=list(HealthCheck))
@given(
    carried=st.lists(st.frozensets(names, max_size=5), min_size=1, max_size=5),
    merged=st.frozensets(names, min_size=1, max_size=4),
    into=names,
)
def test_whatever_overlaps_links_are_conserved_and_undo_is_exact(carried, merged, into):
    exclusive = {"standard", "high-value"}
    with transaction.atomic():
        records = [make_return() for _ in carried]
        for record, some in zip(records, carried, strict=True):
            for name in some - ({"standard"} if exclusive <= some else set()):
                put_tag(record, name)
        had = {record.pk for record in records if tags_of(record) & {*merged, into}}
        others = {record.pk: tags_of(record) - {*merged, into} for record in records}
        before = all_rows()
        if into in merged:
            with pytest.raises(VocabularyError, match="into itself"):
                merge_named(*merged, into=into)
        else:
            clashing = into in exclusive and any(
                tags_of(record) & merged and tags_of(record) & exclusive - {*merged, into}
                for record in records
            )
            if clashing:
                with pytest.raises(VocabularyError, match="Priority allows only one tag"):
                    merge_named(*merged, into=into)
            else:
                merge_named(*merged, into=into)
                carry = {record.pk for record in records if into in tags_of(record)}
                assert carry == had
                assert {r.pk: tags_of(r) - {into} for r in records} == others
                undo(latest().pk, None)
        assert all_rows() == before
        transaction.set_rollback(True)


def test_preview_says_what_the_merge_then_does():
    for some in (["defective"], ["damaged", "defective"], ["defective", "defective-product"], []):
        record = make_return()
        for name in some:
            put_tag(record, name)
    merged = [make_tag("defective"), make_tag("damaged")]
    seen = preview(merged, make_tag("defective-product"))
    assert (seen.records, seen.duplicates, seen.conflict) == (3, 1, "")
    assert merge(merged, make_tag("defective-product"), None) == seen.records - seen.duplicates


def test_of_several_on_a_return_the_earliest_stays_with_who_and_when(agent, manager):
    record = make_return()
    first = put_tag(record, "damaged", by=agent)
    put_tag(record, "defective", by=manager)
    merge_named("defective", "damaged", into="defective-product")
    assert record.taggings.get().tagged_by == agent
    assert record.taggings.get().tagged_at == first.tagged_at


def test_returns_that_would_carry_two_tags_of_an_exclusive_group_are_named():
    record, other = make_return(), make_return()
    put_tag(record, "books")
    put_tag(record, "standard")
    put_tag(other, "books")
    conflict = preview([make_tag("books")], make_tag("high-value")).conflict
    assert conflict.startswith(
        "Priority allows only one tag, but another tag of it is on 1 return: "
    )
    assert [str(each) in conflict for each in (record, other)] == [True, False]
    with pytest.raises(VocabularyError, match=str(record)):
        merge_named("books", into="high-value")
    assert tags_of(record) == {"books", "standard"}
    assert not TagAction.objects.exists()


def test_tags_of_one_exclusive_group_merge_into_each_other():
    record = make_return()
    put_tag(record, "priority-return")
    merge_named("priority-return", into="urgent-refund")
    assert record.taggings.get().slot == TagGroup.objects.get(name="Priority").pk


def test_a_retired_tag_is_merged_but_nothing_into_it():
    record = make_return()
    put_tag(record, "defective")
    retire(make_tag("defective"), None, on=True)
    merge_named("defective", into="defective-product")
    assert tags_of(record) == {"defective-product"}
    retire(make_tag("damaged"), None, on=True)
    with pytest.raises(VocabularyError, match="“damaged” is retired"):
        merge_named("books", into="damaged")


def test_the_timeline_tells_the_merge_in_the_managers_name(manager):
    put_tag(make_return(), "defective")
    before = ReturnTagEvent.objects.latest("pgh_id").pgh_id
    merge_named("defective", into="damaged", by=manager)
    events = ReturnTagEvent.objects.filter(pgh_id__gt=before).order_by("pgh_id")
    assert [(event.pgh_label, event.pgh_context["user"]) for event in events] == [
        ("tag.removed", manager.pk),
        ("tag.added", manager.pk),
    ]


# The old name goes on working


def test_a_merged_name_means_the_tag_that_is_left_however_it_is_asked(manager):
    old, left = make_tag("defective"), make_tag("defective-product")
    merge([old], left, manager)
    assert find_tag("DEFECTIVE") == left
    assert canonical_names(["Defective", "nothing"]) == {"Defective": "defective-product"}
    assert find_or_create(["defective", "brand-new"])["defective"] == left
    assert old.pk not in load_vocabulary()
    assert load_vocabulary()[left.pk].synonyms == ("defective",)
    record = make_return()
    assert str(add_tag(record, old, manager)) == "Added defective-product."
    add_many(ReturnTag, [(record.pk, old.pk)])
    assert tags_of(record) == {"defective-product"}


def test_a_synonym_of_a_merged_tag_means_the_tag_that_is_left(manager):
    old, left = make_tag("defective"), make_tag("damaged")
    add_synonym(old, "kaputt", manager)
    merge([old], left, manager)
    assert find_tag("kaputt") == left
    merge([left], make_tag("books"), manager)
    assert {find_tag(name).name for name in ("kaputt", "defective", "damaged")} == {"books"}
    undo(latest().pk, manager)
    assert {find_tag(name).name for name in ("kaputt", "defective", "damaged")} == {"damaged"}


def test_synonyms_cannot_form_a_loop_or_a_chain(manager):
    one, other = make_tag("defective"), make_tag("damaged")
    merge([one], other, manager)
    with pytest.raises(VocabularyError, match="has been merged into another tag"):
        merge([other], Tag.names.get(name="defective"), manager)
    with pytest.raises(VocabularyError, match="“defective” is a synonym of damaged"):
        add_synonym(make_tag("books"), "defective", manager)
    with pytest.raises(VocabularyError, match="There is already a tag books"):
        add_synonym(other, "books", manager)


def test_the_database_itself_refuses_a_tagging_or_a_synonym_of_a_synonym(manager):
    synonym = add_synonym(make_tag("books"), "buch", manager)
    with pytest.raises(Exception, match="violates"), transaction.atomic():
        put_tag(make_return(), "books").__class__.objects.update(tag=synonym.pk)
    with pytest.raises(Exception, match="synonym_means_a_tag"), transaction.atomic():
        Tag.names.create(name="kitap", synonym_of=synonym, synonym_slot=0)


# Undo leaves what changed since


def test_undo_leaves_a_return_that_changed_since_and_says_so(manager, agent):
    stays, changed = make_return(), make_return()
    for record in (stays, changed):
        put_tag(record, "defective")
    merge_named("defective", into="damaged", by=manager)
    remove_tag(changed, make_tag("damaged"), agent)
    result = undo(latest().pk, manager)
    assert result == (
        "Undone. Tags restored on 1 return. "
        f"Left alone because changed since: 1 return ({changed})."
    )
    assert (tags_of(stays), tags_of(changed)) == ({"defective"}, set())
    assert latest().undone_by == manager


def test_undo_twice_or_too_late_is_refused(manager):
    merge_named("defective", into="damaged", by=manager)
    undo(latest().pk, manager)
    with pytest.raises(VocabularyError, match="already been undone"):
        undo(latest().pk, manager)
    merge_named("defective", into="damaged", by=manager)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tags_tagaction SET done_at = now() - interval '31 days'")
    with pytest.raises(VocabularyError, match="older than 30 days"):
        undo(latest().pk, manager)
    with pytest.raises(VocabularyError, match="no longer exists"):
        undo(0, manager)


def test_what_undo_needs_is_forgotten_when_it_can_no_longer_be_undone(manager):
    put_tag(make_return(), "defective")
    merge_named("defective", into="damaged", by=manager)
    assert TagActionRow.objects.count() == 2
    TagAction.objects.update(done_at="2020-01-01T00:00Z")
    retire(make_tag("books"), manager, on=True)
    assert (TagActionRow.objects.count(), TagAction.objects.count()) == (0, 2)


def test_an_earlier_merge_is_not_undone_under_a_later_one(manager):
    merge_named("defective", into="damaged", by=manager)
    first = latest()
    merge_named("damaged", into="books", by=manager)
    with pytest.raises(VocabularyError, match="Undo the later changes first"):
        undo(first.pk, manager)
    undo(latest().pk, manager)
    undo(first.pk, manager)
    assert find_tag("defective").name == "defective"


# Two at once


def at_once(*works: Callable[[], object]) -> list[object]:
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        start.wait()
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_nothing_is_lost_while_others_tag_the_same_returns(_round, manager, agent):
    records = [make_return() for _ in range(12)]
    old, left = make_tag("defective"), make_tag("damaged")
    for record in records[:6]:
        put_tag(record, "defective")

    def tag_each(tag: Tag) -> None:
        for record in records:
            add_tag(record, tag, agent)

    at_once(
        lambda: merge([old], left, manager),
        lambda: tag_each(old),
        lambda: tag_each(left),
        lambda: add_many(ReturnTag, [(record.pk, old.pk) for record in records]),
    )
    assert [tags_of(record) for record in records] == [{"damaged"}] * len(records)


@pytest.mark.django_db(transaction=True)
def test_two_merges_across_each_other_end_in_one_tag(manager):
    one, other = make_tag("defective"), make_tag("damaged")
    record = make_return()
    put_tag(record, "defective")

    def try_to_merge(tag: Tag, into: Tag) -> bool:
        try:
            merge([tag], into, manager)
        except VocabularyError:
            return False
        return True

    done = at_once(lambda: try_to_merge(one, other), lambda: try_to_merge(other, one))
    assert sorted(done) == [False, True]
    assert len(tags_of(record)) == 1
    assert Tag.names.filter(synonym_of__isnull=False).count() == 1
