"""What lists under two and three filters cost. Run by hand:

    uv run python -m tests.benchmarks.pairs [--sizes 1000000] [--only sku] [--all] [--triples 100]

For each two filters of the list's form, and for random triples of them: the statements by which
the list reads its first page and its numbers, as it does for a page and for htmx alike, each by
EXPLAIN. The databases are those of ``tests.benchmarks.pages``; deadlines of the demo are added in
a transaction that is rolled back, unless ``--read-only``. ``--all`` takes the filters that links
alone use too.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.pages import CHECKOUT, _environment, _server

BAR_MS, BAR_BUFFERS = 50, 20_000
TIME_LIMIT_MS = 4_000
WORST = 10
SEED = 26

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a page, with the cheapest of its plans; no plan if it took too long."""

    sql: str
    parameters: Any
    plan: dict | None

    @property
    def milliseconds(self) -> float:
        """Return the time of its execution."""
        return self.plan["Execution Time"] if self.plan else TIME_LIMIT_MS

    @property
    def buffers(self) -> int:
        """Return the buffers that it read, in memory or not."""
        plan = self.plan["Plan"] if self.plan else {}
        return plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a list costs: all of its statements."""

    address: str
    statements: list[Statement]

    @property
    def milliseconds(self) -> float:
        """Return the time of all statements."""
        return sum(each.milliseconds for each in self.statements)

    @property
    def buffers(self) -> int:
        """Return the buffers of all statements."""
        return sum(each.buffers for each in self.statements)

    @property
    def is_over(self) -> bool:
        """Whether it is over one of the bars."""
        return self.milliseconds > BAR_MS or self.buffers > BAR_BUFFERS

    @property
    def weight(self) -> float:
        """Return how often the farther bar fits into it."""
        return max(self.milliseconds / BAR_MS, self.buffers / BAR_BUFFERS)


def main() -> None:
    """Measure each size in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["1000000"], help="or names of databases")
    parser.add_argument("--only", nargs="+", default=[], help="lists with one of these filters")
    parser.add_argument("--all", action="store_true", help="filters of links too")
    parser.add_argument("--triples", type=int, default=100)
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--pairs", type=int, default=0, help="so many random pairs; 0 is all")
    parser.add_argument("--facets", action="store_true", help="measure the numbers of tags instead")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options)
        return
    with _server() as connect:
        for size in options.sizes:
            database = size if "/" in size else connect(size, fresh=False)
            subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.pairs", *sys.argv[1:], "--measure", size],
                env=_environment(database) | {"PYTHONUNBUFFERED": "1"},
                cwd=CHECKOUT,
                check=True,
            )


def measure(options: argparse.Namespace) -> None:
    """Measure the lists of a size, and print what they cost."""
    import django

    django.setup()
    from django.db import connection, transaction

    from returns.demo.policies import set_up_policies

    with transaction.atomic(), connection.cursor() as cursor:
        if options.read_only:
            cursor.execute("SET TRANSACTION READ ONLY")
        else:
            set_up_policies()
        costs: list[Cost] = []
        try:
            for each in cases(options):
                costs.append(_cost(each, facets=options.facets))  # noqa: PERF401
        except KeyboardInterrupt:
            print("interrupted: these were measured so far")
        report(options.measure, costs)
        transaction.set_rollback(True)


def cases(options: argparse.Namespace) -> list[Parameters]:
    """Return the parameters of the lists: all pairs, and random triples."""
    from returns.filters.declarations import FILTERS, Offered
    from tests.benchmarks.filter_values import filter_values

    # Without deadlines there is no name of one.
    values = filter_values(but=frozenset({"due_under"} if options.read_only else ()))
    offered = [each.name for each in FILTERS if options.all or each.offered != Offered.ADDRESS]
    names = [name for name in offered if name in values]
    chance = random.Random(SEED)
    lists: list[Parameters] = [[(name, value)] for name in names for value in values[name]]
    repeated = [each.name for each in FILTERS if each.is_repeatable and each.name in names]
    lists += [[(name, value) for value in values[name][:2]] for name in repeated]
    pairs = list(combinations(names, 2))
    for one, other in chance.sample(pairs, options.pairs) if options.pairs else pairs:
        lists.append([(one, values[one][0]), (other, values[other][0])])
        rare, common = chance.sample([one, other], 2)
        lists.append([(rare, values[rare][-1]), (common, chance.choice(values[common]))])
    for _ in range(options.triples):
        three = chance.sample(names, 3)
        lists.append([(name, chance.choice(values[name])) for name in three])
    unique = list(dict.fromkeys(tuple(each) for each in lists))
    wanted = set(options.only)
    return [list(each) for each in unique if not wanted or wanted & {name for name, _ in each}]


