"""A return in the API's words, as the WMS writes it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from returns.feed.records import API_NAMES, TIMES
from returns.models import Return

# In the order of the WMS's own samples.
ALWAYS = (
    *("source", "return_reference_number", "sales_order_reference_number", "notes", "state"),
    *("tracking_id", "created_at", "updated_at", "arrived_to_warehouse_at", "completed_at"),
)
# Older records lack them, and then do not name them.
WHERE_KNOWN = ("cargo_carrier", "sales_order_channel")
# Missing, it is "" in the samples; other texts are null.
NEVER_NULL = {"notes"}


def written(return_: Return) -> dict[str, Any]:
    """Return what the API says of a return: its names, its order, times in UTC to the microsecond.

    A text that is missing is null, but notes are ``""``. Carrier and channel stand there where
    they are known. What the WMS sent beyond the fields we know comes last, as it was sent.
    """
    said = {API_NAMES[name]: _value(return_, name) for name in ALWAYS}
    known = [name for name in WHERE_KNOWN if getattr(return_, name)]
    said |= {API_NAMES[name]: getattr(return_, name) for name in known}
    return said | {
        name: value for name, value in return_.unknown_fields.items() if name not in said
    }


def with_tag(return_: Return, tags: Iterable[str]) -> dict[str, Any]:
    """Return the same with ``tag``: the names of its tags, parted by commas; "" when it has none.

    The names are given, so that a page of returns needs one query for all of them.
    """
    return written(return_) | {"tag": ",".join(tags)}


def _value(return_: Return, name: str) -> Any:
    value = getattr(return_, name)
    if name in TIMES:
        return None if value is None else time_written(value)
    return value if name in NEVER_NULL else value or None


def time_written(time: datetime) -> str:
    """Return a time as the API writes it: ``2024-02-23T11:11:18.810942Z``."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
