"""A desk with two servers of the database outlives the loss of either, and loses nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster import Cluster, running_cluster
from tests.deployed import Site, free_port, site_at, wait_for
from tests.load import Ledger, callers
from tests.sending import post, push, send_file

pytestmark = pytest.mark.slow
LONGEST_ERROR = 5  # seconds
MANY = {"API_CALLS_PER_MINUTE": "100000", "REQUESTS_AT_ONCE": "8", "HEAVY_REQUESTS_AT_ONCE": "8"}
STORED = """
    SELECT array_agg(return_reference_number) FROM returns_return
    WHERE return_reference_number LIKE 'Ledger-%'
"""

# Of programs elsewhere, without the one that asks.
SELECT_SESSIONS = """
    SELECT array_agg(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@contextmanager
def desk() -> Iterator[tuple[Cluster, Site]]:
    """Run a desk that knows two servers, and reads from the second as well."""
    with running_cluster() as cluster, TemporaryDirectory() as folder:
        replica = {"DATABASE_REPLICA_LISTS": "1", "DATABASE_REPLICA_URL": cluster.replica.url}
        with site_at(cluster.url, Path(folder), **MANY, **replica) as site:
            push(site, "Return-1")
            yield cluster, site


@pytest.fixture(scope="module")
def whole():
    """The desk for tests that leave both servers as they were."""
    with desk() as running:
        yield running


def write(site: Site, reference: str) -> bool:
    return push(site, reference).status == HTTPStatus.OK


def wait_for_more(ledger: Ledger, number: int = 20) -> None:
    known = len(ledger.acknowledged)
    wait_for(lambda: len(ledger.acknowledged) >= known + number)


def test_the_loss_of_the_primary_loses_no_acknowledged_write():
    with desk() as (cluster, site):
        ledger, promoted = lose_primary(cluster, site)
        back = next(at for at in ledger.at if at > promoted) - promoted
        stored = set(cluster.replica.value(STORED))
        assert set(ledger.acknowledged) - stored == set()
        assert ledger.wrong == []
        assert ledger.failures  # or nothing was tried
        assert max(seconds for seconds, _ in ledger.failures) < LONGEST_ERROR
        assert back < LONGEST_ERROR
        assert site.get("/readyz").status == HTTPStatus.OK  # without a restart
        done = site.manage("work", "--until-done")
        assert done.returncode == 0, done.stderr


def lose_primary(cluster: Cluster, site: Site) -> tuple[Ledger, float]:
    """Kill the primary under load; return the ledger, and when the replica was promoted."""
    cluster.primary.set(synchronous_standby_names="replica")
    with callers(site, write) as ledger:
        wait_for_more(ledger)
        cluster.replica.value("SELECT pg_wal_replay_pause()")  # it lags
        wait_for_more(ledger)
        cluster.replica.value("SELECT pg_wal_replay_resume()")
        wait_for_more(ledger)
        assert ledger.failures == []
        cluster.primary.kill()
        time.sleep(0.5)  # callers meet a database that is away
        cluster.replica.promote()
        promoted = time.monotonic()
        wait_for_more(ledger)
    return ledger, promoted


def test_a_server_that_takes_no_writes_is_left_until_it_does(whole):
    """As one that became a standby, behind a pooler or an address that stayed."""
    cluster, site = whole
    site.get("/returns/")
    before = cluster.primary.value(SELECT_SESSIONS)
    cluster.primary.set(default_transaction_read_only="on")

    def is_left() -> bool:
        """Ask until a thread is met whose connection was there before."""
        assert push(site, "Return-2").status == HTTPStatus.SERVICE_UNAVAILABLE
        return not set(before) <= set(cluster.primary.value(SELECT_SESSIONS) or ())

    try:
        wait_for(lambda: push(site, "Return-2").status == HTTPStatus.SERVICE_UNAVAILABLE)
        form = post(site, "/scan/session/")
        wait_for(is_left)
    finally:
        cluster.primary.set(default_transaction_read_only="off")
    assert form.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "The returns desk is not available" in form.text
    wait_for(lambda: push(site, "Return-2").status == HTTPStatus.OK)
    assert "Return-2" in site.get("/returns/").text


def test_web_servers_share_nothing_but_the_database(whole, tmp_path):
    """What is begun on one goes on at the other, and what one wrote is there on the other."""
    cluster, one = whole
    record = cluster.primary.value("SELECT id FROM returns_return ORDER BY id LIMIT 1")
    other = Site(tmp_path, free_port(), one.environment, tmp_path / "web.log", cookie=one.cookie)
    other.start()
    try:
        assert (
            post(one, f"/return/{record}/comments/", text="Told her.").status
            == HTTPStatus.SEE_OTHER
        )
        assert "Told her." in other.get("/returns/Return-1/").text
        file = b"referenceNumber,state,createdAt\nReturn-3,ReturnCreated,2026-01-05 09:00\n"
        uploaded = send_file(one, "/feed/upload/", "returns.csv", file)
        assert uploaded.status == HTTPStatus.FOUND, uploaded.text
        page = uploaded.headers["Location"]
        assert "returns.csv" in other.get(page).text
        assert post(other, "/exports/?columns=all", format="csv").status == HTTPStatus.FOUND
        assert one.manage("work", "--until-done").returncode == 0
        export = cluster.primary.value("SELECT max(id) FROM returns_export")
        assert "Return-1" in one.get(f"/exports/{export}/").text
    finally:
        other.stop()


def test_the_loss_of_the_replica_is_not_noticed(whole):
    cluster, site = whole
    with callers(site, write) as ledger:
        wait_for_more(ledger)
        cluster.replica.kill()
        wait_for_more(ledger)
        cluster.replica.start()
        wait_for_more(ledger)
    assert ledger.failures == [], site.logged()
    assert ledger.wrong == []
    assert set(ledger.acknowledged) == set(cluster.primary.value(STORED))
