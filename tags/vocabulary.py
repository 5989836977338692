"""The vocabulary: read it, create and change tags. The only writer of tags."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Count, ProtectedError, Value

from tags.models import NameKey, Tag, Tagging, TagGroup

# Where tags wait that nobody has sorted yet.
UNSORTED = "Unsorted"
NAME_LENGTH = 50  # characters
# Records that carry a tag are counted up to here.
COUNTED_USES = 10_000
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

    def __str__(self) -> str:
        return self.name


def vocabulary() -> dict[int, TagChip]:
    """Return every tag by its id, in the order in which they are listed. One query."""
    rows = Tag.objects.values_list(
        "id", "name", "group__color", "group_id", "group__name", "group__exclusive"
    )
    return {
        row[0]: TagChip(*row, order=order, title=f"{row[4]}: {row[1]}")
        for order, row in enumerate(rows)
    }


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


def find_tag(name: str) -> Tag | None:
    """Return the tag of this name, whatever its case, or nothing.

    Raises ``VocabularyError`` for a name that no tag can have.
    """
    key = NameKey(Value(clean_tag_name(name)))
    return Tag.objects.select_related("group").filter(name_key=key).first()


def names_as_written(names: list[str]) -> dict[str, str]:
    """Return how the vocabulary writes each of these names; those of no tag are left out."""
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND, [names])
        return {name: written for name, _, written in cursor.fetchall()}


def find_groups(names: list[str]) -> dict[str, TagGroup]:
    """Return the group of each name, whatever its case; names of no group are left out."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_GROUPS, [names])
        ids = dict(cursor.fetchall())
    groups = TagGroup.objects.in_bulk(set(ids.values()))
    return {name: groups[group_id] for name, group_id in ids.items() if group_id in groups}


def group_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these groups by their ids, also of those without tags."""
    return dict(TagGroup.objects.filter(pk__in=list(ids)).values_list("id", "name"))


def tag_of_id(number: str) -> Tag | None:
    """Return the tag whose id a form sent, or nothing, also when it is no number."""
    try:
        return Tag.objects.filter(pk=number).first()
    except ValueError:
        return None


def groups_for_new_tags() -> list[TagGroup]:
    """Return every group, the one that Enter takes first: Unsorted, where a slip does no harm."""
    return sorted(TagGroup.objects.all(), key=lambda group: group.name != UNSORTED)


def create_tag(name: str, group: TagGroup) -> Tag:
    """Create a tag as the last of its group.

    Raises ``VocabularyError`` when the name is impossible or taken, also by somebody who
    created it at this very moment.
    """
    return save_tag(Tag(name=name, group=group))


def save_tag(tag: Tag) -> Tag:
    """Create a tag, or rename, rank or move it; its slot follows its group.

    Raises ``VocabularyError`` when the name is impossible or taken, and when records would
    carry two tags of an exclusive group.
    """
    tag.name = clean_tag_name(tag.name)
    try:
        with transaction.atomic():
            _take_the_time()
            # Lock before reading: an admin may make the group exclusive at this moment.
            tag.slot = TagGroup.objects.select_for_update(no_key=True).get(pk=tag.group_id).slot
            tag.save()
    except (IntegrityError, DataError) as error:
        raise VocabularyError(_refusal(tag, error)) from error
    return tag


def save_group(group: TagGroup) -> TagGroup:
    """Create a group, or rename, rank or colour it, or make it exclusive.

    Raises ``VocabularyError`` when the name is taken, and when the group would become exclusive
    while records carry two of its tags.
    """
    try:
        with transaction.atomic():
            _take_the_time()
            group.save()
    except (IntegrityError, DataError) as error:
        raise VocabularyError(_refusal_of_group(group, error)) from error
    return group


def find_group(name: str) -> TagGroup | None:
    """Return the group of this name, whatever its case, or nothing."""
    return TagGroup.objects.filter(name_key=NameKey(Value(name.strip()))).first()


def delete(word: Tag | TagGroup) -> None:
    """Delete a tag that no record carries, or a group without tags.

    Raises ``VocabularyError`` for one in use.
    """
    try:
        with transaction.atomic():
            word.delete()
    except (IntegrityError, ProtectedError) as error:
        raise VocabularyError(f"“{word}” is in use, so it stays.") from error


def uses_of(tag: Tag) -> str:
    """Say how many records carry the tag, counted up to ``COUNTED_USES``; "" when none does."""
    for taggings in _kinds_of_tagging():
        count = taggings._default_manager.filter(tag=tag)[: COUNTED_USES + 1].count()
        if count > COUNTED_USES:
            return f"More than {_records_carry(taggings, COUNTED_USES)} “{tag}”."
        if count:
            return f"{_records_carry(taggings, count)} “{tag}”."
    return ""


@transaction.atomic
def clashes(tags: list[Tag]) -> str:
    """Say how many records carry two or more of these tags; "" when none does."""
    _take_the_time()
    for taggings in _kinds_of_tagging():
        carried = taggings._default_manager.filter(tag__in=tags).values("entity")
        if count := carried.annotate(tags=Count("pk")).filter(tags__gt=1).count():
            return f"{_records_carry(taggings, count)} two tags of this group."
    return ""


def _take_the_time() -> None:
    """Lift the limit of a page's statements: a change of the vocabulary may touch every tagging."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


