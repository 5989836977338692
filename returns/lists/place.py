"""The place of an open return in the list that it was opened from: its neighbours, its position."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from config.numbers import grouped
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import FILTERED_CAP, CappedCount, count_parts
from returns.filters.filterset import ReturnFilterSet
from returns.filters.paging import PAGE_SIZE, read_rows
from returns.filters.query import Query
from returns.lists.links import PAGE_PARAMETER, QUEUE_PAGE, ListLinks
from returns.lists.reading import list_parts, list_queryset, row_groups, urgent_tags
from returns.models import Return
from returns.querysets import ReturnQuerySet
from tags.vocabulary import Vocabulary

# For each query about the place, and for counting. The page of a return can do without.
PLACE_TIME_LIMIT_MS, COUNT_TIME_LIMIT_MS = 400, 100
# Rows above the return on the page of the list that one goes back to, if its position is unknown.
ROWS_ABOVE = 10


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where a list leads from one of its returns: to its neighbours, if any, and to its row.

    ``position`` says where the return is in the list; "" if that is not known.
    """

    list_path: str
    previous: str = ""
    next: str = ""
    position: str = ""


def find_place(query: Query, record: Return, vocabulary: Vocabulary) -> ListPlace | None:
    """Return the place of a return in the list of the query of its page (see ``ListLinks``).

    ``record`` was read ``with_tag_ids``. It may have left the list since it was opened: the list
    goes on from where it was. None if the query names no place in a list.
    """
    is_queue = query.get(PAGE_PARAMETER) == QUEUE_PAGE
    filterset = ReturnFilterSet(query.without(PAGE_PARAMETER), vocabulary)
    if "after" not in query or filterset.problems():
        return None
    base = reverse("queue" if is_queue else "return-list")
    links = ListLinks.for_filterset(filterset, base, urgent_tags(vocabulary))
    filterset.ranks()  # A search has a time limit of its own.
    try:
        with time_limit(PLACE_TIME_LIMIT_MS):
            return _find_place(filterset, record, links)
    except QueryTimeoutError:
        return ListPlace(filterset.query.without("after").path(base))


def _find_place(filterset: ReturnFilterSet, record: Return, links: ListLinks) -> ListPlace:
    here = filterset.form.cleaned_data["after"]
    groups, urgent = row_groups(filterset), list(links.urgent)
    before, after = (
        # The return itself may have moved within the list.
        [
            part.exclude(pk=record.pk)
            for part in list_parts(filterset, urgent, here, groups, backwards=back)
        ]
        for back in (True, False)
    )
    rows_before, rows_after = _count(before), _count(after)
    listed = list_queryset(filterset).among([record.pk]).first()
    # The rows above the return on its page of the list; another row ends the page before.
    above = ROWS_ABOVE
    if rows_before and not rows_before.more:
        above = rows_before.number % PAGE_SIZE
    previous = read_rows(before, limit=above + 1)
    following = read_rows(after, limit=1)
    page = filterset.query.without("after")
    if len(previous) > above:
        page = page.replace(after=links.cursor(previous[above]).encode())
    row = listed or next(iter([*following, *previous]), record)
    return ListPlace(
        list_path=f"{page.path(links.base)}#return-{row.pk}",
        previous=links.path(previous[0]) if previous else "",
        next=links.path(following[0]) if following else "",
        position=_position(
            rows_before,
            rows_after,
            is_last=not following,
            is_listed=listed is not None,
            is_here=listed is not None and links.cursor(listed) == here,
            is_cut_short=filterset.search_is_cut_short(),
        ),
    )


def _count(parts: list[ReturnQuerySet]) -> CappedCount | None:
    """Count rows up to the cap of the list; None if that takes too long."""
    try:
        return count_parts(parts, FILTERED_CAP, COUNT_TIME_LIMIT_MS)
    except QueryTimeoutError:
        return None


def _position(
    before: CappedCount | None,
    after: CappedCount | None,
    *,
    is_last: bool,
    is_listed: bool,
    is_here: bool,
    is_cut_short: bool,
) -> str:
    """Return where a return is in a list with so many others before and after its place."""
    if not is_listed:
        if is_last:
            return _("No longer in this list; nothing after it")
        return _("No longer in this list")
    if not is_here:
        return ""
    if before is None or before.more or after is None:
        return _("The last one in this list") if is_last else ""
    place = before.number + 1
    number = max(FILTERED_CAP, place) if after.more else place + after.number
    total = CappedCount(number, after.more or is_cut_short)
    text = _("%(place)s of %(total)s, the last one") if is_last else _("%(place)s of %(total)s")
    return text % {"place": grouped(place), "total": total}
