"""Run and undo bulk taggings in steps. Each step is one transaction, so it can be interrupted."""

import logging
import time
from dataclasses import asdict

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from config.stored_texts import StoredText, stored_text
from tags import history, tagging
from tags.bulk.drafts import Status, check_allowed, check_compatible
from tags.bulk.extras import Extra, extra_of
from tags.bulk.results import add_batch, describe_results, kind_of_tagging
from tags.deadlocks import retry_deadlocks
from tags.models import BulkTagging, Tag, TagAction
from tags.sentences import joined
from tags.vocabulary import VocabularyError, resolve_ids

logger = logging.getLogger(__name__)

# Records per step. Small enough that nobody has to wait for its locks.
STEP_SIZE = 5_000
# Ids read at once: the database unpacks those of a million records for any of them.
IDS_READ = 100_000
CONFLICT = stored_text("The vocabulary has changed and no longer allows this.")
# Undoing what others did; people may also undo what they could still do.
MAY_UNDO = "tags.change_tag"
ACTIVE_STATUSES = (Status.RUNNING, Status.UNDOING)


def run_steps(bulk: BulkTagging, seconds: float) -> None:
    """Run steps of a bulk tagging, or of undoing it, for about this many seconds."""
    end, ids = time.monotonic() + seconds, _RecordIds(bulk.pk)
    while retry_deadlocks(lambda: _run_step(ids)) and time.monotonic() < end:
        pass


def run_oldest_step() -> bool:
    """Run a step of the oldest active bulk tagging. Return whether there may be more to do."""
    active = BulkTagging.objects.filter(status__in=ACTIVE_STATUSES).order_by("id")
    oldest = active.values_list("pk", flat=True).first()
    return oldest is not None and retry_deadlocks(lambda: _run_step(_RecordIds(oldest)))


def work_of(person: User) -> list[BulkTagging]:
    """Return the bulk taggings of a person that are being done or undone, the oldest first."""
    at_work = BulkTagging.objects.filter(status__in=ACTIVE_STATUSES, asked_by=person)
    return list(at_work.defer("entity_ids").order_by("pk"))


def lock_for_action(action_id: int) -> BulkTagging | None:
    """Lock and return the bulk tagging of an action, or None if it is not one."""
    queryset = BulkTagging.objects.select_for_update().defer("entity_ids")
    return queryset.filter(action=action_id).first()


def start_undo(bulk: BulkTagging) -> None:
    """Let the following steps undo what was done. A running bulk tagging goes no further.

    Call it in the transaction that has locked the bulk tagging.
    """
    bulk.status = Status.UNDOING
    bulk.save(update_fields=["status"])


class _RecordIds:
    """The ids of the records of a bulk tagging, which never change."""

    def __init__(self, pk: int) -> None:
        self.pk = pk
        self.first, self.total, self.ids = 0, 0, list[int]()

    def between(self, start: int, end: int) -> list[int]:
        """Return the ids from ``start`` to ``end``; ``total`` is the number of records then."""
        if start < self.first or end > self.first + len(self.ids):
            self.first = start - start % IDS_READ
            read = max(end, self.first + IDS_READ)
            row = BulkTagging.objects.filter(pk=self.pk)
            ids, total = row.values_list(
                f"entity_ids__{self.first}_{read}", "entity_ids__len"
            ).get()
            self.ids, self.total = ids or [], total or 0
        return self.ids[start - self.first : end - self.first]


def _run_step(ids: _RecordIds) -> bool:
    """Run one step completely or not at all. Return whether more steps may be left.

    Does nothing while another process runs a step of the same bulk tagging.
    """
    with transaction.atomic():
        active = BulkTagging.objects.filter(pk=ids.pk, status__in=ACTIVE_STATUSES)
        bulk = active.defer("entity_ids").select_for_update(skip_locked=True).first()
        if bulk is None:
            return False
        action: TagAction = bulk.action  # type: ignore[assignment]  # set when it was started
        try:
            with transaction.atomic():
                if bulk.status == Status.RUNNING:
                    _tag_next(bulk, action, ids)
                else:
                    _undo_last(bulk, action, ids)
        except (VocabularyError, IntegrityError) as error:
            # Trying again would fail again, and would hold up all other background work.
            bulk = _give_up(ids.pk, action, error)
        bulk.save(update_fields=["adds", "removes", "results", "position", "status"])
    if bulk.status not in ACTIVE_STATUSES:
        logger.info("Bulk tagging %s is %s.", bulk.pk, bulk.status)
    return bulk.status in ACTIVE_STATUSES


