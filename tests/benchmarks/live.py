"""What open pages that ask by themselves cost. Run by hand:

    uv run python -m tests.benchmarks.live [--size 1000000] [--pages 300] [--minutes 5]

On the database that ``tests.benchmarks.pages`` fills. So many pages, half of them queues and half
lists under several filters, ask every four seconds as a browser does, each with its own tokens,
while a record comes in every second. Printed: the answers by status, errors, the times of the
answers, how long until a page was told of a record, the server's memory at the start, in the
middle and at the end, and the part of one core that the server and PostgreSQL took. What came in
is deleted at the end.
"""

import argparse
import http.client
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape

import psutil

from tests.benchmarks.pages import (
    CHECKOUT,
    HEADERS_OF_HTMX,
    PORT,
    _environment,
    _median_ms,
    _server,
    _signed_in,
    serving,
)

EVERY = 4.0  # seconds between two polls of a page
REFERENCE = "Live-benchmark-"
QUEUES = ("queue=to_inspect", "queue=on_the_way", "queue=completed_today")
LISTS = ("", "state=ArrivedToWarehouse", "tag=wrong-size", "order=RSO1", "sort=-arrived")
POLL = re.compile(r'id="live-poll" hx-get="([^"]+)"')
TOTAL = re.compile(r'data-total="(\d+)"')


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.size, options.pages, options.minutes * 60)
        return
    with _server() as connect:
        environment = _environment(connect(options.size, fresh=False))
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        this = [sys.executable, "-m", "tests.benchmarks.live", "--measure", *sys.argv[1:]]
        for command in (manage, this):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


class Told:
    """What all pages together were answered."""

    def __init__(self) -> None:
        self.times: dict[int, list[float]] = {200: [], 304: []}
        self.statuses: Counter[int | str] = Counter()
        self.delays: list[float] = []
        self.written: list[float] = []
        self.stopping = threading.Event()


class OpenPage:
    """A page in a browser: it was opened once, and asks by itself from then on."""

    def __init__(self, path: str, cookie: str, told: Told) -> None:
        self.headers = {"Cookie": cookie, "X-Forwarded-Proto": "https"} | HEADERS_OF_HTMX
        self.told = told
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
        self.path, self.news = path, 0
        self.address = ""

    def open(self) -> None:
        """Read where the page asks."""
        status, text = self._get(self.path)
        if status != 200:
            raise SystemExit(f"{self.path}: {status}")
        self.address = unescape(POLL.search(text)[1])

    def live(self) -> None:
        """Ask again and again."""
        time.sleep(random.random() * EVERY)
        while not self.told.stopping.is_set():
            started = time.monotonic()
            self.ask()
            self.told.stopping.wait(max(0, EVERY - (time.monotonic() - started)))
        self.connection.close()

    def ask(self) -> None:
        """Ask once, and note what the answer says."""
        started = time.monotonic()
        try:
            status, text = self._get(self.address)
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.told.statuses[type(error).__name__] += 1
            return
        self.told.statuses[status] += 1
        self.told.times.setdefault(status, []).append((time.monotonic() - started) * 1000)
        if status == 200:
            self._note_news(text)

    def _note_news(self, text: str) -> None:
        self.address = unescape(POLL.search(text)[1])
        before, self.news = self.news, int(TOTAL.search(text)[1])
        # Of a page that shows everything that arrives, so its news are the records in order.
        if self.path == "/returns/" and self.news <= len(self.told.written):
            now = time.monotonic()
            self.told.delays += [now - at for at in self.told.written[before : self.news]]

    def _get(self, path: str) -> tuple[int, str]:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()


