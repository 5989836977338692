"""Files are read by their content, entry by entry, and can be written back."""

import io
import json

import pytest

from returns.feed.files import read_items, write_items
from returns.feed.items import JSON
from returns.feed.json_items import JsonGuard
from tests.returns.feed.samples import completed, created

ONE = json.dumps(completed())
HUGE = "1e9999999999999999999"  # more than a Decimal can hold
TWO = json.dumps(created(lines=[{"sku": "A"}]))
RECORDS = [completed(), created(lines=[{"sku": "A"}])]


def read(content: str | bytes) -> list:
    return list(read_items(io.BytesIO(content.encode() if isinstance(content, str) else content)))


def told(content: str | bytes) -> list[str]:
    return [f"{item.place}: {item.error}" for item in read(content) if item.error]


def written_back(content: str | bytes) -> str:
    items, out = read(content), io.StringIO()
    write_items(items, items[0].format, out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        f"[{ONE}, {TWO}]",
        f'{{"items": [{ONE}, {TWO}]}}',
        f'{{"count": 2, "errors": [], "page": {{"next": 1}}, "data":\n[{ONE},\n{TWO}\n]}}',
        f'{{"items": [{ONE}]}}\n{{"items": [{TWO}]}}\n',
        f"{ONE}\n{TWO}\n",
        f"{ONE}\r\n\r\n{TWO}",
        f"{ONE}{TWO}",
        f"{json.dumps(completed(), indent=2)}\n{json.dumps(RECORDS[1], indent=2)}",
        f"\ufeff[{ONE}, {TWO}]",
        f"\n\n {ONE}\n{TWO}",
    ],
)
def test_every_shape_of_json_gives_the_same_records(content):
    assert [item.raw for item in read(content)] == RECORDS


@pytest.mark.parametrize("content", ["", " \n", "[]", '{"items": [], "count": 0}'])
def test_empty_file_has_no_entries(content):
    assert read(content) == []


def test_large_envelope_is_read_one_by_one():
    many = b'{"items": [' + b",".join([ONE.encode()] * 3000)
    items = read_items(io.BytesIO(many))  # never closed: reading ahead would find the end
    assert next(items).raw == completed()


def test_number_of_34_digits_stays_whole():
    number = 9901450414625470014100902000010077
    assert read(f'[{{"trackingId": {number}}}]')[0].raw == {"trackingId": number}


def test_places_are_lines_or_items():
    assert [item.place for item in read(f"{ONE}\n\n{TWO}")] == ["line 1", "line 3"]
    assert [item.place for item in read(f"[{ONE},{TWO}]")] == ["item 1", "item 2"]


@pytest.mark.parametrize("broken", ['{"a": ', '{"a": oops}', "[1", '{"a": ' + "[" * 100_000])
def test_a_broken_line_is_rejected_and_the_next_ones_are_read(broken):
    items = read(f"{ONE}\n{broken}\n{TWO}\n")
    assert [item.error is None for item in items] == [True, False, True]
    assert items[1].place == "line 2"
    assert "invalid JSON" in str(items[1].error)


def test_first_line_may_be_the_broken_one():
    assert [item.error is None for item in read(f'{{"a": oops}}\n{ONE}\n')] == [False, True]


@pytest.mark.parametrize("end", ["", ",", ', {"a":', ', {"a": "b'])
def test_a_truncated_file_is_read_up_to_its_end(end):
    items = read(f'{{"items": [{ONE}{end}')
    assert items[0].raw == completed()
    assert [f"{item.place}: {item.error}" for item in items[1:]] == [
        "item 2: file: ends unexpectedly here"
    ]


def test_nonsense_in_a_list_ends_the_reading():
    assert "item 2: file: invalid JSON here" in told(f"[{ONE}, oops, {TWO}]")[0]


def test_number_that_would_crash_the_parser_is_refused():
    assert "a number is too large" in told(f'[{ONE}, {{"a": {HUGE}}}]')[0]
    assert "digits in a row" in told(f'[{ONE}, {{"a": {"9" * 5000}}}]')[0]


