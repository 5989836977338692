"""Notes what came of an attempt to send, and when the next one is due."""

import logging
import random
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.db import connection

from config.stored_texts import StoredText, stored_text
from returns.models import Delivery, DeliveryStatus, Subscription
from returns.outgoing import editing
from returns.outgoing.sending import Answer

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

RECEIVER_GONE = stored_text("The receiver answered that it is gone (410).")
REFUSED_TO_THE_END = stored_text(
    "One message was refused %(number)s times. Last problem: %(problem)s"
)
GIVEN_UP = stored_text("The receiver accepted nothing for three days. Last problem: %(problem)s")
HTTP_STATUS = stored_text("status %(status)s")

# What was sent by itself is no part of a digest, even if it was once.
NOTE_DELIVERY = """
    UPDATE returns_delivery SET status = %(status)s, attempts = attempts + 1,
        tried_at = clock_timestamp(), try_at = clock_timestamp() + %(pause)s::interval,
        answer = %(answer)s, problem = %(problem)s, milliseconds = %(milliseconds)s, lead = NULL
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
# All that one message told.
NOTE_DIGEST = """
    UPDATE returns_delivery SET status = %(status)s, attempts = attempts + 1,
        tried_at = clock_timestamp(), try_at = clock_timestamp() + %(pause)s::interval,
        answer = %(answer)s, problem = %(problem)s, milliseconds = %(milliseconds)s
    WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead = %(lead)s
"""


def note(
    subscription: Subscription,
    delivery: Delivery,
    answer: Answer,
    *,
    refused: int = 0,
    rest: timedelta | None = None,
    is_digest: bool = False,
) -> None:
    """Note what came of an attempt, and when the next one is due.

    With ``is_digest``, all that has the same lead was told in one message. After one that was
    accepted, nothing is sent for the time of ``rest``. The receiver that is gone, has accepted
    nothing for three days, or has refused one message to the end, is set aside.
    """
    attempts = delivery.attempts + 1
    if answer.is_accepted:
        _write(subscription, delivery, answer, failures=0, rest=rest, is_digest=is_digest)
        return
    # A digest is about many returns: where it is refused, the next one would be refused too.
    is_trouble = is_digest or answer.status not in ABOUT_THE_MESSAGE
    failures = subscription.failures + 1 if is_trouble else subscription.failures
    pause = _pause(failures if is_trouble else attempts, answer)
    rest = pause if is_trouble else None
    if refused >= MAX_REFUSED:
        rest = timedelta(seconds=REFUSED_PAUSE)
    _write(
        *(subscription, delivery, answer),
        failures=failures,
        pause=pause,
        rest=rest,
        is_digest=is_digest,
    )
    logger.info(
        "A message was not delivered (subscription: %s, status: %s, attempt: %s).",
        *(subscription.pk, answer.status, attempts),
    )
    if answer.status == HTTPStatus.GONE:
        editing.set_aside(subscription, RECEIVER_GONE)
    elif failures >= MAX_ATTEMPTS:
        reason = StoredText(GIVEN_UP.text, {"problem": _problem(answer)})
        editing.set_aside(subscription, reason)
    elif attempts >= MAX_ATTEMPTS:
        text = REFUSED_TO_THE_END.text
        reason = StoredText(text, {"number": attempts, "problem": _problem(answer)})
        editing.set_aside(subscription, reason)


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
    is_digest: bool = False,
) -> None:
    values: dict[str, Any] = {
        "id": delivery.pk,
        "lead": delivery.lead,
        "subscription": subscription.pk,
        "status": DeliveryStatus.SENT if answer.is_accepted else DeliveryStatus.WAITING,
        "pause": pause,
        "answer": answer.status,
        "problem": answer.problem.to_stored() if answer.problem else "",
        "milliseconds": answer.milliseconds,
    }
    of_subscription: dict[str, Any] = {"id": subscription.pk, "failures": failures, "pause": rest}
    with connection.cursor() as cursor:
        cursor.execute(NOTE_DIGEST if is_digest else NOTE_DELIVERY, values)
        cursor.execute(NOTE_SUBSCRIPTION, of_subscription)
