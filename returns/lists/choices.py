"""What the form of a list offers besides fields: the states and the sorts."""

from dataclasses import dataclass

from config.text import capitalized
from returns.filters.counts import CappedCount
from returns.filters.form import default_sort
from returns.filters.query import Query
from returns.filters.words import SORT_LABELS


@dataclass(frozen=True, slots=True)
class StateChoice:
    """A state as the filter offers it."""

    value: str
    label: str
    count: CappedCount
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SortChoice:
    """A sort of a list as a select offers it; its ``value`` is "" for the usual one."""

    value: str
    label: str
    is_chosen: bool


def sort_choices(query: Query, sort: str) -> list[SortChoice]:
    """Return the sorts of a list that has this one; the usual one of the query is first."""
    usual = "" if query.get("q") else default_sort(query)
    others = [value for value in SORT_LABELS if value not in {"", usual}]
    return [
        SortChoice(
            value="" if value == usual else value,
            label=capitalized(str(SORT_LABELS[value])),
            is_chosen=value == sort,
        )
        for value in (usual, *others)
    ]
