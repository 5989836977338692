"""A return in the API's words, as the WMS writes it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from returns.models import Return
from returns.models.facts import FACTS, Absence, Fact

NAMED = [(fact.api_name, fact) for fact in FACTS]


def written(return_: Return) -> dict[str, Any]:
    """Return what the API says of a return: its names, its order, times in UTC to the microsecond.

    What is missing is answered as its ``Absence`` says. What the WMS sent beyond the fields we
    know comes last, as it was sent.
    """
    said = {
        name: _value(value, fact)
        for name, fact in NAMED
        if (value := getattr(return_, fact.column)) or not fact.is_left_out
    }
    return said | {
        name: value for name, value in return_.unknown_fields.items() if name not in said
    }


def with_tag(return_: Return, tags: Iterable[str]) -> dict[str, Any]:
    """Return the same with ``tag``: the names of its tags, parted by commas; "" when it has none.

    The names are given, so that a page of returns needs one query for all of them.
    """
    return written(return_) | {"tag": ",".join(tags)}


def _value(value: Any, fact: Fact) -> Any:
    if isinstance(value, datetime):
        return time_written(value)
    return value if fact.absence is Absence.EMPTY else value or None


def time_written(time: datetime) -> str:
    """Return a time as the API writes it: ``2024-02-23T11:11:18.810942Z``."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
