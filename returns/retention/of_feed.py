"""How long what came in is kept: records, runs, files; and the exports that are made of it."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from returns.exports.background import expired_exports
from returns.feed import cleanup
from returns.feed.orders import cleanup as orders
from returns.feed.uploads import old_uploads
from returns.outgoing.cleanup import old_events
from returns.retention.kinds import Kind, days_of, fixed_period, runs_text
from tags.history import DAYS_TO_UNDO, forget_parts, rows_of_parts

UNDOABLE_FOR = fixed_period(timedelta(days=DAYS_TO_UNDO))
# Of an import of 100,000 returns.
CHANGES_AT_ONCE = 10_000


def _remove_parts(now: datetime, most: int) -> int:
    actions = cleanup.finally_done_runs(now).exclude(tag_action=None)
    return forget_parts(list(actions.values_list("tag_action", flat=True)), most)


# Rejected records before their runs: a run is kept for those of its records that are kept.
KINDS_OF_FEED = (
    Kind(
        "rejected records",
        _("Rejected records"),
        _("when the record was last received"),
        days_of("REJECTED_DAYS"),
        cleanup.old_rejects,
        ("REJECTED_DAYS",),
    ),
    Kind(
        "changes of feed runs",
        _("Changes by imports, for undoing them"),
        _("the start of the import"),
        UNDOABLE_FOR,
        cleanup.old_changes,
        step=CHANGES_AT_ONCE,
    ),
    Kind(
        "taggings of feed runs",
        _("Tags added by imports, for undoing them"),
        _("the start of the import"),
        UNDOABLE_FOR,
        lambda now: rows_of_parts(
            cleanup.finally_done_runs(now).exclude(tag_action=None).values("tag_action")
        ),
        remove=_remove_parts,
        step=CHANGES_AT_ONCE,
    ),
    Kind(
        "feed runs",
        _("Feed runs"),
        _("the start of the run"),
        runs_text,
        cleanup.deletable_runs,
        ("RUN_DAYS", "PUSH_RUN_DAYS", "IDLE_RUN_DAYS"),
    ),
    # Files are large, and a redaction waits for those that are being imported.
    Kind(
        "uploads",
        _("Uploaded files"),
        _("the upload"),
        days_of("UPLOAD_DAYS"),
        old_uploads,
        ("UPLOAD_DAYS",),
        is_prompt=True,
    ),
    Kind(
        "exports",
        _("Exports made in the background"),
        _("when the file was ready"),
        days_of("EXPORT_DAYS"),
        expired_exports,
        ("EXPORT_DAYS",),
        is_prompt=True,
    ),
    Kind(
        "outgoing events",
        _("Events sent to programs, with their messages"),
        _("the event"),
        days_of("OUTGOING_DAYS"),
        old_events,
        ("OUTGOING_DAYS",),
    ),
    Kind(
        "old requests of orders",
        _("Requests for orders that nobody answered"),
        _("the request"),
        fixed_period(orders.OLD_REQUEST),
        orders.old_order_requests,
    ),
    Kind(
        "old requests of line items",
        _("Requests for line items that nobody answered"),
        _("the request"),
        fixed_period(orders.OLD_REQUEST),
        orders.old_item_requests,
    ),
)
