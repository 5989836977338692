"""Files that once stored wrong data, or erased right data, without a word."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command

from returns.feed.imports import Import
from returns.feed.items import Choices
from returns.feed.outlines import outline
from returns.feed.saved_mappings import suggest
from returns.models import RejectedRecord, Return, ReturnTag
from returns.models.line_items import to_line_items
from returns.record.corrections import correct
from tags.models import Tag
from tests.factories import put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
FILES = Path(__file__).parents[2] / "data" / "cases"


@pytest.fixture(autouse=True)
def now():
    """The files were made on this day."""
    with time_machine.travel("2026-11-29T09:00:00Z", tick=False):
        yield


def bring(name: str, **choices) -> tuple[str, list[str]]:
    """Import a file; return the summary, and what was said about the entries left out."""
    problems: list[str] = []
    path = FILES / name
    files = [(name, lambda: path.open("rb"))]
    summary = Import(problems.append).run(files, choices=Choices(**choices))
    return str(summary), problems


def stored(reference: str) -> Return:
    return Return.objects.get(return_reference_number=reference)


def summary(read=0, created=0, updated=0, unchanged=0, rejected=0) -> str:
    return (
        f"read {read}, created {created}, updated {updated}, "
        f"unchanged {unchanged}, rejected {rejected}"
    )


def test_a_number_that_a_spreadsheet_shortened_is_rejected():
    told, problems = bring("b1_tracking_scientific.csv")
    assert told == summary(read=3, rejected=3)
    for number, problem in zip(["1,20145E+33", "7,34009E+15", "7.34E+15"], problems, strict=True):
        assert f"Tracking ID: a spreadsheet has shortened this number: '{number}'." in problem
        assert "Format the column as text there" in problem


def test_a_column_that_is_not_there_says_nothing():
    text = (FILES / "b1_tracking_scientific.csv").read_text("cp1254")
    first = "\n".join(text.replace("1,20145E+33", "1201450414625470").splitlines()[:2])
    with (FILES / "b8_fewer_columns_later.csv").open("rb") as later:
        files = [("first", lambda: _bytes(first)), ("later", lambda: later)]
        told = str(Import(pytest.fail).run(files))
    assert told == summary(read=2, created=1, unchanged=1)
    record = stored("Case-1001")
    assert record.state == "Completed"
    assert (record.tracking_id, record.cargo_carrier) == ("1201450414625470", "Yurtiçi Kargo")
    assert (record.sales_order_channel, record.notes) == ("Trendyol", "Çiğdem'in iadesi")


def _bytes(text: str) -> BytesIO:
    return BytesIO(text.encode())


def test_our_own_export_changes_nothing():
    assert bring("b13_1_record.json")[0] == summary(read=1, created=1)
    before = Return.objects.values().get()
    assert bring("b13_2_own_export_again.csv")[0] == summary(read=1, unchanged=1)
    assert Return.objects.values().get() == before


def test_tags_of_our_own_export_stay_as_people_have_changed_them_since():
    bring("b13_1_record.json")
    record = stored("Case-2401")
    put_tag(record, "books")
    put_tag(record, "fragile")
    ReturnTag.objects.filter(tag__name="books").delete()
    content = (FILES / "b13_2_own_export_again.csv").read_text()
    again = content.replace("Arrived,,2026", 'Arrived,"books, fragile",2026')
    assert again != content
    told = str(Import(pytest.fail).run([("again.csv", lambda: _bytes(again))]))
    assert told == summary(read=1, unchanged=1)
    assert ReturnTag.objects.get().tag.name == "fragile"


@pytest.mark.parametrize("files", ["f1 f2", "f2 f1", "f1 f2 f1"])
def test_line_items_stay_whichever_answer_of_the_wms_comes_last(files):
    names = {"f1": "f1_detail_with_line_items.json", "f2": "f2_list_without_line_items.json"}
    for each in files.split():
        bring(names[each])
    record = stored("Return-LI-1")
    lines = to_line_items(record.line_items)
    assert [(each.sku, each.serial_number, each.outcome) for each in lines] == [
        ("LAPTOP-001", "SN-9", "damaged, waiting for a decision"),
        ("MOUSE-1", "", "missing"),
    ]
    assert (record.courier_request, record.unknown_fields) == ("No", {})
    assert list(record.items.values_list("line_reference", "sku", "state")) == [
        ("L-1", "LAPTOP-001", "Damaged"),
        ("L-2", "MOUSE-1", "Missing"),
    ]


def test_the_future_is_rejected_and_blocks_nothing():
    told, problems = bring("e1_1_wrong_future.csv")
    assert (told, len(problems)) == (summary(read=1, rejected=1), 1)
    assert "more than a day in the future" in problems[0]
    assert bring("e1_2_right_file.csv")[0] == summary(read=1, created=1)
    assert bring("e1_3_from_the_wms.json")[0] == summary(read=1, updated=1)
    assert stored("Case-2501").state == "Completed"


@pytest.mark.parametrize("all_times", [False, True], ids=["its update", "all of its times"])
def test_a_return_that_a_wrong_future_froze_is_freed_by_a_correction(admin, all_times):
    with time_machine.travel("2026-12-12T09:00:00Z", tick=False):
        bring("e1_1_wrong_future.csv")  # as versions before did at any time
    assert bring("e1_3_from_the_wms.json")[0] == summary(read=1, unchanged=1)
    record = stored("Case-2501")
    right = {"updated_at": datetime(2026, 11, 12, 7, tzinfo=UTC)}
    if all_times:
        right |= {"created_at": datetime(2026, 11, 12, 6, 15, tzinfo=UTC)}
        right |= {"arrived_to_warehouse_at": right["updated_at"]}
    correct(record, right, by=admin)
    assert bring("e1_1_wrong_future.csv")[0] == summary(read=1, rejected=1)
    assert bring("e1_2_right_file.csv")[0] == summary(read=1, unchanged=1)
    assert stored("Case-2501").corrections.keys() >= right.keys()
    assert bring("e1_3_from_the_wms.json")[0] == summary(read=1, updated=1)
    record = stored("Case-2501")
    assert (record.state, record.corrections) == ("Completed", {})
    assert record.created_at.isoformat() == "2026-11-12T06:15:00+00:00"
    assert record.updated_at.isoformat() == "2026-11-28T18:00:00+00:00"


def test_the_zone_of_a_header_is_that_of_its_times():
    bring("c4_zone_in_the_header.csv")
    assert stored("Case-2301").created_at.isoformat() == "2026-11-05T21:30:00+00:00"


def test_what_a_spreadsheet_puts_around_a_number_is_left_out():
    assert bring("b6_apostrophes_newlines.csv")[0] == summary(read=3, created=3)
    numbers = Return.objects.order_by("pk").values_list(
        "sales_order_reference_number", "tracking_id"
    )
    assert list(numbers) == [
        ("0000123456", "0012345678901"),
        ("0000123457", "0012345678902"),
        ("#1001", "1Z 999 AA1 01 2345 6784"),
    ]
    assert stored("Case-1401").notes == 'Kutu "ezik",\r\nikinci satır; noktalı'


def test_what_is_no_number_is_empty_or_rejected():
    told, problems = bring("b12_number_shapes.csv")
    assert told == summary(read=8, created=3, rejected=5)
    reasons = [problem.partition(": ")[2] for problem in problems]
    assert [reason.split(":")[0] for reason in reasons] == [f"line {n}" for n in (2, 3, 4, 5, 8)]
    assert "shortened this number: '2E+05'" in problems[0]
    assert "made a date of this: '01.Sub'" in problems[1]
    assert "made a date of this: '12.10.2026'" in problems[2]
    assert "shows an error, #N/A" in problems[3]
    assert "shows an error, #######" in problems[4]
    assert set(Return.objects.values_list("tracking_id", flat=True)) == {""}


def test_a_tag_is_the_same_in_every_spelling():
    before = set(Tag.objects.values_list("name", flat=True))
    assert bring("c1_tag_spellings.csv")[0] == summary(read=4, created=4)
    tags = [
        set(stored(f"Case-200{n}").taggings.values_list("tag__name", flat=True))
        for n in (1, 2, 3, 4)
    ]
    wrong_size, fragile = "wrong-size", "fragile"
    assert tags[:2] == [{wrong_size}, {wrong_size, fragile}]
    assert {wrong_size, fragile} < tags[2]
    assert "urgent-refund" in tags[3]
    assert set(Tag.objects.values_list("name", flat=True)) - before <= {"defective"}


def test_a_dry_run_says_what_would_change(capsys):
    bring("b13_1_record.json")
    text = "Return,State,Created,Updated,Order,Notes,Tags\n"
    text += "Case-2401,Arrived,2026-11-26 13:43:03,2026-11-28 12:00,,Too small,Wrong_Size;new one\n"
    told: list[str] = []
    files = [("later.csv", lambda: _bytes(text))]
    Import(pytest.fail).run(files, dry_run=True, on_change=told.append)
    updated = "Last update '26 Nov 2026, 13:43:03' → '28 Nov 2026, 12:00:00'"
    changes = f"Notes 'Kutu ezik' → 'Too small'; {updated}; Tags + Wrong_Size, new one"
    assert told == [f"Case-2401: {changes}"]
    choices = Choices(empty_clears=True)
    Import(pytest.fail).run(files, choices=choices, dry_run=True, on_change=told.append)
    assert "Order reference 'O-2401' → ''" in told[1]
    assert stored("Case-2401").notes == "Kutu ezik"
    assert not Tag.objects.filter(name="new one").exists()


def test_one_date_with_the_month_first_makes_all_of_the_file_unclear():
    told, problems = bring("b2_month_first.csv")
    assert told == summary(read=3, rejected=3)
    for problem in problems:
        assert "Created: day or month first? '11/" in problem
        assert "; Updated: day or month first? '11/" in problem
        assert problem.endswith("is not clear, because line 3 has 11/13/2026 9:15")
    assert bring("b2_month_first.csv", dates="mdy")[0] == summary(read=3, created=3)
    days = Return.objects.order_by("pk").values_list("created_at__month", "created_at__day")
    assert list(days) == [(11, 5), (11, 13), (11, 12)]


def test_dates_are_read_in_many_shapes():
    told, problems = bring("b7_date_shapes.csv", dates="mdy")
    assert told == summary(read=12, created=11, rejected=1)
    assert "the spreadsheet shows an error, ########" in problems[0]
    at = {
        record.return_reference_number[-2:]: record.created_at.isoformat(" ")
        for record in Return.objects.all()
    }
    morning, midnight = "2026-11-05 07:00:00+00:00", "2026-11-04 21:00:00+00:00"
    assert [at[number] for number in ("01", "02", "03", "04", "10")] == [morning] * 5
    assert [at[number] for number in ("05", "06", "09")] == [midnight] * 3
    assert at["08"] == "2026-11-05 21:00:00+00:00"
    assert at["11"] == "2026-11-10 08:40:00+00:00"
    assert at["12"] == "2026-11-05 06:15:00+00:00"


def test_one_row_an_item_is_one_return():
    assert bring("c2_one_row_an_item.csv") == (summary(read=1, created=1), [])
    record = stored("Case-2201")
    assert record.notes == "Sleeve torn\nToo small"
    assert [line.line_reference for line in to_line_items(record.line_items)] == [
        *("SHOE-42#1", "TS-BLUE-S#1", "TS-BLUE-S#2", "TS-RED-M#1")
    ]
    assert bring("c2_one_row_an_item.csv")[0] == summary(read=1, unchanged=1)


def test_rows_of_one_return_that_differ_are_named(capsys, tmp_path):
    lines = (FILES / "c2_one_row_an_item.csv").read_text().splitlines()
    path = tmp_path / "no_items.csv"
    path.write_text("\n".join(",".join(line.split(",")[:8]) for line in lines))  # without SKUs
    call_command("import_returns", str(path))
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == summary(read=3, created=1, unchanged=2)
    places = ", ".join(f"{path}: line {number}" for number in (2, 3, 4))
    assert f"Case-2201: rows differ, one value of each field is kept: {places}" in told.err


@pytest.mark.parametrize("column", ["Order", "Tracking ID"])
def test_rows_of_one_return_name_one_order_and_one_parcel(column):
    rows = "R-1,Created,2026-11-05,A1\nR-2,Created,2026-11-05,\nR-1,Created,2026-11-05,B2\n"
    problems: list[str] = []
    content = f"Return,State,Created,{column}\n{rows}"
    told = str(Import(problems.append).run([("x.csv", lambda: _bytes(content))]))
    assert told == summary(read=3, created=2, rejected=1)
    assert problems[0].endswith("'B2', but x.csv: line 2 has 'A1' for the same return")


def test_all_that_is_wrong_with_a_row_is_said_in_the_words_of_its_file():
    problems: list[str] = []
    header = "İade No;Durum;Oluşturma Tarihi;Takip No;Varış"
    rows = "R-1;Kayıp;31.02.2026;7,34E+15;dün\nR-2;Depoda;05.01.2026;1;\n;Yolda;05.01.2026;1;\n"
    Import(problems.append).run([("x.csv", lambda: _bytes(f"{header}\n{rows}"))])
    first, second, third = sorted(problems)
    for problem in (
        "Oluşturma Tarihi: not a valid date (day first): '31.02.2026'",
        "Takip No: a spreadsheet has shortened this number: '7,34E+15'",
        "Durum: unknown: 'Kayıp'; use Created, Arrived or Completed",
        "Varış: not a time: 'dün'",
    ):
        assert first.count(problem) == 1
    assert second == "x.csv: line 3: Durum: Arrived without Varış"
    assert third == "x.csv: line 4: İade No: missing"


def test_files_of_two_days_may_name_another_parcel_for_a_return():
    header = "Return,State,Created,Updated,Tracking ID"
    days = [f"{header}\nR-1,Created,2026-11-05,2026-11-0{n},T{n}\n" for n in (5, 6)]
    files = [(f"{n}.csv", lambda text=text: _bytes(text)) for n, text in enumerate(days)]
    assert str(Import(pytest.fail).run(files)) == summary(read=2, created=1, unchanged=1)
    assert stored("R-1").tracking_id == "T6"


@pytest.mark.parametrize("blank", [" ", "\u202f", "\xa0"])
def test_am_and_pm_are_seen_behind_any_blank(blank):
    rows = f'R-1,Created,"11/5/2026, 9:15:00{blank}AM"\n'
    problems: list[str] = []
    Import(problems.append).run([("x.csv", lambda: _bytes(f"Return,State,Created\n{rows}"))])
    assert "day or month first?" in problems[0]


def bring_foreign(name: str) -> tuple[str, list[str], list[tuple[str, str]]]:
    """Import a file with the mapping that is suggested for it."""
    content = (FILES / name).read_bytes()
    found = outline(content, Choices())
    suggested = suggest(found.header)
    problems: list[str] = []
    files = [(name, lambda: BytesIO(content))]
    result = Import(problems.append).run(files, choices=Choices(mapping=suggested.mapping)).result
    return str(result), problems, result.left_out


def facts(*names: str) -> list[tuple]:
    return list(Return.objects.order_by("pk").values_list(*names))


def test_the_header_is_found_below_titles_and_totals_are_left_out():
    assert bring("b4_title_above_and_total_below.csv") == (summary(read=2, created=2), [])
    assert facts("return_reference_number", "state") == [
        ("Case-1201", "ArrivedToWarehouse"),
        ("Case-1202", "Completed"),
    ]


def test_our_own_workbook_is_read_and_changes_nothing_again():
    assert bring("d2_own_export.xlsx")[0] == summary(read=8, created=8)
    before = list(Return.objects.values())
    assert {row["tracking_id"] for row in before} == {"0012345678901234567890"}
    assert bring("d2_own_export.xlsx")[0] == summary(read=8, unchanged=8)
    assert list(Return.objects.values()) == before


def test_returns_of_amazon_s_warehouses_have_a_prefix():
    assert bring_foreign("a1_fba_customer_returns.txt")[0] == summary(read=2, created=2)
    assert facts("return_reference_number", "sales_order_reference_number", "state")[0] == (
        "FBA-LPNTEST000001",
        "114-0000001-5760001",
        "ArrivedToWarehouse",
    )


def test_returns_of_amazon_by_date_have_the_state_of_their_dates():
    told, problems, _ = bring_foreign("a2_seller_returns_by_date.txt")
    assert told == summary(read=2, created=1, rejected=1)
    assert problems == ["a2_seller_returns_by_date.txt: line 3: Amazon RMA ID: missing"]
    assert facts("return_reference_number", "tracking_id", "state") == [
        ("DtestRMA0001", "9202090339590000000001", "ArrivedToWarehouse")
    ]


def test_claims_of_trendyol_are_claims_and_not_their_lines():
    assert bring_foreign("a3_marketplace_claims.json")[0] == summary(read=2, created=2)
    assert facts("sales_order_reference_number", "tracking_id", "state") == [
        ("2048400331", "7330001234567890", "ReturnCreated"),
        ("2048400332", "7330001234567891", "ArrivedToWarehouse"),
    ]


def test_returns_of_an_app_are_open_or_closed():
    assert bring_foreign("a5_returns_app_export.csv")[0] == summary(read=2, created=2)
    assert facts("return_reference_number", "state", "arrived_to_warehouse_at") == [
        ("R20261116001001", "ReturnCreated", None),
        ("R20261116001002", "Completed", None),
    ]


def test_a_grid_of_a_shop_has_no_time_of_closing_so_what_is_closed_is_left_out():
    told, _, left_out = bring_foreign("a7_shop_rma_grid.csv")
    assert told == summary(read=1, created=1)
    assert [place for place, _ in left_out] == ["a7_shop_rma_grid.csv: line 3"]
    assert stored("RMA-000000012").created_at.isoformat() == "2026-11-05T12:31:40+00:00"


def test_a_carrier_s_report_with_shortened_numbers_is_rejected_in_its_own_words():
    told, problems, left_out = bring_foreign("a8_carrier_report_tr.csv")
    assert told == summary(read=2, rejected=2)
    assert "Gönderi Kodu: a spreadsheet has shortened this number: '1,20145E+11'" in problems[0]
    assert not RejectedRecord.objects.filter(is_record=True).exists()  # so no retry takes them
    [(place, why)] = left_out
    assert (place, str(why)) == ("a8_carrier_report_tr.csv: line 7", "a row of totals")


def test_returns_of_a_turkish_shop_are_dated_by_their_request():
    assert bring_foreign("a9_shop_returns_tr.csv")[0] == summary(read=2, created=2)
    assert facts("return_reference_number", "notes", "state") == [
        ("RT12345", "Renk farklı; kumaş ince", "ArrivedToWarehouse"),
        ("RT12346", "", "ReturnCreated"),
    ]
