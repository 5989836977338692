"""Tables with a row for each item: the rows of a return become one record with its line items."""

import csv
import json
from datetime import UTC, datetime
from io import BytesIO, StringIO
from itertools import count, islice

import pytest
from django.conf import settings as all_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from returns.exports.as_csv import format_cell
from returns.feed import retries
from returns.feed.cells import EMPTY_MARKS, ERROR, LOST_NUMBER
from returns.feed.files import read_items, write_items
from returns.feed.item_fields import ITEM_CELLS, ITEM_LABELS, ITEM_NAMES, QUANTITY_NAME
from returns.feed.item_lines import ReadRow
from returns.feed.item_rows import RowJoiner
from returns.feed.items import Choices, Item
from returns.feed.layouts import LAYOUTS
from returns.feed.mapping_forms import MAPPED_FIELDS
from returns.feed.mappings import ColumnMapping
from returns.feed.parsing import parse_record
from returns.feed.reasons import in_words, unknown_item_state
from returns.feed.records import KNOWN_FIELDS, RecordError, ReturnRecord
from returns.feed.runs import record_run
from returns.feed.spelling import decision_for_word, field_for_header, item_state_for_word
from returns.models import (
    DamagedState,
    Fate,
    ItemState,
    LineItem,
    RejectedRecord,
    Return,
    SavedMapping,
    Upload,
    Way,
)
from returns.models.line_items import ITEM_FACTS, to_line_items
from tests.factories import make_return
from tests.markup import flat
from tests.returns.feed.test_runs import counts
from tests.trials import tried_on

HEADER = "Return,State,Created,SKU,Quantity"
TWO = f"{HEADER}\nR-1,Created,05.01.2026,MUG,1\nR-1,Created,05.01.2026,CUP,2\n"
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
LANGUAGES = [code for code, _ in all_settings.LANGUAGES]


def items(text: str, **choices) -> list[Item]:
    return list(read_items(BytesIO(text.encode()), Choices(**choices)))


def record(text: str) -> ReturnRecord:
    (item,) = items(text)
    return item.parse()


def lines(text: str) -> list[tuple[str, str]]:
    """Return the references and SKUs of the line items of the one return in a file."""
    return [(line.line_reference, line.sku) for line in record(text).line_items or ()]


def told(item: Item) -> str:
    """Return what is wrong with an item."""
    with pytest.raises(RecordError) as caught:
        item.parse()
    return item.describe(caught.value)


def problems(text: str) -> list[str]:
    return [told(item) for item in items(text)]


def row(text: str, header: str = HEADER) -> str:
    return f"{header}\n{text}\n"


def bring(text: str, name: str = "returns.csv"):
    with record_run(Way.FILE, name) as run:
        run.import_items(read_items(BytesIO(text.encode())), source="file")
    return run.row


# Rows and returns


def test_rows_that_follow_each_other_are_one_return():
    text = TWO + "R-2,Created,06.01.2026,MUG,1\n"
    first, second = items(text)
    assert (first.place, second.place) == ("line 2", "line 4")
    assert [each.parse().return_reference_number for each in (first, second)] == ["R-1", "R-2"]
    assert lines(TWO) == [("CUP#1", "CUP"), ("CUP#2", "CUP"), ("MUG#1", "MUG")]


def test_a_row_without_values_of_items_adds_none_and_without_any_nothing_is_said():
    one = row("R-1,Created,05.01.2026,,\nR-1,Created,05.01.2026,MUG,")
    assert lines(one) == [("MUG#1", "MUG")]
    none = record(row("R-1,Created,05.01.2026,,\nR-1,Created,05.01.2026,,-"))
    assert (none.line_items, "line_items" in none.absent) == (None, True)


def test_a_cell_that_is_empty_says_nothing_of_the_return():
    header = "Return,State,Created,Order,SKU"
    both = record(row("R-1,,,O-1,MUG\nR-1,Created,05.01.2026,,CUP", header))
    assert (both.sales_order_reference_number, len(both.line_items)) == ("O-1", 2)


