"""A pull that is killed again and again ends with what the other API has. Run by hand:

    uv run python -m tests.benchmarks.sync_killed [--size 20000] [--kills 50]

On a database of its own. ``sync_returns`` runs in a process of its own against another API whose
returns change and come on between, and is killed (SIGKILL) at a moment that is drawn from as long
as a whole run takes. A kill counts when the process was alive and its run, as the database says
after that, was under way; it goes on until there are enough. Now and then, and at last, a run may
end. Printed: where the kills struck, and how what is here differs from what is there.
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import psycopg

from tests.benchmarks.pages import CHECKOUT, _environment, _server
from tests.returns.feed.fake_api import TOKEN, FakeApi, Record

START = datetime(2026, 1, 5, tzinfo=UTC)
STATES = ("ReturnCreated", "ArrivedToWarehouse", "Completed")
# Of each round: enough that the next run has pages to read.
CHANGED, NEW = 1_000, 50
# After so many kills a run may end, which tells how long one takes by then.
MEASURED = 4
MANAGE = [sys.executable, "manage.py"]
RUNS = """
    SELECT id, outcome, read, extract(epoch FROM coalesce(ended_at, now()) - began_at)::float
    FROM returns_feedrun ORDER BY id DESC LIMIT 1
"""


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--compare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compare:
        compare()
        return
    far = FakeApi([a_record(number) for number in range(options.size)])
    with far, _server() as connect:
        whole = Desk(connect, far).pulled()
        print(f"a whole run of {options.size:,} records takes {whole:.1f} s", flush=True)
        desk = Desk(connect, far)
        kill_often(desk, far, options.kills, whole)
        print(f"the last run takes {desk.pulled():.1f} s")
        this = [sys.executable, "-m", "tests.benchmarks.sync_killed", "--compare"]
        subprocess.run(this, env=desk.environment, cwd=CHECKOUT, check=True)


class Desk:
    """A desk whose database is empty, and its pulls."""

    def __init__(self, connect, far: FakeApi) -> None:
        address = connect("killed", fresh=True)
        self.environment = _environment(address)
        self.environment |= {"RETURNS_API_URL": far.url, "RETURNS_API_TOKEN": TOKEN}
        self.run("migrate", "-v0")
        self.database = psycopg.connect(address, autocommit=True)

    def run(self, *words: str) -> None:
        """Run a command to its end."""
        subprocess.run([*MANAGE, *words], env=self.environment, cwd=CHECKOUT, check=True)

    def latest(self) -> tuple[int, str, int, float]:
        """Return the latest run: its number, outcome, records read, and how many seconds."""
        return self.database.execute(RUNS).fetchone() or (0, "", 0, 0.0)

    def pulled(self) -> float:
        """Pull to the end, and return the seconds that the run took."""
        self.run("sync_returns")
        return self.latest()[3]

    def killed(self, after: float) -> tuple[str, int, float]:
        """Begin a pull, and kill it so many seconds after its run began; return how that was."""
        before = self.latest()[0]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [*MANAGE, "sync_returns"]
        process = subprocess.Popen(command, env=self.environment, cwd=CHECKOUT, **quiet)
        while self.latest()[0] == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(after)
        process.kill()
        status = process.wait()
        number, outcome, read, seconds = self.latest()
        is_hit = status == -signal.SIGKILL and number > before and outcome == "running"
        return "killed" if is_hit else outcome, read, seconds


def kill_often(desk: Desk, far: FakeApi, kills: int, whole: float) -> None:
    """Kill runs until so many were under way; ``whole`` are the seconds of one that may end."""
    chance = random.Random(1)
    struck: list[float] = []
    ended = 0
    while len(struck) < kills:
        after = chance.uniform(0, whole)
        how, read, seconds = desk.killed(after)
        if how == "killed":
            struck.append(after / whole)
            print(f"{len(struck)}: killed {after:.2f} s into a run that had read {read:,}")
        else:
            ended, whole = ended + 1, seconds
            print(f"not counted: {how} after {seconds:.2f} s, before {after:.2f} s were over")
        sys.stdout.flush()
        move(far, len(struck) + ended, chance)
        if how == "killed" and len(struck) % MEASURED == 0:
            # What killed runs left behind makes the next one longer.
            whole = desk.pulled()
    parts = [sum(at <= share < at + 0.25 for share in struck) for at in (0, 0.25, 0.5, 0.75)]
    print(
        f"{len(struck)} kills within a run, in its quarters {parts}; {ended} runs ended before one"
    )


def a_record(number: int, state: int = 0, moment: datetime | None = None) -> Record:
    """Return a record of the other API."""
    created = START + timedelta(seconds=number, microseconds=number)
    times = {"createdAt": created, "updatedAt": moment or created}
    if state:
        times["arrivedToWarehouseAt"] = created + timedelta(hours=1)
    if state == 2:
        times["completedAt"] = created + timedelta(hours=2)
    record = {"returnReferenceNumber": f"Return-{number:06}", "state": STATES[state]}
    record |= {name: time.isoformat().replace("+00:00", "Z") for name, time in times.items()}
    return record | {"notes": f"as of {moment}", "tag": ""}


def move(far: FakeApi, number: int, chance: random.Random) -> None:
    """Let returns change, and new ones come."""
    moment = START + timedelta(days=10, minutes=number)
    size = len(far.records)
    for which in chance.sample(range(size), CHANGED):
        moment += timedelta(microseconds=1)
        record = a_record(which, chance.randrange(3), moment)
        far.records[record["returnReferenceNumber"]] = record
    for which in range(size, size + NEW):
        record = a_record(which, 0, moment)
        far.records[record["returnReferenceNumber"]] = record


def compare() -> None:
    """Compare with what the other API, which still answers, gives as a whole."""
    import django

    django.setup()
    from django.conf import settings

    from returns.feed.client import Client
    from returns.feed.parsing import parse_record
    from returns.feed.statements import INGEST_COLUMNS
    from returns.feed.walk import walk
    from returns.models import FeedRun, Return

    steps = walk(Client(settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN))
    items = [item for step in steps for item in step.items]
    there = {
        item["returnReferenceNumber"]: facts(parse_record(item), INGEST_COLUMNS) for item in items
    }
    here = {
        each.return_reference_number: facts(each, INGEST_COLUMNS) for each in Return.objects.all()
    }
    runs = FeedRun.objects.values_list("outcome", "read")
    print(f"runs: {len(runs)}, of which done: {sum(outcome == 'done' for outcome, _ in runs)}")
    print(f"records read in all: {sum(read for _, read in runs):,}")
    print(f"there {len(there):,}, here {len(here):,}")
    print(f"missing here: {len(there.keys() - here.keys())}, other here: {differing(there, here)}")


def facts(record: object, names: list[str]) -> list[object]:
    """Return the facts of a record or a return."""
    return [getattr(record, name) for name in names]


def differing(there: dict[str, list[object]], here: dict[str, list[object]]) -> int:
    """Return how many say something else here."""
    return sum(here.get(reference) != said for reference, said in there.items())


if __name__ == "__main__":
    main()
