"""Filters as they are kept, with tags and groups by their ids, and as people read them."""

from collections.abc import Mapping
from typing import Any

from returns.filters.fields import TAG_PARAMETERS
from returns.filters.query import Query
from tags.vocabulary import (
    TagChip,
    canonical_names,
    find_groups,
    group_names,
    resolve_ids,
    tag_names,
)

Words = Mapping[int, TagChip]


def ids_of_tags(names: list[str], vocabulary: Words) -> list[int]:
    """Return the ids of tags by their names, or 0 for what is no tag."""
    ids = {chip.name: chip.id for chip in vocabulary.values()}
    meant = canonical_names([name for name in names if name not in ids])
    return sorted({ids.get(meant.get(name, name), 0) for name in names})


def ids_of_groups(names: list[str]) -> list[int]:
    """Return the ids of groups by their names, or 0 for what is no group."""
    groups = find_groups(names)
    return sorted({groups[name].pk if name in groups else 0 for name in names})


def query_of(parameters: Mapping[str, Any], words: Words) -> Query:
    """Return a kept filter in the filter language; of a merged tag, by what it means now.

    A tag or group that is gone keeps a name that none has: the list names it and is empty.
    """
    lists: dict[str, list[str]] = {}
    groups = {chip.group_id: chip.group for chip in words.values()}
    for name, values in parameters.items():
        if name in TAG_PARAMETERS:
            values = [words[pk].name if pk in words else _merged_or_gone(pk) for pk in values]
        elif name == "missing_group":
            values = [groups.get(pk) or _group_without_tags(pk) for pk in values]
        lists[name] = [str(value) for value in values]
    return Query.of(lists)


def parameters_now(parameters: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """Return a kept filter with merged tags as what they mean now; it asks only if there are."""
    of_tags = {name: parameters[name] for name in TAG_PARAMETERS if name in parameters}
    gone = [pk for ids in of_tags.values() for pk in ids if pk not in words]
    if not gone:
        return parameters
    meant = resolve_ids(gone)
    now = {name: sorted({meant.get(pk, pk) for pk in ids}) for name, ids in of_tags.items()}
    return {**parameters, **now}


def _merged_or_gone(pk: int) -> str:
    return tag_names([pk]).get(pk, f"deleted tag {pk}")


def _group_without_tags(pk: int) -> str:
    return group_names([pk]).get(pk, f"deleted group {pk}")
