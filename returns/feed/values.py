"""Single values of records: untrusted JSON becomes texts and times, or a clear error."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from config.stored_texts import stored_text
from returns.feed.reasons import excerpt
from returns.feed.records import EARLIEST_TIME, LATEST_TIME, RecordError
from returns.models.facts import MAX_AHEAD

WHOLE_FROM = 1e16  # numbers from here on have no fraction
MAX_NESTING = 50  # levels of lists and objects in an unknown field


def integer_text(field: str, value: object) -> str:
    """Return an integer as text: an order number may be a JSON number. Raises ``RecordError``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RecordError(field, stored_text("not text: %(value)s", value=excerpt(value)))


def require_storable(field: str, text: str) -> str:
    """Return the text; raise ``RecordError`` if PostgreSQL cannot store it."""
    if "\x00" in text:
        raise RecordError(field, stored_text("contains a NUL character"))
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        why = stored_text("not valid Unicode (or the file is not UTF-8)")
        raise RecordError(field, why) from None
    return text


def read_time(field: str, value: object) -> datetime | None:
    """Return a time in UTC; None if there is none. Raises ``RecordError``."""
    if value is None or value == "":
        return None
    try:
        time = datetime.fromisoformat(value.strip())  # type: ignore[attr-defined]
    except (ValueError, AttributeError):
        why = stored_text("not a time: %(value)s", value=excerpt(value))
        raise RecordError(field, why) from None
    if time.tzinfo is None:
        raise RecordError(field, stored_text("no time zone: %(value)s", value=excerpt(value)))
    if not EARLIEST_TIME <= time <= LATEST_TIME:
        raise RecordError(field, stored_text("out of range: %(value)s", value=excerpt(value)))
    if time > datetime.now(UTC) + MAX_AHEAD:
        why = stored_text("more than a day in the future: %(value)s", value=excerpt(value))
        raise RecordError(field, why)
    return time.astimezone(UTC)


def storable_json(field: str, value: object, depth: int = 0) -> Any:
    """Return the value as a JSON column can store it. Raises ``RecordError``."""
    if depth > MAX_NESTING:
        raise RecordError(field, stored_text("more than %(most)s levels deep", most=MAX_NESTING))
    match value:
        case str():
            return require_storable(field, value)
        case float() | Decimal():
            number = _require_finite(field, float(value))
            # As the database gives it back.
            return int(number) if abs(number) >= WHOLE_FROM else number
        case Mapping():
            return {
                require_storable(field, key): storable_json(field, part, depth + 1)
                for key, part in value.items()
            }
        case list():
            return [storable_json(field, part, depth + 1) for part in value]
    return value


def _require_finite(field: str, number: float) -> float:
    if not math.isfinite(number):
        why = stored_text("not a valid JSON number: %(number)s", number=str(number))
        raise RecordError(field, why)
    return number
