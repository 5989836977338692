import json
import os
import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from returns.operations.doctor.examination import examine
from returns.operations.doctor.points import Point, Result


class Command(BaseCommand):
    help = "Checks a running deployment, and says what to do. Changes nothing."
    requires_system_checks = []  # it runs them itself, and says more

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url",
            default="",
            help="public address of the desk; default https:// with the first of ALLOWED_HOSTS",
        )
        parser.add_argument(
            "--plain-url", default="", help="public address without TLS, if its port is not 80"
        )
        parser.add_argument("--mail-to", default="", help="send a mail to this address")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each point as soon as it is checked; exit with 1 if one of them failed."""
        try:
            has_failed = self._examine(options)
            self.stdout.flush()
        except BrokenPipeError:
            # Nobody reads any further, such as head. Python would say so when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            has_failed = True
        if has_failed:
            sys.exit(1)

    def _examine(self, options: dict[str, Any]) -> bool:
        points = []
        for point in examine(
            url=options["url"], plain_url=options["plain_url"], mail_to=options["mail_to"]
        ):
            points.append(point)
            if not options["json"]:
                self._say(point)
        counts = Counter(point.result for point in points)
        if options["json"]:
            numbers = {result.value: counts[result] for result in Result}
            told = {"points": [each.as_dict() for each in points]} | numbers
            self.stdout.write(json.dumps(told, indent=2))
        else:
            of_each = ", ".join(f"{counts[result]} {result}" for result in Result)
            self.stdout.write(f"\n{of_each}.")
        return counts[Result.FAILED] > 0

    def _say(self, point: Point) -> None:
        self.stdout.write(f"{point.result:8} {point.name}: {point.text}")
        if point.advice:
            self.stdout.write(f"{'':8} → {point.advice}")
        self.stdout.flush()
