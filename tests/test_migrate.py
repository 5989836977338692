"""`migrate` beside a desk that serves."""

import threading
from importlib import import_module

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from returns.database import short_locks

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
READ_TIMEOUT = "SELECT current_setting('lock_timeout')"


def other_session() -> psycopg.Connection:
    return psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None})


def execute(statement: str):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


@pytest.fixture
def _last_migration_is_open():
    """The last migration counts as not applied, and changes a table that is in use."""
    loader = MigrationLoader(connection)
    ((app, name),) = loader.graph.leaf_nodes("returns")
    execute(f"DELETE FROM django_migrations WHERE app = 'returns' AND name = '{name}'")
    yield
    execute(f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', now())")


@pytest.mark.usefixtures("_last_migration_is_open")
def test_a_table_that_is_in_use_ends_the_command_with_a_sentence(monkeypatch):
    change = migrations.RunSQL("ALTER TABLE returns_return ADD COLUMN more integer")
    name = MigrationLoader(connection).graph.leaf_nodes("returns")[0][1]
    module = import_module(f"returns.migrations.{name}")
    monkeypatch.setattr(module.Migration, "operations", [change])
    with other_session() as other:
        other.execute("SELECT FROM returns_return LIMIT 1")  # in a transaction that goes on
        with pytest.raises(CommandError, match="run it again") as raised:
            call_command("migrate", verbosity=0)
    assert raised.value.returncode == 2
    assert execute(READ_TIMEOUT) == ("0",)


def test_an_index_that_is_built_concurrently_may_wait(monkeypatch):
    monkeypatch.setattr(short_locks, "SET_LOCK_TIMEOUT", "SET lock_timeout = '100ms'")
    other = other_session()
    other.execute("UPDATE tags_tag SET description = description")  # in a transaction that goes on
    ending = threading.Timer(0.5, other.close)
    ending.start()
    try:
        with short_locks.short_locks("default"):
            execute("CREATE INDEX CONCURRENTLY for_a_test ON tags_tag (description)")
    finally:
        ending.join()
        execute("DROP INDEX IF EXISTS for_a_test")


def test_what_an_unfinished_index_left_is_removed():
    with pytest.raises(Exception, match="not create unique"):
        execute("CREATE UNIQUE INDEX CONCURRENTLY for_a_test ON tags_tag ((1))")
    for looking in ({"plan": True}, {"check_unapplied": True}):
        call_command("migrate", verbosity=0, **looking)
        assert execute("SELECT to_regclass('for_a_test')::text") == ("for_a_test",)
    with short_locks.short_locks("default"):
        assert execute("SELECT to_regclass('for_a_test')") == (None,)
        execute("CREATE INDEX CONCURRENTLY for_a_test ON tags_tag ((1))")
    execute("DROP INDEX for_a_test")
