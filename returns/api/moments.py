"""Times as programs write them: a whole day of ``TIME_ZONE``, or an instant."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.properties import shown
from returns.filters.dates import parse_moment

# A plus sign that nobody encoded has become a space on its way.
_LOST_PLUS = re.compile(r"(\d) (\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Span:
    """What a text means: from its start until just before its end; of an instant a microsecond."""

    start: datetime
    end: datetime


def read_span(name: str, text: str, *, now: datetime) -> Span:
    """Return what a date or an ISO 8601 time means.

    A date is that day in ``TIME_ZONE``; a time without a zone is one of ``TIME_ZONE``. Raises
    ``NotUnderstood`` for the property ``name``.
    """
    said = _LOST_PLUS.sub(r"\1+\2", text.strip())
    try:
        ends = [parse_moment(said, end=end, now=now).astimezone(UTC) for end in (False, True)]
    except (ValueError, OverflowError) as error:
        message = f"{name}: {shown(text)} is no date or time; write 2024-02-23 or an ISO 8601 time."
        raise NotUnderstood(Mistake(name, message, "not_a_time")) from error
    return Span(*ends)
