"""Functions on texts."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

# Control characters, invisible ones, those that turn the direction of the text around them, and
# lone surrogates.
# Each letter of Turkish alone comes after another one.
TURKISH_PLACES = str.maketrans(
    {
        "ç": "c\uffff",
        "ğ": "g\uffff",
        "ı": "h\uffff",
        "ö": "o\uffff",
        "ş": "s\uffff",
        "ü": "u\uffff",
    }
)
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs"}
NOT_IN_A_LINE = INVISIBLE_CATEGORIES | {"Zl", "Zp"}


def shorten(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters; a longer one is cut and ends in "…"."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def capitalized(text: str) -> str:
    """Return a text with a capital first letter; that of the Turkish "i" has a dot: "İ"."""
    first = "İ" if text[:1] == "i" and get_language() == "tr" else text[:1].upper()
    return first + text[1:]


def name_order(name: str) -> tuple[str, str]:
    """Return what to sort names by, in the order of the language's alphabet.

    Turkish has "ç" after "c" and "ı" before "i"; in German and English, accents make no difference.
    """
    if get_language() == "tr":
        letters = name.replace("I", "ı").replace("İ", "i").lower().translate(TURKISH_PLACES)
    else:
        letters = name.replace("ı", "i").casefold()
    base = unicodedata.normalize("NFKD", letters)
    return "".join(each for each in base if not unicodedata.combining(each)), name


def to_storable_text(text: str) -> str:
    """Return a text without characters that the database cannot store."""
    return text.replace("\x00", "�").encode(errors="replace").decode()


def has_invisible(text: str) -> bool:
    """Tell whether a text has characters that nobody sees, or that reorder what people see."""
    return any(unicodedata.category(character) in INVISIBLE_CATEGORIES for character in text)


def to_one_line(text: str) -> str:
    """Return a text as one line, without characters that nobody sees or that reorder others."""
    shown = "".join(" " if unicodedata.category(c) in NOT_IN_A_LINE else c for c in text)
    return " ".join(shown.split())


def require_visible(name: str) -> None:
    """Raise ``ValidationError`` for a name with invisible characters; for fields of forms."""
    if has_invisible(name):
        raise ValidationError(_("A name cannot contain invisible characters."))
