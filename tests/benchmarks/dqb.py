"""What a query of the DynamicQueryBuilder costs, by property and operator. Run by hand:

    uv run python -m tests.benchmarks.dqb [--size 1000000] [--only Contains] [--limit 4000]

On the database that ``tests.benchmarks.pages`` fills, which is only read. For each property and
operator with a value that many returns have, one that few have and one that none has, and for
each sort: the milliseconds and the buffers of the statements that read the page, and of those
that count its matches, by EXPLAIN; the most expensive first. A refused query has its code instead.
``--only`` is a part of a query as it is printed.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.pages import CHECKOUT, _environment, _server

WHOLE = ("Equals", "NotEqual", "In")
PARTS = ("Contains", "StartsWith", "EndsWith")
RANGES = ("LessThan", "GreaterThan")
NUMBERS = ("returnReferenceNumber", "salesOrderReferenceNumber", "trackingId")
NAMES = ("cargoCarrier", "salesOrderChannel", "source")
TIMES = ("createdAt", "updatedAt", "arrivedToWarehouseAt", "completedAt")
SORTED_TEXTS = ("returnReferenceNumber", "trackingId", "notes", "cargoCarrier")
# What a text without a search key, or with one too short for an index, looks like.
ODD_PARTS = ("-", "7", "42")
SAMPLE = 2_000
PART_LENGTH = 6
EXPLAINED_TWICE_MS = 200  # what takes longer is explained once
Query = tuple[str, str]  # what is printed, and the string


@dataclass(slots=True)
class Cost:
    """What the statements for a query took, those of the page and those of the count."""

    name: str
    page_ms: float = 0
    page_buffers: int = 0
    count_ms: float = 0
    count_buffers: int = 0
    total: str = ""
    scans: set[str] = field(default_factory=set)

    @property
    def milliseconds(self) -> float:
        """Return the time of all statements."""
        return self.page_ms + self.count_ms


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="1000000")
    parser.add_argument("--only", default="", help="a part of the queries to measure")
    parser.add_argument("--limit", type=int, default=4_000, help="milliseconds per statement")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.only, options.limit)
        return
    with _server() as connect:
        environment = _environment(connect(options.size, fresh=False))
        this = [sys.executable, "-m", "tests.benchmarks.dqb", "--measure"]
        this += ["--only", options.only, "--limit", str(options.limit)]
        subprocess.run(this, env=environment, cwd=CHECKOUT, check=True)


def measure(only: str, limit_ms: int) -> None:
    """Print what each query costs, the most expensive first."""
    import django

    django.setup()
    from django.db import connection

    from returns.models import Return

    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    print(f"{_rows():,} returns; load of the machine {os.getloadavg()[0]:.1f}")
    newest = Return.objects.in_order_of("created_at", descending=True)
    # Old returns too: what few of them have must be found wherever it is.
    sample = [
        *newest[:SAMPLE],
        *Return.objects.in_order_of("created_at", descending=False)[:SAMPLE],
    ]
    costs = []
    for name, dqb in [*_filters(sample), *_combined(sample), *_sorts()]:
        if only.lower() in name.lower():
            costs.append(_cost(name, dqb, limit_ms))
            print(f"{len(costs):5} {name:60}{costs[-1].milliseconds:10.1f}", file=sys.stderr)
    report(costs)


def report(costs: list[Cost]) -> None:
    """Print the table."""
    print(
        f"{'':64}{'page ms':>9}{'buffers':>9}{'count ms':>10}{'buffers':>9}{'matches':>12}  scans"
    )
    for cost in sorted(costs, key=lambda cost: cost.milliseconds, reverse=True):
        print(
            f"{cost.name:64}{cost.page_ms:9.1f}{cost.page_buffers:9,}{cost.count_ms:10.1f}"
            f"{cost.count_buffers:9,}{cost.total:>12}  {', '.join(sorted(cost.scans)) or '-'}"
        )


def _rows() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = 'returns_return'")
        return cursor.fetchone()[0]


# Queries


def _filters(sample: list) -> Iterator[Query]:
    from returns.models.facts import FACTS

    columns = {fact.api_name: fact.column for fact in FACTS}
    for name in NUMBERS:
        numbers = [text for row in sample if (text := getattr(row, columns[name]))]
        starts = Counter(text[:3] for text in numbers)
        whole = {"rare": numbers[-1], "missing": "XQ-7777777"}
        middle = numbers[-1][2 : 2 + PART_LENGTH]
        parts = {
            "common": starts.most_common(1)[0][0],
            "rare": middle,
            "missing": "QZXQ77",
            **{f"short {part}": part for part in ODD_PARTS},
        }
        ends = {"common": numbers[0][-2:], "rare": numbers[-1][-PART_LENGTH:], "missing": "QZXQ77"}
        yield from _each(name, WHOLE, whole | {"null": "null"})
        yield from _each(name, ("Contains",), parts)
        starting = {"common": parts["common"], "rare": numbers[-1][:-1], "missing": "QZXQ77"}
        yield from _each(name, ("StartsWith",), starting | {"short": numbers[-1][:1]})
        yield from _each(name, ("EndsWith",), ends | {"short": numbers[-1][-1:]})
        yield from _each(name, RANGES, {"middle": sorted(numbers)[len(numbers) // 2]})
    notes = Counter(row.notes for row in sample if row.notes).most_common()
    whole = {"common": notes[0][0], "rare": notes[-1][0], "missing": "never seen before"}
    words = {"common": notes[0][0].split()[0], "rare": notes[-1][0].split()[-1]}
    words |= {"missing": "unheard", "short a": "a", "short -": "-", "short ü": "ü"}
    yield from _each("notes", WHOLE, whole | {"null": "null"})
    yield from _each("notes", PARTS, words)
    for name in NAMES:
        values = Counter(getattr(row, columns[name]) for row in sample).most_common()
        given = {"common": values[0][0], "rare": values[-1][0] or values[0][0], "missing": "Nobody"}
        yield from _each(name, WHOLE, given)
        yield from _each(name, PARTS, {kind: text[:5] for kind, text in given.items()})
    yield from _each("state", WHOLE, {"common": "Completed", "rare": "ArrivedToWarehouse"})
    yield from _each("tag", WHOLE, {"common": "wrong-size", "rare": "urgent", "null": "null"})
    some = sample[SAMPLE // 2].created_at.isoformat()
    for name in TIMES:
        yield from _each(name, (*WHOLE, *RANGES), {"one": some})


def _each(name: str, operators: tuple[str, ...], values: dict[str, str]) -> Iterator[Query]:
    for operator in operators:
        for kind, value in values.items():
            yield f"{name} {operator} {kind}", _dqb((operator, name, value))


def _dqb(*triples: tuple[str, str, str], **more: str) -> str:
    pairs = [pair for triple in triples for pair in zip("opv", triple, strict=True)]
    return urlencode([*pairs, *more.items()])


def _combined(sample: list) -> Iterator[Query]:
    row = next(row for row in sample if row.tracking_id and row.sales_order_reference_number)
    end, order = row.tracking_id[-4:], row.sales_order_reference_number
    example = (("Equals|OrElse", "state", "Completed"), ("EndsWith", "trackingId", end))
    yield "the example of the documentation", _dqb(*example, s="createdAt,desc")
    yield (
        "an order or a tracking ID",
        _dqb(
            ("Equals|OrElse", "salesOrderReferenceNumber", order),
            ("Equals", "trackingId", row.tracking_id),
        ),
    )
    yield (
        "a state and the end of a tracking ID",
        _dqb(("Equals", "state", "Completed"), ("EndsWith", "trackingId", end)),
    )
    yield (
        "any of three numbers contains",
        _dqb(
            *(("Contains|OrElse", name, order[2:8]) for name in NUMBERS[:2]),
            ("Contains", NUMBERS[2], order[2:8]),
        ),
    )
    yield (
        "a state and a time",
        _dqb(
            ("Equals", "state", "Completed"),
            ("GreaterThan", "createdAt", row.created_at.isoformat()),
        ),
    )
    yield (
        "a state and a part of an order, exactly",
        _dqb(
            ("Equals", "state", "Completed"),
            ("Contains", "salesOrderReferenceNumber,cs", order[2:8]),
        ),
    )
    yield "nothing", ""


def _sorts() -> Iterator[Query]:
    for name in (*TIMES, *SORTED_TEXTS, "state"):
        for direction in ("asc", "desc"):
            sort = f"{name},{direction}"
            yield f"sort {sort}", urlencode({"s": sort})
            found = _dqb(("Equals", "state", "ArrivedToWarehouse"), s=sort)
            yield f"arrived, sort {sort}", found
    sorts = [("s", "cargoCarrier,asc"), ("s", "createdAt,desc")]
    yield "sort cargoCarrier,asc createdAt,desc", urlencode(sorts)
    yield "sort createdAt,desc notes,asc", urlencode([("s", "createdAt,desc"), ("s", "notes,asc")])


# Costs


def _cost(name: str, dqb: str, limit_ms: int) -> Cost:
    from django.db import connection
    from django.http import QueryDict
    from django.utils import timezone

    from returns.api.errors import ApiError, InvalidRequest
    from returns.api.query import run_query
    from returns.database.time_limit import QueryTimeoutError, time_limit

    cost = Cost(name)
    statements: list[tuple[str, Any]] = []

    def note(execute, sql, parameters, many, context):
        statements.append((sql, parameters))
        return execute(sql, parameters, many, context)

    params = QueryDict(urlencode({"dqb": dqb}))
    try:
        with connection.execute_wrapper(note), time_limit(limit_ms):
            page = run_query(params, now=timezone.now())
            cost.total = "null" if page.data_set_count is None else f"{page.data_set_count:,}"
    except InvalidRequest as error:
        cost.total = error.details[0].code
    except (ApiError, QueryTimeoutError):
        cost.total = "stopped"
    for sql, parameters in statements:
        if sql.lstrip(" \n(").startswith(("SELECT", "WITH")):
            _add(cost, sql, parameters, limit_ms)
    return cost


def _add(cost: Cost, sql: str, parameters: Any, limit_ms: int) -> None:
    from returns.api.counting import DATA_SET_COUNT_LIMIT

    is_count = "COUNT(" in sql.upper().partition(" FROM ")[0] or "returns_daysummary" in sql
    if is_count:
        limit_ms = DATA_SET_COUNT_LIMIT  # as in the call, which then answers null
    plan = _explain(sql, parameters, limit_ms)
    took = plan["Execution Time"] if plan else limit_ms
    root = plan["Plan"] if plan else {}
    buffers = root.get("Shared Hit Blocks", 0) + root.get("Shared Read Blocks", 0)
    if is_count:
        cost.count_ms += took
        cost.count_buffers += buffers
    else:
        cost.page_ms += took
        cost.page_buffers += buffers
    cost.scans |= {_short(node) for node in _nodes(root)} - {""}


def _explain(sql: str, parameters: Any, limit_ms: int) -> dict | None:
    """Return the cheaper of two plans, as what is read often is in memory; None if stopped."""
    from django.db import connection

    from returns.database.time_limit import QueryTimeoutError, time_limit

    plans: list[dict] = []
    try:
        while len(plans) < 2 and (not plans or plans[0]["Execution Time"] < EXPLAINED_TWICE_MS):
            with time_limit(limit_ms), connection.cursor() as cursor:
                explain = f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, FORMAT JSON) {sql}"
                cursor.execute(explain, parameters)
                plan = cursor.fetchone()[0]
            plans.append((json.loads(plan) if isinstance(plan, str) else plan)[0])
    except QueryTimeoutError:
        return None
    return min(plans, key=lambda plan: plan["Execution Time"])


def _nodes(node: dict) -> Iterator[dict]:
    if node:
        yield node
        for child in node.get("Plans", []):
            yield from _nodes(child)


def _short(node: dict) -> str:
    """Return how a step reads the returns: the index, or that it reads them all."""
    if node["Node Type"].endswith("Seq Scan") and node["Relation Name"] == "returns_return":
        return "ALL"
    return node.get("Index Name", "")


if __name__ == "__main__":
    main()
