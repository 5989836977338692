"""The name and the logo of the desk, and the country of its phone numbers."""

from django import template
from django.conf import settings

from config import brand
from returns.orders.shoppers import phone_pattern

register = template.Library()


@register.simple_tag
def desk_name() -> str:
    """Return the name of the desk."""
    return brand.desk_name()


@register.simple_tag
def has_logo() -> bool:
    """Tell whether the desk has a logo of its own."""
    return settings.DESK_LOGO is not None


@register.simple_tag
def own_phone_pattern() -> str:
    """Return a regular expression for the phone numbers of the desk's own country."""
    return phone_pattern(settings.PHONE_REGION)
