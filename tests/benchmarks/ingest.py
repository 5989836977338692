"""How fast files come in, beside what PostgreSQL can take at all. Run by hand:

    uv run python -m tests.benchmarks.ingest [--size 1000000]

On databases of their own, made anew. First the same rows by COPY from Python into a table without
indexes, the floor. Then ``import_returns``, from the start of the process to its end: so many new
returns with tags as JSON lines into the empty database, so many others as CSV into the full one,
and the first file again, which changes nothing. Beside each, in the same database and just before
and after it, COPY of other rows into the table of the returns, with its indexes and triggers, which
is taken back. Each as rows a second, as a share of both, and in processor time, which other work on
the machine disturbs less. At the end, the bytes of a return.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg

from tests.benchmarks.pages import CHECKOUT, _environment, _server

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
COPIED_BESIDE = 50_000  # rows
BYTES_A_RETURN = """
    SELECT relname, pg_table_size(c.oid)::float / count, pg_indexes_size(c.oid)::float / count
    FROM pg_class c, (SELECT count(*) FROM returns_return) AS returns
    WHERE relkind = 'r' AND pg_total_relation_size(c.oid) > 4 * count
        AND relnamespace = 'public'::regnamespace
    ORDER BY pg_total_relation_size(c.oid) DESC
"""
MANAGE = [sys.executable, "manage.py"]


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--measure", choices=["copy", "files"], help=argparse.SUPPRESS)
    parser.add_argument("--beside", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options)
        return
    with _server() as connect:
        here = ["--size", str(options.size)]
        copied = _run_in(connect("ingest_copy", fresh=True), "copy", *here, stdout=subprocess.PIPE)
        print(copied, end="", flush=True)
        rate = copied.split()[-2].replace(",", "")
        _run_in(connect("ingest", fresh=True), "files", *here, "--beside", rate)


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
        _measure_files(options.size, options.beside)


def _measure_copy(size: int) -> None:
    """Print how fast COPY is into a bare table."""
    from returns.feed.statements import COPY_TO_STAGING, CREATE_STAGING_TABLE

    bare = CREATE_STAGING_TABLE.replace("TEMPORARY ", "").replace("ON COMMIT DELETE ROWS", "")
    seconds, _ = _copy(COPY_TO_STAGING, _staged(_records(size, first_number=0)), before=bare)
    print(f"COPY from Python into a bare table: {size / seconds:,.0f} rows/s")


def _staged(records: Iterator) -> list[list[Any]]:
    from returns.feed.merging import merge
    from returns.feed.stored_rows import staging_row

    return [staging_row(None, merge(None, record)) for record in records]


def _copy(statement: str, rows: list[list[Any]], before: str = "SELECT 1") -> tuple[float, float]:
    """Return the seconds that COPY takes, and those of processor time of both sides."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(before)
        started, used = time.perf_counter(), _used()
        with cursor.copy(statement) as copy:
            for values in rows:
                copy.write_row(values)
        return time.perf_counter() - started, _used() - used


def _used() -> float:
    """Return the processor time of this process and of its server process so far."""
    from django.db import connection

    server = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + server.user + server.system


def _copy_into_returns(rows: list[list[Any]]) -> tuple[float, float]:
    """COPY rows into the table of the returns, take them back, and return what that took."""
    from django.db import connection, transaction

    from returns.feed.statements import COPY_TO_STAGING, STAGED

    with transaction.atomic():
        with connection.cursor() as cursor:  # as the import does, see ``ingest``
            cursor.execute("DISCARD PLANS")
        statement = COPY_TO_STAGING.replace(f"{STAGED} (id,", "returns_return (")
        taken = _copy(statement, [row[1:] for row in rows])
        transaction.set_rollback(True)
    return taken


def _measure_files(size: int, into_bare: float) -> None:
    """Write the files, and print how fast they come in."""
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    beside = min(size, COPIED_BESIDE)
    rows = _staged(_records(beside, first_number=300_000_000))
    with TemporaryDirectory() as folder:
        lines, table = Path(folder, "returns.jsonl"), Path(folder, "returns.csv")
        _write_lines(lines, _records(size, first_number=100_000_000))
        _write_csv(table, _records(size, first_number=200_000_000))
        for name, file in (
            ("JSON lines into an empty database", lines),
            ("CSV into a full one", table),
            ("JSON lines again, all unchanged", lines),
        ):
            before = _copy_into_returns(rows)
            seconds, used, said = _import(file)
            after = _copy_into_returns(rows)
            copied, copied_used = (
                2 * beside / sum(both) for both in zip(before, after, strict=True)
            )
            rate, rate_used = size / seconds, size / used
            print(
                f"{name}: {rate:,.0f} rows/s, {rate / into_bare:.1%} and {rate / copied:.0%} of COPY"
                f" ({copied:,.0f}); a second of processor time: {rate_used:,.0f} rows, COPY"
                f" {copied_used:,.0f}: {rate_used / copied_used:.0%}; {said}",
                flush=True,
            )
    _print_bytes()
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


def _print_bytes() -> None:
    """Print the bytes of a return in each table that grows with returns."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL")  # without what was taken back
        cursor.execute(BYTES_A_RETURN)
        for table, own, indexes in cursor.fetchall():
            print(f"{table}: {own:,.0f} bytes a return, and {indexes:,.0f} in indexes")


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


def _import(path: Path) -> tuple[float, float, str]:
    """Return the seconds that the command takes, those of processor time, and its last line."""
    database = os.environ["DATABASE_URL"]
    with psycopg.connect(database, autocommit=True) as server:
        postmaster = psutil.Process(server.info.backend_pid).parent()
        started, used = time.perf_counter(), _used_by_all(postmaster)
        command = [*MANAGE, "import_returns", str(path)]
        done = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        process, own, most = psutil.Process(done.pid), 0.0, {}
        while done.poll() is None:
            with suppress(psutil.Error):
                own = sum(process.cpu_times()[:2])
                most |= _used_by_all(postmaster)
            time.sleep(0.02)
        seconds = time.perf_counter() - started
    assert done.stdout
    assert done.returncode == 0, done.returncode
    server_used = sum(value - used.get(pid, 0) for pid, value in most.items())
    return seconds, own + server_used, done.stdout.read().splitlines()[-1]


def _used_by_all(postmaster: "psutil.Process") -> dict[int, float]:
    """Return the processor time of each process that serves a connection."""
    used = {}
    for process in postmaster.children():
        with suppress(psutil.Error):
            if "[local]" in " ".join(process.cmdline()):
                used[process.pid] = sum(process.cpu_times()[:2])
    return used


if __name__ == "__main__":
    main()
