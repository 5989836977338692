"""What the pages cost at ten thousand and at a million returns. Run by hand:

    uv run python -m tests.benchmarks.pages [--sizes 10000 1000000] [--fresh]

Each size gets a database of its own on the bundled PostgreSQL, filled once by
``generate_returns`` and kept for the next run. For each page: the number of queries; of the
slowest one its time and of the greediest its buffers, both by EXPLAIN; whether any query scans a
whole table; and the time of the answer over HTTP as a multiple of an empty view's, for a person
who is signed in, behind the same middleware.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

PORT = 8765
ROUNDS = 30
HEADERS_OF_HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
EMPTY_VIEW = "/empty/"  # of a person who is signed in, behind all of the middleware
BARS = (
    "bars: SQL 5 ms (in the middle of numbers 60 ms), 5,000 buffers, no scan; fragment 10x, page 20x"
    " the empty view"
)
CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure each size in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--fresh", action="store_true", help="fill the databases anew")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    results = {}
    with _server() as connect:
        for size in options.sizes:
            environment = _environment(connect(size, fresh=options.fresh))
            results[size] = _measure_apart(size, environment)
    report(results)


def serving(
    application: str = "tests.benchmarks.served:application",
    *options: str,
    port: int = PORT,
) -> list[str]:
    """Return the command that serves a WSGI application; without options, by one worker."""
    one_worker = ("--workers", "1", "--blocking-threads", "2", "--log-level", "error")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    return [*command, "--port", str(port), *(options or one_worker), application]


class _server:  # noqa: N801
    """The bundled PostgreSQL, and a way to get the address of a size's database on it."""

    def __enter__(self):
        from config import embedded_postgres

        folder = embedded_postgres.state_folder(CHECKOUT)
        self.settings = embedded_postgres.start(folder)
        return self.connect

    def __exit__(self, *_):
        return None

    def connect(self, size: int | str, *, fresh: bool) -> str:
        import psycopg

        host, user = self.settings["HOST"], self.settings["USER"]
        name = f"benchmark_{size}"
        with psycopg.connect(host=host, user=user, dbname="postgres", autocommit=True) as admin:
            if fresh:
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                admin.execute(f"CREATE DATABASE {name}")
        return f"postgres://{user}@{quote(host, safe='')}/{name}"


def _environment(database: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "a benchmark signs nothing that anybody keeps 0123456789",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "RETURNS_DESK_DEMO": "1",  # static files from their sources
    }


