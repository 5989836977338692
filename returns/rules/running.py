"""Rules at work: on returns that reached a moment, every hour, and as a dry run."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

import pghistory
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.filterset import ReturnFilterSet
from returns.filters.stored import query_of
from returns.models import Moment, Return, ReturnTag, RuleEvent, TagRule
from returns.querysets import ReturnQuerySet
from returns.rules import editing
from tags import tagging
from tags.models import Tag
from tags.vocabulary import ids_with_synonyms, load_vocabulary, tag_names

logger = logging.getLogger(__name__)

BATCH = 1_000
DRY_RUN_DAYS = 30
DRY_RUN_LIMIT = 8_000  # milliseconds for each of its queries
SHOWN = 50
TIME_OF = {
    Moment.CREATED: "created_at",
    Moment.ARRIVED: "arrived_to_warehouse_at",
    Moment.COMPLETED: "completed_at",
}


class RuleError(Exception):
    """A rule cannot run; says why in words."""


# At the moments


def run_queued() -> bool:
    """Let the rules that are on look at the next returns that wait for them.

    All of it or nothing; whoever else does so at this moment takes other ones. Returns whether
    there were any, and every rule could run.
    """
    with transaction.atomic():
        waiting = RuleEvent.objects.select_for_update(skip_locked=True).order_by("id")
        events = list(waiting[:BATCH])
        if not events:
            return False
        # All at once and in their order, before any rule: two who lock some of them each would
        # wait for each other.
        tagging.lock_records(ReturnTag, sorted({event.record_id for event in events}))
        on = TagRule.objects.filter(is_on=True, moment__in={event.moment for event in events})
        ran = [
            _run(rule, [{event.record_id for event in events if event.moment == rule.moment}])
            for rule in on
        ]
        # What a rule could not look at waits until it can, or is switched off.
        if all(ran):
            RuleEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
    if on and all(ran):
        logger.info("Rules ran (rules: %s, events: %s).", len(ran), len(events))
    return all(ran)


def run_hourly() -> bool:
    """Run each hourly rule whose hour is over; tell whether there was one."""
    claimed = editing.claim_hourly()
    for rule in claimed:
        _run_everywhere(rule)
    return bool(claimed)


def _run_everywhere(rule: TagRule) -> None:
    try:
        ids = list(_worth_looking_at(rule).order_by("pk").values_list("pk", flat=True))
    except (RuleError, DatabaseError) as error:
        editing.note_failure(rule, _first_line(error))
        return
    if _run(rule, batched(ids, BATCH)):
        logger.info("The hourly rule %s ran (returns: %s).", rule.pk, len(ids))


def _run(rule: TagRule, batches: Iterable[Iterable[int]]) -> bool:
    """Run one rule over some returns; tell whether it could. A failure is kept with the rule."""
    try:
        for ids in batches:
            with transaction.atomic(), pghistory.context(rule=rule.name):
                _tag(rule, sorted(ids))
    except (RuleError, DatabaseError) as error:
        editing.note_failure(rule, _first_line(error))
        return False
    editing.note_success(rule)
    return True


def _tag(rule: TagRule, ids: Sequence[int]) -> None:
    tagging.lock_records(ReturnTag, ids)
    # Only now: whoever had locked one of them may have changed what the filter looks at.
    found = _matching(rule, ids)
    adds, removes = _tags_of(rule)
    # First, so that a tag may take the place of another one of its exclusive group.
    for tag_id in removes:
        tagging.remove_where_allowed(ReturnTag, found, tag_id)
    for tag_id in adds:
        tagging.add_where_allowed(ReturnTag, _not_taken_off(rule, found, tag_id), tag_id)


def _tags_of(rule: TagRule) -> tuple[list[int], list[int]]:
    """Return the tags to add and to remove; merges and deletions may have left no sense in them."""
    adds, removes = editing.adds_and_removes(rule)
    if not adds and not removes:
        raise RuleError("Its tags were deleted.")
    if both := set(adds) & set(removes):
        name = tag_names(both)[both.pop()]
        raise RuleError(f"It would add “{name}” and remove it, since tags were merged.")
    if retired := Tag.objects.filter(pk__in=adds, retired_at__isnull=False).first():
        raise RuleError(f"“{retired}” is retired.")
    return adds, removes


def _matching(rule: TagRule, ids: Sequence[int]) -> list[int]:
    found = _found_by(rule).among(ids)
    return list(found.order_by().values_list("pk", flat=True))


def _found_by(rule: TagRule) -> ReturnQuerySet:
    words = load_vocabulary()
    if "q" in rule.parameters:
        raise RuleError(editing.NOT_BY_THE_BOX)
    filterset = ReturnFilterSet(query_of(rule.parameters, words), words, one_by_one=True)
    if problems := filterset.problems():
        raise RuleError(problems[0])
    found: ReturnQuerySet = filterset.qs
    return found


def _worth_looking_at(rule: TagRule) -> ReturnQuerySet:
    """Return the matches that lack a tag to add, or carry one to remove."""
    adds, removes = _tags_of(rule)
    of_return = ReturnTag.objects.filter(entity=OuterRef("pk"))
    worth = Q(Exists(of_return.filter(tag__in=removes)))
    for tag_id in adds:
        worth |= Q(~Exists(of_return.filter(tag=tag_id)))
    return _found_by(rule).filter(worth)


def _not_taken_off(rule: TagRule, ids: Sequence[int], tag_id: int) -> list[int]:
    """Leave out the returns from which a person, or another rule, took the tag off."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_OFF, [list(ids), ids_with_synonyms(tag_id), rule.name])
        removed = {row[0] for row in cursor.fetchall()}
    return [pk for pk in ids if pk not in removed]


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.messages[0])
    return (str(error).splitlines() or [type(error).__name__])[0]


