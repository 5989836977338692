"""The vocabulary to read: tags, their groups, what a name means; and tags that are new.

Whoever changes or removes a tag or a group goes through ``tags.editing`` and ``tags.merging``.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import OuterRef, Value

from tags.models import NameKey, Tag, TagGroup

# Where tags wait that nobody has sorted yet.
UNSORTED = "Unsorted"
NAME_LENGTH = 50  # characters
# Control characters, invisible ones, and halves of characters.
UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs"}


class VocabularyError(ValidationError):
    """A name, or a change, that the vocabulary refuses; says why in words."""


@dataclass(frozen=True, slots=True)
class TagChip:
    """A tag as pages show it. ``order`` sorts by group, then by the rank in the group."""

    id: int
    name: str
    color: str
    group_id: int
    group: str
    exclusive: bool
    order: int
    title: str
    retired: bool = False
    description: str = ""
    synonyms: tuple[str, ...] = ()
    # The stage from which on a record must carry a tag of the group; "" for none.
    required_when: str = ""
    raises: bool = False

    def __str__(self) -> str:
        return self.name


def vocabulary() -> dict[int, TagChip]:
    """Return every tag by its id, in the order in which they are listed. One query."""
    known = Tag.names.filter(is_forgotten=False)
    synonyms = known.filter(synonym_of=OuterRef("pk")).order_by("name").values("name")
    rows = Tag.objects.values_list(
        *("id", "name", "group__color", "group_id", "group__name", "group__exclusive"),
        *("retired_at", "description", ArraySubquery(synonyms), "group__required_when", "raises"),
    )
    return {row[0]: _chip(order, row) for order, row in enumerate(rows)}


def _chip(order: int, row: tuple[Any, ...]) -> TagChip:
    id_, name, color, group_id, group, exclusive, retired_at, description, *rest = row
    synonyms, required_when, raises = rest
    title = f"{group}: {name}"
    title += f", {description}" if description else ""
    title += " (retired)" if retired_at else ""
    retired = retired_at is not None
    return TagChip(
        *(id_, name, color, group_id, group, exclusive, order, title),
        *(retired, description, tuple(synonyms), required_when, raises),
    )


def chips(tag_ids: Iterable[int], words: dict[int, TagChip]) -> list[TagChip]:
    """Return these tags in the order of the vocabulary ``words``; unknown ids are left out."""
    return sorted((words[id_] for id_ in tag_ids if id_ in words), key=lambda chip: chip.order)


def clean_tag_name(name: str) -> str:
    """Return the name without stray spaces. Raises ``VocabularyError`` for an impossible one."""
    name = unicodedata.normalize("NFC", name.strip())
    if any(unicodedata.category(character) in UNSEEN_CATEGORIES for character in name):
        raise VocabularyError("A tag's name cannot hold characters that cannot be seen.")
    name = " ".join(name.split())
    if not name:
        raise VocabularyError("Type the name of a tag.")
    if "," in name:
        raise VocabularyError("A tag's name cannot hold a comma.")
    if len(name) > NAME_LENGTH:
        raise VocabularyError(
            f"A tag's name has at most {NAME_LENGTH} characters; this has {len(name)}."
        )
    return name


# What a name means


def find_tag(name: str) -> Tag | None:
    """Return the tag that this name means, whatever its case, or nothing.

    Raises ``VocabularyError`` for a name that no tag can have.
    """
    found = find_name(name)
    return meant_by(found.pk) if found else None


def find_name(name: str) -> Tag | None:
    """Return the tag or the synonym of this very name, whatever its case, or nothing.

    Raises ``VocabularyError`` for a name that no tag can have.
    """
    names = Tag.names.select_related("group", "synonym_of__group")
    return names.filter(name_key=NameKey(Value(clean_tag_name(name)))).first()


def meant_by(tag_id: int) -> Tag | None:
    """Return the tag of this id, or what it was merged into, or nothing."""
    found = Tag.names.select_related("group", "synonym_of__group").filter(pk=tag_id).first()
    return found and (found.synonym_of or found)


def meant_ids(ids: Iterable[int]) -> dict[int, int]:
    """Return the id of the tag that each of these means by now; of a tag that is gone, none."""
    found = Tag.names.filter(pk__in=list(ids)).values_list("id", "synonym_of")
    return {id_: meant or id_ for id_, meant in found}


def names_that_mean(tag_id: int) -> list[int]:
    """Return the ids of the tag and of the names that mean it, merged tags among them."""
    return [tag_id, *Tag.names.filter(synonym_of=tag_id).values_list("id", flat=True)]


def tag_of_id(number: str) -> Tag | None:
    """Return the tag whose id a form sent, or nothing, also when it is no number."""
    try:
        return meant_by(int(number))
    except ValueError:
        return None


def names_as_written(names: list[str]) -> dict[str, str]:
    """Return the name of the tag that each of these means; those of no tag are left out."""
    return {name: written for name, _, written in _find(names)}


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these tags by their ids, also of those that were merged into others."""
    found = Tag.names.filter(pk__in=list(ids)).values_list("id", "name", "synonym_of__name")
    return {id_: meant or name for id_, name, meant in found}


