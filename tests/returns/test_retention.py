"""Nothing is kept for ever: each kind of old rows is deleted, and younger ones are left alone."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from pghistory.models import Context

from returns import background, retention
from returns.models import AccessEvent, ApiToken, DeletedEntry, ReturnTag, Scan, TokenUse
from tags import bulk
from tags.models import BulkTagging, TagAction, TagActionRow
from tests.factories import make_person, make_return, make_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

OF_AXES = {"username": "agent", "http_accept": "", "path_info": ""}


@pytest.fixture(autouse=True)
def _due(monkeypatch):
    cache.delete(retention.RETENTION_DONE)


def add_events(old, young):
    for at in (old, young):
        AccessEvent.objects.create(kind="exported", at=at)
    return AccessEvent


def add_uses(old, young):
    token = ApiToken.objects.create(name="Shop", scopes=["read"], digest="x")
    for at in (old, young):
        TokenUse.objects.create(token=token, day=at.date())
    return TokenUse


def add_sign_ins(old, young):
    for at in (old, young):
        AccessLog.objects.filter(pk=AccessLog.objects.create(**OF_AXES).pk).update(attempt_time=at)
    return AccessLog


def add_attempts(old, young):
    for at in (old, young):
        row = AccessAttempt.objects.create(**OF_AXES, user_agent=at, failures_since_start=1)
        AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=at)
    return AccessAttempt


def add_sessions(old, young):
    for at in (old, young):
        Session.objects.create(session_key=f"{at:%s}", expire_date=at)
    return Session


def add_contexts(old, young):
    for number, at in enumerate((old, young)):
        key = f"00000000-0000-0000-0000-00000000000{number}"
        Context.objects.create(pk=key, metadata={})
        Context.objects.filter(pk=key).update(updated_at=at)
    return Context


def add_bulk(old, young):
    record, tag = make_return(), make_tag("books")
    for at in (old, young):
        job = bulk.create_draft(ReturnTag, [record.pk], [tag], [], None)
        BulkTagging.objects.filter(pk=job.pk).update(status=bulk.Status.DONE, asked_at=at)
    return BulkTagging


def add_scans(old, young):
    person = make_person("scanner")
    for at in (old, young):
        Scan.objects.create(person=person, text="1", verdict="unknown", at=at)
    return Scan


def add_rows(old, young):
    for at in (old, young):
        action = TagAction.objects.create(words="Tagged", done_at=at)
        fields = {"taggings": "returns.returntag", "entity_id": 1, "tag_id": 1, "added": True}
        TagActionRow.objects.create(action=action, tagged_at=at, **fields)
    return TagActionRow


def add_changes(old, young):
    for at in (old, young):
        TagAction.objects.create(words="Added books", permission="x", done_at=at)
    return TagAction


def add_deleted_entries(old, young):
    for at in (old, young):
        DeletedEntry.objects.create(kind="returns.tagrule", name="x", held={}, deleted_at=at)
    return DeletedEntry


MAKERS = {
    "access events": (add_events, 90),
    "token uses": (add_uses, 90),
    "sign-ins": (add_sign_ins, 90),
    "wrong passwords": (add_attempts, 1),
    "sessions": (add_sessions, 1),
    "contexts of events": (add_contexts, 7),
    "bulk taggings": (add_bulk, 30),
    "scans": (add_scans, 30),
    "taggings of old actions": (add_rows, 30),
    "old changes of tags": (add_changes, 30),
    "deleted entries": (add_deleted_entries, 30),
}


def test_each_kind_is_tried_here():
    assert MAKERS.keys() == retention.OLD_ROWS.keys()


@pytest.mark.parametrize("name", MAKERS)
def test_old_rows_are_deleted_and_young_ones_are_not(name):
    add, days = MAKERS[name]
    kept_since = timezone.now() - timedelta(days=days)
    model = add(kept_since - timedelta(days=1, hours=1), kept_since + timedelta(hours=1))
    young = model.objects.latest("pk").pk if name != "contexts of events" else None
    assert model.objects.count() == 2
    background.run_short_jobs()
    assert model.objects.count() == 1
    assert young is None or name == "sessions" or model.objects.get().pk == young


def test_drafts_are_deleted_after_a_day():
    add_bulk(timezone.now(), timezone.now())
    asked_at = timezone.now() - timedelta(hours=25)
    BulkTagging.objects.update(status=bulk.Status.DRAFT, asked_at=asked_at)
    background.run_short_jobs()
    assert not BulkTagging.objects.exists()


def test_work_that_goes_on_and_what_can_be_undone_is_kept(settings):
    settings.BULK_TAGGING_DAYS = 1
    now = timezone.now()
    add_bulk(now - timedelta(days=29), now - timedelta(days=40))
    BulkTagging.objects.filter(asked_at__lt=now - timedelta(days=35)).update(status="running")
    retention.delete_old_rows()
    assert BulkTagging.objects.count() == 2


def test_it_goes_on_in_steps_until_nothing_is_left(monkeypatch):
    monkeypatch.setattr(retention, "RETENTION_STEP", 2)
    long_ago = timezone.now() - timedelta(days=99)
    for _ in range(2):
        add_events(long_ago, long_ago)
    assert retention.delete_old_rows()
    assert AccessEvent.objects.count() == 2
    assert retention.delete_old_rows()
    assert not retention.delete_old_rows()
    assert not AccessEvent.objects.exists()
