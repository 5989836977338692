"""A return as JSON: the API's names, in the WMS's order and notation."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from returns.feed.item_parsing import line_item_payload
from returns.models import Return
from returns.models.facts import FACTS, FACTS_BY_COLUMN, Absence, Fact, Kind
from returns.models.line_items import to_line_items

FACTS_BY_API_NAME = [(fact.api_name, fact) for fact in FACTS if fact.kind is not Kind.ITEMS]
CHANGED_FIELD = "changedAt"
LINE_ITEMS_FIELD_NAME = FACTS_BY_COLUMN["line_items"].api_name


def serialize_return(return_: Return) -> dict[str, Any]:
    """Return the fields of a return, with times in UTC to the microsecond.

    A missing value is null, empty or left out, as its ``Absence`` says. Fields that the WMS sent
    and we do not know come last, unchanged.
    """
    fields = {
        name: _serialize_value(value, fact)
        for name, fact in FACTS_BY_API_NAME
        if (value := getattr(return_, fact.column)) or not fact.is_omitted
    }
    return fields | {
        name: value for name, value in return_.unknown_fields.items() if name not in fields
    }


def serialize_detail(return_: Return) -> dict[str, Any]:
    """Return the fields of a return and its line items, unless these are not known."""
    fields = serialize_return(return_)
    lines = to_line_items(return_.line_items)
    if lines is None:
        return fields
    return fields | {LINE_ITEMS_FIELD_NAME: [line_item_payload(line) for line in lines]}


def complete(
    fields: dict[str, Any], return_: Return, tags: Iterable[str] | None = None
) -> dict[str, Any]:
    """Return the fields of a return with what the desk itself knows of it.

    That is when it last changed, and ``tag``, its tag names separated by commas, if they are given.
    The caller reads both, so that a whole page needs one query for them.
    """
    tag = {} if tags is None else {"tag": ",".join(tags)}
    return fields | tag | {CHANGED_FIELD: format_time(return_.last_change.changed_at)}


def _serialize_value(value: Any, fact: Fact) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    return value if fact.absence is Absence.EMPTY else value or None


def format_time(time: datetime) -> str:
    """Return a time in the API's notation: ``2024-02-23T11:11:18.810942Z``."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
