"""Parts of pages that never change, kept as text: tags of Django's templates."""

from functools import cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return an icon of templates/components/icons. It is no ``include``, for speed."""
    return render_to_string(f"components/icons/{name}.svg")


@register.simple_tag
def desk_languages() -> list[tuple[str, str]]:
    """Return the languages of pages as pairs of code and own name: "de" and "Deutsch"."""
    return [(code, str(name)) for code, name in settings.LANGUAGES]


@register.simple_tag
def keys_help() -> SafeString:
    """Return the list of the keyboard shortcuts."""
    return _keys_help_of(get_language())


@cache
def _keys_help_of(language: str | None) -> SafeString:  # noqa: ARG001  # the key of the cache
    return render_to_string("components/keys.html")
