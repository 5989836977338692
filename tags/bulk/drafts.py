"""Drafts of bulk taggings: create one, preview it, start it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from config.shipped_names import tag_label
from config.stored_texts import StoredText, stored_text
from tags import history, tagging
from tags.bulk.extras import extra_of
from tags.bulk.results import describe_results, kind_of_tagging
from tags.models import BulkTagging, Tag, Tagging
from tags.vocabulary import VocabularyError, tag_names

DRAFT_LIFETIME = timedelta(days=1)
NO_LONGER_ACTIVE = stored_text("The person who started this is no longer active.")
NO_LONGER_ALLOWED = stored_text("The role of the person who started this no longer allows it.")
Status = BulkTagging.Status


@dataclass(frozen=True, slots=True)
class TagCount:
    """The numbers that a preview shows for a tag, ``label``, out of ``total`` records.

    ``tagged`` records have the tag; ``replaceable`` ones have another tag of its exclusive group.
    """

    label: str
    tagged: int
    replaceable: int
    total: int

    @property
    def untagged(self) -> int:
        """Return the number of records without the tag."""
        return self.total - self.tagged


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of a bulk tagging, for each tag to add and to remove.

    ``full`` records get no tag, because they would have had too many; ``bound`` says how many.
    """

    adds: list[TagCount]
    removes: list[TagCount]
    full: int
    bound: StoredText


def create_draft(
    kind: type[Tagging],
    entity_ids: Sequence[int],
    adds: Sequence[Tag],
    removes: Sequence[Tag],
    by: User,
    query: str = "",
    permission: str = "",
    *,
    may_lack_tags: bool = False,
) -> BulkTagging:
    """Store a bulk tagging for its preview. ``query`` is the query string that chose the records.

    ``permission`` is the one that allows so many records; the person must still have it in each
    step. One that has an extra may lack tags. Also deletes old drafts. Raises ``VocabularyError``
    if the tags contradict each other or are more than a record may have.
    """
    if adds or removes or not may_lack_tags:
        check_compatible(adds, removes)
    if len(adds) > settings.RETURN_TAGS:
        raise tagging.TooManyTagsError(tagging.describe_bound(kind))
    oldest = timezone.now() - DRAFT_LIFETIME
    BulkTagging.objects.filter(status=Status.DRAFT, asked_at__lt=oldest).delete()
    return BulkTagging.objects.create(
        taggings=kind._meta.label_lower,
        entity_ids=list(entity_ids),
        adds=[tag.pk for tag in adds],
        removes=[tag.pk for tag in removes],
        asked_by=by,
        query=query,
        permission=permission,
    )


def old_bulk(now: datetime, kept_since: datetime) -> QuerySet[BulkTagging]:
    """Return old drafts, and bulk taggings that ended before a time.

    Those that can still be undone are kept, whatever the time.
    """
    drafts = Q(status=Status.DRAFT, asked_at__lt=now - DRAFT_LIFETIME)
    is_over = Q(status__in=(Status.DONE, Status.UNDONE, Status.FAILED))
    oldest = min(kept_since, history.oldest_undoable(now))
    # Asked for so long before it was done at most.
    return BulkTagging.objects.filter(drafts | is_over & Q(asked_at__lt=oldest - DRAFT_LIFETIME))


def check_compatible(adds: Sequence[Tag], removes: Sequence[Tag]) -> None:
    """Check that the tags can be added and removed together.

    Raises ``VocabularyError`` if there are none, and for tags that contradict each other.
    """
    if not adds and not removes:
        raise VocabularyError(stored_text("Choose a tag to add or to remove."))
    if both := [tag.stored_name for tag in adds if tag in removes]:
        raise VocabularyError(
            stored_text("“%(tag)s” cannot be both added and removed.", tag=both[0])
        )
    slots: dict[int | None, Tag] = {}
    for tag in adds:
        if tag.slot and tag.slot in slots:
            text = stored_text(
                "“%(first)s” and “%(second)s” cannot both be added: %(group)s allows only one tag.",
                first=slots[tag.slot].stored_name,
                second=tag.stored_name,
                group=tag.group.stored_name if tag.group else "",
            )
            raise VocabularyError(text)
        slots[tag.slot] = tag


def find_bulk(pk: int, by: User) -> BulkTagging | None:
    """Return a person's own bulk tagging without its record ids, or None."""
    own = BulkTagging.objects.defer("entity_ids").select_related("action")
    return own.filter(pk=pk, asked_by=by).first()


def check_allowed(bulk: BulkTagging, person: User | None, *others: str) -> None:
    """Check that the person may still tag so many records, or has one of the other permissions.

    Raises ``VocabularyError``. Roles may have changed since the draft was stored.
    """
    if person is None or not person.is_active:
        raise VocabularyError(NO_LONGER_ACTIVE)
    allowing = [name for name in (bulk.permission, *others) if name]
    if bulk.permission and not any(person.has_perm(name) for name in allowing):
        raise VocabularyError(NO_LONGER_ALLOWED)


def count_records(bulk: BulkTagging) -> int:
    """Return the number of records of a bulk tagging."""
    count: int | None = (
        BulkTagging.objects.filter(pk=bulk.pk).values_list("entity_ids__len", flat=True).get()
    )
    return count or 0


def preview(bulk: BulkTagging) -> Preview:
    """Count the effect of a bulk tagging without running it."""
    tag_ids = [*bulk.adds, *bulk.removes]
    kind = kind_of_tagging(bulk)
    tagged, replaceable = tagging.count_taggings(kind, bulk.entity_ids, tag_ids)
    names, total = tag_names(tag_ids), len(bulk.entity_ids)

    def count(tag_id: int) -> TagCount:
        label = tag_label(names[tag_id]) if tag_id in names else _("a tag")
        return TagCount(label, tagged.get(tag_id, 0), replaceable.get(tag_id, 0), total)

    return Preview(
        [count(pk) for pk in bulk.adds],
        [count(pk) for pk in bulk.removes],
        len(tagging.find_full(kind, bulk.entity_ids, bulk.adds, bulk.removes)),
        tagging.describe_bound(kind),
    )


def start(bulk: BulkTagging, changed: StoredText | str = "") -> None:
    """Start a drafted bulk tagging. Starting it again changes nothing.

    ``changed`` describes how the matching records changed since the preview. Raises
    ``VocabularyError`` if the person may not tag so many records any more, or if what the extra
    does has changed since.
    """
    check_allowed(bulk, bulk.asked_by)
    extra = extra_of(bulk)
    if extra and bulk.status == Status.DRAFT:
        extra.check_start()
    with transaction.atomic():
        bulk = BulkTagging.objects.select_for_update().defer("entity_ids").get(pk=bulk.pk)
        if bulk.status != Status.DRAFT:
            return
        bulk.action = history.record_action(describe_results(bulk, extra), [], bulk.asked_by)
        bulk.status, bulk.changed = Status.RUNNING, changed
        bulk.save(update_fields=["action", "status", "changed"])
