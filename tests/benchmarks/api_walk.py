"""A walk by cursor over all returns while others write. Run by hand:

    uv run python -m tests.benchmarks.api_walk [--size 100000] [--keep]

On a database of its own, filled anew by ``generate_returns`` unless it is kept. Two writers add
returns and move others on, each in batches of 1 to 50, as long as the walk takes. Printed: whether
a return was missed or came twice, the pages, how many of them were short, and the times of the
first and the last pages.
"""

import argparse
import random
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.benchmarks.pages import CHECKOUT, _environment, _server


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="go on with the database of before")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure()
        return
    with _server() as connect:
        environment = _environment(connect(options.size, fresh=not options.keep))
        manage = [sys.executable, "manage.py"]
        filling = (
            []
            if options.keep
            else [[*manage, "generate_returns", str(options.size), "--allow-external"]]
        )
        for command in ([*manage, "migrate", "-v0"], *filling):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)
        this = [sys.executable, "-m", "tests.benchmarks.api_walk", "--measure"]
        subprocess.run(this, env=environment, cwd=CHECKOUT, check=True)


def measure() -> None:
    """Walk, and compare with what is there."""
    import django

    django.setup()
    from returns.models import Return

    there = set(Return.objects.values_list("pk", flat=True))
    done = threading.Event()
    written: list[int] = []
    writers = [threading.Thread(target=write, args=(n, done, written)) for n in range(2)]
    for writer in writers:
        writer.start()
    seen, times, sizes = walk()
    done.set()
    for writer in writers:
        writer.join()
    now_below = set(Return.objects.filter(pk__lte=max(seen)).values_list("pk", flat=True))
    print(f"{len(there):,} at the beginning, {len(seen):,} given, {sum(written):,} records written")
    print(f"missed: {len(there - set(seen))} of the beginning, {len(now_below - set(seen))} later")
    print(f"twice: {len(seen) - len(set(seen))}")
    print(f"pages: {len(sizes):,}, of them not full {sum(size < 100 for size in sizes):,}")
    for name, part in (("first", times[:100]), ("last", times[-100:])):
        print(f"{name} 100 pages: median {statistics.median(part):.1f} ms, max {max(part):.1f} ms")


def walk() -> tuple[list[int], list[float], list[int]]:
    """Return the ids that came, the milliseconds of each page and its number of rows."""
    from django.http import QueryDict
    from django.utils import timezone

    from returns.api.query import run_query

    seen, times, sizes = [], [], []
    cursor: str | None = ""
    while cursor is not None:
        start = time.perf_counter()
        page = run_query(QueryDict(f"cursor={cursor}"), now=timezone.now())
        times.append((time.perf_counter() - start) * 1000)
        seen += [record.pk for record in page.returns]
        sizes.append(len(page.returns))
        cursor = page.next_cursor
    return seen, times, sizes


def write(number: int, done: threading.Event, written: list[int]) -> None:
    """Add returns and move others on until the walk is done."""
    from django.db import connections

    from returns.feed.ingest import ingest
    from returns.feed.records import ReturnRecord
    from returns.models import Return, State

    rng = random.Random(number)
    start = datetime.now(UTC)
    references = list(
        Return.objects.filter(state=State.ARRIVED).values_list("return_reference_number", flat=True)
    )
    step = 0
    while not done.is_set():
        step += 1
        moment = start + timedelta(seconds=step)
        new = ReturnRecord(f"Walk-{start:%H%M%S}-{number}-{step}", State.CREATED, moment, moment)
        batch = [
            replace(new, return_reference_number=f"{new.return_reference_number}-{place}")
            for place in range(rng.randint(1, 25))
        ]
        moved = rng.sample(references, k=min(len(references), rng.randint(1, 25)))
        batch += [
            ReturnRecord(name, State.COMPLETED, moment, moment, completed_at=moment)
            for name in moved
        ]
        ingest(batch, source="feed")
        written.append(len(batch))
    connections.close_all()


if __name__ == "__main__":
    main()
