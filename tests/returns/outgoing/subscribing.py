"""Subscriptions for tests."""

from typing import Any

from django.contrib.auth.models import User

from returns.models import Channel, EventType, Occasion, Subscription
from returns.outgoing import editing
from returns.people.roles import ADMIN
from tests.factories import make_person

ALL_TYPES = EventType.values


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
