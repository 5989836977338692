"""Redacts returns and shoppers: the texts about people go, the numbers and the summaries stay.

What goes: notes, fields that we do not know, comments with their earlier texts, values in the
timeline, what tells who the shopper of an order is, rejected records, traces of deleted returns,
what imports had changed, messages for other programs, and all files that were made or uploaded
before. What stays: states, times, carriers, channels, references, tags, items and values, which the
reports count.

``Return.redacted_at`` and ``SalesOrder.redacted_at`` keep the feed from bringing it back.
"""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pgtrigger import ignore

from returns.database.locks import Lock, lock_for_transaction
from returns.exports.forgetting import forget_made
from returns.feed.cleanup import forget_changes_of
from returns.feed.rejected import delete_rejects_about
from returns.feed.uploads import forget_uploads
from returns.follow_ups.editing import redact_follow_ups_of
from returns.models import RedactedKind, Redaction, Return
from returns.orders.tokens import Shopper
from returns.outgoing.cleanup import forget_bodies
from returns.privacy.scope import Scope, scope_of_return, scope_of_shopper
from returns.record.comments import redact_comments_of
from returns.record.deletion import lock_returns
from tags.deadlocks import retry_deadlocks
from tags.editing import lift_statement_timeout

MAY_REDACT = "returns.redact_return"
# The reason of a deletion whose trace is redacted, as the function of the database writes it.
REDACTED_REASON = gettext_noop("Redacted.")
REDACT_RETURNS = """
    UPDATE returns_return SET notes = '', unknown_fields = '{}',
        corrections = corrections - 'notes', stamps = returns_stamps_without_unknown(stamps),
        line_items = CASE
            WHEN jsonb_path_exists(line_items, 'strict $[*] ? (@[6] != null)')
            THEN returns_items_without_others(line_items) ELSE line_items
        END,
        redacted_at = coalesce(redacted_at, now())
    WHERE id = ANY(%s::bigint[])
"""
REDACT_ORDERS = """
    UPDATE returns_salesorder SET hash_key = '', customer_hash = NULL, email_hash = NULL,
        phone_hash = NULL, shopper_name = '', shopper_updated_at = NULL, tracking_address = '',
        redacted_at = coalesce(redacted_at, now())
    WHERE id = ANY(%s::bigint[])
"""
REDACT_THE_REST = "SELECT returns_redact(%s::bigint[], %s::bigint[], %s, %s)"


def redact_return(record: Return, typed: str, reason: str, by: User) -> None:
    """Redact a return, and what its order tells of the shopper.

    ``typed`` must be its reference. Raises ``ValidationError`` if it is not, or if the return has
    been deleted. Redacting it again takes away what people have written since.
    """
    if typed.strip() != record.return_reference_number:
        raise ValidationError({"reference": _("This is not the reference of this return.")})
    if not retry_deadlocks(lambda: _redact_one(record.pk, reason, by)):
        raise ValidationError(_("This return has been deleted."))
    forget_files()


def redact_shopper(shopper: Shopper, typed: int, reason: str, by: User) -> Scope:
    """Redact all orders of a shopper and the returns of these; return which they were.

    ``typed`` must be the number of these returns. Raises ``ValidationError`` if it is not, or if
    nothing is known of the shopper any more.
    """
    scope = retry_deadlocks(lambda: _redact_all(shopper, typed, reason, by))
    forget_files()
    return scope


@transaction.atomic
def forget_files() -> None:
    """Delete the files that may hold what was redacted, whoever began them meanwhile."""
    forget_made()
    forget_uploads()


@transaction.atomic
def _redact_one(pk: int, reason: str, by: User) -> bool:
    lift_statement_timeout()
    lock_for_transaction(Lock.ORDERS)
    if not lock_returns([pk]):
        return False
    scope = scope_of_return(Return.objects.get(pk=pk))
    _redact(scope, reason, by)
    Redaction.objects.bulk_create(
        Redaction(kind=RedactedKind.ORDER, reference=each, reason=reason, by=by)
        for each in scope.order_references
    )
    return True


@transaction.atomic
def _redact_all(shopper: Shopper, typed: int, reason: str, by: User) -> Scope:
    lift_statement_timeout()
    # No order is written meanwhile, so none of this shopper comes that is not redacted.
    lock_for_transaction(Lock.ORDERS)
    scope = scope_of_shopper(shopper.hashes)
    if not scope.order_ids:
        raise ValidationError(_("Nothing is known of this shopper any more."))
    if len(lock_returns(scope.return_ids)) != len(scope.return_ids):
        scope = scope_of_shopper(shopper.hashes)  # somebody deleted one of them meanwhile
    number = len(scope.return_ids)
    if typed != number:
        raise ValidationError({"number": _("This is not the number of returns of this shopper.")})
    _redact(scope, reason, by)
    Redaction.objects.create(
        kind=RedactedKind.SHOPPER,
        returns=number,
        orders=len(scope.order_ids),
        reason=reason,
        by=by,
    )
    return scope


def _redact(scope: Scope, reason: str, by: User) -> None:
    """Redact returns that the transaction has locked, and their orders."""
    ids, orders = list(scope.return_ids), list(scope.order_ids)
    # The record of the redaction is on the timeline instead, and rules have nothing to do with it.
    silent = ignore("returns.Return:changed", "returns.Return:moments_of_changed")
    with silent, connection.cursor() as cursor:
        cursor.execute(REDACT_RETURNS, [ids])
    redact_comments_of(ids)
    redact_follow_ups_of(ids)
    with connection.cursor() as cursor:
        cursor.execute(REDACT_ORDERS, [orders])
    delete_rejects_about(scope.references)
    forget_changes_of(ids)
    forget_files()
    forget_bodies(ids)
    # Last, because it takes the earlier texts of comments that were replaced just now.
    with connection.cursor() as cursor:
        of_shopper = orders if scope.is_shopper else []
        cursor.execute(REDACT_THE_REST, [ids, of_shopper, by.pk, reason])
