"""How long the API takes over HTTP at a million returns. Run by hand:

    uv run python -m tests.benchmarks.api_speed [--size 1000000] [--calls 200]

On the database that ``tests.benchmarks.pages`` fills, or with ``--size ingest`` on that of
``tests.benchmarks.ingest``. One granian worker, one call at a time, over one connection; for each
kind of call the median and the 95th percentile in milliseconds, and the bytes of an answer. The
calls ask for other returns each time, where they ask for one, and no answer is kept.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from urllib.parse import urlencode

from tests.benchmarks.pages import CHECKOUT, PORT, _environment, _server, serving

BASE = "/openapi/v1"
MOST_CALLS = {"API_CALLS_PER_MINUTE": "1000000"}


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="1000000")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.size, options.calls)
        return
    with _server() as connect:
        environment = _environment(connect(options.size, fresh=False)) | MOST_CALLS
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        this = [sys.executable, "-m", "tests.benchmarks.api_speed", "--measure"]
        this += ["--size", options.size, "--calls", str(options.calls)]
        for command in (manage, this):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


def measure(size: str, calls: int) -> None:
    """Fill the database if it is empty, and print what each kind of call takes."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from returns.models import ApiToken, Return
    from returns.people.tokens import issue, revoke

    if not Return.objects.exists():
        call_command("generate_returns", int(size), allow_external=True, stdout=sys.stderr)
    token = ApiToken(name=f"benchmark {timezone.now():%Y-%m-%d %H:%M:%S.%f}", scopes=["read"])
    secret = issue(token)
    print(f"{Return.objects.count():,} returns; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{'':34}{'p50 ms':>9}{'p95 ms':>9}{'bytes':>10}")
    try:
        with _served(secret) as ask:
            for name, paths in _cases().items():
                _print(name, *_timed(ask, list(islice(cycle(paths), calls))))
            _print("cursor, page after page", *_walked(ask, calls))
    finally:
        revoke(token, by=None)


def _cases() -> dict[str, list[str]]:
    """Return the paths of each kind of call."""
    from returns.models import Return

    newest = Return.objects.in_order_of("created_at", descending=True)
    some = list(newest.exclude(tracking_id="").exclude(sales_order_reference_number="")[:200])

    def each(field: str, column: str, **more: str) -> list[str]:
        return [f"/Returns?{urlencode({field: getattr(r, column), **more})}" for r in some]

    orders = [
        f"o=Equals&p=salesOrderReferenceNumber&v={r.sales_order_reference_number}" for r in some
    ]
    return {
        "first page": ["/Returns"],
        "first page of 100": ["/Returns?count=100"],
        "first page of a state": ["/Returns?state=ArrivedToWarehouse"],
        "by reference": each("returnReferenceNumber", "return_reference_number"),
        "one return": [f"/Returns/{r.return_reference_number}" for r in some],
        "by order": each("salesOrderReferenceNumber", "sales_order_reference_number"),
        "by tracking ID": each("trackingId", "tracking_id"),
        "with tags": ["/Returns/GetReturnsWithTag"],
        "with one tag": ["/Returns/GetReturnsWithTag?tag=wrong-size"],
        "dqb, Equals": [f"/Returns?{urlencode({'dqb': order})}" for order in orders],
        "the tags": ["/Tags"],
    }


@contextmanager
def _served(secret: str) -> Iterator:
    """Run the site, and give a way to ask it; it returns milliseconds and the answer's body."""
    server = subprocess.Popen(serving("config.wsgi:application"), stdout=sys.stderr)
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-Proto": "https"}

    def ask(path: str) -> tuple[float, bytes]:
        started = time.perf_counter()
        connection.request("GET", f"{BASE}{path}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
        return (time.perf_counter() - started) * 1000, body

    try:
        _wait_for(connection)
        yield ask
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(connection: http.client.HTTPConnection) -> None:
    for _ in range(300):
        try:
            connection.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
            connection.getresponse().read()
        except ConnectionError:  # the server is starting
            connection.close()
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server does not start.")


def _timed(ask, paths: list[str]) -> tuple[list[float], int]:
    ask(paths[0])  # the first one loads what it needs
    answers = [ask(path) for path in paths]
    return [ms for ms, _ in answers], len(answers[-1][1])


def _walked(ask, calls: int) -> tuple[list[float], int]:
    times, cursor, body = [], "", b""
    while cursor is not None and len(times) < calls:
        ms, body = ask(f"/Returns?{urlencode({'cursor': cursor, 'count': 100})}")
        times.append(ms)
        cursor = json.loads(body)["nextCursor"]
    return times, len(body)


def _print(name: str, times: list[float], size: int) -> None:
    late = statistics.quantiles(times, n=20)[-1]
    print(f"{name:34}{statistics.median(times):9.1f}{late:9.1f}{size:10,}", flush=True)


if __name__ == "__main__":
    main()
