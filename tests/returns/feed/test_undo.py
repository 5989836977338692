"""An import is undone: every return is what it was before, unless it has changed since."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.background import run_short_jobs
from returns.feed import undo as undoing
from returns.feed.run_changes import list_changes
from returns.feed.runs import record_run
from returns.feed.undo import preview, undo, undo_problem
from returns.models import (
    DeletedReturn,
    Fate,
    FeedRun,
    Kept,
    RejectedRecord,
    Return,
    ReturnItem,
    ReturnTag,
    RunChange,
    RunUndo,
    TagRule,
    Way,
)
from returns.record.comments import add_comment
from returns.record.corrections import correct
from returns.record.timeline import timeline_of
from returns.retention.steps import delete_old_rows
from returns.rules.running import run_queued
from returns.summaries import maintenance as summaries
from tags import editing, tagging
from tags.models import Tag, TagAction, TagActionRow
from tags.undo import undo as undo_action
from tags.vocabulary import VocabularyError, load_vocabulary
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_comment, make_tag
from tests.returns.feed.test_runs import DAY, fates, sent
from tests.trials import tried_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
LATER, LATEST = "2026-01-06T09:00:00Z", "2026-01-07T09:00:00Z"


def bring(*items, way: Way = Way.FILE) -> FeedRun:
    with record_run(way, "returns.csv") as run:
        run.import_items(items, source="file" if way == Way.FILE else "feed")
    return FeedRun.objects.select_related("tag_action").get(pk=run.row.pk)


def stored(reference="Return-1") -> Return:
    return Return.objects.get(return_reference_number=reference)


def everything() -> dict[str, Any]:
    """Return all that the database holds of the returns: every column, their tags, the counts."""
    summaries.build_if_missing()
    while summaries.update_batch():
        pass
    assert summaries.find_differences() == []
    tables = ("returns_daysummary", "returns_itemday", "returns_countedreturn")
    with connection.cursor() as cursor:
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            counts[table] = cursor.fetchall()
    taggings = ReturnTag.objects.order_by("entity", "tag")
    items = ReturnItem.objects.values("record", "line_reference", "sku", "state")
    return {
        "returns": list(Return.objects.order_by("pk").values()),
        "items": list(items),
        "tags": list(taggings.values("entity", "tag", "slot", "tagged_at", "tagged_by")),
        **counts,
    }


def kept() -> dict[str, str]:
    return dict(RunChange.objects.exclude(kept="").values_list("reference", "kept"))


def numbers(row: RunUndo | undoing.UndoPreview) -> tuple[int, int, int]:
    return row.restored, row.deleted, row.kept


def tags_of(reference="Return-1") -> set[str]:
    taggings = ReturnTag.objects.filter(entity__return_reference_number=reference)
    return {each.tag.name for each in taggings.select_related("tag")}


# Nothing happened


def test_import_then_undo_leaves_nothing_behind(manager):
    mug = {"lineItemReferenceNumber": "L-1", "sku": "MUG", "state": "Missing", "a": {"b": None}}
    bring(sent(notes="a", tag="books", extra=1.0, lineItems=[mug]), way=Way.PULL)
    before = everything()
    row = bring(
        sent(notes="b", updatedAt=LATER, tag="fragile", extra=2, lineItems=[]),
        sent("Return-2", tag="books, brand-new"),
    )
    assert numbers(preview(row)) == (1, 1, 0)
    assert numbers(undo(row, manager)) == (1, 1, 0)
    assert everything() == before


FIELDS = {
    "state": st.sampled_from(["ReturnCreated", "ArrivedToWarehouse", "Completed"]),
    "notes": st.sampled_from([None, "", "a", "b"]),
    "trackingId": st.sampled_from(["", "1", "2"]),
    "tag": st.sampled_from(["", "books", "wrong-size, fragile", "new-one", "changed-mind"]),
    "extra": st.sampled_from([None, 1, 1.0, "x", {"a": None}, 1e30]),
    "courierRequest": st.sampled_from(["No", ""]),
    "lineItems": st.sampled_from(
        [
            [],
            [{"lineItemReferenceNumber": "1", "sku": "a", "state": "Missing"}],
            [{"lineItemReferenceNumber": "1", "sku": "a", "state": "Damaged", "b": [None, 1.0]}],
        ]
    ),
    "updatedAt": st.sampled_from([DAY, LATER, LATEST, "2026-01-05T09:00:00.000001Z"]),
}
TIMES = {"arrivedToWarehouseAt": DAY, "completedAt": LATER}


@st.composite
def records(draw):
    fields = draw(st.fixed_dictionaries({}, optional=FIELDS))
    fields["state"] = fields.get("state", "ReturnCreated")
    reached = {"ReturnCreated": 0, "ArrivedToWarehouse": 1, "Completed": 2}[fields["state"]]
    fields |= dict(list(TIMES.items())[:reached])
    return sent(draw(st.sampled_from(["Return-1", "Return-2", "Return-3"])), **fields)


@pytest.mark.slow
@tried_on(40)
@given(
    earlier=st.lists(records(), max_size=4),
    imported=st.lists(st.lists(records(), min_size=1, max_size=4), min_size=1, max_size=3),
)
def test_import_then_undo_is_as_if_nothing_happened(manager, earlier, imported):
    """Also of an import in several batches; afterwards the file gives the same as at first."""
    with transaction.atomic():
        bring(*earlier, way=Way.PULL)
        before = everything()
        results = []
        for _ in range(2):
            with record_run(Way.FILE, "returns.csv") as run:
                for batch in imported:
                    run.import_items(batch, source="file")
            results.append(
                [
                    list(Return.objects.order_by("return_reference_number").values(*COMPARED)),
                    sorted(
                        ReturnTag.objects.values_list(
                            "entity__return_reference_number", "tag__name"
                        )
                    ),
                ]
            )
            row = FeedRun.objects.get(pk=run.row.pk)
            if not undo_problem(row):
                assert undo(row, manager).kept == 0
            assert everything() == before
        assert results[0] == results[1]
        transaction.set_rollback(True)


COMPARED = [
    field.column
    for field in Return._meta.fields
    if field.column != "id" and not getattr(field, "generated", False)
]


def test_same_file_gives_the_same_result_after_undo(manager):
    bring(sent(tag="books"), way=Way.PUSH)
    items = sent(updatedAt=LATER, notes="b", tag="fragile"), sent("Return-2", tag="fragile")
    undo(bring(*items), manager)
    again = bring(*items)
    assert (again.created, again.updated) == (1, 1)
    assert tags_of() == {"books", "fragile"}
    assert tags_of("Return-2") == {"fragile"}
    assert numbers(undo(again, manager)) == (1, 1, 0)


def test_older_state_of_the_wms_is_taken_after_undo(manager):
    bring(sent(notes="a"), way=Way.PULL)
    undo(bring(sent(updatedAt=LATEST, notes="wrong")), manager)
    bring(sent(updatedAt=LATER, notes="right"), way=Way.PULL)
    assert stored().notes == "right"


COMPLETED = {"state": "Completed", "completedAt": "2026-01-05T10:00:00Z"}


@pytest.mark.parametrize("is_new", [True, False])
def test_record_that_was_imported_with_the_time_of_the_file_waits_again(manager, is_new):
    if not is_new:
        bring(sent(), way=Way.PUSH)
    bring(sent(state="Completed", updatedAt=LATER, notes="x", tag="books"), way=Way.PUSH)
    row = bring(sent(**COMPLETED), sent("Return-2"))
    assert (fates(), stored().notes, tags_of()) == ({"Return-1": Fate.IMPORTED}, "x", {"books"})
    undo(row, manager)
    assert fates() == {"Return-1": Fate.WAITING}
    assert Return.objects.exists() is not is_new
    bring(sent(**COMPLETED), way=Way.PUSH)
    assert (fates(), stored().notes, tags_of()) == ({"Return-1": Fate.IMPORTED}, "x", {"books"})


def test_record_that_had_been_imported_before_the_file_does_not_wait_again(manager):
    bring(sent(state="Completed", updatedAt=LATER, notes="x", tag="books"), way=Way.PUSH)
    bring(sent(**COMPLETED), way=Way.PUSH)
    undo(bring(sent(**COMPLETED | {"updatedAt": LATEST}, notes="y")), manager)
    assert (fates(), stored().notes) == ({"Return-1": Fate.IMPORTED}, "x")


def test_record_that_the_undone_file_itself_brought_does_not_wait_again(manager):
    with record_run(Way.FILE, "returns.csv") as run:
        for each in (sent(state="Completed", updatedAt=LATER), sent(**COMPLETED)):
            run.import_items([each], source="file")
    assert fates() == {"Return-1": Fate.IMPORTED}
    undo(FeedRun.objects.select_related("tag_action").get(pk=run.row.pk), manager)
    assert fates() == {"Return-1": Fate.IMPORTED}


def test_record_that_a_person_settled_does_not_wait_again(manager):
    bring(sent(state="Completed", updatedAt=LATER), way=Way.PUSH)
    row = bring(sent(**COMPLETED))
    RejectedRecord.objects.update(settled_by=manager)
    undo(row, manager)
    assert fates() == {"Return-1": Fate.IMPORTED}


def test_a_tag_that_a_person_removed_before_does_not_come_back_by_undoing(manager):
    bring(sent(tag="books"), way=Way.PUSH)
    tagging.remove_tag(stored(), make_tag("books"), manager)
    undo(bring(sent(updatedAt=LATER, tag="books, fragile")), manager)
    bring(sent(updatedAt=LATEST, tag="books"))
    assert tags_of() == set()


def test_a_replaced_tag_of_an_exclusive_group_comes_back(manager):
    low = make_tag("low", "Only one", exclusive=True)
    Tag.objects.filter(pk=low.pk).update(position=5000)
    make_tag("high", "Only one")
    bring(sent(), way=Way.PUSH)
    tagging.add_tag(stored(), low, manager)
    before = everything()
    row = bring(sent(updatedAt=LATER, tag="high"))
    assert tags_of() == {"high"}
    undo(row, manager)
    assert everything() == before


def test_a_tag_that_the_import_itself_replaced_again_is_taken_back(manager):
    low = make_tag("low", "Only one", exclusive=True)
    Tag.objects.filter(pk=low.pk).update(position=5000)
    make_tag("high", "Only one")
    bring(sent(), way=Way.PUSH)
    before = everything()
    with record_run(Way.FILE, "returns.csv") as run:
        run.import_items([sent(updatedAt=LATER, tag="low")], source="file")
        run.import_items([sent(updatedAt=LATEST, tag="high")], source="file")
    assert tags_of() == {"high"}
    assert numbers(undo(FeedRun.objects.get(pk=run.row.pk), manager)) == (1, 0, 0)
    assert everything() == before


# What has changed since


def test_later_record_stays_and_is_named(manager):
    bring(sent(notes="a"), way=Way.PULL)
    row = bring(sent(updatedAt=LATER, notes="b", tag="books"), sent("Return-2"))
    bring(sent(updatedAt=LATEST, notes="c"), way=Way.PULL)
    said = preview(row)
    assert [each.reference for each in said.kept_first] == ["Return-1"]
    assert numbers(undo(row, manager)) == (0, 1, 1)
    assert stored().notes == "c"
    assert tags_of() == {"books"}
    assert kept() == {"Return-1": Kept.CHANGED}


def test_corrected_return_stays(manager, admin):
    row = bring(sent(), sent("Return-2"))
    correct(stored(), {"notes": "seen"}, by=admin)
    assert numbers(undo(row, manager)) == (0, 1, 1)


def test_import_between_two_batches_of_another_stays(manager):
    with record_run(Way.FILE, "returns.csv") as run:
        run.import_items([sent(notes="a")], source="file")
        bring(sent(updatedAt=LATER, notes="b"), way=Way.PULL)
        run.import_items([sent(updatedAt=LATEST, notes="c")], source="file")
    assert numbers(undo(FeedRun.objects.get(pk=run.row.pk), manager)) == (0, 0, 1)
    assert stored().notes == "c"


@pytest.mark.parametrize("is_added_again", [False, True])
def test_imported_tag_that_a_person_touched_stays_with_its_return(manager, agent, is_added_again):
    bring(sent(notes="a"), way=Way.PULL)
    row = bring(sent(updatedAt=LATER, notes="b", tag="books"))
    tagging.remove_tag(stored(), make_tag("books"), agent)
    if is_added_again:
        # A transaction has one time.
        ReturnTag.objects.filter(entity=stored()).delete()
        tagging.add_tag(stored(), make_tag("books"), agent)
        ReturnTag.objects.update(tagged_at=timezone.now() + timedelta(seconds=1))
    assert numbers(undo(row, manager)) == (0, 0, 1)
    assert stored().notes == "b"
    assert kept() == {"Return-1": Kept.TAGGED}


def test_other_tag_of_a_person_stays_on_a_restored_return(manager, agent):
    bring(sent(notes="a"), way=Way.PULL)
    row = bring(sent(updatedAt=LATER, notes="b", tag="books"))
    tagging.add_tag(stored(), make_tag("fragile"), agent)
    assert numbers(undo(row, manager)) == (1, 0, 0)
    assert tags_of() == {"fragile"}


def test_new_return_with_a_comment_or_a_tag_of_a_person_stays(manager, agent):
    row = bring(sent(), sent("Return-2"), sent("Return-3"))
    make_comment(stored(), agent)
    tagging.add_tag(stored("Return-2"), make_tag("books"), agent)
    tagging.remove_tag(stored("Return-2"), make_tag("books"), agent)
    assert numbers(undo(row, manager)) == (0, 1, 2)
    assert kept() == {"Return-1": Kept.COMMENTED, "Return-2": Kept.TAGGED}


def test_new_return_that_only_a_rule_tagged_is_deleted(manager):
    TagRule.objects.all().delete()
    rule = TagRule.objects.create(
        name="All", parameters={}, moment="created", adds=[make_tag("books").pk], is_on=True
    )
    row = bring(sent())
    assert run_queued(), rule
    assert tags_of() == {"books"}
    assert numbers(undo(row, manager)) == (0, 1, 0)
    assert DeletedReturn.objects.get().held["tags"][0]["name"] == "books"


def test_rules_of_a_moment_that_was_undone_do_not_run(manager):
    TagRule.objects.all().delete()
    books = make_tag("books").pk
    TagRule.objects.create(name="All", parameters={}, moment="arrived", adds=[books], is_on=True)
    bring(sent(), way=Way.PULL)
    undo(
        bring(sent(updatedAt=LATER, state="ArrivedToWarehouse", arrivedToWarehouseAt=DAY)), manager
    )
    assert run_queued()
    assert tags_of() == set()


def test_later_import_is_undone_first_then_the_earlier_one(manager):
    bring(sent(notes="a"), way=Way.PULL)
    before = everything()
    first = bring(sent(updatedAt=LATER, notes="b"), sent("Return-2", tag="books"))
    second = bring(sent(updatedAt=LATEST, notes="c"), sent("Return-2", notes="x", updatedAt=LATER))
    assert numbers(preview(first)) == (0, 0, 2)
    undo(second, manager)
    assert numbers(undo(first, manager)) == (1, 1, 0)
    assert everything() == before


def test_deleted_return_is_named(manager):
    row = bring(sent())
    Return.objects.all().delete()
    assert numbers(undo(row, manager)) == (0, 0, 1)
    assert kept() == {"Return-1": Kept.GONE}


# Once, by one


def test_undoing_again_changes_nothing(manager, admin):
    row = bring(sent())
    first = undo(row, manager)
    bring(sent())
    second = undo(row, admin)
    assert (first.pk, second.by) == (second.pk, manager)
    assert Return.objects.count() == 1
    assert undo_problem(FeedRun.objects.get(pk=row.pk)) == "This import has already been undone."


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_undo_once(manager, admin):
    bring(*(sent(f"Return-{n}", notes="a") for n in range(500)), way=Way.PULL)
    row = bring(*(sent(f"Return-{n}", notes="b", updatedAt=LATER) for n in range(1000)))
    done: list[RunUndo] = []
    people = [
        threading.Thread(target=_undo_apart, args=(row, each, done)) for each in (manager, admin)
    ]
    for each in people:
        each.start()
    for each in people:
        each.join()
    undone = RunUndo.objects.get()
    assert done == [undone, undone]
    while undone.ended_at is None:
        undoing.run_oldest_step()
        undone.refresh_from_db()
    assert numbers(undone) == (500, 500, 0)
    assert set(Return.objects.values_list("notes", flat=True)) == {"a"}
    assert DeletedReturn.objects.count() == 500


def _undo_apart(row: FeedRun, by: Any, done: list[RunUndo]) -> None:
    done.append(undo(row, by))
    connection.close()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_record_that_arrives_while_it_is_undone_stays(manager):
    bring(sent(notes="a"), way=Way.PULL)
    row = bring(sent(updatedAt=LATER, notes="b"))
    with transaction.atomic():
        bring(sent(updatedAt=LATEST, notes="c"), way=Way.PULL)
        apart = threading.Thread(target=_undo_apart, args=(row, manager, []))
        apart.start()
        wait_until_another_waits_for_a_lock()
    apart.join()
    assert stored().notes == "c"
    assert numbers(RunUndo.objects.get()) == (0, 0, 1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_comment_that_is_written_while_it_is_undone_is_not_lost(manager, agent):
    row = bring(sent())
    with transaction.atomic():
        add_comment(stored(), "Called.", UUID(int=7), agent)
        apart = threading.Thread(target=_undo_apart, args=(row, manager, []))
        apart.start()
        wait_until_another_waits_for_a_lock()
    apart.join()
    assert kept() == {"Return-1": Kept.COMMENTED}


def test_large_import_is_undone_in_steps_in_the_background(manager, monkeypatch):
    monkeypatch.setattr(undoing, "UNDO_STEP_SIZE", 2)
    monkeypatch.setattr(undoing, "MAX_UNDO_SECONDS", 0)
    row = bring(*(sent(f"Return-{n}") for n in range(5)))
    started = undo(row, manager)
    assert (started.deleted, started.ended_at) == (2, None)
    assert Return.objects.count() == 3
    while run_short_jobs():
        pass
    started.refresh_from_db()
    assert (started.deleted, bool(started.ended_at)) == (5, True)
    assert not Return.objects.exists()


def test_preview_of_too_many_is_an_estimate(monkeypatch):
    bring(sent(), way=Way.PULL)
    row = bring(sent(updatedAt=LATER), sent("Return-2"))

    def too_slow(*_: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(9)")
        return []

    monkeypatch.setattr(undoing, "PREVIEW_TIME_LIMIT_MS", 10)
    monkeypatch.setattr(undoing, "_classify", too_slow)
    said = preview(row)
    assert (numbers(said), said.is_estimate) == ((1, 1, 0), True)


# What cannot be undone


def test_only_recent_finished_imports_are_undone(manager):
    assert undo_problem(bring(sent("Return-3"), way=Way.PULL)).startswith("Only imports")
    assert undo_problem(bring()).startswith("This import changed nothing")
    row = bring(sent())
    FeedRun.objects.filter(pk=row.pk).update(began_at=timezone.now() - timedelta(days=31))
    row.refresh_from_db()
    assert undo_problem(row) == "Imports older than 30 days can no longer be undone."
    with pytest.raises(ValidationError):
        undo(row, manager)
    with record_run(Way.FILE, "x") as run:
        run.import_items([sent("Return-4")], source="file")
        assert "still running" in undo_problem(run.row)


def test_taggings_of_an_import_are_not_in_the_history_of_tags(manager):
    row = bring(sent(tag="books"))
    assert editing.history.actions() == []
    with pytest.raises(VocabularyError):
        undo_action(row.tag_action.pk, manager)
    assert tags_of() == {"books"}


def test_tags_are_listed_by_name_whichever_was_stored_first(manager):
    for name in ("zipper", "apron", "mirror"):
        make_tag(name)
    row = bring(sent(tag="zipper, apron, mirror"))
    assert list_changes(row).shown[0].added == ["apron", "mirror", "zipper"]


def test_taggings_of_new_returns_are_not_stored(manager):
    row = bring(sent(tag="books"), sent("Return-2", tag="wrong-size"))
    assert not TagActionRow.objects.exists()
    undo(row, manager)
    assert not Return.objects.exists()


def test_old_changes_are_deleted_in_the_background(manager):
    bring(sent(), sent("Return-2"))
    _, recent = bring(sent(tag="books")), bring(sent("Return-2", tag="books"))
    assert TagActionRow.objects.count() == 2
    before = FeedRun.objects.exclude(pk=recent.pk)
    before.update(began_at=timezone.now() - timedelta(days=31))
    cache.clear()
    delete_old_rows()
    assert set(RunChange.objects.values_list("run", flat=True)) == {recent.pk}
    assert set(TagActionRow.objects.values_list("action", flat=True)) == {recent.tag_action_id}
    assert TagAction.objects.get().pk == recent.tag_action_id


# The timeline


def test_timeline_says_who_undid_what(manager):
    bring(sent(notes="a", trackingId="1"), way=Way.PULL)
    arrived = {"state": "ArrivedToWarehouse", "arrivedToWarehouseAt": LATER}
    undo(bring(sent(updatedAt=LATER, trackingId="2", tag="books", **arrived)), manager)
    stretches = timeline_of(stored(), load_vocabulary(), whole=True).newest
    entries = [entry for stretch in stretches for entry in stretch.entries]
    undone = [entry for entry in entries if entry.who == "manager, undoing an import"]
    assert {change.text for entry in undone for change in entry.changes} == {
        "State restored",
        "Tracking ID restored",
    }
    assert [tag.name for entry in undone for tag in entry.removed] == ["books"]
