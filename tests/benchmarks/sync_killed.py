"""A pull that is killed again and again ends with what the other API has. Run by hand:

    uv run python -m tests.benchmarks.sync_killed [--size 20000] [--kills 50] [--desk]

On a database of its own. ``sync_returns`` runs in a process of its own against another API whose
returns, with line items and orders, change and come on between, and is killed (SIGKILL) at a moment
that is drawn from as long as a whole pull takes. A kill counts when the process was alive and its
pull was under way; it goes on until there are enough. Now and then, and at last, a pull may end.
With ``--desk``, the other API is a second desk on a database of its own. Printed: where the kills
struck, and how what is here differs from what is there.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.benchmarks.pages import CHECKOUT, _environment, _server, serving
from tests.returns.feed.fake_api import TOKEN, FakeApi, Record

START = datetime(2026, 1, 5, tzinfo=UTC)
STATES = ("ReturnCreated", "ArrivedToWarehouse", "Completed")
# Of each round: enough that the next run has pages to read.
CHANGED, NEW = 1_000, 50
# After so many kills a pull may end, which tells how long one takes by then.
MEASURED = 4
MANAGE = [sys.executable, "manage.py"]
FAR_PORT = 8768
RUNS_SINCE = """
    SELECT outcome, read, extract(epoch FROM clock_timestamp() - began_at)::float
    FROM returns_feedrun WHERE id > %s ORDER BY id