@pytest.mark.parametrize(
    ("column", "values", "why"),
    [
        ("Order", ("O-1", "O-2"), "Order: line 3 has 'O-2', but line 2 has 'O-1'"),
        ("Arrived", ("06.01.2026", "7.1.26"), "Arrived: line 3 has '7.1.26', but line 2 has '06."),
        ("Carrier", ("UPS", "DHL"), "Carrier: line 3 has 'DHL', but line 2 has 'UPS'"),
    ],
)
def test_values_of_a_return_that_contradict_each_other_are_named(column, values, why):
    rows = "\n".join(f"R-1,Arrived,05.01.2026,MUG,{value}" for value in values)
    (problem,) = problems(row(rows, f"Return,State,Created,SKU,{column}"))
    assert problem.startswith(why)
    assert problem.endswith("for the same return")


def test_states_that_contradict_each_other_are_told_as_they_are_written():
    (problem,) = problems(row("R-1,Yolda,05.01.2026,A,1\nR-1,Depoda,05.01.2026,B,1"))
    assert "State: line 3 has 'Depoda', but line 2 has 'Yolda' for the same return" in problem


def test_times_and_states_that_are_written_differently_do_not_contradict():
    same = record(row("R-1,Yolda,05.01.2026,A,1\nR-1,created,2026-01-05,B,1"))
    assert len(same.line_items) == 2


def test_notes_tags_and_other_columns_are_joined():
    header = "Return,State,Created,SKU,Notes,Tags,Colour"
    rows = [
        "R-1,Created,05.01.2026,A,Sleeve torn,wrong-size,red",
        'R-1,Created,05.01.2026,B,Too small,"books, wrong-size",blue',
        "R-1,Created,05.01.2026,C,Sleeve torn ,,red",
        "R-1,Created,05.01.2026,D,,,",
    ]
    joined = record(row("\n".join(rows), header))
    assert joined.notes == "Sleeve torn\nToo small"
    assert joined.tag == "wrong-size,books"
    assert joined.unknown_fields == {"Colour": "red\nblue"}


def test_rows_of_a_return_further_down_are_rejected_with_what_to_do():
    text = TWO + "R-2,Created,05.01.2026,A,1\nR-1,Created,05.01.2026,B,1\nR-1,,,C,1\n"
    first, second, late = items(text)
    assert [first.parse().return_reference_number, second.parse().state] == ["R-1", "ReturnCreated"]
    assert told(late) == (
        "Return: 'R-1' has other rows further up, with other returns between them. "
        "Sort the file by return, and import all of it again"
    )
    assert (late.place, len(late.written_rows), late.raw) == ("line 5", 2, None)


def test_rows_that_are_no_records_part_no_return():
    text = TWO.replace("R-1,Created,05.01.2026,CUP", f"{HEADER}\nR-1,Created,05.01.2026,CUP")
    again, both = items(text)
    assert str(again.left_out) == "the header again"
    assert len(both.parse().line_items) == 3


def test_a_row_without_a_reference_is_rejected_with_the_return_before_it():
    text = TWO + ",,,PAN,1\nR-2,Created,05.01.2026,A,1\n"
    first, second = items(text)
    assert told(first) == "Return: line 4: missing"
    assert first.written_rows[-1] == ["", "", "", "PAN", "1"]
    assert second.parse().return_reference_number == "R-2"


def test_a_row_that_cannot_be_read_is_rejected_with_the_returns_beside_it():
    text = TWO + '"R-1"x,Created,05.01.2026,PAN,1\nR-2,Created,05.01.2026,A,1\nR-3,,,,\n'
    first, second, _third = items(text)
    for item in (first, second):
        assert told(item).startswith(
            "record: line 4 cannot be read, and may be a row of this return: ',' expected after"
        )
    assert first.written_rows[-1] == '"R-1"x,Created,05.01.2026,PAN,1'