def _cost(parameters: Parameters, *, facets: bool) -> Cost:
    cost = _measured(parameters, rounds=1, facets=facets)
    # A busy moment of the machine is not the cost of a list.
    return _measured(parameters, rounds=3, facets=facets) if cost.is_over else cost


def _measured(parameters: Parameters, *, rounds: int, facets: bool) -> Cost:
    address = f"?{urlencode(parameters)}"
    statements = _statements(address, facets=facets)
    return Cost(
        address, [Statement(*each, plan=_explain(*each, rounds=rounds)) for each in statements]
    )


def _statements(address: str, *, facets: bool) -> list[tuple[str, Any]]:
    """Return the statements by which a list reads its first page and its numbers."""
    from django.db import OperationalError, connection, transaction

    from returns.filters.query import Query
    from returns.lists.facets import count_facets
    from returns.lists.page import return_list

    seen: list[tuple[str, Any]] = []

    def note(execute, sql, parameters, many, context):
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((sql, parameters))
        return execute(sql, parameters, many, context)

    query = Query.parse(address.removeprefix("?"))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {TIME_LIMIT_MS}")
            with connection.execute_wrapper(note):
                if facets:
                    count_facets(query)
                elif problems := return_list(query).problems:
                    raise SystemExit(f"{address}: {problems}")
    except OperationalError as error:
        print(f"{address}: {error}", file=sys.stderr)
    return seen


def _explain(sql: str, parameters: Any, *, rounds: int, form: str = "JSON") -> Any:
    """Return the cheapest of some plans, without the clock in each step."""
    from django.db import OperationalError, connection, transaction

    plans = []
    for _ in range(rounds):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {TIME_LIMIT_MS}")
                cursor.execute(
                    f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, FORMAT {form}) {sql}", parameters
                )
                rows = [row[0] for row in cursor.fetchall()]
        except OperationalError:
            return None
        if form == "TEXT":
            return rows
        plans.append((json.loads(rows[0]) if isinstance(rows[0], str) else rows[0])[0])
    return min(plans, key=lambda plan: plan["Execution Time"])


def report(size: str, costs: list[Cost]) -> None:
    """Print the table, the most expensive list first, and the plans of the worst."""
    costs = sorted(costs, key=lambda cost: -cost.weight)
    over = [cost for cost in costs if cost.is_over]
    print(f"\n{size}: {len(costs)} lists")
    print(f"{'SQL ms':>9}{'buffers':>9}  statements: ms/buffers")
    for cost in costs:
        parts = " ".join(f"{each.milliseconds:.0f}/{each.buffers}" for each in cost.statements)
        print(f"{cost.milliseconds:9.1f}{cost.buffers:9,}  {cost.address}  {parts}")
    for cost in costs[:WORST]:
        worst = max(cost.statements, key=lambda each: (each.milliseconds, each.buffers))
        print(f"\n{cost.address}: {cost.milliseconds:.1f} ms, {cost.buffers:,} buffers")
        print(worst.sql, worst.parameters)
        print("\n".join(_explain(worst.sql, worst.parameters, rounds=1, form="TEXT") or ["?"]))
    ms = sum(cost.milliseconds > BAR_MS for cost in over)
    buffers = sum(cost.buffers > BAR_BUFFERS for cost in over)
    print(
        f"\n{size}: {len(over)} of {len(costs)} lists over the bar:"
        f" {ms} over {BAR_MS} ms, {buffers} over {BAR_BUFFERS:,} buffers"
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
