"""A pull that is killed again and again ends with what the far side has. Run by hand:

    uv run python -m tests.benchmarks.sync_killed [--size 20000] [--kills 50]

On a database of its own. ``sync_returns`` runs in a process of its own against a far side whose
returns change, come and go on between, and is killed (SIGKILL) at a random moment. At last it may
end. Printed: where the kills struck, and how what is here differs from what is there.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from tests.benchmarks.pages import CHECKOUT, _environment, _server
from tests.returns.feed.far_side import TOKEN, FarSide, Record

START = datetime(2026, 1, 5, tzinfo=UTC)
AFTER = (1.5, 6.0)  # seconds from the start of the process; it needs more than one to begin
STATES = ("ReturnCreated", "ArrivedToWarehouse", "Completed")


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
    chance = random.Random(1)
    far = FarSide([a_record(number) for number in range(options.size)])
    with far, _server() as connect:
        environment = _environment(connect(options.size, fresh=True))
        environment |= {"RETURNS_API_URL": far.url, "RETURNS_API_TOKEN": TOKEN}
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "-v0"], env=environment, cwd=CHECKOUT, check=True)
        for number in range(options.kills):
            kill_once([*manage, "sync_returns"], environment, chance)
            move(far, number, chance)
        subprocess.run([*manage, "sync_returns"], env=environment, cwd=CHECKOUT, check=True)
        this = [sys.executable, "-m", "tests.benchmarks.sync_killed", "--compare"]
        subprocess.run(this, env=environment, cwd=CHECKOUT, check=True)


def kill_once(command: list[str], environment: dict[str, str], chance: random.Random) -> None:
    """Start a pull, and kill it at a random moment."""
    process = subprocess.Popen(
        command, env=environment, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(chance.uniform(*AFTER))
    ended = process.poll()
    os.kill(process.pid, signal.SIGKILL) if ended is None else None
    process.wait()
    print("killed" if ended is None else f"had ended with {ended}", flush=True)


def a_record(number: int, state: int = 0, moment: datetime | None = None) -> Record:
    """Return a record of the far side."""
    created = START + timedelta(seconds=number, microseconds=number)
    times = {"createdAt": created, "updatedAt": moment or created}
    if state:
        times["arrivedToWarehouseAt"] = created + timedelta(hours=1)
    if state == 2:
        times["completedAt"] = created + timedelta(hours=2)
    record = {"returnReferenceNumber": f"Return-{number:06}", "state": STATES[state]}
    record |= {name: time.isoformat().replace("+00:00", "Z") for name, time in times.items()}
    return record | {"notes": f"as of {moment}", "tag": ""}


def move(far: FarSide, number: int, chance: random.Random) -> None:
    """Let returns change, and new ones come."""
    moment = START + timedelta(days=10, minutes=number)
    size = len(far.records)
    for which in chance.sample(range(size), 200):
        moment += timedelta(microseconds=1)
        record = a_record(which, chance.randrange(3), moment)
        far.records[record["returnReferenceNumber"]] = record
    for which in range(size, size + 50):
        record = a_record(which, 0, moment)
        far.records[record["returnReferenceNumber"]] = record


def compare() -> None:
    """Compare with what the far side, which still answers, gives as a whole."""
    import django

    django.setup()
    from django.conf import settings

    from returns.feed.client import Client
    from returns.feed.records import parse_record
    from returns.feed.statements import FACTS
    from returns.feed.walk import walk
    from returns.models import FeedRun, Return

    steps = walk(Client(settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN))
    items = [item for step in steps for item in step.items]
    there = {item["returnReferenceNumber"]: facts(parse_record(item), FACTS) for item in items}
    here = {each.return_reference_number: facts(each, FACTS) for each in Return.objects.all()}
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
