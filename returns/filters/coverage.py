"""Compare stored filters: whether one of them matches whatever another one matches."""

from collections.abc import Iterable, Mapping
from typing import Any

from returns.filters.conditions import ConditionSet
from returns.filters.stored import resolve_names, to_query
from returns.models import DeadlinePolicy
from tags.vocabulary import Vocabulary

# The more values these have, the fewer returns match; of the others that keep lists, the more.
ALL_OF = {"tag", "tag_none", "missing", "missing_group"}
ANY_OF = {"state", "tag_any", "item"}


def covers(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    """Tell whether a stored filter surely matches every return that another one matches.

    False also if that cannot be told from the values alone. Merged tags and spellings of carriers
    must have been resolved, see ``resolve_names``.
    """
    return all(
        name in narrow and _is_wider(name, values, narrow[name]) for name, values in wide.items()
    )


def _is_wider(name: str, wide: Any, narrow: Any) -> bool:
    if name in ALL_OF:
        return set(wide) <= set(narrow)
    if name in ANY_OF:
        return set(narrow) <= set(wide)
    return bool(wide == narrow)


def first_that_covers(
    policies: Iterable[DeadlinePolicy], parameters: Mapping[str, Any], vocabulary: Vocabulary
) -> DeadlinePolicy | None:
    """Return the first policy that matches whatever this filter matches, if there is one."""
    narrow = resolve_names(parameters, vocabulary)
    for policy in policies:
        query = to_query(policy.parameters, vocabulary)
        is_valid = not ConditionSet(query, vocabulary).problems()
        if is_valid and covers(resolve_names(policy.parameters, vocabulary), narrow):
            return policy
    return None
