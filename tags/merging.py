"""Merge tags into another tag: it gets their records, and their names become its synonyms."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from config.numbers import grouped
from config.stored_texts import StoredText, stored_text
from tags import history, tagging
from tags.editing import lift_statement_timeout
from tags.history import EntryChange, entry_change, snapshot
from tags.models import Tag
from tags.sentences import joined
from tags.tagging import Person
from tags.usage import MAX_COUNTED_USES, count_text
from tags.vocabulary import VocabularyError


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of a merge.

    ``records`` have one of the merged tags; ``duplicates`` of them have ``into`` too. Both are
    exact up to ``MAX_COUNTED_USES`` records; one more of these means "or more". ``conflict`` says
    which records prevent the merge, "" if none do.
    """

    merged: list[Tag]
    into: Tag
    records: int
    duplicates: int
    conflict: str

    @property
    def records_text(self) -> str:
        """Return the number of records for display."""
        return count_text(self.records)

    @property
    def duplicates_text(self) -> str:
        """Return the number of records that have ``into`` too, "" if there are none."""
        if self.records > MAX_COUNTED_USES:
            return f"{grouped(self.duplicates)}+"
        return grouped(self.duplicates) if self.duplicates else ""


def preview(merged: Sequence[Tag], into: Tag) -> Preview:
    """Count the effect of a merge without merging.

    Raises ``VocabularyError`` if these tags cannot be merged, whatever the records.
    """
    _check(merged, into)
    ids = [tag.pk for tag in merged]
    records = duplicates = 0
    for kind in tagging.kinds_of_tagging():
        affected, with_both = tagging.count_affected(kind, ids, into.pk, MAX_COUNTED_USES + 1)
        records, duplicates = records + affected, duplicates + with_both
    return Preview(list(merged), into, records, duplicates, _describe_conflict(ids, into))


def merge(merged: Sequence[Tag], into: Tag, by: Person) -> int:
    """Merge tags into another one and return the number of taggings moved.

    Anybody who adds one of the tags at the same time waits, and then adds the remaining tag.
    Raises ``VocabularyError``, and changes nothing, if they cannot be merged or if records would
    have two tags of an exclusive group.
    """
    with transaction.atomic(), tagging.done_by(by):
        lift_statement_timeout()
        rows = Tag.names.select_for_update().filter(pk__in=[into.pk, *(t.pk for t in merged)])
        locked = {tag.pk: tag for tag in rows.order_by("pk")}
        merged = [locked[tag.pk] for tag in merged if tag.pk in locked]
        into = locked.get(into.pk, into)
        _check(merged, into)
        ids = [tag.pk for tag in merged]
        if conflict := _describe_conflict(ids, into):
            raise VocabularyError(conflict)
        action = history.record_action(_describe(merged, into), _changes(merged, into), by)
        kinds = tagging.kinds_of_tagging()
        with tagging.as_part_of(action):
            moved = sum(tagging.merge_taggings(kind, ids, into.pk, action) for kind in kinds)
        for change in action.changes:
            if change["id"] != into.pk:
                _turn_into_synonym(change, into)
    return moved


def _describe(merged: Sequence[Tag], into: Tag) -> StoredText:
    names = joined((stored_text("“%(name)s”", name=tag.stored_name) for tag in merged), ", ")
    return stored_text("Merged %(names)s into “%(into)s”.", names=names, into=into.stored_name)


def _changes(merged: Sequence[Tag], into: Tag) -> list[EntryChange]:
    """Return the changes to record: merged tags and their synonyms become synonyms of ``into``."""
    synonyms = list(Tag.names.select_for_update().filter(synonym_of__in=merged).order_by("pk"))
    new = {"synonym_of_id": into.pk}
    return [
        *(entry_change(each, snapshot(each), snapshot(each) | new) for each in synonyms),
        *(
            entry_change(tag, snapshot(tag), snapshot(tag) | new | {"group_id": None})
            for tag in merged
        ),
        # Unchanged, but listed so that the merge appears in the history of this tag.
        entry_change(into, snapshot(into), snapshot(into)),
    ]


def _turn_into_synonym(change: EntryChange, into: Tag) -> None:
    Tag.names.filter(pk=change["id"]).update(
        group=None, slot=None, synonym_of=into, synonym_slot=into.slot
    )


def _check(merged: Sequence[Tag], into: Tag) -> None:
    if not merged:
        raise VocabularyError(_("Choose at least one other tag to merge."))
    if into in merged:
        raise VocabularyError(_("“%(tag)s” cannot be merged into itself.") % {"tag": into})
    for tag in (*merged, into):
        if tag.synonym_of_id:
            raise VocabularyError(
                _("“%(tag)s” has been merged into another tag. Start again.") % {"tag": tag}
            )
    if into.retired_at:
        raise VocabularyError(
            _("“%(tag)s” is retired. Bring it back before you merge into it.") % {"tag": into}
        )


def _describe_conflict(ids: list[int], into: Tag) -> str:
    """Name the records that would have two tags of the exclusive group; "" if none would."""
    for kind in tagging.kinds_of_tagging():
        conflicts = tagging.find_merge_conflicts(kind, ids, into.pk)
        if conflicts.count:
            return _(
                "%(group)s allows only one tag, but another tag of it is on %(records)s: "
                "%(examples)s. Remove one of the two tags there first."
            ) % {
                "group": into.group,
                "records": tagging.count_label(kind, conflicts.count),
                "examples": tagging.example_names(kind, conflicts.first),
            }
    return ""