# What merging, or undoing, took off was nobody's wish for this return.
TAKEN_OFF = """
    SELECT DISTINCT entity_id FROM returns_returntagevent
    WHERE entity_id = ANY(%s::bigint[]) AND tag_id = ANY(%s::bigint[])
    AND pgh_label = 'tag.removed' AND pgh_context->'action' IS NULL
    AND (pgh_context ?| ARRAY['user', 'program'] OR pgh_context->>'rule' <> %s)
"""


# As a dry run


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a rule would have done: to how many returns, and the newest of them."""

    count: int
    newest: list[Return]
    problem: str = ""


def dry_run(rule: TagRule) -> DryRun:
    """Tell what the rule would do to the returns that reached its moment in the last 30 days.

    An hourly rule is tried on everything that it matches now. Nothing is changed.
    """
    try:
        with time_limit(DRY_RUN_LIMIT):
            ids = sorted(_would_change(rule))
    except RuleError as error:
        return DryRun(0, [], str(error))
    except QueryTimeoutError:
        return DryRun(0, [], "This took too long to try. Filter for less.")
    newest = Return.objects.among(ids).in_order_of("created_at", descending=True)
    return DryRun(len(ids), list(newest[:SHOWN]))


def _would_change(rule: TagRule) -> set[int]:
    found = _worth_looking_at(rule)
    if rule.moment != Moment.HOURLY:
        since = timezone.now() - timedelta(days=DRY_RUN_DAYS)
        found = found.filter(**{f"{TIME_OF[Moment(rule.moment)]}__gte": since})
    ids = list(found.order_by().values_list("pk", flat=True))
    return set(_changes(rule, ids))


def _changes(rule: TagRule, ids: Sequence[int]) -> Iterator[int]:
    adds, removes = _tags_of(rule)
    for tag_id in removes:
        yield from tagging.find_removable(ReturnTag, ids, tag_id)
    for tag_id in adds:
        yield from tagging.find_addable(ReturnTag, _not_taken_off(rule, ids, tag_id), tag_id)
