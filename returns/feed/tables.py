"""Tables: the rows of CSV files and workbooks become items, whatever way people write them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from returns.feed.headers import REQUIRED_FIELDS, missing_fields, read_columns, with_header
from returns.feed.items import Format, Item
from returns.feed.mappings import BY_DATES, LEFT_OUT, ColumnMapping
from returns.feed.parsing import TIMES_RULED_OUT
from returns.feed.records import (
    API_NAMES,
    REFERENCE_FIELD,
    UPDATED_FIELD,
    RecordError,
    combined,
)
from returns.feed.spelling import TIME_FIELDS, normalize, parse_cell
from returns.models import State
from returns.models.facts import FACTS

CLEARABLE_FIELDS = frozenset(fact.api_name for fact in FACTS if fact.may_be_missing)
# Their values are taken as they are, if they have letters and digits alone.
PLAIN_FIELDS = frozenset(API_NAMES.values()) - TIME_FIELDS - {"state", "tag"}
# How the first cell of a row of totals begins, normalized.
TOTAL = re.compile(r"(?:genel|ara)?toplam|(?:grand|sub)?total|sum\b|summe|gesamt|zwischensumme")
# The longest text of a cell. Our own workbooks cut longer ones.
CUT_CELL_LENGTH = 32_767
PLACE_NAMES = {"csv": "line", "xlsx": "row", "flat": "item"}


class Row(NamedTuple):
    """A row of a table: the number of its first line and of the line after it, and its cells.

    A row that could not be split has an ``error``, and its ``text`` as written.
    """

    number: int
    after: int
    cells: list[str]
    error: str = ""
    text: str = ""


def read_table(format_: Format, header: Row, rows: Iterable[Row]) -> Iterator[Item]:
    """Yield the rows below a header; one that is not understood becomes one item with an error."""
    place = f"{PLACE_NAMES[format_.kind]} {header.number}"
    format_ = with_header(format_, header.cells)
    try:
        format_ = read_columns(format_)
    except RecordError as error:
        missing = missing_fields(format_) if len(format_.header) > 1 else ()
        yield Item(place, replace(format_, missing=missing), error=error)
        return
    reader = _RowReader(format_)
    for row in rows:
        if row.error or any(row.cells):
            yield reader.read(row)


def count_filled(rows: Iterable[Row]) -> int:
    """Return how many of the rows have anything in them."""
    return sum(any(cell.strip() for cell in row.cells) for row in rows)


class _RowReader:
    """Turns the rows of a file into items."""

    def __init__(self, format_: Format) -> None:
        self.format = format_
        self.header = [normalize(cell) for cell in format_.header]
        # The first cell of the header that is not empty, by which it is found again.
        self.sign = next(filter(str.strip, format_.header), "")
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.dates = format_.choices.dates or "dmy"
        names = {column.name for column in format_.columns}
        self.cleared = (
            dict.fromkeys(CLEARABLE_FIELDS & names, "") if format_.choices.empty_clears else {}
        )
        # The columns that a row of totals leaves empty.
        self.needed = [
            column.at
            for column in format_.columns
            if column.name in REQUIRED_FIELDS and column.name != REFERENCE_FIELD
        ]

    def read(self, row: Row) -> Item:
        """Return the item of a row."""
        cells, width = row.cells, len(self.format.header)
        place = f"{PLACE_NAMES[self.format.kind]} {row.number}"
        if row.error:
            wrong = RecordError("record", row.error)
            return Item(place, self.format, error=wrong, original=row.text)
        if reason := self._why_left_out(cells):
            return Item(place, self.format, original=cells, left_out=reason)
        if len(cells) > width and any(cells[width:]):
            many = RecordError("record", f"{len(cells)} cells, but only {width} columns")
            return Item(place, self.format, error=many, original=cells)
        raw, error = self._parse_cells(cells)
        if mapping := self.format.choices.mapping:
            if reason := _apply(mapping, raw):
                return Item(place, self.format, original=cells, left_out=reason)
            error = _add_prefix(mapping.prefix, raw, error)
        times = [raw[name] for name in TIME_FIELDS & raw.keys()]
        is_update_derived = UPDATED_FIELD not in raw and bool(times)
        if is_update_derived:
            raw[UPDATED_FIELD] = max(times, key=_sort_key)
        return Item(
            place,
            self.format,
            raw=self.cleared | raw if self.cleared else raw,
            error=error,
            original=cells,
            is_update_derived=is_update_derived,
        )

    def _parse_cells(self, cells: list[str]) -> tuple[dict[str, str], RecordError | None]:
        """Return the values of a row, and what is wrong; a wrong cell keeps its original text."""
        raw: dict[str, str] = {}
        problems: list[tuple[str, str]] = []
        is_typed = self.format.kind != "csv"
        count = len(cells)
        for name, at, zone in self.format.columns:
            cell = cells[at] if at < count else ""
            if not cell or (is_typed and _is_cut(cell)):  # it says nothing
                continue
            if name in PLAIN_FIELDS and cell.isalnum() and cell != "0":  # as most are
                raw[name] = cell
                continue
            try:
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
        return raw, combined(problems) if problems else None

    def _why_left_out(self, cells: list[str]) -> str:
        count = len(cells)
        if self.sign in cells:
            if list(map(normalize, cells[: len(self.header)])) == self.header:
                return "the header again"
        elif not any(at < count and cells[at].strip() for at in self.needed):
            first = next((cell for cell in cells if cell.strip()), "")
            if TOTAL.match(normalize(first)):
                return "a row of totals"
        return ""


def _is_cut(cell: str) -> bool:
    return len(cell) == CUT_CELL_LENGTH and cell.endswith("…")


def _apply(mapping: ColumnMapping, raw: dict[str, str]) -> str:
    """Complete the values of a row as a mapping says. Returns why the row is left out, if it is."""
    raw |= {name: value for name, value in mapping.fixed.items() if value != BY_DATES}
    if mapping.fixed.get("state") == BY_DATES:
        raw["state"] = _state_by_dates(raw)
    elif "state" in mapping.columns:
        word = raw.get("state", "")
        state = mapping.state(word)
        if state == LEFT_OUT:
            return f"“{word}” is left out, as the column mapping says"
        if state:
            raw["state"] = state
    # One column may be the time of several states.
    for column in TIMES_RULED_OUT.get(raw.get("state", ""), ()):
        raw.pop(API_NAMES[column], None)
    return ""


def _add_prefix(prefix: str, raw: dict[str, str], error: RecordError | None) -> RecordError | None:
    """Put a prefix before the reference; one that is wrong stays, so that it is not taken later."""
    problems = dict(error.problems) if error else {}
    if REFERENCE_FIELD in problems and prefix:
        problems[REFERENCE_FIELD] += f". Enter it with “{prefix}” before it"
        return combined(problems.items())
    if reference := raw.get(REFERENCE_FIELD):
        raw[REFERENCE_FIELD] = f"{prefix}{reference}"
    return error


def _state_by_dates(raw: Mapping[str, str]) -> str:
    if raw.get(API_NAMES["completed_at"]):
        return State.COMPLETED
    return State.ARRIVED if raw.get(API_NAMES["arrived_to_warehouse_at"]) else State.CREATED


def _sort_key(text: str) -> datetime:
    """Return the time, or the earliest one for an invalid text, which has its own error."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
