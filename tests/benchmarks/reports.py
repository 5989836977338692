"""What reports cost in the database at hand. Run by hand, beside ``generate_returns``:

    uv run manage.py generate_returns 1000000
    uv run manage.py rebuild_summaries
    uv run python -m tests.benchmarks.reports [--rounds 5]

For each report and scope, over 90 days: how many statements it needs; the slowest of them and all
together, in milliseconds as PostgreSQL executed them here, and the time of the whole report; the
median of the rounds. Then what it costs to count in returns that were written.
"""

import argparse
import os
import statistics
import time

import django

BARS = "bars: 5 ms a statement from the summaries; a filtered report 1,000 ms"
SCOPES = {
    "all returns": "",
    "one carrier": "carrier=DHL",
    "one tag": "tag=wrong-size",
    "two tags": "tag=wrong-size&tag=apparel",
    "without a tag": "tag_none=wrong-size",
    "carrier and channel": "carrier=DHL&channel=Trendyol",
}
WRITTEN = 2_000


def main() -> None:
    """Measure each report with each scope."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from returns.models import DaySummary, Return
    from returns.reports.report import SUBJECTS
    from returns.summaries import maintenance

    print(f"{Return.objects.count():,} returns, {DaySummary.objects.count():,} rows of summaries")
    print(
        f"{'report':<14}{'scope':<22}{'statements':>11}{'slowest':>9}{'all':>9}{'report':>9}  of it"
    )
    for subject in SUBJECTS:
        for name, scope in SCOPES.items():
            row = measure(subject, f"{scope}&period=90", rounds)
            print(f"{subject:<14}{name:<22}{row}")
    ids = list(Return.objects.order_by("-id").values_list("pk", flat=True)[:WRITTEN])
    for number in (1, WRITTEN):
        written = Return.objects.filter(pk__in=ids[:number])
        written.update(source="benchmark")
        started = time.perf_counter()
        counted = maintenance.update_batch()
        spent = 1000 * (time.perf_counter() - started)
        print(f"counted in {counted:,} that changed nothing: {spent:.0f} ms")
        written.update(source="WMS")
        maintenance.update_batch()
    print(BARS)


def measure(subject: str, query: str, rounds: int) -> str:
    """Return the row of a report."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from returns.filters.query import Query
    from returns.reports.report import build_report

    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            build_report(subject, Query.parse(query), timezone.now())
        spent = 1000 * (time.perf_counter() - started)
        times = [1000 * float(each["time"]) for each in captured.captured_queries]
        found.append((spent, times, captured.captured_queries))
    spent = statistics.median(row[0] for row in found)
    slowest = statistics.median(max(row[1]) for row in found)
    together = statistics.median(sum(row[1]) for row in found)
    queries = sorted(found[-1][2], key=lambda each: -float(each["time"]))
    return (
        f"{len(found[0][1]):>11}{slowest:>9.0f}{together:>9.0f}{spent:>9.0f}  "
        f"{' '.join(queries[0]['sql'].split())[:110]}"
    )


if __name__ == "__main__":
    main()
