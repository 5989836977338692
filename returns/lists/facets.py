"""Count how many matches of a filter have each tag: the numbers in the menu of tags."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.numbers import grouped
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import CappedCount
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import ReturnTag
from tags.vocabulary import load_vocabulary

FACET_CAP = 10_000
FACETS_TIME_LIMIT_MS = 2_000  # for each statement

COUNTING_TOOK_TOO_LONG = gettext_noop("No numbers: counting took too long.")


@dataclass(frozen=True, slots=True)
class Facets:
    """The number of matches with each tag, by the tag's id; None if it is not known.

    ``note`` says which matches were counted if not all, or why there are no numbers.
    """

    counts: Mapping[int, CappedCount | None]
    note: str = ""


def count_facets(query: Query) -> Facets:
    """Count the tags of the newest 10,000 returns that match the query."""
    vocabulary = load_vocabulary()
    no_counts = dict.fromkeys(vocabulary)
    filterset = ReturnFilterSet(query, vocabulary)
    if problems := filterset.problems():
        return Facets(no_counts, _("No numbers: %(problem)s") % {"problem": problems[0]})
    try:
        with time_limit(FACETS_TIME_LIMIT_MS):
            matches, counts_by_tag = _count(filterset)
            is_cut_short = filterset.search_is_cut_short()
    except QueryTimeoutError:
        return Facets(no_counts, _(COUNTING_TOOK_TOO_LONG))
    is_capped = matches > FACET_CAP
    more = is_capped or is_cut_short
    counts = {tag_id: CappedCount(counts_by_tag.get(tag_id, 0), more) for tag_id in vocabulary}
    return Facets(counts, _note(is_capped=is_capped, is_cut_short=is_cut_short))


def _note(*, is_capped: bool, is_cut_short: bool) -> str:
    if is_capped:
        return _("Counted over the newest %(count)s matches.") % {"count": grouped(FACET_CAP)}
    if is_cut_short:
        return _("Counted over the first matches of the search. Type more to narrow it.")
    return ""


def _count(filterset: ReturnFilterSet) -> tuple[int, dict[int, int]]:
    """Return the number of matches, at most the cap plus one, and the number with each tag."""
    matches = filterset.newest_first().values_list("pk", "created_at")[: FACET_CAP + 1]
    sql, parameters = matches.query.sql_with_params()
    statement = COUNT_TAGS_SQL.format(matches=sql, taggings=ReturnTag._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, FACET_CAP])
        numbers: dict[int | None, int] = dict(cursor.fetchall())
    return numbers.pop(None), {key: number for key, number in numbers.items() if key is not None}


# Tags are looked up by the return's id, in an index that holds just these two.
COUNT_TAGS_SQL = """
    WITH matches (id, created_at) AS MATERIALIZED ({matches}),
    newest AS (SELECT id FROM matches ORDER BY created_at DESC, id DESC LIMIT %s)
    SELECT NULL::bigint, count(*) FROM matches
    UNION ALL
    SELECT carried.tag_id, count(*)
    FROM newest JOIN {taggings} carried ON carried.entity_id = newest.id
    GROUP BY carried.tag_id
"""
