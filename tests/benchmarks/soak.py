"""An hour of work on a large desk: does it stay fast, right and small? Run by hand:

    uv run python -m tests.benchmarks.soak --database benchmark_1000000 --copy [--minutes 60]

The web server with two workers and the background work, as they are deployed. So many pages poll as
browsers do, so many people search, open pages and tag, and a feed pushes records through the API.
Each minute, and at the end for all of them: of each kind of request the median, the 95th percentile
and the longest in milliseconds; errors; and the memory of each process without what is shared, of
PostgreSQL's that of the largest backend. Then ``rebuild_summaries --check``.

``--database`` is one of the bundled server, such as that of ``tests.benchmarks.pages``, or an
address. It is written to, and what came in stays: with ``--copy`` in a copy, which is dropped.
"""

import argparse
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psutil
import psycopg

from tests.benchmarks.at_work import ERROR, Caller, Feed, Person
from tests.benchmarks.live import LISTS, QUEUES, OpenPage, Told
from tests.benchmarks.pages import CHECKOUT, PORT, _environment, _server, _signed_in

COPY = "soak"
BARS = "bars: p95 150 ms, no error, memory flat: at most 10% or 20 MB more than after a tenth"
MOST_P95 = 150.0  # ms
BATCH_SECONDS, PAUSE, GRACE = 1.0, 3.0, 60
FOUND = 2_000  # returns that people know
TAGS = ("wrong-size", "apparel", "defective")


def main() -> None:
    """Run in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", default="benchmark_1000000")
    parser.add_argument("--copy", action="store_true")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--records", type=int, default=50, help="that are pushed each second")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(options)
        return
    with database(options.database, is_copied=options.copy) as address:
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        this = [sys.executable, "-m", "tests.benchmarks.soak", "--run", *sys.argv[1:]]
        for command in (manage, this):
            subprocess.run(command, env=_environment(address), cwd=CHECKOUT, check=True)


@contextmanager
def database(name: str, *, is_copied: bool) -> Iterator[str]:
    """Yield the address of a database, or of a copy of it."""
    with ExitStack() as stack:
        if "://" not in name:
            connect = stack.enter_context(_server())
            name = connect(name.removeprefix("benchmark_"), fresh=False)
        if not is_copied:
            yield name
            return
        base, _, of = name.rpartition("/")
        admin = stack.enter_context(psycopg.connect(f"{base}/postgres", autocommit=True))
        admin.execute(f'DROP DATABASE IF EXISTS "{COPY}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{COPY}" TEMPLATE "{of}"')
        try:
            yield f"{base}/{COPY}"
        finally:
            admin.execute(f'DROP DATABASE "{COPY}" WITH (FORCE)')


def run(options: argparse.Namespace) -> None:
    """Let everybody work, and print each minute and all of them."""
    import django

    django.setup()
    from returns.models import ApiToken, Return
    from returns.people import roles
    from returns.people.tokens import issue
    from tags.models import Tag
    from tests.factories import make_person

    told = Told()
    stamp = int(time.time())
    names = [f"soak-{stamp}-{number}" for number in range(options.people)]
    cookies = []
    for name in names:
        make_person(name, roles.WAREHOUSE_MANAGER)
        cookies.append(_signed_in(name))
    newest = Return.objects.in_order_of("created_at", descending=True)
    known = list(newest.values_list("pk", "return_reference_number", "tracking_id")[:FOUND])
    tags = list(Tag.objects.filter(name__in=TAGS).values_list("name", "pk"))
    secret = issue(ApiToken(name=f"Soak {stamp}", scopes=["feed"]))
    people = [Person(told, cookie, known, tags) for cookie in cookies]
    paths = [*(f"/queue/?{query}" for query in QUEUES), *(f"/returns/?{query}" for query in LISTS)]
    pages = [
        OpenPage(paths[at % len(paths)].rstrip("?"), cookies[at % len(cookies)], told)
        for at in range(options.pages)
    ]
    feed = Feed(told, secret, options.records)
    with processes() as started:
        wait_until_it_answers()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(OpenPage.open, pages))
        threads = [threading.Thread(target=page.live, daemon=True) for page in pages]
        threads += [
            threading.Thread(target=caller.repeat, args=(caller.work, every), daemon=True)
            for caller, every in [*((each, PAUSE) for each in people), (feed, BATCH_SECONDS)]
        ]
        for thread in threads:
            thread.start()
        memory = watch(told, started, options.minutes)
        told.stopping.set()
        for thread in threads:
            thread.join()
    report("all", told.times, told.statuses, memory[-1])
    judge(told, memory)
    subprocess.run([sys.executable, "manage.py", "work", "--until-done"], cwd=CHECKOUT, check=True)
    check = [sys.executable, "manage.py", "rebuild_summaries", "--check"]
    sys.exit(subprocess.run(check, cwd=CHECKOUT, check=False).returncode)


@contextmanager
def processes() -> Iterator[dict[str, psutil.Process]]:
    """Serve the desk, and do its background work, as for real."""
    commands = {"web": ["serve", "--port", str(PORT), "--workers", "2"], "work": ["work"]}
    started = {
        name: subprocess.Popen([sys.executable, "manage.py", *command], cwd=CHECKOUT)
        for name, command in commands.items()
    }
    try:
        yield {name: psutil.Process(each.pid) for name, each in started.items()}
    finally:
        for each in started.values():
            each.terminate()
        for each in started.values():
            each.wait(GRACE)


def wait_until_it_answers() -> None:
    """Wait until the database and all that is needed are there."""
    caller = Caller(Told(), {})
    deadline = time.monotonic() + GRACE
    while "ok" not in caller.send("", "GET", "/readyz") and time.monotonic() < deadline:
        time.sleep(0.2)


def watch(told: Told, started: dict[str, psutil.Process], minutes: float) -> list[dict[str, float]]:
    """Print what happened in each minute; return the memory of the processes after each."""
    memory: list[dict[str, float]] = []
    seen: Counter[int | str] = Counter()
    counts: dict[int | str, int] = {}
    began, number = time.monotonic(), 0
    while number < minutes:
        number += 1
        time.sleep(max(0, began + 60 * min(number, minutes) - time.monotonic()))
        memory.append(sizes(started))
        times = {kind: each[counts.get(kind, 0) :] for kind, each in list(told.times.items())}
        counts = {kind: counts.get(kind, 0) + len(each) for kind, each in times.items()}
        statuses = Counter(told.statuses)
        report(f"minute {number}", times, statuses - seen, memory[-1])
        seen = statuses
    return memory


def sizes(started: dict[str, psutil.Process]) -> dict[str, float]:
    """Return the memory of each process in MB, without what it shares with others."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        backends = [pid for (pid,) in cursor.fetchall()]
    workers = [each for each in started["web"].children() if "tracker" not in str(each.cmdline())]
    family = {f"web {at}": each.pid for at, each in enumerate(workers, 1)}
    family["work"] = started["work"].pid
    found = {name: own_memory(pid) for name, pid in family.items()}
    return found | {"largest backend": max(map(own_memory, backends))}


