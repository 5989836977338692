"""What it costs to store the changes of runs, and to undo an import. Run by hand:

    uv run python -m tests.benchmarks.undo [--size 100000]

On a database of its own. Imports new returns with tags, in turns without storing what changes, as
pulls and pushes store it, and as imports of files do. Then an import of so many new returns, one
that changes all of them, the preview of undoing each, and undoing both.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.benchmarks.ingest import MANAGE, _records
from tests.benchmarks.pages import CHECKOUT, _environment, _server

ROUNDS, ROUND_SIZE = 4, 10_000


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.size)
        return
    with _server() as connect:
        environment = _environment(connect("undo", fresh=True))
        this = [sys.executable, "-m", "tests.benchmarks.undo", "--measure", "--size"]
        subprocess.run([*MANAGE, "migrate", "-v0"], env=environment, cwd=CHECKOUT, check=True)
        subprocess.run([*this, str(options.size)], env=environment, cwd=CHECKOUT, check=True)


def _measure(size: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User

    from returns.feed.ingest import ingest
    from returns.feed.runs import record_run
    from returns.feed.undo import preview, run_oldest_step, undo
    from returns.models import Way

    by = User.objects.create_user("manager")

    def bring(records: Iterator[Any], way: Way | None) -> Any:
        if way is None:
            return ingest(records, source="feed")
        with record_run(way, "benchmark") as run:
            ingest(records, source="file", run=run.row)
        return run.row

    number = 0
    for _ in range(ROUNDS):
        for way in (None, Way.PUSH, Way.FILE):
            number += 10_000_000
            records = list(_records(ROUND_SIZE, first_number=number))
            seconds, _ = _timed(lambda r=records, w=way: bring(iter(r), w))
            print(f"{ROUND_SIZE:,} new, {way or 'nothing stored'}: {seconds:.1f} s", flush=True)

    number += 10_000_000
    records = list(_records(size, first_number=number))
    later = timedelta(seconds=1)
    changed = [replace(r, notes="other", updated_at=r.updated_at + later) for r in records]
    runs = []
    for name, given in (("new", records), ("changed", changed)):
        seconds, run = _timed(lambda g=given: bring(iter(g), Way.FILE))
        print(f"import of {size:,} {name}: {seconds:.1f} s", flush=True)
        runs.append(run)
    for run in reversed(runs):
        run.refresh_from_db()
        seconds, said = _timed(lambda r=run: preview(r))
        print(f"preview: {seconds:.1f} s: {said}", flush=True)

        def finish(r: Any = run) -> Any:
            undone = undo(r, by)
            while run_oldest_step():
                pass
            undone.refresh_from_db()
            return undone

        seconds, undone = _timed(finish)
        print(f"undone: {seconds:.1f} s: restored {undone.restored}, deleted {undone.deleted}")


def _timed[Result](work: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
