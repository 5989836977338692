"""Tables: the rows of CSV files and workbooks become items, whatever way people write them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from config.stored_texts import stored_text
from returns.feed.cells import check_type
from returns.feed.headers import (
    REQUIRED_FIELDS,
    check_width,
    missing_fields,
    read_columns,
    with_header,
)
from returns.feed.item_fields import ITEM_NUMBERS, KNOWN_CELLS, name_of_cell
from returns.feed.item_lines import ReadRow
from returns.feed.item_rows import RowJoiner
from returns.feed.items import Format, Item
from returns.feed.mapped_rows import MappedRows
from returns.feed.reasons import Why
from returns.feed.records import (
    API_NAMES,
    REFERENCE_FIELD,
    UPDATED_FIELD,
    Problem,
    RecordError,
    combined,
    first_of_each_field,
)
from returns.feed.spelling import TIME_FIELDS, normalize, parse_cell, word_key
from returns.models.facts import FACTS

CLEARABLE_FIELDS = frozenset(fact.api_name for fact in FACTS if fact.may_be_missing)
# Their values are taken as they are, if they have letters and digits alone.
PLAIN_FIELDS = (frozenset(API_NAMES.values()) | ITEM_NUMBERS) - TIME_FIELDS - {"state", "tag"}
# How the first cell of a row of totals begins, as a ``word_key``.
TOTAL = re.compile(
    r"(?:(?:genel |ara )?toplam|(?:grand |sub ?)?totals?|sum|(?:gesamt|zwischen)?summe|gesamt)"
    r"(?:$|[ :])"
)
# What is wrong with these fields of a mapped row can be fixed on the page of rejected records.
CORRECTABLE_WHEN_MAPPED = KNOWN_CELLS - {REFERENCE_FIELD, "state"}
# The longest text of a cell. Our own workbooks cut longer ones.
CUT_CELL_LENGTH = 32_767
MAX_EMPTY_ROWS = 100_000  # in what a preview reads
HEADER_AGAIN, ROW_OF_TOTALS = stored_text("the header again"), stored_text("a row of totals")
PLACE_NAMES = {"csv": "line", "xlsx": "row", "flat": "item"}


class Row(NamedTuple):
    """A row of a table: the number of its first line and of the line after it, and its cells.

    A row that could not be split has an ``error``, and its ``text`` as written. ``types`` has a
    letter for each cell of a workbook; see ``workbook_rows``.
    """

    number: int
    after: int
    cells: list[str]
    error: Why = ""
    text: str = ""
    types: str = ""


def read_table(format_: Format, header: Row, rows: Iterable[Row]) -> Iterator[Item]:
    """Yield the rows below a header; one that is not understood becomes one item with an error."""
    place = f"{PLACE_NAMES[format_.kind]} {header.number}"
    try:
        check_width(header.cells)
        format_ = with_header(format_, header.cells)
        format_ = read_columns(format_)
    except RecordError as error:
        missing = missing_fields(format_) if len(format_.header) > 1 else ()
        yield Item(place, replace(format_, missing=missing), error=error)
        return
    reader = _RowReader(format_)
    read = reader.read_rows(rows)
    if format_.has_items:
        read = RowJoiner({column.name: column.at for column in format_.columns}).join(read)
    yield from map(reader.to_item, read)


def count_filled(rows: Iterable[Row]) -> int:
    """Return how many of the rows have anything in them."""
    return sum(any(cell.strip() for cell in row.cells) for row in rows)


class _RowReader:
    """Turns the rows of a file into items."""

    def __init__(self, format_: Format) -> None:
        self.format = format_
        self.header = [normalize(cell) for cell in format_.header]
        # The first cell of the header that is not empty, by which it is found again.
        self.sign_at = next((at for at, cell in enumerate(self.header) if cell), 0)
        self.sign = word_key(format_.header[self.sign_at]) if format_.header else ""
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.dates = format_.choices.dates or "dmy"
        names = {column.name: column.at for column in format_.columns}
        self.cleared = (
            dict.fromkeys(CLEARABLE_FIELDS.intersection(names), "")
            if format_.choices.empty_clears
            else {}
        )
        # The columns that a row of totals leaves empty.
        self.needed = [
            names[name] for name in REQUIRED_FIELDS if name in names and name != REFERENCE_FIELD
        ]
        mapping = format_.choices.mapping
        self.mapped = (
            MappedRows(mapping, names.get("state"), has_items=format_.has_items)
            if mapping
            else None
        )
        self.columns = [
            column
            for column in format_.columns
            if not (self.mapped and column.name == "state")  # which is read by ``MappedRows``
        ]

    def read_rows(self, rows: Iterable[Row]) -> Iterator[ReadRow]:
        """Yield the rows that have anything in them, with their values."""
        empty = 0
        for row in rows:
            if row.error or any(row.cells):
                yield self._read(row)
            else:
                empty += 1
                if empty > MAX_EMPTY_ROWS and self.format.choices.most:
                    why = stored_text(
                        "more than %(most)s empty rows; the preview ends here", most=MAX_EMPTY_ROWS
                    )
                    yield ReadRow(self._place(row), None, left_out=why)
                    return

    def _place(self, row: Row) -> str:
        return f"{PLACE_NAMES[self.format.kind]} {row.number}"

    def _read(self, row: Row) -> ReadRow:
        cells, width, place = row.cells, len(self.format.header), self._place(row)
        if row.error:
            return ReadRow(place, row.text, problems=[("record", row.error)])
        if reason := self._why_left_out(cells):
            return ReadRow(place, cells, left_out=reason)
        if len(cells) > width and any(cells[width:]):
            many = stored_text(
                "%(cells)s cells, but only %(columns)s columns", cells=len(cells), columns=width
            )
            return ReadRow(place, cells, problems=[("record", many)])
        raw, problems = self._parse_cells(row)
        if self.mapped and (reason := self.mapped.complete(raw, cells, problems)):
            return ReadRow(place, cells, left_out=reason)
        return ReadRow(place, cells, raw, problems)

    def to_item(self, row: ReadRow) -> Item:
        """Return the item of a row, or of the rows of a return."""
        raw, is_update_derived = row.raw, False
        if raw is not None and self.mapped:
            self.mapped.complete_state(raw)
            # What is fixed on the page would lack the prefix, or the meaning of the word.
            if not all(name_of_cell(name) in CORRECTABLE_WHEN_MAPPED for name, _ in row.problems):
                raw = None
        if raw is not None:
            times = [time for name in TIME_FIELDS & raw.keys() for time in _times(raw[name])]
            is_update_derived = UPDATED_FIELD not in raw and bool(times)
            if is_update_derived:
                raw[UPDATED_FIELD] = max(times, key=_sort_key)
            raw = self.cleared | raw if self.cleared else raw
        return Item(
            row.place,
            self.format,
            raw=raw,
            error=combined(first_of_each_field(row.problems)) if row.problems else None,
            original=row.written,
            is_update_derived=is_update_derived,
            left_out=row.left_out,
            rows=row.rows,
        )

    def _parse_cells(self, row: Row) -> tuple[dict[str, str], list[Problem]]:
        """Return the values of a row, and what is wrong; a wrong cell keeps its original text."""
        raw: dict[str, str] = {}
        problems: list[Problem] = []
        cells, types, is_typed = row.cells, row.types, self.format.kind != "csv"
        count = len(cells)
        for name, at, zone in self.columns:
            cell = cells[at] if at < count else ""
            if not cell or (is_typed and _is_cut(cell)):  # it says nothing
                continue
            if name in PLAIN_FIELDS and cell.isalnum() and cell != "0" and not types:
                raw[name] = cell  # as most are
                continue
            try:
                if types:
                    check_type(name, cell, types[at])
                value = parse_cell(
                    name,
                    cell,
                    zone or self.zone,
                    dates=self.dates,
                    doubt=self.format.doubt,
                    is_typed=is_typed,
                )
                if value:
                    raw[name] = value
            except RecordError as cell_error:
                raw[name] = cell
                problems += cell_error.problems
        return raw, problems

    def _why_left_out(self, cells: list[str]) -> Why:
        count = len(cells)
        is_sign_there = self.sign_at < count and word_key(cells[self.sign_at]) == self.sign
        if is_sign_there and self.header == [normalize(cell) for cell in cells[: len(self.header)]]:
            return HEADER_AGAIN
        if not any(at < count and cells[at].strip() for at in self.needed):
            first = next((cell for cell in cells if cell.strip()), "")
            if TOTAL.match(word_key(first)):
                return ROW_OF_TOTALS
        return ""


def _is_cut(cell: str) -> bool:
    return len(cell) == CUT_CELL_LENGTH and cell.endswith("…")


def _times(value: str | list[str]) -> list[str]:
    """Return the times of a field; they are several if rows of a return contradict each other."""
    return value if isinstance(value, list) else [value]


def _sort_key(text: str) -> datetime:
    """Return the time, or the earliest one for an invalid text, which has its own error."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
