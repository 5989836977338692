"""Read what somebody typed, pasted or scanned: one number, or several."""

import re
import unicodedata
from dataclasses import dataclass

MAX_SEARCH_LENGTH = 10_000
MAX_NUMBERS = 200
MAX_STORED_NUMBER_LENGTH = 100

# These characters always separate numbers; a space may also be part of one.
SEPARATOR = re.compile(r"[,;|\t\n\r\v\f\u2028\u2029]+")
MIN_LENGTH_IN_LIST = 5


@dataclass(frozen=True, slots=True)
class TypedNumbers:
    """The numbers that a text may contain.

    ``one`` is the whole text as one number, or empty if separators divide it. ``several`` are its
    numbers in order, if there is more than one.
    """

    one: str
    several: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "TypedNumbers":
        """Return the numbers of a text. Both readings are kept if only spaces divide it."""
        parts = [part for part in SEPARATOR.split(text) if key_length(part)]
        numbers = tuple(
            dict.fromkeys(number for part in parts for number in _split_by_spaces(part))
        )
        if len(numbers) < 2:
            return cls(" ".join(parts) or text)
        may_be_one = len(parts) == 1 and key_length(text) <= MAX_STORED_NUMBER_LENGTH
        return cls(text if may_be_one else "", numbers)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the numbers: the several ones, otherwise the one."""
        return self.several or (self.one,)


def _split_by_spaces(part: str) -> list[str]:
    """Return the words of a text if each of them could be a number, otherwise the text."""
    words = part.split()
    return words if all(map(_could_be_number, words)) else [" ".join(words)]


def _could_be_number(word: str) -> bool:
    has_digit = any(character.isdigit() for character in word)
    return has_digit and key_length(word) >= MIN_LENGTH_IN_LIST


def key_length(text: str) -> int:
    """Return how many letters A to Z and digits of the text are compared."""
    return len(key_of(text))


def key_of(text: str) -> str:
    """Return the letters A to Z and digits of the text that are compared."""
    letters = unicodedata.normalize("NFKD", text).replace("ı", "i")
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()).upper()
