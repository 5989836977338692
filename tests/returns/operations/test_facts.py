"""The facts of the running desk: as metrics, on the page for admins, and in the deep check."""

import shutil
import threading
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from returns import background
from returns.models import Export, FeedRun, Heartbeat, Loop, RuleEvent, TagRule
from returns.operations import facts as reading
from returns.operations.exposition import all_metrics
from returns.operations.facts import read_facts
from returns.operations.page import JOB_LABELS
from returns.operations.queues import QUEUES
from returns.outgoing.dispatching import Dispatcher
from tests.markup import flat
from tests.returns.operations.test_heartbeat import beat

pytestmark = pytest.mark.django_db
TOKEN = "a token of many characters"


@pytest.fixture
def running():
    """Let all background work run."""
    for loop in Loop:
        beat(loop)


@pytest.fixture
def away(monkeypatch):
    """Let the database be away for the facts."""

    def fail() -> int:
        raise OperationalError("connection failed: no server")

    monkeypatch.setattr(reading, "unapplied_migrations", fail)


def samples() -> dict[str, float]:
    lines = [line for line in all_metrics().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def read(way: str, origin: str, minutes: float) -> None:
    at = Now() - timedelta(minutes=minutes)
    FeedRun.objects.create(way=way, origin=origin, outcome="done", began_at=at, ended_at=at)


def wait_in_queue(minutes: float) -> None:
    RuleEvent.objects.create(record_id=1, moment="created")
    RuleEvent.objects.update(queued_at=Now() - timedelta(minutes=minutes))


# Metrics


def test_the_metrics_say_what_waits_and_for_how_long(manager):
    wait_in_queue(5)
    Export.objects.create(by=manager, name="All", columns=[], total=1)
    read("pull", "https://wms.example.com", 10)
    read("pull", "https://other.example.com", 3)
    read("push", "Selin's shop", 7)
    read("push", "Ayse's shop", 9)
    beat(Loop.STEPS, 5, doing="rules", doing_since=Now() - timedelta(seconds=40))
    beat(Loop.FILES, 90)
    found = samples()
    assert found['returns_desk_queue_depth{queue="rules"}'] == 1
    assert found['returns_desk_queue_oldest_seconds{queue="rules"}'] == pytest.approx(300, abs=5)
    assert found['returns_desk_queue_depth{queue="exports"}'] == 1
    assert found['returns_desk_workers{loop="steps"}'] == 1
    assert found['returns_desk_workers{loop="files"}'] == 0
    assert found['returns_desk_worker_seen_seconds{loop="files"}'] == pytest.approx(90, abs=5)
    busy = found['returns_desk_worker_job_seconds{job="rules",loop="steps"}']
    assert busy == pytest.approx(40, abs=5)
    assert found["returns_desk_feed_lag_seconds"] == pytest.approx(180, abs=5)
    lag = "returns_desk_feed_source_lag_seconds"
    assert found[f'{lag}{{source="https://wms.example.com",way="pull"}}'] == pytest.approx(
        600, abs=5
    )
    # Tokens are named by people, so all that is pushed is one.
    assert found[f'{lag}{{source="",way="push"}}'] == pytest.approx(420, abs=5)
    assert found["returns_desk_database_up"] == 1
    assert found["returns_desk_database_size_bytes"] > 1_000_000
    assert found["returns_desk_migrations_waiting"] == 0
    assert "shop" not in " ".join(found)


def test_every_queue_is_counted_up_to_a_limit():
    found = samples()
    for kind in QUEUES:
        assert found[f'returns_desk_queue_depth{{queue="{kind.name}"}}'] == 0
        assert "LIMIT 10001" in kind.sql


def test_a_scrape_costs_the_same_however_much_there_is(running):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            all_metrics()
        return len(queries)

    few = cost()
    for _ in range(20):
        wait_in_queue(1)
        read("pull", "https://wms.example.com", 1)
    assert cost() == few


def test_without_a_database_a_scrape_says_so_and_the_rest_that_it_knows(away):
    found = samples()
    assert found["returns_desk_database_up"] == 0
    assert found['returns_desk_build_info{build="",version="0.1.0"}'] == 1
    assert found['returns_desk_disk_free_bytes{disk="temporary"}'] > 0
    assert not [name for name in found if "queue" in name]


def test_a_fact_that_takes_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(reading, "FACT_MILLISECONDS", 200)
    monkeypatch.setattr(reading, "SELECT_REJECTED", "SELECT 1 FROM pg_sleep(5)")
    facts = read_facts()
    assert facts.rejected is None
    assert facts.is_up
    assert facts.database_size


def test_metrics_are_for_those_who_have_the_token(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    refused = client.get("/metrics")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    wrong = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"})
    assert wrong.status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert "returns_desk_database_up 1.0" in answer.text


def test_requests_are_counted_by_the_names_of_views_alone(as_agent, settings):
    settings.OBSERVERS = ["config.observing.metrics.count_request"]
    settings.METRICS_TOKEN = TOKEN
    for path in ("/returns/Selin-1/", "/returns/Selin-2/", "/Selin/", "/static/Selin.css"):
        as_agent.get(path, {"q": "Selin"})
    as_agent.generic("SELIN", "/returns/")
    found = {name: value for name, value in samples().items() if "request_seconds_count" in name}
    name = "returns_desk_request_seconds_count"
    assert found[f'{name}{{method="GET",status="404",view="return-detail"}}'] == 2
    assert found[f'{name}{{method="GET",status="404",view="unknown"}}'] == 1
    assert found[f'{name}{{method="GET",status="404",view="static"}}'] == 1
    assert found[f'{name}{{method="OTHER",status="405",view="return-list"}}'] == 1
    assert "elin" not in " ".join(found)


# The deep check


def test_the_deep_check_names_what_does_not_work(client):
    answer = client.get("/readyz?deep=1")
    assert answer.status_code == 503
    assert answer.json()["failed"] == ["background_work"]
    assert answer.json()["checks"]["background_work"]["missing"] == ["steps", "files", "outgoing"]
    assert client.get("/readyz").status_code == 200
    beat(Loop.STEPS, 3)
    beat(Loop.FILES, 4)
    beat(Loop.OUTGOING, 4)
    read("pull", "https://wms.example.com", 5)
    ready = client.get("/readyz?deep=1")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["checks"]["background_work"]["seen_seconds"] == pytest.approx(3, abs=2)
    FeedRun.objects.update(ended_at=Now() - timedelta(hours=2))
    silent = client.get("/readyz?deep=1")
    assert (silent.status_code, silent.json()["failed"]) == (503, ["feed"])


@pytest.mark.usefixtures("running")
def test_the_deep_check_sees_a_stuck_loop_and_a_full_disk(client, monkeypatch):
    Heartbeat.objects.update(doing="exports", doing_since=Now() - timedelta(hours=1))
    stuck = client.get("/readyz?deep=1").json()
    assert (stuck["failed"], stuck["checks"]["background_work"]["stuck"]) == (
        ["background_work"],
        ["steps"],  # a file may take hours
    )
    Heartbeat.objects.update(doing="")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000, total=10**9))
    full = client.get("/readyz?deep=1").json()
    assert full["failed"] == ["disk"]


