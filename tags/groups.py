"""Read the groups of tags."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Value

from tags.models import NameKey, TagGroup

# The group of new tags from the feed or a file, until somebody sorts them.
UNSORTED = "Unsorted"
FIND_GROUPS = """
    SELECT n.name, g.id FROM unnest(%s::text[]) AS n (name)
    JOIN tags_taggroup g ON g.name_key = tags_name_key(n.name)
"""


def find_groups(names: list[str]) -> dict[str, TagGroup]:
    """Map each name to its group, ignoring case. Names of no group are left out."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_GROUPS, [names])
        ids = dict(cursor.fetchall())
    groups = TagGroup.objects.in_bulk(set(ids.values()))
    return {name: groups[group_id] for name, group_id in ids.items() if group_id in groups}


def find_group(name: str) -> TagGroup | None:
    """Return the group with this name, ignoring case, or None."""
    return TagGroup.objects.filter(name_key=NameKey(Value(name.strip()))).first()


def group_names(ids: Iterable[int]) -> dict[int, str]:
    """Map each id to the name of its group, including groups without tags."""
    return dict(TagGroup.objects.filter(pk__in=list(ids)).values_list("id", "name"))


def groups_for_new_tags() -> list[TagGroup]:
    """Return every group, "Unsorted" first.

    Enter in the form takes the first group, and a slip does no harm in that one.
    """
    return sorted(TagGroup.objects.all(), key=lambda group: group.name != UNSORTED)
