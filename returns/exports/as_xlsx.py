"""Lists as Excel workbooks: times are times, and long numbers stay as they are."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from config.text import shorten
from returns.exports.file_columns import FileColumn, file_columns, row_maker
from returns.exports.selection import Selection, iter_batches
from returns.lists.columns import Kind

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_SHEET_ROWS = 1_048_575  # without the header
MAX_CELL_LENGTH = 32_767  # characters
# XlsxWriter takes a text between these for rich text, and writes it without escaping.
RICH_TEXT_MARKUP = ("<r>", "</r>")
MAX_ESCAPED_LENGTH = 6_000  # characters before escaping
# Excel has no dates before 1900, and counts the first two months of that year wrongly.
FIRST_EXCEL_DAY = datetime(1900, 3, 1, tzinfo=UTC)
# Excel rounds numbers with more digits; such an amount is written as a text.
MAX_EXACT_DIGITS = 15
WORKBOOK_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_workbook(
    selection: Selection,
    file: IO[bytes],
    now: datetime,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write a workbook to a file and return the number of returns in it.

    ``on_progress`` is called after each batch with the number of returns written so far.
    """
    columns, make_rows = file_columns(selection), row_maker(selection, now)
    count = lines = 0
    with Workbook(file, WORKBOOK_OPTIONS) as book:
        sheet = book.add_worksheet(pgettext("sheet of a workbook", "Returns"))
        formats = _write_head(book, sheet, columns)
        # Closed at once if writing fails: its transaction must be over before that is stored.
        with closing(iter_batches(selection)) as batches:
            for rows in batches:
                every = (values for row in rows for values in make_rows(row))
                for values in islice(every, MAX_SHEET_ROWS - lines):
                    lines += 1
                    for index, (column, value) in enumerate(zip(columns, values, strict=True)):
                        _write_cell(sheet, lines, index, column, value, formats)
                count += len(rows)
                if on_progress:
                    on_progress(count)
        sheet.autofilter(0, 0, lines, len(columns) - 1)
    logger.info("A workbook is made (returns: %s).", count)
    return count


def _write_head(book: Any, sheet: Any, columns: list[FileColumn]) -> dict[Kind, Any]:
    """Write the header row, and return the cell format of each kind of column."""
    bold = book.add_format({"bold": True})
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.header, bold)
        sheet.set_column(index, index, max(column.width, len(column.header) + 3))
    sheet.freeze_panes(1, 0)
    formats = {
        Kind.TIME: "yyyy-mm-dd hh:mm:ss",
        Kind.HOURS: "0.00",
        Kind.AMOUNT: "#,##0.00##",
        Kind.TEXT: "@",
    }
    return {kind: book.add_format({"num_format": code}) for kind, code in formats.items()}


def _write_cell(
    sheet: Any, row: int, index: int, column: FileColumn, value: Any, formats: dict[Kind, Any]
) -> None:
    if value is None or value == "":
        return
    if column.kind == Kind.HOURS:
        sheet.write_number(row, index, value, formats[Kind.HOURS])
    elif column.kind == Kind.AMOUNT and len(value.as_tuple().digits) <= MAX_EXACT_DIGITS:
        sheet.write_number(row, index, value, formats[Kind.AMOUNT])
    elif column.kind == Kind.TIME and value >= FIRST_EXCEL_DAY:
        local_time = timezone.make_naive(value, timezone.get_default_timezone())
        sheet.write_datetime(row, index, local_time.replace(microsecond=0), formats[Kind.TIME])
    else:
        sheet.write_string(row, index, fit_cell(str(value)), formats[Kind.TEXT])


def fit_cell(text: str) -> str:
    """Return a text that fits into a cell; a longer one is cut off with an ellipsis.

    XlsxWriter escapes characters that XML cannot hold by itself.
    """
    if text.startswith(RICH_TEXT_MARKUP[0]) and text.endswith(RICH_TEXT_MARKUP[1]):
        return f"<r><t>{escape(shorten(text, MAX_ESCAPED_LENGTH))}</t></r>"
    return shorten(text, MAX_CELL_LENGTH)
