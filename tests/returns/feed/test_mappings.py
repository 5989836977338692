"""Columns of foreign files are matched by hand, remembered, and shown before they are used."""

import json
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from returns.feed.layouts import LAYOUTS
from returns.feed.mapping_forms import MAPPED_FIELDS, MappingForm
from returns.feed.mappings import ColumnMapping
from returns.feed.records import API_NAMES
from returns.feed.uploads import choose_columns
from returns.models import RejectedRecord, Return, SavedMapping, State, Upload
from tests.markup import flat

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parents[2] / "data" / "cases"
FOREIGN = (
    "Talep;Ürün;Sonuç;Tarih;Kargo Tarihi\n"
    "1;Lamba;İADE ALINDI;05.11.2026;06.11.2026\n"
    "2;Yastık;BEKLİYOR;07.11.2026;\n"
    "3;Halı;İPTAL;07.11.2026;\n"
)
MATCHED = {
    "column-returnReferenceNumber": "column:Talep",
    "column-state": "column:Sonuç",
    "column-createdAt": "column:Tarih",
    "column-arrivedToWarehouseAt": "column:Kargo Tarihi",
    "column-salesOrderChannel": "fixed:",
    "fixed-salesOrderChannel": "Trendyol",
    "prefix_text": "SHOP-",
    "word": ["İADE ALINDI", "BEKLİYOR", "İPTAL"],
    "meaning": ["ArrivedToWarehouse", "ReturnCreated", "leave out"],
    "action": "save",
}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-11-29T09:00:00Z", tick=False):
        yield


def upload(client: Client, content: str | bytes, name="returns.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post("/feed/upload/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def columns() -> str:
    return reverse("upload-columns", args=[Upload.objects.latest("pk").pk])


def matched(client: Client, *, reference: str, created: str):
    """Match two columns of the latest upload; all returns are created. Return the preview."""
    sent = {
        "column-returnReferenceNumber": f"column:{reference}",
        "column-createdAt": f"column:{created}",
        "column-state": "fixed:ReturnCreated",
        "action": "save",
    }
    return client.post(columns(), sent, follow=True).context["preview"]


def test_a_foreign_file_leads_to_the_columns(as_manager):
    page = upload(as_manager, FOREIGN)
    assert page.redirect_chain[-1][0] == columns()
    assert "Some of the columns that a return needs were not recognised." in flat(page)
    assert page.context["matching"].outline.rows[0] == [
        "1",
        "Lamba",
        "İADE ALINDI",
        "05.11.2026",
        "06.11.2026",
    ]
    assert page.context["words"] == []


def test_columns_fixed_values_and_words_are_read_as_chosen(as_manager):
    upload(as_manager, FOREIGN)
    page = as_manager.post(columns(), MATCHED, follow=True)
    preview = page.context["preview"]
    assert (preview.created, preview.rejected, preview.is_foreign) == (2, 0, False)
    assert preview.left_out == [["line 4", "“İPTAL” is left out, as the column mapping says"]]
    assert ["Ürün", ""] in preview.columns
    assert "Before each return reference: SHOP-; Sales channel: Trendyol." in flat(page)
    assert "1 = SHOP-1" in page.text
    assert "İADE ALINDI = Arrived" in page.text
    as_manager.post(reverse("upload", args=[page.context["upload"].pk]))
    first, second = Return.objects.order_by("pk")
    assert (first.return_reference_number, first.state) == ("SHOP-1", State.ARRIVED)
    assert (first.sales_order_channel, first.unknown_fields) == ("Trendyol", {})
    assert (second.return_reference_number, second.state) == ("SHOP-2", State.CREATED)
    assert not SavedMapping.objects.exists()


def test_other_columns_are_stored_if_somebody_says_so(as_manager):
    upload(as_manager, FOREIGN)
    page = as_manager.post(columns(), MATCHED | {"keeps_others": "on"}, follow=True)
    as_manager.post(reverse("upload", args=[page.context["upload"].pk]))
    assert Return.objects.earliest("pk").unknown_fields == {"Ürün": "Lamba"}


def test_the_words_of_the_chosen_column_are_asked_for(as_manager):
    upload(as_manager, FOREIGN)
    sent = {"column-state": "column:Sonuç", "action": "words"}
    part = as_manager.post(columns(), sent, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert [each.word for each in part.context["words"]] == ["İADE ALINDI", "BEKLİYOR", "İPTAL"]
    page = as_manager.post(columns(), sent)
    assert (page.status_code, "<html" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"column-returnReferenceNumber": ""}, "Choose a column."),
        ({"column-createdAt": "column:Gone"}, "Select a valid choice."),
        ({"column-state": ""}, "Choose a column."),
        ({"fixed-salesOrderChannel": ""}, "Enter a value."),
        ({"prefix_text": "x" * 21}, "at most 20 characters"),
    ],
)
def test_a_mapping_that_is_not_whole_says_what_is_missing(as_manager, change, problem):
    upload(as_manager, FOREIGN)
    page = as_manager.post(columns(), MATCHED | change)
    assert page.status_code == 422
    assert problem in page.text
    assert Upload.objects.get().mapping == {}


