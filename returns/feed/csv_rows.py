"""CSV files: rows become items, whatever way people and spreadsheets write them."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from django.conf import settings

from returns.feed.items import FIELD_LABELS, Format, Item
from returns.feed.records import (
    API_NAMES,
    KNOWN_FIELDS,
    REQUIRED_COLUMNS,
    UPDATED_FIELD,
    RecordError,
    combined,
)
from returns.feed.spelling import TIME_FIELDS, field_for_header, parse_cell, zone_for_header
from returns.models.facts import FACTS

DELIMITERS = ",;\t"
CLEARABLE_FIELDS = frozenset(fact.api_name for fact in FACTS if fact.may_be_missing)
# Excel may write the delimiter into a first line of its own.
SEPARATOR_LINE = "sep="


def read_csv(
    lines: Iterator[str], *, empty_clears: bool = False, dates: str = "dmy", doubt: str = ""
) -> Iterator[Item]:
    """Yield the rows; a header that is not understood becomes one item with an error.

    See ``Format`` for the choices.
    """
    first, number = next(lines), 1
    if first.lower().startswith(SEPARATOR_LINE):
        first, number = next(lines, ""), 2
    ahead = [first]  # lines read so far; the header fills some of them
    format_, filled = _header(ahead, lines)
    try:
        _check_header(format_.names)
        zones = tuple(zone_for_header(header) for header in format_.header)
    except RecordError as error:
        yield Item(f"line {number}", format_, error=error)
        return
    format_ = replace(format_, zones=zones, empty_clears=empty_clears, dates=dates, doubt=doubt)
    yield from _read_rows(chain(ahead[filled:], lines), format_, number + filled)


def _header(ahead: list[str], lines: Iterator[str]) -> tuple[Format, int]:
    """Return the format with the delimiter that gives most known names, and its number of lines.

    Lines that are read for that are appended to ``ahead``.
    """
    best, filled = Format("csv"), 1
    for delimiter in DELIMITERS:
        cells, count = _first_row(ahead, lines, delimiter)
        names = tuple(
            field_for_header(cell) or f"column {at}" for at, cell in enumerate(cells, start=1)
        )
        if len(KNOWN_FIELDS.intersection(names)) > len(KNOWN_FIELDS.intersection(best.names)):
            best, filled = Format("csv", tuple(cells), delimiter, names), count
    return best, filled


def _first_row(ahead: list[str], lines: Iterator[str], delimiter: str) -> tuple[list[str], int]:
    """Return the cells of the first row, and the number of lines that they fill.

    A quoted cell may have several lines. A quote that is never closed is taken literally.
    """
    recorded = (ahead.append(line) or line for line in lines)  # type: ignore[func-returns-value]
    rows = csv.reader(chain(list(ahead), recorded), delimiter=delimiter, strict=True)
    try:
        return next(rows, []), rows.line_num
    except csv.Error:
        return _split_line(ahead[0], delimiter), 1


def _split_line(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell has more than 131,072 characters
        return []


def _check_header(names: tuple[str, ...]) -> None:
    # updatedAt may be missing: the latest of the other times is used.
    needed = [API_NAMES[name] for name in REQUIRED_COLUMNS if API_NAMES[name] != UPDATED_FIELD]
    if missing := [name for name in needed if name not in names]:
        columns = ", ".join(FIELD_LABELS[name] for name in missing)
        raise RecordError("file", f"not JSON, and no CSV header with {columns}")
    if twice := {name for name, count in Counter(names).items() if count > 1}:
        columns = ", ".join(sorted(FIELD_LABELS.get(name, name) for name in twice))
        raise RecordError("file", f"more than one column for {columns}")


def _read_rows(lines: Iterator[str], format_: Format, number: int) -> Iterator[Item]:
    read: list[str] = []  # the lines of the row; a quoted cell may have several
    recorded = (read.append(line) or line for line in lines)  # type: ignore[func-returns-value]
    rows = csv.reader(recorded, delimiter=format_.delimiter, strict=True)
    while True:
        place = f"line {number}"
        try:
            cells = next(rows)
            if any(cells):
                yield _item(place, format_, cells)
        except StopIteration:
            return
        except csv.Error as error:
            text = "".join(read).rstrip("\r\n")
            yield Item(place, format_, error=RecordError("record", str(error)), original=text)
        number += len(read)
        read.clear()


def _item(place: str, format_: Format, cells: list[str]) -> Item:
    names = format_.names
    if len(cells) > len(names):
        many = RecordError("record", f"{len(cells)} cells, but only {len(names)} columns")
        return Item(place, format_, error=many, original=cells)
    raw, error = _parse_cells(format_, cells)
    times = [raw[name] for name in TIME_FIELDS & raw.keys()]
    is_update_derived = UPDATED_FIELD not in raw and bool(times)
    if is_update_derived:
        raw[UPDATED_FIELD] = max(times, key=_sort_key)
    if format_.empty_clears:
        raw = dict.fromkeys(CLEARABLE_FIELDS.intersection(names), "") | raw
    return Item(
        place,
        format_,
        raw=raw,
        error=error,
        original=cells,
        is_update_derived=is_update_derived,
    )


def _parse_cells(format_: Format, cells: list[str]) -> tuple[dict[str, str], RecordError | None]:
    """Return the values of a row, and what is wrong; a wrong cell keeps its original text."""
    raw: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    default_zone = ZoneInfo(settings.TIME_ZONE)
    for name, zone, cell in zip(format_.names, format_.zones, cells, strict=False):
        if not cell:  # it says nothing
            continue
        try:
            value = parse_cell(
                name, cell, zone or default_zone, dates=format_.dates, doubt=format_.doubt
            )
            if value:
                raw[name] = value
        except RecordError as cell_error:
            raw[name] = cell
            problems += cell_error.problems
    return raw, combined(problems) if problems else None


def _sort_key(text: str) -> datetime:
    """Return the time, or the earliest one for an invalid text, which has its own error."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
