import sys
from functools import partial
from socket import socket
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.schema import unapplied_migrations
from returns.background import Worker
from returns.database.locks import Lock, wait_for_lock
from returns.demo import people, server
from returns.demo.filling import fill_demo
from returns.demo.origin import require_invented
from returns.demo.simulation import SimulatedFeed


class Command(BaseCommand):
    help = "Starts a demonstration with invented returns and people on this computer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--returns", type=int, default=5000, help="number of returns; default 5000"
        )
        parser.add_argument("--no-feed", action="store_true", help="do not simulate new parcels")
        parser.add_argument(
            "--allow-external", action="store_true", help="allow a database given in DATABASE_URL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Set up and serve; stop everything at Ctrl-C."""
        feed, worker = None if options["no_feed"] else SimulatedFeed(), Worker()
        port = options["port"]
        try:
            with self._reserve_port(port):
                # If two demos start at once, the second one finds everything set up.
                with wait_for_lock(Lock.DEMO, self._say_waiting):
                    names = self._set_up(options)
                worker.start()
                self._say("Starting the web server ...")
                server.serve(port, lambda: self._welcome(port, names, feed))
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            worker.stop()
            if feed:
                feed.stop()
        self.stdout.write("\nStopped. The data is kept for the next start.")

    def _reserve_port(self, port: int) -> socket:
        reservation = server.reserve_port(port)
        if reservation is None:
            raise CommandError(
                f"Port {port} is in use by another program. Choose another one with --port.",
                returncode=1,
            )
        return reservation

    def _set_up(self, options: dict[str, Any]) -> list[people.Person]:
        require_invented(allow_external=options["allow_external"])
        is_behind = unapplied_migrations() > 0
        self._say("Setting up the tables ..." if is_behind else "Checking the tables ...")
        call_command("migrate", verbosity=0)
        number = options["returns"]
        tell = partial(self._say_count, number)
        if fill_demo(number, until=timezone.now(), on_progress=tell):
            self._say("Adding people who can sign in ...")
        return people.set_up_people()

    def _say_count(self, number: int, done: int) -> None:
        self._say(f"Added {done:,} of {number:,} returns.")

    def _say_waiting(self) -> None:
        self._say("Another demo is setting up this database; waiting for it ...")

    def _say(self, text: str) -> None:
        """Print at once, even if the output is a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def _welcome(self, port: int, names: list[people.Person], feed: SimulatedFeed | None) -> None:
        """Print the address and who can sign in, now that the server is ready."""
        width = max((len(person.name) for person in names), default=0)
        languages = {"tr": "in Turkish", "de": "in German", "en": "in English"}
        lines = [
            f"  {person.name:{width}}  {person.role}, {languages[person.language]}"
            for person in names
        ]
        self.stdout.write(
            f"\nReturns desk: http://{server.ADDRESS}:{port}/\n\n"
            f"Sign in with the password {people.PASSWORD!r} as\n"
            + "\n".join(lines)
            + "\n\nPress Ctrl-C to stop."
        )
        self.stdout.flush()
        if feed:
            feed.start()
