"""Whether the background work is running."""

from collections.abc import Iterable

from returns.models import Loop
from returns.operations.doctor.points import Point, failed, ok, warning
from returns.operations.facts import Worker, read_facts

START_IT = "Start manage.py work, and let something start it again when it ends."
LOOP_NAMES = {Loop.STEPS: "rules and tagging", Loop.FILES: "large files and exports"}


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
    return points


def _where(worker: Worker) -> str:
    return f"process {worker.pid} on {worker.host}"


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