"""
LATEST_RUN = "SELECT coalesce(max(id), 0) FROM returns_feedrun"
# What is still to be asked for, by what it is.
QUEUES = {"line items": "returns_itemrequest", "orders": "returns_orderrequest"}


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--desk", action="store_true", help="pull from a second desk")
    parser.add_argument("--compare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compare:
        compare()
        return
    with _server() as connect, FarDesk(connect) if options.desk else FarApi() as far:
        far.take([a_record(number) for number in range(options.size)])
        whole = Desk(connect, far).pulled()
        print(f"a whole pull of {options.size:,} returns takes {whole:.1f} s", flush=True)
        desk = Desk(connect, far)
        kill_often(desk, far, options.kills, whole)
        print(f"the last pull takes {desk.pulled():.1f} s", flush=True)
        for what, table in QUEUES.items():
            (count,) = desk.database.execute(f"SELECT count(*) FROM {table}").fetchone()
            print(f"{what} still to ask for: {count}")
        this = [sys.executable, "-m", "tests.benchmarks.sync_killed", "--compare"]
        subprocess.run(this, env=desk.environment, cwd=CHECKOUT, check=True)


class FarApi(FakeApi):
    """Another API, as simple as it gets."""

    def __init__(self) -> None:
        super().__init__([])
        self.items, self.orders, self.token = {}, {}, TOKEN

    def take(self, records: list[Record]) -> None:
        """Have these records."""
        for record in records:
            reference = record["returnReferenceNumber"]
            self.items[reference] = record["lineItems"]
            self.records[reference] = {k: v for k, v in record.items() if k != "lineItems"}
            order = an_order(record)
            self.orders[order["referenceNumber"]] = order


class FarDesk:
    """A second desk: a database and a server of its own."""

    def __init__(self, connect) -> None:
        self.records: dict[str, Record] = {}
        self.environment = _environment(connect("killed_far", fresh=True))
        self.environment |= {"API_CALLS_PER_MINUTE": "1000000"}
        self.url = f"http://127.0.0.1:{FAR_PORT}/openapi/v1"
        self.run("migrate", "-v0")
        words = ("create_api_token", "Near desk", "--scope", "read")
        self.token = self.run(*words).splitlines()[-1].strip()

    def __enter__(self) -> "FarDesk":
        command = serving("config.wsgi:application", "--log-level", "error", port=FAR_PORT)
        self.server = subprocess.Popen(command, env=self.environment, cwd=CHECKOUT)
        time.sleep(3)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.terminate()
        self.server.wait(10)

    def take(self, records: list[Record]) -> None:
        """Import these records, then their orders."""
        self.records |= {each["returnReferenceNumber"]: each for each in records}
        with tempfile.TemporaryDirectory() as folder:
            for command, entries in (
                ("import_returns", records),
                ("import_orders", [an_order(each) for each in records]),
            ):
                path = Path(folder, f"{command}.json")
                path.write_text(json.dumps(entries))
                self.run(command, str(path))

    def run(self, *words: str) -> str:
        """Run a command to its end, and return what it printed."""
        done = subprocess.run(
            [*MANAGE, *words],
            env=self.environment,
            cwd=CHECKOUT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout


class Desk:
    """A desk whose database is empty, and its pulls."""

    def __init__(self, connect, far: FarApi | FarDesk) -> None:
        address = connect("killed", fresh=True)
        self.environment = _environment(address)
        self.environment |= {"RETURNS_API_URL": far.url, "RETURNS_API_TOKEN": far.token}
        self.run("migrate", "-v0")
        self.database = psycopg.connect(address, autocommit=True)

    def run(self, *words: str) -> None:
        """Run a command to its end."""
        subprocess.run([*MANAGE, *words], env=self.environment, cwd=CHECKOUT, check=True)

    def latest(self) -> int:
        """Return the number of the latest run."""
        return self.database.execute(LATEST_RUN).fetchone()[0]

    def runs_since(self, number: int) -> list[tuple[str, int, float]]:
        """Return the runs after one: outcome, records read, and seconds since they began."""
        return self.database.execute(RUNS_SINCE, [number]).fetchall()

    def pulled(self) -> float:
        """Pull to the end, and return the seconds that it took since its first run began."""
        before = self.latest()
        self.run("sync_returns")
        return self.runs_since(before)[0][2]

    def killed(self, after: float) -> tuple[str, int]:
        """Begin a pull, and kill it so many seconds after its first run began.

        Return what it was doing, and how many records it had read; "" if it had ended.
        """
        before = self.latest()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [*MANAGE, "sync_returns"]
        process = subprocess.Popen(command, env=self.environment, cwd=CHECKOUT, **quiet)
        while not self.runs_since(before) and process.poll() is None:
            time.sleep(0.005)
        time.sleep(after)
        process.kill()
        is_hit = process.wait() == -signal.SIGKILL
        runs = self.runs_since(before)
        if not is_hit or not runs:
            return "", 0
        doing = {1: "returns", 2: "line items"}[len(runs)] if runs[-1][0] == "running" else "orders"
        return doing, sum(read for _, read, _ in runs)


def kill_often(desk: Desk, far: FarApi | FarDesk, kills: int, whole: float) -> None:
    """Kill pulls until so many were under way; ``whole`` are the seconds of one that may end."""
    chance = random.Random(1)
    struck: list[str] = []
    ended = 0
    while len(struck) < kills:
        after = chance.uniform(0, whole)
        doing, read = desk.killed(after)
        if doing:
            struck.append(doing)
            print(f"{len(struck)}: killed {after:.2f} s into a pull, at {doing}; read {read:,}")
        else:
            ended += 1
            print(f"not counted: ended before {after:.2f} s were over")
        sys.stdout.flush()
        move(far, len(struck) + ended, chance)
        if doing and len(struck) % MEASURED == 0:
            # What killed pulls left behind makes the next one longer.
            whole = desk.pulled()
    parts = {each: struck.count(each) for each in ("returns", "line items", "orders")}
    print(f"{len(struck)} kills within a pull, {parts}; {ended} pulls ended before one")


def a_record(number: int, state: int = 0, moment: datetime | None = None) -> Record:
    """Return a record of the other API, with its line items."""
    created = START + timedelta(seconds=number, microseconds=number)
    times = {"createdAt": created, "updatedAt": moment or created}
    if state:
        times["arrivedToWarehouseAt"] = created + timedelta(hours=1)
    if state == 2:
        times["completedAt"] = created + timedelta(hours=2)
    record = {"returnReferenceNumber": f"Return-{number:06}", "state": STATES[state]}
    record |= {name: time.isoformat().replace("+00:00", "Z") for name, time in times.items()}
    record |= {"salesOrderReferenceNumber": f"RSO{number:06}"}
    lines = [
        {
            "lineItemReferenceNumber": f"L{line}",
            "sku": f"SKU-{number}-{line}",
            "serialNumber": None,
            "state": ("WaitingToBeProcessed", "Missing", "Undamaged")[state],
            "damagedState": None,
            "processedAt": None,
        }
        for line in range(number % 4)
    ]
    return record | {"notes": f"as of {moment}", "tag": "", "lineItems": lines}


def an_order(record: Record) -> Record:
    """Return the order of a return; it changes with it."""
    item = {"sku": "SKU-1", "productName": record["notes"], "amountInOrder": 1}
    return {
        "referenceNumber": record["salesOrderReferenceNumber"],
        "state": "Delivered",
        "orderCreatedAt": record["createdAt"],
        "updatedAt": record["updatedAt"],
        "lineItems": [item | {"salePrice": 18.25, "currency": "TRY"}],
    }


def move(far: FarApi | FarDesk, number: int, chance: random.Random) -> None:
    """Let returns change, and new ones come."""
    moment = START + timedelta(days=10, minutes=number)
    size = len(far.records)
    records = []
    for which in chance.sample(range(size), min(CHANGED, size // 3)):
        moment += timedelta(microseconds=1)
        records.append(a_record(which, chance.randrange(3), moment))
    far.take(records + [a_record(which, 0, moment) for which in range(size, size + NEW)])


def compare() -> None:
    """Compare with what the other API, which still answers, gives as a whole."""
    import django

    django.setup()
    from django.conf import settings

    from returns.feed.client import Client
    from returns.feed.item_answers import ask_one
    from returns.feed.orders.merging import known_order
    from returns.feed.orders.parsing import parse_order
    from returns.feed.orders.pulling import ORDERS_PATH
    from returns.feed.parsing import parse_record
    from returns.feed.statements import INGEST_COLUMNS
    from returns.feed.walk import walk
    from returns.models import FeedRun, Return, SalesOrder

    client = Client(settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN)
    items = [item for step in walk(client) for item in step.items]
    references = sorted(item["returnReferenceNumber"] for item in items)
    records = {each: parse_record(ask_one(client, each)) for each in references}
    there = {name: facts(record, INGEST_COLUMNS) for name, record in records.items()}
    here = {
        each.return_reference_number: facts(each, INGEST_COLUMNS) for each in Return.objects.all()
    }
    runs = FeedRun.objects.values_list("outcome", "read")
    print(f"runs: {len(runs)}, of which done: {sum(outcome == 'done' for outcome, _ in runs)}")
    print(f"records read in all: {sum(read for _, read in runs):,}")
    say_difference("returns with line items", there, here)
    orders = [
        parse_order(client.fetch_one(f"{ORDERS_PATH}/RSO{each[-6:]}", exact=True))
        for each in references
    ]
    stored = SalesOrder.objects.prefetch_related("items")
    known = {each.reference: known_order(each, each.items.all()) for each in stored}
    say_difference(
        "orders",
        {each.reference: [each.facts, each.items] for each in orders},
        {reference: [each.facts, each.items] for reference, each in known.items()},
    )


def say_difference(what: str, there: dict, here: dict) -> None:
    """Print how what is here differs from what is there."""
    missing, other = len(there.keys() - here.keys()), differing(there, here)
    print(f"{what}: there {len(there):,}, here {len(here):,}; missing {missing}, other {other}")


def facts(record: object, names: list[str]) -> list[object]:
    """Return the facts of a record or a return; line items as the database has them."""
    values = [getattr(record, name) for name in names]
    return json.loads(json.dumps(values, default=str))


def differing(there: dict[str, list[object]], here: dict[str, list[object]]) -> int:
    """Return how many say something else here."""
    return sum(here.get(reference) != said for reference, said in there.items())


if __name__ == "__main__":
    main()
