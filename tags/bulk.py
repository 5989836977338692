"""Tags on many records at once: a preview, then steps that can be interrupted, and undone."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from tags import history, tagging
from tags.deadlocks import retry_deadlocks
from tags.models import BulkTagging, Tag, TagAction, Tagging
from tags.vocabulary import VocabularyError, meant_ids, names_of

logger = logging.getLogger(__name__)

# Records in a step: short enough that nobody else waits for it.
BATCH = 5_000
DAYS_OF_A_DRAFT = 1
IN_THE_WAY = "The vocabulary has changed, and something stands in the way now."
Status = BulkTagging.Status
AT_WORK = (Status.RUNNING, Status.UNDOING)


@dataclass(frozen=True, slots=True)
class TagCount:
    """What a preview says of one tag: how many records carry it, or another of its group."""

    name: str
    carried: int
    others: int
    total: int

    @property
    def lack(self) -> int:
        """Return how many records do not carry it."""
        return self.total - self.carried


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bulk tagging would do."""

    adds: list[TagCount]
    removes: list[TagCount]


def draft(
    kind: type[Tagging],
    entity_ids: Sequence[int],
    adds: Sequence[Tag],
    removes: Sequence[Tag],
    by: User,
    query: str = "",
) -> BulkTagging:
    """Keep what is to be done, for its preview. ``query`` says how the records were chosen.

    Raises ``VocabularyError`` when the tags contradict each other.
    """
    check_together(adds, removes)
    old = timezone.now() - timedelta(days=DAYS_OF_A_DRAFT)
    BulkTagging.objects.filter(status=Status.DRAFT, asked_at__lt=old).delete()
    return BulkTagging.objects.create(
        taggings=kind._meta.label_lower,
        entity_ids=list(entity_ids),
        adds=[tag.pk for tag in adds],
        removes=[tag.pk for tag in removes],
        asked_by=by,
        query=query,
    )


def check_together(adds: Sequence[Tag], removes: Sequence[Tag]) -> None:
    """Refuse tags that cannot be added and removed in one go.

    Raises ``VocabularyError`` saying which contradict each other.
    """
    if not adds and not removes:
        raise VocabularyError("Choose a tag to add or to remove.")
    if both := [str(tag) for tag in adds if tag in removes]:
        raise VocabularyError(f"“{both[0]}” cannot be added and removed at once.")
    slots: dict[int | None, Tag] = {}
    for tag in adds:
        if tag.slot and tag.slot in slots:
            raise VocabularyError(
                f"“{slots[tag.slot]}” and “{tag}” cannot both be added: {tag.group} allows one."
            )
        slots[tag.slot] = tag


def bulk_of(pk: int, by: User) -> BulkTagging | None:
    """Return the bulk tagging if this person asked for it, without its records."""
    mine = BulkTagging.objects.defer("entity_ids").select_related("action")
    return mine.filter(pk=pk, asked_by=by).first()


def records_of(bulk: BulkTagging) -> int:
    """Return how many records the bulk tagging is for."""
    count: int | None = (
        BulkTagging.objects.filter(pk=bulk.pk).values_list("entity_ids__len", flat=True).get()
    )
    return count or 0


def preview(bulk: BulkTagging) -> Preview:
    """Count what the bulk tagging would do."""
    kind = _kind(bulk)
    carried, others = tagging.count_taggings(kind, bulk.entity_ids, [*bulk.adds, *bulk.removes])
    names, total = names_of([*bulk.adds, *bulk.removes]), len(bulk.entity_ids)
    adds, removes = (
        [
            TagCount(names.get(pk, "a tag"), carried.get(pk, 0), others.get(pk, 0), total)
            for pk in tags
        ]
        for tags in (bulk.adds, bulk.removes)
    )
    return Preview(adds, removes)


