"""Excel workbooks (XLSX): their sheets become rows, and other files get a sentence of their own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile

from config.stored_texts import StoredText, stored_text
from returns.feed.headers import HEADER_ROWS, find_header
from returns.feed.items import Format, Item
from returns.feed.reasons import followed
from returns.feed.tables import Row, count_filled, read_table

ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
PROGRAM = Path(__file__).with_name("workbook_rows.py")
MAX_UNPACKED = 200_000_000  # bytes
MAX_READING_SECONDS = 90  # seconds
# In files of Office's old format, the names of parts are in UTF-16.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
SAVE_AS = stored_text(
    "Open it in the spreadsheet, and save it as an Excel workbook (.xlsx) or as CSV"
)


class NotATableError(ValueError):
    """The file cannot be read as a table; its one argument says what it is, and what to do."""


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet, in a temporary file, with the names of all sheets of the workbook."""

    name: str
    sheets: tuple[str, ...]
    file: BinaryIO

    def rows(self) -> Iterator[Row]:
        """Yield the rows; those that are empty have no cells."""
        self.file.seek(0)
        self.file.readline()
        for number, line in enumerate(self.file, start=1):
            cells, types = json.loads(line)
            yield Row(number, number + 1, cells, types=types)


def read_sheet(sheet: Sheet, format_: Format) -> Iterator[Item]:
    """Yield the rows of a sheet; a header that is not understood becomes an item with an error."""
    rows = sheet.rows()
    head = list(islice(rows, HEADER_ROWS))
    if not head:
        return
    found = find_header([row.cells for row in head], format_.choices.mapping)
    format_ = replace(format_, above=count_filled(head[: found.index]))
    yield from read_table(format_, head[found.index], chain(head[found.index + 1 :], rows))


def is_workbook(head: bytes) -> bool:
    """Tell whether a file begins as a workbook, or an archive, or an old file of Office."""
    return head.startswith((ZIP, OLD_OFFICE))


def explain_markup(head: bytes) -> StoredText | None:
    """Return what a file that begins with "<" is, and what to do; None for another file."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2000].lower()
    if not start.startswith(b"<"):
        return None
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return followed(stored_text("an Excel file in the XML format of 2003"), SAVE_AS)
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta")):
        why = stored_text("a web page with a table, whatever its name ends in")
        return followed(why, SAVE_AS)
    if start.startswith(b"<?xml"):
        return followed(stored_text("XML, which is not read"), SAVE_AS)
    return None


def open_sheet(stream: BinaryIO, wanted: str = "") -> Sheet:
    """Return a sheet of a workbook: that with the wanted name, or the first one that has rows.

    Raises ``NotATableError``.
    """
    with NamedTemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        _check(copy.file)
        out = TemporaryFile()  # noqa: SIM115 - closed when the sheet is no longer used
        _run(copy.name, wanted, out)
    out.seek(0)
    described = json.loads(out.readline())
    if described["sheet"] not in described["sheets"] and wanted:
        names = ", ".join(f"“{name}”" for name in described["sheets"])
        why = stored_text(
            "a workbook without the sheet “%(sheet)s”. There are: %(sheets)s",
            sheet=wanted,
            sheets=names,
        )
        raise NotATableError(why)
    return Sheet(described["sheet"], tuple(described["sheets"]), out)


def _check(file: IO[bytes]) -> None:
    file.seek(0)
    if file.read(len(OLD_OFFICE)) == OLD_OFFICE:
        file.seek(0)
        if ENCRYPTED in file.read():
            why = stored_text(
                "a workbook that is protected with a password. Remove the password in the "
                "spreadsheet, and save it again"
            )
            raise NotATableError(why)
        why = stored_text("an Excel file in the format before 2007 (.xls)")
        raise NotATableError(followed(why, SAVE_AS))
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist())
            unpacked = sum(part.file_size for part in archive.infolist())
    except (BadZipFile, ValueError, OSError):
        why = stored_text("a damaged archive or workbook. Save it again")
        raise NotATableError(why) from None
    if "xl/workbook.bin" in names:
        why = stored_text("an Excel file in the binary format (.xlsb)")
        raise NotATableError(followed(why, SAVE_AS))
    if "content.xml" in names and "mimetype" in names:
        raise NotATableError(followed(stored_text("an OpenDocument file"), SAVE_AS))
    if "xl/workbook.xml" not in names:
        why = stored_text("an archive. Unpack it, and import the files in it one by one")
        raise NotATableError(why)
    if unpacked > MAX_UNPACKED:
        why = stored_text(
            "a workbook that unpacks to more than %(size)s MB. Save the sheet as CSV, or split it",
            size=MAX_UNPACKED // 1_000_000,
        )
        raise NotATableError(why)


def _run(path: str, wanted: str, out: BinaryIO) -> None:
    command = [sys.executable, str(PROGRAM), path, wanted]
    try:
        subprocess.run(  # noqa: S603 - our own program
            command, stdout=out, stderr=subprocess.PIPE, timeout=MAX_READING_SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        why = stored_text(
            "a workbook that takes too long to read. Save the sheet as CSV, or split it"
        )
        raise NotATableError(why) from None
    except subprocess.CalledProcessError as error:
        if error.returncode < 0 or b"MemoryError" in error.stderr:
            why = stored_text(
                "a workbook that is too large to read. Save the sheet as CSV, or split it"
            )
            raise NotATableError(why) from None
        raise NotATableError(followed(stored_text("a damaged workbook"), SAVE_AS)) from None
