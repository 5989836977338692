"""Filters as they are stored, with tags and groups as ids, and as queries, with names."""

from collections.abc import Mapping
from typing import Any

from returns.carriers.meaning import carrier_name, keys_with_the_meaning
from returns.filters.fields import DELETED_GROUP, DELETED_TAG, TAG_PARAMETERS
from returns.filters.query import Query
from tags.groups import find_groups, group_names
from tags.vocabulary import (
    Vocabulary,
    canonical_names,
    resolve_ids,
    tag_names,
)


def find_tag_ids(names: list[str], vocabulary: Vocabulary) -> list[int]:
    """Return the sorted ids of tags by name; 0 stands for a name that is no tag."""
    ids = {chip.name: chip.id for chip in vocabulary.values()}
    meant = canonical_names([name for name in names if name not in ids])
    return sorted({ids.get(meant.get(name, name), 0) for name in names})


def find_group_ids(names: list[str]) -> list[int]:
    """Return the sorted ids of groups by name; 0 stands for a name that is no group."""
    groups = find_groups(names)
    return sorted({groups[name].pk if name in groups else 0 for name in names})


def to_query(parameters: Mapping[str, Any], vocabulary: Vocabulary) -> Query:
    """Return the query of a stored filter, with the current names of its tags and groups.

    A merged tag appears as the tag that it was merged into. A deleted tag or group appears under
    a name that does not exist: the list then names it and is empty.
    """
    lists: dict[str, list[str]] = {}
    groups = {chip.group_id: chip.group for chip in vocabulary.values()}
    for name, values in parameters.items():
        if name in TAG_PARAMETERS:
            values = [
                vocabulary[pk].name if pk in vocabulary else _merged_or_deleted(pk) for pk in values
            ]
        elif name == "missing_group":
            values = [groups.get(pk) or _group_without_tags(pk) for pk in values]
        lists[name] = [str(value) for value in values]
    return Query.from_lists(lists)


def resolve_merged_tags(parameters: Mapping[str, Any], vocabulary: Vocabulary) -> Mapping[str, Any]:
    """Return a stored filter with each merged tag replaced; no query if there is none."""
    of_tags = {name: parameters[name] for name in TAG_PARAMETERS if name in parameters}
    unknown = [pk for ids in of_tags.values() for pk in ids if pk not in vocabulary]
    if not unknown:
        return parameters
    meant = resolve_ids(unknown)
    resolved = {name: sorted({meant.get(pk, pk) for pk in ids}) for name, ids in of_tags.items()}
    return {**parameters, **resolved}


def resolve_names(parameters: Mapping[str, Any], vocabulary: Vocabulary) -> Mapping[str, Any]:
    """Return a stored filter to be compared with others: merged tags and carriers are replaced.

    A carrier is given by its name, whatever spelling the filter has.
    """
    resolved = resolve_merged_tags(parameters, vocabulary)
    if "carrier" not in resolved:
        return resolved
    return {**resolved, "carrier": [carrier_name(str(text)) for text in resolved["carrier"]]}


def meanings(parameters: Mapping[str, Any], vocabulary: Vocabulary) -> list[Any]:
    """Return what the names in a stored filter mean now: its tags, and spellings of its carrier.

    Not the texts of returns: a return with a new text is judged anew by itself.
    """
    resolved = resolve_merged_tags(parameters, vocabulary)
    carriers = (keys_with_the_meaning(str(text)) for text in parameters.get("carrier", ()))
    return [sorted(resolved.items()), *carriers]


def _merged_or_deleted(pk: int) -> str:
    return tag_names([pk]).get(pk, f"{DELETED_TAG}{pk}")


def _group_without_tags(pk: int) -> str:
    return group_names([pk]).get(pk, f"{DELETED_GROUP}{pk}")
