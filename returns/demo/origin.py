"""Whether the returns of a database are invented, so that they never mix with true ones."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import connection

from returns.models import Return

MARK = "Invented by the demo or by generate_returns"


def require_invented(*, allow_external: bool) -> None:
    """Refuse a database that holds anything true.

    Raises ``CommandError`` (exit code 2) with one sentence when returns or people came from
    elsewhere, or when ``DATABASE_URL`` is set and the caller did not allow that.
    """
    if not settings.LOCAL and not allow_external:
        raise CommandError(
            "DATABASE_URL is set: invented returns go into that database only with "
            "--allow-external, and only when it is empty or was filled by this command.",
            returncode=2,
        )
    if not is_invented() and not _is_empty():
        raise CommandError(
            "This database holds returns or people that were not invented here, so no invented "
            "returns are added.",
            returncode=2,
        )


def mark_as_invented() -> None:
    """Write down with the table that its returns are invented; a copy of it tells so too."""
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
    """Tell whether there are no returns, and no people but in a local trial."""
    if Return._meta.db_table not in connection.introspection.table_names():
        return True
    return not Return.objects.exists() and (settings.LOCAL or not User.objects.exists())
