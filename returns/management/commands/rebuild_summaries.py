import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.schema import require_tables
from returns.models import CountedReturn
from returns.summaries import maintenance, outcomes


class Command(BaseCommand):
    help = "Counts all returns anew for the reports, and compares that with what was kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="compare alone; exit code 1 if they differ"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say in what the summaries differed, count anew, and say how long that took."""
        require_tables()
        were_there = maintenance.summaries_exist()
        if not were_there:
            self.stdout.write("There are no summaries by the days of this zone yet.")
        differences = (
            [*maintenance.find_differences(), *outcomes.find_differences()] if were_there else []
        )
        for difference in differences:
            self.stdout.write(difference)
        if options["check"]:
            if differences or not were_there:
                raise CommandError("The summaries are not what the returns say.", returncode=1)
            self.stdout.write("The summaries equal a count from scratch.")
            return
        started = time.monotonic()
        maintenance.rebuild()
        self.stdout.write(
            f"Counted {CountedReturn.objects.count():,} returns "
            f"in {time.monotonic() - started:.1f} s."
        )
