"""The metrics that this server counts, in the format of Prometheus.

No label is about a person, and each has few values: names of views, methods, statuses, jobs. What
the database knows is added by ``returns.operations.exposition``, at the moment of the scrape.
"""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.observing.jobs import ObservedJob
from config.observing.metrics_folder import files_of_the_dead, locked, metrics_folder
from config.observing.requests import FinishedRequest
from config.observing.running import busy_and_stuck

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SUMMED = ("counter", "histogram")  # of processes that have ended, too
REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
JOB_BUCKETS = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0)

# Of a process that counts for itself.
OWN = CollectorRegistry()
REQUEST_SECONDS = Histogram(
    "returns_desk_request_seconds",
    "Time until a request was answered, a download to its end.",
    ["view", "method", "status"],
    buckets=REQUEST_BUCKETS,
    registry=OWN,
)
DATABASE_SECONDS = Counter(
    "returns_desk_view_database_seconds",
    "Time that requests waited for the database.",
    ["view"],
    registry=OWN,
)
QUERIES = Counter(
    "returns_desk_view_queries", "Queries that requests made.", ["view"], registry=OWN
)
THREADS = Gauge(
    "returns_desk_threads",
    "Threads that can answer requests: REQUEST_THREADS of each process.",
    registry=OWN,
    multiprocess_mode="livesum",
)
BUSY_THREADS = Gauge(
    "returns_desk_threads_busy",
    "Threads that are answering requests.",
    registry=OWN,
    multiprocess_mode="livesum",
)
STUCK_THREADS = Gauge(
    "returns_desk_threads_stuck",
    "Threads that have been at one request for more than 5 seconds.",
    registry=OWN,
    multiprocess_mode="livesum",
)
JOB_SECONDS = Histogram(
    "returns_desk_job_seconds",
    "Time of a job of the background work that had something to do.",
    ["job"],
    buckets=JOB_BUCKETS,
    registry=OWN,
)
JOB_FAILURES = Counter(
    "returns_desk_job_failures", "Jobs of the background work that failed.", ["job"], registry=OWN
)


def count_request(finished: FinishedRequest) -> None:
    """Count a request that was answered."""
    labels = (finished.view, finished.method, str(finished.status))
    REQUEST_SECONDS.labels(*labels).observe(finished.seconds)
    DATABASE_SECONDS.labels(finished.view).inc(finished.running.database_seconds)
    QUERIES.labels(finished.view).inc(finished.running.queries)


def count_job(job: ObservedJob) -> None:
    """Count a job of the background work, if there was anything to do."""
    if job.has_failed:
        JOB_FAILURES.labels(job.name).inc()
    elif job.was_needed:
        JOB_SECONDS.labels(job.name).observe(job.seconds)


def count_threads() -> None:
    """Note how many threads of this process there are, and how many are busy and stuck now."""
    busy, stuck = busy_and_stuck()
    THREADS.set(settings.REQUEST_THREADS)
    BUSY_THREADS.set(busy)
    STUCK_THREADS.set(stuck)


def may_scrape(authorization: str) -> bool:
    """Tell whether a header has the token; without one in the settings, no header has."""
    scheme, _, token = authorization.partition(" ")
    is_bearer = scheme.lower() == "bearer" and bool(settings.METRICS_TOKEN)
    return is_bearer and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


def exposition(*more: Collector) -> bytes:
    """Return what all processes of this server have counted, and what more collectors find."""
    folder = metrics_folder()
    if folder is None:
        return generate_latest(OWN) + _latest(more)
    with locked(folder):
        put_together(folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(folder))
        counted = generate_latest(registry)
    return counted + _latest(more)


def put_together(folder: Path) -> None:
    """Add what processes that have ended have counted to one file of each kind.

    Otherwise each process that was replaced would leave its files for ever. Call it ``locked``.
    """
    for path in files_of_the_dead(folder):
        kind = path.name.partition("_")[0]
        if kind in SUMMED:
            total = MmapedDict(str(folder / f"{kind}_0.db"))
            for key, value, _time, _place in MmapedDict.read_all_values_from_file(str(path)):
                before, at = total.read_value(key)
                total.write_value(key, before + value, at)
            total.close()
        path.unlink()


def _latest(collectors: Iterable[Collector]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    for each in collectors:
        registry.register(each)
    return generate_latest(registry)
