"""What was allowed when it was asked for is checked again when it runs, at every step."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User

from returns import background
from returns.exports import background as exports
from returns.feed import undo as undoing
from returns.feed import uploads
from returns.filters.query import Query
from returns.lists import bulk as chosen
from returns.lists.saved_views import save_view, set_shared
from returns.models import Export, Progress, Return, ReturnTag, RunUndo, Upload
from returns.people import roles
from tags import bulk, editing
from tags import undo as tags_undo
from tags.bulk import steps
from tags.models import BulkTagging, TagAction
from tags.vocabulary import VocabularyError
from tests.factories import make_return, make_tag
from tests.returns.feed.test_runs import sent
from tests.returns.feed.test_undo import bring

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def as_now(person: User) -> User:
    """Return the person as the next request sees them, without remembered permissions."""
    return User.objects.get(pk=person.pk)


def demote(person: User) -> User:
    person.groups.set([Group.objects.get(name=roles.CUSTOMER_SERVICE)])
    return as_now(person)


def deactivate(person: User) -> User:
    User.objects.filter(pk=person.pk).update(is_active=False)
    return as_now(person)


@pytest.fixture(params=[demote, deactivate])
def lose_role(request):
    return request.param


@pytest.fixture
def job(manager, monkeypatch) -> BulkTagging:
    """A drafted bulk tagging of more returns than customer service may tag at once."""
    monkeypatch.setattr(chosen, "DEFAULT_TAGGING_LIMIT", 3)
    monkeypatch.setattr(steps, "STEP_SIZE", 2)
    for _ in range(6):
        make_return()
    target = chosen.choose_returns(Query.parse("state=ReturnCreated"), manager)
    return chosen.create_draft(target, [make_tag("books")], [], manager)


def test_a_draft_is_not_started(job, manager, lose_role):
    person = lose_role(manager)
    with pytest.raises(VocabularyError, match=r"no longer"):
        chosen.start(BulkTagging.objects.get(pk=job.pk), person)
    assert not ReturnTag.objects.exists()


def test_a_page_says_that_a_draft_is_not_started(job, as_manager, manager):
    demote(manager)
    page = as_manager.post(f"/bulk/{job.pk}/", {"action": "start"}, follow=True)
    assert str(bulk.drafts.NO_LONGER_ALLOWED) in page.text
    assert not ReturnTag.objects.exists()


def test_running_work_is_taken_back(job, manager, lose_role):
    bulk.start(job)
    assert bulk.run_oldest_step()
    assert ReturnTag.objects.count() == 2
    lose_role(manager)
    background.run_short_jobs()
    while bulk.run_oldest_step():
        pass
    job.refresh_from_db()
    assert job.status == bulk.Status.UNDONE
    assert "no longer" in job.action.undo_words
    assert not ReturnTag.objects.exists()


def test_what_was_done_is_not_undone_by_who_may_no_longer(job, manager, admin, lose_role):
    bulk.start(job)
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    with pytest.raises(VocabularyError, match=r"no longer"):
        tags_undo.undo(job.action_id, lose_role(manager))
    assert ReturnTag.objects.count() == 6
    assert "Undone" in tags_undo.undo(job.action_id, admin)


def test_undoing_ends_where_its_person_may_no_longer(job, manager, monkeypatch):
    bulk.start(job)
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    monkeypatch.setattr(tags_undo, "MAX_SECONDS", 0)
    tags_undo.undo(job.action_id, manager)
    demote(manager)
    while bulk.run_oldest_step():
        pass
    job.refresh_from_db()
    assert job.status == bulk.Status.FAILED
    assert "Not undone for the last 4. The role" in job.action.undo_words


def test_few_returns_stay_theirs_to_tag_and_to_undo(agent, monkeypatch):
    make_return()
    target = chosen.choose_returns(Query.parse("state=ReturnCreated"), agent)
    few = chosen.create_draft(target, [make_tag("books")], [], agent)
    chosen.start(few, agent)
    bulk.run_steps(few, 60)
    few.refresh_from_db()
    assert "Undone" in tags_undo.undo(few.action_id, as_now(agent))


def test_an_old_change_of_the_vocabulary_is_not_undone(manager, as_manager, lose_role):
    editing.create_tag("new-tag", make_tag("books").group, manager)
    action = TagAction.objects.latest("pk")
    with pytest.raises(VocabularyError, match=r"Your role does not allow"):
        tags_undo.undo(action.pk, lose_role(manager))
    as_manager.post("/tags/history/", {"undo": action.pk})
    action.refresh_from_db()
    assert action.undone_at is None


def test_an_export_is_not_made(as_manager, manager, lose_role):
    make_return()
    as_manager.post("/exports/")
    manager.groups.clear()
    lose_role(manager).groups.clear()
    assert exports.make_next()
    export = Export.objects.get()
    assert (export.status, export.size) == (Progress.FAILED, 0)


def test_a_large_file_is_not_imported(manager, lose_role, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_IMMEDIATE_BYTES", 0)
    item = b"""{"returnReferenceNumber": "Return-1", "state": "ReturnCreated",
        "createdAt": "2026-01-05T09:30:00Z", "updatedAt": "2026-01-05T09:30:00Z"}"""
    upload = uploads.save_upload(BytesIO(b"[" + item + b"]"), "a.json", manager)
    uploads.start_import(upload.pk, manager)
    lose_role(manager)
    uploads.import_next()
    assert not Return.objects.exists()
    assert Upload.objects.get().wanted_at is None


def test_undoing_an_import_ends(manager, lose_role, monkeypatch):
    monkeypatch.setattr(undoing, "UNDO_STEP_SIZE", 1)
    monkeypatch.setattr(undoing, "MAX_UNDO_SECONDS", 0)
    run = bring(sent("Return-1"), sent("Return-2"), sent("Return-3"))
    undoing.undo(run, manager)
    lose_role(manager)
    while undoing.run_oldest_step():
        pass
    undo = RunUndo.objects.get()
    assert (undo.deleted, Return.objects.count()) == (1, 2)
    assert "may not do so any more" in undo.message


def test_the_link_of_somebody_who_left_does_not_work(as_agent, manager):
    view = save_view(manager, "Mine", Query.parse("state=Completed"))
    set_shared(view, on=True)
    view.refresh_from_db()
    assert as_agent.get(f"/views/shared/{view.token}/").status_code == 200
    deactivate(manager)
    assert as_agent.get(f"/views/shared/{view.token}/").status_code == 404
