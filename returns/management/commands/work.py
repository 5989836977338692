import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.schema import require_tables
from returns import background


class Command(BaseCommand):
    help = "Runs the rules, goes on with bulk tagging whose page was closed, handles large files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-done", action="store_true", help="end when there is nothing left to do"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until Ctrl-C or SIGTERM; a step that was cut off is done again as a whole."""
        require_tables()
        if options["until_done"]:
            while background.work_once() or background.file_once():
                pass
            return
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        background.work(stopping)
        self.stdout.write("Stopped.")
