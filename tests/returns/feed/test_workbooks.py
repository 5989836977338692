"""Excel workbooks are read with the types of their cells, and nothing in one can end the desk."""

import io
import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from returns.feed import workbooks
from returns.feed.files import read_items
from returns.feed.items import Choices
from returns.feed.parsing import parse_record

HEADER = ["Return", "State", "Created", "Tracking ID", "Notes"]
AT = datetime(2026, 11, 5, 10, 3, 5)  # noqa: DTZ001 - cells have no zone


def workbook(*rows: list, sheets: dict[str, list[list]] | None = None, start: int = 0) -> bytes:
    file = io.BytesIO()
    with Workbook(file, {"strings_to_formulas": False}) as book:
        formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "dd.mm.yyyy"}),
            time: book.add_format({"num_format": "hh:mm"}),
            timedelta: book.add_format({"num_format": "[h]:mm"}),
        }
        for name, cells in (sheets or {"Returns": list(rows)}).items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(cells, start=start):
                for at, value in enumerate(row):
                    if isinstance(value, str) and value.startswith("#"):
                        sheet.write_formula(number, at, "=NA()", None, value)
                    elif type(value) in formats:
                        sheet.write_datetime(number, at, value, formats[type(value)])
                    else:
                        sheet.write(number, at, value)
    return file.getvalue()


def read(content: bytes, **choices) -> list:
    return list(read_items(io.BytesIO(content), Choices(**choices)))


def problem(content: bytes) -> str:
    (item,) = read(content)
    return str(item.error)


def test_typed_cells_are_read_as_they_are():
    content = workbook(
        HEADER,
        ["R-1", "Created", AT, "0012345678901234567890", "a\nb"],
        ["R-2", "Created", date(2026, 11, 5), 1201450414625, "'=x"],
        [1003, "Created", "05.11.2026 10:03", "x", True],
    )
    first, second, third = (item.parse() for item in read(content))
    assert first.created_at == datetime(2026, 11, 5, 7, 3, 5, tzinfo=UTC)
    assert (first.tracking_id, first.notes) == ("0012345678901234567890", "a\nb")
    assert second.created_at == datetime(2026, 11, 4, 21, tzinfo=UTC)
    assert (second.tracking_id, second.notes) == ("1201450414625", "'=x")
    assert (third.return_reference_number, third.notes) == ("1003", "TRUE")
    assert third.created_at == first.created_at.replace(second=0)


def test_rows_are_called_by_their_numbers_in_the_spreadsheet():
    content = workbook(["Report"], [], HEADER, ["R-1", "Lost", AT], [], ["Total", "", "", 1])
    wrong, total = read(content)
    assert (wrong.place, wrong.format.above) == ("row 4", 1)
    assert (total.place, str(total.left_out)) == ("row 6", "a row of totals")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_errors_and_numbers_that_are_too_long_are_rejected(error):
    content = workbook(
        HEADER,
        ["R-1", "Created", date(2026, 11, 5), error],
        ["R-2", "Created", date(2026, 11, 5), 7340093145032660],
        [120145041462547000, "Created", date(2026, 11, 5)],
    )
    first, second, third = read(content)
    assert f"the spreadsheet shows an error, {error}" in str(first.error)
    assert "trackingId: a spreadsheet has shortened this number" in str(second.error)
    assert "returnReferenceNumber: a spreadsheet has shortened" in str(third.error)


def test_the_first_sheet_with_rows_is_read_or_the_one_chosen():
    row = ["R-1", "Created", AT]
    content = workbook(sheets={"Empty": [], "A": [HEADER, row], "B": [HEADER, ["R-B", *row[1:]]]})
    (item,) = read(content)
    assert item.format.sheets == ("Empty", "A", "B")
    assert (item.raw["returnReferenceNumber"], item.format.choices.sheet) == ("R-1", "A")
    (item,) = read(content, sheet="B")
    assert item.raw["returnReferenceNumber"] == "R-B"
    (item,) = read(content, sheet="gone")
    assert "without the sheet “gone”. There are: “Empty”, “A”, “B”" in str(item.error)
    only_header = workbook(sheets={"A": [HEADER], "B": [HEADER, row]})
    assert read(only_header)[0].format.choices.sheet == "B"