def test_the_state_of_a_mapped_return_follows_from_the_dates_of_all_its_rows():
    columns = {
        "returnReferenceNumber": "No",
        "createdAt": "Made",
        "arrivedToWarehouseAt": "Came",
        ITEM_NAMES["sku"]: "Article",
        QUANTITY_NAME: "Pieces",
    }
    mapping = ColumnMapping(columns, fixed={"state": "by dates"}, prefix="SHOP-")
    text = "No,Made,Came,Article,Pieces\n1,05.01.2026,,A,\n1,05.01.2026,06.01.2026,B,2\n"
    (item,) = items(text, mapping=mapping)
    both = item.parse()
    assert (both.return_reference_number, both.state) == ("SHOP-1", "ArrivedToWarehouse")
    assert [line.line_reference for line in both.line_items] == ["A#1", "B#1", "B#2"]


def test_an_empty_word_of_a_mapped_state_says_nothing():
    columns = {"returnReferenceNumber": "No", "createdAt": "Made", "state": "Was"}
    mapping = ColumnMapping(columns | {ITEM_NAMES["sku"]: "X"}, states={"sent": "ReturnCreated"})
    (item,) = items("No,Made,Was,X\n1,05.01.2026,Sent,A\n1,,,B\n", mapping=mapping)
    assert (item.parse().state, len(item.parse().line_items)) == ("ReturnCreated", 2)


def test_json_records_that_are_read_as_a_table_are_joined_too():
    columns = {"returnReferenceNumber": "no", "createdAt": "at", ITEM_NAMES["sku"]: "code"}
    mapping = ColumnMapping(columns, fixed={"state": "ReturnCreated"})
    rows = [{"no": "1", "at": "2026-01-05", "code": code} for code in "AB"]
    (item,) = items(json.dumps(rows), mapping=mapping)
    assert [line.sku for line in item.parse().line_items] == ["A", "B"]


def test_a_workbook_has_rows_of_items_too():
    file = BytesIO()
    with Workbook(file) as book:
        sheet = book.add_worksheet()
        for at, cells in enumerate(csv.reader(StringIO(TWO))):
            for place, cell in enumerate(cells):
                sheet.write(at, place, int(cell) if cell.isdecimal() else cell)
    (item,) = read_items(BytesIO(file.getvalue()))
    assert (item.place, len(item.parse().line_items)) == ("row 2", 3)


# How many, and in what order


@pytest.mark.parametrize(("written", "number"), [("3", 3), ("2,00", 2), ("1.0", 1), ("", 1)])
def test_a_quantity_is_so_many_pieces(written, number):
    assert len(lines(row(f'R-1,Created,05.01.2026,MUG,"{written}"'))) == number


@pytest.mark.parametrize("written", ["0", "-1", "1001", "two", "1,5", "1.000"])
def test_another_quantity_is_rejected(written):
    (problem,) = problems(row(f'R-1,Created,05.01.2026,MUG,"{written}"'))
    assert problem == f"Quantity: no whole number from 1 to 1,000: '{written}'"


def test_a_return_has_at_most_so_many_items(settings):
    settings.RECORD_LINE_ITEMS = 4
    text = row("R-1,Created,05.01.2026,MUG,3\nR-1,Created,05.01.2026,CUP,2")
    assert problems(text) == ["Line items: 5 line items; at most 4 are allowed"]
    assert items(text)[0].raw is None


def test_a_return_with_too_many_rows_is_rejected_in_parts(settings):
    settings.RECORD_LINE_ITEMS = 3
    rows = "\n".join(f"R-1,Created,05.01.2026,S{number}," for number in range(8))
    parts = items(row(f"{rows}\nR-2,Created,05.01.2026,A,"))
    assert [len(part.written_rows) for part in parts] == [3, 3, 2, 1]
    assert {told(part) for part in parts[:3]} == {
        "record: more than 3 rows, or 1,000,000 characters, of one return"
    }
    assert parts[3].parse().return_reference_number == "R-2"


def test_rows_without_end_take_no_more_memory_than_a_return():
    def endless(numbers):
        for number in numbers:
            reference = f"R-{number}"
            raw = {"returnReferenceNumber": reference, ITEM_NAMES["sku"]: "A"}
            yield ReadRow("line 1", [reference, "A"], raw)

    of_one = islice(RowJoiner({}).join(endless(iter(int, 1))), 3)
    assert [len(part.rows) for part in of_one] == [all_settings.RECORD_LINE_ITEMS] * 3
    of_many = islice(RowJoiner({}).join(endless(count())), 5_000)
    assert sum(len(part.rows) for part in of_many) == 5_000


