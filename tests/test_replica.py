"""What is read from a streaming replica, what never is, and what if it is late or gone."""

import json
import time
from collections.abc import Callable
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster import Cluster, Server, running_cluster
from tests.deployed import Site, site_at, wait_for
from tests.sending import post, push

pytestmark = pytest.mark.slow
READS_RETURNS = 'FROM "returns_return"'
# Runs in a program of its own. Each line of CASES is one expression.
SCRIPT = """
import psycopg
from django.db import connection, transaction
from returns.database.replica import each_from_replica, from_replica, pause

def is_replica():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        return cursor.fetchone()[0]

def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)

calls = []
def read(sql="SELECT 1"):
    calls.append(is_replica())
    if calls[-1]:
        run(sql)
    return is_replica()

def close_cursor():
    calls.append(is_replica())
    if calls[-1]:
        raise psycopg.OperationalError("server closed the connection unexpectedly")
    return is_replica()

def items(fails_at):
    for number in range(3):
        if number == fails_at and is_replica():
            run(END)
        yield is_replica(), number

def error_of(function):
    try:
        function()
    except Exception as error:
        return type(error).__name__

def in_transaction(function):
    with transaction.atomic():
        return function()

END = "SELECT pg_terminate_backend(pg_backend_pid())"
for case in CASES:
    calls.clear()
    pause.until = 0
    print("RESULT", eval(case))
"""
# What is asked, and what it gives: True stands for the replica.
CASES = {
    "from_replica(read), calls": (True, [True]),
    # A connection that is ended, as by a conflict with what is replayed.
    "from_replica(read, END), calls": (False, [True, False]),
    # Closing a cursor of the server, Django passes on what psycopg raises.
    "from_replica(close_cursor), calls": (False, [True, False]),
    # A write is refused, logged, and made on the primary.
    "from_replica(read, 'CREATE TABLE written ()'), calls": (False, [True, False]),
    # An error of the statement itself is raised, not tried again.
    "error_of(lambda: from_replica(read, 'SELECT 1/0')), calls": ("DataError", [True]),
    # The own writes of a transaction are in it alone.
    "in_transaction(lambda: from_replica(read))": False,
    "list(each_from_replica(lambda: items(None)))": [(True, 0), (True, 1), (True, 2)],
    "list(each_from_replica(lambda: items(0)))": [(False, 0), (False, 1), (False, 2)],
    # What was given already cannot be taken back.
    "error_of(lambda: list(each_from_replica(lambda: items(1))))": "OperationalError",
    "[is_replica() for _ in each_from_replica(lambda: items(None))]": [False] * 3,
}


@pytest.fixture(scope="module")
def cluster():
    with running_cluster(logs_statements=True) as running:
        yield running


@pytest.fixture(scope="module")
def site(cluster):
    with TemporaryDirectory() as folder:
        options = {"DATABASE_REPLICA_LISTS": "1", "DATABASE_REPLICA_URL": cluster.replica.url}
        with site_at(cluster.url, Path(folder), **options) as running:
            push(running, "Return-1", "Return-2")
            yield running


