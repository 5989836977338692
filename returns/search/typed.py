"""What somebody typed, pasted or scanned: one number, or several."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_TEXT = 10_000
MOST_NUMBERS = 200
LONGEST_NUMBER = 100  # as stored

# Between numbers for sure; a space may also stand inside of one.
SEPARATOR = re.compile(r"[,;|\t\n\r\v\f\u2028\u2029]+")
SHORTEST_IN_A_LIST = 5


@dataclass(frozen=True, slots=True)
class Typed:
    """A text as the numbers that it may hold.

    ``one`` is the whole text as one number, unless separators say that there are several.
    ``several`` are the numbers if there are more than one, in the order in which they stand.
    """

    one: str
    several: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Typed":
        """Read a text; whether spaces part numbers or stand in one is left to the search."""
        parts = [part for part in SEPARATOR.split(text) if length_of(part)]
        numbers = tuple(
            dict.fromkeys(number for part in parts for number in _parted_by_spaces(part))
        )
        if len(numbers) < 2:
            return cls(" ".join(parts) or text)
        is_one = len(parts) == 1 and length_of(text) <= LONGEST_NUMBER
        return cls(text if is_one else "", numbers)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the numbers that were typed."""
        return self.several or (self.one,)


def _parted_by_spaces(part: str) -> list[str]:
    """Return the words of a text if each could be a number of its own, else the text."""
    words = part.split()
    return words if all(map(_could_stand_alone, words)) else [" ".join(words)]


def _could_stand_alone(word: str) -> bool:
    has_digit = any(character.isdigit() for character in word)
    return has_digit and length_of(word) >= SHORTEST_IN_A_LIST


def length_of(text: str) -> int:
    """Return how many letters A to Z and digits the text has, as numbers are compared."""
    letters = unicodedata.normalize("NFKD", text)
    return sum((letter.isascii() and letter.isalnum()) or letter == "ı" for letter in letters)
