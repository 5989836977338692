"""The database: its address, the role of this program, and the options of its connections.

Read from the environment. Each function raises ``ImproperlyConfigured`` with a sentence that says
what to set; an address may contain a password, so no sentence repeats it.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from config import embedded_postgres

POSTGRESQL = "django.db.backends.postgresql"
DEFAULT_PORT = "5432"
# With several hosts: seconds after which the next one is tried, and a connection is given up.
SOON_NEXT_HOST, SOON_SILENT = 2, 4
# A name, an IPv4 or [IPv6] address, or the %2Fpath of a socket; then perhaps a port.
HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:,/]+)(?::(?P<port>[0-9]{1,5}))?")

# Commands that change the tables. They run as the owner of the database, all others need not.
OWNER_COMMANDS = {"generate_returns", "migrate"}
OWNER_URL, REPLICA_URL = "DATABASE_OWNER_URL", "DATABASE_REPLICA_URL"


def owner_database_url(url: str | None) -> str:
    """Return the address of the database as its owner, for ``migrate``; "" if it is not set."""
    owner = os.environ.get("DATABASE_OWNER_URL", "").strip()
    if not owner:
        return ""
    if url is None:
        raise ImproperlyConfigured(
            "DATABASE_OWNER_URL is set without DATABASE_URL. Set both, or neither."
        )
    role, owner_role = _database_at(url).get("USER"), _database_at(owner, OWNER_URL).get("USER")
    if not role or role == owner_role:
        raise ImproperlyConfigured(
            "DATABASE_OWNER_URL and DATABASE_URL must name two roles of the database: the owner of "
            "the tables, and the role that the program runs as."
        )
    return owner


def web_role(url: str | None, owner_url: str) -> str:
    """Return the role that the program runs as, if another one owns the tables; otherwise ""."""
    return str(_database_at(url)["USER"]) if url and owner_url else ""


def database_url() -> str | None:
    """Return the address of the database; None for the bundled PostgreSQL."""
    url = os.environ.get("DATABASE_URL")
    if url is not None and not url.strip():
        raise ImproperlyConfigured(
            "DATABASE_URL is set but empty. Unset it to use the bundled PostgreSQL."
        )
    return url and url.strip()


def statement_limit() -> int:
    """Return the seconds that a statement may take; 0, for commands, means no limit."""
    seconds = os.environ.get("STATEMENT_LIMIT") or "0"
    if not seconds.isdecimal():
        raise ImproperlyConfigured(f"STATEMENT_LIMIT {seconds!r} is not a whole number of seconds.")
    return int(seconds)


def database(url: str | None, owner_url: str, checkout: Path) -> dict[str, Any]:
    """Return the database connection settings; start the bundled PostgreSQL if it is needed."""
    if url is not None:
        is_owner = bool(owner_url) and not OWNER_COMMANDS.isdisjoint(sys.argv[1:2])
        return _database_at(owner_url, OWNER_URL) if is_owner else _database_at(url)
    connection: dict[str, Any] = {"ENGINE": POSTGRESQL}
    if embedded_postgres.needs_database(sys.argv):
        folder = embedded_postgres.state_folder(checkout)
        connection |= embedded_postgres.start(folder, announce=sys.argv[1:2] == ["demo"])
    return connection


def replica(url: str | None) -> dict[str, Any] | None:
    """Return the connection settings of the replica that reports and exports read; None without."""
    address = os.environ.get("DATABASE_REPLICA_URL", "").strip()
    if not address:
        return None
    if url is None:
        raise ImproperlyConfigured(
            f"{REPLICA_URL} is set without DATABASE_URL. Set both, or unset {REPLICA_URL}."
        )
    return _database_at(address, REPLICA_URL) | {"TEST": {"MIRROR": "default"}}


def connected(
    database: dict[str, Any], options: str, network: dict[str, Any], *, is_pooled: bool
) -> dict[str, Any]:
    """Return the settings with options for all connections; those of the address come first.

    ``options`` are for the server, and ``network`` for this side. A pooler in transaction mode
    refuses the former, and cannot keep cursors between two statements.
    """
    ours = network if is_pooled else {"options": options} | network
    if "," in _hosts(database):
        ours |= {"target_session_attrs": "read-write"}
    return database | {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": is_pooled,
        "OPTIONS": ours | database.get("OPTIONS", {}),
    }


def has_several_hosts(url: str | None) -> bool:
    """Tell whether an address names several servers, of which one can be written to."""
    return url is not None and "," in _hosts(_database_at(url))


def _hosts(database: dict[str, Any]) -> str:
    """Return the hosts with commas, also if they are an option, ``?host=a,b``."""
    return str(database.get("HOST") or database.get("OPTIONS", {}).get("host", ""))


def network(connect_seconds: int, silent_seconds: int) -> dict[str, int]:
    """Return options of a connection by which a cut network is noticed; the address may differ.

    An idle connection is probed after half of ``silent_seconds``, and after each quarter.
    """
    return {
        "connect_timeout": connect_seconds,
        "tcp_user_timeout": silent_seconds * 1000,
        "keepalives": 1,
        "keepalives_idle": max(1, silent_seconds // 2),
        "keepalives_interval": max(1, silent_seconds // 4),
        "keepalives_count": 2,
    }


def probes_of_server(silent_seconds: int) -> str:
    """Return options by which the database notices that our computer, or the network, is gone.

    It then ends the connection, with all its locks. By default, that takes it two hours.
    """
    idle, interval = max(1, silent_seconds // 2), max(1, silent_seconds // 4)
    return (
        f" -c tcp_keepalives_idle={idle} -c tcp_keepalives_interval={interval}"
        f" -c tcp_keepalives_count=2 -c tcp_user_timeout={silent_seconds}s"
    )


def _database_at(url: str, variable: str = "DATABASE_URL") -> dict[str, Any]:
    try:
        url, hosts, ports = _without_other_hosts(url)
        settings = dict(dj_database_url.parse(url))
    except ValueError:
        settings = {}
    if settings.get("ENGINE") != POSTGRESQL or not settings.get("NAME"):
        raise ImproperlyConfigured(
            f"{variable} must have the form postgres://user:password@host:5432/name, or "
            "postgres://user:password@host:5432,other:5432/name for several servers. "
            "Write special characters in the password as %40 and so on."
        )
    return settings | ({"HOST": hosts, "PORT": ports} if hosts else {})


def _without_other_hosts(url: str) -> tuple[str, str, str]:
    """Return the address with the first of several hosts alone; all hosts, and their ports.

    Both are "" for a single host, of which the address says everything. Raises ``ValueError``.
    """
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, servers = authority.rpartition("@")
    if "," not in servers:
        return url, "", ""
    matches = [HOST.fullmatch(server.strip()) for server in servers.split(",")]
    known = [match for match in matches if match]
    if len(known) < len(matches):
        raise ValueError("a host is not valid")
    hosts = ",".join(unquote(match["host"].strip("[]")) for match in known)
    ports = ",".join(match["port"] or DEFAULT_PORT for match in known)
    return f"{scheme}://{user}{at}{known[0]['host']}{slash}{path}", hosts, ports
