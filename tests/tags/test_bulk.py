"""Tags on many records at once: counted first, in whole steps, resumed, stopped and undone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connections
from django.utils import timezone

from returns import background
from returns.models import Return, ReturnTag, ReturnTagEvent
from tags import bulk, editing
from tags import undo as undo_module
from tags.bulk import steps
from tags.merging import merge
from tags.models import BulkTagging, Tag, TagAction, TagGroup
from tags.tagging import add_tag, remove_tag
from tags.undo import undo
from tags.vocabulary import VocabularyError
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def tags_of(record: Return) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def all_taggings() -> list[tuple]:
    taggings = ReturnTag.objects.values_list("entity", "tag", "slot", "tagged_at", "tagged_by")
    return sorted(taggings, key=str)


def draft_for(records: list[Return], by, add: str = "", remove: str = "") -> BulkTagging:
    adds, removes = ([make_tag(name) for name in names.split()] for names in (add, remove))
    return bulk.create_draft(ReturnTag, [record.pk for record in records], adds, removes, by)


def run(job: BulkTagging) -> BulkTagging:
    bulk.start(job)
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    return job


@pytest.fixture
def small_steps(monkeypatch):
    monkeypatch.setattr(steps, "STEP_SIZE", 3)


def test_the_preview_is_what_then_happens(manager, agent):
    records = [make_return() for _ in range(6)]
    for record in records[:2]:
        put_tag(record, "books", by=agent)
    put_tag(records[0], "fragile")
    put_tag(records[3], "standard")
    put_tag(records[4], "vip-customer")
    job = draft_for(records, manager, add="books vip-customer", remove="fragile")
    seen = bulk.preview(job)
    assert [(t.label, t.untagged, t.tagged, t.replaceable) for t in seen.adds] == [
        ("books", 4, 2, 0),
        ("vip-customer", 5, 1, 1),
    ]
    assert [(t.label, t.tagged, t.untagged) for t in seen.removes] == [("fragile", 1, 5)]
    job = run(job)
    assert job.action.words == (
        "“books” added to 4; 2 already had it. "
        "“vip-customer” added to 5; 1 already had it; replaced another tag on 1. "
        "“fragile” removed from 1; 5 did not have it."
    )
    assert [tags_of(record) for record in records] == [{"books", "vip-customer"}] * 6
    assert records[0].taggings.get(tag__name="books").tagged_by == agent
    assert records[5].taggings.get(tag__name="books").tagged_by == manager


def test_undo_brings_all_of_it_back(manager, small_steps):
    records = [make_return() for _ in range(8)]
    put_tag(records[0], "books")
    put_tag(records[1], "standard")
    put_tag(records[2], "fragile")
    before = all_taggings()
    job = run(draft_for(records, manager, add="books high-value", remove="fragile"))
    assert undo(job.action.pk, manager) == "Undone. Tags restored on 8 returns."
    assert all_taggings() == before


def test_undo_leaves_and_names_what_changed_since(manager, agent):
    records = [make_return() for _ in range(4)]
    job = run(draft_for(records, manager, add="standard"))
    add_tag(records[1], make_tag("urgent-refund"), agent)
    remove_tag(records[2], make_tag("standard"), agent)
    remove_tag(records[3], make_tag("standard"), agent)
    add_tag(records[3], make_tag("standard"), agent)
    result = undo(job.action.pk, manager)
    assert result.startswith(
        "Undone. Tags restored on 1 return. Left alone because changed since: 3 returns ("
    )
    assert [tags_of(record) for record in records] == [
        set(),
        {"urgent-refund"},
        set(),
        {"standard"},
    ]


def test_undo_says_so_if_all_of_it_has_changed_since(manager, agent):
    record = make_return("R1")
    job = run(draft_for([record], manager, add="standard"))
    add_tag(record, make_tag("urgent-refund"), agent)
    result = undo(job.action.pk, manager)
    assert result == "Nothing was undone. Left alone because changed since: 1 return (R1)."
    assert tags_of(record) == {"urgent-refund"}


def test_undo_leaves_a_tag_that_was_merged_since(manager):
    record, other = make_return("R1"), make_return("R2")
    put_tag(record, "fragile")
    job = run(draft_for([record, other], manager, add="books", remove="fragile"))
    merge([make_tag("fragile")], make_tag("apparel"), manager)
    assert undo(job.action.pk, manager) == (
        "Undone. Tags restored on 1 return. Left alone because changed since: 1 return (R1)."
    )
    assert [tags_of(record), tags_of(other)] == [{"books"}, set()]


def test_the_timeline_names_who_did_it(manager):
    run(draft_for([make_return()], manager, add="books"))
    assert ReturnTagEvent.objects.get().pgh_context["user"] == manager.pk


@pytest.mark.parametrize(
    ("add", "remove", "message"),
    [
        ("", "", "Choose a tag"),
        ("books", "books", "“books” cannot be both added and removed"),
        ("standard vip-customer", "", "cannot both be added: Priority allows only one tag"),
    ],
)
def test_tags_that_contradict_each_other_are_refused(manager, add, remove, message):
    with pytest.raises(VocabularyError, match=message):
        draft_for([make_return()], manager, add, remove)
    assert not BulkTagging.objects.exists()


def test_starting_twice_does_it_once(manager):
    job = draft_for([make_return()], manager, add="books")
    run(job)
    run(job)
    assert TagAction.objects.count() == ReturnTag.objects.count() == 1


def test_returns_that_are_gone_and_tags_that_are_gone_are_left_out(manager):
    records = [make_return() for _ in range(3)]
    job = draft_for(records, manager, add="books fragile")
    Return.objects.filter(pk=records[0].pk).delete()
    Tag.objects.filter(name="fragile").delete()
    job = run(job)
    assert job.action.words == "“books” added to 2. Deleted since the preview: 1."


def test_a_tag_that_is_merged_meanwhile_is_followed(manager, small_steps, monkeypatch):
    records = [make_return() for _ in range(6)]
    job = draft_for(records, manager, add="defective")
    bulk.start(job)
    monkeypatch.setattr(steps.time, "monotonic", lambda: 0.0)
    bulk.run_steps(job, 0)
    merge([make_tag("defective")], make_tag("damaged"), manager)
    bulk.run_steps(job, 0)
    job.refresh_from_db()
    assert job.action.words == "“damaged” added to 6."
    assert [tags_of(record) for record in records] == [{"damaged"}] * 6


def test_interrupted_work_is_resumed_where_it_stopped(manager, small_steps, monkeypatch):
    records = [make_return() for _ in range(10)]
    job = draft_for(records, manager, add="books")
    bulk.start(job)
    real, calls = steps.tagging.tag_batch, []

    def fails_at_the_second(*args, **kwargs):
        calls.append(1)
        result = real(*args, **kwargs)
        if len(calls) == 2:
            raise ConnectionError
        return result

    monkeypatch.setattr(steps.tagging, "tag_batch", fails_at_the_second)
    with pytest.raises(ConnectionError):
        bulk.run_steps(job, 60)
    job.refresh_from_db()
    assert (job.position, ReturnTag.objects.count()) == (3, 3)
    call_command("work", "--until-done")
    job.refresh_from_db()
    assert (job.status, job.position, ReturnTag.objects.count()) == ("done", 10, 10)
    assert job.action.words == "“books” added to 10."
    assert undo(job.action.pk, manager) == "Undone. Tags restored on 10 returns."


def test_stopping_undoes_what_was_done(manager, small_steps):
    records = [make_return() for _ in range(10)]
    put_tag(records[0], "books")
    before = all_taggings()
    job = draft_for(records, manager, add="books")
    bulk.start(job)
    bulk.run_steps(job, 0)
    assert ReturnTag.objects.count() == 3
    job.refresh_from_db()
    assert undo(job.action.pk, manager) == "Undone. Tags restored on 2 returns."
    bulk.run_steps(job, 60)
    assert all_taggings() == before
    job.refresh_from_db()
    assert (job.status, job.position) == ("undone", 0)
    with pytest.raises(VocabularyError, match="already been undone"):
        undo(job.action.pk, manager)


def test_undoing_goes_on_in_steps_and_leaves_what_changed_meanwhile(
    manager, agent, small_steps, monkeypatch
):
    monkeypatch.setattr(undo_module, "MAX_SECONDS", 0)
    records = [make_return(f"R{number}") for number in range(10)]
    put_tag(records[1], "fragile")
    before = all_taggings()
    job = run(draft_for(records, manager, add="books", remove="fragile"))
    # The last ones go first.
    result = undo(job.action.pk, agent)
    assert result == "Undoing in the background: 7 to go."
    assert [tags_of(record) for record in records[6:]] == [{"books"}, set(), set(), set()]
    remove_tag(records[0], make_tag("books"), agent)
    call_command("work", "--until-done")
    job.refresh_from_db()
    assert (job.status, job.action.undone_by) == ("undone", agent)
    assert job.action.undo_words == (
        "Undone. Tags restored on 9 returns. Left alone because changed since: 1 return (R0)."
    )
    assert all_taggings() == before


def test_undoing_that_was_interrupted_is_resumed(manager, small_steps, monkeypatch):
    records = [make_return() for _ in range(10)]
    job = run(draft_for(records, manager, add="books"))
    real, calls = steps.tagging.restore_taggings, []

    def fails_at_the_second(*args):
        calls.append(1)
        result = real(*args)
        if len(calls) == 2:
            raise ConnectionError
        return result

    monkeypatch.setattr(steps.tagging, "restore_taggings", fails_at_the_second)
    with pytest.raises(ConnectionError):
        undo(job.action.pk, manager)
    job.refresh_from_db()
    assert (job.status, job.position, ReturnTag.objects.count()) == ("undoing", 7, 7)
    call_command("work", "--until-done")
    job.refresh_from_db()
    assert job.action.undo_words == "Undone. Tags restored on 10 returns."
    assert ReturnTag.objects.count() == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_several_go_on_at_once_and_each_return_is_tagged_once(manager, small_steps):
    records = [make_return() for _ in range(60)]
    job = draft_for(records, manager, add="books")
    bulk.start(job)

    def work() -> None:
        try:
            while bulk.run_oldest_step():
                pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work) for _ in range(4)]:
            future.result()
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    assert (job.status, job.position) == ("done", 60)
    assert job.action.words == "“books” added to 60."
    assert ReturnTag.objects.count() == 60


def test_old_drafts_are_forgotten(manager):
    draft_for([make_return()], manager, add="books")
    BulkTagging.objects.update(asked_at="2020-01-01T00:00Z")
    recent = draft_for([make_return()], manager, add="books")
    assert BulkTagging.objects.get() == recent


@pytest.mark.django_db(transaction=True)
def test_stopping_while_others_do_its_steps_takes_all_of_it_back(manager, small_steps):
    records = [make_return() for _ in range(90)]
    job = draft_for(records, manager, add="books")
    bulk.start(job)
    job.refresh_from_db()

    def work() -> None:
        try:
            while bulk.run_oldest_step():
                pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(work) for _ in range(3)]
        undo(job.action.pk, manager)
        for future in working:
            future.result()
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    assert (job.status, job.position) == ("undone", 0)
    assert job.action.undo_words.startswith("Undone.")
    assert ReturnTag.objects.count() == 0


def make_exclusive(name: str) -> None:
    group = TagGroup.objects.get(name=name)
    group.exclusive = True
    editing.save_group(group, None)


def test_undo_leaves_what_a_group_does_not_allow_any_more(manager):
    both, one = make_return("R1"), make_return("R2")
    for name in ("defective", "damaged"):
        put_tag(both, name)
    put_tag(one, "defective")
    job = run(draft_for([both, one], manager, remove="defective damaged"))
    make_exclusive("Return reason")
    assert undo(job.action.pk, manager) == (
        "Undone. Tags restored on 1 return. Left alone because changed since: 1 return (R1)."
    )
    assert [tags_of(both), tags_of(one)] == [set(), {"defective"}]


def test_a_merge_is_undone_where_the_group_of_the_merged_allows_it(manager):
    both, one = make_return("R1"), make_return("R2")
    for name in ("defective", "damaged"):
        put_tag(both, name)
    put_tag(one, "defective")
    merge([make_tag("defective"), make_tag("damaged")], make_tag("books"), manager)
    make_exclusive("Return reason")
    result = undo(TagAction.objects.order_by("pk")[0].pk, manager)
    assert result.startswith(
        "Undone. Tags restored on 1 return. Left alone because changed since: 1 return ("
    )
    assert [tags_of(both), tags_of(one)] == [{"books"}, {"defective"}]


def test_what_the_vocabulary_allows_no_longer_is_taken_back_and_says_why(manager, small_steps):
    records = [make_return() for _ in range(6)]
    before = all_taggings()
    job = draft_for(records, manager, add="defective damaged")
    bulk.start(job)
    bulk.run_steps(job, 0)
    assert all_taggings() != before
    TagAction.objects.update(done_at=timezone.now())
    ReturnTag.objects.filter(tag=make_tag("damaged")).delete()
    make_exclusive("Return reason")
    call_command("work", "--until-done")
    job.refresh_from_db()
    assert job.status == "undone"
    assert job.action.undo_words.startswith(
        "“defective” and “damaged” cannot both be added: Return reason allows only one tag. "
        "Nothing was undone."
    )
    assert ReturnTag.objects.filter(tag=make_tag("defective")).count() == 3


def test_tags_that_are_deleted_meanwhile_end_the_work(manager, small_steps):
    records = [make_return() for _ in range(6)]
    extra = make_tag("extra")
    job = draft_for(records, manager, add="extra")
    bulk.start(job)
    editing.remove(extra, manager)
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    assert (job.status, job.action.undo_words) == (
        "undone",
        "These tags have been deleted. Undone.",
    )


def test_what_cannot_be_undone_ends_too_and_holds_up_nothing(manager, monkeypatch):
    job = run(draft_for([make_return()], manager, add="books"))

    def refused(*_args):
        raise IntegrityError

    monkeypatch.setattr(steps.tagging, "restore_taggings", refused)
    result = undo(job.action.pk, manager)
    assert result == f"Not undone for the last 1. {steps.CONFLICT}"
    job.refresh_from_db()
    assert job.status == "failed"
    assert not bulk.run_oldest_step()


def test_background_work_that_fails_holds_up_nothing_else(monkeypatch, caplog):
    did = []

    def fails():
        raise OperationalError("could not extend file\nHINT: Check free disk space.")

    monkeypatch.setattr(background.bulk, "run_oldest_step", fails)
    monkeypatch.setattr(background.running, "run_queued", lambda: did.append("rules") or False)
    monkeypatch.setattr(background.running, "run_hourly", lambda: did.append("hourly") or False)
    fails.__name__ = "run_oldest_step"
    with pytest.raises(OperationalError):
        background.run_short_jobs()
    assert did == ["rules", "hourly"]
    (line,) = (record.getMessage() for record in caplog.records)
    assert line == ("Background work is tried again later (run_oldest_step): could not extend file")
