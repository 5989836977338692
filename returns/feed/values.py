"""Single values of records: untrusted JSON becomes texts and times, or a clear error."""

from datetime import UTC, datetime

from config.stored_texts import stored_text
from returns.feed.reasons import excerpt
from returns.feed.records import EARLIEST_TIME, LATEST_TIME, RecordError
from returns.models.facts import MAX_AHEAD


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
