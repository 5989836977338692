"""Dates and times in the API's parameters: a whole day of ``TIME_ZONE``, or an instant."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.properties import quote
from returns.filters.dates import parse_moment

# An unencoded plus sign in front of the offset arrives as a space.
_LOST_PLUS = re.compile(r"(\d) (\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A half-open range of time: a day from midnight to midnight, or one microsecond."""

    start: datetime
    end: datetime


def parse_time_range(name: str, text: str, *, now: datetime) -> TimeRange:
    """Return the range that a date or an ISO 8601 time stands for, in UTC.

    Dates, and times without an offset, are in ``TIME_ZONE``. Raises ``InvalidRequest`` for the
    property ``name``.
    """
    text_with_plus = _LOST_PLUS.sub(r"\1+\2", text.strip())
    try:
        start, end = (
            parse_moment(text_with_plus, end=end, now=now).astimezone(UTC) for end in (False, True)
        )
    except (ValueError, OverflowError) as error:
        message = f"{name}: {quote(text)} is not a date or time. Use 2024-02-23 or ISO 8601."
        raise InvalidRequest(ErrorDetail(name, message, "not_a_time")) from error
    return TimeRange(start, end)
