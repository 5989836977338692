# ruff: noqa: S608 - built from our own parts alone
"""Sends what waits for one subscription, at least once and in order for each return.

Nothing of it is sent by two processes at once. What was sent is noted right after: a process that
is killed in between sends the same message again, with the same id.
"""

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from returns.database.locks import Lock, lock_for_transaction, require_lock, try_lock
from returns.models import (
    CHANNELS_TO_READ,
    Delivery,
    DeliveryStatus,
    HeldLock,
    OutgoingEvent,
    Subscription,
)
from returns.outgoing import allowing, editing
from returns.outgoing.contents import ReportWriter
from returns.outgoing.digests import next_digest
from returns.outgoing.messages import headers_of, read_returns, render
from returns.outgoing.noting import ABOUT_THE_MESSAGE, note
from returns.outgoing.sending import send
from returns.outgoing.telling import tell_by_channel

logger = logging.getLogger(__name__)

# A thread serves one subscription for so long, then the next; at once, if an answer takes long.
SLICE_SECONDS, SLOW_ANSWER_MILLISECONDS = 5.0, 2_000
DELIVERIES_AT_ONCE = 20

# What may be sent now: the first that waits of each return. The alias is that of the delivery.
IS_FIRST = """
    delivery.status = 'waiting' AND delivery.try_at <= clock_timestamp() AND NOT EXISTS (
        SELECT FROM returns_delivery earlier
        WHERE earlier.subscription_id = delivery.subscription_id AND earlier.status = 'waiting'
            AND earlier.record_id = delivery.record_id AND earlier.id < delivery.id
    )
"""
IS_DUE = """
    subscription.is_on
    AND (subscription.retry_at IS NULL OR subscription.retry_at <= clock_timestamp())
    AND (
        subscription.minute_at IS NULL OR subscription.minute_count < subscription.rate
        OR subscription.minute_at <= clock_timestamp() - interval '1 minute'
    )
"""
SELECT_NEXT = f"""
    SELECT delivery.id FROM returns_delivery delivery
    WHERE delivery.subscription_id = %s AND {IS_FIRST} ORDER BY delivery.id LIMIT %s
"""
SELECT_IS_DUE = f"SELECT {IS_DUE} FROM returns_subscription subscription WHERE id = %s"


@dataclass(slots=True)
class Slice:
    """What one thread did for a subscription: how much it sent, and whether answers are slow."""

    sent: int = 0
    is_slow: bool = False
    refused: int = 0  # in a row


def serve(pk: int, stopping: threading.Event, write_report: ReportWriter | None = None) -> Slice:
    """Send what waits for a subscription, until its time is up or it has to pause.

    Nothing happens if another process serves it. ``write_report`` writes what is sent of reports.
    """
    done = Slice()
    with try_lock(Lock.SUBSCRIPTION, pk) as lock:
        subscription = Subscription.objects.filter(pk=pk).first() if lock else None
        if lock is None or subscription is None or not _may_go_on(subscription):
            return done
        if subscription.channel in CHANNELS_TO_READ:
            _tell(subscription, lock, done, write_report)
            return done
        end = time.monotonic() + SLICE_SECONDS
        for delivery in _next_deliveries(subscription):
            if stopping.is_set() or time.monotonic() > end or not _is_due(pk):
                break
            _deliver(subscription, delivery, lock, done)
            if done.is_slow:
                break
    return done


def _may_go_on(subscription: Subscription) -> bool:
    """Tell whether anything may be sent; otherwise it is set aside."""
    if reason := allowing.why_not(subscription):
        editing.set_aside(subscription, reason)
        return False
    return True


def _tell(
    subscription: Subscription, lock: HeldLock, done: Slice, write_report: ReportWriter | None
) -> None:
    """Tell people what waits for them, in one message."""
    if not _is_due(subscription.pk):
        return
    with transaction.atomic():
        require_lock(lock)
        digest = next_digest(subscription)
    if digest is None:
        return
    answer, rest = tell_by_channel(subscription, digest, write_report)
    done.sent, done.is_slow = 1, answer.milliseconds > SLOW_ANSWER_MILLISECONDS
    with transaction.atomic():
        note(subscription, digest.lead, answer, rest=rest, is_digest=True)


def _next_deliveries(subscription: Subscription) -> Any:
    """Yield what may be sent, looking again whenever some of it is done."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(SELECT_NEXT, [subscription.pk, DELIVERIES_AT_ONCE])
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield from Delivery.objects.filter(pk__in=ids).select_related("event").order_by("pk")


def _is_due(pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SELECT_IS_DUE, [pk])
        (is_due,) = cursor.fetchone() or (False,)
    return bool(is_due)


def _deliver(subscription: Subscription, delivery: Delivery, lock: HeldLock, done: Slice) -> None:
    body = body_of(delivery.event)
    if body is None:
        Delivery.objects.filter(pk=delivery.pk).update(status=DeliveryStatus.DROPPED)
        return
    require_lock(lock)
    # Read anew: the secret, the address or the switch may have changed since.
    subscription.refresh_from_db()
    data = body.encode()
    secrets = editing.secrets_of(subscription)
    answer = send(
        subscription.address, data, headers_of(delivery.event, secrets, timezone.now(), data)
    )
    done.sent += 1
    done.is_slow = answer.milliseconds > SLOW_ANSWER_MILLISECONDS
    done.refused = done.refused + 1 if answer.status in ABOUT_THE_MESSAGE else 0
    with transaction.atomic():
        note(subscription, delivery, answer, refused=done.refused)


def body_of(event: OutgoingEvent) -> str | None:
    """Return the body of messages about an event; None if there is nothing left to be told.

    After a redaction it is rendered once more, of what was left.
    """
    if event.body:
        return event.body
    with transaction.atomic():
        lock_for_transaction(Lock.SPREADING)
        return _render_again(event)


def _render_again(event: OutgoingEvent) -> str | None:
    records = read_returns([event.record_id]) if event.record_id else {}
    if event.record_id and not records:
        return None
    body = render(event, records.get(event.record_id))
    OutgoingEvent.objects.filter(pk=event.pk, body="").update(body=body)
    return body
