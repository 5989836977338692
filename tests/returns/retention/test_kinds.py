"""Nothing is kept for ever unless that was chosen: old rows of each kind go, younger ones stay."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from returns import background
from returns.models import AccessEvent, Retention, Upload
from returns.retention import steps
from returns.retention.declarations import ALL_KINDS
from tags import bulk
from tags.models import BulkTagging
from tests.returns.retention.samples import AGELESS, CHOSEN, MAKERS, add_bulk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
BY_NAME = {kind.name: kind for kind in ALL_KINDS}


@pytest.fixture(autouse=True)
def _due(settings):
    cache.delete(steps.RETENTION_DONE)
    for name, days in CHOSEN.items():
        setattr(settings, name, days)


def test_each_kind_is_tried_here_and_has_a_name_of_its_own():
    assert MAKERS.keys() | AGELESS == BY_NAME.keys()
    assert len(BY_NAME) == len(ALL_KINDS)


@pytest.mark.parametrize("name", MAKERS)
def test_old_rows_are_removed_and_young_ones_are_not(name):
    add, days = MAKERS[name]
    now = timezone.now()
    kept_since = now - timedelta(days=days)
    day = timedelta(days=1) if name == "token uses" else timedelta(0)
    add(kept_since - day - timedelta(minutes=1))
    add(kept_since + timedelta(minutes=1))
    assert BY_NAME[name].old(now).count() == 1
    background.run_short_jobs()
    assert BY_NAME[name].old(now).count() == 0
    assert BY_NAME[name].old(now + timedelta(days=2)).count() == 1
    assert Retention.objects.get(kind=name).removed == 1


@pytest.mark.parametrize("name", ["NOTES_DAYS", "TIMELINE_DAYS", "SHOPPER_DAYS", "DELETED_DAYS"])
def test_what_no_setting_limits_is_kept_for_ever(name, settings):
    setattr(settings, name, 0)
    long_ago = timezone.now() - timedelta(days=9_000)
    kinds = [kind for kind in ALL_KINDS if name in kind.settings]
    for kind in kinds:
        MAKERS[kind.name][0](long_ago)
    background.run_short_jobs()
    assert {kind.kept() for kind in kinds} == {"for ever"}
    assert set(
        Retention.objects.filter(kind__in=[k.name for k in kinds]).values_list("removed")
    ) == {(0,)}


def test_drafts_are_deleted_after_a_day():
    add_bulk(timezone.now())
    asked_at = timezone.now() - timedelta(hours=25)
    BulkTagging.objects.update(status=bulk.Status.DRAFT, asked_at=asked_at)
    background.run_short_jobs()
    assert not BulkTagging.objects.exists()


def test_work_that_goes_on_and_what_can_be_undone_is_kept(settings):
    settings.BULK_TAGGING_DAYS = 1
    now = timezone.now()
    add_bulk(now - timedelta(days=28))
    add_bulk(now - timedelta(days=40))
    BulkTagging.objects.filter(asked_at__lt=now - timedelta(days=35)).update(status="running")
    steps.delete_old_rows()
    assert BulkTagging.objects.count() == 2


def test_it_goes_on_in_steps_until_nothing_is_left(monkeypatch):
    kind = BY_NAME["access events"]
    monkeypatch.setattr(kind.__class__, "step", 2)
    long_ago = timezone.now() - timedelta(days=99)
    for _ in range(4):
        AccessEvent.objects.create(kind="exported", at=long_ago)
    assert steps.delete_old_rows()
    assert AccessEvent.objects.count() == 2
    assert steps.delete_old_rows()
    assert not steps.delete_old_rows()
    assert not AccessEvent.objects.exists()


def test_it_is_looked_for_at_most_once_an_hour_but_for_files():
    assert not steps.delete_old_rows()
    AccessEvent.objects.create(kind="exported", at=timezone.now() - timedelta(days=99))
    assert not steps.delete_old_rows()
    assert AccessEvent.objects.exists()
    MAKERS["uploads"][0](timezone.now() - timedelta(days=2))
    steps.delete_old_rows()
    assert not Upload.objects.exists()
    assert AccessEvent.objects.exists()
