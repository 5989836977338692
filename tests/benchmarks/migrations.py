"""How long others wait while migrate runs: reads and writes beside it, at N returns.

python -m tests.benchmarks.migrations [N] [MIGRATION]

A PostgreSQL of its own is migrated to MIGRATION (0075 of returns, or else the one named), filled with
N returns, and then migrated to the newest while two threads read and write returns. It prints the
longest read, the longest write, and the longest lock that anybody waited for.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from config import postgres_server

CHECKOUT = Path(__file__).resolve().parents[2]
READ = """SELECT count(*) FROM (SELECT * FROM returns_return WHERE id > %s ORDER BY id LIMIT 50) page"""
WRITE = """UPDATE returns_return SET notes = notes || '.' WHERE id = %s"""
PAUSE = 0.005


class Caller(threading.Thread):
    """Runs a statement again and again, and remembers how long the longest one took."""

    def __init__(self, address: str, statement: str, count: int) -> None:
        super().__init__(daemon=True)
        self.address, self.statement, self.count = address, statement, count
        self.longest, self.runs = 0.0, 0
        self.stopping = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.address, autocommit=True) as session:
            while not self.stopping.is_set():
                began = time.monotonic()
                session.execute(self.statement, [1 + secrets.randbelow(self.count)])
                self.longest = max(self.longest, time.monotonic() - began)
                self.runs += 1
                time.sleep(PAUSE)


def main(count: int, start: str) -> None:
    parent = "/var/lib/returns-desk" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="migrations-", dir=parent) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder, "data").resolve()
        data.mkdir()
        where = postgres_server.ensure_running(data)
        socket = f"{quote(where.socket_folder, safe='')}:{where.port}"
        address = f"postgres://{postgres_server.OWNER}@{socket}/postgres"
        try:
            measure(address, count, start)
        finally:
            postgres_server.stop(data)


def measure(address: str, count: int, start: str) -> None:
    environment = os.environ | {
        "DATABASE_URL": address,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost",
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    manage("migrate", "--verbosity", "0")
    manage("generate_returns", str(count), "--allow-external")
    if start:
        manage("migrate", "returns", start, "--verbosity", "0")
    with psycopg.connect(address) as session:
        session.execute("ANALYZE")
    callers = {
        name: Caller(address, text, count) for name, text in (("read", READ), ("write", WRITE))
    }
    for caller in callers.values():
        caller.start()
    time.sleep(2)
    began = time.monotonic()
    print(manage("migrate").strip())
    print(f"migrate took {time.monotonic() - began:.1f} s at {count:,} returns")
    for name, caller in callers.items():
        caller.stopping.set()
        caller.join()
        print(f"the longest {name} of {caller.runs:,}: {caller.longest * 1000:,.0f} ms")


if __name__ == "__main__":
    NUMBER = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    main(NUMBER, sys.argv[2] if len(sys.argv) > 2 else "0075")
