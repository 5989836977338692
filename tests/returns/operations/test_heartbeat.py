"""Background work tells that it is alive, and pages say so if it is not."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from config.diagnosis import fingerprint
from returns import background
from returns.feed import uploads
from returns.models import (
    Export,
    FeedRun,
    Heartbeat,
    Loop,
    ReturnTag,
    RunUndo,
    TagRule,
    Upload,
    Way,
)
from returns.operations import heartbeat
from returns.operations.heartbeat import Heart, is_running
from tags.bulk import create_draft, start
from tests.deployed import wait_for
from tests.factories import make_person, make_return, make_tag
from tests.returns.feed.test_import_returns import ROOT, address_of_database

NOTICE = "The background work is not running"


def beat(loop: Loop, seconds: float = 0, **values) -> Heartbeat:
    """Store a sign of life from so many seconds ago."""
    row = Heartbeat.objects.create(loop=loop, host="box", pid=7, version="1", **values)
    seen_at = Now() - timedelta(seconds=seconds)
    Heartbeat.objects.filter(pk=row.pk).update(seen_at=seen_at)
    return row


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "is_seen"), [(0, True), (50, True), (70, False), (-30, True), (-3600, False)]
)
def test_a_loop_runs_if_it_was_seen_in_the_last_minute(seconds, is_seen):
    beat(Loop.STEPS, seconds)
    assert is_running(Loop.STEPS) is is_seen
    assert not is_running(Loop.FILES)


# The rows


@pytest.mark.django_db(transaction=True)
def test_a_loop_writes_what_it_does_and_removes_its_row_at_its_end(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_INTERVAL", 0.0)
    monkeypatch.setattr(heartbeat, "SHORTEST_JOB", 0.0)
    heart = Heart()
    with heart.beating(Loop.STEPS) as pulse:
        with pulse.doing("rules"):
            row = Heartbeat.objects.get()
            assert (row.loop, row.doing) == ("steps", "rules")
            assert row.fingerprint == fingerprint()
            assert row.doing_since <= row.seen_at
        pulse.beat()
        row = Heartbeat.objects.get()
        assert (row.doing, row.doing_since) == ("", None)
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_long_file_does_not_look_dead_and_a_stuck_step_shows(monkeypatch):
    """Whichever loop of the process moves writes for the others, too."""
    monkeypatch.setattr(heartbeat, "BEAT_INTERVAL", 0.0)
    monkeypatch.setattr(heartbeat, "SHORTEST_JOB", 0.0)
    heart = Heart()
    with heart.beating(Loop.FILES) as files, files.doing("exports"):
        first = Heartbeat.objects.get()
        with heart.beating(Loop.STEPS):
            row = Heartbeat.objects.get(loop="files")
        assert row.seen_at > first.seen_at
        assert abs(row.doing_since - first.doing_since) < timedelta(seconds=0.2)


@pytest.mark.django_db(transaction=True)
def test_a_loop_that_only_looks_for_work_is_not_said_to_do_any(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_INTERVAL", 0.0)
    with Heart().beating(Loop.FILES) as pulse:
        background.run_long_jobs(pulse.doing)
        with pulse.doing("uploads"):
            row = Heartbeat.objects.get()
        assert (row.doing, row.doing_since) == ("", None)
        with pulse.doing("uploads"):
            pulse.job_began -= heartbeat.SHORTEST_JOB
            pulse.beat()
            assert Heartbeat.objects.get().doing == "uploads"


@pytest.mark.django_db(transaction=True)
def test_it_is_written_now_and_then_and_not_within_a_transaction():
    heart = Heart()
    with heart.beating(Loop.STEPS) as pulse:
        first = Heartbeat.objects.get()
        pulse.beat()
        assert Heartbeat.objects.get().seen_at == first.seen_at
        Heartbeat.objects.all().delete()
        heart._beat_at = None
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            connection.in_atomic_block = True
            pulse.beat()
            connection.in_atomic_block = False
            cursor.execute("ROLLBACK")
        assert not Heartbeat.objects.exists()
        pulse.beat()
        assert Heartbeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_does_not_stop_the_work_while_it_cannot_be_written():
    """As with a full disk, or a database that is just going away."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE returns_heartbeat RENAME TO away")
    try:
        with Heart().beating(Loop.STEPS) as pulse, pulse.doing("rules"):
            pass
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO returns_heartbeat")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_worker_of_the_demo_beats_and_comes_back_after_the_database_was_away(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_INTERVAL", 0.1)
    monkeypatch.setattr(background, "IDLE_PAUSE", 0.05)
    monkeypatch.setattr(background, "RETRY_PAUSE", 0.05)
    worker = background.Worker()
    worker.start()
    wait_for(lambda: is_running(Loop.STEPS) and is_running(Loop.FILES))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    Heartbeat.objects.all().delete()
    wait_for(lambda: is_running(Loop.STEPS) and is_running(Loop.FILES))
    worker.stop()
    wait_for(lambda: not Heartbeat.objects.exists())
    assert "background work" not in {each.name for each in threading.enumerate()}


