"""How many of the returns under a filter carry each tag: the numbers in the menu of tags."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import CappedCount
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import ReturnTag
from tags.vocabulary import load_vocabulary

FACET_CAP = 10_000
FACETS_LIMIT = 2_000  # milliseconds, for each statement

TOO_LONG = "Counting under this filter takes too long, so there are no numbers."
CUT_SHORT = "Of what the search found first; type more to narrow it."


@dataclass(frozen=True, slots=True)
class Facets:
    """By the id of each tag: how many would be listed if all had to carry it as well.

    ``note`` says over what was counted unless that is everything, or why there are no numbers.
    """

    counts: Mapping[int, CappedCount | None]
    note: str = ""


def facets_of(query: Query) -> Facets:
    """Count the tags of the returns that the query selects, over the newest 10,000."""
    words = load_vocabulary()
    nothing = dict.fromkeys(words)
    filterset = ReturnFilterSet(query, words)
    if problems := filterset.problems():
        return Facets(nothing, f"No numbers: {problems[0]}")
    try:
        with time_limit(FACETS_LIMIT):
            matches, carrying = _count(filterset)
            is_cut_short = filterset.search_is_cut_short()
    except QueryTimeoutError:
        return Facets(nothing, TOO_LONG)
    is_capped = matches > FACET_CAP
    more = is_capped or is_cut_short
    counts = {tag_id: CappedCount(carrying.get(tag_id, 0), more) for tag_id in words}
    return Facets(counts, _note(is_capped=is_capped, is_cut_short=is_cut_short))


def _note(*, is_capped: bool, is_cut_short: bool) -> str:
    if is_capped:
        return f"Counted over the newest {FACET_CAP:,}."
    return CUT_SHORT if is_cut_short else ""


def _count(filterset: ReturnFilterSet) -> tuple[int, dict[int, int]]:
    """Return how many match, up to one beyond the cap, and of the others how many carry a tag."""
    matches = filterset.newest_first().values_list("pk", "created_at")[: FACET_CAP + 1]
    sql, parameters = matches.query.sql_with_params()
    statement = COUNT.format(matches=sql, taggings=ReturnTag._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, FACET_CAP])
        numbers: dict[int | None, int] = dict(cursor.fetchall())
    return numbers.pop(None), {key: number for key, number in numbers.items() if key is not None}


# Each return's tags are looked up by its id, in an index that holds nothing else.
COUNT = """
    WITH matches (id, created_at) AS MATERIALIZED ({matches}),
    newest AS (SELECT id FROM matches ORDER BY created_at DESC, id DESC LIMIT %s)
    SELECT NULL::bigint, count(*) FROM matches
    UNION ALL
    SELECT carried.tag_id, count(*)
    FROM newest JOIN {taggings} carried ON carried.entity_id = newest.id
    GROUP BY carried.tag_id
"""
