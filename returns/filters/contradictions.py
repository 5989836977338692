"""Filters that no return meets together. PostgreSQL does not know, and would read all returns."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from returns.filters.methods import TAGS
from returns.filters.queues import QUEUE_STATES, Queue
from returns.filters.sorting import ANY_STATE
from returns.models import Deadline, State
from tags.vocabulary import Vocabulary

_CREATED, _ARRIVED = frozenset({State.CREATED}), frozenset({State.ARRIVED})
_COMPLETED, _SEEN = frozenset({State.COMPLETED}), frozenset({State.ARRIVED, State.COMPLETED})
# The states of the returns that a filter can keep, by its name. The times of a return follow its
# state: the constraint ``return_state_matches_timestamps`` holds that.
STATES_OF_FILTERS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("waiting_over", "waiting_under"), _ARRIVED),
    **dict.fromkeys(("due_from", "due_by", "due_under"), _ARRIVED),
    **dict.fromkeys(("on_the_way_over", "on_the_way_under"), _CREATED),
    **dict.fromkeys(("took_over", "took_under", "took"), _COMPLETED),
    **dict.fromkeys(("completed", "completed_from", "completed_to"), _COMPLETED),
    **dict.fromkeys(("arrived", "arrived_from", "arrived_to"), _SEEN),
    **dict.fromkeys(("open_at", "arrived_weekday"), _SEEN),
}
STATES_OF_DEADLINES = {
    Deadline.LATE: _ARRIVED,
    Deadline.AT_RISK: _ARRIVED,
    Deadline.MET: _COMPLETED,
    Deadline.MISSED: _COMPLETED,
}
# Where the second value is not above the first, nothing is between them.
RANGES = (
    *((f"{event}_from", f"{event}_to") for event in ("created", "arrived", "completed")),
    # What was open at a moment had arrived before, and was not yet completed.
    ("arrived_from", "open_at"),
    ("open_at", "completed_to"),
    ("took_over", "took_under"),
    ("value_over", "value_under"),
    ("due_from", "due_by"),
    ("waiting_over", "waiting_under"),
    ("on_the_way_over", "on_the_way_under"),
)


def is_contradiction(values: Mapping[str, Any], vocabulary: Vocabulary) -> bool:
    """Tell whether the cleaned values of filters exclude each other, whatever the returns."""
    states = (_states(name, value) for name, value in values.items())
    return (
        not reduce(frozenset.intersection, states, ANY_STATE)
        or any(_is_empty(values, *names) for names in RANGES)
        or _tags_exclude_each_other(values, vocabulary)
    )


def _is_empty(values: Mapping[str, Any], low: str, high: str) -> bool:
    return low in values and high in values and bool(values[low] >= values[high])


def _states(name: str, value: Any) -> frozenset[str]:
    if name == "state":
        return frozenset(value)
    if name == "queue":
        return frozenset({QUEUE_STATES[Queue(value)]})
    if name == "deadline":
        return STATES_OF_DEADLINES[Deadline(value)]
    return STATES_OF_FILTERS.get(name, ANY_STATE)


def _tags_exclude_each_other(values: Mapping[str, Any], vocabulary: Vocabulary) -> bool:
    needed, one_of = set(values.get("tag", ())), set(values.get("tag_any", ()))
    if TAGS in values.get("missing", ()) and (needed or one_of):
        return True
    groups = values.get("missing_group", ())
    barred = {chip.name for chip in vocabulary.values() if chip.group in groups}
    barred.update(values.get("tag_none", ()))
    return bool(needed & barred) or bool(one_of and one_of <= barred)
