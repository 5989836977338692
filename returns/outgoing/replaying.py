"""Sends again what was sent, or a message to try an address with."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from returns.models import (
    TEST_TYPE,
    Delivery,
    DeliveryStatus,
    EventType,
    OccasionType,
    OutgoingEvent,
    Subscription,
)
from returns.outgoing.messages import EXAMPLE_DETAILS, example_body
from returns.outgoing.posting import post

TEST_TYPES = (TEST_TYPE, *EventType.values)


@transaction.atomic
def send_test(subscription: Subscription, type_: str) -> Delivery:
    """Let an example of a type of event be sent to this subscription, whatever its filter.

    Raises ``ValidationError`` if there is no such type, or the subscription is off.
    """
    if type_ not in TEST_TYPES:
        raise ValidationError(_("Choose a type of event."))
    if not subscription.is_on:
        raise ValidationError(_("Switch it on first: nothing is sent while it is off."))
    if "report" in subscription.options:
        return _send_report(subscription)
    details = {**EXAMPLE_DETAILS.get(type_, {}), "test": True}
    event = OutgoingEvent.objects.create(type=type_, details=details, spread_at=Now())
    event.refresh_from_db()
    OutgoingEvent.objects.filter(pk=event.pk).update(body=example_body(event))
    return Delivery.objects.create(subscription=subscription, event=event, record_id=0)


def _send_report(subscription: Subscription) -> Delivery:
    """Let the report be sent as it is now."""
    details = {"report": subscription.options["report"]}
    post(subscription, OccasionType.TIMED, details)
    return Delivery.objects.filter(subscription=subscription).latest("pk")


def replay(subscription: Subscription, since: datetime, until: datetime) -> int:
    """Send everything of a span of time again, in the same order and with the same ids.

    Returns how many messages. The end of the span is not part of it.
    """
    sent = Delivery.objects.filter(subscription=subscription, status=DeliveryStatus.SENT)
    return _again(sent.filter(event__at__gte=since, event__at__lt=until))


def replay_one(subscription: Subscription, pk: int) -> int:
    """Send one message again, also one that waits for its next attempt; return how many."""
    together = Q(pk=pk) | Q(lead=pk)
    return _again(Delivery.objects.filter(together, subscription=subscription))


def _again(deliveries: QuerySet[Delivery]) -> int:
    """Let these wait once more. What was told in one message is told in one again, without others.

    The new time makes it another message than before, for mail programs and for the bell.
    """
    again = deliveries.exclude(status=DeliveryStatus.DROPPED)
    return again.update(status=DeliveryStatus.WAITING, attempts=0, made_at=Now(), try_at=Now())
