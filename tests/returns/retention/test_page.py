"""The page of what is kept how long."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.models import AccessEvent, Retention
from returns.retention import overview as page
from returns.retention import steps
from returns.retention.declarations import ALL_KINDS
from tests.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
PATH = "/retention/"


def add(count: int, days: float = 99) -> None:
    at = timezone.now() - timedelta(days=days)
    AccessEvent.objects.bulk_create(AccessEvent(kind="exported", at=at) for _ in range(count))


def row(client, name: str) -> str:
    return flat(client.get(PATH)).partition(f'id="kind-{name}"')[2].partition("</tr>")[0]


def test_it_says_of_each_kind_how_long_it_is_kept_and_what_would_go(as_admin, settings):
    settings.NOTES_DAYS = 365
    add(3)
    add(2, days=10)
    events = row(as_admin, "access-events")
    assert "90 days" in events
    assert "ACCESS_DAYS" in events
    assert 'data-label="Rows to remove now"> 3 </td>' in events
    assert "365 days" in row(as_admin, "notes")
    assert "for ever" in row(as_admin, "comments")
    text = as_admin.get(PATH).text
    assert [kind.name for kind in ALL_KINDS if str(kind.label) not in text] == []
    assert AccessEvent.objects.filter(kind="exported").count() == 5
    assert not Retention.objects.exists()


def test_many_rows_are_counted_up_to_a_limit(as_admin, monkeypatch):
    monkeypatch.setattr(page, "MAX_COUNTED", 2)
    add(3)
    assert "> 2+ </td>" in row(as_admin, "access-events")


def test_before_the_first_time_it_says_that_nothing_ran(as_admin):
    text = as_admin.get(PATH).text
    assert "has not looked at everything yet" in text
    assert "Nothing would be removed now." in text


def test_it_says_when_it_last_ran_and_what_that_removed(as_admin):
    add(3)
    cache.delete(steps.RETENTION_DONE)
    steps.delete_old_rows()
    text = flat(as_admin.get(PATH))
    assert "Last looked:" in text
    assert "has not looked" not in text
    assert "Nothing would be removed now." in text
    events = row(as_admin, "access-events")
    assert 'data-label="Removed so far"> 3 <span class="muted"> last on ' in events


def test_a_silent_background_work_is_told(as_admin):
    cache.delete(steps.RETENTION_DONE)
    steps.delete_old_rows()
    Retention.objects.update(ran_at=timezone.now() - timedelta(hours=4))
    assert "The background work last looked on" in flat(as_admin.get(PATH))


def test_a_count_that_takes_too_long_is_left_out(as_admin, monkeypatch):
    monkeypatch.setattr(page, "COUNTING_SECONDS", 0)
    text = as_admin.get(PATH).text
    assert "Not everything was counted" in text
    assert "Nothing would be removed now." not in text
    assert "not counted" in row(as_admin, "notes")


def test_more_rows_take_no_more_queries(as_admin):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            as_admin.get(PATH)
        return len(captured)

    add(5)
    queries()
    few = queries()
    add(15)
    assert queries() == few


def test_only_admins_find_it_in_their_menu(as_admin, as_manager):
    assert 'href="/retention/"' in as_admin.get("/preferences/").text
    assert 'href="/retention/"' not in as_manager.get("/preferences/").text
    assert as_admin.post(PATH).status_code == 405
