import sys
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.schema import require_tables
from returns.feed.orders.files import read_orders
from returns.feed.orders.intake import import_orders
from returns.feed.orders.records import OrderEntry
from returns.feed.records import RecordError
from returns.management.inputs import LimitedReport, opener


class Command(BaseCommand):
    help = (
        "Imports the sales orders of returns from JSON files (a list, an object with a list, or "
        "one object per line). Orders without a return are left alone. Importing a file again "
        "changes nothing. The exit code is 1 if anything was rejected."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a file, or - for standard input"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="print what would be the result; write nothing to the database",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the files and print a summary line."""
        require_tables()
        self.unreadable = 0
        self.report = LimitedReport(self.stderr.write)
        result = import_orders(
            self._entries(options["files"]), on_reject=self._reject, dry_run=options["dry_run"]
        )
        self.report.finish("more were left out")
        self.stdout.write(str(result))
        if result.rejected or self.unreadable:
            sys.exit(1)

    def _entries(self, names: Sequence[str]) -> Iterator[OrderEntry]:
        for name in names:
            shown, open_file = opener(name)
            try:
                with open_file() as stream:
                    for entry in read_orders(stream):
                        yield OrderEntry(f"{shown}: {entry.place}", entry.raw, entry.error)
            except OSError as error:
                self.unreadable += 1
                self.report(f"{name}: cannot be read: {error.strerror or error}")

    def _reject(self, entry: OrderEntry, error: RecordError) -> None:
        self.report(f"{entry.shown_place}: {error}")
