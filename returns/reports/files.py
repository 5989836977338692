"""A table of a report as a file."""

import csv
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

from xlsxwriter import Workbook

from returns.exports.as_csv import BOM, written
from returns.exports.as_xlsx import CONTENT_TYPE, OPTIONS
from returns.exports.file_names import file_name
from returns.reports.figures import Figure, Table
from returns.reports.report import Report

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": CONTENT_TYPE}


def name_of(report: Report, table: Table, now: datetime, ending: str) -> str:
    """Return the name of the file, which says what it is of."""
    return file_name(report.scope, now, ending, f"report {table.name}")


def as_csv(report: Report, table: Table) -> bytes:
    """Return the table as Excel reads it, with the mark by which it knows UTF-8."""
    text = StringIO(BOM)
    text.seek(0, 2)
    csv.writer(text).writerows([written(cell) for cell in row] for row in _rows(report, table))
    return text.getvalue().encode()


def as_xlsx(report: Report, table: Table) -> bytes:
    """Return the table as a workbook; numbers are numbers there."""
    file = BytesIO()
    with Workbook(file, {**OPTIONS, "constant_memory": False}) as book:
        sheet = book.add_worksheet(table.name)
        for place, row in enumerate(_rows(report, table)):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(place, column, cell)
                else:
                    sheet.write_number(place, column, cell)
        sheet.set_column(0, len(table.head), 18)
    return file.getvalue()


def _rows(report: Report, table: Table) -> Iterator[list[Any]]:
    """Yield what the table is about, its head, its rows."""
    about = "; ".join(f"{kind} {words}" for kind, words in report.filters) or "all returns"
    span = f"{report.period.span.first} to {report.period.span.last}" if report.period else ""
    yield [table.title, span, about]
    yield list(table.head)
    for row in table.rows:
        yield [row[0].words, *(_value(cell) for cell in row[1:])]


def _value(cell: Figure) -> float | str:
    return round(cell.rank, 2) if isinstance(cell.rank, float) else cell.rank
