"""The properties of a return that the API can filter and sort by, under their API names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from config.text import shorten
from returns.feed.serializers import CHANGED_FIELD
from returns.models.facts import FACTS, Kind

MAX_QUOTED_LENGTH = 50  # characters of a value that an error message repeats
MIN_NAME_SIMILARITY = 0.4  # of 1, for a known name to be suggested instead of an unknown one


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a return: its name in the API, its column, and its type.

    ``key`` is the column of its search key, "" if it has none. The value is a text unless
    ``is_time``. Of the tags, ``are_tags``, a return has any number.
    """

    name: str
    column: str
    key: str
    is_time: bool
    may_be_missing: bool
    are_tags: bool = False


# When a return last changed, its tags included; ``updatedAt`` is the WMS's.
CHANGED_COLUMN = "last_change__changed_at"
CHANGED = Property(CHANGED_FIELD, CHANGED_COLUMN, "", is_time=True, may_be_missing=False)
TAG_PROPERTY = Property("tag", "", "", is_time=False, may_be_missing=True, are_tags=True)
PROPERTIES = {
    fact.api_name: Property(fact.api_name, fact.column, fact.key, fact.is_time, fact.may_be_missing)
    for fact in FACTS
    if fact.kind is not Kind.ITEMS
} | {CHANGED.name: CHANGED, TAG_PROPERTY.name: TAG_PROPERTY}


def find_property(name: str, properties: Mapping[str, Property] = PROPERTIES) -> Property | None:
    """Return the property with this name in any letter case, or None."""
    return next((each for known, each in properties.items() if known.lower() == name.lower()), None)


def suggest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean X?" with the known name nearest to an unknown one, or ""."""
    by_lower = {each.lower(): each for each in known}
    nearest = get_close_matches(
        name[:MAX_QUOTED_LENGTH].lower(), by_lower, n=1, cutoff=MIN_NAME_SIMILARITY
    )
    return f" Did you mean {by_lower[nearest[0]]}?" if nearest else ""


def quote(text: str) -> str:
    """Return a text in quotation marks, shortened for an error message."""
    return f"“{shorten(text, MAX_QUOTED_LENGTH)}”"