@contextmanager
def held_back(cluster: Cluster):
    """Let the replica receive, but not show, what the primary writes."""
    cluster.replica.value("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        cluster.replica.value("SELECT pg_wal_replay_resume()")
        cluster.wait_until_replayed()


def statements(server: Server, do: Callable[[], object]) -> str:
    """Return the statements that the server logs meanwhile."""
    size = server.log.stat().st_size
    do()
    return server.log.read_bytes()[size:].decode()


def wait_until_used(site: Site, server: Server) -> None:
    """Wait until lists are read from the replica, which is left alone after a failure."""
    wait_for(lambda: READS_RETURNS in statements(server, lambda: site.get("/returns/")))


@pytest.mark.parametrize(
    "path",
    ["/returns/", "/returns/facets/", "/reports/", "/reports/flow/", "/returns/export.csv"],
)
def test_lists_numbers_reports_and_exports_are_read_from_the_replica(site, cluster, path):
    wait_until_used(site, cluster.replica)
    answers = []
    log = statements(cluster.replica, lambda: answers.append(site.get(path)))
    assert answers[0].status == HTTPStatus.OK
    assert "returns_" in log


@pytest.mark.parametrize("path", ["/returns/Return-1/", "/returns/live/?seen=", "/queue/"])
def test_what_people_change_and_what_polls_compare_is_read_from_the_primary(site, cluster, path):
    wait_until_used(site, cluster.replica)
    log = statements(cluster.replica, lambda: site.get(path))
    assert "returns_" not in log


def test_nobody_misses_what_was_written_before_they_asked(site, cluster):
    wait_until_used(site, cluster.replica)
    with held_back(cluster):
        push(site, "Return-late")
        began = time.monotonic()
        assert "Return-late" in site.get("/returns/").text
        assert "Return-late" in site.get("/returns/export.csv").text
        assert time.monotonic() - began < 5
        assert cluster.replica.value("SELECT count(*) FROM returns_return") == 2
    assert "The replica is late" in site.logged()
    wait_until_used(site, cluster.replica)
    assert "Return-late" in site.get("/returns/").text


def test_a_page_polls_for_what_its_rows_from_the_replica_lack(site, cluster):
    """The token is the primary's: what is written after the rows were read is news."""
    wait_until_used(site, cluster.replica)
    page = site.get("/returns/").text
    token = page.partition("since=")[2].partition("&")[0].partition('"')[0]
    assert token
    push(site, "Return-new")
    poll = site.get(f"/returns/live/?since={token}&seen={token}")
    assert poll.status == HTTPStatus.OK
    assert "1 created" in poll.text


def test_a_comment_is_on_the_page_that_follows_it(site, cluster):
    record = cluster.primary.value("SELECT id FROM returns_return ORDER BY id LIMIT 1")
    with held_back(cluster):
        answer = post(site, f"/return/{record}/comments/", text="Called back.")
        assert answer.status == HTTPStatus.SEE_OTHER, answer.text
        assert "Called back." in site.get("/returns/Return-1/").text


def test_what_fails_on_the_replica_is_read_from_the_primary(site):
    done = site.manage("shell", "--verbosity", "0", "-c", f"CASES = {list(CASES)}\n{SCRIPT}")
    results = [line.removeprefix("RESULT ") for line in done.stdout.splitlines()]
    assert dict(zip(CASES, results, strict=True)) == {
        case: str(result) for case, result in CASES.items()
    }, done.stderr
    assert "Something writes where only the replica is read" in done.stderr


def doctor_on_replica(site: Site, **variables: str) -> dict[str, str]:
    site.environment |= variables
    points = json.loads(site.manage("doctor", "--json").stdout)["points"]
    (found,) = (point for point in points if point["name"] == "replica")
    return found


def test_metrics_and_the_page_of_admins_tell_how_far_the_replica_is_behind(site, cluster):
    script = """
from returns.database.replica import pause
from returns.operations.exposition import all_metrics
PAUSE
from returns.operations.page import status_page
print(all_metrics().decode(), *status_page().problems)
"""

    def found(pause: str = "") -> str:
        whole = script.replace("PAUSE", pause)
        return site.manage("shell", "--verbosity", "0", "-c", whole).stdout

    assert "returns_desk_replica_lag_bytes 0.0" in found()
    with held_back(cluster):
        push(site, "Return-behind")
        told = found("pause.begin(60)")  # it was late for a page, and is told all the same
        away = found("pause.begin(60, is_away=True)")
    assert "returns_desk_replica_up 1.0" in told
    assert "returns_desk_replica_lag_bytes 0.0" not in told
    assert "The replica cannot be used" not in told
    assert "returns_desk_replica_up 0.0" in away
    site.environment["DATABASE_REPLICA_URL"] = "postgres://nobody@127.0.0.1:1/returns"
    told = found()
    site.environment["DATABASE_REPLICA_URL"] = cluster.replica.url
    assert "returns_desk_replica_up 0.0" in told
    assert "The replica cannot be used: the primary does its work." in told


def test_the_doctor_tells_how_the_replica_is(site, cluster):
    assert doctor_on_replica(site)["text"].startswith("The replica had all that was written after")
    with held_back(cluster):
        push(site, "Return-waiting")
        late = doctor_on_replica(site)
    assert late["result"] == "warning"
    assert "bytes of WAL, so the primary does its work" in late["text"]
    own = doctor_on_replica(site, DATABASE_REPLICA_URL=cluster.primary.url)
    away = doctor_on_replica(site, DATABASE_REPLICA_URL="postgres://nobody@127.0.0.1:1/returns")
    doctor_on_replica(site, DATABASE_REPLICA_URL=cluster.replica.url)
    assert own["text"] == "DATABASE_REPLICA_URL names a server that is no replica."
    assert away["text"].startswith("The replica does not answer, so the primary does its work")


def test_pages_do_without_a_replica_that_is_gone_and_use_it_when_it_is_back(site, cluster):
    wait_until_used(site, cluster.replica)
    cluster.replica.kill()
    for path in ("/returns/", "/reports/flow/", "/returns/export.csv"):
        answer = site.get(path)
        assert answer.status == HTTPStatus.OK
        assert answer.seconds < 5
    assert "The replica failed, and the primary is read instead" in site.logged()
    cluster.replica.start()
    wait_until_used(site, cluster.replica)
