"""Prints the rows of an Excel workbook as JSON: first a description, then the cells of each row.

A program of its own, which ``workbooks`` starts: a small file can make the library that reads it
take all memory, and end the process. So it imports nothing of the project. Its arguments are the
path of the file, and the name of a sheet or "" for the first one that has rows.
"""

import json
import re
import resource
import sys
from contextlib import suppress
from datetime import date, datetime, time
from posixpath import join, normpath
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MAX_MEMORY = 1_500_000_000  # bytes of addresses; a part of them is used
MAX_CPU_SECONDS = 60
MAX_OUTPUT = 500_000_000  # bytes
EXACT_NUMBERS = 10**15  # a spreadsheet keeps 15 digits
# The start tag of a cell with an error, which the library returns as an empty one.
ERROR_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt=[\"']e[\"'][^>]*)>")
CELL_NAME = re.compile(rb"\br=[\"']([A-Z]+)(\d+)[\"']")
ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main(path: str, wanted: str) -> None:
    """Print the rows of a sheet of a workbook."""
    with suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
    with CalamineWorkbook.from_path(path) as book:
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        chosen = wanted or next((name for name in names if has_rows(book, name)), "")
        print(json.dumps({"sheets": names, "sheet": chosen}))  # noqa: T201
        if chosen in names:
            print_rows(path, chosen, book.get_sheet_by_name(chosen))


def has_rows(book: CalamineWorkbook, name: str) -> bool:
    """Tell whether a sheet has a row below its header."""
    return book.get_sheet_by_name(name).height > 1


def print_rows(path: str, name: str, sheet: CalamineSheet) -> None:
    """Print the rows of a sheet, each with the types of its cells."""
    if sheet.start is None:
        return
    errors, first = find_errors(path, name), sheet.start[1]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells, types = list(map(as_text, row)), list(map(type_of, row))
        for at, error in errors.get(number, {}).items():
            cells[at - first], types[at - first] = error, "s"
        while cells and not cells[-1]:
            cells.pop()
        line = [cells, "".join(types)]
        sys.stdout.write(f"{json.dumps(line, ensure_ascii=False)}\n")


def type_of(value: Any) -> str:
    """Return the type of a cell: s for text, n for a whole number, f for a fraction, b, or d."""
    match value:
        case str():
            return "s"
        case bool():
            return "b"
        case float() | int():
            return "n" if value == int(value) else "f"
    return "d"  # a date, a time, or both


def as_text(value: Any) -> str:
    """Return the value of a cell as text: times in ISO 8601, and numbers as far as they are exact.

    Larger numbers look as a spreadsheet shortens them, because it has.
    """
    match value:
        case str():
            return value
        case bool():
            return str(value).upper()
        case float() | int():
            if value != int(value):
                return repr(value)
            return str(int(value)) if abs(value) < EXACT_NUMBERS else f"{value:.14E}"
        case datetime() | date() | time():
            return value.isoformat()
    return str(value)


def find_errors(path: str, name: str) -> dict[int, dict[int, str]]:
    """Return the errors in the cells of a sheet, by the number of the row and the index."""
    errors: dict[int, dict[int, str]] = {}
    with ZipFile(path) as archive:
        content = archive.read(_part_of_sheet(archive, name))
    for tag in ERROR_CELL.finditer(content):
        cell = CELL_NAME.search(tag[1])
        value = ERROR_VALUE.search(content, tag.end())
        if cell and value:
            at = sum((letter - 64) * 26**power for power, letter in enumerate(reversed(cell[1])))
            errors.setdefault(int(cell[2]), {})[at - 1] = value[1].decode()
    return errors


def _part_of_sheet(archive: ZipFile, name: str) -> str:
    # What is hostile in them is stopped by the limits of this process.
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for sheet in book.iterfind(".//{*}sheet"):
        if sheet.get("name") == name:
            target = targets[sheet.get(RELATION_ID)]
            return normpath(join("xl", target)).lstrip("/")
    raise KeyError(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
