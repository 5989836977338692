"""A list as an Excel workbook: times that Excel counts with, numbers that stay as they are."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any
from xml.sax.saxutils import escape

from django.utils import timezone
from xlsxwriter import Workbook

from config.text import shorten
from returns.exports.columns import header
from returns.exports.selection import Wanted, blocks
from returns.lists.columns import BY_NAME, Column, Kind

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Of a sheet, without its header.
MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767  # characters
# XlsxWriter takes a text between these for markup of its own, and writes it as it is.
MARKUP = ("<r>", "</r>")
LONGEST_MARKUP = 6_000
# Excel counts days from 1900 on, and the first two months of that year wrongly.
FIRST_DAY = datetime(1900, 3, 1, tzinfo=UTC)
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(
    wanted: Wanted, file: IO[bytes], now: datetime, on_block: Callable[[int], None] | None = None
) -> int:
    """Write the workbook into a file and return the number of its rows, header not counted.

    ``on_block`` is told of each block how many rows are written by then.
    """
    columns = [BY_NAME[name] for name in wanted.columns]
    count = 0
    with Workbook(file, OPTIONS) as book:
        sheet = book.add_worksheet("Returns")
        formats = _head(book, sheet, wanted.columns)
        for rows in blocks(wanted):
            for row in rows[: MOST_ROWS - count]:
                count += 1
                for place, column in enumerate(columns):
                    _cell(sheet, count, place, column, column.value(row, now), formats)
            if on_block:
                on_block(count)
        sheet.autofilter(0, 0, count, len(columns) - 1)
    logger.info("A workbook is made (returns: %s).", count)
    return count


def _head(book: Any, sheet: Any, names: list[str]) -> dict[Kind, Any]:
    bold = book.add_format({"bold": True})
    for place, name in enumerate(names):
        words = header(name)
        sheet.write_string(0, place, words, bold)
        sheet.set_column(place, place, max(BY_NAME[name].width, len(words) + 3))
    sheet.freeze_panes(1, 0)
    formats = {Kind.TIME: "yyyy-mm-dd hh:mm:ss", Kind.HOURS: "0.00", Kind.TEXT: "@"}
    return {kind: book.add_format({"num_format": text}) for kind, text in formats.items()}


def _cell(
    sheet: Any, row: int, place: int, column: Column, value: Any, formats: dict[Kind, Any]
) -> None:
    if value is None or value == "":
        return
    if column.kind == Kind.HOURS:
        sheet.write_number(row, place, value, formats[Kind.HOURS])
    elif column.kind == Kind.TIME and value >= FIRST_DAY:
        clock = timezone.make_naive(value, timezone.get_default_timezone())
        sheet.write_datetime(row, place, clock.replace(microsecond=0), formats[Kind.TIME])
    else:
        sheet.write_string(row, place, possible(str(value)), formats[Kind.TEXT])


def possible(text: str) -> str:
    """Return a text as a cell can hold it, the end of a longer one cut off.

    XlsxWriter itself writes what XML cannot hold so that Excel reads it.
    """
    if text.startswith(MARKUP[0]) and text.endswith(MARKUP[1]):
        return f"<r><t>{escape(shorten(text, LONGEST_MARKUP))}</t></r>"
    return shorten(text, LONGEST_CELL)
