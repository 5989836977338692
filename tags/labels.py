"""Tags and groups by their labels: the names that the desk brought along, in each language.

A label means its entry only while that still has the name that it was shipped with.
"""

from collections.abc import Iterable

from config.shipped_names import shipped_name
from tags.models import Tag, TagGroup


def tags_labelled(labels: Iterable[str], *, loosely: bool = False) -> dict[str, Tag]:
    """Map each label of a tag, in any language, to the tag; see ``shipped_name``."""
    names = {label: shipped_name("tag", label, loosely=loosely) for label in labels}
    if not any(names.values()):
        return {}
    found = Tag.objects.select_related("group").filter(name__in=set(names.values()))
    tags = {tag.name: tag for tag in found}
    return {label: tags[name] for label, name in names.items() if name in tags}


def tag_labelled(label: str, *, loosely: bool = False) -> Tag | None:
    """Return the tag that has this label in one of the languages, or None."""
    return tags_labelled([label], loosely=loosely).get(label)


def group_labelled(label: str) -> TagGroup | None:
    """Return the group that has this label in one of the languages, or None."""
    name = shipped_name("group of tags", label)
    return TagGroup.objects.filter(name=name).first() if name else None
