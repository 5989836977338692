"""How long what returns and their orders hold about people is kept."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from returns.feed.orders import cleanup as orders
from returns.models import DeletedReturn, Return, ReturnTag
from returns.retention import texts
from returns.retention.kinds import (
    Kind,
    call_function,
    days_of,
    older_than,
    oldest_kept,
    told,
)


def _old_changes_of_facts(now: datetime) -> QuerySet[Any]:
    events: Any = Return.events.rel.related_model  # type: ignore[attr-defined]
    return _of_completed(events.objects.filter(pgh_obj__completed_at__isnull=False), now)


def _old_tag_events(now: datetime) -> QuerySet[Any]:
    """Return the old events of added tags.

    Those of rules stay, because reports count them, and removals stay, because no rule and no
    record may add a tag again that somebody removed.
    """
    model: Any = ReturnTag
    events = model.pgh_event_models["tag.added"].objects.filter(pgh_label="tag.added")
    events = events.exclude(pgh_context__has_key="rule")
    return _of_completed(events.filter(entity__completed_at__isnull=False), now)


def _of_completed(events: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    kept_since = oldest_kept("TIMELINE_DAYS", now)
    if kept_since is None:
        return events.none()
    return events.filter(pgh_created_at__lt=kept_since)


# Names before shoppers, and shoppers before their orders: each leaves the next ones to count.
KINDS_OF_RETURNS = (
    Kind(
        "notes",
        _("Notes and unknown fields of returns"),
        _("its completion, otherwise its last update"),
        days_of("NOTES_DAYS"),
        texts.returns_with_old_texts,
        ("NOTES_DAYS",),
        texts.remove_texts,
    ),
    Kind(
        "comments",
        _("Texts of comments"),
        _("the comment, or its last edit"),
        days_of("COMMENTS_DAYS"),
        texts.old_comments,
        ("COMMENTS_DAYS",),
        call_function("returns_remove_old_comments", "COMMENTS_DAYS"),
    ),
    Kind(
        "timeline",
        _("Timelines: changes of completed returns"),
        _("the change"),
        days_of("TIMELINE_DAYS"),
        _old_changes_of_facts,
        ("TIMELINE_DAYS",),
        call_function("returns_delete_old_events", "TIMELINE_DAYS"),
    ),
    Kind(
        "timeline of tags",
        _("Timelines: added tags of completed returns"),
        _("when the tag was added"),
        days_of("TIMELINE_DAYS"),
        _old_tag_events,
        ("TIMELINE_DAYS",),
        call_function("returns_delete_old_tag_events", "TIMELINE_DAYS"),
    ),
    Kind(
        "names of shoppers",
        _("Names of shoppers, while SHOPPER_NAMES is off"),
        _("switching it off"),
        told(_("not kept")),
        orders.orders_with_forbidden_names,
        remove=orders.forget_names,
    ),
    Kind(
        "shoppers",
        _("Hashes, names and addresses of shoppers"),
        _("the last update of the order, or its latest return"),
        days_of("SHOPPER_DAYS"),
        texts.orders_with_old_shoppers,
        ("SHOPPER_DAYS",),
        texts.remove_shoppers,
    ),
    Kind(
        "orders without returns",
        _("Orders without returns"),
        _("the deletion of their last return"),
        told(_("not kept")),
        orders.orders_without_returns,
        remove=orders.delete_orders_without_returns,
    ),
    Kind(
        "deleted returns",
        _("Traces of deleted returns"),
        _("the deletion"),
        days_of("DELETED_DAYS"),
        older_than(DeletedReturn.objects.all, "deleted_at", "DELETED_DAYS"),
        ("DELETED_DAYS",),
        call_function("returns_delete_old_traces", "DELETED_DAYS"),
    ),
)
