"""The facts as metrics. They are read at the moment of the scrape, so every server says the same.

They have labels for queues, loops, the addresses of pulls and the numbers of subscriptions: none is
about a person.
"""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.observing.metrics import exposition
from config.release import BUILD, VERSION
from returns.operations.facts import Facts, read_facts
from returns.operations.heartbeat import SEEN_WITHIN


def all_metrics() -> bytes:
    """Return the metrics of this server, and the facts of the database if it can be reached."""
    return exposition(FactsCollector())


class FactsCollector(Collector):
    """Reads the facts, and gives each as a metric; those that are not known are left out."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        facts = read_facts()
        yield _info()
        yield _plain("database_up", "1 if the database answers.", float(facts.is_up))
        yield from _of_disks(facts)
        if facts.is_up:
            yield from _of_database(facts)
            yield from _of_workers(facts)
            yield from _of_queues(facts)
            yield from _of_feed(facts)


def _of_database(facts: Facts) -> Iterator[Metric]:
    yield from _known("migrations_waiting", "Migrations not applied.", facts.waiting_migrations)
    yield from _known("database_size_bytes", "Size of the database.", facts.database_size)
    yield from _known(
        "database_connections_max", "Connections that the server allows.", facts.max_connections
    )
    if facts.has_replica:
        behind = facts.replica_bytes_behind
        yield _plain("replica_up", "1 if the replica can be used.", float(behind is not None))
        yield from _known("replica_lag_bytes", "WAL that it has still to replay.", behind)
    family = _family("database_connections", "Connections to the database.", "state")
    for state, number in sorted(facts.connections.items()):
        family.add_metric([state], number)
    yield family


def _of_workers(facts: Facts) -> Iterator[Metric]:
    alive = _family("workers", f"Loops seen in the last {SEEN_WITHIN} s.", "loop")
    seen = _family("worker_seen_seconds", "Age of the youngest sign of life.", "loop")
    job = _family(
        "worker_job_seconds", "For how long the longest job has been done.", "loop", "job"
    )
    for loop in sorted({worker.loop for worker in facts.workers} | {*facts.missing_loops()}):
        workers = [worker for worker in facts.workers if worker.loop == loop]
        alive.add_metric([loop.value], sum(worker.is_alive for worker in workers))
        if workers:
            seen.add_metric([loop.value], min(worker.seen_seconds for worker in workers))
    longest: dict[tuple[str, str], float] = {}
    for worker in facts.workers:
        if worker.is_alive and worker.job:
            key = (worker.loop.value, worker.job)
            longest[key] = max(longest.get(key, 0.0), worker.job_seconds or 0.0)
    for key, seconds in sorted(longest.items()):
        job.add_metric(list(key), seconds)
    yield from (alive, seen, job)


def _of_queues(facts: Facts) -> Iterator[Metric]:
    depth = _family("queue_depth", "What waits for the background work; at most 10001.", "queue")
    oldest = _family("queue_oldest_seconds", "For how long the oldest has waited.", "queue")
    for queue in facts.queues:
        if queue.depth is not None:
            depth.add_metric([queue.kind.name], queue.depth)
        if queue.oldest_seconds is not None:
            oldest.add_metric([queue.kind.name], queue.oldest_seconds)
    yield from (depth, oldest)
    yield from _known("rejected_records", "Rejected records to fix; at most 10001.", facts.rejected)
    yield from _known("rules_failing", "Rules that failed the last time.", facts.failing_rules)
    yield from _known(
        "rules_switched_off", "Rules switched off after failures.", facts.stopped_rules
    )
    failures = _family("subscription_failures", "Failures of a webhook in a row.", "subscription")
    for subscription, number in facts.subscription_failures.items():
        failures.add_metric([subscription], number)
    yield failures


def _of_feed(facts: Facts) -> Iterator[Metric]:
    yield from _known("feed_lag_seconds", "Since the feed was read to its end.", facts.feed_seconds)
    family = _family("feed_source_lag_seconds", "The same, by source.", "way", "source")
    for source in facts.sources:
        if source.seconds is not None:
            family.add_metric([source.way, source.origin], source.seconds)
    yield family


def _of_disks(facts: Facts) -> Iterator[Metric]:
    free = _family("disk_free_bytes", "Free space of this computer's disks.", "disk")
    total = _family("disk_bytes", "Size of this computer's disks.", "disk")
    for disk in facts.disks:
        free.add_metric([disk.name], disk.free)
        total.add_metric([disk.name], disk.total)
    yield from (free, total)


def _info() -> Metric:
    family = _family("build_info", "The version of the program.", "version", "build")
    family.add_metric([VERSION, BUILD], 1)
    return family


def _plain(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"returns_desk_{name}", text, value=value)


def _known(name: str, text: str, value: float | None) -> Iterator[Metric]:
    if value is not None:
        yield _plain(name, text, value)


def _family(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"returns_desk_{name}", text, labels=labels)
