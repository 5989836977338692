"""Read the returns of a list, in its order."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from django.utils import timezone

from returns.carriers.names import NO_CARRIERS
from returns.filters.due import due_expression
from returns.filters.filterset import ReturnFilterSet
from returns.filters.grouping import GROUP_COLUMNS, RowGroups
from returns.filters.known_values import MAX_KNOWN_VALUES, known_values
from returns.filters.paging import Cursor, Page, ordered_parts, paginate
from returns.filters.queues import QUEUE_STATES, Queue
from returns.filters.sorting import ANY_STATE, DEFAULT_SORT, DUE_AT, Sort
from returns.models import Return
from returns.models.facts import LINE_ITEMS
from returns.querysets import VALUE_KEY, ReturnQuerySet
from tags.vocabulary import Vocabulary

# Large fields that no row shows.
FIELDS_NOT_SHOWN = (
    *("notes_key", "unknown_fields", "corrections", "feed_tags", "stamps", "line_items"),
)


def read_page(
    filterset: ReturnFilterSet, urgent: list[int], groups: RowGroups | None, size: int
) -> Page:
    """Return the page that the query of a list names; the arguments are those of ``list_parts``."""
    cleaned = filterset.form.cleaned_data
    queryset = list_queryset(filterset, among=_ids_of_first_page(filterset, groups, size))
    return paginate(
        queryset.with_comment_count().with_claimant(),
        cleaned["sort"],
        after=cleaned["after"],
        before=cleaned["before"],
        size=size,
        states=matching_states(filterset),
        ranks=filterset.ranks(),
        urgent=urgent,
        groups=groups,
    )


def _ids_of_first_page(
    filterset: ReturnFilterSet, groups: RowGroups | None, size: int
) -> list[int] | None:
    """Return the ids of the first page and one more, as far as ``newest`` has them; else None."""
    cleaned = filterset.form.cleaned_data
    is_first = cleaned["after"] is None and cleaned["before"] is None
    is_newest_first = cleaned["sort"] == Sort.parse(DEFAULT_SORT) and filterset.ranks() is None
    if not filterset.values or filterset.is_in_order:
        return None
    if not is_first or not is_newest_first or groups is not None:
        return None
    newest = filterset.newest
    ids = [match.pk for match in newest.matches[: size + 1]]
    return ids if newest.are_all or len(ids) > size else None


def list_parts(
    filterset: ReturnFilterSet,
    urgent: list[int],
    cursor: Cursor | None = None,
    groups: RowGroups | None = None,
    *,
    backwards: bool = False,
    with_items: bool = False,
) -> Iterable[ReturnQuerySet]:
    """Return the querysets that, read one after the other, give every row of the list in order.

    With a cursor, they give the rows after it, or before it with ``backwards``. ``urgent`` are
    the ids of urgent tags, in order, for a sort that puts them first. ``groups`` are those of the
    rows, see ``row_groups``. Line items are read only ``with_items``.
    """
    cleaned = filterset.form.cleaned_data
    return ordered_parts(
        list_queryset(filterset, with_items=with_items),
        cleaned["sort"],
        cursor,
        states=matching_states(filterset),
        ranks=filterset.ranks(),
        urgent=urgent,
        groups=groups,
        backwards=backwards,
    )


def row_groups(filterset: ReturnFilterSet) -> RowGroups | None:
    """Return the groups in which a valid query shows its rows; None if it does not group them.

    They are those of all returns, unless the query names one of them. With too many of them,
    there are none to show: then they have no values.
    """
    groups = grouping_of(filterset)
    if groups is None:
        return None
    name, carriers = filterset.form.cleaned_data["group"], groups.carriers
    if name in filterset.values:
        return replace(groups, values=(carriers.name(filterset.values[name]),))
    if name in filterset.values.get("missing", ()):
        return replace(groups, values=("",))
    values = carriers.names() if name == "carrier" else known_values([name])[name]
    is_known = len(values) < MAX_KNOWN_VALUES and not carriers.is_cut_short
    return RowGroups.of_values(groups.column, [*values, ""] if is_known else [], carriers)


def grouping_of(filterset: ReturnFilterSet) -> RowGroups | None:
    """Return how a query groups its rows, without the groups; None if it does not."""
    name = filterset.form.cleaned_data.get("group")
    if name not in GROUP_COLUMNS:
        return None
    carriers = filterset.carriers if name == "carrier" else NO_CARRIERS
    return RowGroups(GROUP_COLUMNS[name], (), carriers)


def urgent_tags(vocabulary: Vocabulary) -> list[int]:
    """Return the ids of the urgent tags, the most urgent first."""
    return [tag.id for tag in vocabulary.values() if tag.raises]


def list_queryset(
    filterset: ReturnFilterSet, *, with_items: bool = False, among: list[int] | None = None
) -> ReturnQuerySet:
    """Return the returns of a list, with all that their rows and its sort need.

    ``among`` are the ids of some that are known to match.
    """
    matches = filterset.qs if among is None else Return.objects.among(among)
    deferred = [name for name in FIELDS_NOT_SHOWN if name != LINE_ITEMS or not with_items]
    queryset: ReturnQuerySet = matches.with_tag_ids().defer(*deferred)
    column = filterset.form.cleaned_data["sort"].column.name
    if column == VALUE_KEY:
        return queryset.with_value_key()
    if column != DUE_AT:
        return queryset
    due_at = due_expression(filterset.vocabulary, timezone.now())
    return queryset.annotate(**{DUE_AT: due_at})


def matching_states(filterset: ReturnFilterSet) -> Collection[str]:
    """Return the states that the matches of these filters can have."""
    cleaned = filterset.form.cleaned_data
    if states := cleaned.get("state"):
        return list(states)
    return {QUEUE_STATES[Queue(queue)]} if (queue := cleaned.get("queue")) else ANY_STATE
