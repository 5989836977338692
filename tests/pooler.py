"""PgBouncer in transaction mode, in front of the server of the tests."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from config import postgres_server
from tests.database import server_settings
from tests.deployed import CHECKOUT, PATIENCE, free_port

HAS_POOLER = bool(shutil.which("pgbouncer"))
EXAMPLE = CHECKOUT / "docs/deploy/pgbouncer.ini"


@contextmanager
def pooler(size: int, *, name: str = "returns", ignored: str = "", **changes: str) -> Iterator[str]:
    """Run the pooler of the example with so many connections to the database of the tests.

    Yields the address. ``name`` is one of its databases; ``changes`` are of its entry; ``ignored``
    are options of clients that it drops.
    """
    given = server_settings()
    user, host, port = given["USER"], given["HOST"], given["PORT"] or 5432
    is_local_folder = host.startswith("/")
    owner = pwd.getpwuid(Path(host).stat().st_uid).pw_name if is_local_folder else "nobody"
    runs_as = owner if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pooler-", dir="/tmp") as place:
        folder, listen_port = Path(place), free_port()
        folder.chmod(0o777)
        (folder / "users").write_text(f'"{user}" "{given["PASSWORD"]}"\n')
        example = ConfigParser(interpolation=None)
        example.read(EXAMPLE)
        example["databases"][name] = _entry(
            example["databases"][name],
            {"host": host, "port": str(port), "dbname": given["NAME"]} | changes,
        )
        ours = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(listen_port),
            "unix_socket_dir": "",
            "default_pool_size": str(size),
            "auth_type": "trust",
            "ignore_startup_parameters": ignored,
            "auth_file": f"{folder}/users",
            "logfile": f"{folder}/log",
            "pidfile": f"{folder}/pid",
        }
        example["pgbouncer"].update(ours)
        with (folder / "pgbouncer.ini").open("w") as file:
            example.write(file)
        program = subprocess.Popen(
            ["pgbouncer", "-q", folder / "pgbouncer.ini"],
            **postgres_server._as_user(runs_as, folder),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        address = f"postgres://{quote(user)}@127.0.0.1:{listen_port}/{name}"
        try:
            _wait_for(address, program)
            yield address
        finally:
            program.terminate()
            program.wait(PATIENCE)


def _wait_for(address: str, program: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            assert program.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


def _entry(entry: str, changes: dict[str, str]) -> str:
    """Return an entry of a database with other values; one that is "" is left out."""
    pairs = dict(re.findall(r"(\w+)=('(?:[^']|'')*'|\S+)", entry)) | changes
    return " ".join(f"{key}={value}" for key, value in pairs.items() if value)