def _give_up(pk: int, action: TagAction, error: Exception) -> BulkTagging:
    """Undo the batches so far, or stop undoing if that is what failed."""
    bulk = BulkTagging.objects.defer("entity_ids").get(pk=pk)
    reason = _reason_of(error)
    if bulk.status == Status.RUNNING:
        bulk.results["why"] = reason.parts()
        bulk.status = Status.UNDOING
        history.mark_undone(action, None, reason)
    else:
        bulk.status = Status.FAILED
        left = stored_text("Not undone for the last %(count)s.", count=bulk.position)
        history.update_undo_result(action, joined([left, reason]))
    return bulk


def _reason_of(error: Exception) -> StoredText:
    if not isinstance(error, VocabularyError):
        return CONFLICT
    message: StoredText | object = error.message
    return message if isinstance(message, StoredText) else joined([str(message)])


def _tag_next(bulk: BulkTagging, action: TagAction, record_ids: _RecordIds) -> None:
    extra = extra_of(bulk)
    check_allowed(bulk, bulk.asked_by)
    _follow_merges(bulk)
    _check_tags(bulk, extra)
    ids = record_ids.between(bulk.position, bulk.position + _step_size(extra))
    kind = kind_of_tagging(bulk)
    with tagging.done_by(bulk.asked_by):
        batch = tagging.tag_batch(kind, ids, bulk.adds, bulk.removes, action, bulk.asked_by)
        if extra and bulk.asked_by:
            extra.check(bulk.asked_by)
            extra.run(ids, bulk.asked_by)
    bulk.results = add_batch(bulk.results, batch, len(ids))
    bulk.position += len(ids)
    if bulk.position >= record_ids.total:
        bulk.status = Status.DONE
    history.update_description(action, describe_results(bulk, extra))


def _step_size(extra: Extra | None) -> int:
    return extra.step_size if extra else STEP_SIZE


def _check_tags(bulk: BulkTagging, extra: Extra | None) -> None:
    """Check the tags again: they may have been merged, moved or deleted since the last step."""
    if extra and extra.is_without_tags:
        return
    tags = Tag.objects.select_related("group").in_bulk([*bulk.adds, *bulk.removes])
    if not tags:
        raise VocabularyError(stored_text("These tags have been deleted."))
    adds = [tags[pk] for pk in bulk.adds if pk in tags]
    removes = [tags[pk] for pk in bulk.removes if pk in tags]
    check_compatible(adds, removes)


def _undo_last(bulk: BulkTagging, action: TagAction, record_ids: _RecordIds) -> None:
    if action.undone_by:
        check_allowed(bulk, action.undone_by, MAY_UNDO)
    extra = extra_of(bulk)
    start = max(bulk.position - _step_size(extra), 0)
    ids = record_ids.between(start, bulk.position)
    kind = kind_of_tagging(bulk)
    with tagging.done_by(action.undone_by), tagging.as_part_of(action):
        # The extra first: it locks all records of the step, and these lock some of them.
        if extra and (by := action.undone_by or bulk.asked_by):
            extra.undo(ids, by)
        result = tagging.restore_taggings(kind, action, ids).plus(bulk.results.get("undone"))
    bulk.results["undone"], bulk.position = asdict(result), start
    if start:
        text = stored_text("Undoing in the background: %(count)s to go.", count=start)
        history.update_undo_result(action, text)
        return
    bulk.status = Status.UNDONE
    others = extra.undone() if extra else []
    tags = tagging.describe_undoing([(kind, result)], with_others=bool(others))
    sentences = [*_why_given_up(bulk), *tags, *others]
    history.update_undo_result(action, joined(sentences))


def _why_given_up(bulk: BulkTagging) -> list[StoredText | str]:
    why = bulk.results.get("why")
    if not why:
        return []
    return [why if isinstance(why, str) else StoredText.from_parts(why)]


def _follow_merges(bulk: BulkTagging) -> None:
    """Replace tags that were merged since the last step by those they were merged into."""
    current = resolve_ids([*bulk.adds, *bulk.removes])
    bulk.adds = list(dict.fromkeys(current[pk] for pk in bulk.adds if pk in current))
    bulk.removes = list(dict.fromkeys(current[pk] for pk in bulk.removes if pk in current))
    for name in ("added", "removed", "replaced"):
        counts = bulk.results.get(name, {})
        bulk.results[name] = {str(current.get(int(tag), tag)): n for tag, n in counts.items()}