# Pages


def waiting_export(person) -> str:
    Export.objects.create(by=person, name="All", columns=["reference"], total=1)
    return reverse("exports")


def waiting_upload(person) -> str:
    record = b'{"items": [{"returnReferenceNumber": "Return-1"}]}'
    upload = uploads.save_upload(BytesIO(record), "a.json", person)
    Upload.objects.filter(pk=upload.pk).update(wanted_at=Now())
    return reverse("upload", args=[upload.pk])


def undone_import(person) -> str:
    run = FeedRun.objects.create(way=Way.FILE, origin="a.csv", outcome="done", ended_at=Now())
    RunUndo.objects.create(run=run, by=person)
    return reverse("feed-run", args=[run.pk])


def rule(_person) -> str:
    TagRule.objects.create(name="Rule of the test", moment="hourly", is_on=True)
    return reverse("rules")


def bulk_tagging(person) -> str:
    job = create_draft(ReturnTag, [make_return().pk], [make_tag("books")], [], person)
    start(job)
    return reverse("bulk-tagging", args=[job.pk])


def feed(_person) -> str:
    return reverse("feed")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("prepare", "loops"),
    [
        (waiting_export, [Loop.FILES]),
        (waiting_upload, [Loop.FILES]),
        (bulk_tagging, [Loop.STEPS]),
        (undone_import, [Loop.STEPS]),
        (rule, [Loop.STEPS]),
        (feed, [Loop.STEPS, Loop.FILES]),
    ],
)
def test_a_page_whose_work_waits_says_that_nobody_does_it(as_manager, manager, prepare, loops):
    TagRule.objects.update(is_on=False)
    path = prepare(manager)
    assert NOTICE in as_manager.get(path).text
    rows = [beat(loop) for loop in loops]
    assert NOTICE not in as_manager.get(path).text
    Heartbeat.objects.filter(pk=rows[-1].pk).update(seen_at=Now() - timedelta(seconds=61))
    assert NOTICE in as_manager.get(path, headers={"HX-Request": "true"}).text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["exports", "rules"])
def test_a_page_without_waiting_work_says_nothing(as_manager, name):
    TagRule.objects.update(is_on=False)
    assert NOTICE not in as_manager.get(reverse(name)).text


# Real processes


def start_work() -> subprocess.Popen:
    environment = os.environ | {
        "DATABASE_URL": address_of_database(),
        "SECRET_KEY": "of-a-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "ALLOWED_HOSTS": "localhost",
        "DEBUG": "1",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "work"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_page_says_when_the_worker_was_killed_and_when_it_is_back(monkeypatch):
    monkeypatch.setattr(heartbeat, "SEEN_WITHIN", 2)
    manager = make_person("manager", "Warehouse manager")
    client = Client()
    client.force_login(manager, backend="returns.people.RoleBackend")
    path = rule(manager)
    TagRule.objects.exclude(name="Rule of the test").update(is_on=False)
    assert NOTICE in client.get(path).text
    first = start_work()
    wait_for(lambda: NOTICE not in client.get(path).text)
    wait_for(lambda: Heartbeat.objects.count() == 3)  # each of its loops
    first.kill()
    first.wait()
    assert Heartbeat.objects.count() == 3  # it had no time to say goodbye
    wait_for(lambda: NOTICE in client.get(path).text)
    second = start_work()
    wait_for(lambda: NOTICE not in client.get(path).text)
    second.send_signal(signal.SIGTERM)
    assert second.wait(30) == 0
    assert NOTICE in client.get(path).text
    assert Heartbeat.objects.count() == 3
