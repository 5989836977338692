"""What whoever runs the desk reads in its log, and that nothing of it is about a person."""

import logging
import threading
from datetime import timedelta
from io import BytesIO
from random import Random

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from returns import background
from returns.exports import as_csv
from returns.exports import background as exports
from returns.exports.selection import parse_selection
from returns.feed import uploads
from returns.feed.client import Client
from returns.feed.runs import record_run
from returns.feed.sync import sync
from returns.filters.query import Query
from returns.models import Change, Export, FeedRun, Moment, ReturnTag, TagRule, Upload, Way
from returns.retention import steps as retention
from returns.rules import editing as rules
from returns.rules import running as rule_runs
from returns.summaries import maintenance
from tags import bulk
from tests.factories import make_return, make_tag
from tests.returns.feed import fake_api as faults
from tests.returns.feed.fake_api import TOKEN, FakeApi
from tests.returns.feed.test_runs import bring, sent
from tests.returns.rules.test_rules import make_rule

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=400)
SECRETS = ("Selin", "selin", "too tight", "00123456789", TOKEN)


@pytest.fixture(autouse=True)
def log(caplog):
    """Collect the lines; whatever a test does, nothing personal and no secret is in them."""
    for name in ("returns", "tags"):
        caplog.set_level(logging.INFO, logger=name)
    yield caplog
    assert [secret for secret in SECRETS if secret in caplog.text] == []


@pytest.fixture
def selin(make_person):
    return make_person("selin", "Warehouse manager", first_name="Selin", last_name="Aydın")


def test_a_run_of_the_feed_says_when_it_begins_and_what_came_in(log):
    personal = {"notes": "too tight, says Selin", "trackingId": "00123456789"}
    wrong = sent("Return-2", state="Completed", **personal)
    run = bring(sent(**personal), wrong, origin="Selin's shop", way=Way.PUSH)
    counts = "read 2, created 1, updated 0, unchanged 0, rejected 1"
    assert log.messages == [
        f"Feed run {run.pk} (push) started.",
        f"Feed run {run.pk} (push) finished: {counts}.",
    ]


def test_a_file_s_name_and_its_person_stay_out_of_the_log(log, selin):
    record = b'{"items": [{"returnReferenceNumber": "Return-1", "notes": "too tight"}]}'
    upload = uploads.save_upload(BytesIO(record), "returns of Selin.json", selin)
    uploads.start_import(upload.pk, selin)
    assert "(file) finished: read 1, created 0, updated 0, unchanged 0, rejected 1." in log.text


def test_a_pull_says_from_where_and_each_further_attempt(log):
    with FakeApi([]) as side:
        side.faults = {0: faults.status(503), 1: faults.status(429, **{"x-retry-after": "7"})}
        client = Client(side.url, TOKEN, sleep=lambda _: None, random=Random(1), read_timeout=2)
        sync(client)
    began, first, second, done = log.messages
    assert began.endswith(f"(pull) started from {client.origin}.")
    api = f"Returns API at {client.origin}: "
    assert first.startswith(
        f"{api}The API answered with status 503. Attempt 1 of 8 failed; next one in "
    )
    assert second.startswith(f"{api}The API asked to wait. Attempt 2 of 8 failed; next one in 7.")
    assert done.endswith("finished: read 0, created 0, updated 0, unchanged 0, rejected 0.")


def test_a_run_that_fails_says_so_without_what_it_was_about(log):
    def items():
        yield sent()
        raise ValueError("Selin's file")

    with pytest.raises(ValueError, match="Selin"), record_run(Way.FILE, "Selin.csv") as run:
        run.import_items(items())
    assert "(file) failed (ValueError): read 0, created 0" in log.text


def test_a_rule_says_that_it_ran_failed_and_was_switched_off(log, selin):
    make_return()
    rule = make_rule("tag=fragile", Moment.HOURLY, add="books")
    TagRule.objects.filter(pk=rule.pk).update(name="For Selin")
    assert rule_runs.run_hourly()
    for _ in range(rules.MAX_FAILURES):
        rules.note_failure(rule, "“Selin's” is retired.")
    assert log.messages == [
        f"The hourly rule {rule.pk} ran (returns: 0).",
        f"Rule {rule.pk} failed (in a row: 1).",
        f"Rule {rule.pk} failed (in a row: 2).",
        f"Rule {rule.pk} failed and is switched off; its page says why.",
    ]