def own_memory(pid: int) -> float:
    """Return the memory of a process alone, in MB; 0 of one that has just ended."""
    try:
        return float(psutil.Process(pid).memory_full_info().uss) / 2**20
    except psutil.Error:
        return 0.0


def report(name: str, times: dict, statuses: Counter, memory: dict[str, float]) -> None:
    """Print what each kind of request took, what failed, and how large the processes are."""
    size = ", ".join(f"{process} {each:.0f}" for process, each in memory.items())
    print(f"\n{name}: errors {dict(errors_of(statuses)) or 0}; memory, MB: {size}")
    for kind, each in sorted(times.items(), key=lambda pair: str(pair[0])):
        if len(each) > 1:
            figures = {"p50": statistics.median(each), "p95": p95(each), "longest": max(each)}
            shown = "".join(f"  {name} {figure:>6.0f}" for name, figure in figures.items())
            print(f"  {kind_name(kind):<10}{len(each):>8,}{shown}")
    sys.stdout.flush()


def kind_name(kind: int | str) -> str:
    """Return what a kind of request is called; polls are kept by their status."""
    return f"poll {kind}" if isinstance(kind, int) else kind


def errors_of(statuses: Counter) -> Counter:
    """Return the answers that are failures, and what was no answer at all."""
    return Counter({k: n for k, n in statuses.items() if isinstance(k, str) or k >= ERROR})


def p95(times: list[float]) -> float:
    """Return what all but a twentieth of the requests took at most."""
    return statistics.quantiles(times, n=20)[-1]


def judge(told: Told, memory: list[dict[str, float]]) -> None:
    """Print which bars were missed."""
    slow = [k for k, each in told.times.items() if len(each) > 1 and p95(each) > MOST_P95]
    missed = [f"p95 of {kind_name(kind)}" for kind in slow]
    missed += ["errors"] if errors_of(told.statuses) else []
    early = memory[len(memory) // 10]
    missed += [
        f"memory of {name}"
        for name, size in memory[-1].items()
        if size > max(1.1 * early.get(name, size), early.get(name, size) + 20)
    ]
    print(f"{BARS}\nmissed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