def test_each_word_needs_a_meaning(as_manager):
    upload(as_manager, FOREIGN)
    sent = MATCHED | {"meaning": ["ArrivedToWarehouse", "", "leave out"]}
    page = as_manager.post(columns(), sent)
    assert page.status_code == 422
    assert "Say what each word of the state column means." in page.text


def test_a_word_of_a_later_file_is_rejected_and_cannot_be_mended_without_the_mapping(as_manager):
    upload(as_manager, FOREIGN)
    as_manager.post(columns(), MATCHED | {"name": "Shop X"})
    page = upload(as_manager, FOREIGN.replace("BEKLİYOR", "YENİ"))
    (wrong,) = page.context["preview"].wrong
    assert wrong.error == "Sonuç: the column mapping does not say what 'YENİ' means"
    as_manager.post(reverse("upload", args=[page.context["upload"].pk]))
    assert not RejectedRecord.objects.get().is_record


def test_a_mapping_is_remembered_for_the_same_header_whatever_its_order(as_manager):
    upload(as_manager, FOREIGN)
    page = as_manager.post(columns(), MATCHED | {"name": "Shop X"}, follow=True)
    assert "The column mapping “Shop X” is saved." in page.text
    turned = "\n".join(";".join(reversed(line.split(";"))) for line in FOREIGN.splitlines())
    page = upload(as_manager, turned)
    assert page.context["preview"].created == 2
    assert "The columns are read as in the column mapping “Shop X”." in flat(page)
    page = as_manager.get(columns())
    assert page.context["form"]["name"].value() == "Shop X"
    as_manager.post(columns(), {"action": "none"})
    assert Upload.objects.latest("pk").mapping == {}


def test_a_mapping_is_remembered_unless_somebody_clears_its_name(as_manager):
    page = upload(as_manager, FOREIGN, "shop november.csv")
    assert page.context["form"]["name"].value() == "shop november"
    as_manager.post(columns(), MATCHED | {"name": "shop november"})
    other = upload(as_manager, FOREIGN.replace("Ürün", "Mal"), "Shop November.csv")
    assert other.context["form"]["name"].value() == "shop november (2)"
    claims = (FILES / "a3_marketplace_claims.json").read_bytes()
    page = upload(as_manager, claims, "claims.json")
    assert page.context["form"]["name"].value() == "Trendyol claims"
    form = page.context["form"]
    sent = {choice.html_name: choice.value() for choice, _ in form.entries()}
    sent |= {"fixed-salesOrderChannel": "Trendyol", "name": "Trendyol claims", "action": "save"}
    assert as_manager.post(columns(), sent).status_code == 302
    page = upload(as_manager, claims, "claims again.json")
    assert page.context["preview"].created == 2
    assert "The columns are read as in the column mapping “Trendyol claims”." in flat(page)


def test_a_mapping_of_another_file_is_offered_if_its_columns_are_there(as_manager):
    upload(as_manager, FOREIGN)
    as_manager.post(columns(), MATCHED | {"name": "Shop X"})
    more = "\n".join(f"{line};x" for line in FOREIGN.splitlines())
    page = upload(as_manager, more)
    assert "This looks like “Shop X”, so the columns are filled in for it." in flat(page)
    form = page.context["form"]
    assert form.state_column() == "Sonuç"
    # What is the same for all rows of that file may not be so in this one.
    assert form["prefix_text"].value() == ""
    assert form["column-salesOrderChannel"].value() == ""


