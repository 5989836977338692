"""How fast files come in, beside what PostgreSQL can take at all. Run by hand:

    uv run python -m tests.benchmarks.ingest [--size 1000000]

On a database of its own, made anew. First the floor: the same rows by COPY from Python into a table
without indexes. Then ``import_returns``, from the start of the process to its end: so many new
returns with tags as JSON lines into the empty database, so many others as CSV into the full one,
and the first file again, which changes nothing. Each as rows a second and as a share of the floor.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.pages import CHECKOUT, _environment, _server

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 50_000
MANAGE = [sys.executable, "manage.py"]


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.size)
        return
    with _server() as connect:
        environment = _environment(connect("ingest", fresh=True))
        this = [sys.executable, "-m", "tests.benchmarks.ingest", "--measure"]
        for command in ([*MANAGE, "migrate", "-v0"], [*this, "--size", str(options.size)]):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


def measure(size: int) -> None:
    """Write the files, and print how fast they come in."""
    import django

    django.setup()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    floor = size / _copy(size)
    print(f"floor, COPY from Python: {floor:,.0f} rows/s", flush=True)
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
            share = size / seconds / floor
            print(
                f"{name}: {size / seconds:,.0f} rows/s, {share:.1%} of the floor; {said}",
                flush=True,
            )
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


def _records(size: int, first_number: int) -> Iterator:
    from returns.demo.believable import believable_returns

    return believable_returns(size, seed=5, until=UNTIL, first_number=first_number)


def _copy(size: int) -> float:
    """Return the seconds that COPY takes; those of inventing the rows do not count."""
    from django.db import connection

    from returns.feed.ingest import _row
    from returns.feed.statements import COPY, MAKE_STAGE

    seconds = 0.0
    with connection.cursor() as cursor:
        bare = MAKE_STAGE.replace("TEMPORARY ", "").replace("ON COMMIT DELETE ROWS", "")
        cursor.execute(bare)
        for chunk in batched(_records(size, first_number=0), CHUNK):
            rows = [_row(position, record) for position, record in enumerate(chunk)]
            started = time.perf_counter()
            with cursor.copy(COPY) as copy:
                for row in rows:
                    copy.write_row(row)
            seconds += time.perf_counter() - started
        cursor.execute("DROP TABLE feed_staged")
    return seconds


def _sent(record) -> dict[str, str]:
    """Return a record as the WMS sends it."""
    from returns.feed.records import API_NAMES

    values = {name: getattr(record, ours) for ours, name in API_NAMES.items()}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value
    }


def _write_lines(path: Path, records: Iterator) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(_sent(record))}\n" for record in records)


def _write_csv(path: Path, records: Iterator) -> None:
    from returns.feed.records import API_NAMES

    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(API_NAMES.values()))
        writer.writeheader()
        writer.writerows(map(_sent, records))


def _import(path: Path) -> tuple[float, str]:
    """Return the seconds that the command takes, and its last line."""
    started = time.perf_counter()
    command = [*MANAGE, "import_returns", str(path)]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - started, done.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
