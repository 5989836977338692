"""What files cut off: times are cut to what cells show, and unknown fields of items have no column.

So a file of ours changes nothing when it is imported again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from returns.models import LineItem


def more_exact(known: Any, sent: Any) -> Any:
    """Return the known time, if the time from a file is the same one, cut to what cells show."""
    if not isinstance(known, datetime) or not isinstance(sent, datetime) or sent.microsecond:
        return sent
    local = sent.astimezone(ZoneInfo(settings.TIME_ZONE))
    if local.second:
        shown = timedelta(seconds=1)
    elif local.hour or local.minute:
        shown = timedelta(minutes=1)
    else:
        shown = timedelta(days=1)
    return known if sent <= known < sent + shown else sent


def more_exact_items(
    known: Sequence[LineItem] | None, sent: Sequence[LineItem] | None
) -> tuple[LineItem, ...] | None:
    """Return the line items from a file, with what is known of the same lines and was cut off."""
    if not known or not sent:
        return None if sent is None else tuple(sent)
    lines = {line.line_reference: line for line in known}
    return tuple(_more_exact_item(lines.get(line.line_reference), line) for line in sent)


def _more_exact_item(known: LineItem | None, sent: LineItem) -> LineItem:
    if known is None:
        return sent
    is_same = more_exact(known.processed, sent.processed) == known.processed
    return sent._replace(
        processed_at=known.processed_at if is_same else sent.processed_at,
        others=known.others if sent.others is None else sent.others,
    )