def test_a_name_of_a_mapping_for_other_columns_is_not_taken_from_it(as_manager):
    upload(as_manager, FOREIGN)
    as_manager.post(columns(), MATCHED | {"name": "Shop X"})
    upload(as_manager, "\n".join(f"{line};x" for line in FOREIGN.splitlines()))
    page = as_manager.post(columns(), MATCHED | {"name": "shop x", "prefix_text": "Y-"})
    assert page.status_code == 422
    assert "A column mapping for other columns has this name." in page.text
    assert SavedMapping.objects.get().definition["prefix"] == "SHOP-"


def test_words_of_earlier_files_stay_in_a_mapping_that_is_saved_again(as_manager):
    upload(as_manager, FOREIGN)
    as_manager.post(columns(), MATCHED | {"name": "Shop X"})
    upload(as_manager, FOREIGN.replace("BEKLİYOR", "GELDİ Mİ"))
    words = {"word": ["GELDİ Mİ"], "meaning": ["ReturnCreated"], "name": "shop x"}
    as_manager.post(columns(), MATCHED | words)
    saved = SavedMapping.objects.get()
    assert saved.name == "shop x"
    assert saved.definition["states"] == {
        "İADE ALINDI": "ArrivedToWarehouse",
        "BEKLİYOR": "ReturnCreated",
        "GELDİ Mİ": "ReturnCreated",
        "İPTAL": "",
    }


def test_a_saved_mapping_is_changed_renamed_and_deleted(as_manager):
    upload(as_manager, FOREIGN)
    as_manager.post(columns(), MATCHED | {"name": "Shop X"})
    saved = SavedMapping.objects.get()
    assert "Shop X" in as_manager.get("/feed/mappings/").text
    path = reverse("mapping", args=[saved.pk])
    page = as_manager.get(path)
    assert page.context["form"].state_column() == "Sonuç"
    changed = MATCHED | {"name": "Shop Y", "prefix_text": ""}
    assert as_manager.post(path, changed, follow=True).redirect_chain
    saved.refresh_from_db()
    assert (saved.name, saved.definition["prefix"]) == ("Shop Y", "")
    assert as_manager.post(path, changed | {"name": ""}).status_code == 422
    assert as_manager.post(path, changed | {"column-state": ""}).status_code == 422
    as_manager.post(path, {"action": "delete"})
    assert "No column mappings yet" in as_manager.get("/feed/mappings/").text


def test_two_mappings_cannot_have_one_name(as_manager, manager):
    for name in ("A", "B"):
        SavedMapping.objects.create(name=name, definition=ColumnMapping({}).to_json(), by=manager)
    path = reverse("mapping", args=[SavedMapping.objects.get(name="B").pk])
    SavedMapping.objects.update(header=["Talep", "Sonuç", "Tarih", "Kargo Tarihi"])
    page = as_manager.post(path, MATCHED | {"name": "a"})
    assert page.status_code == 422
    assert "A column mapping for other columns has this name." in page.text


def test_json_asks_for_the_list_and_its_paths(as_manager):
    page = upload(as_manager, (FILES / "a3_marketplace_claims.json").read_bytes(), "claims.json")
    assert "This looks like “Trendyol claims”" in page.text
    lists = page.context["matching"].outline.lists
    assert list(lists.values())[:2] == ["content (2)", "content › items (2)"]
    inner = next(prefix for prefix, name in lists.items() if "items" in name)
    page = as_manager.post(columns(), {"action": "list", "records": inner})
    assert "orderLine.barcode" in page.context["matching"].outline.header
    assert page.context["matching"].records == inner


def test_a_file_that_is_no_table_says_so(as_manager):
    upload(as_manager, b"\x00\x01\x02")
    page = as_manager.get(columns())
    assert "This file has no rows whose columns could be matched." in flat(page)


WORDS = "Talep;Sonuç;Tarih;Kargo Tarihi\n" + "".join(
    f"{number};{word};05.11.2026;06.11.2026\n"
    for number, word in enumerate(["Done", "Geldi", "✓", "✗", "A+", "A-", "N/A", "", "ILIK"], 1)
)


