"""A primary and its streaming replica, made with the system's own PostgreSQL."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.deployed import PATIENCE, free_port, wait_for

SYSTEM_USER = "postgres"  # the server refuses to run as root
ROLE = "postgres"
NAME = "returns"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # a killed process loses nothing; only a machine does
    "wal_level": "replica",
    "wal_keep_size": "256MB",
    "wal_receiver_status_interval": "1",
    "hot_standby_feedback": "on",
}


def programs() -> Path:
    """Return the folder of the newest server's programs that the system has."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    if not found:
        pytest.fail("PostgreSQL is missing: install Debian's package postgresql, as .ci/run does")
    return found[-1]


def run_as_server(*command: str | Path) -> None:
    """Run a program as the user who runs the server."""
    subprocess.run(command, check=True, capture_output=True, **_as_server())


def _as_server() -> dict[str, str]:
    return {"user": SYSTEM_USER, "group": SYSTEM_USER} if os.geteuid() == 0 else {}


@dataclass
class Server:
    """A PostgreSQL server; it can be killed, held and promoted."""

    data: Path
    port: int
    logs_statements: bool = False
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def host(self) -> str:
        """Return the server's part of an address."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Return the address of the database on this server alone."""
        return f"postgres://{ROLE}@{self.host}/{NAME}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [
            part for name, value in self.options().items() for part in ("-c", f"{name}={value}")
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [programs() / "postgres", "-D", self.data, *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_server(),
            )
        wait_for(self.answers)

    def options(self) -> dict[str, str]:
        """Return the settings of the server."""
        logged = {"log_statement": "all"} if self.logs_statements else {}
        return OPTIONS | logged | {"port": str(self.port)}

    @property
    def log(self) -> Path:
        """Return the file that the server logs to."""
        return self.data.with_suffix(".log")

    def answers(self) -> bool:
        """Tell whether somebody can connect."""
        with suppress(psycopg.OperationalError), self.connect("postgres"):
            return True
        return False

    def connect(self, name: str = NAME) -> psycopg.Connection:
        """Return a connection of one's own."""
        address = f"postgres://{ROLE}@{self.host}/{name}"
        return psycopg.connect(address, autocommit=True, connect_timeout=5)

    def value(self, sql: str) -> object:
        """Return the first value of what a statement answers."""
        with self.connect() as link:
            return link.execute(sql).fetchone()[0]

    def set(self, **options: str) -> None:
        """Change settings of the running server."""
        with self.connect("postgres") as link:
            for name, value in options.items():
                link.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            link.execute("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """End the server at once, as a machine that loses its power, and all its processes."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)

    def promote(self) -> None:
        """Make the replica a primary, and wait until it is."""
        run_as_server(programs() / "pg_ctl", "promote", "-w", "-D", self.data)


@dataclass
class Cluster:
    """A primary and its replica."""

    primary: Server
    replica: Server

    @property
    def url(self) -> str:
        """Return the address of whichever server can be written to."""
        return f"postgres://{ROLE}@{self.primary.host},{self.replica.host}/{NAME}"

    def wait_until_replayed(self) -> None:
        """Wait until the replica has all that the primary has written by now."""
        written = self.primary.value("SELECT pg_current_wal_insert_lsn()")
        wait_for(
            lambda: self.replica.value(f"SELECT pg_last_wal_replay_lsn() >= '{written}'") is True
        )


@contextmanager
def running_cluster(*, logs_statements: bool = False) -> Iterator[Cluster]:
    """Run a primary with an empty database and a replica of it; everything is gone afterwards.

    The replica may log all statements, so that a test sees what it is asked.
    """
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam(SYSTEM_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    primary = Server(folder / "primary", free_port())
    replica = Server(folder / "replica", free_port(), logs_statements)
    try:
        run_as_server(
            *(programs() / "initdb", "-D", primary.data, "-U", ROLE, "-A", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )
        primary.start()
        with primary.connect("postgres") as link:
            link.execute(f"CREATE DATABASE {NAME}")
        run_as_server(
            *(programs() / "pg_basebackup", "-D", replica.data, "-R", "-c", "fast", "--no-sync"),
            *("-d", f"postgres://{ROLE}@{primary.host}/postgres?application_name=replica"),
        )
        replica.start()
        yield Cluster(primary, replica)
    finally:
        replica.kill()
        primary.kill()
        shutil.rmtree(folder, ignore_errors=True)
