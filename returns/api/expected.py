"""What PostgreSQL expects of a query, before it is run."""

import re
from typing import Any, NamedTuple

from django.db.models import QuerySet

from returns.api.parsed_query import ParsedQuery
from returns.api.prefilters import is_of_few
from returns.querysets import ReturnQuerySet

# What a number of matches may cost, in PostgreSQL's unit: a page of a table, read in order. A
# million entries of an index, or some ten thousand returns.
MAX_COST = 30_000
# So many matches are all read at once, which gives their number as well.
MAX_FEW = 1_000
_EXPECTED = re.compile(r"cost=[\d.]+\.\.([\d.]+) rows=(\d+)")


class Expected(NamedTuple):
    """The cost of a query, and the number of its rows."""

    cost: float
    rows: int

    @property
    def is_dear(self) -> bool:
        """Whether it is expected to take too long for what answers can do without."""
        return self.cost > MAX_COST


def expect(queryset: QuerySet[Any, Any]) -> Expected:
    """Return what PostgreSQL expects of a query. Texts that are compared are but a guess."""
    found = _EXPECTED.search(queryset.explain())
    return Expected(float(found[1]), int(found[2])) if found else Expected(0, 0)


def find_few(matches: ReturnQuerySet, parsed: ParsedQuery) -> list[int] | None:
    """Return the ids of all matches of ``dqb`` in no order; None if there are many, or may be."""
    if not parsed.dqb.filters or parsed.by_change:
        return None
    ids = matches.order_by().values_list("pk", flat=True)
    if not is_of_few(parsed.dqb.filters):
        expected = expect(ids)
        # Of more, PostgreSQL might read the table from its beginning until it has enough.
        if expected.is_dear or expected.rows > 2 * MAX_FEW:
            return None
    few = list(ids[: MAX_FEW + 1])
    return few if len(few) <= MAX_FEW else None
