"""CSV as people and their spreadsheets write it."""

import io
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.exports.as_csv import format_cell
from returns.feed.dates import parse_date
from returns.feed.files import read_items
from returns.feed.imports import Import
from returns.feed.parsing import parse_record
from returns.feed.records import API_NAMES, RecordError
from returns.feed.spelling import field_for_header, parse_cell
from returns.lists.columns import COLUMNS_BY_NAME
from returns.models import State
from tests.trials import tried_on

HEADER = ["İade No", "Sipariş No", "Durum", "Oluşturma Tarihi", "Son güncelleme", "Açıklama"]
ROW = ["Return-1", "RSO-1", "Oluşturuldu", "05.01.2026 09:30", "05.01.2026 10:00", "Kırık ğüşiöç"]


def read(content: bytes) -> list:
    return list(read_items(io.BytesIO(content)))


def lines(*rows: list[str], delimiter=";") -> str:
    return "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"


def record(header: str, row: str, **settings):
    return parse_record(read(f"{header}\n{row}\n".encode())[0].raw)


def problem(header: str, row: str) -> str:
    (item,) = read(f"{header}\n{row}\n".encode())
    if item.error:
        return str(item.error)
    with pytest.raises(RecordError) as raised:
        parse_record(item.raw)
    return str(raised.value)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_and_delimiter_is_detected_from_the_content(encoding, delimiter):
    (item,) = read(lines(HEADER, ROW, delimiter=delimiter).encode(encoding))
    said = parse_record(item.raw)
    assert said.return_reference_number == "Return-1"
    assert said.notes == "Kırık ğüşiöç"
    assert said.state == State.CREATED
    assert said.created_at == datetime(2026, 1, 5, 6, 30, tzinfo=UTC)  # in Istanbul


def test_windows_1254_is_detected_wherever_its_first_letter_is():
    plain = ["Return-2", "RSO-2", "Yolda", "05.01.2026 09:30", "05.01.2026 10:00", "none"]
    header = ["Return", "Order", "State", "Created", "Updated", "Notes"]
    content = lines(header, *[plain] * 3000, ROW[:2] + plain[2:5] + ["Kırık"]).encode("cp1254")
    items = read(content)
    assert len(content) > 2 * 65536
    assert items[-1].raw["notes"] == "Kırık"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_that_ends_within_a_letter_is_read_as_far_as_it_goes(encoding):
    items = read(lines(HEADER, ROW, ROW).encode(encoding)[:-5])
    assert [item.place for item in items] == ["line 2", "line 3"]


def test_json_may_be_utf_16_too():
    (item,) = read('[{"returnReferenceNumber": "İade-1"}]'.encode("utf-16"))
    assert item.raw == {"returnReferenceNumber": "İade-1"}


def test_a_line_that_tells_excel_the_separator_is_none_of_the_rows():
    (item,) = read(("sep=;\r\n" + lines(HEADER, ROW)).encode())
    assert (item.place, item.raw["salesOrderReferenceNumber"]) == ("line 3", "RSO-1")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_header_s_cell_may_fill_several_lines(delimiter):
    header = ["Return", '"Status"', '"Created\n(Europe/Istanbul)"', '"Shelf\r\nno"']
    row = ["R-1", "Created", "2026-01-05", '"A\n7"']
    first, second, wrong = read(lines(header, row, row, ["R-3"] * 9, delimiter=delimiter).encode())
    assert parse_record(second.raw).unknown_fields == {"Shelf no": "A\n7"}
    assert [item.place for item in (first, second, wrong)] == ["line 4", "line 6", "line 8"]
    assert str(wrong.error) == "record: 9 cells, but only 4 columns"


@pytest.mark.parametrize("notes", ["late", '"late"', '"la\nte"'])
def test_a_header_s_quote_that_nobody_closes_costs_no_rows(notes):
    items = read(f'Return,State,Created,"Notes\nR-1,Created,2026-01-05,{notes}\n'.encode())
    assert [(item.place, item.raw["notes"]) for item in items] == [("line 2", notes.strip('"'))]


def test_empty_rows_of_a_spreadsheet_are_no_records():
    assert len(read(lines(HEADER, ROW, [""] * 6, ROW).encode())) == 2