@pytest.mark.parametrize("value", [date(2026, 5, 11), time(6), timedelta(days=1.25), True, 12.5])
@pytest.mark.parametrize("column", [0, 3])
def test_a_reference_whose_cell_is_no_text_or_number_is_rejected(value, column):
    row = ["R-1", "Created", AT, "x"]
    row[column] = value
    (item,) = read(workbook(HEADER, row))
    assert "a spreadsheet has made" in str(item.error)


def test_errors_are_in_their_column_wherever_the_table_begins():
    rows = [HEADER, ["R-1", "Created", AT, "#DIV/0!", "customer says broken"]]
    (item,) = read(workbook(*([""] * 2 + row for row in rows), start=4))
    assert (item.place, item.raw["notes"]) == ("row 6", "customer says broken")
    assert "trackingId: the spreadsheet shows an error, #DIV/0!" in str(item.error)


def test_an_empty_workbook_has_no_records():
    assert read(workbook()) == []


def test_a_month_first_in_text_makes_dates_of_the_sheet_unclear():
    content = workbook(
        HEADER,
        ["R-1", "Created", "11/13/2026"],
        ["R-2", "Created", "11/5/2026"],
        ["R-3", "Created", date(2026, 11, 5)],
    )
    first, second, third = read(content)
    assert "because row 2 has 11/13/2026" in str(first.error)
    assert second.error
    assert parse_record(third.raw).created_at.day == 4  # in UTC
    assert not any(item.error for item in read(content, dates="mdy"))


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


HTML = b"<html><body><table><tr><td>Return</td></tr></table></body></html>"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HTML, "a web page with a table"),
        (b"\xef\xbb\xbf \n<TABLE>" + HTML, "a web page with a table"),
        (HTML.decode().encode("utf-16"), "a web page with a table"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "an Excel file in the XML format of 2003",
        ),
        (b'<?xml version="1.0"?><returns/>', "XML, which is not read"),
        (OLD, "in the format before 2007 (.xls)"),
        (OLD + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (zipped(**{"xl__workbook.bin": b""}), "in the binary format (.xlsb)"),
        (zipped(mimetype=b"x", **{"content.xml": b""}), "an OpenDocument file"),
        (zipped(**{"returns.csv": b""}), "an archive. Unpack it"),
        (zipped(**{"xl__workbook.xml": b"<"}), "a damaged workbook"),
        (b"PK\x03\x04 broken", "a damaged archive or workbook"),
    ],
)
def test_what_is_no_workbook_gets_a_sentence_of_its_own(content, words):
    assert words in problem(content)


# Workbooks that are made to do harm


def replaced(content: bytes, part: str, replacement: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(**{**parts, part: replacement})


SHEET = "xl/worksheets/sheet1.xml"
CORNERS = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1"><v>1</v></c></row>'
    b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
)


def memory_of(code: str) -> int:
    """Run Python, and return the most memory that it or what it started used, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1]) * 1024


READ = """
import re, resource, sys
sys.argv = ["mypy"]  # a program for which no database is started
import django
django.setup()
from returns.feed.files import read_items
items = list(read_items(open({path!r}, "rb")))
assert {words!r} in str(items[-1].error), items[-1]
own = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: replaced(workbook(HEADER), SHEET, CORNERS), "too large to read"),
        (
            lambda: replaced(workbook(HEADER), SHEET, b" " * 201_000_000),
            "unpacks to more than 200 MB",
        ),
        (lambda: b"Return,State,Created" + b",x" * 1_000_000, "20,000 columns"),
        (lambda: b'Return,State,Created\nR-1,"\n' + b'",x,"\n' * 1_000_000, "20,000 columns"),
    ],
    ids=["corners", "gigabytes", "columns", "lines"],
)
def test_a_hostile_file_is_refused_in_little_memory(make, words, tmp_path):
    path = tmp_path / "hostile"
    path.write_bytes(make())
    assert memory_of(READ.format(path=str(path), words=words)) < 200_000_000


def test_a_workbook_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_READING_SECONDS", 0.001)
    assert "takes too long to read" in problem(workbook(HEADER))


def test_too_many_columns_of_a_header_are_refused():
    names = ",".join(f"c{number}" for number in range(1500))
    assert problem(f"Return,State,Created,{names}\n".encode()).startswith("file: 1,503 columns")
