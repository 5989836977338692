"""The demo's people. Their password is public, so they can sign in on the demo's server only."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from returns.models import Preferences
from returns.people import roles

PASSWORD = "demo"  # noqa: S105 - printed by the demo, and refused by every other server


@dataclass(frozen=True)
class Person:
    """A person of the demo, with their role and their language."""

    name: str
    role: str
    language: str
    fields: dict[str, Any] = field(default_factory=dict)


PEOPLE = [
    Person("service", roles.CUSTOMER_SERVICE, "tr", {"first_name": "Selin", "last_name": "Aydın"}),
    Person("manager", roles.WAREHOUSE_MANAGER, "de", {"first_name": "Jonas", "last_name": "Weber"}),
    Person(
        *("admin", roles.ADMIN, "en"),
        {"first_name": "Ada", "is_staff": True, "is_superuser": True},
    ),
]


def set_up_people() -> list[Person]:
    """Create the demo's people who do not exist yet, and return all who can sign in.

    A real person with the same user name is not changed, and not returned.
    """
    return [person for person in PEOPLE if _set_up(person)]


@transaction.atomic
def _set_up(person: Person) -> bool:
    existing = User.objects.filter(username=person.name).select_related("preferences").first()
    if existing:
        return Preferences.objects.filter(user=existing, demo_only=True).exists()
    user = User.objects.create_user(person.name, password=PASSWORD, **person.fields)
    user.groups.add(Group.objects.get(name=person.role))
    Preferences.objects.create(user=user, demo_only=True, language=person.language)
    return True
