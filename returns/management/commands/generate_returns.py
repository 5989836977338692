import time
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.schema import require_tables
from returns.demo.filling import generate
from returns.demo.origin import require_invented


class Command(BaseCommand):
    help = (
        "Adds invented returns with tags. The same number, seed and day give the same returns, "
        "so running it again with them changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            metavar="DAY",
            help="generate returns before this day, for example 2026-01-31; default today",
        )
        parser.add_argument(
            "--allow-external", action="store_true", help="allow a database given in DATABASE_URL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate, and print how many and how fast."""
        require_invented(allow_external=options["allow_external"])
        require_tables()
        day = options["until"] or timezone.localdate()
        self.started = time.monotonic()
        summary = generate(
            options["count"],
            seed=options["seed"],
            until=timezone.make_aware(datetime.combine(day, time_of_day.min)),
            on_progress=self._show_progress,
        )
        self.stdout.write(
            f"read {summary.read}, created {summary.created}, updated {summary.updated}, "
            f"unchanged {summary.unchanged}, rejected {len(summary.rejected)} "
            f"in {time.monotonic() - self.started:.0f} s"
        )

    def _show_progress(self, done: int) -> None:
        rate = done / (time.monotonic() - self.started)
        self.stderr.write(f"{done:,} returns, {rate:,.0f} per second")
