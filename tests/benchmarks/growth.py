"""What a return costs in WAL and on disk in its life. Run by hand, where PostgreSQL is installed:

    uv run python -m tests.benchmarks.growth [--returns 20000]

Every return is created, arrives and is completed by three imports of a file. It has two line items,
gets a tag with each of the later two records, and every fifth gets a comment. Printed: bytes of WAL
after each step, by return; bytes of the tables and of their indexes at the end; the largest tables.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.cluster import Server, running_cluster
from tests.deployed import CHECKOUT

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
STEPS = ("ReturnCreated", "ArrivedToWarehouse", "Completed")
COMMENTS = """
from django.contrib.auth.models import User
from returns.models import Return
from returns.record.comments import add_comment
from uuid import uuid4
person = User.objects.create_user("agent")
for record in Return.objects.order_by("pk").iterator():
    if record.pk % 5 == 0:
        add_comment(record, "The shopper was told when the money is sent back.", uuid4(), person)
"""


def main() -> None:
    """Measure on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--returns", type=int, default=20_000)
    number = parser.parse_args().returns
    with TemporaryDirectory() as folder, running_cluster() as cluster:
        measure(cluster.primary, Path(folder), number)


def measure(server: Server, folder: Path, number: int) -> None:
    """Let returns live, and print what that took."""
    manage(server, "migrate", "-v0")
    written = server.value("SELECT pg_current_wal_insert_lsn()")
    began = written
    for step in range(len(STEPS)):
        path = folder / f"{step}.json"
        records = [record(place, step) for place in range(number)]
        path.write_text(json.dumps({"data": records}))
        manage(server, "import_returns", str(path))
        written = printed(server, written, number, f"import of {STEPS[step]}")
    manage(server, "shell", "-v0", "-c", COMMENTS)
    written = printed(server, written, number, "comments on a fifth")
    manage(server, "work", "--until-done")
    written = printed(server, written, number, "background work")
    printed(server, began, number, "the whole life")
    with server.connect() as link:
        link.execute("VACUUM ANALYZE")
        tables = link.execute(
            """SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 + 3 DESC"""
        ).fetchall()
    heap, indexes = sum(row[1] for row in tables), sum(row[2] for row in tables)
    print(f"disk: {heap / number:.0f} bytes of tables, {indexes / number:.0f} of indexes a return")
    for name, size, index in sorted(tables, key=lambda row: -row[1] - row[2])[:8]:
        print(f"  {name}: {size / number:.0f} + {index / number:.0f}")


def manage(server: Server, *arguments: str) -> None:
    """Run a command on the database."""
    environment = os.environ | {
        "DATABASE_URL": server.url,
        "SECRET_KEY": "0123456789" * 6,
        "ALLOWED_HOSTS": "localhost",
    }
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, env=environment, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)


def record(place: int, step: int) -> dict[str, Any]:
    """Return the record of a return at a step of its life."""
    times = [(START + timedelta(seconds=place, days=day)).isoformat() for day in range(step + 1)]
    names = ("createdAt", "arrivedToWarehouseAt", "completedAt")
    items = [
        {
            "lineItemReferenceNumber": f"{place}-{number}",
            "sku": f"SKU-{place % 5_000}-{number}",
            "state": "Undamaged" if step == 2 else "WaitingToBeProcessed",
        }
        for number in range(2)
    ]
    return {
        "returnReferenceNumber": f"Return-{place}",
        "salesOrderReferenceNumber": f"RSO{place}",
        "trackingId": f"73400{place:09}",
        "cargoCarrier": "Aras",
        "salesOrderChannel": "Web shop",
        "notes": "The size does not fit, the shopper would like the next one.",
        "state": STEPS[step],
        "updatedAt": times[-1],
        "lineItems": items,
        "tag": ", ".join(("wrong size", "checked")[:step]),
    } | dict(zip(names, times, strict=False))


def printed(server: Server, since: object, number: int, what: str) -> object:
    """Print the WAL since a place in it, and return the place of now."""
    now = server.value("SELECT pg_current_wal_insert_lsn()")
    size = int(str(server.value(f"SELECT '{now}'::pg_lsn - '{since}'::pg_lsn")))
    print(f"WAL, {what}: {size / number:.0f} bytes a return", flush=True)
    return now


if __name__ == "__main__":
    main()
