"""Run rules: on returns that were created, arrived or completed, or every hour."""

import logging
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from types import MappingProxyType
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import translation

from config.stored_texts import StoredText, stored_text
from returns.database.faults import is_passing_fault
from returns.database.locks import Lock, require_lock, try_lock
from returns.filters.fields import DELETED_TAG
from returns.filters.filterset import ReturnFilterSet
from returns.filters.stored import to_query
from returns.models import HeldLock, Moment, Return, ReturnTag, RuleEvent, TagRule
from returns.outgoing.posting import tell_matches
from returns.querysets import ReturnQuerySet
from returns.rules import editing
from tags import tagging
from tags.vocabulary import Vocabulary, ids_with_synonyms, load_vocabulary

logger = logging.getLogger(__name__)

RULE_BATCH_SIZE, IDS_AT_ONCE = 1_000, 50_000
MOMENT_COLUMNS = {
    Moment.CREATED: "created_at",
    Moment.ARRIVED: "arrived_to_warehouse_at",
    Moment.COMPLETED: "completed_at",
    Moment.ITEMS: "item_count",
}


class RuleError(Exception):
    """A rule cannot run; the message says why, and ``reason`` is the message to be stored."""

    def __init__(self, message: str | StoredText, reason: StoredText | None = None) -> None:
        super().__init__(message)
        self.reason = reason or message


# Queued runs


def run_queued() -> bool:
    """Run the active rules on the next queued returns, in one transaction.

    Concurrent callers get other returns. Return True if there were any and every rule could run.
    If the database fails, nothing is changed and everything stays queued.
    """
    with transaction.atomic():
        queued = RuleEvent.objects.select_for_update(skip_locked=True).order_by("id")
        events = list(queued[:RULE_BATCH_SIZE])
        if not events:
            return False
        # Lock all of them now and in order. Two workers that lock one after the other could
        # deadlock.
        tagging.lock_records(ReturnTag, sorted({event.record_id for event in events}))
        rules = TagRule.objects.filter(is_on=True, moment__in={event.moment for event in events})
        reached = _reached({event.record_id for event in events})
        matches: dict[TagRule, list[int]] = {rule: [] for rule in rules}
        succeeded = [
            _run(
                rule,
                [
                    reached[rule.moment]
                    & {event.record_id for event in events if event.moment == rule.moment}
                ],
                matches[rule],
            )
            for rule in rules
        ]
        # If a rule failed, the returns stay queued until it can run or is switched off. Others run
        # again then, so nobody is told before.
        if all(succeeded):
            for rule in rules:
                if rule.notifies:
                    tell_matches(rule.notifies, rule.name, matches[rule])
            RuleEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
    if rules and all(succeeded):
        logger.info("Rules ran (rules: %s, events: %s).", len(succeeded), len(events))
    return all(succeeded)


def _reached(ids: Iterable[int]) -> dict[str, set[int]]:
    """Return those of the returns that are at or past each moment now.

    The import that brought one there may have been undone before its rules ran.
    """
    rows = Return.objects.among(list(ids)).values("pk", *MOMENT_COLUMNS.values())
    return {
        moment: {row["pk"] for row in rows if row[column] is not None}
        for moment, column in MOMENT_COLUMNS.items()
    }


def run_hourly() -> bool:
    """Run the hourly rules that are due. Return whether there were any.

    Of several callers, only one runs a rule. If its process dies, or the database fails, the rule
    stays due.
    """
    has_run, fault = False, None
    for rule in editing.due_hourly():
        try:
            has_run |= _run_if_due(rule)
        except DatabaseError as error:  # of the others, some may still be able to run
            fault = error
    if fault:
        raise fault
    return has_run


def _run_if_due(rule: TagRule) -> bool:
    with try_lock(Lock.RULE, rule.pk) as lock:
        due = editing.due_hourly().filter(pk=rule.pk)
        started_at = due.values_list(Now(), flat=True).first() if lock else None
        if lock is None or started_at is None:
            return False
        _run_on_all(rule, lock)
        editing.note_hourly_run(rule, started_at)
        return True


def _run_on_all(rule: TagRule, lock: HeldLock) -> None:
    try:
        matches = changeable(rule).order_by("pk").values_list("pk", flat=True)
        # As numbers of 8 bytes, for these may be all returns.
        ids = array("q", matches.iterator(chunk_size=IDS_AT_ONCE))
    except (RuleError, DatabaseError) as error:
        _note_failure(rule, error)
        return
    if _run(rule, _batches(ids, lock), []):
        logger.info("The hourly rule %s ran (returns: %s).", rule.pk, len(ids))


def _batches(ids: Sequence[int], lock: HeldLock) -> Iterator[Sequence[int]]:
    for batch in batched(ids, RULE_BATCH_SIZE):
        require_lock(lock)
        yield batch


def _run(rule: TagRule, batches: Iterable[Iterable[int]], matches: list[int]) -> bool:
    """Run a rule on these returns. Return whether it succeeded; its own failure is noted on it.

    The returns that match are added to ``matches``.
    """
    try:
        for ids in batches:
            with transaction.atomic(), pghistory.context(rule=rule.name):
                matches += _tag(rule, sorted(ids))
    except (RuleError, DatabaseError) as error:
        _note_failure(rule, error)
        return False
    editing.note_success(rule)
    return True


