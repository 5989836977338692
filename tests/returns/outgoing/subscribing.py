"""Subscriptions for tests."""

from typing import Any

from django.contrib.auth.models import User

from returns.models import EventType, Subscription
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
