"""The servers of the database, if ``DATABASE_URL`` names several: which of them answer."""

import psycopg
from django.db import connection

from returns.operations.doctor.points import Point, failed, warning

SERVER_PATIENCE = 3  # seconds until a server is taken for silent
SELECT_READ_ONLY = "SELECT current_setting('transaction_read_only') = 'on'"


def servers() -> list[tuple[str, str]]:
    """Return host and port of each server, if there are several; otherwise nothing."""
    hosts = str(connection.settings_dict["HOST"]).split(",")
    ports = str(connection.settings_dict["PORT"]).split(",")
    return list(zip(hosts, ports, strict=True)) if len(hosts) > 1 else []


def server_in_use() -> str:
    """Return which of several servers the desk is connected to; "" if there is only one."""
    info = connection.connection.info
    return f"{info.host}:{info.port}" if servers() else ""


def server_points() -> list[Point]:
    """Say so first if none of several servers can be written to; name those that do not answer."""
    points, are_read_only = [], []
    for host, port in servers():
        try:
            are_read_only.append(_is_read_only(host, port))
        except psycopg.Error as error:
            reason = str(error).partition("\n")[0]
            text = f"The server {host}:{port} of DATABASE_URL does not answer: {reason}"
            advice = "Start it, or take it out of DATABASE_URL. Until then, there is one less."
            points.append(warning("database", text, advice))
    if are_read_only and all(are_read_only):
        advice = "Promote one: see docs/replication.md."
        points.insert(0, failed("database", "No server can be written to.", advice))
    return points


def _is_read_only(host: str, port: str) -> bool:
    ours = connection.get_connection_params() | {
        "host": host,
        "port": port,
        "target_session_attrs": "any",
        "connect_timeout": SERVER_PATIENCE,
    }
    with psycopg.connect(**ours) as server:
        row = server.execute(SELECT_READ_ONLY).fetchone()
    return bool(row and row[0])