@pytest.mark.usefixtures("away")
def test_the_deep_check_without_a_database(client):
    answer = client.get("/readyz?deep=1")
    assert answer.status_code == 503
    assert answer.json()["failed"] == ["database"]
    assert "no server" not in answer.text


# The page


@pytest.mark.usefixtures("running")
def test_the_page_says_that_everything_works(as_admin):
    TagRule.objects.update(is_on=False)
    text = flat(as_admin.get(reverse("status")))
    assert "Everything works." in text
    assert "box (7)" in text
    for kind in QUEUES:
        assert str(kind.label) in text


def test_the_page_says_what_does_not_work(as_admin):
    beat(Loop.STEPS, 5, doing="hourly-rules", doing_since=Now() - timedelta(minutes=20))
    read("pull", "https://wms.example.com", 125)
    wait_in_queue(60)
    TagRule.objects.create(name="Broken", moment="hourly", off_because="It failed.")
    text = flat(as_admin.get(reverse("status")))
    assert "Everything works." not in text
    assert "Large files and exports are waiting: no background worker is running." in text
    assert "Stuck on box (7): hourly rules, for 20 min. Restart that process." in text
    assert "The feed was last read 2 h 5 min ago." in text
    assert "Returns waiting for rules: the oldest has waited for 1 h." in text
    assert "1 rule was switched off after failures." in text


def test_the_page_asks_again_by_itself_and_answers_its_part(as_admin):
    part = as_admin.get(reverse("status"), {"poll": ""}, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="status" hx-get="/status/?poll"')


def test_the_page_has_no_secret(as_admin, settings):
    secrets = {"METRICS_TOKEN": TOKEN, "SENTRY_DSN": "https://key@sentry.example/1"}
    for name, value in (secrets | {"RETURNS_API_TOKEN": "of the WMS"}).items():
        setattr(settings, name, value)
    text = as_admin.get(reverse("status")).text
    assert not [value for value in (*secrets.values(), settings.SECRET_KEY) if value in text]


def test_the_page_costs_the_same_however_many_workers_there_are(as_admin):
    ContentType.objects.clear_cache()
    as_admin.get(reverse("status"))
    with CaptureQueriesContext(connection) as few:
        as_admin.get(reverse("status"))
    for _ in range(5):
        beat(Loop.STEPS)
    with CaptureQueriesContext(connection) as many:
        as_admin.get(reverse("status"))
    assert len(few) == len(many)


def test_every_job_has_a_name_for_people():
    names: list[str] = []

    @contextmanager
    def note(name: str):
        names.append(name)
        yield

    background.run_short_jobs(note)
    background.run_long_jobs(note)
    background.send_messages(Dispatcher(threading.Event()), note)
    assert len(names) == 16
    assert set(names) <= set(JOB_LABELS)
