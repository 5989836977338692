"""What tagging many returns costs, and what others wait for meanwhile. Run by hand:

    uv run python -m tests.benchmarks.tagging [--returns 1000000] [--sizes 10000 100000 1000000]

On the database that ``tests.benchmarks.pages`` fills. For each size: the seconds that tagging so
many returns and undoing it takes, by the clock and of processor time, of Python and of its server
process, which other work on the machine disturbs less, and the megabytes that the database logs.
Beside it, the 95th percentile and the longest of the times of the list's first page, asked over
HTTP without pause meanwhile, beside those of a quiet desk. Then a merge of a tag of 100,000 returns
and its undo, and the dry runs of the rules that are there. All of it is undone at the end.
"""

import argparse
import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from tests.benchmarks.pages import CHECKOUT, PORT, _environment, _server, _signed_in, serving

QUIET = 5.0  # seconds
MERGED = 100_000


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--returns", type=int, default=1_000_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.sizes)
        return
    with _server() as connect:
        environment = _environment(connect(options.returns, fresh=False))
        this = [sys.executable, "-m", "tests.benchmarks.tagging", "--measure", "--sizes"]
        this += map(str, options.sizes)
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        for command in (manage, this):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


def measure(sizes: list[int]) -> None:
    """Tag and undo so many returns, merge and undo, try the rules, and print what that took."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection

    from returns.models import Return, ReturnTag, TagRule
    from returns.rules.dry_runs import dry_run
    from tags import bulk, history
    from tags.merging import merge
    from tags.models import TagAction
    from tags.undo import undo
    from tests.factories import make_tag

    cookie = _signed_in("admin")
    admin = User.objects.get(username="admin")
    ids = list(
        Return.objects.in_order_of("created_at", descending=True).values_list("pk", flat=True)
    )
    one, other = make_tag("benchmark-one"), make_tag("benchmark-other")

    def tag(count: int) -> int:
        job = bulk.create_draft(ReturnTag, ids[:count], [one], [], admin)
        bulk.start(job)
        bulk.run_steps(job, 3600)
        job.refresh_from_db()
        print(f"  {job.action.words}")
        return job.action.pk

    def take_back(action: int) -> None:
        undo(action, admin)
        while bulk.run_oldest_step():
            pass
        print(f"  {TagAction.objects.get(pk=action).undo_words}")

    with served(cookie) as readers:
        readers.timed("nothing", lambda: time.sleep(QUIET))
        for count in sizes:
            action = readers.timed(f"tag {count:,}", lambda count=count: tag(count))
            readers.timed(f"undo {count:,}", lambda action=action: take_back(action))
        action = tag(MERGED)
        readers.timed(f"merge {MERGED:,}", lambda: merge([one], other, admin))
        merged = history.actions(1)[0].pk
        readers.timed(f"undo the merge of {MERGED:,}", lambda: undo(merged, admin))
        take_back(action)
        for rule in TagRule.objects.all():
            done = readers.timed(f"dry run: {rule}", lambda rule=rule: dry_run(rule))
            print(f"  {done.count:,} {done.problem}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE returns_returntag, tags_tagactionrow")


class Readers:
    """People who look at the list all the time, and how long they wait."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.waits: list[float] = []
        self.stopping = threading.Event()

    def read(self) -> None:
        """Ask for the list again and again."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        headers = {"Cookie": self.cookie, "X-Forwarded-Proto": "https"}
        while not self.stopping.is_set():
            started = time.perf_counter()
            try:
                connection.request("GET", "/returns/", headers=headers)
                answer = connection.getresponse()
                answer.read()
            except ConnectionError:  # the server is starting
                connection.close()
                time.sleep(0.1)
                continue
            assert answer.status == 200, answer.status
            self.waits.append((time.perf_counter() - started) * 1000)
            time.sleep(0.02)

    def timed[T](self, name: str, work: Callable[[], T]) -> T:
        """Do the work and print its seconds, and how long the list took meanwhile."""
        self.waits.clear()
        started, used = time.perf_counter(), _used()
        done = work()
        seconds, used_after = time.perf_counter() - started, _used()
        python, server, log = (
            after - before for before, after in zip(used, used_after, strict=True)
        )
        waits = sorted(self.waits)
        slow = statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else 0
        longest = waits[-1] if waits else 0
        print(
            f"{name:28}{seconds:8.2f} s; processor {python:6.2f} + {server:6.2f} s, log"
            f" {log / 1e6:6.0f} MB; list meanwhile: p95 {slow:6.1f} ms, longest {longest:6.1f} ms,"
            f" {len(waits)} times",
            flush=True,
        )
        return done


def _used() -> tuple[float, float, float]:
    """Return the processor time of this thread and of its server process, and the log's length."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_current_wal_insert_lsn() - '0/0'")
        pid, length = cursor.fetchone()
    server = psutil.Process(pid).cpu_times()
    return time.thread_time(), server.user + server.system, float(length)


@contextmanager
def served(cookie: str) -> Iterator[Readers]:
    """Serve the desk, with somebody who reads its list."""
    server = subprocess.Popen(serving())
    readers = Readers(cookie)
    thread = threading.Thread(target=readers.read)
    try:
        thread.start()
        while len(readers.waits) < 10:
            time.sleep(0.1)
        yield readers
    finally:
        readers.stopping.set()
        thread.join()
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