def test_lines_of_an_old_macintosh_end_in_cr_alone():
    items = read(lines(HEADER, *[ROW] * 500).replace("\r\n", "\r").encode())
    assert len(items) == 500
    assert {item.raw["notes"] for item in items} == {"Kırık ğüşiöç"}
    assert items[-1].place == "line 501"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_wrong_byte_makes_no_other_encoding_of_a_file(mark):
    content = lines(HEADER, ROW, ROW).encode()
    at = content.index("Kırık".encode())
    first, second = read(mark + content[:at] + b"\xff" + content[at:])
    assert second.raw["notes"] == "Kırık ğüşiöç"
    with pytest.raises(RecordError, match="notes: not valid Unicode"):
        parse_record(first.raw)


def test_a_header_that_nobody_can_read_is_one_rejection():
    (item,) = read(b"a" * 200_000)
    assert str(item.error).startswith("file: not JSON, and no header with")


def test_columns_without_a_name_are_kept_apart():
    said = record("Return;State;Created;;", "R-1;Created;2026-01-05;a;b")
    assert said.unknown_fields == {"column 4": "a", "column 5": "b"}


@pytest.mark.parametrize("text", ["=1+1", "+90123", "'=1", "''-x", "it's", "'quoted'"])
def test_a_text_comes_back_from_our_own_export_as_it_was(text):
    assert parse_cell("notes", format_cell(text), UTC) == text


# Headers


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Return Reference", "returnReferenceNumber"),
        ("return_reference_number", "returnReferenceNumber"),
        ("RETURN-ID", "returnReferenceNumber"),
        ("İADE NO", "returnReferenceNumber"),
        ("iade no", "returnReferenceNumber"),
        ("ORDER", "salesOrderReferenceNumber"),
        ("Sipariş Numarası", "salesOrderReferenceNumber"),
        ("Tracking ID", "trackingId"),
        ("Takip No", "trackingId"),
        ("Status", "state"),
        ("Kargo", "cargoCarrier"),
        ("Satış Kanalı", "salesOrderChannel"),
        ("Etiketler", "tag"),
        ("Created (Europe/Istanbul)", "createdAt"),
        ("Arrived at", "arrivedToWarehouseAt"),
        ("Depoya Varış", "arrivedToWarehouseAt"),
        ("Tamamlanma Tarihi", "completedAt"),
        ("completedAt", "completedAt"),
        ("Shelf", "Shelf"),
    ],
)
def test_headers_are_known_in_many_spellings(header, field):
    assert field_for_header(header) == field


def test_every_name_of_the_api_and_of_ours_is_a_header():
    for name, api in API_NAMES.items():
        assert (
            field_for_header(name) == field_for_header(api) == field_for_header(api.upper()) == api
        )


def test_the_headers_of_the_list_are_known():
    own = {"waiting", "deadline", "items", "value", "currency"}  # what follows from other fields
    headers = [column.header for name, column in COLUMNS_BY_NAME.items() if name not in own]
    assert {field_for_header(header) for header in headers} == set(API_NAMES.values()) - {
        "lineItems"
    }


def test_two_columns_for_one_field_are_refused():
    said = problem("Return,Iade no,State,Created", "R-1,R-2,Created,2026-01-05")
    assert said == "file: more than one column for Return reference"


def test_two_columns_of_one_name_are_refused_too():
    said = problem("Return,State,Created,Shelf,Shelf", "R-1,Created,2026-01-05,a,b")
    assert said == "file: more than one column for Shelf"


def test_a_column_that_nobody_knows_is_kept_with_the_return():
    assert record("Return,State,Created,Shelf", "R-1,Created,2026-01-05,A7").unknown_fields == {
        "Shelf": "A7"
    }


