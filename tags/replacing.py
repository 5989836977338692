"""Replace all tags of a record, for programs, as one action that can be undone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.conf import settings
from django.db import transaction

from config.shipped_names import stored_tag
from config.stored_texts import StoredText, Value, stored_text, to_stored
from tags import history, tagging
from tags.deadlocks import retry_deadlocks
from tags.models import Tag, Tagging
from tags.sent_names import find_or_create
from tags.sentences import joined
from tags.vocabulary import clean_tag_name


@dataclass(frozen=True, slots=True)
class Replacement:
    """The names of the record's tags, and of those added and removed.

    ``given_way`` maps each requested tag that was not added to the one of its exclusive group with
    the higher rank.
    """

    tags: list[str]
    added: list[str]
    removed: list[str]
    given_way: dict[str, str] = field(default_factory=dict)


def replace_tags(
    kind: type[Tagging],
    entity_id: int,
    names: Sequence[str],
    *,
    program: StoredText | str,
    check: Callable[[], None] = lambda: None,
) -> Replacement:
    """Give a record exactly these tags. Unknown names become tags of the group "Unsorted".

    Names may be synonyms, in any case. ``program`` names the program on timelines and in the
    history. ``check`` is called once the record is locked, and may raise an error. If the record
    has these tags already, no action is recorded. Raises
    ``VocabularyError`` for a name that no tag can have, and ``TooManyTagsError`` for more tags than
    a record may have.
    """
    cleaned = [clean_tag_name(name) for name in names]
    return retry_deadlocks(lambda: _replace(kind, entity_id, cleaned, program, check))


@transaction.atomic
def _replace(
    kind: Any,
    entity_id: int,
    names: list[str],
    program: StoredText | str,
    check: Callable[[], None],
) -> Replacement:
    # Lock before reading: others may tag the same record.
    tagging.lock_records(kind, [entity_id])
    check()
    requested, given_way = without_conflicts(find_or_create(names).values())
    present = set(kind.objects.filter(entity=entity_id).values_list("tag_id", flat=True))
    # In display order.
    tags = {tag.pk: tag for tag in Tag.objects.filter(pk__in=requested | present)}
    adds = [pk for pk in tags if pk in requested - present]
    removes = [pk for pk in tags if pk in present - requested]
    replacement = Replacement(
        tags=[tag.name for pk, tag in tags.items() if pk in requested],
        added=[tags[pk].name for pk in adds],
        removed=[tags[pk].name for pk in removes],
        given_way=given_way,
    )
    if adds and len(requested) > settings.RETURN_TAGS:
        raise tagging.TooManyTagsError(tagging.describe_bound(kind))
    if adds or removes:
        description = describe_replacement(kind, entity_id, replacement, program)
        action = history.record_action(description, [], by=None)
        with pghistory.context(program=to_stored(program)):
            tagging.tag_batch(kind, [entity_id], adds, removes, action, by=None)
    return replacement


def without_conflicts(tags: Iterable[Tag]) -> tuple[set[int], dict[str, str]]:
    """Keep only the tag with the highest rank of each exclusive group.

    Returns the ids of the remaining tags, and the dropped tags by name with the one kept instead.
    """
    remaining: set[int] = set()
    dropped: dict[str, str] = {}
    first_of_slot: dict[int | None, Tag] = {}
    for tag in sorted(set(tags), key=lambda tag: (tag.position, tag.pk)):
        first = first_of_slot.setdefault(tag.slot or -tag.pk, tag)
        if first == tag:
            remaining.add(tag.pk)
        else:
            dropped[tag.name] = first.name
    return remaining, dropped


def describe_replacement(
    kind: Any, entity_id: int, replacement: Replacement, program: StoredText | str
) -> StoredText:
    """Return for example "Return-1, by the API token “Shop”: added books; removed apparel."."""
    values: dict[str, Value] = {
        "record": tagging.example_names(kind, [entity_id]),
        "program": program,
        "added": joined(map(stored_tag, replacement.added), ", "),
        "removed": joined(map(stored_tag, replacement.removed), ", "),
    }
    if replacement.added and replacement.removed:
        return stored_text(
            "%(record)s, by %(program)s: added %(added)s; removed %(removed)s.", **values
        )
    if replacement.added:
        return stored_text("%(record)s, by %(program)s: added %(added)s.", **values)
    return stored_text("%(record)s, by %(program)s: removed %(removed)s.", **values)
