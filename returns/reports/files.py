"""A table of a report as a CSV or Excel file."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from xlsxwriter import Workbook

from returns.exports.as_csv import BOM, format_cell
from returns.exports.as_xlsx import CONTENT_TYPE, WORKBOOK_OPTIONS
from returns.exports.file_names import build_file_name
from returns.reports.figures import Figure, Table
from returns.reports.report import Report

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": CONTENT_TYPE}

MAX_SHEET_NAME_LENGTH = 31  # in Excel
# The names of tables in the names of files and sheets.
SHORT_NAMES = {
    "ages": pgettext_lazy("file", "ages"),
    "by-carrier": pgettext_lazy("file", "by-carrier"),
    "by-channel": pgettext_lazy("file", "by-channel"),
    "by-sku": pgettext_lazy("file", "by-sku"),
    "by-tag": pgettext_lazy("file", "by-tag"),
    "by-weekday": pgettext_lazy("file", "by-weekday"),
    "categories": pgettext_lazy("file", "categories"),
    "deadlines": pgettext_lazy("file", "deadlines"),
    "due": pgettext_lazy("file", "due"),
    "flow": pgettext_lazy("file", "flow"),
    "items": pgettext_lazy("file", "items"),
    "moves": pgettext_lazy("file", "moves"),
    "orders": pgettext_lazy("file", "orders"),
    "reasons": pgettext_lazy("file", "reasons"),
    "rules": pgettext_lazy("file", "rules"),
    "speed": pgettext_lazy("file", "speed"),
    "together": pgettext_lazy("file", "together"),
    "trend": pgettext_lazy("file", "trend"),
}


def table_file_name(report: Report, table: Table, now: datetime, extension: str) -> str:
    """Return a file name with the table's name, the filters and the time."""
    prefix = _("report %(table)s") % {"table": _short_name(table)}
    return build_file_name(report.scope, now, extension, prefix)


def table_as_csv(report: Report, table: Table) -> bytes:
    """Return the table as CSV, with the mark by which Excel recognises UTF-8."""
    text = StringIO(BOM)
    text.seek(0, 2)
    csv.writer(text).writerows([format_cell(cell) for cell in row] for row in _rows(report, table))
    return text.getvalue().encode()


def table_as_xlsx(report: Report, table: Table) -> bytes:
    """Return the table as a workbook whose numbers are numbers."""
    return _as_workbook(report, [table])


def report_as_xlsx(report: Report) -> bytes:
    """Return all tables of a report as a workbook, with a sheet for each."""
    return _as_workbook(report, [table for each in report.sections for table in each.tables])


def report_file_name(report: Report, now: datetime) -> str:
    """Return the name of that workbook, with the report's name, the filters and the time."""
    prefix = _("report %(table)s") % {"table": report.title}
    return build_file_name(report.scope, now, "xlsx", prefix)


def _as_workbook(report: Report, tables: Sequence[Table]) -> bytes:
    file = BytesIO()
    with Workbook(file, {**WORKBOOK_OPTIONS, "constant_memory": False}) as book:
        for table in tables:
            _add_sheet(book, report, table)
        if not tables:
            book.add_worksheet()  # Excel opens none without a sheet
    return file.getvalue()


def _add_sheet(book: Workbook, report: Report, table: Table) -> None:
    sheet = book.add_worksheet(_short_name(table)[:MAX_SHEET_NAME_LENGTH])
    for row_number, row in enumerate(_rows(report, table)):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(row_number, column, cell)
            else:
                sheet.write_number(row_number, column, cell)
    sheet.set_column(0, len(table.head), 18)


def _short_name(table: Table) -> str:
    return str(SHORT_NAMES[table.name])


def _rows(report: Report, table: Table) -> Iterator[list[Any]]:
    """Yield a row with title, period and filters, then the head and the rows."""
    filters = "; ".join(report.filters) or _("all returns")
    span = ""
    if report.period:
        days = {"first": report.period.span.first, "last": report.period.span.last}
        span = _("%(first)s to %(last)s") % days
    yield [table.title, span, filters]
    yield list(table.head)
    for row in table.rows:
        yield [row[0].text, *(_cell_value(cell) for cell in row[1:])]


def _cell_value(cell: Figure) -> float | str:
    value = cell.sort_value
    return round(value, 2) if isinstance(value, float) else value
