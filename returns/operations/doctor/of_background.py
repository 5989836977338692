"""Whether the background work is running."""

from collections.abc import Iterable

from django.db.models import Q

from config.diagnosis import fingerprint
from returns.models import Heartbeat, Loop
from returns.operations.doctor.points import Point, failed, ok, warning
from returns.operations.facts import Worker, read_facts

START_IT = "Start manage.py work, and let something start it again when it ends."
LOOP_NAMES = {
    Loop.STEPS: "rules and tagging",
    Loop.FILES: "large files and exports",
    Loop.OUTGOING: "webhooks",
}


def background_work() -> list[Point]:
    """Tell whether each loop of the background work was seen by the database, and moves."""
    facts = read_facts()
    points = [
        failed("background work", f"Nobody does {LOOP_NAMES[loop]}: they wait.", START_IT)
        for loop in facts.missing_loops()
    ]
    points += [
        failed(
            "background work",
            f"{_where(worker)} has been at {worker.job} for {worker.job_seconds:.0f} s.",
            "See its log and the database's locks, then restart manage.py work.",
        )
        for worker in facts.stuck_workers()
    ]
    if points:
        return points
    alive = [worker for worker in facts.workers if worker.is_alive]
    points = [ok("background work", f"It runs: {', '.join(_unique(map(_where, alive)))}.")]
    versions = _unique(worker.version for worker in alive)
    if len(versions) > 1:
        text = f"Processes of {len(versions)} versions run at once: {', '.join(versions)}."
        points.append(warning("background work", text, "Restart those that are older."))
    points += [
        warning(
            "background work",
            f"{_where(worker)} has another SECRET_KEY or TIME_ZONE than this one.",
            "Set the same for all processes, and restart them.",
        )
        for worker in _with_other_settings(alive)
    ]
    return points


def _with_other_settings(workers: Iterable[Worker]) -> list[Worker]:
    """Return the first loop of each process that does not have our settings."""
    others = Heartbeat.objects.exclude(Q(fingerprint=fingerprint()) | Q(fingerprint=""))
    known = set(others.values_list("host", "pid"))
    processes = {(worker.host, worker.pid): worker for worker in workers}
    return [worker for process, worker in processes.items() if process in known]


def _where(worker: Worker) -> str:
    return f"process {worker.pid} on {worker.host}"


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