# Times and states


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-01-05", (2026, 1, 4, 21)),
        ("2026-01-05 14:05", (2026, 1, 5, 11, 5)),
        ("2026-01-05T14:05:06.000007", (2026, 1, 5, 11, 5, 6, 7)),
        ("2026-01-05T14:05:06Z", (2026, 1, 5, 14, 5, 6)),
        ("2026-01-05T14:05:06+01:00", (2026, 1, 5, 13, 5, 6)),
        ("05.01.2026", (2026, 1, 4, 21)),
        ("5.1.2026 14:05", (2026, 1, 5, 11, 5)),
        ("05/01/2026 14:05:09", (2026, 1, 5, 11, 5, 9)),
        ("31-12-2025, 23:59", (2025, 12, 31, 20, 59)),
        ("05.01.2026 14.05.09", (2026, 1, 5, 11, 5, 9)),
    ],
)
def test_times_are_read_the_day_first_and_in_the_warehouse_s_zone(written, utc):
    said = record("Return;State;Created", f"R-1;Created;{written}")
    assert said.created_at == datetime(*utc, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("29.03.2026 02:30", (2026, 3, 29, 1, 30)),  # an hour that Berlin leaves out
        ("25.10.2026 02:30", (2026, 10, 25, 0, 30)),  # one that comes twice
    ],
)
def test_an_hour_that_clocks_leave_out_or_repeat_is_taken(settings, written, utc):
    settings.TIME_ZONE = "Europe/Berlin"
    said = record("Return;State;Created", f"R-1;Created;{written}")
    assert said.created_at == datetime(*utc, tzinfo=UTC)


@pytest.mark.parametrize("written", ["31.02.2026", "00.01.2026", "32/01/2026", "01.01.2026 25:00"])
def test_a_date_that_is_none_is_refused_with_its_field(written):
    said = problem("Return;State;Created", f"R-1;Created;{written}")
    assert said == f"createdAt: not a valid date (day first): {written!r}"


@pytest.mark.parametrize("written", ["yesterday", "5 Foo 2026", "4602", "2026-13-01", "1/2/3 4 PM"])
def test_a_time_that_nobody_can_read_is_refused_with_its_field(written):
    assert problem("Return;State;Created", f"R-1;Created;{written}").startswith("createdAt: ")


def test_without_a_column_of_updates_the_latest_time_counts():
    header = "Return;State;Created;Arrived;Completed"
    said = record(header, "R-1;Tamamlandı;01.02.2026;2026-02-03T10:00:00+05:00;03.02.2026 09:00")
    assert said.updated_at == datetime(2026, 2, 3, 6, tzinfo=UTC) == said.completed_at


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("ReturnCreated", State.CREATED),
        ("created", State.CREATED),
        ("ARRIVED TO WAREHOUSE", State.ARRIVED),
        ("Depoda", State.ARRIVED),
        ("Completed", State.COMPLETED),
        ("TAMAMLANDI", State.COMPLETED),
    ],
)
def test_states_may_be_written_in_words(written, state):
    (item,) = read(f"Return;State;Created\nR-1;{written};2026-01-05\n".encode())
    assert item.raw["state"] == state


def test_a_state_that_nobody_knows_is_refused_with_its_field():
    assert problem("Return;State;Created", "R-1;Lost;2026-01-05").startswith("state: unknown")


@given(st.text(max_size=30))
def test_whatever_a_cell_holds_it_is_read_or_refused(text):
    cell = text.replace('"', '""')
    row = f'"{cell}";"{cell}";"{cell}"\n'.encode("utf-8", "replace")
    for item in read(b"Return;State;Created\n" + row):
        with suppress(RecordError):  # any other error fails
            parse_record(item.raw or {})


SHAPES = {
    "%d.%m.%Y %H:%M:%S": "dmy",
    "%d/%m/%y %H.%M.%S": "dmy",
    "%m/%d/%Y %I:%M:%S %p": "mdy",
    "%m-%d-%Y, %H:%M:%S": "mdy",
    "%y/%m/%d %H:%M:%S": "ymd",
    "%Y/%m/%d %H:%M:%S": "dmy",
    "%Y-%m-%d %H:%M:%S": "mdy",
    "%d-%b-%Y %H:%M:%S": "dmy",
    "%d %B %Y %H:%M:%S": "mdy",
    "%b %d, %Y, %I:%M:%S %p": "dmy",
}


@pytest.mark.parametrize("shape", SHAPES)
@tried_on(100)
@given(at=st.datetimes(datetime(2001, 1, 1), datetime(2068, 12, 31)))  # noqa: DTZ001
def test_a_time_in_any_shape_is_read_as_it_was(shape, at):
    at = at.replace(microsecond=0)
    assert parse_date("createdAt", at.strftime(shape), SHAPES[shape]) == at