def _kinds_of_tagging() -> list[Any]:
    return Tagging.__subclasses__()


def _records_carry(taggings: Any, count: int) -> str:
    entity = taggings._meta.get_field("entity").related_model._meta
    if count == 1:
        return f"1 {entity.verbose_name} carries"
    return f"{count:,} {entity.verbose_name_plural} carry"


def _refusal_of_group(group: TagGroup, error: IntegrityError | DataError) -> str:
    if isinstance(error, DataError):
        return "This name is too long once its letters are taken apart."
    taken = find_group(group.name)
    if taken and taken.pk != group.pk:
        return f"A group of this name exists: {taken.name}."
    return f"Some records carry two tags of {group.name}, so it cannot allow only one on each."


def _refusal(tag: Tag, error: IntegrityError | DataError) -> str:
    if isinstance(error, DataError):
        return "This name is too long once its letters are taken apart."
    taken = find_tag(tag.name)
    if taken and taken.pk != tag.pk:
        return f"A tag of this name exists: {taken.name}, in {taken.group.name}."
    return f"Some records carry another tag of {tag.group.name}, which allows one on each."


@transaction.atomic
def find_or_create(names: Iterable[str]) -> dict[str, Tag]:
    """Return the tag of each name, whatever its case; an unknown one becomes a tag of "Unsorted".

    Raises ``IntegrityError`` naming the constraint when a name cannot be a tag's.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    found = _find(wanted)
    if unknown := [name for name in wanted if name not in found]:
        _create_unsorted(unknown)
        found |= _find(unknown)
    return found


def _find(names: list[str]) -> dict[str, Tag]:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [names])
        ids = {name: tag_id for name, tag_id, _ in cursor.fetchall()}
    tags = Tag.objects.in_bulk(set(ids.values()))
    return {name: tags[tag_id] for name, tag_id in ids.items() if tag_id in tags}


def _create_unsorted(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tags_taggroup (name, color, position, exclusive)
            VALUES (%s, 'gray', 100, false) ON CONFLICT (name_key) DO NOTHING""",
            [UNSORTED],
        )
        cursor.execute(CREATE, [names, UNSORTED])


FIND = """
    SELECT n.name, t.id, t.name FROM unnest(%s::text[]) AS n (name)
    JOIN tags_tag t ON t.name_key = tags_name_key(n.name)
"""

FIND_GROUPS = """
    SELECT n.name, g.id FROM unnest(%s::text[]) AS n (name)
    JOIN tags_taggroup g ON g.name_key = tags_name_key(n.name)
"""

# Sorted, so that two imports that meet the same new names wait for each other in one order.
CREATE = """
    INSERT INTO tags_tag (name, group_id, slot, position)
    SELECT DISTINCT ON (tags_name_key(n.name)) n.name, g.id, g.slot, 100
    FROM unnest(%s::text[]) AS n (name)
    JOIN tags_taggroup g ON g.name_key = tags_name_key(%s)
    ORDER BY tags_name_key(n.name), n.name
    ON CONFLICT (name_key) DO NOTHING
"""
