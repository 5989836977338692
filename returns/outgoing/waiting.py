"""Lets what waits begin anew: with all its attempts, or apart from what it was tried with."""

from django.db.models.functions import Now

from returns.models import Delivery, DeliveryStatus, Subscription


def try_anew(subscription: Subscription) -> None:
    """Give everything that was tried and still waits all its attempts once more, right away."""
    waiting = Delivery.objects.filter(subscription=subscription, status=DeliveryStatus.WAITING)
    waiting.filter(attempts__gt=0).update(attempts=0, try_at=Now())


def set_free(subscription: Subscription) -> None:
    """Let what waits be told as if it had never been tried: its channel is another one now.

    What was told in one message may be told apart, or with others, so it is another message.
    """
    try_anew(subscription)
    waiting = Delivery.objects.filter(subscription=subscription, status=DeliveryStatus.WAITING)
    waiting.filter(lead__isnull=False).update(lead=None, made_at=Now())
