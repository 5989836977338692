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
from returns.filters.planning import within_reach
from returns.filters.query import Query
from returns.models import ReturnTag
from tags.vocabulary import load_vocabulary

# How many matches are counted, and how many returns are looked at to find them.
FACET_CAP, FACET_REACH = 1_000, 2_500
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
    """Count the tags of the newest 1,000 returns that match the query, as far as within reach."""
    vocabulary = load_vocabulary()
    no_counts = dict.fromkeys(vocabulary)
    filterset = ReturnFilterSet(query, vocabulary)
    if problems := filterset.problems():
        return Facets(no_counts, _("No numbers: %(problem)s") % {"problem": problems[0]})
    try:
        with time_limit(FACETS_TIME_LIMIT_MS):
            ids, is_capped = _newest_ids(filterset)
            counts_by_tag = _count(ids)
            is_cut_short = filterset.search_is_cut_short()
    except QueryTimeoutError:
        return Facets(no_counts, _(COUNTING_TOOK_TOO_LONG))
    more = is_capped or is_cut_short
    counts = {tag_id: CappedCount(counts_by_tag.get(tag_id, 0), more) for tag_id in vocabulary}
    counted = len(ids) if is_capped else None
    return Facets(counts, _note(counted, is_cut_short=is_cut_short))


def _note(counted: int | None, *, is_cut_short: bool) -> str:
    if counted is not None:
        return _("Counted over the newest %(count)s matches.") % {"count": grouped(counted)}
    if is_cut_short:
        return _("Counted over the first matches of the search. Type more to narrow it.")
    return ""


def _newest_ids(filterset: ReturnFilterSet) -> tuple[list[int], bool]:
    """Return the ids of the newest matches, and whether there may be more."""
    ids = [match.pk for match in filterset.newest.matches]
    near, is_cut = within_reach(filterset.newest_first(), filterset.newest, FACET_REACH)
    if near is not None:
        in_order = near.in_order_of("created_at", descending=True)
        ids = list(in_order.values_list("pk", flat=True)[: FACET_CAP + 1])
    return ids[:FACET_CAP], is_cut or len(ids) > FACET_CAP


def _count(ids: list[int]) -> dict[int, int]:
    """Return the number of these returns with each tag."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_TAGS_SQL, [ids])
        return dict(cursor.fetchall())


# Tags are looked up by the return's id, in an index that holds just these two.
COUNT_TAGS_SQL = f"""
    SELECT carried.tag_id, count(*)
    FROM unnest(%s::bigint[]) AS newest (id)
    JOIN {ReturnTag._meta.db_table} carried ON carried.entity_id = newest.id
    GROUP BY carried.tag_id
"""  # noqa: S608 - the name of our own table
