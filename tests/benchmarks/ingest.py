"""How fast files come in, beside what PostgreSQL can take at all. Run by hand:

    uv run python -m tests.benchmarks.ingest [--size 1000000]

On databases of their own, made anew. First the same rows by COPY from Python: into a table without
indexes, the floor, and into that of the returns, with its indexes and triggers. Then
``import_returns``, from the start of the process to its end: so many new returns with tags as JSON
lines into the empty database, so many others as CSV into the full one, and the first file again,
which changes nothing. Each as rows a second and as a share of both.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.pages import CHECKOUT, _environment, _server

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 50_000
MANAGE = [sys.executable, "manage.py"]


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--measure", choices=["copy", "files"], help=argparse.SUPPRESS)
    parser.add_argument("--beside", type=float, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options)
        return
    with _server() as connect:
        here = ["--size", str(options.size)]
        copied = _run_in(connect("ingest_copy", fresh=True), "copy", *here, stdout=subprocess.PIPE)
        print(copied, end="", flush=True)
        rates = [line.split()[-2].replace(",", "") for line in copied.splitlines()]
        _run_in(connect("ingest", fresh=True), "files", *here, "--beside", *rates)


def _run_in(database: str, part: str, *options: str, stdout: int | None = None) -> str:
    """Measure a part in a new database; return what it printed, where that is piped."""
    environment = _environment(database)
    this = [sys.executable, "-m", "tests.benchmarks.ingest", "--measure", part, *options]
    subprocess.run([*MANAGE, "migrate", "-v0"], env=environment, cwd=CHECKOUT, check=True)
    return subprocess.run(
        this, env=environment, cwd=CHECKOUT, stdout=stdout, text=True, check=True
    ).stdout


def _measure(options: argparse.Namespace) -> None:
    import django

    django.setup()
    if options.measure == "copy":
        _measure_copy(options.size)
    else:
        _measure_files(options.size, *options.beside)


def _measure_copy(size: int) -> None:
    """Print how fast COPY is, into a bare table and into that of the returns."""
    from returns.feed.merging import merge
    from returns.feed.statements import COPY_TO_STAGING, CREATE_STAGING_TABLE, STAGED
    from returns.feed.stored_rows import staging_row

    bare = CREATE_STAGING_TABLE.replace("TEMPORARY ", "").replace("ON COMMIT DELETE ROWS", "")
    returns = COPY_TO_STAGING.replace(f"{STAGED} (id,", "returns_return (")

    def row(record: Any) -> list[Any]:
        return staging_row(None, merge(None, record))

    into_bare = size / _copy(size, COPY_TO_STAGING, row, before=bare)
    print(f"COPY from Python into a bare table: {into_bare:,.0f} rows/s")
    into_returns = size / _copy(size, returns, lambda record: row(record)[1:])
    print(f"COPY from Python into the table of the returns: {into_returns:,.0f} rows/s")


def _copy(size: int, statement: str, row: Callable, before: str = "SELECT 1") -> float:
    """Return the seconds that COPY takes; those of inventing the rows do not count."""
    from django.db import connection

    seconds = 0.0
    with connection.cursor() as cursor:
        cursor.execute(before)
        for chunk in batched(_records(size, first_number=0), CHUNK):
            rows = [row(record) for record in chunk]
            started = time.perf_counter()
            with cursor.copy(statement) as copy:
                for values in rows:
                    copy.write_row(values)
            seconds += time.perf_counter() - started
    return seconds


def _measure_files(size: int, into_bare: float, into_returns: float) -> None:
    """Write the files, and print how fast they come in."""
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    with TemporaryDirectory() as folder:
        lines, table = Path(folder, "returns.jsonl"), Path(folder, "returns.csv")
        _write_lines(lines, _records(size, first_number=100_000_000))
        _write_csv(table, _records(size, first_number=200_000_000))
        for name, file in (
            ("JSON lines into an empty database", lines),
            ("CSV into a full one", table),
            ("JSON lines again, all unchanged", lines),
        ):
            seconds, said = _import(file)
            rate = size / seconds
            shares = f"{rate / into_bare:.1%} and {rate / into_returns:.0%} of COPY"
            print(f"{name}: {rate:,.0f} rows/s, {shares}; {said}", flush=True)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


def _records(size: int, first_number: int) -> Iterator:
    from returns.demo.generator import generate_records

    return generate_records(size, seed=5, until=UNTIL, first_number=first_number)


def _sent(record: Any) -> dict[str, Any]:
    """Return a record as the WMS sends it, with its line items."""
    from returns.feed.item_parsing import line_item_payload
    from returns.feed.records import API_NAMES

    values = {name: getattr(record, ours) for ours, name in API_NAMES.items()}
    sent = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value
    }
    if record.line_items is not None:
        sent["lineItems"] = [line_item_payload(line) for line in record.line_items]
    return sent


def _write_lines(path: Path, records: Iterator) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(_sent(record))}\n" for record in records)


def _write_csv(path: Path, records: Iterator) -> None:
    from returns.feed.records import API_NAMES

    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(API_NAMES.values()))
        writer.writeheader()
        for sent in map(_sent, records):
            if "lineItems" in sent:
                sent["lineItems"] = json.dumps(sent["lineItems"])
            writer.writerow(sent)


def _import(path: Path) -> tuple[float, str]:
    """Return the seconds that the command takes, and its last line."""
    started = time.perf_counter()
    command = [*MANAGE, "import_returns", str(path)]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - started, done.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