def synonyms_of(tag: Tag) -> list[Tag]:
    """Return the other names of a tag."""
    return list(Tag.names.filter(synonym_of=tag, is_forgotten=False).order_by("name"))


def find_groups(names: list[str]) -> dict[str, TagGroup]:
    """Return the group of each name, whatever its case; names of no group are left out."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_GROUPS, [names])
        ids = dict(cursor.fetchall())
    groups = TagGroup.objects.in_bulk(set(ids.values()))
    return {name: groups[group_id] for name, group_id in ids.items() if group_id in groups}


def find_group(name: str) -> TagGroup | None:
    """Return the group of this name, whatever its case, or nothing."""
    return TagGroup.objects.filter(name_key=NameKey(Value(name.strip()))).first()


def group_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these groups by their ids, also of those without tags."""
    return dict(TagGroup.objects.filter(pk__in=list(ids)).values_list("id", "name"))


def groups_for_new_tags() -> list[TagGroup]:
    """Return every group, the one that Enter takes first: Unsorted, where a slip does no harm."""
    return sorted(TagGroup.objects.all(), key=lambda group: group.name != UNSORTED)


# Names that the feed or a file brings


@transaction.atomic
def find_or_create(names: Iterable[str]) -> dict[str, Tag]:
    """Return the tag that each name means; an unknown one becomes a tag of "Unsorted".

    Raises ``IntegrityError`` naming the constraint when a name cannot be a tag's.
    """
    wanted = sorted(set(names))
    found = _tags(wanted)
    if unknown := [name for name in wanted if name not in found]:
        _create_unsorted(unknown)
        found |= _tags(unknown)
    return found


def _tags(names: list[str]) -> dict[str, Tag]:
    ids = {name: tag_id for name, tag_id, _ in _find(names)}
    tags = Tag.objects.in_bulk(set(ids.values()))
    return {name: tags[tag_id] for name, tag_id in ids.items() if tag_id in tags}


def _find(names: list[str]) -> list[tuple[str, int, str]]:
    if not names:
        return []
    with connection.cursor() as cursor:
        cursor.execute(FIND, [names])
        found: list[tuple[str, int, str]] = cursor.fetchall()
        return found


def _create_unsorted(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tags_taggroup
                (name, color, position, exclusive, required_when, description)
            VALUES (%s, 'gray', 100, false, '', '') ON CONFLICT (name_key) DO NOTHING""",
            [UNSORTED],
        )
        cursor.execute(CREATE, [names, UNSORTED])


FIND = """
    SELECT n.name, coalesce(meant.id, t.id), coalesce(meant.name, t.name)
    FROM unnest(%s::text[]) AS n (name)
    JOIN tags_tag t ON t.name_key = tags_name_key(n.name)
    LEFT JOIN tags_tag meant ON meant.id = t.synonym_of_id
"""

FIND_GROUPS = """
    SELECT n.name, g.id FROM unnest(%s::text[]) AS n (name)
    JOIN tags_taggroup g ON g.name_key = tags_name_key(n.name)
"""

# Sorted, so that two imports that meet the same new names wait for each other in one order.
CREATE = """
    INSERT INTO tags_tag (name, group_id, slot, position, description)
    SELECT DISTINCT ON (tags_name_key(n.name)) n.name, g.id, g.slot, 100, ''
    FROM unnest(%s::text[]) AS n (name)
    JOIN tags_taggroup g ON g.name_key = tags_name_key(%s)
    ORDER BY tags_name_key(n.name), n.name
    ON CONFLICT (name_key) DO NOTHING
"""