def start(bulk: BulkTagging, changed: str = "") -> None:
    """Let the bulk tagging run; starting it twice changes nothing.

    ``changed`` says in words what has changed since the preview.
    """
    with transaction.atomic():
        bulk = _locked(bulk)
        if bulk.status != Status.DRAFT:
            return
        bulk.action = history.record(_words(bulk, bulk.results), [], bulk.asked_by)
        bulk.status, bulk.changed = Status.RUNNING, changed
        bulk.save(update_fields=["action", "status", "changed"])


def go_on(bulk: BulkTagging, seconds: float) -> None:
    """Do steps of a bulk tagging that runs, or is undone, for about so long."""
    end = time.monotonic() + seconds
    while retry_deadlocks(lambda: _step(bulk.pk)) and time.monotonic() < end:
        pass


def go_on_with_any() -> bool:
    """Do a step of the oldest bulk tagging at work; tell whether there was one."""
    at_work = BulkTagging.objects.filter(status__in=AT_WORK).order_by("id")
    oldest = at_work.values_list("pk", flat=True).first()
    return oldest is not None and retry_deadlocks(lambda: _step(oldest))


def _step(pk: int) -> bool:
    """Do one step, all of it or nothing; tell whether it was done here, and more may be left.

    Whoever else does a step of the same at this moment is left to it.
    """
    with transaction.atomic():
        at_work = BulkTagging.objects.filter(pk=pk, status__in=AT_WORK).defer("entity_ids")
        bulk = at_work.select_for_update(skip_locked=True).first()
        if bulk is None:
            return False
        action: TagAction = bulk.action  # type: ignore[assignment]  # since it started
        try:
            with transaction.atomic():
                _next_part(bulk, action)
        except (VocabularyError, IntegrityError) as refusal:
            # Again and again it would be refused the same, and hold up all that waits behind it.
            bulk = _refused(pk, action, refusal)
        bulk.save(update_fields=["adds", "removes", "results", "position", "status"])
    if bulk.status not in AT_WORK:
        logger.info("Bulk tagging %s is %s.", bulk.pk, bulk.status)
    return bulk.status in AT_WORK


def _next_part(bulk: BulkTagging, action: TagAction) -> None:
    if bulk.status == Status.RUNNING:
        _tag_next(bulk, action)
    else:
        _take_back_last(bulk, action)


def _refused(pk: int, action: TagAction, refusal: Exception) -> BulkTagging:
    """Take back what was tagged up to now; leave what cannot be taken back."""
    bulk = BulkTagging.objects.defer("entity_ids").get(pk=pk)
    if bulk.status == Status.RUNNING:
        why = refusal.messages[0] if isinstance(refusal, VocabularyError) else IN_THE_WAY
        bulk.results["why"] = why
        bulk.status = Status.UNDOING
        history.mark_undone(action, None, why)
    else:
        bulk.status = Status.FAILED
        history.reword_undo(action, f"Not undone, {bulk.position:,} are left. {IN_THE_WAY}")
    return bulk


def _tag_next(bulk: BulkTagging, action: TagAction) -> None:
    _follow_merges(bulk)
    _check_now(bulk)
    ids, total = _ids(bulk, bulk.position, bulk.position + BATCH)
    with tagging.done_by(bulk.asked_by):
        done = tagging.tag_batch(_kind(bulk), ids, bulk.adds, bulk.removes, action, bulk.asked_by)
    bulk.results = _sum(bulk.results, done, len(ids))
    bulk.position += len(ids)
    if bulk.position >= total:
        bulk.status = Status.DONE
    history.reword(action, _words(bulk, bulk.results))


def _check_now(bulk: BulkTagging) -> None:
    """Refuse what the vocabulary allows no longer, since tags were merged, moved or deleted."""
    tags = Tag.objects.select_related("group").in_bulk([*bulk.adds, *bulk.removes])
    adds, removes = ([tags[pk] for pk in some if pk in tags] for some in (bulk.adds, bulk.removes))
    if not tags:
        raise VocabularyError("These tags were deleted meanwhile.")
    check_together(adds, removes)


