"""The numbers of a list, and the line that sums it up."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from returns.filters.counts import (
    CappedCount,
    StateCounts,
    count_by_state,
    count_matches_by_state,
)
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import default_sort
from returns.filters.words import SORT_LABELS


def list_sort(filterset: ReturnFilterSet) -> str:
    """Return the sort of a list; "" if a search ranks it."""
    if not filterset.problems() and filterset.ranks() is not None:
        return ""
    return str(filterset.query.get("sort", default_sort(filterset.query)))


def count_list(filterset: ReturnFilterSet) -> tuple[StateCounts, CappedCount]:
    """Return the number of returns in each state, and in the list as a whole."""
    counts = _count_states(filterset)
    return counts, _total(filterset, counts)


def summarize(filterset: ReturnFilterSet, counts: StateCounts, total: CappedCount) -> str:
    """Return the summary line of a list with these numbers."""
    return summary_line(total, counts, list_sort(filterset) if total.number else None)


def summary_line(total: CappedCount, counts: StateCounts, sort: str | None) -> str:
    """Return the number of returns and their order; without ``sort``, the number alone."""
    returns = ngettext("%(count)s return", "%(count)s returns", total.plural_number)
    returns %= {"count": total}
    if sort is None:
        return returns
    text = _("%(returns)s, %(order)s")
    if counts.search_is_cut_short:
        text = _("%(returns)s, %(order)s; type more to narrow the search")
    return text % {"returns": returns, "order": SORT_LABELS[sort]}


def _count_states(filterset: ReturnFilterSet) -> StateCounts:
    """Count the matches of all filters but the one by state."""
    if not filterset.has_filters_besides("state"):
        return count_by_state()
    if filterset.problems() or "state" not in filterset.values:
        return _count_list(filterset)
    cut_short = filterset.search_is_cut_short()
    matches = filterset.in_any_state()
    newest = filterset.find_newest(matches)
    return count_matches_by_state(matches, newest, cut_short=cut_short)


def _total(filterset: ReturnFilterSet, counts: StateCounts) -> CappedCount:
    """Count the list, again if the newest matches say little about the chosen states."""
    states = filterset.query.getlist("state")
    total = counts.total(states)
    if states and total.more and filterset.has_filters_besides("state"):
        return _count_list(filterset).total(states)
    return total


def _count_list(filterset: ReturnFilterSet) -> StateCounts:
    cut_short = not filterset.problems() and filterset.search_is_cut_short()
    matches = filterset.newest_first()
    newest = None if filterset.is_in_order else filterset.newest
    return count_matches_by_state(matches, newest, cut_short=cut_short)