def measure(size: int, count: int, seconds: float) -> None:
    """Open the pages, let them live while records come in, and print what that took."""
    import django

    django.setup()
    from django.core.management import call_command

    from returns.models import Return

    if not Return.objects.exists():
        call_command("generate_returns", size, allow_external=True, stdout=sys.stderr)
    cookie = _signed_in("manager")
    told = Told()
    queries = [f"/queue/?{QUEUES[i % 3]}" for i in range(count // 2)]
    queries += [f"/returns/?{LISTS[i % 5]}".rstrip("?") for i in range(count - count // 2)]
    pages = [OpenPage(path, cookie, told) for path in queries]
    try:
        with served() as server:
            _median_ms("/empty/", cookie)  # waits until the server has started
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(OpenPage.open, pages))
            memory, shares = _live(pages, told, server, seconds)
        report(told, memory, shares, seconds)
    finally:
        Return.objects.filter(return_reference_number__startswith=REFERENCE).delete()


def _live(
    pages: list[OpenPage], told: Told, server: psutil.Process, seconds: float
) -> tuple[list[float], dict[str, float]]:
    """Let the pages live; return the server's memory in MB, and the parts of a core."""
    threads = [threading.Thread(target=page.live) for page in pages]
    threads.append(threading.Thread(target=_write, args=[told]))
    memory, before, started = [_memory(server)], _work(server), time.monotonic()
    for thread in threads:
        thread.start()
    for _ in range(2):
        time.sleep(seconds / 2)
        memory.append(_memory(server))
    after, took = _work(server), time.monotonic() - started
    told.stopping.set()
    for thread in threads:
        thread.join()
    return memory, {name: (after[name] - before[name]) / took for name in after}


def _write(told: Told) -> None:
    """Bring a record every second, as the feed does."""
    from django.db import connection
    from django.utils import timezone

    from returns.feed.ingest import ingest
    from returns.feed.records import ReturnRecord

    number = int(time.time())
    while not told.stopping.is_set():
        now, started = timezone.now(), time.monotonic()
        number += 1
        reference = f"{REFERENCE}{number}"
        record = ReturnRecord(
            reference, "ArrivedToWarehouse", now, now, arrived_to_warehouse_at=now
        )
        ingest([record], source="benchmark")
        told.written.append(time.monotonic())
        told.stopping.wait(max(0, 1 - (time.monotonic() - started)))
    connection.close()


@contextmanager
def served() -> Iterator[psutil.Process]:
    """Serve the desk as it is served for real."""
    server = subprocess.Popen(serving())
    try:
        yield psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _family(server: psutil.Process) -> list[psutil.Process]:
    return [server, *server.children(recursive=True)]


def _memory(server: psutil.Process) -> float:
    return sum(each.memory_info().rss for each in _family(server)) / 2**20


def _work(server: psutil.Process) -> dict[str, float]:
    """Return the seconds of work so far: of the server, and of its backends and the writer's."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        backends = [psutil.Process(pid) for (pid,) in cursor.fetchall()]
    return {"server": sum(map(_seconds, _family(server))), "backends": sum(map(_seconds, backends))}


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def report(told: Told, memory: list[float], shares: dict[str, float], seconds: float) -> None:
    """Print what the pages were answered and what that took."""
    polls = sum(told.statuses.values())
    print(f"{polls:,} polls in {seconds:.0f} s, {polls / seconds:.0f} a second")
    print("answers: " + ", ".join(f"{key}: {n:,}" for key, n in told.statuses.most_common()))
    for status, times in told.times.items():
        if len(times) > 1:
            _print_times(f"{status}, ms", times)
    if len(told.delays) > 1:
        _print_times("a record is told after, s", told.delays)
    print(f"records written: {len(told.written):,}")
    print("server's memory, MB: " + ", ".join(f"{each:.0f}" for each in memory))
    print("parts of a core: " + ", ".join(f"{name} {part:.0%}" for name, part in shares.items()))


def _print_times(name: str, times: list[float]) -> None:
    slow = statistics.quantiles(times, n=20)[-1]
    print(f"{name}: p50 {statistics.median(times):.1f}, p95 {slow:.1f}, longest {max(times):.1f}")


if __name__ == "__main__":
    main()
