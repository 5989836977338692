"""The empty database as the migrations leave it: made once, then copied.

Migrating takes ten seconds of a processor, most of them for what Django knows of each step, and
a copy takes one. The copy is kept beside the folders of the runs, under a name that follows from
all the code, so that what has changed is migrated anew.
"""

import fcntl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.core.management import call_command
from django.db import connection

from config import embedded_postgres, postgres_server

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "returns", "tags")
TEMPLATE = "migrated"


def template() -> str:
    """Return the name of the migrated database on the bundled server; make it if it is missing."""
    tests = connection.settings_dict["NAME"]
    with _kept("template"), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [TEMPLATE])
        if not cursor.rowcount:
            cursor.execute(f"CREATE DATABASE {TEMPLATE}")
            connection.settings_dict["NAME"] = TEMPLATE
            try:
                fill(_address(), lambda: call_command("migrate", verbosity=0, interactive=False))
            finally:
                connection.close()
                connection.settings_dict["NAME"] = tests
    return TEMPLATE


def fill(address: str, migrate: Callable[[], None]) -> None:
    """Migrate an empty database, or copy into it what the same migrations left in another one."""
    with psycopg.connect(address) as link:
        version = link.info.server_version // 10_000
    programs = Path(f"/usr/lib/postgresql/{version}/bin")
    if not programs.exists():
        programs = postgres_server.PROGRAMS
    with _kept(f"{version}") as kept:
        copy = kept / f"{_mark()}.sql"
        if copy.exists():
            options = ("--quiet", "--no-psqlrc", "--single-transaction", "-v", "ON_ERROR_STOP=1")
            _run(programs / "psql", *options, "-o", "/dev/null", "-f", copy, address)
            return
        migrate()
        for old in kept.glob("*.sql"):
            old.unlink()
        new = copy.with_suffix(".new")
        _run(programs / "pg_dump", "-f", new, address)
        new.rename(copy)


@contextmanager
def _kept(name: str) -> Iterator[Path]:
    """Give the folder of this name, to one process at a time."""
    folder = embedded_postgres.state_folder(CHECKOUT).with_name("migrated") / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@cache
def _mark() -> str:
    """Return what no two programs share that may leave different databases."""
    mark = sha256()
    for package in PACKAGES:
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            mark.update(f"{path.relative_to(CHECKOUT)} ".encode() + path.read_bytes())
    installed = sorted(f"{each.name} {each.version}" for each in distributions())
    mark.update("\n".join(installed).encode())
    return mark.hexdigest()


def _address() -> str:
    database = connection.settings_dict
    where = quote(str(database["HOST"]), safe="")
    return f"postgres://{database['USER']}@{where}:{database['PORT']}/{database['NAME']}"


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