def _take_back_last(bulk: BulkTagging, action: TagAction) -> None:
    why = bulk.results.get("why", "")
    before = max(bulk.position - BATCH, 0)
    ids, _ = _ids(bulk, before, bulk.position)
    kind = _kind(bulk)
    with tagging.done_by(action.undone_by), tagging.as_part_of(action):
        done = tagging.put_back(kind, action, ids).after(bulk.results.get("undone"))
    bulk.results["undone"], bulk.position = asdict(done), before
    words = [*([why] if why else []), "Undone.", *tagging.words_of(kind, done)]
    if before:
        words = [f"Undoing: {before:,} are left. It goes on in the background."]
    else:
        bulk.status = Status.UNDONE
    history.reword_undo(action, " ".join(words))


def _follow_merges(bulk: BulkTagging) -> None:
    """Go on with the tags into which those that were asked for were merged meanwhile."""
    meant = meant_ids([*bulk.adds, *bulk.removes])
    bulk.adds, bulk.removes = (
        list(dict.fromkeys(meant[pk] for pk in tags if pk in meant))
        for tags in (bulk.adds, bulk.removes)
    )
    for name in ("added", "removed", "replaced"):
        before = bulk.results.get(name, {})
        bulk.results[name] = {str(meant.get(int(tag), tag)): n for tag, n in before.items()}


def of_action(action_id: int) -> BulkTagging | None:
    """Lock and return the bulk tagging of an action, if it is of one."""
    found = BulkTagging.objects.select_for_update().defer("entity_ids")
    return found.filter(action=action_id).first()


def begin_undoing(bulk: BulkTagging) -> None:
    """Let the steps take back what was done; one that still runs goes no further.

    Within the transaction that has locked it.
    """
    bulk.status = Status.UNDOING
    bulk.save(update_fields=["status"])


def _locked(bulk: BulkTagging) -> BulkTagging:
    return BulkTagging.objects.select_for_update().defer("entity_ids").get(pk=bulk.pk)


def _kind(bulk: BulkTagging) -> Any:
    return next(
        kind for kind in tagging.kinds_of_tagging() if kind._meta.label_lower == bulk.taggings
    )


def _ids(bulk: BulkTagging, start: int, end: int) -> tuple[list[int], int]:
    """Return the ids of a step, and how many there are in all."""
    chosen = BulkTagging.objects.filter(pk=bulk.pk)
    ids, total = chosen.values_list(f"entity_ids__{start}_{end}", "entity_ids__len").get()
    return ids or [], total or 0


# In words


def _sum(results: dict[str, Any], done: tagging.Batch, asked: int) -> dict[str, Any]:
    summed: dict[str, Any] = {
        "records": results.get("records", 0) + done.records,
        "gone": results.get("gone", 0) + asked - done.records,
    }
    for name in ("added", "removed", "replaced"):
        before, now = results.get(name, {}), getattr(done, name)
        tags = before.keys() | {str(tag_id) for tag_id in now}
        summed[name] = {tag: before.get(tag, 0) + now.get(int(tag), 0) for tag in tags}
    return summed


def _words(bulk: BulkTagging, results: dict[str, Any]) -> str:
    """Say what was done up to now, tag by tag: "added to 9,812, 188 had it already"."""
    records = results.get("records", 0)
    names = names_of([*bulk.adds, *bulk.removes])
    said = []
    for pk in bulk.adds:
        added = results.get("added", {}).get(str(pk), 0)
        words = f"“{names.get(pk, 'a tag')}” added to {added:,}"
        if had := records - added:
            words += f", {had:,} had it already"
        if replaced := results.get("replaced", {}).get(str(pk), 0):
            words += f", replacing another on {replaced:,}"
        said.append(words)
    for pk in bulk.removes:
        removed = results.get("removed", {}).get(str(pk), 0)
        words = f"“{names.get(pk, 'a tag')}” removed from {removed:,}"
        if lacked := records - removed:
            words += f", {lacked:,} did not carry it"
        said.append(words)
    if gone := results.get("gone", 0):
        said.append(f"{gone:,} are gone by now")
    return "; ".join(said) + "."
