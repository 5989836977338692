"""The returns that match a parsed query."""

from returns.api.conditions import build_condition
from returns.api.following import settled
from returns.api.parsed_query import ParsedQuery
from returns.api.properties import CHANGED_COLUMN
from returns.querysets import ReturnQuerySet


def find_matches(parsed: ParsedQuery) -> ReturnQuerySet:
    """Return the matches of all filters, in no order."""
    queryset: ReturnQuerySet = parsed.filterset.qs
    for bound in parsed.time_bounds:
        if bound.column == "created_at":
            queryset = queryset.created(bound.lookup, bound.moment)
        else:
            queryset = queryset.filter(**{f"{bound.column}__{bound.lookup}": bound.moment})
    if parsed.by_change:
        # Joined from the side of the changes, whose index has their order.
        queryset = queryset.filter(**{f"{CHANGED_COLUMN}__isnull": False})
    if parsed.is_settled:
        queryset = settled(queryset)
    if parsed.dqb.filters:
        queryset = queryset.filter(
            build_condition(parsed.dqb.filters, parsed.vocabulary, parsed.stored_texts)
        )
    return queryset.filter(*parsed.text_conditions)
