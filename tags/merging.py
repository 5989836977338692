"""Merge tags into one: their records go over to it, and their names go on meaning it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from tags import history, tagging
from tags.history import RowChange, change_of, row_of
from tags.models import Tag
from tags.tagging import Person
from tags.vocabulary import VocabularyError


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: to how many records, and which stand in its way, in words.

    ``doubles`` of the ``records`` carry the tag already, and keep it once.
    """

    merged: list[Tag]
    into: Tag
    records: int
    doubles: int
    in_the_way: str


def preview(merged: Sequence[Tag], into: Tag) -> Preview:
    """Count what merging would do, without doing it.

    Raises ``VocabularyError`` when these tags cannot be merged at all.
    """
    _check(merged, into)
    ids = [tag.pk for tag in merged]
    records = doubles = 0
    for kind in tagging.kinds_of_tagging():
        found, both = tagging.count_doubles(kind, ids, into.pk)
        records, doubles = records + found, doubles + both
    return Preview(list(merged), into, records, doubles, _in_the_way(ids, into))


def merge(merged: Sequence[Tag], into: Tag, by: Person) -> int:
    """Merge tags into one and return how many records went over to it.

    Whoever tags with one of them meanwhile waits, and then tags with the one that is left.
    Raises ``VocabularyError`` when they cannot be merged, and when records would carry two tags
    of an exclusive group; nothing is changed then.
    """
    with transaction.atomic(), tagging.done_by(by):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        locked = Tag.names.select_for_update().filter(pk__in=[into.pk, *(t.pk for t in merged)])
        found = {tag.pk: tag for tag in locked.order_by("pk")}
        merged = [found[tag.pk] for tag in merged if tag.pk in found]
        into = found.get(into.pk, into)
        _check(merged, into)
        ids = [tag.pk for tag in merged]
        if words := _in_the_way(ids, into):
            raise VocabularyError(words)
        action = history.record(_words(merged, into), _rename(merged, into), by)
        kinds = tagging.kinds_of_tagging()
        with tagging.as_part_of(action):
            moved = sum(tagging.merge_taggings(kind, ids, into.pk, action) for kind in kinds)
        for change in action.changes:
            if change["id"] != into.pk:
                _write(change, into)
    return moved


def _words(merged: Sequence[Tag], into: Tag) -> str:
    names = ", ".join(f"“{tag}”" for tag in merged)
    return f"Merged {names} into “{into}”."


def _rename(merged: Sequence[Tag], into: Tag) -> list[RowChange]:
    """Return what becomes of the names: those that meant a merged tag mean the one that is left."""
    synonyms = list(Tag.names.select_for_update().filter(synonym_of__in=merged).order_by("pk"))
    meaning = {"synonym_of_id": into.pk}
    return [
        *(change_of(each, row_of(each), row_of(each) | meaning) for each in synonyms),
        *(
            change_of(tag, row_of(tag), row_of(tag) | meaning | {"group_id": None})
            for tag in merged
        ),
        # Unchanged: so that the history of the tag that is left tells it.
        change_of(into, row_of(into), row_of(into)),
    ]


def _write(change: RowChange, into: Tag) -> None:
    Tag.names.filter(pk=change["id"]).update(
        group=None, slot=None, synonym_of=into, synonym_slot=into.slot
    )


def _check(merged: Sequence[Tag], into: Tag) -> None:
    if not merged:
        raise VocabularyError("Choose at least one tag to merge into another.")
    if into in merged:
        raise VocabularyError(f"“{into}” cannot be merged into itself.")
    for tag in (*merged, into):
        if tag.synonym_of_id:
            raise VocabularyError(f"“{tag}” was merged into another tag meanwhile. Look again.")
    if into.retired_at:
        raise VocabularyError(f"“{into}” is retired. Bring it back before merging into it.")


def _in_the_way(ids: list[int], into: Tag) -> str:
    """Name the records that would carry two tags of the exclusive group; "" when none would."""
    for kind in tagging.kinds_of_tagging():
        found = tagging.in_the_way_of_merging(kind, ids, into.pk)
        if found.count:
            return (
                f"{tagging.records_carry(kind, found.count)} another tag of {into.group}, which "
                f"allows one on each: {tagging.example_of(kind, found.first)}. "
                "Take one of the two off there first."
            )
    return ""
