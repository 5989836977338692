from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import override

from config.schema import require_tables
from returns.retention import steps


class Command(BaseCommand):
    help = (
        "Removes everything that has been kept long enough, as the background work does hourly, "
        "and prints a table of how long what is kept and how many rows went."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only count what would go; nothing is removed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each kind; it can be stopped at any time, and run again."""
        require_tables()
        now, is_dry = steps.database_time(), options["dry_run"]
        heading = "Rows that would go" if is_dry else "Rows removed"
        with override("en"):
            self.stdout.write(f"{'Kind of data':<28} {'Kept':<44} {heading:>18}")
            total = 0
            for kind, number in (steps.count_old if is_dry else steps.remove_old)(now):
                self.stdout.write(f"{kind.name:<28} {kind.kept():<44} {number:>18,}")
                total += number
            self.stdout.write(f"{'All':<28} {'':<44} {total:>18,}")