def test_references_of_lines_are_given_or_count_the_pieces_of_an_sku():
    header = "Return,State,Created,Line reference,SKU,Quantity"
    rows = ["L-1,MUG,1", ",MUG,2", "L-2,CUP,2", ",,", ",,1", "MUG#1,PAN,"]
    text = row("\n".join(f"R-1,Created,05.01.2026,{each}" for each in rows), header)
    assert lines(text) == [
        ("#1", ""),
        ("L-1", "MUG"),
        ("L-2#1", "CUP"),
        ("L-2#2", "CUP"),
        ("MUG#1", "PAN"),
        ("MUG#2", "MUG"),
        ("MUG#3", "MUG"),
    ]


def test_a_long_sku_has_a_reference_that_fits():
    text = row("\n".join(f"R-1,Created,05.01.2026,{'x' * 99}{end},1" for end in "ab"))
    assert [reference[-3:] for reference, _ in lines(text)] == ["x#1", "x#2"]


def test_the_same_reference_twice_is_rejected():
    header = "Return,State,Created,Line no,SKU"
    rows = "R-1,Created,05.01.2026,1,A\nR-1,Created,05.01.2026,1,B"
    assert problems(row(rows, header)) == [
        "Line items: more than one line item with the reference '1'"
    ]


# Headers and words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labels_of_items_are_headers_in_every_language(language):
    with override(language):
        assert {name: field_for_header(str(label)) for name, label in ITEM_LABELS.items()} == {
            name: name for name in ITEM_LABELS
        }


def test_the_spellings_and_names_of_items_are_headers():
    for fact in ITEM_FACTS:
        spellings = [each.strip() for each in fact.spellings.split(",")]
        names = [] if fact.column == "state" else [fact.api_name]
        for header in [*spellings, *names, ITEM_NAMES[fact.column]]:
            assert field_for_header(header) == ITEM_NAMES[fact.column]
    for header in ("Quantity", "QTY", "Adet", "Miktar", "Menge", "Anzahl", "Stück", "stuck"):
        assert field_for_header(header) == QUANTITY_NAME
    assert {field_for_header(header) for header in ("state", "Durum", "Zustand")} == {"state"}


def test_a_file_with_quantities_alone_has_no_items():
    header = "Return,State,Created,Line,Adet,Processed"
    plain = record(row("R-1,Created,05.01.2026,7,2,yes", header))
    assert plain.line_items is None
    assert plain.unknown_fields == {"Line": "7", "Adet": "2", "Processed": "yes"}


def test_of_two_columns_for_an_sku_the_first_is_read_and_the_other_kept():
    both = record(row("R-1,Created,05.01.2026,A,B", "Return,State,Created,SKU,Stok Kodu"))
    assert [line.sku for line in both.line_items] == ["A"]
    assert both.unknown_fields == {"Stok Kodu": "B"}


def test_a_file_has_one_way_of_writing_items():
    (problem,) = problems(row("R-1,Created,05.01.2026,A,[]", "Return,State,Created,SKU,lineItems"))
    assert problem == "file: more than one column for Line items"


def test_line_items_as_json_in_a_cell_are_still_read():
    sent = '[{"lineItemReferenceNumber": "1", "state": "Missing"}]'
    cell = sent.replace('"', '""')
    one = record(row(f'R-1,Created,05.01.2026,"{cell}"', "Return,State,Created,lineItems"))
    assert one.line_items == (LineItem("1", state="Missing"),)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *((value, value) for value in ItemState.values),
        *((word, "Undamaged") for word in ("OK", "intact", "sağlam", "SAĞLAM", "Unbeschädigt")),
        *((word, "Damaged") for word in ("damaged", "hasarlı", "HASARLI", "beschädigt")),
        *((word, "Missing") for word in ("missing", "eksik", "fehlt")),
        *((word, "WaitingToBeProcessed") for word in ("waiting", "bekliyor", "Wartet", "", "-")),
    ],
)
def test_states_of_items_are_read_in_words(word, state):
    one = record(row(f"R-1,Created,05.01.2026,A,{word}", "Return,State,Created,SKU,Ürün durumu"))
    assert [line.state for line in one.line_items] == [state]


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_of_states_are_words_in_every_language(language):
    with override(language):
        states = {str(state.label): str(state) for state in ItemState}
        decisions = {str(state.label): str(state) for state in DamagedState}
    assert {word: item_state_for_word(word) for word in states} == states
    assert {word: decision_for_word(word) for word in decisions} == decisions


