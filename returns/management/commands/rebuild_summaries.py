import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.schema import require_tables
from returns.models import CountedReturn
from returns.summaries import maintenance, outcomes, values


class Command(BaseCommand):
    help = "Recounts all returns for the reports, and shows where the summaries or values differed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only compare; the exit code is 1 if they differ"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how the summaries differ, rebuild them, and print how long that took."""
        require_tables()
        exist = maintenance.summaries_exist()
        if not exist:
            self.stdout.write("There are no summaries for this time zone yet.")
        wrong_values = values.find_differences()
        differences = (
            [*maintenance.find_differences(), *outcomes.find_differences()] if exist else []
        )
        differences += wrong_values
        for difference in differences:
            self.stdout.write(difference)
        if options["check"]:
            if differences or not exist:
                raise CommandError("The summaries differ from a recount.", returncode=1)
            self.stdout.write("The summaries match a recount.")
            return
        started = time.monotonic()
        maintenance.rebuild()
        if wrong_values:
            values.recount()
        self.stdout.write(
            f"Counted {CountedReturn.objects.count():,} returns "
            f"in {time.monotonic() - started:.1f} s."
        )
