"""What it costs to keep the last change of each return, and to follow changes. Run by hand:

    uv run python -m tests.benchmarks.following [--returns 1000000] [--rounds 5]

On the database that ``tests.benchmarks.pages`` fills. In one run, and in turn, without the triggers
and with them: importing 5,000 new returns, importing 5,000 that change, adding a tag to 5,000 and
removing it; the median of the rounds in milliseconds. Then what following asks of the database:
the plan, the time and the buffers of a page at the beginning, in the middle and at the end. All of
it is rolled back.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks.pages import CHECKOUT, _environment, _server

AT_ONCE = 5_000
TRIGGERS = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_change_of_%'
"""


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--returns", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.returns, options.rounds)
        return
    with _server() as connect:
        environment = _environment(connect(options.returns, fresh=False))
        this = [sys.executable, "-m", "tests.benchmarks.following", "--measure"]
        this += ["--returns", str(options.returns), "--rounds", str(options.rounds)]
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        for command in (manage, this):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


def measure(size: int, rounds: int) -> None:
    """Print what writing takes without the triggers and with them, and what following takes."""
    import django

    django.setup()
    from django.core.management import call_command

    from returns.models import Return

    if not Return.objects.exists():
        call_command("generate_returns", size, allow_external=True, stdout=sys.stderr)
    took: dict[tuple[str, bool], list[float]] = {}
    for number in range(rounds):
        for is_on in (number % 2 == 0, number % 2 != 0):
            for name, milliseconds in _write(is_on).items():
                took.setdefault((name, is_on), []).append(milliseconds)
    for name in dict.fromkeys(name for name, _ in took):
        without, with_them = (statistics.median(took[name, is_on]) for is_on in (False, True))
        print(
            f"{name}: {without:.0f} ms without, {with_them:.0f} ms with: {with_them / without:.2f}x"
        )
    _follow()


def _write(is_on: bool) -> dict[str, float]:
    """Return the milliseconds of each kind of write, which is rolled back."""
    from django.db import connection, transaction

    from returns.feed.ingest import ingest
    from returns.feed.records import ReturnRecord
    from returns.models import Return, ReturnTag
    from tags import history, tagging
    from tags.models import Tag

    day = datetime(2026, 10, 1, tzinfo=UTC)
    old = list(
        Return.objects.order_by("pk")[:AT_ONCE].values_list(
            "return_reference_number",
            "source",
            "state",
            "created_at",
            "updated_at",
            "arrived_to_warehouse_at",
            "completed_at",
        )
    )
    new = [
        ReturnRecord(f"Follow-{number}", "ReturnCreated", created_at=day, updated_at=day)
        for number in range(AT_ONCE)
    ]
    changed = [
        ReturnRecord(
            reference,
            state,
            created,
            updated + timedelta(seconds=1),
            source=source,
            arrived_to_warehouse_at=arrived,
            completed_at=completed,
            notes="followed",
        )
        for reference, source, state, created, updated, arrived, completed in old
    ]
    ids = list(Return.objects.order_by("-pk").values_list("pk", flat=True)[:AT_ONCE])
    tag = Tag.objects.get(name="promotion-related")

    def batch(adds: list[int], removes: list[int]) -> None:
        action = history.record_action("a benchmark", [], by=None)  # type: ignore[arg-type]
        tagging.tag_batch(ReturnTag, ids, adds, removes, action, by=None)

    works: dict[str, Callable[[], Any]] = {
        "5,000 new returns": lambda: ingest(new, source="feed"),
        "5,000 changed returns": lambda: ingest(changed, source="feed"),
        "a tag added to 5,000": lambda: batch([tag.pk], []),
        "and removed": lambda: batch([], [tag.pk]),
    }
    took = {}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TRIGGERS)
            for table, name in cursor.fetchall():
                state = "ENABLE" if is_on else "DISABLE"
                cursor.execute(f'ALTER TABLE {table} {state} TRIGGER "{name}"')
        for name, work in works.items():
            started = time.perf_counter()
            work()
            took[name] = 1000 * (time.perf_counter() - started)
        transaction.set_rollback(True)
    return took


def _follow() -> None:
    """Print the plans of pages that a follower reads."""
    from django.db import connection
    from django.db.models import Count, Max

    from returns.api.following import Followed, settled
    from returns.models import LastChange, Return

    print(LastChange.objects.aggregate(Count("pk"), Max("changed_at")))
    middle = LastChange.objects.order_by("changed_at", "record")[
        500_000 % max(LastChange.objects.count(), 1)
    ]
    last = LastChange.objects.order_by("-changed_at", "-record")[100]
    everything = Return.objects.all().select_related("last_change")
    places = {
        "first": Followed(),
        "middle": Followed(middle.changed_at, middle.pk),
        "last": Followed(last.changed_at, last.pk),
    }
    queries = {
        f"cursor, {name} page": place.next_in(
            settled(everything.filter(last_change__changed_at__isnull=False))
        )[:100]
        for name, place in places.items()
    }
    ordered = everything.filter(last_change__changed_at__isnull=False)
    queries["sort=changed"] = settled(ordered).order_by(
        "last_change__changed_at", "last_change__record_id"
    )[:100]
    queries["sort=-changed"] = ordered.order_by(
        "-last_change__changed_at", "-last_change__record_id"
    )[:100]
    queries["changedAt=gt, sort=changed"] = settled(
        ordered.filter(last_change__changed_at__gte=middle.changed_at)
    ).order_by("last_change__changed_at", "last_change__record_id")[:100]
    with connection.cursor() as cursor:
        for name, queryset in queries.items():
            sql, params = queryset.query.sql_with_params()
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            (plan,) = cursor.fetchone()
            (plan,) = json.loads(plan) if isinstance(plan, str) else plan
            nodes = list(_nodes(plan["Plan"]))
            buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
            print(f"{name}: {plan['Execution Time']:.2f} ms, {buffers} buffers, {', '.join(nodes)}")


def _nodes(plan: dict[str, Any]) -> list[str]:
    name = plan["Node Type"] + (f" {plan['Index Name']}" if "Index Name" in plan else "")
    return [name, *(each for child in plan.get("Plans", ()) for each in _nodes(child))]


if __name__ == "__main__":
    main()