@pytest.mark.parametrize("known", [ItemState, DamagedState])
def test_an_unknown_state_is_told_with_the_words_that_are_known(known):
    said = str(in_words(unknown_item_state("x", known.values), {}))
    assert all(str(state.label) in said for state in known)


def test_every_column_of_items_is_read():
    header = ",".join(["Return,State,Created", *map(str, ITEM_LABELS.values())])
    cells = "L-1,MUG,SN-9,damaged,sent to the customer,06.01.2026 10:00,1"
    one = record(row(f"R-1,Created,05.01.2026,{cells}", header))
    at = "2026-01-06T07:00:00.000000+00:00"
    assert one.line_items == (LineItem("L-1", "MUG", "SN-9", "Damaged", "SendToCustomer", at),)


def test_the_zone_of_a_header_is_that_of_inspections():
    text = row(
        "R-1,Created,05.01.2026,A,06.01.2026 10:00", "Return,State,Created,SKU,Geprüft (UTC)"
    )
    assert record(text).line_items[0].processed.hour == 10


# What spreadsheets do, and what else is wrong


@pytest.mark.parametrize("column", ["SKU", "Serial number", "Line reference"])
@pytest.mark.parametrize("value", ["1,2E+05", "05.01.2026", "7.34E+15", "12.00", "#N/A"])
def test_what_a_spreadsheet_destroyed_is_refused(column, value):
    header = "Return,State,Created,Item state," + column
    text = row(f'R-1,Created,05.01.2026,ok,A1\nR-1,Created,05.01.2026,ok,"{value}"', header)
    (problem,) = problems(text)
    assert problem.startswith(f"{column}: line 3: ")
    assert "spreadsheet" in problem


def test_all_that_is_wrong_is_said_with_the_rows_it_is_in():
    header = "Return,State,Created,SKU,Item state,Inspected,Quantity"
    rows = "R-1,Created,31.02.2026,A,kaputtig,,2\nR-1,Created,31.02.2026,B,,soon,1"
    (problem,) = problems(row(rows, header))
    assert problem == (
        "Created: not a valid date (day first): '31.02.2026'; "
        "Item state: unknown: 'kaputtig'; use waiting, missing, damaged or undamaged; "
        "Inspected: line 3: not a time: 'soon'"
    )


def test_months_that_come_first_in_any_row_make_the_file_unclear():
    text = row(
        "R-1,Created,05.01.2026,A,1/2/2026\nR-1,Created,05.01.2026,B,1/13/2026",
        "Return,State,Created,SKU,Inspected",
    )
    (problem,) = problems(text)
    assert problem.endswith("is not clear, because line 3 has 1/13/2026")


def test_rejected_rows_are_written_so_that_they_can_be_fixed_and_imported():
    text = TWO.replace("CUP,2", "CUP,x") + "R-2,Created,05.01.2026,A,1\n"
    out = StringIO()
    rejected = [item for item in items(text) if item.error]
    write_items(rejected, rejected[0].format, out)
    assert out.getvalue().splitlines() == text.replace("R-2,Created,05.01.2026,A,1\n", "").split()
    assert lines(out.getvalue().replace("CUP,x", "CUP,1")) == [("CUP#1", "CUP"), ("MUG#1", "MUG")]


