"""Formats HTML as Django does, in less time: a list calls this thousands of times.

Django looks at each argument for lazy texts, several times; these functions look at its type.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


def format_html(text: str, /, *args: Any, **kwargs: Any) -> SafeString:
    """Return a text whose fields are filled like those of ``str.format``, with escaped values."""
    values = {name: _escaped(value) for name, value in kwargs.items()}
    return SafeString(text.format(*map(_escaped, args), **values))


def format_html_join(separator: str, text: str, rows: Iterable[Iterable[Any]]) -> SafeString:
    """Return the text filled for each row of values, with an escaped separator in between."""
    return SafeString(_escaped(separator).join(format_html(text, *row) for row in rows))


def _escaped(value: Any) -> str:
    kind = type(value)
    if kind is SafeString:
        return str(value)
    if kind is str:
        return escape(value)
    if kind is int:
        return str(value)
    return conditional_escape(value)
