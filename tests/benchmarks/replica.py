"""How fast lists are while everything is exported, without a replica and with one. Run by hand:

    uv run python -m tests.benchmarks.replica [--size 1000000] [--seconds 30]

A primary and a replica of the system's PostgreSQL, one web server and one background worker, on one
machine. Two people open lists one after the other, first on a quiet desk, then while an export of
all returns is made. Printed: the answers' median, 95th percentile and slowest in milliseconds, in
each case without and with DATABASE_REPLICA_URL, and how long the export took.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.growth import manage
from tests.cluster import Cluster, running_cluster
from tests.deployed import CHECKOUT, Site, site_at
from tests.sending import post

PAGES = ("", "?state=ArrivedToWarehouse", "?sort=-arrived", "?tag=wrong-size", "?q=RSO100")
PEOPLE = 2
PAUSE = 0.05  # seconds between two pages of a person
LIMITS = {"REQUESTS_AT_ONCE": "8", "HEAVY_REQUESTS_AT_ONCE": "8"}


def main() -> None:
    """Fill the cluster, and measure each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with running_cluster() as cluster:
        cluster.primary.set(shared_buffers="1GB", max_wal_size="8GB")
        fill(cluster, options.size)
        with (
            TemporaryDirectory() as folder,
            site_at(cluster.primary.url, Path(folder), **LIMITS) as site,
        ):
            for replica in ("", cluster.replica.url, "", cluster.replica.url):
                site.stop()
                site.environment["DATABASE_REPLICA_URL"] = replica
                site.start()
                case = "with the replica" if replica else "without it"
                measure(site, case, options.seconds)


def fill(cluster: Cluster, size: int) -> None:
    """Make so many returns, and let the replica have them."""
    manage(cluster.primary, "migrate", "-v0")
    manage(cluster.primary, "generate_returns", str(size), "--allow-external")
    with cluster.primary.connect() as link:
        link.execute("VACUUM ANALYZE")
    cluster.wait_until_replayed()


def measure(site: Site, case: str, seconds: float) -> None:
    """Open lists on a quiet desk, and while an export is made."""
    for page in PAGES:
        site.get(f"/returns/{page}")
    end = time.monotonic() + seconds
    printed(case, "quiet", open_lists(site, lambda: time.monotonic() < end))
    answer = post(site, "/exports/?columns=all", format="csv")
    assert answer.status in (302, 303), answer.text
    command = [sys.executable, "manage.py", "work", "--until-done"]
    began = time.monotonic()
    worker = subprocess.Popen(command, cwd=CHECKOUT, env=site.environment, stderr=subprocess.PIPE)
    times = open_lists(site, lambda: worker.poll() is None)
    took = time.monotonic() - began
    assert worker.returncode == 0, worker.stderr.read().decode()
    printed(case, f"export ({took:.0f} s)", times)


def open_lists(site: Site, goes_on) -> list[float]:
    """Let people open lists as long as it goes on; return the seconds of each."""
    times: list[float] = []

    def person() -> None:
        while goes_on():
            for page in PAGES:
                answer = site.get(f"/returns/{page}")
                assert answer.status == 200
                times.append(answer.seconds)
                time.sleep(PAUSE)

    threads = [threading.Thread(target=person) for _ in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def printed(case: str, what: str, times: list[float]) -> None:
    """Print a line of the table."""
    ms = sorted(1000 * seconds for seconds in times)
    p95 = ms[int(len(ms) * 0.95)]
    print(
        f"{case}, {what}: {len(ms)} lists, median {statistics.median(ms):.1f} ms, "
        f"p95 {p95:.1f}, slowest {ms[-1]:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    os.environ.pop("DATABASE_URL", None)
    main()