@pytest.mark.django_db
def test_the_file_of_rejects_of_the_command_has_all_rows_of_a_return(tmp_path, capsys):
    path, rejects = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(TWO.replace("R-1,Created,05.01.2026,CUP", "R-1,Created,06.01.2026,CUP"))
    with pytest.raises(SystemExit):
        call_command("import_returns", str(path), "--rejects", str(rejects))
    assert rejects.read_text() == path.read_text()
    assert "line 3 has '06.01.2026', but line 2 has '05.01.2026'" in capsys.readouterr().err
    rejects.write_text(rejects.read_text().replace("06.01", "05.01"))
    call_command("import_returns", str(rejects))
    assert [line[1] for line in Return.objects.get().line_items] == ["CUP", "CUP", "MUG"]


# Stored, rejected and fixed


@pytest.mark.django_db
class TestImport:
    def test_importing_a_file_again_changes_nothing(self):
        assert counts(bring(TWO)) == (1, 1, 0, 0, 0)
        before = Return.objects.values().get()
        assert counts(bring(TWO)) == (1, 0, 0, 1, 0)
        assert Return.objects.values().get() == before

    def test_a_rejected_record_is_stored_with_its_line_items_and_fixed_on_the_page(self, manager):
        bring(TWO.replace("05.01.2026", "31.02.2026"))
        rejected = RejectedRecord.objects.get()
        assert (rejected.reference, rejected.field) == ("R-1", "createdAt")
        written = json.loads(rejected.written)["lineItems"]
        assert [line["lineItemReferenceNumber"] for line in written] == ["MUG#1", "CUP#1", "CUP#2"]
        assert retries.wrong_value(rejected) == "31.02.2026"
        retries.fix_value(RejectedRecord.objects.all(), "28.02.2026", manager)
        assert len(Return.objects.get().line_items) == 3

    def test_values_that_contradict_each_other_are_not_taken_by_a_retry_but_fixed(self, manager):
        bring(TWO.replace("R-1,Created,05.01.2026,CUP", "R-1,Created,06.01.2026,CUP"))
        rejects = RejectedRecord.objects.all()
        assert retries.retry(rejects, manager).rejected == 1
        assert retries.fix_value(rejects, "05.01.2026", manager).created == 1
        made = Return.objects.get()
        assert made.created_at == made.updated_at

    def test_a_state_of_an_item_is_fixed_in_all_rows_with_that_word(self, manager, as_manager):
        header = "Return,State,Created,SKU,Quantity,Item state"
        bring(row("R-1,Created,05.01.2026,A,2,kaputtig\nR-1,Created,05.01.2026,B,,ok", header))
        rejects = RejectedRecord.objects.all()
        assert rejects[0].field == "lineItems[0].state"
        page = as_manager.get("/feed/rejected/")
        assert "Item state: unknown: &#x27;kaputtig&#x27;" in page.text
        assert retries.fix_value(rejects, "hasarlı", manager).created == 1
        made = to_line_items(Return.objects.get().line_items)
        assert [(line.sku, line.state) for line in made] == [
            ("A", "Damaged"),
            ("A", "Damaged"),
            ("B", "Undamaged"),
        ]
        assert rejects.get().fate == Fate.IMPORTED

    def test_a_destroyed_sku_is_fixed_with_the_references_that_it_gave(self, manager):
        bring(row('R-1,Created,05.01.2026,"1,2E+05",1\nR-1,Created,05.01.2026,B,1'))
        rejects = RejectedRecord.objects.all()
        assert retries.retry(rejects, manager).rejected == 1
        assert retries.wrong_value(rejects[0]) == "1,2E+05"
        assert retries.fix_value(rejects, "0120000", manager).created == 1
        made = to_line_items(Return.objects.get().line_items)
        assert [line.line_reference for line in made] == ["0120000#1", "B#1"]

    def test_what_only_the_file_can_mend_is_not_retried(self):
        bring(TWO.replace("CUP,2", "CUP,x"))
        rejected = RejectedRecord.objects.get()
        assert (rejected.reference, rejected.is_record) == ("R-1", False)
        assert json.loads(rejected.written)[1] == ["R-1", "Created", "05.01.2026", "CUP", "x"]
        assert retries.wrong_value(rejected) is None

    def test_a_later_record_that_says_nothing_of_items_leaves_a_rejected_one(self):
        header = "Return,State,Created,SKU,Item state"
        bring(row("R-1,Created,05.01.2026,A,kaputtig", header))
        bring("Return,State,Created,Updated\nR-1,Created,05.01.2026,07.01.2026\n")
        assert RejectedRecord.objects.get().fate == Fate.WAITING
        bring(row("R-1,Created,05.01.2026,07.01.2026,A,ok", header.replace("SKU", "Updated,SKU")))
        assert RejectedRecord.objects.get().fate == Fate.SUPERSEDED