def _measure_apart(size: int, environment: dict[str, str]) -> dict:
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, cwd=CHECKOUT, check=True)
    this = [sys.executable, "-m", "tests.benchmarks.pages", "--measure", str(size)]
    answer = subprocess.run(
        this, env=environment, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(answer.stdout.splitlines()[-1])


def measure(size: int) -> dict:
    """Fill the database if it is empty, and measure every page."""
    import django

    django.setup()
    from django.core.management import call_command

    from returns.models import Return

    if not Return.objects.exists():
        started = time.monotonic()
        call_command("generate_returns", size, allow_external=True, stdout=sys.stderr)
        print(f"generated {size:,} in {time.monotonic() - started:.0f} s", file=sys.stderr)
    cookies = {name: _signed_in(name) for name in ("service", "manager", "admin")}
    server = subprocess.Popen(serving(), stdout=sys.stderr)
    try:
        empty = _median_ms(EMPTY_VIEW, cookies["service"])
        print(
            f"empty view {empty:.2f} ms, /healthz {_median_ms('/healthz', ''):.2f} ms",
            file=sys.stderr,
        )
        return {
            name: _cost(path, cookies[person], empty) for name, (path, person) in cases().items()
        }
    finally:
        server.terminate()
        server.wait(10)


def cases() -> dict[str, tuple[str, str]]:
    """Return the pages by name: path, and who asks."""
    from returns.filters.paging import Cursor
    from returns.filters.sorting import Sort
    from returns.models import Return, ReturnItem
    from tags.models import Tag

    half = Return.objects.count() // 2
    newest_first = Return.objects.in_order_of("created_at", descending=True)
    some = newest_first[half]
    deep = Cursor.for_row(some, Sort.parse("-created")).encode()
    # Long enough to have a middle: the ends of it are no other number's.
    tracked = newest_first.filter(tracking_id__startswith="1201")[half // 10]
    pasted = newest_first.values_list("return_reference_number", flat=True)[half : half + 200]
    item = ReturnItem.objects.filter(serial_key__isnull=False).order_by("serial_key")[5]
    some_tags = Tag.objects.filter(name__in=["defective", "damaged"])
    first, second = some_tags.values_list("pk", flat=True)
    merged = f"tag={first}&into={second}"
    order, tracking = tracked.sales_order_reference_number, tracked.tracking_id
    reference = quote(some.return_reference_number, safe="")
    list_cases = {
        "list, first page": "",
        "list, page in the middle": f"?after={deep}",
        "one state": "?state=ArrivedToWarehouse",
        "two states": "?state=ArrivedToWarehouse&state=ReturnCreated",
        "one tag": "?tag=wrong-size",
        "one tag, in the middle": f"?tag=wrong-size&after={deep}",
        "two tags": "?tag=wrong-size&tag=apparel",
        "two tags and a state": "?tag=wrong-size&tag=apparel&state=ArrivedToWarehouse",
        "any of two tags": "?tag_any=wrong-size&tag_any=apparel",
        "any of two rare tags": "?tag_any=bulk-return&tag_any=fragile-item",
        "any of, in the middle": f"?tag_any=wrong-size&tag_any=bulk-return&after={deep}",
        "any of, oldest first": "?tag_any=wrong-size&tag_any=apparel&sort=created",
        "any of, and a state": "?tag_any=wrong-size&tag_any=apparel&state=ArrivedToWarehouse",
        "any of, by arrival": "?tag_any=wrong-size&tag_any=apparel&sort=-arrived",
        "none of a tag": "?tag_none=wrong-size",
        "none of two, and a state": "?tag_none=wrong-size&tag_none=apparel&state=Completed",
        "any of, but not": "?tag_any=wrong-size&tag_any=apparel&tag_none=standard",
        "whole tracking ID": f"?q={quote(tracking)}",
        "whole order": f"?q={quote(order)}",
        "zeros in front": f"?q=000{quote(tracking)}",
        "within a barcode": f"?q=42090210{quote(tracking)}",
        "beginning of order": f"?order={quote(order[:8])}",
        "beginning, very many": "?q=Return",
        "end, 6 characters": f"?q={quote(tracking[-6:])}",
        "end, 4 characters": f"?q={quote(tracking[-4:])}",
        "one character": "?q=1",
        "middle, 4 characters": f"?q={tracking[4:8]}",
        "middle, 6 characters": f"?q={tracking[4:10]}",
        "middle, 8 characters": f"?q={tracking[3:11]}",
        "middle, in very many": "?q=3400",
        "nothing, nearest": f"?q={quote(tracking[:-5])}QQQQQ",
        "200 numbers": f"?q={quote(' '.join(pasted))}",
        "a search and a state": f"?q={quote(tracking[-4:])}&state=ArrivedToWarehouse",
        "a word of the notes": "?notes=fatura",
        "a rare word of the notes": "?notes=nowhere",
        "two words, and a state": "?notes=hasar&notes=damaged&state=ArrivedToWarehouse",
        "second of an order": "?order_returns=2",
        "third of an order": "?order_returns=3",
        "sorted by arrival": "?sort=-arrived",
        "sorted by order": "?sort=order",
        "a SKU of many": "?sku=TS-BLK-XS",
        "a SKU, in the middle": f"?sku=TS-BLK-XS&after={deep}",
        "a SKU and a state": "?sku=TS-BLK-XS&state=ArrivedToWarehouse",
        "a SKU of few": f"?sku={item.sku}",
        "a serial number": f"?serial={item.serial_number}",
        "damaged items": "?item=Damaged",
        "damaged items, in the middle": f"?item=Damaged&after={deep}",
        "undecided items": "?item=WaitingInWarehouse",
        "missing items and a tag": "?item=Missing&tag=apparel",
        "waiting items": "?items_waiting=2",
        "a SKU and damage": "?sku=TS-BLK-XS&item=Damaged",
        "box: a SKU of many": "?q=TS-BLK-XS",
        "box: a SKU's beginning": "?q=TS-BLK",
        "box: a serial number": f"?q={item.serial_number}",
        "box: end of a serial number": f"?q={item.serial_number[-6:]}",
        "any of three problems": "?problem=shared_tracking&problem=no_order&problem=no_arrival",
    }
    return {name: (f"/returns/{query}", "service") for name, query in list_cases.items()} | {
        "queue to inspect": ("/queue/?queue=to_inspect", "manager"),
        "queue, on the way": ("/queue/?queue=on_the_way", "manager"),
        "queue, completed today": ("/queue/?queue=completed_today", "manager"),
        "queue, over 72 h": ("/queue/?queue=to_inspect&waiting_over=72", "manager"),
        "queue, late": ("/queue/?queue=to_inspect&deadline=late", "manager"),
        "queue, at risk": ("/queue/?queue=to_inspect&deadline=at_risk", "manager"),
        "queue by carrier": ("/queue/?queue=to_inspect&group=carrier", "manager"),
        "queue by tag": ("/queue/?queue=to_inspect&group=tag", "manager"),
        "hand-over list": ("/queue/handover/?queue=to_inspect", "manager"),
        "data quality": ("/queue/problems/", "manager"),
        "deadlines": ("/deadlines/", "manager"),
        **{
            f"report, {name}": (f"/reports/{name}/", "manager")
            for name in ("flow", "speed", "why", "changes", "what", "orders", "rules")
        },
        **{
            f"problem {kind}": (f"/returns/?problem={kind}", "service")
            for kind in (
                "future",
                "no_arrival",
                "early_arrival",
                "shared_tracking",
                "no_order",
                "items_waiting",
                "no_items",
                "silent",
            )
        },
        "two problems": ("/returns/?problem=shared_tracking&problem=no_order", "service"),
        "a carrier": ("/returns/?carrier=DHL", "service"),
        "a carrier that is none": ("/returns/?carrier=Nobody", "service"),
        "a channel and a state": ("/returns/?channel=Trendyol&state=ArrivedToWarehouse", "service"),
        "a rare source": ("/returns/?source=Oplog", "service"),
        "without a carrier": ("/returns/?missing=carrier", "service"),
        "tags of all": ("/returns/facets/?", "service"),
        "tags of a state": ("/returns/facets/?state=Completed", "service"),
        "tags of a tag": ("/returns/facets/?tag=bulk-return", "service"),
        "tags of any of two": ("/returns/facets/?tag_any=wrong-size&tag_any=apparel", "service"),
        "tags of a search": ("/returns/facets/?q=3400", "service"),
        "vocabulary": ("/tags/", "admin"),
        "uses of the tags": ("/tags/usage/", "admin"),
        "merge, preview": (f"/tags/merge/?{merged}", "admin"),
        "rules": ("/rules/", "admin"),
        "tag all in a state": ("/bulk/?state=ArrivedToWarehouse", "admin"),
        "one return": (f"/returns/{reference}/", "service"),
        "admin, list": ("/admin/returns/return/", "admin"),
        "admin, search": (f"/admin/returns/return/?q={reference}", "admin"),
    }


def _signed_in(name: str) -> str:
    from django.test import Client

    from returns.demo.people import set_up_people

    set_up_people()
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.get(username=name), backend="returns.people.RoleBackend")
    return "; ".join(f"{cookie}={each.value}" for cookie, each in client.cookies.items())


def _median_ms(path: str, cookie: str, headers: dict[str, str] | None = None) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    sent = {"Cookie": cookie, "X-Forwarded-Proto": "https"} | (headers or {})
    times = []
    for _ in range(ROUNDS + 100):
        started = time.perf_counter()
        try:
            connection.request("GET", path, headers=sent)
            answer = connection.getresponse()
            answer.read()
        except ConnectionError:  # the server is starting
            connection.close()
            time.sleep(0.1)
            continue
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        times.append((time.perf_counter() - started) * 1000)
        if len(times) > ROUNDS:
            break
    return statistics.median(times[1:])


def _cost(path: str, cookie: str, empty_ms: float) -> dict:
    queries = _queries(path, cookie)
    plans = [plan for sql, parameters in queries if (plan := _explain(sql, parameters))]
    page_ms = _median_ms(path, cookie)
    fragment_ms = _median_ms(path, cookie, HEADERS_OF_HTMX) if "?" in path else None
    return {
        "queries": len(queries),
        "sql_ms": max(plan["Execution Time"] for plan in plans),
        "buffers": max(_buffers(plan) for plan in plans),
        "scans": sorted({table for plan in plans for table in _scanned(plan["Plan"])}),
        "page_ms": page_ms,
        "page_ratio": page_ms / empty_ms,
        "fragment_ratio": fragment_ms / empty_ms if fragment_ms else None,
    }


def _queries(path: str, cookie: str) -> list[tuple[str, list]]:
    from django.db import connection
    from django.test import Client

    seen: list[tuple[str, list]] = []

    def note(execute, sql, parameters, many, context):
        seen.append((sql, parameters))
        return execute(sql, parameters, many, context)

    client = Client(headers={"X-Forwarded-Proto": "https"})
    client.cookies.load(cookie)
    client.get(path)  # compile the templates first
    with connection.execute_wrapper(note):
        client.get(path)
    return seen


def _explain(sql: str, parameters: list) -> dict | None:
    """Return the cheapest of five plans: what is read often is in memory, and a busy moment of
    the machine is not the query's cost.

    Without the clock in each step, which would slow down what it measures.
    """
    from django.db import connection

    if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return None
    plans = []
    with connection.cursor() as cursor:
        for _ in range(5):
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, FORMAT JSON) {sql}", parameters)
            plan = cursor.fetchone()[0]
            plans.append((json.loads(plan) if isinstance(plan, str) else plan)[0])
    return min(plans, key=lambda plan: plan["Execution Time"])


