"""Whether the returns of a database are invented, so that they never mix with real ones."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import connection

from returns.models import Return

MARK = "Invented by the demo or by generate_returns"


def require_invented(*, allow_external: bool) -> None:
    """Refuse a database with real returns or people.

    Raises ``CommandError`` (exit code 2) if returns or people come from elsewhere, or if
    ``DATABASE_URL`` is set and ``allow_external`` is not.
    """
    if not settings.LOCAL and not allow_external:
        raise CommandError(
            "DATABASE_URL is set. To add invented returns to that database, use --allow-external; "
            "the database must be empty or filled by this command.",
            returncode=2,
        )
    if not is_invented() and not _is_empty():
        raise CommandError(
            "This database has real returns or people, so no invented returns are added.",
            returncode=2,
        )


def mark_as_invented() -> None:
    """Mark the returns as invented, by a comment on their table; copies have it too."""
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TABLE {Return._meta.db_table} IS '{MARK}'")


def is_invented() -> bool:
    """Tell whether the returns of this database are invented."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT obj_description(to_regclass(%s), 'pg_class')", [Return._meta.db_table]
        )
        return bool(cursor.fetchone() == (MARK,))


def _is_empty() -> bool:
    """Tell whether there are no returns; and no people, unless this is a local trial."""
    if Return._meta.db_table not in connection.introspection.table_names():
        return True
    return not Return.objects.exists() and (settings.LOCAL or not User.objects.exists())
