"""The name and the logo of the desk."""

from django import template
from django.conf import settings

from config import brand

register = template.Library()


@register.simple_tag
def desk_name() -> str:
    """Return the name of the desk."""
    return brand.desk_name()


@register.simple_tag
def has_logo() -> bool:
    """Tell whether the desk has a logo of its own."""
    return settings.DESK_LOGO is not None