# The preview


def upload(client: Client, text: str):
    file = SimpleUploadedFile("returns.csv", text.encode())
    return client.post("/feed/upload/", {"file": file}, follow=True)


@pytest.mark.django_db
def test_the_preview_says_how_many_returns_the_rows_are(as_manager):
    page = upload(as_manager, TWO)
    preview = page.context["preview"]
    assert (preview.read, preview.row_count, preview.created) == (1, 2, 1)
    assert "1 record: <b>1 new</b>. These are 2 rows of 1 return." in flat(page)
    assert "There is no column for the state of the items, so all of them are taken" in page.text
    assert ["SKU", "SKU"] in preview.columns
    assert [(each.place, each.error) for each in preview.rows] == [("line 2", ""), ("line 3", "")]
    assert "All rows" in page.text
    with_states = upload(as_manager, row("R-1,Created,05.01.2026,A,OK", HEADER[:-8] + "Item state"))
    assert "no column for the state of the items" not in with_states.text
    assert "OK = undamaged" in with_states.text


@pytest.mark.django_db
def test_the_preview_shows_what_changes_in_the_parcel_in_the_language_of_its_reader(as_manager):
    stored = [["MUG#1", "MUG", "", "Undamaged", "", None, None]]
    make_return("R-1", line_items=stored, created_at=EARLIER)
    later = row("R-1,Created,05.01.2026,06.01.2026,MUG,1", HEADER.replace("SKU", "Updated,SKU"))
    page = upload(as_manager, later)
    (change,) = page.context["preview"].changes
    assert ["Line items", "1 item: 1 undamaged", "1 item: 1 waiting"] in change.facts
    assert Upload.objects.latest("pk").preview["changes"][0]["facts"][-1][1:] == [
        {"counts": {"Undamaged": 1}, "differing": [stored[0][:-1]]},
        {
            "counts": {"WaitingToBeProcessed": 1},
            "differing": [["MUG#1", "MUG", "", "WaitingToBeProcessed", "", None]],
        },
    ]


@pytest.mark.django_db
def test_a_change_of_items_that_are_as_many_as_before_names_them(as_manager):
    items_before = [["1", "MUG", "", "Missing", "", None, None]]
    make_return("R-1", line_items=items_before, created_at=EARLIER)
    header = "Return,State,Created,Updated,Line no,SKU,Item state"
    page = upload(as_manager, row("R-1,Created,05.01.2026,06.01.2026,1,CUP,missing", header))
    (change,) = page.context["preview"].changes
    assert [
        "Line items",
        "1 item: 1 missing (1 / MUG missing)",
        "1 item: 1 missing (1 / CUP missing)",
    ] in change.facts


@pytest.mark.django_db
def test_a_rejected_return_is_shown_once_with_what_is_wrong_in_its_rows(as_manager):
    page = upload(as_manager, TWO.replace("CUP,2", "CUP,x"))
    preview = page.context["preview"]
    assert (preview.rejected, len(preview.wrong), preview.row_count) == (1, 1, 2)
    assert "Quantity: line 3: no whole number from 1 to 1,000: " in preview.rows[0].error


