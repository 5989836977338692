"""A clock that is two hours wrong, or was set right again, stops nothing and locks nobody out.

The database keeps the true time here; the clock of this process is moved.
"""

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from returns.exports import background as exports
from returns.feed import overview
from returns.feed.runs import record_run
from returns.filters.query import Query
from returns.live import polling
from returns.live.changes import current_token
from returns.models import Change, Export, FeedRun, Moment, Progress, TagRule, Way
from returns.retention.steps import RETENTION_DONE, delete_old_rows
from returns.rules.running import run_hourly
from tests.factories import make_return, make_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

TWO_HOURS = timedelta(hours=2)
WRONG = pytest.mark.parametrize("by", [TWO_HOURS, -TWO_HOURS], ids=["ahead", "behind"])


def clock_moved(by: timedelta):
    return time_machine.travel(timezone.now() + by)


def sign_in(password: str = "secret-parcel") -> Client:
    client = Client()
    client.post(reverse("login"), {"username": "agent", "password": password})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("return-list")).status_code == 200


def hourly_rule(**fields) -> TagRule:
    TagRule.objects.all().delete()
    adds = [make_tag("books").pk]
    rule = TagRule(name="Books", parameters={"state": ["ReturnCreated"]}, adds=adds, removes=[])
    rule.moment, rule.is_on = Moment.HOURLY, True
    rule.save()
    TagRule.objects.filter(pk=rule.pk).update(**fields)
    return rule


@WRONG
def test_an_hourly_rule_runs_once_an_hour(by):
    rule = hourly_rule()
    with clock_moved(by):
        assert run_hourly()
        assert not run_hourly()
    assert not run_hourly()
    rule.refresh_from_db()
    assert abs(timezone.now() - rule.ran_at) < timedelta(minutes=1)


def test_an_hourly_rule_does_not_wait_for_a_run_in_the_future():
    hourly_rule(ran_at=timezone.now() + TWO_HOURS)
    assert run_hourly()
    assert not run_hourly()


def test_an_export_does_not_wait_for_a_start_in_the_future(agent):
    start = timezone.now() + TWO_HOURS
    fields = {"by": agent, "query": "", "columns": ["reference"], "format": "csv", "attempts": 9}
    Export.objects.create(status=Progress.RUNNING, started_at=start, total=0, **fields)
    assert exports.make_next()


def test_what_should_last_for_seconds_does_not_last_for_hours(monkeypatch):
    cache.set("kept", 1, 0.01)
    cache.set("kept-for-ever", 1, None)
    two_hours_ago = time.time() - TWO_HOURS.total_seconds()
    monkeypatch.setattr(time, "time", lambda: two_hours_ago)
    time.sleep(0.02)
    assert (cache.get("kept"), cache.get("kept-for-ever")) == (None, 1)
    assert cache.add("kept", 2, 60)
    assert not cache.add("kept", 3, 60)


def test_numbers_of_a_list_are_counted_again_after_the_clock_was_set_back():
    page = polling.open_page("/returns/", Query.parse(""))
    seconds, rest = page.seen.split(".", 1)
    for by, is_answered in ((0, False), (7200, True), (-7200, True)):
        query = Query.parse(f"since={page.since}&seen={int(seconds) + by}.{rest}")
        answer = polling.poll_page("/returns/", query, User())
        assert (answer is not None) == is_answered


@WRONG
def test_a_feed_that_was_just_read_is_fresh(by):
    with clock_moved(by):
        with record_run(Way.PULL, "far") as run:
            pass
        assert not polling.open_page("/returns/", Query.parse("")).is_silent
        assert not overview.feed_health().is_silent
    assert not polling.open_page("/returns/", Query.parse("")).is_silent
    assert overview.run_status(run.row).duration.startswith("0.")


def test_a_reading_in_the_future_does_not_make_the_feed_fresh():
    for by in (-TWO_HOURS, TWO_HOURS):
        FeedRun.objects.create(way=Way.PULL, outcome="done", ended_at=timezone.now() + by)
    assert polling.open_page("/returns/", Query.parse("")).is_silent


@WRONG
def test_whoever_was_inactive_has_to_sign_in_again(agent, by):
    with clock_moved(by):
        before = sign_in()
        assert is_signed_in(before)
        for is_active in (False, True):
            User.objects.filter(pk=agent.pk).update(is_active=is_active)
        assert not is_signed_in(before)
        assert is_signed_in(sign_in())


def test_a_lock_does_not_outlast_the_clock_that_made_it(agent):
    with clock_moved(TWO_HOURS):
        for _ in range(5):
            sign_in("wrong")
        assert not is_signed_in(sign_in())
    assert is_signed_in(sign_in())


@WRONG
def test_changes_that_pages_may_ask_for_are_kept(by):
    make_return()
    now = timezone.now()
    ages = [timedelta(hours=hours) for hours in (22, 23, 25.5)]
    Change.objects.all().delete()
    Change.objects.bulk_create(Change(at=now - age) for age in ages)
    cache.delete(RETENTION_DONE)
    with clock_moved(by):
        delete_old_rows()
    assert Change.objects.count() == 2
    assert current_token()