@pytest.mark.parametrize("start", ["[", '{"a":', "[1,", '["]",'])
def test_lists_in_thousands_of_others_are_refused(start):
    assert "more than 200 levels deep" in told(start * 100_000)[0]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_brackets_in_texts_are_no_levels(size):
    text = json.dumps([{"a": "[{\\", "b\\": [[]]}, {"c": "[" * 500, 'd"[': "\\"}] * 100)
    assert read_whole(text, size) == len(text)
    with pytest.raises(ValueError, match="more than 200 levels deep"):
        read_whole(text[:-1] + "," + "[" * 201, size)


def read_whole(text: str, size: int) -> int:
    guard = JsonGuard(io.BytesIO(text.encode()))
    return sum(map(len, iter(lambda: guard.read(size), b"")))


def test_list_entry_that_is_no_object_is_rejected():
    assert told(f'[1, {ONE}, "x"]') == [
        "item 1: record: not an object: 1",
        'item 3: record: not an object: "x"',
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'["\xff"]', "not UTF-8 here"),
        (b"PK\x03\x04\x14\x00", "a damaged archive or workbook"),
        (b"\xd0\xcf\x11\xe0\xa1", "the format before 2007 (.xls). Open it in the spreadsheet"),
        (b"\x00\x00\x01\x02abc", "binary data, not text"),
    ],
)
def test_a_file_that_is_not_text_is_one_clear_rejection(content, words):
    (said,) = told(content)
    assert words in said


CSV = (
    "returnReferenceNumber,state,createdAt,updatedAt,notes\n"
    "Return-1,ReturnCreated,2024-03-01T09:00:00Z,2024-03-01T09:00:00Z,"
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_csv_is_read_under_every_delimiter(delimiter, start):
    (item,) = read(start + (CSV + '"Kutu ezik"\r\n').replace(",", delimiter))
    assert item.raw["returnReferenceNumber"] == "Return-1"
    assert item.raw["notes"] == "Kutu ezik"


def test_csv_header_may_be_in_snake_case():
    content = CSV.replace("returnReferenceNumber", "return_reference_number")
    assert read(content)[0].raw["returnReferenceNumber"] == "Return-1"


def test_place_of_a_csv_row_is_its_first_line_on_the_screen():
    items = read(f'{CSV}"two\nlines"\n\nReturn-2,,,,\nReturn-3,,,,,,x\n"bad"x,1\nReturn-4\n')
    assert [item.place for item in items] == ["line 2", "line 5", "line 6", "line 7", "line 8"]
    assert [item.error is None for item in items] == [True, True, False, False, True]
    assert str(items[2].error) == "record: 7 cells, but only 5 columns"


def test_csv_without_a_required_column_is_one_rejection():
    (item,) = read("returnReferenceNumber,state,updatedAt\nReturn-1,Completed,\n")
    assert (
        str(item.error)
        == "file: no column for Created. There are: returnReferenceNumber, state, updatedAt"
    )


def test_bytes_that_are_not_utf8_concern_their_row_alone():
    row = "Return-2,ReturnCreated,2024-03-01T09:00:00Z,2024-03-01T09:00:00Z,"
    first, second, third = read(f"{CSV}ü\n{row}K".encode() + b"\xfc\nReturn-3,,,,\n")
    assert first.raw["notes"] == "ü"
    assert second.raw["notes"] == "K\udcfc"
    assert third.raw["returnReferenceNumber"] == "Return-3"


@pytest.mark.parametrize(
    "content",
    [f"[{ONE}, {TWO}]", f"{ONE}\n{TWO}\n", f"{ONE}\n{{broken\n", CSV + '"a ""b"""\nReturn-2,,,,\n'],
)
def test_entries_that_are_written_back_read_the_same(content):
    again = written_back(content)
    assert [(item.raw, item.original) for item in read(again)] == [
        (item.raw, item.original) for item in read(content)
    ]


def test_csv_is_written_back_under_its_own_header():
    content = CSV.replace(",", ";") + "x\nReturn-3;;;;;;\n"
    assert written_back(content) == content


def test_entries_that_cannot_be_fixed_are_not_written_back():
    out = io.StringIO()
    write_items(read(f"[{ONE}"), JSON, out)
    assert json.loads(out.getvalue()) == {"items": [completed()]}