def _note_failure(rule: TagRule, error: RuleError | DatabaseError) -> None:
    """Count a failure of the rule. A fault of the database that passes is raised again."""
    if isinstance(error, DatabaseError) and is_passing_fault(error):
        raise error
    reason = error.reason if isinstance(error, RuleError) else _first_line(error)
    editing.note_failure(rule, reason)


def _tag(rule: TagRule, ids: Sequence[int]) -> list[int]:
    """Tag those that match, and return which these are."""
    tagging.lock_records(ReturnTag, ids)
    # Filter after locking: whoever held a lock may have changed what the filter reads.
    matches = _matching(rule, ids)
    adds, removes = tags_of(rule)
    bound = tagging.describe_bound(ReturnTag)
    # Remove first, so that a new tag finds its exclusive group empty.
    for tag_id in removes:
        tagging.remove_where_allowed(ReturnTag, matches, tag_id)
    for tag_id in adds:
        addable = without_removed_by_others(rule, matches, tag_id)
        if full := tagging.find_full(ReturnTag, addable, [tag_id]):
            logger.info("Rule %s left out returns (returns: %s). %s", rule.pk, len(full), bound)
        tagging.add_where_allowed(ReturnTag, addable, tag_id)
    return matches


def tags_of(rule: TagRule) -> tuple[list[int], list[int]]:
    """Return the ids of the tags to add and to remove.

    Raises ``RuleError`` if merging, retiring or deleting tags has made the rule impossible.
    """
    adds, removes = editing.adds_and_removes(rule)
    notifies = bool(rule.notifies)
    if problem := editing.tag_problem(adds, removes, load_vocabulary(), notifies=notifies):
        raise RuleError(problem)
    return adds, removes


def _matching(rule: TagRule, ids: Sequence[int]) -> list[int]:
    matches = matches_of(rule).among(ids)
    return list(matches.order_by().values_list("pk", flat=True))


def filter_of(rule: TagRule, vocabulary: Vocabulary) -> ReturnFilterSet:
    """Return the filter of a rule. Raises ``RuleError`` if it is not valid."""
    if "q" in rule.parameters:
        raise RuleError(editing.SEARCH_NOT_ALLOWED)
    filterset = _filterset(rule, vocabulary)
    if problems := filterset.problems():
        raise RuleError(problems[0], _problem_to_store(rule, vocabulary))
    return filterset


def _filterset(rule: TagRule, vocabulary: Vocabulary) -> ReturnFilterSet:
    return ReturnFilterSet(to_query(rule.parameters, vocabulary), vocabulary, one_by_one=True)


def _problem_to_store(rule: TagRule, vocabulary: Vocabulary) -> StoredText | None:
    """Return the first problem with a value of the filter, for readers of any language.

    Its parts are taken from the form in English, as they stand in the catalogues.
    """
    with translation.override("en"):
        form = _filterset(rule, vocabulary).form
        for name, errors in form.errors.as_data().items():
            problem = _as_stored(str(errors[0].message), errors[0].params or {})
            shown = errors[0].messages[0]
            if str(problem) != shown:  # such as a text that has its values already
                problem = _as_stored(shown)
            field = _as_stored(str(form[name].label))
            return stored_text("%(field)s: %(problem)s", field=field, problem=problem)
    return None


def _as_stored(text: str, values: Mapping[str, Any] = MappingProxyType({})) -> StoredText:
    if not values:
        return StoredText(text)
    return StoredText(text, {name: _value(str(value)) for name, value in values.items()})


def _value(text: str) -> str | StoredText:
    number = text.removeprefix(DELETED_TAG)
    if number != text and number.isdecimal():
        return stored_text("deleted tag %(number)s", number=number)
    return text


def matches_of(rule: TagRule) -> ReturnQuerySet:
    """Return the returns that match a rule's filter. Raises ``RuleError`` if it is not valid."""
    matches: ReturnQuerySet = filter_of(rule, load_vocabulary()).qs
    return matches


def changeable(rule: TagRule) -> ReturnQuerySet:
    """Return the matches that lack a tag to add, or have one to remove."""
    adds, removes = tags_of(rule)
    taggings = ReturnTag.objects.filter(entity=OuterRef("pk"))
    condition = Q(Exists(taggings.filter(tag__in=removes)))
    for tag_id in adds:
        condition |= Q(~Exists(taggings.filter(tag=tag_id)))
    return matches_of(rule).filter(condition)


def without_removed_by_others(rule: TagRule, ids: Sequence[int], tag_id: int) -> list[int]:
    """Return the ids without returns from which a person or another rule removed the tag."""
    with connection.cursor() as cursor:
        cursor.execute(REMOVED_BY_OTHERS_SQL, [list(ids), ids_with_synonyms(tag_id), rule.name])
        removed_ids = {row[0] for row in cursor.fetchall()}
    return [pk for pk in ids if pk not in removed_ids]


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.messages[0])
    return (str(error).splitlines() or [type(error).__name__])[0]


# Removals by merging tags or by undoing do not count: nobody decided them for this return.
REMOVED_BY_OTHERS_SQL = """
    SELECT DISTINCT entity_id FROM returns_returntagevent
    WHERE entity_id = ANY(%s::bigint[]) AND tag_id = ANY(%s::bigint[])
    AND pgh_label = 'tag.removed' AND pgh_context->'action' IS NULL
    AND (pgh_context ?| ARRAY['user', 'program'] OR pgh_context->>'rule' <> %s)
"""
