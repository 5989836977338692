"""Template tags about what people have to do: the bell, and who has claimed what."""

from django import template
from django.contrib.auth.models import AnonymousUser, User

from returns.notices.bell import bell_number

register = template.Library()


@register.simple_tag
def bell(user: User | AnonymousUser) -> int:
    """Return the number at the bell of a person."""
    return bell_number(user)
