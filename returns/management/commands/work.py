import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.memory import spare_what_is_loaded
from config.observing.start import start_observing
from config.schema import require_tables
from returns import background
from returns.operations.serving import serve_metrics_of_work
from returns.outgoing.dispatching import Dispatcher


class Command(BaseCommand):
    help = (
        "Does the background work: rules, unfinished bulk tagging, large files, report summaries."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-done", action="store_true", help="exit when there is nothing left to do"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until Ctrl-C or SIGTERM; an interrupted step starts again next time."""
        require_tables()
        start_observing("work")
        spare_what_is_loaded()
        if options["until_done"]:
            dispatcher = Dispatcher(threading.Event())
            while (
                background.run_short_jobs()
                or background.run_long_jobs()
                or background.send_messages(dispatcher)
            ):
                pass
            return
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        serve_metrics_of_work()
        background.run_until_stopped(stopping)
        if settings.LOG_FORMAT == "line":
            self.stdout.write("Stopped.")