def test_rules_that_looked_at_events_say_how_many(log):
    make_rule("order=RSO77", Moment.CREATED, add="books")
    make_return(sales_order_reference_number="RSO77", notes="too tight")
    while rule_runs.run_queued():
        pass
    assert log.messages == ["Rules ran (rules: 1, events: 1)."]


def test_an_export_says_how_large_it_is(log, selin):
    make_return(notes="too tight", tracking_id="00123456789")
    selection = parse_selection(Query.parse("columns=all"), [])
    assert b"".join(as_csv.csv_chunks(selection, timezone.now()))
    export = Export.objects.create(
        by=selin, query="q=00123456789", columns=["reference"], name="Selin.xlsx", total=1
    )
    assert exports.make_next()
    export.refresh_from_db()
    assert log.messages[0] == "A CSV export is made (returns: 1)."
    assert log.messages[-1] == f"Export {export.pk} is made (returns: 1, bytes: {export.size})."


def test_bulk_tagging_says_when_it_is_done(log, selin):
    adds = [make_tag("books")]
    job = bulk.create_draft(ReturnTag, [make_return().pk], adds, [], selin, "q=Selin")
    bulk.start(job)
    while bulk.run_oldest_step():
        pass
    assert log.messages == [f"Bulk tagging {job.pk} is done."]


def test_what_is_forgotten_is_counted(log, selin):
    ago = timezone.now() - LONG_AGO
    Upload.objects.create(by=selin, name="Selin.csv", content=b"", size=0, preview={})
    Upload.objects.update(at=ago)
    Export.objects.create(by=selin, query="", columns=[], name="x", total=0, expires_at=ago)
    Change.objects.all().delete()
    make_return()
    Change.objects.update(at=ago)
    for _ in range(2):
        bring(origin="Selin's shop")
    FeedRun.objects.update(began_at=ago)
    number = Change.objects.count()
    log.clear()
    cache.delete(retention.RETENTION_DONE)
    for _ in range(2):
        assert not retention.delete_old_rows()
    assert log.messages == [
        "Deleted old feed runs: 1.",
        "Deleted old uploads: 1.",
        "Deleted old exports: 1.",
        f"Deleted old changes for open pages: {number}.",
    ]


def test_the_summaries_say_that_they_are_built(log):
    maintenance.rebuild()
    assert log.messages == ["The summaries are built, by the days of Europe/Istanbul."]


@pytest.mark.django_db(transaction=True)
def test_background_work_says_once_that_the_database_is_away(log, monkeypatch):
    """And goes on when it answers again."""
    monkeypatch.setattr(background, "RETRY_PAUSE", 0)
    stopping, calls = threading.Event(), []

    def job() -> bool:
        calls.append(connection.is_usable())
        if len(calls) <= 2:
            connection.close()
            raise OperationalError("the server is away\nand says more")
        stopping.set()
        connection.ensure_connection()
        return True

    monkeypatch.setattr(background.running, "run_queued", job)
    job.__name__ = "run_queued"
    background.run_until_stopped(stopping)
    lines = [each.message for each in log.records if each.name == "returns.background"]
    assert lines == [
        "Background work started.",
        "Background work is waiting for the database: the server is away",
        "The database is back.",
        "Background work stopped.",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broken", ["import_next", "run_queued"])
def test_a_bug_in_one_job_is_logged_and_keeps_no_other_from_its_work(log, monkeypatch, broken):
    monkeypatch.setattr(background, "RETRY_PAUSE", 0)
    stopping, exports = threading.Event(), []

    def fail() -> bool:
        raise ZeroDivisionError

    def make_next() -> bool:
        exports.append(1)
        if len(exports) == 2:
            stopping.set()
        return False

    fail.__name__ = broken
    module = background.uploads if broken == "import_next" else background.running
    monkeypatch.setattr(module, broken, fail)
    monkeypatch.setattr(background.exports, "make_next", make_next)
    late = threading.Timer(10, stopping.set)
    late.start()
    background.run_until_stopped(stopping)
    late.cancel()
    assert len(exports) >= 2
    failures = [each for each in log.records if each.levelname == "ERROR"]
    assert {each.getMessage() for each in failures} == {f"Background work failed: {broken}"}
    assert failures[0].exc_info[0] is ZeroDivisionError