def test_what_a_person_says_of_a_word_counts_and_words_are_told_apart(as_manager):
    upload(as_manager, WORDS)
    arrived, created, out = "ArrivedToWarehouse", "ReturnCreated", "leave out"
    meanings = {
        "word": ["Done", "Geldi", "✓", "✗", "A+", "A-", "N/A", "", "ılık"],
        "meaning": [arrived, created, arrived, created, created, out, created, out, arrived],
    }
    page = as_manager.post(columns(), MATCHED | meanings, follow=True)
    as_manager.post(reverse("upload", args=[page.context["upload"].pk]))
    assert [place for place, _ in page.context["preview"].left_out] == ["line 7", "line 9"]
    states = Return.objects.order_by("return_reference_number").values_list("state", flat=True)
    assert list(states) == [arrived, created, arrived, created, created, created, arrived]


def test_headers_of_one_name_are_told_apart(as_manager):
    upload(as_manager, "Date;Date (2);Date\nA;B;2026-11-05\n")
    preview = matched(as_manager, reference="Date (2)", created="Date (3)")
    assert preview.columns == [
        ["Date", ""],
        ["Date (2)", "Return reference"],
        ["Date (3)", "Created"],
    ]
    assert preview.created == 1


def test_month_first_is_asked_for_in_json_too(as_manager):
    records = [
        {"rma": f"M{n}", "o": "x", "d": d} for n, d in enumerate(["03/13/2026", "03/04/2026"])
    ]
    upload(as_manager, json.dumps(records), "file.json")
    preview = matched(as_manager, reference="rma", created="d")
    assert (preview.rejected, preview.doubt) == (2, "item 1 has 03/13/2026")


def test_numbers_of_json_are_exact_or_rejected(as_manager):
    content = b'[{"rma":7330001234567890123456,"d":"2026-11-05"},{"rma":7.34E+15,"d":"2026-11-05"},'
    upload(as_manager, content + b'{"rma":1e999999999,"d":"2026-11-05"}]', "file.json")
    preview = matched(as_manager, reference="rma", created="d")
    assert (preview.created, preview.rejected) == (1, 2)
    assert preview.rows[0].cells[1] == "7330001234567890123456"
    assert all("a spreadsheet has shortened" in row.error for row in preview.wrong)


@pytest.mark.parametrize(
    "content",
    [
        FOREIGN.encode().replace("Ürün".encode(), b"\xff\xfe"),
        FOREIGN.encode().replace("Ürün".encode(), b"x" * 80 + b"\x00"),
        FOREIGN.encode().replace("BEKLİYOR".encode(), b"x\x00\xffz"),
        b"Return;State;Created;" + b"x" * 80 + b"\x00\nR;Created;2026-01-05;\xff\n",
        b'[{"k\\u0000":1,"returnReferenceNumber":"R"}]',
        b'{"k\\ud800":1,"a":"\\u0000"}\n{"a":2}\n',
    ],
)
def test_bytes_that_cannot_be_stored_end_no_page(as_manager, content):
    assert upload(as_manager, content).status_code == 200
    assert as_manager.get(columns()).status_code == 200
    words = {"word": ["İADE ALINDI", "x\ufffd\ufffdz", "İPTAL"]}
    for sent in (MATCHED, MATCHED | words):
        assert as_manager.post(columns(), sent, follow=True).status_code in {200, 422}


def test_columns_that_are_read_are_shown_first_and_a_state_of_dates_is_shown(as_manager):
    page = upload(as_manager, (FILES / "a2_seller_returns_by_date.txt").read_bytes(), "a2.txt")
    form = page.context["form"]
    sent = {choice.html_name: choice.value() for choice, _ in form.entries()}
    sent |= {"fixed-salesOrderChannel": "Amazon", "action": "save"}
    preview = as_manager.post(columns(), sent, follow=True).context["preview"]
    shown = dict(zip(preview.shown, preview.rows[0].cells, strict=True))
    assert shown["State"] == "Arrived"
    assert shown["Return delivery date"] == "18-Nov-2026 = 18 Nov 2026, 00:00:00"


def test_brackets_that_are_no_zone_are_named(as_manager):
    upload(as_manager, FOREIGN.replace(";Tarih;", ";Tarih (PST);"))
    page = as_manager.post(
        columns(), MATCHED | {"column-createdAt": "column:Tarih (PST)"}, follow=True
    )
    assert "so their times are taken as warehouse time: Tarih (PST)." in flat(page)


