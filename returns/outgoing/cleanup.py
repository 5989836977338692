"""What is removed of the outbox: old events, and what a redaction is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from returns.database.locks import Lock, lock_for_transaction
from returns.models import OutgoingEvent


def old_events(now: datetime) -> QuerySet[OutgoingEvent]:
    """Return the events that nobody can have sent again any more. Their deliveries go too."""
    kept_since = now - timedelta(days=settings.OUTGOING_DAYS)
    return OutgoingEvent.objects.filter(at__lt=kept_since)


def forget_bodies(record_ids: Sequence[int]) -> None:
    """Empty the messages about these returns, and about all that were deleted.

    What waits is rendered once more, of what a redaction left: until the transaction ends, nothing
    is rendered.
    """
    lock_for_transaction(Lock.SPREADING)
    with connection.cursor() as cursor:
        cursor.execute(FORGET_BODIES, [list(record_ids)])


FORGET_BODIES = """
    UPDATE returns_outgoingevent AS event SET body = ''
    WHERE body <> '' AND record_id <> 0 AND (
        record_id = ANY(%s::bigint[])
        OR NOT EXISTS (SELECT FROM returns_return r WHERE r.id = event.record_id)
    )
"""