def _buffers(plan: dict) -> int:
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


def _scanned(node: dict) -> list[str]:
    """Return the large tables that a plan scans whole."""
    here = [node["Relation Name"]] if node["Node Type"] == "Seq Scan" else []
    below = [table for child in node.get("Plans", []) for table in _scanned(child)]
    return [table for table in here + below if table in {"returns_return", "returns_returntag"}]


def report(results: dict[int, dict]) -> None:
    """Print one table for each size, and what growing from the first to the last costs."""
    first, last = min(results), max(results)
    for size, measured in results.items():
        print(f"\n{size:,} returns")
        print(f"{'':28}{'queries':>8}{'SQL ms':>9}{'buffers':>9}{'page ms':>9}", end="")
        print(f"{'page x':>8}{'frag x':>8}{'growth':>8}  scans")
        for name, cost in measured.items():
            fragment = f"{cost['fragment_ratio']:.1f}" if cost["fragment_ratio"] else ""
            growth = cost["page_ms"] / results[first][name]["page_ms"]
            print(
                f"{name:28}{cost['queries']:8}{cost['sql_ms']:9.2f}{cost['buffers']:9,}"
                f"{cost['page_ms']:9.1f}{cost['page_ratio']:8.1f}{fragment:>8}"
                f"{growth if size == last else 1:8.2f}  {', '.join(cost['scans']) or '-'}"
            )
    print(f"\n{BARS}")


if __name__ == "__main__":
    main()
