import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import web_server
from config.hosts import unusable_hosts

LAST_PORT = 65_535


class Command(BaseCommand):
    help = (
        "Serves pages, the API and static files. SIGHUP replaces the workers by new ones, with the "
        "code that is there then, and loses no request. The exit code is 2 if it cannot start."
    )
    # The workers check the settings; the database may be away at the start.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--workers", type=int, default=2, help="processes, with REQUEST_THREADS threads each"
        )
        parser.add_argument(
            "--stop-seconds",
            type=int,
            default=30,
            help="seconds that requests have to finish when a worker is replaced or stopped",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Become the web server, so that signals reach it, and none of this code stays in it."""
        if sentences := unusable_hosts(settings.ALLOWED_HOSTS):
            raise CommandError(" ".join(sentences), returncode=2)
        host, port, workers = options["host"], options["port"], options["workers"]
        if not 0 < port <= LAST_PORT:
            raise CommandError(f"--port must be from 1 to {LAST_PORT}.", returncode=2)
        stop_seconds = options["stop_seconds"]
        if workers < 1 or stop_seconds < 1:
            raise CommandError("--workers and --stop-seconds must be at least 1.", returncode=2)
        path = [str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(path)
        limits = settings.REQUEST_THREADS, stop_seconds, settings.WORKER_MEMORY_MB
        numbers = map(str, (port, workers, *limits))
        os.execv(  # noqa: S606
            sys.executable, [sys.executable, "-m", web_server.__name__, host, *numbers]
        )
