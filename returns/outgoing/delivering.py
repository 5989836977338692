# ruff: noqa: S608 - built from our own parts alone
"""Sends what waits for one subscription, at least once and in order for each return.

Nothing of it is sent by two processes at once. What was sent is noted right after: a process that
is killed in between sends the same message again, with the same id.
"""

import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from config.stored_texts import StoredText, stored_text
from returns.database.locks import Lock, lock_for_transaction, require_lock, try_lock
from returns.models import Delivery, DeliveryStatus, HeldLock, OutgoingEvent, Subscription
from returns.outgoing import editing
from returns.outgoing.messages import headers_of, read_returns, render
from returns.outgoing.sending import Answer, send
from returns.people.encryption import UnreadableSecretError

logger = logging.getLogger(__name__)

# Seconds between two attempts, up to 22 hours: 15 of them in about three days.
PAUSES = (
    *(5, 30, 120, 300, 900, 1_800, 3_600, 7_200),
    *(14_400, 21_600, 28_800, 43_200, 57_600, 79_200),
)
MAX_ATTEMPTS = len(PAUSES) + 1
JITTER = 0.15  # of a pause, more or less
# About the message and not the receiver, which then still gets those of other returns.
ABOUT_THE_MESSAGE = {400, 413, 422}
# So many of these in a row are about the receiver all the same.
MAX_REFUSED, REFUSED_PAUSE = 10, 60  # seconds
ASKING_TO_WAIT = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
# A thread serves one subscription for so long, then the next; at once, if an answer takes long.
SLICE_SECONDS, SLOW_ANSWER_MILLISECONDS = 5.0, 2_000
DELIVERIES_AT_ONCE = 20

RECEIVER_GONE = stored_text("The receiver answered that it is gone (410).")
GIVEN_UP = stored_text("The receiver accepted nothing for three days. Last problem: %(problem)s")
HTTP_STATUS = stored_text("status %(status)s")

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
NOTE_DELIVERY = """
    UPDATE returns_delivery SET status = %(status)s, attempts = attempts + 1,
        tried_at = clock_timestamp(), try_at = clock_timestamp() + %(pause)s::interval,
        answer = %(answer)s, problem = %(problem)s, milliseconds = %(milliseconds)s
    WHERE id = %(id)s
"""
NOTE_SUBSCRIPTION = """
    UPDATE returns_subscription SET failures = %(failures)s,
        retry_at = clock_timestamp() + %(pause)s::interval,
        minute_count = CASE
            WHEN minute_at > clock_timestamp() - interval '1 minute' THEN minute_count + 1 ELSE 1
        END,
        minute_at = CASE
            WHEN minute_at > clock_timestamp() - interval '1 minute' THEN minute_at
            ELSE clock_timestamp()
        END
    WHERE id = %(id)s
"""


@dataclass(slots=True)
class Slice:
    """What one thread did for a subscription: how much it sent, and whether answers are slow."""

    sent: int = 0
    is_slow: bool = False
    refused: int = 0  # in a row


def serve(pk: int, stopping: threading.Event) -> Slice:
    """Send what waits for a subscription, until its time is up or it has to pause.

    Nothing happens if another process serves it.
    """
    done = Slice()
    with try_lock(Lock.SUBSCRIPTION, pk) as lock:
        subscription = Subscription.objects.filter(pk=pk).first() if lock else None
        if lock is None or subscription is None or not _may_go_on(subscription):
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
    if not editing.may_send().filter(pk=subscription.owner_id).exists():
        editing.set_aside(subscription, editing.OWNER_MAY_NOT)
        return False
    try:
        editing.secrets_of(subscription)
    except UnreadableSecretError:
        editing.set_aside(subscription, editing.UNREADABLE_SECRET)
        return False
    return True


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


def note(
    subscription: Subscription, delivery: Delivery, answer: Answer, *, refused: int = 0
) -> None:
    """Note what came of an attempt, and when the next one is due.

    The receiver that is gone, or has accepted nothing for three days, is set aside.
    """
    attempts = delivery.attempts + 1
    if answer.is_accepted:
        _write(subscription, delivery, answer, failures=0)
        return
    is_trouble = answer.status not in ABOUT_THE_MESSAGE
    failures = subscription.failures + 1 if is_trouble else subscription.failures
    pause = _pause(failures if is_trouble else attempts, answer)
    rest = pause if is_trouble else None
    if refused >= MAX_REFUSED:
        rest = timedelta(seconds=REFUSED_PAUSE)
    _write(subscription, delivery, answer, failures=failures, pause=pause, rest=rest)
    problem = _problem(answer)
    logger.info(
        "A webhook was not delivered (subscription: %s, status: %s, attempt: %s).",
        *(subscription.pk, answer.status, attempts),
    )
    if answer.status == HTTPStatus.GONE:
        editing.set_aside(subscription, RECEIVER_GONE)
    elif max(attempts, failures) >= MAX_ATTEMPTS:
        editing.set_aside(subscription, StoredText(GIVEN_UP.text, {"problem": problem}))


def _pause(number: int, answer: Answer) -> timedelta:
    """Return how long to wait after so many failures, at least as long as the receiver asks."""
    usual = PAUSES[min(number, len(PAUSES)) - 1]
    seconds = usual * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    if answer.status in ASKING_TO_WAIT and answer.retry_after:
        seconds = max(seconds, answer.retry_after)
    return timedelta(seconds=seconds)


def _problem(answer: Answer) -> StoredText:
    return answer.problem or StoredText(HTTP_STATUS.text, {"status": str(answer.status)})


def _write(
    subscription: Subscription,
    delivery: Delivery,
    answer: Answer,
    *,
    failures: int,
    pause: timedelta = timedelta(0),
    rest: timedelta | None = None,
) -> None:
    values: dict[str, Any] = {
        "id": delivery.pk,
        "status": DeliveryStatus.SENT if answer.is_accepted else DeliveryStatus.WAITING,
        "pause": pause,
        "answer": answer.status,
        "problem": answer.problem.to_stored() if answer.problem else "",
        "milliseconds": answer.milliseconds,
    }
    of_subscription: dict[str, Any] = {"id": subscription.pk, "failures": failures, "pause": rest}
    with connection.cursor() as cursor:
        cursor.execute(NOTE_DELIVERY, values)
        cursor.execute(NOTE_SUBSCRIPTION, of_subscription)
