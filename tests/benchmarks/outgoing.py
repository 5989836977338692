"""What the outbox costs an import, and how long matching takes. Run by hand:

    uv run python -m tests.benchmarks.outgoing [--size 1000000] [--rounds 5]

In a database of so many returns, which is kept for the next time. Imports of 20,000 new returns
each, one after the other: without the triggers of the outbox, with them and no subscription, with
one and with ten subscriptions to all types with different filters. Then a batch of 5,000 events is
matched against 50 subscriptions with different filters, and spread. All in seconds of processor
time of both processes, the medians of the rounds.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.ingest import _records, _sent
from tests.benchmarks.pages import CHECKOUT, _environment, _server

IMPORTED, BATCH = 20_000, 5_000
TABLES = ("returns_return", "returns_returntag", "returns_comment", "returns_rejectedrecord")
WAYS = {"no triggers": None, "no subscription": 0, "one": 1, "ten": 10}


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options)
        return
    with _server() as connect:
        environment = _environment(connect(f"outgoing_{options.size}", fresh=False))
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(manage, env=environment, cwd=CHECKOUT, check=True)
        this = [sys.executable, "-m", "tests.benchmarks.outgoing", "--measure"]
        given = ["--size", str(options.size), "--rounds", str(options.rounds)]
        subprocess.run([*this, *given], env=environment, cwd=CHECKOUT, check=True)


def _measure(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from returns.models import Return

    if not Return.objects.exists():
        call_command("generate_returns", options.size, allow_external=True, stdout=sys.stderr)
    print(f"{Return.objects.count():,} returns; load {os.getloadavg()[0]:.1f}")
    if options.rounds:
        _measure_imports(options.rounds)
    _measure_matching()
    print(f"load {os.getloadavg()[0]:.1f}")


def _measure_imports(rounds: int) -> None:
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    number = 300_000_000 + int(time.time()) % 900 * 500_000
    for _ in range(rounds):
        for way, subscriptions in WAYS.items():
            number += IMPORTED
            _set_up(subscriptions)
            seconds[way].append(_import(number))
    base = median(seconds["no triggers"])
    for way, taken in seconds.items():
        print(
            f"{IMPORTED:,} returns, {way}: {median(taken):.2f} s ({median(taken) / base - 1:+.1%}),"
            f" each {' '.join(f'{each:.2f}' for each in taken)}",
            flush=True,
        )
    _set_up(0)


def _set_up(subscriptions: int | None) -> None:
    from django.db import connection

    from returns.models import EventType, OutgoingEvent, Subscription

    OutgoingEvent.objects.all().delete()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s",
                [table, "pgtrigger_outgoing_%"],
            )
            for (name,) in cursor.fetchall():
                state = "DISABLE" if subscriptions is None else "ENABLE"
                cursor.execute(f"ALTER TABLE {table} {state} TRIGGER {name}")
        cursor.execute("VACUUM ANALYZE returns_outgoingevent")
    _subscribe(subscriptions or 0, EventType.values, Subscription)


def _subscribe(number: int, types: list[str], model) -> None:
    from django.contrib.auth.models import User

    owner, _ = User.objects.get_or_create(username="benchmark")
    model.objects.all().delete()
    filters = list(_filters())
    model.objects.bulk_create(
        model(
            owner=owner,
            name=f"Hook {n}",
            types=types,
            address="https://shop.example/",
            parameters=filters[n % len(filters)],
        )
        for n in range(number)
    )


def _filters():
    from tags.models import Tag

    tags = list(Tag.objects.order_by("pk").values_list("pk", flat=True))
    for n in range(10):
        yield {"tag": [tags[n]]}
        yield {"carrier": [("Aras", "DHL", "UPS", "Yurtiçi", "MNG")[n % 5]], "items": ["known"]}
        yield {"tag_any": tags[n : n + 3], "state": ["ArrivedToWarehouse", "Completed"]}
        yield {
            "notes": [("kutu", "damaged", "hasar", "size", "broken")[n % 5]],
            "created_from": ["-30d"],
        }
        yield {"deadline": [("late", "at_risk")[n % 2]], "tag_none": [tags[n]]}


def _import(first_number: int) -> float:
    from io import StringIO

    from django.core.management import call_command

    from returns.feed.item_parsing import line_item_payload

    with TemporaryDirectory() as folder:
        path = Path(folder, "returns.jsonl")
        with path.open("w", encoding="utf-8") as out:
            for record in _records(IMPORTED, first_number):
                lines = [line_item_payload(line) for line in record.line_items or ()]
                sent = _sent(replace(record, line_items=None)) | {"lineItems": lines}
                out.write(f"{json.dumps(sent)}\n")
        started = _processor_seconds()
        call_command("import_returns", str(path), stdout=StringIO(), stderr=StringIO())
        return _processor_seconds() - started


def _processor_seconds() -> float:
    """Return the processor time of this process and of its connection's server process.

    Other programs of the computer make no difference.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _measure_matching() -> None:
    from returns.models import Delivery, EventType, OutgoingEvent, Return, Subscription
    from returns.outgoing.spreading import find_matches, spread_next

    _subscribe(50, EventType.values, Subscription)
    newest = Return.objects.order_by("-created_at").values_list("pk", flat=True)[:BATCH]
    for name, ids in (
        ("newest", list(newest)),
        ("any", list(Return.objects.order_by("order_key").values_list("pk", flat=True)[:BATCH])),
    ):
        events = OutgoingEvent.objects.bulk_create(
            OutgoingEvent(type=EventType.CHANGED, record_id=pk) for pk in ids
        )
        taken = []
        for _ in range(3):
            started = _processor_seconds()
            matches = sum(1 for _ in find_matches(events))
            taken.append(_processor_seconds() - started)
        print(
            f"{BATCH:,} returns ({name}) against 50 subscriptions: {median(taken):.2f} s, "
            f"{matches:,} matches"
        )
        started = _processor_seconds()
        spread_next()
        print(f"spread with bodies: {_processor_seconds() - started:.2f} s")
        Delivery.objects.all().delete()
        OutgoingEvent.objects.all().delete()
    Subscription.objects.all().delete()


if __name__ == "__main__":
    main()
