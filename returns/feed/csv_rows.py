"""CSV: rows become entries, in whatever way people and their spreadsheets write them."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from django.conf import settings

from returns.feed.items import Format, Item
from returns.feed.records import API_NAMES, KNOWN, REQUIRED, RecordError
from returns.feed.spelling import TIME_NAMES, field_of, value_of

DELIMITERS = ",;\t"
# What Excel writes into a first line of its own.
SEPARATOR_LINE = "sep="
UPDATED = API_NAMES["updated_at"]


def read_csv(lines: Iterator[str]) -> Iterator[Item]:
    """Yield the rows; a header that cannot be understood is one entry with an error."""
    first, number = next(lines), 1
    if first.lower().startswith(SEPARATOR_LINE):
        first, number = next(lines, ""), 2
    ahead = [first]  # lines that were read, of which the header fills some
    format_, filled = _header(ahead, lines)
    if problem := _problem(format_.names):
        yield Item(f"line {number}", format_, error=RecordError("file", problem))
        return
    yield from _read_rows(chain(ahead[filled:], lines), format_, number + filled)


def _header(ahead: list[str], lines: Iterator[str]) -> tuple[Format, int]:
    """Take the delimiter under which most of the names are known; tell how many lines it fills.

    What has to be read for that is put into ``ahead``.
    """
    best, filled = Format("csv"), 1
    for delimiter in DELIMITERS:
        cells, count = _cells(ahead, lines, delimiter)
        names = tuple(field_of(cell) or f"column {at}" for at, cell in enumerate(cells, start=1))
        if len(KNOWN.intersection(names)) > len(KNOWN.intersection(best.names)):
            best, filled = Format("csv", tuple(cells), delimiter, names), count
    return best, filled


def _cells(ahead: list[str], lines: Iterator[str], delimiter: str) -> tuple[list[str], int]:
    """Return the first row, of which a quoted cell may fill several lines, and how many.

    A quote that nobody closes as it should is a letter of its own line.
    """
    kept = (ahead.append(line) or line for line in lines)  # type: ignore[func-returns-value]
    rows = csv.reader(chain(list(ahead), kept), delimiter=delimiter, strict=True)
    try:
        return next(rows, []), rows.line_num
    except csv.Error:
        return _cells_of_line(ahead[0], delimiter), 1


def _cells_of_line(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 131,072 characters
        return []


def _problem(names: tuple[str, ...]) -> str:
    # Where updatedAt is not said the latest of the other times is when it was updated.
    needed = [API_NAMES[name] for name in REQUIRED if API_NAMES[name] != UPDATED]
    if missing := [name for name in needed if name not in names]:
        return f"neither JSON nor a CSV header with {', '.join(missing)}"
    twice = {name for name in names if names.count(name) > 1}
    return f"several columns are {', '.join(sorted(twice))}" if twice else ""


def _read_rows(lines: Iterator[str], format_: Format, number: int) -> Iterator[Item]:
    read: list[str] = []  # the lines of the row, of which a quoted cell may fill several
    kept = (read.append(line) or line for line in lines)  # type: ignore[func-returns-value]
    rows = csv.reader(kept, delimiter=format_.delimiter, strict=True)
    while True:
        place = f"line {number}"
        try:
            cells = next(rows)
            if any(cells):
                yield _row(place, format_, cells)
        except StopIteration:
            return
        except csv.Error as error:
            text = "".join(read).rstrip("\r\n")
            yield Item(place, format_, error=RecordError("record", str(error)), written=text)
        number += len(read)
        read.clear()


def _row(place: str, format_: Format, cells: list[str]) -> Item:
    names, zone = format_.names, ZoneInfo(settings.TIME_ZONE)
    if len(cells) > len(names):
        many = RecordError("record", f"{len(cells)} cells under {len(names)} columns")
        return Item(place, format_, error=many, written=cells)
    raw, error = _said(zip(names, cells, strict=False), zone)
    if UPDATED not in raw and (times := [raw[name] for name in TIME_NAMES & raw.keys()]):
        raw[UPDATED] = max(times, key=_moment)
    return Item(place, format_, raw=raw, error=error, written=cells)


def _said(
    cells: Iterable[tuple[str, str]], zone: ZoneInfo
) -> tuple[dict[str, str], RecordError | None]:
    """Return what a row says, and the first error; a wrong cell is kept as it was written."""
    raw: dict[str, str] = {}
    error: RecordError | None = None
    for name, cell in cells:
        if not cell:  # a column that we do not know says nothing where it is empty
            continue
        try:
            raw[name] = value_of(name, cell, zone)
        except RecordError as found:
            raw[name] = cell
            error = error or found
    return raw, error


def _moment(text: str) -> datetime:
    """Return the time, or one before all others where it is none: its own field tells that."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
