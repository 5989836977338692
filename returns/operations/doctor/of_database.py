"""The database: whether it answers, is migrated, and has what the desk needs."""

import time

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from config.schema import unapplied_migrations
from returns.operations.doctor.of_servers import server_in_use, server_points
from returns.operations.doctor.points import Point, Result, failed, ok, skipped, warning

OLDEST_VERSION = 150_000
SLOW_MILLISECONDS = 50
SELECT_SERVER = """
    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        current_setting('server_encoding'), pg_size_pretty(pg_database_size(current_database())),
        EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'), pg_is_in_recovery()
"""
SELECT_UNREADABLE = """
    SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(%s)
        AND NOT (
            has_table_privilege(format('%%I.%%I', schemaname, tablename), 'SELECT')
            AND has_any_column_privilege(format('%%I.%%I', schemaname, tablename), 'INSERT')
        )
        AND tablename NOT IN ('django_content_type', 'auth_permission', 'django_migrations')
    ORDER BY tablename
"""
SELECT_SETTINGS = "SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name"


def database_points() -> list[Point]:
    """Return what there is to say of the database; a failed first point if it does not answer."""
    try:
        return _points()
    except DatabaseError as error:
        of_servers = server_points()
        if any(each.result == Result.FAILED for each in of_servers):
            return of_servers  # which say more
        return [_unreachable(error), *of_servers]


def _unreachable(error: DatabaseError) -> Point:
    reason = str(error).partition("\n")[0]
    if "startup parameter" in reason:
        advice = "Set DATABASE_POOLER=1: DATABASE_URL is a pooler. See docs/pooler.md."
    else:
        advice = "Check DATABASE_URL, the network, and whether PostgreSQL is running."
    return failed("database", f"The database does not answer: {reason}", advice)


def _points() -> list[Point]:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(SELECT_SERVER)
        number, version, encoding, size, has_trigrams, is_standby = cursor.fetchone()
        milliseconds = 1000 * (time.monotonic() - began)
    where = f" at {server}" if (server := server_in_use()) else ""
    told = f"PostgreSQL {version}{where} answers in {milliseconds:.0f} ms; the database has {size}."
    points = [
        ok("database", told)
        if milliseconds < SLOW_MILLISECONDS
        else warning("database", told, "Run the desk closer to its database: pages ask it often.")
    ]
    points += server_points()
    if number < OLDEST_VERSION:
        points.append(
            failed("database", f"PostgreSQL {version} is too old.", "Upgrade it to 15 or later.")
        )
    if encoding != "UTF8":
        advice = "Create the database with ENCODING 'UTF8' TEMPLATE template0, and restore into it."
        points.append(failed("database", f"The database is in {encoding}, not in UTF-8.", advice))
    if is_standby:
        advice = "Let DATABASE_URL name the primary, and DATABASE_REPLICA_URL the replica."
        points.append(failed("database", "DATABASE_URL names a read-only replica.", advice))
    return [*points, *_migrations(has_trigrams=has_trigrams)]


def _migrations(*, has_trigrams: bool) -> list[Point]:
    waiting = unapplied_migrations()
    if waiting:
        text = f"{waiting} migrations are not applied."
        return [failed("migrations", text, "Run manage.py migrate, then restart the desk.")]
    points = [ok("migrations", "All migrations are applied.")]
    if not has_trigrams:
        text = "The module pg_trgm is missing, which the search needs."
        points.append(failed("migrations", text, "As a superuser: CREATE EXTENSION pg_trgm."))
    with connection.cursor() as cursor:
        ours = connection.introspection.django_table_names(only_existing=True)
        cursor.execute(SELECT_UNREADABLE, [ours])
        tables = [name for (name,) in cursor.fetchall()]
    if tables:
        text = f"The role of the program may not use {len(tables)} tables, such as {tables[0]}."
        advice = "Run manage.py migrate with DATABASE_OWNER_URL: it grants what the role needs."
        points.append(failed("rights", text, advice))
    else:
        points.append(ok("rights", "The role of the program may use all tables."))
    return points


def options_points() -> list[Point]:
    """Return which options of the server are not in force in connections of commands."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_SETTINGS, [[*settings.SERVER_OPTIONS, "statement_timeout"]])
        found = dict(cursor.fetchall())
    limit = found.pop("statement_timeout")
    missing = [
        f"{name} = {value}"
        for name, value in settings.SERVER_OPTIONS.items()
        if found[name] != value
    ]
    points = []
    if missing and settings.DATABASE_POOLER and not _is_pooled():
        text = "The desk leaves its options to the pooler, and there is none."
        points.append(skipped("options", text))
    elif missing:
        text = f"Not in force, so that the database works more than it must: {', '.join(missing)}."
        advice = (
            "Set them in connect_query of the pooler, or for the role: ALTER ROLE … SET …. "
            "See docs/pooler.md."
        )
        points.append(warning("options", text, advice))
    else:
        points.append(ok("options", "The options of connections are in force."))
    if limit != "0" and settings.DATABASE_POOLER:
        text = f"Queries of this connection are cancelled after {limit}, as web servers need it."
        advice = "Run the doctor with the DATABASE_URL of the background work, too: no limit there."
        points.append(skipped("options", text, advice))
    elif limit != "0":
        text = f"Queries of commands and background work are cancelled after {limit}."
        advice = "Limit the queries of web servers alone: see statement_timeout in docs/pooler.md."
        points.append(warning("options", text, advice))
    return points


def pooler_points() -> list[Point]:
    """Tell whether a pooler in transaction mode is in between, and ``DATABASE_POOLER`` says so."""
    is_pooled = _is_pooled()
    changes = is_pooled and _changes_connections()
    if changes and not settings.DATABASE_POOLER:
        text = "DATABASE_URL is a pooler that changes connections between transactions."
        advice = "Set DATABASE_POOLER=1 for all processes. Without it, pages fail now and then."
        return [failed("pooler", text, advice)]
    if settings.DATABASE_POOLER and not is_pooled:
        text = "DATABASE_POOLER is set, but DATABASE_URL is PostgreSQL itself."
        advice = "Unset DATABASE_POOLER. Then the desk sets its options and limits by itself."
        return [warning("pooler", text, advice)]
    if not is_pooled:
        return [ok("pooler", "There is no pooler in between.")]
    mode = "transaction" if changes else "session"
    return [ok("pooler", f"The desk connects through a pooler in {mode} mode.")]


def _is_pooled() -> bool:
    """Tell whether the process that answers is another one than that of the connection."""
    connection.ensure_connection()
    return bool(_process(connection) != connection.connection.info.backend_pid)


def _changes_connections() -> bool:
    """Tell whether another connection gets our process as soon as we have no transaction."""
    before = _process(connection)
    other = connection.copy()
    other.set_autocommit(False)
    try:
        # Within a transaction, so that it keeps the process that it gets.
        return before == _process(other) or before != _process(connection)
    finally:
        other.close()


def _process(by: BaseDatabaseWrapper) -> int:
    with by.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
