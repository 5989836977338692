"""Subscriptions for tests."""

import threading
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now

from returns.models import Channel, Delivery, EventType, Occasion, Subscription
from returns.outgoing import editing
from returns.outgoing.delivering import serve
from returns.outgoing.spreading import spread_next
from returns.people.roles import ADMIN
from tests.factories import make_person

ALL_TYPES = EventType.values
GOING_ON = threading.Event()


def subscribe(
    address: str = "https://shop.example/hook", *types: str, owner: User | None = None, **more: Any
) -> Subscription:
    """Save a subscription of an admin to these types, or to all of them."""
    person = owner or User.objects.filter(username="hooker").first() or make_person("hooker", ADMIN)
    name = more.pop("name", f"Hook {Subscription.objects.count() + 1}")
    subscription = Subscription(
        owner=person, name=name, types=list(types or ALL_TYPES), address=address, **more
    )
    editing.create(subscription)
    return subscription


def notify(
    owner: User, occasion: Occasion, channel: Channel = Channel.BELL, **more: Any
) -> Subscription:
    """Save a subscription of a person that tells something to people."""
    name = more.pop("name", f"Notice {Subscription.objects.count() + 1}")
    options = {"origin": "https://desk.example", **more.pop("options", {})}
    subscription = Subscription(
        owner=owner, name=name, occasion=occasion, channel=channel, options=options, **more
    )
    editing.create(subscription)
    return subscription


def spread() -> None:
    """Share out everything that has happened."""
    while spread_next():
        pass


def send(subscription: Subscription) -> None:
    """Share out what has happened, and serve the subscription once."""
    spread()
    serve(subscription.pk, GOING_ON)
    subscription.refresh_from_db()


def make_due(subscription: Subscription) -> None:
    """Let the time of all pauses be over."""
    long_ago = Now() - timedelta(minutes=1)
    Delivery.objects.filter(subscription=subscription).update(try_at=long_ago)
    Subscription.objects.filter(pk=subscription.pk).update(retry_at=None, minute_at=None)


def change_channel(entry: Subscription, channel: Channel, address: str = "") -> None:
    """Change the channel as the form does."""
    changed = Subscription.objects.get(pk=entry.pk)
    changed.channel, changed.address = channel, address
    editing.change(changed, editing.version_of(entry))
    entry.refresh_from_db()
