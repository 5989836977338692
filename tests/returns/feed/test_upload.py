"""Managers upload a file: they preview it, then import it, once."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import body_limit, concurrency
from returns.background import run_long_jobs
from returns.feed import previews, uploads
from returns.feed.uploads import load_preview, old_uploads, start_import
from returns.models import FeedRun, Outcome, RejectedRecord, Return, ReturnTag, Upload, Way
from tests.factories import make_return
from tests.markup import flat
from tests.returns.feed.test_sync import a_record

pytestmark = pytest.mark.django_db
UPLOAD = "/feed/upload/"
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = (
    "Return;Durum;Created;Tags\nR-1;Created;05.01.2026;wrong-size, books\nR-2;Yolda;05.01.2026;\n"
)
MIXED = GOOD + "R-3;Lost;05.01.2026;\nR-4;Created;31.02.2026;\n"


def upload(client: Client, content: str | bytes, name="returns.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)}, follow=True)


def path() -> str:
    return reverse("upload", args=[Upload.objects.latest("pk").pk])


def test_a_file_is_looked_at_without_importing_anything(as_manager, vocabulary):
    page = upload(as_manager, MIXED)
    preview = page.context["preview"]
    assert (preview.read, preview.created, preview.rejected) == (4, 2, 2)
    assert preview.kind == "CSV in UTF-8, separated by semicolons"
    assert "Times without a zone are taken as warehouse time (Europe/Istanbul)." in page.text
    assert "the latest of the other times is used" in page.text
    assert preview.columns[1] == ["Durum", "State"]
    assert not Return.objects.exists()
    assert not FeedRun.objects.exists()
    assert not RejectedRecord.objects.exists()


def test_the_preview_names_the_encoding(as_manager):
    for encoding, name in (("cp1254", "Windows-1254"), ("utf-16", "UTF-16"), ("utf-8", "UTF-8")):
        page = upload(as_manager, f"{GOOD}Kırık;Created;05.01.2026;\n".encode(encoding))
        assert page.context["preview"].kind == f"CSV in {name}, separated by semicolons"


def test_few_large_files_are_read_at_once_whoever_uploads_them(as_manager, as_admin, monkeypatch):
    monkeypatch.setattr(concurrency, "LONGEST_WAIT", 0.1)
    upload(as_admin, GOOD)
    columns = f"{path()}columns/"
    monkeypatch.setattr(concurrency, "LARGE_INPUT", len(GOOD))
    with concurrency.large_input(len(GOOD)), concurrency.large_input(len(GOOD)):
        refused = [upload(as_manager, GOOD), as_admin.get(columns)]
        refused.append(as_admin.post(path(), {"action": "choose", "dates": "mdy"}))
    assert [each.status_code for each in refused] == [429] * 3
    assert "Nothing was changed. Try again in a few seconds." in refused[0].text
    assert Upload.objects.count() == 1
    assert upload(as_manager, GOOD).status_code == 200


def test_errors_stand_beside_the_rows(as_manager):
    preview = upload(as_manager, MIXED).context["preview"]
    said = {row.place: row.error for row in preview.rows}
    assert said["line 2"] == ""
    assert said["line 4"].startswith("Durum: unknown: 'Lost'")
    assert said["line 5"] == "Created: not a valid date (day first): '31.02.2026'"
    assert [row.place for row in preview.wrong] == ["line 4", "line 5"]


def test_rows_with_errors_are_seen_wherever_they_stand(as_manager):
    rows = "".join(f"R-{n};Created;05.01.2026;\n" for n in range(200))
    page = upload(as_manager, f"Return;State;Created;Tags\n{rows}R-x;Lost;05.01.2026;\n")
    assert [row.place for row in page.context["preview"].wrong] == ["line 202"]
    assert "line 202" in page.text
    assert "The first 50 rows" in page.text


def test_a_file_is_imported_and_its_run_shown(as_manager, manager, vocabulary):
    upload(as_manager, MIXED)
    page = as_manager.post(path(), follow=True)
    run = FeedRun.objects.get()
    assert page.context["run"].row == run
    assert (run.way, run.origin, run.by) == (Way.FILE, "returns.csv", manager)
    assert (run.created, run.rejected, run.outcome) == (2, 2, Outcome.DONE)
    tags = ReturnTag.objects.filter(entity__return_reference_number="R-1")
    assert {each.tag.name for each in tags} == {"wrong-size", "books"}
    assert RejectedRecord.objects.count() == 2


def test_a_second_click_and_back_import_nothing_again(as_manager):
    upload(as_manager, GOOD)
    first = as_manager.post(path())
    again = as_manager.post(path())
    assert first.url == again.url
    assert FeedRun.objects.count() == 1
    assert "This file was imported" in as_manager.get(path()).text


def test_the_same_file_may_be_uploaded_again(as_manager):
    for _ in range(2):
        upload(as_manager, GOOD)
        as_manager.post(path())
    assert FeedRun.objects.latest("pk").unchanged == 2
    assert upload(as_manager, GOOD).context["preview"].unchanged == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_import_once(as_manager, manager):
    rows = "".join(f"R-{n};Created;05.01.2026;\n" for n in range(3000))
    upload(as_manager, f"Return;State;Created;Tags\n{rows}")
    pk = Upload.objects.get().pk

    def click() -> None:
        start_import(pk, manager)
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert [run.created for run in FeedRun.objects.all()] == [3000]


def test_an_import_that_broke_off_is_taken_up_again(as_manager, manager):
    upload(as_manager, GOOD)
    gone = FeedRun.objects.create(way=Way.FILE, origin="returns.csv")
    Upload.objects.update(run=gone)
    assert "The import did not finish" in as_manager.get(path()).text
    as_manager.post(path())
    assert Upload.objects.get().run != gone
    assert Return.objects.count() == 2


# Large ones


def test_a_large_file_is_imported_in_the_background(as_manager, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_IMMEDIATE_BYTES", 50)
    upload(as_manager, GOOD)
    page = as_manager.post(path(), follow=True)
    assert "The import is about to start in the background." in page.text
    as_manager.post(path())
    assert not Return.objects.exists()
    assert run_long_jobs()
    page = as_manager.get(f"{path()}?poll", headers={"HX-Request": "true"})
    assert "This file was imported" in page.text
    assert "<html" not in page.text
    assert (Return.objects.count(), FeedRun.objects.count()) == (2, 1)
    assert not uploads.import_next()


def test_a_large_file_whose_import_died_is_taken_up_by_the_next_worker(as_manager):
    upload(as_manager, GOOD)
    gone = FeedRun.objects.create(way=Way.FILE, origin="returns.csv")
    Upload.objects.update(run=gone, wanted_at=timezone.now())
    assert uploads.import_next()
    assert Return.objects.count() == 2
    assert Upload.objects.get().wanted_at is None


def test_all_records_of_a_large_file_are_read_and_the_first_ones_are_tried(as_manager, monkeypatch):
    monkeypatch.setattr(previews, "MAX_TRIED_RECORDS", 3)
    page = upload(as_manager, MIXED + "R-1;Created;04.01.2026;\nR-5;Created;04.01.2026;\n")
    preview = page.context["preview"]
    assert (preview.read, preview.rehearsed) == (6, 3)
    assert (preview.created, preview.rejected) == (2, 2)
    assert "6 records, of which the first 3 were checked against the database" in flat(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (b" \n\n", "This file is empty."),
    ],
)
def test_an_empty_file_is_refused(as_manager, content, words):
    page = upload(as_manager, content)
    assert page.status_code == 422
    assert words in page.text
    assert not Upload.objects.exists()


def test_nothing_chosen_says_so(as_manager):
    page = as_manager.post(UPLOAD)
    assert page.status_code == 422
    assert "Choose a file." in page.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 workbook", "a damaged archive or workbook"),
        (b"\x00\x01\x02", "binary data, not text"),
        (b"Return;State;Created\nR-1;Lost;2026-01-05\n", "State: unknown"),
        (b"{]", "invalid JSON"),
    ],
)
def test_a_file_of_nothing_good_cannot_be_imported(as_manager, content, words):
    page = upload(as_manager, content)
    assert "None of the records in this file can be imported." in page.text
    assert words in page.text
    assert ">Import<" not in page.text


def test_a_header_alone_says_that_there_is_no_record(as_manager):
    assert "This file contains no records." in upload(as_manager, "Return;State;Created\n").text


def test_json_is_looked_at_too(as_manager):
    page = upload(as_manager, json.dumps({"items": [a_record(1), a_record(2)]}), "r.json")
    assert page.context["preview"].created == 2
    assert "returnReferenceNumber: Return-00001" in page.text


def test_a_file_that_is_too_large_is_refused_with_a_message(as_manager, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 40)
    page = upload(as_manager, GOOD)
    assert page.status_code == 422
    assert "larger than 20 MB" in page.text


def test_a_body_that_is_much_too_large_is_not_read(as_manager, monkeypatch):
    monkeypatch.setattr(body_limit, "MAX_BODY_BYTES", 100)
    page = upload(as_manager, GOOD)
    assert page.status_code == 413
    assert "This file is too large" in page.text


@pytest.mark.parametrize("name", ["<b>x</b>.csv", "a" * 300 + ".csv", "né ü.csv", "\x07.csv"])
def test_a_file_may_be_called_anything(as_manager, name):
    page = upload(
        as_manager, "Return;State;Created;<i>\x01</i>\nR-1;Created;2026-01-05;<u>\n", name
    )
    assert page.status_code == 200
    assert "<b>x" not in page.text
    assert "<u>" not in page.text
    assert as_manager.post(path()).status_code == 302


def test_a_preview_says_what_changes_and_which_tags_give_way(as_manager, vocabulary):
    make_return("R-1", created_at=timezone.now() - timedelta(days=900))
    page = upload(as_manager, GOOD.replace("books", "standard, urgent-refund"))
    preview = page.context["preview"]
    assert (preview.created, preview.updated, preview.conflicts) == (1, 1, 1)


def test_somebody_else_s_file_is_not_found(as_manager, as_admin):
    upload(as_manager, GOOD)
    assert as_admin.get(path()).status_code == 404
    assert as_admin.post(path()).status_code == 404
    assert not Return.objects.exists()


def test_files_are_kept_for_a_day(as_manager, manager):
    upload(as_manager, GOOD)
    assert not old_uploads(timezone.now())
    Upload.objects.update(at=timezone.now() - timedelta(days=1, minutes=1))
    old = path()
    old_uploads(timezone.now()).delete()
    page = as_manager.get(old)
    assert page.status_code == 404
    assert "is more than a day old" in page.text


def test_the_preview_is_what_was_found(as_manager):
    upload(as_manager, MIXED)
    assert load_preview(Upload.objects.get()).rejected == 2


# What an import would change

LATER = (
    "Return;Durum;Created;Updated;Order;Tags\n"
    "R-1;Created;05.01.2026;06.01.2026;;Wrong_Size|brand new\n"
)


def test_the_preview_says_what_would_change_and_which_tags_are_new(as_manager, vocabulary):
    make_return("R-1", sales_order_reference_number="RSO-1", notes="x", created_at=EARLIER)
    page = upload(as_manager, LATER)
    preview = page.context["preview"]
    assert (preview.updated, preview.unknown_tags) == (1, ["brand new"])
    [change] = preview.changes
    assert (change.reference, change.new_tags) == ("R-1", ["Wrong_Size", "brand new"])
    assert [name for name, *_ in change.facts] == ["Created", "Last update"]
    assert '<h2 id="changes-heading">Changes</h2>' in page.text
    assert "These names become tags in the group “Unsorted”: <b>brand new</b>." in flat(page)
    assert Return.objects.get().sales_order_reference_number == "RSO-1"


def test_empty_cells_clear_what_is_stored_only_where_that_was_chosen(as_manager, vocabulary):
    make_return("R-1", sales_order_reference_number="RSO-1", notes="x", created_at=EARLIER)
    assert upload(as_manager, LATER).context["upload"].empty_clears is False
    page = as_manager.post(path(), {"action": "choose", "empty_clears": "1"}, follow=True)
    [change] = page.context["preview"].changes
    assert ["Order reference", "RSO-1", ""] in change.facts
    assert "<b>cleared</b>" in page.text
    assert not FeedRun.objects.exists()
    as_manager.post(path())
    assert Return.objects.get().sales_order_reference_number == ""
    assert Return.objects.get().notes == "x"  # has no column


def test_how_a_file_is_read_is_not_changed_once_it_is_imported(as_manager):
    upload(as_manager, GOOD)
    as_manager.post(path())
    as_manager.post(path(), {"action": "choose", "empty_clears": "1"})
    assert Upload.objects.get().empty_clears is False


def test_the_order_of_dates_is_asked_for_and_shown_in_words(as_manager):
    rows = "R-1;Created;11/05/2025\nR-2;Created;11/13/2025\n"
    page = upload(as_manager, f"Return;State;Created\n{rows}")
    assert "Day or month first? In this file, line 3 has 11/13/2025." in flat(page)
    assert page.context["preview"].rejected == 2
    page = as_manager.post(path(), {"action": "choose", "dates": "mdy"}, follow=True)
    assert [row.cells[2] for row in page.context["preview"].rows] == [
        "11/05/2025 = 5 Nov 2025, 00:00:00",
        "11/13/2025 = 13 Nov 2025, 00:00:00",
    ]
    as_manager.post(path())
    assert {each.created_at.month for each in Return.objects.all()} == {11}


@pytest.mark.parametrize(
    "cell", ["garbage ", " - ", "01.01.0001 00:00:00", "31.12.9999 24:00", "n/a", "9" * 13]
)
def test_a_cell_that_is_no_time_breaks_no_preview(as_manager, cell):
    rows = f"R-1;Created;{cell};\nR-2;Created;05.01.2026;{cell}\n"
    assert upload(as_manager, f"Return;State;Created;Updated\n{rows}").status_code == 200
    page = as_manager.post(path(), {"action": "choose", "empty_clears": "1"}, follow=True)
    assert page.status_code == 200
    assert as_manager.post(path(), follow=True).status_code == 200


# Large files are checked in part


def test_the_first_records_are_checked_and_the_import_checks_all(as_manager, settings):
    settings.PREVIEW_RECORDS = 3
    page = upload(as_manager, f"{MIXED}R-5;Lost;05.01.2026;\n")
    preview = page.context["preview"]
    assert (preview.read, preview.is_partial, preview.rejected) == (3, True, 1)
    assert "The first 3 records were checked; the import checks all of them." in flat(page)
    run = as_manager.post(path(), follow=True).context["run"].row
    assert (run.read, run.created, run.rejected) == (5, 2, 3)


def test_a_late_date_with_the_month_first_is_refused_by_the_import(as_manager, settings):
    settings.PREVIEW_RECORDS = 1
    rows = "R-1;Created;11/05/2025\nR-2;Created;11/13/2025\n"
    page = upload(as_manager, f"Return;State;Created\n{rows}")
    assert page.context["preview"].is_partial
    run = as_manager.post(path(), follow=True).context["run"].row
    assert (run.created, run.rejected) == (0, 2)
    assert "day or month first?" in RejectedRecord.objects.latest("pk").reason


def test_of_each_person_so_many_uploads_are_kept(as_manager, as_admin, settings):
    settings.UPLOADS_PER_PERSON = 2
    upload(as_admin, GOOD)
    for _ in range(4):
        upload(as_manager, GOOD)
    assert Upload.objects.count() == 3
    Upload.objects.update(wanted_at=timezone.now())
    upload(as_manager, GOOD)
    assert Upload.objects.count() == 4
