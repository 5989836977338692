"""What the API can be asked about: the properties of a return, by the API's own names."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from config.text import shorten
from returns.models.facts import FACTS

LONGEST_SHOWN = 50  # characters of what was not understood that its mistake repeats
ALIKE = 0.4  # how alike a name has to be to be offered instead of another, of 1


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a return: its name in the API, its column, and what it holds.

    ``key`` is the column with its search key, where it has one. It holds text unless ``is_time``.
    """

    name: str
    column: str
    key: str
    is_time: bool
    may_be_missing: bool


PROPERTIES = {
    fact.api_name: Property(fact.api_name, fact.column, fact.key, fact.is_time, fact.may_be_missing)
    for fact in FACTS
}
_BY_LOWER = {name.lower(): each for name, each in PROPERTIES.items()}


def find_property(name: str) -> Property | None:
    """Return the property of this name, whatever its case."""
    return _BY_LOWER.get(name.lower())


def instead_of(name: str, known: Iterable[str]) -> str:
    """Return a question for the known name that is most like another; "" when none is."""
    by_lower = {each.lower(): each for each in known}
    alike = get_close_matches(name[:LONGEST_SHOWN].lower(), by_lower, n=1, cutoff=ALIKE)
    return f" Did you mean {by_lower[alike[0]]}?" if alike else ""


def shown(text: str) -> str:
    """Return a text as mistakes repeat it, in quotation marks and not too long."""
    return f"“{shorten(text, LONGEST_SHOWN)}”"
