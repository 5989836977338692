"""All tags of a record replaced by others, by a program: one action that can be undone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.db import transaction

from tags import history, tagging
from tags.deadlocks import retry_deadlocks
from tags.models import Tag, Tagging
from tags.vocabulary import clean_tag_name, find_or_create


@dataclass(frozen=True, slots=True)
class Replaced:
    """The names of the tags that a record has now, gained and lost.

    ``given_way`` has by name each of those asked for that gave way to a higher-ranked one of its
    exclusive group.
    """

    tags: list[str]
    added: list[str]
    removed: list[str]
    given_way: dict[str, str] = field(default_factory=dict)


def replace_tags(
    kind: type[Tagging], entity_id: int, names: Sequence[str], *, program: str
) -> Replaced:
    """Let a record have these tags and no others; an unknown name becomes a tag of "Unsorted".

    A name may be a synonym, in any case. ``program`` says who did it, on timelines
    and in the history. What is so already is not touched, and leaves no action. Raises
    ``VocabularyError`` for a name that no tag can have.
    """
    cleaned = [clean_tag_name(name) for name in names]
    return retry_deadlocks(lambda: _replace(kind, entity_id, cleaned, program))


@transaction.atomic
def _replace(kind: Any, entity_id: int, names: list[str], program: str) -> Replaced:
    # Before reading: others may tag the same record.
    tagging.lock_records(kind, [entity_id])
    kept, given_way = _without_clashes(find_or_create(names).values())
    present = set(kind.objects.filter(entity=entity_id).values_list("tag_id", flat=True))
    tags = {tag.pk: tag for tag in Tag.objects.filter(pk__in=kept | present)}  # in their order
    adds, removes = ([pk for pk in tags if pk in some] for some in (kept - present, present - kept))
    names_of = [[tags[pk].name for pk in tags if pk in some] for some in (kept, adds, removes)]
    done = Replaced(names_of[0], names_of[1], names_of[2], given_way)
    if adds or removes:
        action = history.record(_words(kind, entity_id, done, program), [], by=None)
        with pghistory.context(program=program):
            tagging.tag_batch(kind, [entity_id], adds, removes, action, by=None)
    return done


def _without_clashes(tags: Iterable[Tag]) -> tuple[set[int], dict[str, str]]:
    """Keep of each exclusive group the highest-ranked tag."""
    kept: set[int] = set()
    given_way: dict[str, str] = {}
    first_of: dict[int | None, Tag] = {}
    for tag in sorted(set(tags), key=lambda tag: (tag.position, tag.pk)):
        first = first_of.setdefault(tag.slot or -tag.pk, tag)
        if first == tag:
            kept.add(tag.pk)
        else:
            given_way[tag.name] = first.name
    return kept, given_way


def _words(kind: Any, entity_id: int, done: Replaced, program: str) -> str:
    """Say what was done: "Return-1, by the API token “Shop”: added books; removed apparel."."""
    said = [
        f"{what} {', '.join(names)}"
        for what, names in (("added", done.added), ("removed", done.removed))
        if names
    ]
    return f"{tagging.example_of(kind, [entity_id])}, by {program}: {'; '.join(said)}."
