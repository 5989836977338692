"""Parts of pages that are kept as text: tags of Django's templates."""

from collections.abc import Hashable
from functools import cache, lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

# Each menu in the languages of the pages, as it is without a choice, and the last few others. With
# thousands of tags, a menu takes megabytes.
MAX_KEPT = 16


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


@register.simple_tag
def kept(template_name: str, parts: Hashable) -> SafeString:
    """Render a template that shows ``parts`` and nothing else, unless it was lately.

    Equal parts give the same text, so a kept text is never out of date.
    """
    return _kept_in(get_language(), template_name, parts)


@lru_cache(MAX_KEPT)
def _kept_in(
    language: str | None,  # noqa: ARG001  # part of the key
    template_name: str,
    parts: Hashable,
) -> SafeString:
    return render_to_string(template_name, {"parts": parts})
