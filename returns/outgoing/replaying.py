"""Sends again what was sent, or a message to try an address with."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from returns.models import (
    TEST_TYPE,
    Delivery,
    DeliveryStatus,
    EventType,
    OutgoingEvent,
    Subscription,
)
from returns.outgoing.messages import EXAMPLE_DETAILS, example_body

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
    details = {**EXAMPLE_DETAILS.get(type_, {}), "test": True}
    event = OutgoingEvent.objects.create(type=type_, details=details, spread_at=Now())
    event.refresh_from_db()
    OutgoingEvent.objects.filter(pk=event.pk).update(body=example_body(event))
    return Delivery.objects.create(subscription=subscription, event=event, record_id=0)


def replay(subscription: Subscription, since: datetime, until: datetime) -> int:
    """Send everything of a span of time again, in the same order and with the same ids.

    Returns how many messages. The end of the span is not part of it.
    """
    sent = Delivery.objects.filter(subscription=subscription, status=DeliveryStatus.SENT)
    return _again(sent.filter(event__at__gte=since, event__at__lt=until))


def replay_one(subscription: Subscription, pk: int) -> int:
    """Send one message again, also one that waits for its next attempt; return how many."""
    return _again(Delivery.objects.filter(subscription=subscription, pk=pk))


def _again(deliveries: QuerySet[Delivery]) -> int:
    again = deliveries.exclude(status=DeliveryStatus.DROPPED)
    return again.update(status=DeliveryStatus.WAITING, attempts=0, try_at=Now())
