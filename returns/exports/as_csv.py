"""A list as CSV: commas, quotes where they are needed, UTF-8."""

import csv
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

from django.utils import timezone

from returns.exports.columns import header
from returns.exports.selection import Wanted, blocks
from returns.feed.spelling import FORMULA
from returns.lists.columns import BY_NAME

logger = logging.getLogger(__name__)

BOM = "\ufeff"
FORMULA_AT_START = re.compile(FORMULA)


def lines(wanted: Wanted, now: datetime, *, bom: bool = False) -> Iterator[bytes]:
    """Yield the file in pieces. ``bom``: with the mark by which Excel knows UTF-8."""
    values = [BY_NAME[name].value for name in wanted.columns]
    headers = [header(name) for name in wanted.columns]
    start, count = _written([headers], BOM if bom else ""), 0
    for rows in blocks(wanted):
        count += len(rows)
        lines = [[written(value(row, now)) for value in values] for row in rows]
        yield start + _written(lines)
        start = b""
    if start:
        yield start
    logger.info("A CSV export is made (returns: %s).", count)


def written(value: str | datetime | float | None) -> str:
    """Return a cell: a time by the warehouse's clock, a text that is no formula."""
    if isinstance(value, str):
        return f"'{value}" if FORMULA_AT_START.match(value) else value
    if isinstance(value, datetime):
        clock = timezone.localtime(value, timezone.get_default_timezone())
        return clock.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def _written(rows: list[list[str]], before: str = "") -> bytes:
    text = StringIO(before)
    text.seek(0, 2)
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
