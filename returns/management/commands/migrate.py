from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from returns.database.short_locks import TableInUseError, short_locks


class Command(migrate.Command):
    help = (
        "Updates the tables, also while the last version serves. The exit code is 2 if a table was "
        "in use for too long: then run it again."
    )

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Migrate as Django does, but wait for no lock so long that others notice."""
        only_looks = options["plan"] or options["check_unapplied"]
        try:
            with short_locks(options["database"], only_looks=only_looks):
                return super().handle(*args, **options)
        except TableInUseError as error:
            raise CommandError(str(error), returncode=2) from None
