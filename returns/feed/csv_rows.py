"""CSV files: text becomes rows, whatever delimiter and quotes it has."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from config.stored_texts import StoredText, stored_text
from returns.feed.headers import HEADER_ROWS, FoundHeader, find_header
from returns.feed.items import Choices, Format, Item
from returns.feed.reasons import Why
from returns.feed.records import RecordError
from returns.feed.tables import Row, count_filled, read_table

DELIMITERS = ",;\t"
# Excel may write the delimiter into a first line of its own.
SEPARATOR_LINE = "sep="
HEAD_LINES = 200  # that are enough for the header and what is above it
HEAD_LENGTH = 500_000  # characters
MAX_DELIMITERS = 20_000  # of a row; a long text in quotes may have many


class TooManyColumnsError(ValueError):
    """A row has more columns than any table of returns."""


def read_csv(
    lines: Iterator[str], choices: Choices, doubt: StoredText | None = None
) -> Iterator[Item]:
    """Yield the rows; a header that is not understood becomes one item with an error."""
    head, number = _head(lines), 1
    if head and head[0].lower().startswith(SEPARATOR_LINE):
        head, number = head[1:], 2
    format_ = Format("csv", choices=choices, doubt=doubt)
    place = f"line {number}"
    try:
        rows, found, delimiter = _find_header(head, number, format_)
        format_ = replace(format_, delimiter=delimiter, above=count_filled(rows[: found.index]))
        header = rows[found.index] if rows else Row(number, number + 1, [])
        below = chain(head[header.after - number :], lines)
        for item in read_table(format_, header, split_rows(below, delimiter, header.after)):
            place = item.place
            yield item
    except TooManyColumnsError:
        why = stored_text(
            "more than %(most)s columns below this; the rest was not read", most=MAX_DELIMITERS
        )
        yield Item(place, format_, error=RecordError("file", why))


def _head(lines: Iterator[str]) -> list[str]:
    head, length = [], 0
    for line in islice(lines, HEAD_LINES):
        head.append(line)
        length += len(line)
        if length > HEAD_LENGTH:
            break
    return head


def _find_header(
    head: list[str], number: int, format_: Format
) -> tuple[list[Row], FoundHeader, str]:
    """Return the first rows, their header, and the delimiter, which gives the best header."""
    best: tuple[list[Row], FoundHeader, str] = ([], FoundHeader(), DELIMITERS[0])
    for delimiter in DELIMITERS:
        rows = list(islice(_first_rows(head, delimiter, number), HEADER_ROWS))
        found = find_header([row.cells for row in rows], format_.choices.mapping)
        if not best[0] or (found.known, found.width) > (best[1].known, best[1].width):
            best = rows, found, delimiter
    return best


def _first_rows(head: list[str], delimiter: str, number: int) -> Iterator[Row]:
    """Yield the rows of the first lines. A quote that is never closed is taken literally."""
    start = 0
    while start < len(head):
        for row in split_rows(iter(head[start:]), delimiter, number + start):
            if row.error:
                cells = _split_line(head[start], delimiter)
                row = Row(number + start, number + start + 1, cells)
            yield row
            start = row.after - number
            break


def _split_line(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell has more than 131,072 characters
        return []


def split_rows(lines: Iterator[str], delimiter: str, number: int) -> Iterator[Row]:
    """Yield the rows of lines of which the first one has this number.

    Raises ``TooManyColumnsError``.
    """
    read: list[str] = []  # the lines of the row; a quoted cell may have several
    recorded = _bounded(lines, read, delimiter)
    rows = csv.reader(recorded, delimiter=delimiter, strict=True)
    while True:
        cells: list[str] = []
        problem: Why = ""
        text = ""
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            problem, text = _why(error, delimiter), "".join(read).rstrip("\r\n")
        after = number + len(read)
        yield Row(number, after, cells, problem, text)
        number = after
        read.clear()


def _why(error: csv.Error, delimiter: str) -> Why:
    """Return an error of the library in words of our own, as far as it has some."""
    message = str(error)
    if message == "unexpected end of data":
        return stored_text("unexpected end of data")
    if message == f"'{delimiter}' expected after '\"'":
        return stored_text("'%(delimiter)s' expected after '\"'", delimiter=delimiter)
    if message.startswith("field larger than field limit"):
        return stored_text(
            "field larger than field limit (%(most)s)", most=str(csv.field_size_limit())
        )
    return message


def _bounded(lines: Iterator[str], read: list[str], delimiter: str) -> Iterator[str]:
    """Yield the lines, and record them in ``read``, which is emptied after each row."""
    count = 0
    for line in lines:
        count = line.count(delimiter) + (count if read else 0)
        if count > MAX_DELIMITERS:
            raise TooManyColumnsError
        read.append(line)
        yield line
