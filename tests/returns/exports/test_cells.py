"""What stands in a cell: no formula, no number for a text, times that count."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from returns.exports.as_csv import format_cell
from returns.models import State
from tests.factories import make_return, make_tag, put_tag
from tests.returns.exports.test_rows import NAME, SHEET, part_of, rows_of_csv, rows_of_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_would_be_a_formula_has_an_apostrophe_in_csv(text):
    assert format_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", " =1", "it's", "1201450414625470014100902"])
def test_other_texts_stay_as_they_are(text):
    assert format_cell(text) == text


def test_a_formula_in_any_column_is_a_text_in_both_files(as_agent):
    texts = {"sales_order_reference_number": "=1+1", "notes": "-2+3", "tracking_id": "@now"}
    make_return("+Return", **texts)
    query = "columns=order&columns=notes&columns=tracking"
    plain = rows_of_csv(as_agent.get(f"/returns/export.csv?{query}"))
    assert plain[1] == ["'+Return", "'=1+1", "'-2+3", "'@now"]
    answer = as_agent.get(f"/returns/export.xlsx?{query}")
    assert rows_of_xlsx(answer)[1] == ["+Return", "=1+1", "-2+3", "@now"]
    assert "<f>" not in part_of(answer, SHEET)


def cells(answer) -> list[ElementTree.Element]:
    sheet = ElementTree.fromstring(part_of(answer, SHEET))
    return list(list(sheet.iter(f"{NAME}row"))[1])


def test_long_digits_and_addresses_stay_texts_in_a_workbook(as_agent):
    make_return(
        "00123", tracking_id="1201450414625470014100902000010012", notes="https://x.example"
    )
    answer = as_agent.get("/returns/export.xlsx?columns=tracking&columns=notes")
    assert [cell.get("t") for cell in cells(answer)] == ["inlineStr"] * 3
    digits = "1201450414625470014100902000010012"
    assert rows_of_xlsx(answer)[1] == ["00123", digits, "https://x.example"]
    assert "hyperlink" not in part_of(answer, SHEET)


def test_times_are_those_of_the_warehouse_s_clock_and_its_zone_is_said(as_agent):
    make_return(created_at=datetime(2026, 3, 1, 21, 30, 5, 999_999, tzinfo=UTC))
    query = "columns=created&columns=arrived"
    plain = rows_of_csv(as_agent.get(f"/returns/export.csv?{query}"))
    assert plain[0][1:] == ["Created (Europe/Istanbul)", "Arrived (Europe/Istanbul)"]
    assert plain[1][1:] == ["2026-03-02 00:30:05", ""]
    book = as_agent.get(f"/returns/export.xlsx?{query}")
    [_, number] = rows_of_xlsx(book)[1]
    then = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(number))
    assert abs(then - datetime(2026, 3, 2, 0, 30, 5, tzinfo=UTC)) < timedelta(milliseconds=1)
    assert "yyyy-mm-dd hh:mm:ss" in part_of(book, "xl/styles.xml")


def test_a_time_before_the_calendar_of_excel_is_a_text(as_agent):
    make_return(created_at=datetime(1899, 5, 1, 12, tzinfo=UTC))
    answer = as_agent.get("/returns/export.xlsx?columns=created")
    assert cells(answer)[1].get("t") == "inlineStr"
    assert rows_of_xlsx(answer)[1][1].startswith("1899-05-01")


@pytest.mark.parametrize(
    "text", ["\x01\x0b\x1f\ufffe\uffff", "<r>&</r>", "<r><t>x</t></r>", "_x0041_", "a\r\nb & <c>"]
)
def test_whatever_a_text_holds_the_workbook_can_be_read(as_agent, text):
    make_return(notes=text)
    [_, shown] = rows_of_xlsx(as_agent.get("/returns/export.xlsx?columns=notes"))[1]
    if text[0] == "<":
        assert shown == text


@pytest.mark.parametrize("notes", ["x" * 40_000, f"<r>{'&' * 40_000}</r>"])
def test_a_text_longer_than_a_cell_is_cut_off_and_shows_it(as_agent, notes):
    make_return(notes=notes)
    [_, shown] = rows_of_xlsx(as_agent.get("/returns/export.xlsx?columns=notes"))[1]
    assert len(shown) <= 32_767
    assert shown.endswith("…")
    assert notes.startswith(shown[:-1])


def test_the_other_columns_say_what_the_list_says(as_agent, time_machine):
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    time_machine.move_to(now, tick=False)
    arrived = make_return(state=State.ARRIVED, created_at=now - timedelta(hours=25))
    make_return(state=State.COMPLETED, created_at=now - timedelta(hours=26))
    for name in ("wrong-size", "books"):
        put_tag(arrived, make_tag(name).name)
    query = "columns=state&columns=tags&columns=waiting&columns=deadline"
    head, *rows = rows_of_csv(as_agent.get(f"/returns/export.csv?{query}"))
    assert head[3:] == ["Waiting (hours)", "Deadline (Europe/Istanbul)"]
    assert [row[1] for row in rows] == ["Arrived", "Completed"]
    assert sorted(rows[0][2].split(", ")) == ["books", "wrong-size"]
    assert [row[3] for row in rows] == ["24.0", "1.0"]


def test_the_mark_by_which_excel_knows_utf_8_is_there_when_it_is_wanted(as_agent):
    make_return(notes="İade: kutu hasarlı")
    plain, marked = (as_agent.get(f"/returns/export.csv{q}").getvalue() for q in ("", "?bom=1"))
    assert marked == b"\xef\xbb\xbf" + plain
    assert "İade: kutu hasarlı" in plain.decode()


def test_the_sheet_is_ready_to_be_read(as_agent):
    make_return()
    sheet = part_of(as_agent.get("/returns/export.xlsx"), SHEET)
    assert '<pane ySplit="1"' in sheet
    assert '<autoFilter ref="A1:I2"' in sheet
