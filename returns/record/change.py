"""A change on the timeline of a return, with its values before and after."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import pgettext

from config.markup import format_html
from returns.display.values import compared

Value = str | datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A changed fact: a text, and its values before and after if ``has_values``."""

    text: str
    before: Value = None
    after: Value = None
    has_values: bool = True

    @property
    def shown_before(self) -> str:
        """Return its value before as pages show it."""
        return _shown(self.before, self.after)

    @property
    def shown_after(self) -> str:
        """Return its value after as pages show it."""
        return _shown(self.after, self.before)


def _shown(value: Value, other: Value) -> str:
    if not value:
        return pgettext("value", "nothing")
    if isinstance(value, datetime):
        return compared(value, other if isinstance(other, datetime) else None)
    return format_html("<b>{}</b>", value)
