"""A desk with two servers of the database outlives the loss of either, and loses nothing."""

import time
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster import running_cluster
from tests.deployed import Site, site_at, wait_for
from tests.load import Ledger, callers
from tests.sending import post, push

pytestmark = pytest.mark.slow
LONGEST_ERROR = 5  # seconds
MANY = {"API_CALLS_PER_MINUTE": "100000", "REQUESTS_AT_ONCE": "8", "HEAVY_REQUESTS_AT_ONCE": "8"}
STORED = """
    SELECT array_agg(return_reference_number) FROM returns_return
    WHERE return_reference_number LIKE 'Ledger-%'
"""


@pytest.fixture
def cluster():
    with running_cluster() as running:
        yield running


@pytest.fixture
def site(cluster):
    options = MANY | {"DATABASE_REPLICA_LISTS": "1", "DATABASE_REPLICA_URL": cluster.replica.url}
    with TemporaryDirectory() as folder, site_at(cluster.url, Path(folder), **options) as running:
        push(running, "Return-1")
        yield running


def write(site: Site, reference: str) -> bool:
    return push(site, reference).status == HTTPStatus.OK


def wait_for_more(ledger: Ledger, number: int = 20) -> None:
    known = len(ledger.acknowledged)
    wait_for(lambda: len(ledger.acknowledged) >= known + number)


def test_the_loss_of_the_primary_loses_no_acknowledged_write(cluster, site):
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
        back = next(at for at in ledger.at if at > promoted) - promoted
    stored = set(cluster.replica.value(STORED))
    assert set(ledger.acknowledged) - stored == set()
    assert ledger.wrong == []
    assert ledger.failures  # or nothing was tried
    slowest = max(seconds for seconds, _ in ledger.failures)
    assert slowest < LONGEST_ERROR
    assert back < LONGEST_ERROR
    assert site.get("/readyz").status == HTTPStatus.OK  # without a restart
    done = site.manage("work", "--until-done")
    assert done.returncode == 0, done.stderr


def test_a_server_that_takes_no_more_writes_is_left(cluster, site):
    """As one that became a standby behind a pooler or an address that stayed."""
    cluster.primary.set(default_transaction_read_only="on")
    wait_for(lambda: push(site, "Return-2").status == HTTPStatus.SERVICE_UNAVAILABLE)
    form = post(site, "/scan/session/")
    assert form.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "The returns desk is not available" in form.text
    cluster.replica.promote()
    cluster.replica.set(default_transaction_read_only="off")
    # Each connection is given up at the first write that it refuses.
    wait_for(lambda: push(site, "Return-2").status == HTTPStatus.OK)
    assert cluster.replica.value("SELECT count(*) FROM returns_return") == 2
    assert cluster.primary.value("SELECT count(*) FROM returns_return") == 1


def test_the_loss_of_the_replica_is_not_noticed(cluster, site):
    with callers(site, write) as ledger:
        wait_for_more(ledger)
        cluster.replica.kill()
        wait_for_more(ledger)
        cluster.replica.start()
        wait_for_more(ledger)
    assert ledger.failures == [], site.logged()
    assert ledger.wrong == []
    assert set(ledger.acknowledged) == set(cluster.primary.value(STORED))
