"""Functions on texts."""

import unicodedata

from django.core.exceptions import ValidationError

# Control characters, invisible ones, those that turn the direction of the text around them, and
# lone surrogates.
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs"}


def shorten(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters; a longer one is cut and ends in "…"."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def to_storable_text(text: str) -> str:
    """Return a text without characters that the database cannot store."""
    return text.replace("\x00", "�").encode(errors="replace").decode()


def has_invisible(text: str) -> bool:
    """Tell whether a text has characters that nobody sees, or that reorder what people see."""
    return any(unicodedata.category(character) in INVISIBLE_CATEGORIES for character in text)


def require_visible(name: str) -> None:
    """Raise ``ValidationError`` for a name with invisible characters; for fields of forms."""
    if has_invisible(name):
        raise ValidationError("A name cannot contain invisible characters.")
