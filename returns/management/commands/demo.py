import sys
from functools import partial
from socket import socket
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.schema import waiting_migrations
from returns.background import Worker
from returns.database.locks import Lock, in_turn
from returns.demo import people, server
from returns.demo.filling import fill_demo
from returns.demo.origin import require_invented
from returns.demo.simulation import SimulatedFeed


class Command(BaseCommand):
    help = "Sets everything up with invented returns and people, and serves it on this computer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--returns", type=int, default=5000, help="how many; default 5000")
        parser.add_argument("--no-feed", action="store_true", help="no parcels arrive meanwhile")
        parser.add_argument(
            "--allow-external", action="store_true", help="also when DATABASE_URL is set"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Set up, serve, and stop all of it at Ctrl-C."""
        feed, worker = None if options["no_feed"] else SimulatedFeed(), Worker()
        port = options["port"]
        try:
            with self._taken(port):
                # Of two demos that begin at once the second finds everything set up.
                with in_turn(Lock.DEMO, 0, self._say_that_it_waits):
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
        self.stdout.write("\nStopped. The data stays for the next start.")

    def _taken(self, port: int) -> socket:
        taken = server.take_port(port)
        if taken is None:
            raise CommandError(
                f"Port {port} is in use by another program; choose one with --port.", returncode=1
            )
        return taken

    def _set_up(self, options: dict[str, Any]) -> list[people.Person]:
        require_invented(allow_external=options["allow_external"])
        is_behind = waiting_migrations() > 0
        self._say("Setting up the tables ..." if is_behind else "Checking the tables ...")
        call_command("migrate", verbosity=0)
        number = options["returns"]
        tell = partial(self._say_count, number)
        if fill_demo(number, until=timezone.now(), on_progress=tell):
            self._say("Adding the people who can sign in ...")
        return people.set_up_people()

    def _say_count(self, number: int, done: int) -> None:
        self._say(f"Invented {done:,} of {number:,} returns.")

    def _say_that_it_waits(self) -> None:
        self._say("Another demo sets this database up; waiting for it ...")

    def _say(self, text: str) -> None:
        """Say what goes on, at once, also where it is read through a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def _welcome(self, port: int, names: list[people.Person], feed: SimulatedFeed | None) -> None:
        """Say where to go and who can sign in, now that the server answers."""
        width = max((len(person.name) for person in names), default=0)
        lines = [f"  {person.name:{width}}  {person.role}" for person in names]
        self.stdout.write(
            f"\nThe returns desk: http://{server.ADDRESS}:{port}/\n\n"
            f"Sign in with the password {people.PASSWORD!r} as\n"
            + "\n".join(lines)
            + "\n\nCtrl-C stops it."
        )
        self.stdout.flush()
        if feed:
            feed.start()
