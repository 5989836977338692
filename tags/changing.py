"""Add and remove single tags of many records, for programs, as one action that can be undone."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.db import transaction

from config.stored_texts import StoredText, stored_text, to_stored
from tags import history, tagging
from tags.deadlocks import retry_deadlocks
from tags.models import Tag, Tagging
from tags.replacing import Replacement, describe_replacement, without_conflicts
from tags.sent_names import find_all, find_or_create
from tags.vocabulary import clean_tag_name

type Slots = dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of tags to add to a record, and to remove from it."""

    entity_id: int
    adds: Sequence[str] = ()
    removes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """The tags of a record, by name, after adding and removing some, and what changed.

    ``given_way`` maps each requested tag that was not added to the one of its exclusive group with
    the higher rank. Nothing was done to a record that ``is_left_alone``, that ``is_full``, or for
    which a tag was to be both added and removed: ``both``.
    """

    tags: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    given_way: dict[str, str] = field(default_factory=dict)
    both: str = ""
    is_left_alone: bool = False
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to do to a record: the ids of tags to add and to remove."""

    adds: frozenset[int]
    removes: frozenset[int]
    given_way: dict[str, str]
    both: str = ""

    def is_needed(self, present: Collection[int]) -> bool:
        """Tell whether it would change the tags of a record that has these."""
        if self.both:
            return False
        return not self.adds.issubset(present) or not self.removes.isdisjoint(present)


def change_tags(
    kind: type[Tagging],
    wanted: Sequence[Wanted],
    *,
    program: StoredText | str,
    left_alone: Callable[[], Collection[int]] = tuple,
) -> dict[int, Changed]:
    """Add and remove tags of records, and return what changed by the id of each that exists.

    A tag of an exclusive group replaces the other one of its group. Unknown names become tags of
    the group "Unsorted" if they are added; names may be synonyms. ``left_alone`` is asked once the
    records are locked, for the ids of those that must not be changed. Doing the same again changes
    nothing, and records no action. Raises ``VocabularyError`` for a name that no tag can have.
    """
    cleaned = [
        Wanted(
            each.entity_id,
            *([clean_tag_name(name) for name in names] for names in (each.adds, each.removes)),
        )
        for each in wanted
    ]
    return retry_deadlocks(lambda: _change(kind, cleaned, program, left_alone))


@transaction.atomic
def _change(
    kind: Any,
    wanted: Sequence[Wanted],
    program: StoredText | str,
    left_alone: Callable[[], Collection[int]],
) -> dict[int, Changed]:
    ids = sorted(each.entity_id for each in wanted)
    # Lock before reading: others may tag the same records.
    tagging.lock_records(kind, ids)
    there = tagging.existing_records(kind, ids)
    alone = there.intersection(left_alone())
    plans = _plans([each for each in wanted if each.entity_id in there - alone])
    before = tagging.slots_of(kind, ids)
    needed = {pk: plan for pk, plan in plans.items() if plan.is_needed(before.get(pk, {}))}
    full: set[int] = set()
    after = before
    if needed:
        full = _apply(kind, needed, program)
        after = tagging.slots_of(kind, ids)
    tags = _tags_in_order(before, after)
    return {
        pk: _changed(tags, before.get(pk, {}), after.get(pk, {}), plans.get(pk), is_full=pk in full)
        for pk in sorted(there)
    }


def _plans(wanted: Sequence[Wanted]) -> dict[int, _Plan]:
    added = find_or_create(name for each in wanted for name in each.adds)
    removed = find_all(name for each in wanted for name in each.removes)
    plans = {}
    for each in wanted:
        adds, given_way = without_conflicts(added[name] for name in each.adds)
        removes = {removed[name].pk for name in each.removes if name in removed}
        both = [added[name].name for name in each.adds if added[name].pk in removes]
        plans[each.entity_id] = _Plan(
            frozenset(adds), frozenset(removes), given_way, both[0] if both else ""
        )
    return plans


def _apply(kind: Any, plans: dict[int, _Plan], program: StoredText | str) -> set[int]:
    """Do what is planned, and return the ids of the records that would have had too many tags."""
    groups: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for pk, plan in plans.items():
        groups.setdefault((plan.adds, plan.removes), []).append(pk)
    full: set[int] = set()
    for (adds, removes), ids in groups.items():
        full.update(tagging.find_full(kind, ids, sorted(adds), sorted(removes)))
    changing = [pk for pk in plans if pk not in full]
    if not changing:
        return full
    action = history.record_action(_describe(kind, changing, plans, program), [], by=None)
    with pghistory.context(program=to_stored(program)):
        for (adds, removes), ids in groups.items():
            if some := [pk for pk in ids if pk not in full]:
                tagging.tag_batch(kind, some, sorted(adds), sorted(removes), action, by=None)
    return full


def _describe(
    kind: Any, ids: list[int], plans: dict[int, _Plan], program: StoredText | str
) -> StoredText:
    if len(ids) == 1:
        plan = plans[ids[0]]
        tags = Tag.objects.in_bulk(plan.adds | plan.removes)
        added, removed = (
            [tags[pk].name for pk in sorted(some) if pk in tags]
            for some in (plan.adds, plan.removes)
        )
        return describe_replacement(kind, ids[0], Replacement([], added, removed), program)
    return stored_text(
        "%(records)s (%(examples)s): tags changed by %(program)s.",
        records=tagging.count_label(kind, len(ids)),
        examples=tagging.example_names(kind, ids),
        program=program,
    )


def _tags_in_order(before: Slots, after: Slots) -> dict[int, str]:
    """Return the names of the tags by their ids, in display order."""
    ids = {pk for slots in (before, after) for tags in slots.values() for pk in tags}
    return {tag.pk: tag.name for tag in Tag.objects.filter(pk__in=ids)}


def _changed(
    names: dict[int, str],
    before: Collection[int],
    after: Collection[int],
    plan: _Plan | None,
    *,
    is_full: bool,
) -> Changed:
    present = [name for pk, name in names.items() if pk in after]
    if plan is None:
        return Changed(present, is_left_alone=True)
    return Changed(
        present,
        added=[name for pk, name in names.items() if pk in after and pk not in before],
        removed=[name for pk, name in names.items() if pk in before and pk not in after],
        given_way=plan.given_way,
        both=plan.both,
        is_full=is_full,
    )
