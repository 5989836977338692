"""The role of the database as which the program runs, beside the role that owns the tables.

Only the owner may change tables and their triggers, and only ``migrate`` runs as the owner. So the
program's own account cannot rewrite or empty the record of access, the timeline and the traces of
deleted returns, whoever uses it. What must be done there all the same, functions of the owner do,
and each of them leaves a trace.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection, transaction
from psycopg import sql

# Rows are only added to these.
APPEND_ONLY_TABLES = (
    "returns_accessevent",
    "returns_commentevent",
    "returns_deletedreturn",
    "returns_redaction",
    "returns_returnevent",
    "returns_returntagevent",
)
# A comment is changed, as its earlier texts are kept, but deleted together with its return alone.
KEPT_TABLES = ("returns_comment",)
# What migrate writes.
READ_ONLY_TABLES = ("django_content_type", "auth_permission", "django_migrations")
# Those that are filled anew from the returns.
SUMMARY_TABLES = (
    "returns_countedreturn",
    "returns_countedtags",
    "returns_daysummary",
    "returns_deadlineday",
    "returns_itemday",
    "returns_judgedkind",
    "returns_tagpairday",
)
OWNER_MESSAGE = "The program runs as a role of the database that can rewrite the record of access."
OWNER_HINT = "Let it run as a role that owns nothing: see “Two roles” in docs/deploy.md."
IS_OWNER = """
    SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)
"""
MAINTAIN_VERSION = 170_000  # the first PostgreSQL in which somebody else may vacuum a table
SELECT_GIVEN_COLUMNS = """
    SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s)
        AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
"""
SELECT_DEFINERS = """
    SELECT pg_proc.oid::regprocedure::text FROM pg_proc
    WHERE prosecdef AND pronamespace = current_schema()::regnamespace
        AND proowner = current_user::regrole AND proname LIKE 'returns\\_%'
"""


def check_owner(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Say so if the program runs as a role that could change what must never change."""
    if "default" not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute(IS_OWNER, [APPEND_ONLY_TABLES[0]])
        (is_owner,) = cursor.fetchone() or (False,)
    return [checks.Info(OWNER_MESSAGE, OWNER_HINT, id="returns.I001")] if is_owner else []


def grant_after_migrate() -> None:
    """Let the program's role use what ``migrate`` made, if ``DATABASE_OWNER_URL`` names another."""
    if settings.DATABASE_WEB_ROLE:
        grant_web_role(settings.DATABASE_WEB_ROLE)


@transaction.atomic
def grant_web_role(role: str) -> None:
    """Give a role of the database just what the program needs, and take anything else away.

    The connection must be that of the owner of the tables.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_setting('server_version_num')::int")
        schema, version = cursor.fetchone()
    names: dict[str, sql.Composable] = {
        "role": sql.Identifier(role),
        "schema": sql.Identifier(schema),
    }
    _grant_all_of_the_owner(names)
    for table in APPEND_ONLY_TABLES:
        _allow_adding(table, names)
    for rights, tables in RIGHTS.items():
        listed = {"tables": sql.SQL(", ").join(map(sql.Identifier, tables))}
        _run("REVOKE ALL ON {tables} FROM {role}", names | listed)
        _run(f"GRANT {rights} ON {{tables}} TO {{role}}", names | listed)
    listed = {"tables": sql.SQL(", ").join(map(sql.Identifier, SUMMARY_TABLES))}
    rights = "TRUNCATE, MAINTAIN" if version >= MAINTAIN_VERSION else "TRUNCATE"
    _run(f"GRANT {rights} ON {{tables}} TO {{role}}", names | listed)
    _close_definers(names)


def _grant_all_of_the_owner(names: Mapping[str, sql.Composable]) -> None:
    """Grant what is usual on what the owner has; tables of others in the schema are not ours."""
    _run("GRANT USAGE ON SCHEMA {schema} TO {role}", names)
    with connection.cursor() as cursor:
        cursor.execute(SELECT_OWNED)
        owned = cursor.fetchall()
    for kinds, rights in USUAL_RIGHTS.items():
        found = [sql.Identifier(name) for name, kind in owned if kind in kinds]
        listed = {**names, "found": sql.SQL(", ").join(found)}
        what = "SEQUENCE" if kinds == "S" else "TABLE"
        if found:
            _run(f"REVOKE ALL ON {what} {{found}} FROM {{role}}", listed)
            _run(f"GRANT {rights} ON {what} {{found}} TO {{role}}", listed)


def _allow_adding(table: str, names: Mapping[str, sql.Composable]) -> None:
    """Let the role read a table and add rows, whose numbers the database gives them."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_GIVEN_COLUMNS, [table])
        columns = [sql.Identifier(name) for (name,) in cursor.fetchall()]
    given = {**names, "table": sql.Identifier(table), "columns": sql.SQL(", ").join(columns)}
    _run("REVOKE ALL ON {table} FROM {role}", given)
    _run("GRANT SELECT, INSERT ({columns}) ON {table} TO {role}", given)


def _close_definers(names: Mapping[str, sql.Composable]) -> None:
    """Let the functions of the owner find only what is in the schema: no tables of the session."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_DEFINERS)
        functions = [name for (name,) in cursor.fetchall()]
    for function in functions:
        each = {**names, "function": sql.SQL(function)}
        _run("ALTER FUNCTION {function} SET search_path = pg_catalog, {schema}, pg_temp", each)
        _run("REVOKE ALL ON FUNCTION {function} FROM PUBLIC", each)
        _run("GRANT EXECUTE ON FUNCTION {function} TO {role}", each)


def _run(statement: str, names: Mapping[str, sql.Composable]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**names))


SELECT_OWNED = """
    SELECT relname, relkind::text FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
        AND pg_has_role(relowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e'  -- of an extension
        )
    ORDER BY relname
"""
# By kinds of relations, as PostgreSQL writes them: tables and views; sequences.
USUAL_RIGHTS = {"rpvm": "SELECT, INSERT, UPDATE, DELETE", "S": "USAGE, SELECT"}
RIGHTS = {
    "SELECT, INSERT, UPDATE": KEPT_TABLES,
    "SELECT": READ_ONLY_TABLES,
}
