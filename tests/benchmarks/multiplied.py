"""Fill a database with ten million returns by copying those of a million. Run by hand:

    uv run python -m tests.benchmarks.multiplied [--of 1000000] [--times 10]

The returns of ``benchmark_1000000`` (see ``tests.benchmarks.pages``), with their line items, tags
and events, are written N times into ``benchmark_10000000``: generating as many takes hours. The
shape stays that of the generator, which spreads any number above 50,000 over three years. A copy
is a few seconds younger, and has other digits in its numbers, behind the first four characters.
Serial numbers stay, so that each is N times there. Orders are not copied, as the generator makes
orders for the newest returns alone.
"""

import argparse
import subprocess
import sys
import time
from typing import Any, LiteralString

import psycopg

from tests.benchmarks.pages import CHECKOUT, _environment, _server

SECONDS_BETWEEN_COPIES = 9  # returns of a million are 95 seconds apart
DIGITS = "0123456789"
# Of each table, the columns that are not copied as they are.
COPIED: dict[str, dict[str, str]] = {
    "returns_return": {
        "id": "(id - 1) * {times} + copy + 1",
        "return_reference_number": "other_number(return_reference_number, copy)",
        "sales_order_reference_number": "other_number(sales_order_reference_number, copy)",
        "tracking_id": "other_number(tracking_id, copy)",
        "created_at": "created_at + copy * {seconds}",
        "updated_at": "updated_at + copy * {seconds}",
        "arrived_to_warehouse_at": "arrived_to_warehouse_at + copy * {seconds}",
        "completed_at": "completed_at + copy * {seconds}",
    },
    "returns_returnitem": {
        "id": "(id - 1) * {times} + copy + 1",
        "record_id": "(record_id - 1) * {times} + copy + 1",
        "record_created_at": "record_created_at + copy * {seconds}",
    },
    "returns_returntag": {
        "id": "(id - 1) * {times} + copy + 1",
        "entity_id": "(entity_id - 1) * {times} + copy + 1",
        "entity_created_at": "entity_created_at + copy * {seconds}",
    },
    "returns_returntagevent": {
        "pgh_id": "(pgh_id - 1) * {times} + copy + 1",
        "entity_id": "(entity_id - 1) * {times} + copy + 1",
    },
    "returns_returnevent": {
        "pgh_id": "(pgh_id - 1) * {times} + copy + 1",
        "pgh_obj_id": "(pgh_obj_id - 1) * {times} + copy + 1",
    },
    "returns_lastchange": {"record_id": "(record_id - 1) * {times} + copy + 1"},
}
OTHER_NUMBER = f"""
CREATE FUNCTION other_number(number text, copy int) RETURNS text IMMUTABLE LANGUAGE sql RETURN
left(number, 4) || translate(substr(number, 5), '{DIGITS}',
    substr('{DIGITS}{DIGITS}', copy + 1, 10))
"""
SHARED_TRACKING = """
INSERT INTO returns_sharedtracking
SELECT tracking_key FROM returns_return WHERE tracking_key IS NOT NULL
GROUP BY 1 HAVING count(*) > 1
"""
COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
IDENTITIES = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''"
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def main() -> None:
    """Make the database anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--of", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    size = options.of * options.times
    with _server() as connect:
        server = connect(options.of, fresh=False).replace(f"benchmark_{options.of}", "postgres")
        with psycopg.connect(server, autocommit=True) as link:
            link.execute(f"DROP DATABASE IF EXISTS benchmark_{size}")
            link.execute(f"CREATE DATABASE benchmark_{size} TEMPLATE benchmark_{options.of}")
        address = connect(size, fresh=False)
        with psycopg.connect(address, autocommit=True) as link:
            multiply(link, options.times)
        command = [sys.executable, "manage.py", "rebuild_summaries"]
        subprocess.run(command, env=_environment(address), cwd=CHECKOUT, check=True)


def multiply(link: psycopg.Connection[Any], times: int) -> None:
    """Replace each row of the copied tables by N rows."""
    for setting in (
        "session_replication_role = replica",  # no triggers
        "synchronous_commit = off",
        "maintenance_work_mem = '1GB'",
        "work_mem = '256MB'",
    ):
        link.execute(f"SET {setting}")
    link.execute(OTHER_NUMBER)
    for table in COPIED:
        link.execute(f"CREATE UNLOGGED TABLE once_{table} AS TABLE {table}")
    link.execute(f"TRUNCATE {', '.join(COPIED)} CASCADE")
    for table, changed in COPIED.items():
        started = time.monotonic()
        rows = _fill(link, table, changed, times)
        print(f"{table}: {rows:,} rows in {time.monotonic() - started:.0f} s", flush=True)
    link.execute("DROP FUNCTION other_number")
    # Both are counted anew by ``rebuild_summaries``, which would compare them first.
    link.execute("TRUNCATE returns_returnvalue, returns_summarystate")
    link.execute("TRUNCATE returns_sharedtracking, returns_uncountedreturn")
    link.execute(SHARED_TRACKING)
    link.execute("VACUUM (ANALYZE)")


def _fill(link: psycopg.Connection[Any], table: str, changed: dict[str, str], times: int) -> int:
    """Fill a table in the order of its keys; its indexes are made at the end, which is faster."""
    columns = _names(link, COLUMNS, table)
    seconds = f"interval '{SECONDS_BETWEEN_COPIES} seconds'"
    values = [changed.get(name, name).format(times=times, seconds=seconds) for name in columns]
    indexes = link.execute(INDEXES, [table]).fetchall()
    for name, _ in indexes:
        link.execute(f"DROP INDEX {name}")
    key = next(iter(changed))
    rows = link.execute(
        f"""INSERT INTO {table} ({", ".join(columns)}) OVERRIDING SYSTEM VALUE
        SELECT {", ".join(values)} FROM (
            SELECT *, generate_series(0, {times - 1}) AS copy
            FROM (SELECT * FROM once_{table} ORDER BY {key}) AS one
        ) AS copied"""
    ).rowcount
    link.execute(f"DROP TABLE once_{table}")
    for _, definition in indexes:
        link.execute(definition)
    for name in _names(link, IDENTITIES, table):
        link.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{name}'), max({name})) FROM {table}"
        )
    return rows


def _names(link: psycopg.Connection[Any], query: LiteralString, table: str) -> list[str]:
    return [row[0] for row in link.execute(query, [table])]


if __name__ == "__main__":
    main()