def test_a_preview_that_is_out_of_date_imports_nothing(as_manager):
    upload(as_manager, FOREIGN)
    old = as_manager.post(columns(), MATCHED, follow=True).context["upload"]
    as_manager.post(columns(), MATCHED | {"prefix_text": "ZZZ-"})
    path = reverse("upload", args=[old.pk])
    page = as_manager.post(path, {"seen": old.reading}, follow=True)
    assert "Meanwhile it was chosen to read this file differently." in page.text
    assert not Return.objects.exists()
    as_manager.post(path, {"seen": Upload.objects.get().reading})
    assert Return.objects.filter(return_reference_number="ZZZ-1").exists()


def test_a_choice_that_comes_after_the_import_began_is_not_stored(as_manager, manager):
    upload(as_manager, FOREIGN)
    late = Upload.objects.get()
    Upload.objects.update(wanted_at=timezone.now())
    choose_columns(late, ColumnMapping({"returnReferenceNumber": "Talep"}), "x")
    assert Upload.objects.get().mapping == {}


def test_an_import_that_has_begun_is_not_read_anew(as_manager):
    upload(as_manager, FOREIGN)
    page = as_manager.post(columns(), MATCHED, follow=True)
    as_manager.post(reverse("upload", args=[page.context["upload"].pk]))
    before = Upload.objects.get().mapping
    assert as_manager.post(columns(), MATCHED | {"prefix_text": ""}).status_code == 302
    assert Upload.objects.get().mapping == before


def test_files_of_others_have_no_columns(as_manager, as_admin):
    upload(as_manager, FOREIGN)
    assert as_admin.get(columns()).status_code == 404


# The command


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_returns", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.parametrize("name", ["Shop X", "shop x"])
def test_the_command_takes_the_name_of_a_mapping(as_manager, name, tmp_path):
    upload(as_manager, FOREIGN)
    as_manager.post(columns(), MATCHED | {"name": "Shop X"})
    path = tmp_path / "file.csv"
    path.write_text(FOREIGN)
    told = run(str(path), "--mapping", name)
    assert "line 4: left out: “İPTAL” is left out, as the column mapping says" in told
    assert "read 2, created 2" in told


def test_the_command_knows_the_mappings_of_the_program():
    assert "read 2, created 2" in run(
        str(FILES / "a1_fba_customer_returns.txt"), "--mapping", "amazon fba customer returns"
    )


def test_the_command_says_which_mappings_there_are():
    with pytest.raises(CommandError, match=r"no column mapping 'x'\. There are: Amazon FBA"):
        run(str(FILES / "a1_fba_customer_returns.txt"), "--mapping", "x")


def test_the_command_says_how_a_foreign_file_can_be_read(tmp_path):
    said = StringIO()
    for name in ("a1_fba_customer_returns.txt", "c2_one_row_an_item.csv"):
        with suppress(SystemExit):
            call_command("import_returns", str(FILES / name), stdout=said, stderr=said)
    path = tmp_path / "foreign.csv"
    path.write_text(FOREIGN)
    with suppress(SystemExit):
        call_command("import_returns", str(path), stdout=said, stderr=said)
    assert "Perhaps it can be read with --mapping 'Amazon FBA customer returns'" in said.getvalue()
    assert said.getvalue().count("--mapping") == 2


def test_a_file_without_the_columns_of_its_mapping_is_refused():
    with pytest.raises(SystemExit):
        run(str(FILES / "b4_title_above_and_total_below.csv"), "--mapping", "Returns app")


# What comes with the program


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_mapping_of_the_program_is_whole(name):
    mapping = LAYOUTS[name]
    names = mapping.columns.keys() | mapping.fixed.keys()
    assert names <= set(MAPPED_FIELDS)
    assert {API_NAMES["return_reference_number"], API_NAMES["created_at"], "state"} <= names
    header = [*dict.fromkeys(mapping.columns.values())]
    form = MappingForm(header, mapping, None)
    chosen = {choice.name for choice, _ in form.entries() if choice.value()}
    assert chosen == {f"column-{each}" for each in names}
