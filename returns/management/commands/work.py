import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.schema import require_tables
from tags import bulk

PAUSE = 1.0  # seconds between two looks for work


class Command(BaseCommand):
    help = "Goes on with work that was begun: bulk tagging whose page was closed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-done", action="store_true", help="end when there is nothing left to do"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until it is stopped; a step that was cut off is done again as a whole."""
        require_tables()
        try:
            while True:
                if bulk.go_on_with_any():
                    continue
                if options["until_done"]:
                    return
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