@pytest.mark.django_db
def test_the_columns_of_a_foreign_file_are_matched_with_those_of_items(as_manager):
    text = "Talep;Tarih;Artikel;Ad.\n1;05.11.2026;LAMP;2\n1;05.11.2026;SHADE;1\n"
    upload(as_manager, text)
    sent = {
        "column-returnReferenceNumber": "column:Talep",
        "column-createdAt": "column:Tarih",
        "column-state": "fixed:ReturnCreated",
        f"column-{ITEM_NAMES['sku']}": "column:Artikel",
        f"column-{QUANTITY_NAME}": "column:Ad.",
        "name": "A shop",
        "action": "save",
    }
    pk = Upload.objects.latest("pk").pk
    page = as_manager.post(f"/feed/upload/{pk}/columns/", sent, follow=True)
    preview = page.context["preview"]
    assert (preview.created, preview.row_count) == (1, 2)
    assert ["Ad.", "Quantity"] in preview.columns
    as_manager.post(f"/feed/upload/{pk}/")
    assert [line[0] for line in Return.objects.get().line_items] == ["LAMP#1", "LAMP#2", "SHADE#1"]
    assert SavedMapping.objects.get().definition["columns"][QUANTITY_NAME] == "Ad."


def test_every_column_of_items_can_be_matched():
    assert ITEM_CELLS.issubset(MAPPED_FIELDS)
    for mapping in LAYOUTS.values():
        assert set(mapping.columns) <= KNOWN_FIELDS | ITEM_CELLS


# As JSON says it


def _is_kept(text: str) -> bool:
    """Tell whether a text means itself in a cell: no mark of nothing, no trace of a spreadsheet."""
    is_mark = text.casefold() in EMPTY_MARKS or text.startswith(("'", "="))
    return not (is_mark or ERROR.fullmatch(text) or LOST_NUMBER.fullmatch(text))


TEXTS = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
    | st.sampled_from(["0", "0012", "=1+1", "+1", "'x", "a;b|c", '"q"', "x\ny", "-1", "a,b"])
).map(str.strip)
KEPT_TEXTS = TEXTS.filter(lambda text: _is_kept(text) or text.startswith(("'", "=")))
LINES = st.builds(
    LineItem,
    KEPT_TEXTS.filter(bool),
    KEPT_TEXTS,
    KEPT_TEXTS,
    st.sampled_from(ItemState.values),
    st.sampled_from(["", *DamagedState.values]),
    st.sampled_from([None, "2026-01-05T09:00:00.500000+00:00", "2026-01-06T00:00:00+00:00"]),
    st.none(),
)
MANY_LINES = st.lists(LINES, min_size=1, max_size=6, unique_by=lambda line: line.line_reference)
FIELDS = {"returnReferenceNumber": "R-1", "state": "ReturnCreated"}
TIMES = {"createdAt": "2026-01-05T09:00:00Z", "updatedAt": "2026-01-05T09:00:00Z"}


def as_rows(given: list[LineItem], language: str) -> str:
    """Write items as a file of ours does: a row for each, in the words of a language."""
    out = StringIO()
    writer = csv.writer(out)
    with override(language):
        writer.writerow([*FIELDS, *TIMES, *(str(fact.label) for fact in ITEM_FACTS)])
        for line in given:
            values = [
                *(*FIELDS.values(), *TIMES.values()),
                *(line.line_reference, line.sku, line.serial_number),
                str(ItemState(line.state).label),
                str(DamagedState(line.damaged_state).label) if line.damaged_state else "",
                line.processed_at or "",
            ]
            writer.writerow(map(format_cell, values))
    return out.getvalue()


@tried_on(300)
@given(MANY_LINES, st.sampled_from(LANGUAGES))
def test_items_in_rows_are_those_of_json(given_lines, language):
    sent = [
        {fact.api_name: getattr(line, fact.column) or None for fact in ITEM_FACTS}
        for line in given_lines
    ]
    as_json = parse_record(FIELDS | TIMES | {"lineItems": sent})
    assert record(as_rows(given_lines, language)).line_items == as_json.line_items


@tried_on(100)
@given(st.lists(st.tuples(st.sampled_from(["A", "B", ""]), st.integers(1, 3)), min_size=1))
def test_a_quantity_is_the_same_as_so_many_rows(pieces):
    some = [f"R-1,Created,05.01.2026,{sku},{number}" for sku, number in pieces]
    single = [f"R-1,Created,05.01.2026,{sku},1" for sku, number in pieces for _ in range(number)]
    assert lines(row("\n".join(some))) == lines(row("\n".join(single)))
