"""What taking a whole list along costs. Run by hand:

    uv run python -m tests.benchmarks.exports [--size 200000] [--sort arrived]

On the database of that size that ``tests.benchmarks.pages`` made, or a new one. Printed: CSV over
HTTP, its rows, bytes, seconds to the first and the last, and the peak of the server's memory;
whether a download looks broken when the database connection ends in the middle, and how soon the
database is free of one that nobody reads any more; a workbook in the background, whose worker is
killed once in the middle, with its seconds and the peak of memory.
"""

import argparse
import contextlib
import gzip
import http.client
import signal
import subprocess
import sys
import threading
import time
import zlib

from tests.benchmarks.pages import CHECKOUT, PORT, _environment, _server, _signed_in, serving

HEADERS = {"X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"}
WORKER = [sys.executable, "manage.py", "work", "--until-done"]


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--sort", default="-created")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.size, options.sort)
        return
    with _server() as connect:
        environment = _environment(connect(options.size, fresh=False))
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        this = [sys.executable, "-m", "tests.benchmarks.exports", "--measure", *sys.argv[1:]]
        for command in (migrate, this):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


def measure(size: int, sort: str) -> None:
    """Take everything along in each way."""
    import django

    django.setup()
    from django.core.management import call_command

    from returns.models import Return

    if not Return.objects.exists():
        call_command("generate_returns", size, allow_external=True, stdout=sys.stderr)
    cookie = _signed_in("manager")
    server = subprocess.Popen(serving(), stdout=sys.stderr)
    try:
        until_it_answers()
        path = f"/returns/export.csv?sort={sort}"
        take_csv(path, cookie, server.pid)
        break_csv(path, cookie)
        leave_csv(path, cookie)
    finally:
        server.terminate()
        server.wait(20)
    make_xlsx(sort)


def until_it_answers() -> None:
    """Wait for the server, at most a minute."""
    for _ in range(300):
        with contextlib.suppress(OSError):
            http.client.HTTPConnection("127.0.0.1", PORT).connect()
            return
        time.sleep(0.2)


class Memory(threading.Thread):
    """The peak of what a process and its children hold, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        import psutil

        self.process, self.peak, self.over = psutil.Process(pid), 0.0, threading.Event()

    def run(self) -> None:
        """Look ten times a second."""
        import psutil

        while not self.over.wait(0.1):
            with contextlib.suppress(psutil.Error):
                family = [self.process, *self.process.children(recursive=True)]
                biggest = max(each.memory_info().rss for each in family)
                self.peak = max(self.peak, biggest / 1e6)

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()


def asked(path: str, cookie: str) -> http.client.HTTPResponse:
    """Ask the server, and return its answer unread."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    connection.request("GET", path, headers=HEADERS | {"Cookie": cookie})
    answer = connection.getresponse()
    answer.connection = connection
    return answer


def take_csv(path: str, cookie: str, pid: int) -> None:
    """Download all of it."""
    with Memory(pid) as memory:
        time.sleep(0.5)
        before, started = memory.peak, time.monotonic()
        answer = asked(path, cookie)
        piece = answer.read1()
        first = time.monotonic() - started
        unpacker, sent, size, lines = zlib.decompressobj(31), 0, 0, 0
        while piece:
            text = unpacker.decompress(piece)
            sent, size, lines = sent + len(piece), size + len(text), lines + text.count(b"\r\n")
            piece = answer.read1(1 << 20)
        seconds = time.monotonic() - started
    print(
        f"csv {answer.status}: {lines - 1:,} lines, {size / 1e6:.0f} MB ({sent / 1e6:.0f} sent), first after {first:.2f} s,"
        f" all after {seconds:.1f} s; memory {before:.0f} MB, peak {memory.peak:.0f} MB"
    )


def streams() -> list[tuple[int, str]]:
    """Return the database's processes that are in the middle of a transaction."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND xact_start IS NOT NULL"
        )
        return cursor.fetchall()


def break_csv(path: str, cookie: str) -> None:
    """End the connection to the database in the middle."""
    from django.db import connection

    answer = asked(path, cookie)
    start = answer.read(1000)
    with connection.cursor() as cursor:
        for pid, _ in streams():
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    try:
        text = gzip.decompress(start + answer.read())
        print(f"csv broken in the middle: LOOKS COMPLETE with {len(text):,} bytes")
    except (http.client.HTTPException, OSError, EOFError, zlib.error) as error:
        print(f"csv broken in the middle: the client sees {type(error).__name__} {error}")


def leave_csv(path: str, cookie: str) -> None:
    """Close the connection in the middle."""
    answer = asked(path, cookie)
    answer.read(1000)
    open_before = len(streams())
    answer.close()
    answer.connection.close()
    started = time.monotonic()
    while streams() and time.monotonic() - started < 90:
        time.sleep(0.2)
    after = time.monotonic() - started
    print(f"csv left: {open_before} transaction, {len(streams())} after {after:.1f} s")


def make_xlsx(sort: str) -> None:
    """Make a workbook, and kill who makes it once."""
    from django.contrib.auth.models import User

    from returns.exports import background
    from returns.exports.forms import parse_request
    from returns.filters.query import Query
    from returns.models import Export

    person = User.objects.get(username="manager")
    Export.objects.all().delete()
    export = background.request_export(parse_request(Query.parse(f"sort={sort}"), person), person)
    victim = subprocess.Popen(WORKER, cwd=CHECKOUT)
    while Export.objects.get(pk=export.pk).rows < export.total // 20:
        time.sleep(0.2)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    killed = Export.objects.get(pk=export.pk)
    print(f"xlsx: killed when {killed.rows:,} of {killed.total:,} were written")
    started = time.monotonic()
    again = subprocess.Popen(WORKER, cwd=CHECKOUT)
    with Memory(again.pid) as memory:
        again.wait()
    seconds = time.monotonic() - started
    export = Export.objects.get(pk=export.pk)
    print(
        f"xlsx {export.status}, attempt {export.attempts}: {export.rows:,} rows,"
        f" {export.size / 1e6:.0f} MB after {seconds:.1f} s, peak {memory.peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
