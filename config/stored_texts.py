"""Texts that are written now and read later, by people whose language may be another.

A record is rejected by a process without a language, and read by a clerk in Turkish and an admin
in German. So the database keeps the English text as it stands in the catalogues, with its values,
and every reader gets it in their language.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext, ngettext, npgettext, pgettext

from config.numbers import grouped

STORED_MARK = '{"text": '
type Value = str | int | "StoredText"


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text of the catalogues with its values. As ``str``, in the language that is active.

    A name that the desk brings along is such a text, in the ``context`` of its kind. Without
    values a text is shown as it stands: a name may contain "%".
    """

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)
    plural: str = ""
    number: int = 0
    context: str = ""

    def __str__(self) -> str:
        """Return the text in the language that is active."""
        text = self._translated()
        if not self.values:
            return text
        return text % {name: _shown(value) for name, value in self.values.items()}

    def __hash__(self) -> int:
        """Hash by what is stored; two equal texts have equal hashes."""
        return hash(self.to_stored())

    def to_stored(self) -> str:
        """Return the text as it is stored."""
        return json.dumps(self.parts(), ensure_ascii=False)

    def parts(self) -> dict[str, Any]:
        """Return the text as JSON can hold it."""
        parts: dict[str, Any] = {"text": self.text}
        if self.values:
            parts["values"] = {
                name: value.parts() if isinstance(value, StoredText) else value
                for name, value in self.values.items()
            }
        if self.plural:
            parts |= {"plural": self.plural, "number": self.number}
        if self.context:
            parts["context"] = self.context
        return parts

    @classmethod
    def from_parts(cls, parts: Mapping[str, Any]) -> Self:
        """Return the text whose parts these are."""
        values = {
            name: cls.from_parts(value) if isinstance(value, dict) else value
            for name, value in parts.get("values", {}).items()
        }
        return cls(
            parts["text"],
            values,
            parts.get("plural", ""),
            parts.get("number", 0),
            parts.get("context", ""),
        )

    def _translated(self) -> str:
        if self.plural and self.context:
            return npgettext(self.context, self.text, self.plural, self.number)
        if self.plural:
            return ngettext(self.text, self.plural, self.number)
        return pgettext(self.context, self.text) if self.context else gettext(self.text)


class ReadText(str):
    """A stored text that was read, in the language of its reader. It is stored as it was."""

    __slots__ = ("stored",)
    stored: str

    def __reduce__(self) -> tuple[Callable[[str], str], tuple[str]]:
        """Return how the text is copied: again in the language that is active."""
        return from_stored, (self.stored,)


if TYPE_CHECKING:
    _TextField = models.TextField[StoredText | str | Combinable, str]
else:
    _TextField = models.TextField


class StoredTextField(_TextField):
    """A text field that keeps a ``StoredText`` or a plain string, and gives a string.

    The string is in the language that is active when the row is read.
    """

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Return the field for a migration: for the database it is a text field."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Return the text for its reader."""
        return None if value is None else from_stored(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return the value as it is stored."""
        return None if value is None else to_stored(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the value for a serializer, as it is stored."""
        return to_stored(self.value_from_object(obj))

    def to_python(self, value: Any) -> Any:
        """Keep texts of the catalogues as they are."""
        return value if isinstance(value, StoredText) else super().to_python(value)


def stored_text(text: str, /, **values: Value) -> StoredText:
    """Return a text of the catalogues with its values; ``makemessages`` finds the name."""
    return StoredText(text, values)


def stored_ntext(text: str, plural: str, number: int, /, **values: Value) -> StoredText:
    """Return a text in singular and plural with its values; ``makemessages`` finds the name."""
    return StoredText(text, values, plural, number)


def to_stored(value: object) -> str:
    """Return a text as its column holds it."""
    if isinstance(value, StoredText):
        return value.to_stored()
    return value.stored if isinstance(value, ReadText) else str(value)


def from_stored(column: str) -> str:
    """Return what a column holds as a text in the language that is active."""
    if not column.startswith(STORED_MARK):
        return column
    try:
        parts = json.loads(column)
        text = ReadText(str(StoredText.from_parts(parts)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return column  # a plain text that only begins like one of ours
    text.stored = column
    return text


def values_of(text: str) -> Mapping[str, Any]:
    """Return the values of a stored text that was read; none of any other text."""
    parts = json.loads(text.stored) if isinstance(text, ReadText) else {}
    values: Mapping[str, Any] = parts.get("values", {})
    return values


def _shown(value: Value) -> str:
    return grouped(value) if isinstance(value, int) else str(value)
