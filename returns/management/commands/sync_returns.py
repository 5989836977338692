import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config.errors import first_line
from config.memory import spare_what_is_loaded
from config.observing.jobs import observed_job
from config.observing.start import start_observing
from config.schema import require_tables
from returns.feed.client import Client
from returns.feed.item_pulling import sync_items
from returns.feed.orders.pulling import sync_orders
from returns.feed.remote_errors import RemoteApiError
from returns.feed.sync import AlreadyRunningError, sync
from returns.management.inputs import LimitedReport
from returns.models import Loop
from returns.operations.heartbeat import BEAT_INTERVAL, Heart, Pulse
from returns.operations.serving import serve_metrics_of_work

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Pulls the records of another Returns API (RETURNS_API_URL) updated since the last pull, "
        "then the line items and the orders of the returns that were written, if it has any. "
        "The exit code is 1 if anything was left out, and 2 if it could not start."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="pull repeatedly, until stopped"
        )
        parser.add_argument(
            "--since", type=_time, metavar="TIME", help="start at this updatedAt (ISO 8601)"
        )
        parser.add_argument(
            "--ask-again",
            action="store_true",
            help="ask for the line items of all returns for which they are not known, and for the "
            "orders that are not stored or whose shopper is hashed with an older SHOPPER_KEY, also "
            "if the API had none",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Pull once or repeatedly, and print the result."""
        self.stopping = threading.Event()
        # What comes after the returns, and what of it is asked for again.
        self.parts = {"line items": self._pull_items, "orders": self._pull_orders}
        self.ask_again = set(self.parts) if options["ask_again"] else set[str]()
        self.pulse: Pulse | None = None
        client = _client(self._sleep)
        require_tables()
        spare_what_is_loaded()
        start_observing("sync")
        every: float | None = options["every"]
        if every is None:
            self._once(client, options["since"])
        else:
            self._repeat(client, options["since"], max(every, 1.0))

    def _repeat(self, client: Client, since: datetime | None, pause: float) -> None:
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: self.stopping.set())
        serve_metrics_of_work()
        with Heart().beating(Loop.SYNC) as self.pulse:
            while not self.stopping.is_set():
                if self._try(client, "pull", partial(self._pull, client, since)):
                    since = None
                    for name, pull in self.parts.items():
                        job = f"pull-{name.replace(' ', '-')}"
                        if self._try(client, job, partial(pull, client)):
                            self.ask_again.discard(name)
                self._wait(pause)

    def _sleep(self, seconds: float) -> None:
        self._wait(seconds)
        if self.stopping.is_set():
            raise RemoteApiError("Stopped while waiting for the API.")

    def _wait(self, seconds: float) -> None:
        """Wait until somebody stops this process; tell meanwhile that it is alive."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.stopping.wait(
            min(left, BEAT_INTERVAL)
        ):
            self._beat()

    def _beat(self) -> None:
        if self.pulse:
            self.pulse.beat()

    def _once(self, client: Client, since: datetime | None) -> None:
        try:
            rejected = self._pull(client, since)
        except AlreadyRunningError as error:
            raise CommandError(str(error), returncode=2) from None
        except RemoteApiError as error:
            raise CommandError(f"{client.origin}: {error}", returncode=1) from None
        failure: RemoteApiError | None = None
        for pull in self.parts.values():  # a failure of one leaves the other alone
            try:
                rejected += pull(client)
            except RemoteApiError as error:
                failure = failure or error
        if failure:
            raise CommandError(f"{client.origin}: {failure}", returncode=1)
        if rejected:
            sys.exit(1)

    def _try(self, client: Client, job: str, pull: Callable[[], int]) -> bool:
        """Pull, and report errors instead of raising; tell whether it succeeded."""
        doing = self.pulse.doing(job) if self.pulse else nullcontext()
        try:
            with doing, observed_job(job) as observed:
                pull()
                observed.was_needed = True
        except (RemoteApiError, AlreadyRunningError) as error:
            self._report_failure(client.origin, str(error))
        except DatabaseError as error:
            connection.close()
            self._report_failure("the database", first_line(error))
        else:
            return True
        return False

    def _report_failure(self, what: str, reason: str) -> None:
        if settings.LOG_FORMAT == "line":
            self.stderr.write(f"{timezone.now():%Y-%m-%d %H:%M:%S} {what}: {reason}")
        else:
            logger.error("%s: %s", what, reason)

    def _report(self, text: str) -> None:
        """Print a result; where all lines are of a log, it is one of them."""
        if settings.LOG_FORMAT == "line":
            self.stdout.write(text)
        else:
            logger.info("Pulled: %s", text)

    def _report_reject(self, sentence: str) -> None:
        # It may quote the record, so it is no line of a log; the page of the feed has all of them.
        if settings.LOG_FORMAT == "line":
            self.stderr.write(sentence)

    def _pull(self, client: Client, since: datetime | None) -> int:
        """Pull returns, print the result, and return how many records were rejected."""
        with self._reporting("more were left out") as report:
            pulled = sync(
                client,
                since=since,
                on_reject=lambda item, error: report(f"{item.place}: {error}"),
                should_continue=self._should_continue,
            )
        self._report(str(pulled))
        return pulled.rejected

    def _pull_items(self, client: Client) -> int:
        """Pull line items, print the result if there was any; return how many were rejected."""
        with self._reporting("more line items were left out") as report:
            pulled = sync_items(
                client,
                on_reject=lambda item, error: report(f"{item.place}: {error}"),
                ask_again="line items" in self.ask_again,
                should_continue=self._should_continue,
            )
        if pulled.read or pulled.without_items:
            self._report(f"line items: {pulled}")
        return pulled.rejected

    def _pull_orders(self, client: Client) -> int:
        """Pull orders, print the result if there was any, and return how many were rejected."""
        with self._reporting("more orders were left out") as report:
            pulled = sync_orders(
                client,
                on_reject=lambda entry, error: report(f"{entry.shown_place}: {error}"),
                ask_again="orders" in self.ask_again,
                should_continue=self._should_continue,
            )
        if pulled.result.read or pulled.not_found:
            self._report(f"orders: {pulled}")
        return pulled.result.rejected

    @contextmanager
    def _reporting(self, what: str) -> Iterator[LimitedReport]:
        """Give the report of what is rejected; say at the end how many sentences it left out."""
        report = LimitedReport(self._report_reject)
        yield report
        report.finish(what)

    def _should_continue(self) -> bool:
        self._beat()
        return not self.stopping.is_set()


def _client(sleep: Callable[[float], None]) -> Client:
    """Return a client that waits by a function, which raises to end the pull."""
    address, token = settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN
    if not _is_address(address):
        raise CommandError(
            "Set RETURNS_API_URL to the address of a Returns API, such as "
            "https://wms.example.com/openapi/v1, and RETURNS_API_TOKEN to its token.",
            returncode=2,
        )
    if not token:
        raise CommandError("Set RETURNS_API_TOKEN to a token of that Returns API.", returncode=2)
    for name in ("RETURNS_API_TOKEN", "RETURNS_API_TENANT"):
        value = getattr(settings, name)
        if not (value.isascii() and value.isprintable()):
            raise CommandError(
                f"{name} contains a character that is not allowed in an HTTP header.", returncode=2
            )

    return Client(address, token, settings.RETURNS_API_TENANT, sleep)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises if it is not a number
    except ValueError:
        return False
    is_http = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    return is_http and text.isascii() and text.isprintable() and " " not in text


def _time(text: str) -> datetime:
    time = parse_datetime(text)
    if time is None:
        raise ValueError(text)
    return time if time.tzinfo else timezone.make_aware(time)