@pytest.mark.parametrize("notes", ["", "seen on 11/13/2026"])
def test_slashed_dates_have_the_day_first_unless_one_cannot(notes):
    rows = f"R-1;Created;05/11/2025;{notes}\nR-2;Created;31/12/2025;\n"
    first, second = read(f"Return;State;Created;Notes\n{rows}".encode())
    assert first.parse().created_at.month == 11
    assert second.parse().created_at.month == 12
    wrong = f"Return;State;Created;Notes\n{rows}R-3;Created;11/13/2025;\n"
    said = [item.error for item in read(wrong.encode())]
    assert [str(error).endswith("because line 4 has 11/13/2025") for error in said] == [True] * 3


# Headers below titles, and rows that are no records

TITLED = "REPORT;;\nNovember 2026;;\n;;\nReturn;State;Created\nR-1;Created;05.11.2026\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_header_is_found_below_titles(delimiter):
    (item,) = read(TITLED.replace(";", delimiter).encode())
    assert (item.place, item.format.above) == ("line 5", 2)
    assert item.parse().return_reference_number == "R-1"


def test_a_header_of_foreign_names_is_the_first_row_that_is_as_wide_as_the_others():
    (item,) = read(b"Report 5\nNo;Sonuc;Tarih;Ad\n1;x;y;\n2;x;y;z\n")
    assert item.place == "line 2"
    assert item.format.missing == ("returnReferenceNumber", "state", "createdAt")
    assert str(item.error).endswith("There are: No, Sonuc, Tarih, Ad")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("RETURN;NOTES; State ;created", "the header again"),
        ("Total-6;;;", ""),
        ("Summer;;;", ""),
        ("TOPLAM;2;;", "a row of totals"),
        ("Genel Toplam: 2;;;", "a row of totals"),
        (";Total rows;;", "a row of totals"),
        ("Gesamtsumme;;;", "a row of totals"),
        ("Ara toplam;;;", "a row of totals"),
        ("Return;Notes;STATE;created", "the header again"),
        ("Total-1;x;Created;05.11.2026", ""),
        ("Return;x;Created;05.11.2026", ""),
    ],
)
def test_totals_and_headers_that_repeat_are_left_out(row, reason):
    first, last = read(f"Return;Notes;State;Created\nR-1;x;Created;05.11.2026\n{row}\n".encode())
    assert (first.left_out, str(last.left_out)) == ("", reason)


@pytest.mark.parametrize("text", ["01.01.1900", "1970-01-01T00:00:00Z", "01.01.0026", "1.1.1926"])
def test_days_that_mean_none_are_no_times(text):
    assert "arrivedToWarehouseAt: before the year 2000" in problem(
        "Return;State;Created;Arrived", f"R-1;Created;05.11.2026;{text}"
    )


@pytest.mark.parametrize("text", ["2026-05-11", "11 May 2026", "11-May-26", "2026-05-11 10:00:00"])
def test_a_reference_that_became_a_date_is_rejected(text):
    told = problem("Return;State;Created;Order", f"R-1;Created;05.11.2026;{text}")
    assert "salesOrderReferenceNumber: a spreadsheet has made a date of this" in told


def test_columns_that_our_exports_derive_are_not_read():
    headers = "Return;State;Created;Waiting (hours);Deadline (Europe/Istanbul);Deadline"
    said = record(headers, "R-1;Created;05.11.2026;3,5;05.11.2026 18:00;x")
    assert said.unknown_fields == {"Deadline": "x"}


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "time"), [("Depoda", "Arrived"), ("Tamamlandı", "Completed")])
def test_a_state_without_its_time_is_told_in_words(state, time):
    told: list[str] = []
    content = f"İade No;Durum;Oluşturma Tarihi\nR-1;{state};05.11.2026\n".encode()
    Import(told.append).run([("x.csv", lambda: io.BytesIO(content))])
    assert told == [f"x.csv: line 2: Durum: {time} without a time of “{time}”"]


def test_an_update_that_no_column_has_is_not_missed():
    (item,) = read("İade No;Durum;Oluşturma Tarihi\nR-1;Yolda;\n".encode())
    with pytest.raises(RecordError) as raised:
        item.parse()
    assert item.describe(raised.value) == "Oluşturma Tarihi: missing"
