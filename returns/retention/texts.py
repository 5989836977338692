"""What is removed of returns and orders that stay: their texts, and who their shopper is.

They get the mark of redacted ones, so nothing that comes in later brings back what was removed.
"""

from datetime import datetime
from typing import Any

import pgtrigger
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from returns.database.locks import Lock, lock_for_transaction
from returns.models import Comment, Return, SalesOrder
from returns.models.retention import ORDER_HAS_SHOPPER, RETURN_HAS_TEXTS, SETTLED_AT
from returns.retention.kinds import oldest_kept

# The timeline would keep what is removed, and for rules nothing has happened.
NOT_TRIGGERED = (
    "returns.Return:changed",
    "returns.Return:moments_of_changed",
    "returns.Return:outgoing_changed",
)


def returns_with_old_texts(now: datetime) -> QuerySet[Return]:
    """Return the returns whose notes and unknown fields have been kept long enough."""
    kept_since = oldest_kept("NOTES_DAYS", now)
    if kept_since is None:
        return Return.objects.none()
    with_texts = Return.objects.filter(RETURN_HAS_TEXTS)
    return with_texts.alias(settled_at=SETTLED_AT).filter(settled_at__lt=kept_since)


def remove_texts(now: datetime, most: int) -> int:
    """Remove the notes and unknown fields of up to so many returns; return how many."""
    old = returns_with_old_texts(now).order_by(SETTLED_AT)
    ids = list(old.values_list("pk", flat=True)[:most])
    with pgtrigger.ignore(*NOT_TRIGGERED):
        return _update(REMOVE_TEXTS, ids, oldest_kept("NOTES_DAYS", now))


def old_comments(now: datetime) -> QuerySet[Comment]:
    """Return the comments that were written, and last edited, long enough ago."""
    kept_since = oldest_kept("COMMENTS_DAYS", now)
    if kept_since is None:
        return Comment.objects.none()
    events: Any = Comment.events.rel.related_model
    younger_edits = events.objects.filter(pgh_obj=OuterRef("pk"), pgh_created_at__gte=kept_since)
    comments = Comment.objects.filter(redacted_at=None, created_at__lt=kept_since)
    return comments.filter(~Exists(younger_edits))


def orders_with_old_shoppers(now: datetime) -> QuerySet[SalesOrder]:
    """Return the orders whose shopper has been kept long enough.

    An order is as old as its own last update, or as the youngest of its returns.
    """
    kept_since = oldest_kept("SHOPPER_DAYS", now)
    if kept_since is None:
        return SalesOrder.objects.none()
    younger = Return.objects.alias(settled_at=SETTLED_AT).filter(settled_at__gte=kept_since)
    same_order = younger.filter(order_key=OuterRef("order_key"))
    same_text = younger.filter(order_key=None, sales_order_reference_number=OuterRef("reference"))
    orders = SalesOrder.objects.filter(ORDER_HAS_SHOPPER, updated_at__lt=kept_since)
    return orders.filter(~Exists(same_order), ~Q(order_key=None) | ~Exists(same_text))


def remove_shoppers(now: datetime, most: int) -> int:
    """Remove who the shopper is from up to so many orders; return how many."""
    # While orders are written, none of them is younger afterwards.
    lock_for_transaction(Lock.ORDERS)
    old = orders_with_old_shoppers(now).order_by("updated_at")
    ids = list(old.values_list("pk", flat=True)[:most])
    return _update(REMOVE_SHOPPERS, ids, oldest_kept("SHOPPER_DAYS", now))


def _update(statement: str, ids: list[int], kept_since: datetime | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids, kept_since])
        return int(cursor.rowcount)


# Looked at again once they are locked: the feed may have written one that is younger now. The lock
# is that of a redaction, see ``returns.feed.redacting``.
REMOVE_TEXTS = """
    WITH old AS MATERIALIZED (
        SELECT id FROM returns_return
        WHERE id = ANY(%s::bigint[]) AND redacted_at IS NULL
            AND COALESCE(completed_at, updated_at) < %s
        ORDER BY id FOR UPDATE
    )
    UPDATE returns_return r SET
        notes = '', unknown_fields = '{}', corrections = corrections - 'notes',
        stamps = returns_stamps_without_unknown(stamps),
        line_items = CASE
            WHEN jsonb_path_exists(line_items, 'strict $[*] ? (@[6] != null)')
            THEN returns_items_without_others(line_items) ELSE line_items
        END,
        redacted_at = now()
    FROM old WHERE r.id = old.id
"""
REMOVE_SHOPPERS = """
    UPDATE returns_salesorder SET
        hash_key = '', customer_hash = NULL, email_hash = NULL, phone_hash = NULL,
        shopper_name = '', shopper_updated_at = NULL, tracking_address = '', redacted_at = now()
    WHERE id = ANY(%s::bigint[]) AND updated_at < %s
"""
