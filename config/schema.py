"""Whether the database has the tables that the program needs."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NOT_MIGRATED = "The database is not migrated: run `manage.py migrate` first."


def unapplied_migrations() -> int:
    """Return the number of unapplied migrations. Raises ``django.db.Error`` without a database."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def require_tables() -> None:
    """Make sure that a command finds its tables: migrate a local trial, but no other database.

    Raises ``CommandError`` if another database is not migrated.
    """
    if not unapplied_migrations():
        return
    if not settings.LOCAL:
        raise CommandError(NOT_MIGRATED, returncode=2)
    call_command("migrate", verbosity=0)
