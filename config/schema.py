"""Whether the database has the tables that the program expects."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NOT_MIGRATED = "The database is not migrated: run `manage.py migrate` first."


def waiting_migrations() -> int:
    """Return how many migrations are not applied. Raises ``django.db.Error`` without a database."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def require_tables() -> None:
    """Let a command begin: a local trial is migrated first, another database never unasked.

    Raises ``CommandError`` with one sentence when the database waits for its owner to migrate.
    """
    if not waiting_migrations():
        return
    if not settings.LOCAL:
        raise CommandError(NOT_MIGRATED, returncode=2)
    call_command("migrate", verbosity=0)
