"""Large files: asked for, made in the background, given to who asked, forgotten after a day."""

import time
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from returns import background as all_background
from returns.database.locks import Lock, try_lock
from returns.exports import as_xlsx, background, forms, selection
from returns.models import Export, ExportPart, FileFormat, Progress, State
from returns.retention.steps import RETENTION_DONE
from tests.factories import make_return
from tests.markup import flat
from tests.returns.exports.test_rows import rows_of_csv, rows_of_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


@pytest.fixture(autouse=True)
def _three_are_large(monkeypatch):
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 2)
    monkeypatch.setattr(background, "PART_SIZE", 1000)
    for number in range(3):
        make_return(f"Return-7{number}")


def request_export(client, query: str = "sort=reference") -> Export:
    answer = client.post(f"/exports/?{query}")
    assert answer["Location"] == "/exports/"
    return Export.objects.latest("pk")


def make_export(client, query: str = "sort=reference") -> Export:
    export = request_export(client, query)
    assert all_background.run_long_jobs()
    export.refresh_from_db()
    return export


def test_a_large_workbook_is_offered_made_in_the_background_and_given(as_agent):
    offer = as_agent.get("/returns/export.xlsx?sort=reference&columns=state")
    assert offer.status_code == 422
    assert 'action="/exports/?sort=reference&amp;columns=state"' in offer.text
    export = request_export(as_agent, "sort=reference&columns=state")
    page = as_agent.get("/exports/")
    assert "Waiting to start, 3 returns." in flat(page)
    assert 'hx-trigger="every 2s"' in page.text
    assert background.make_next()
    page = as_agent.get("/exports/", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "<html" not in page.text
    assert "3 returns, " in flat(page)
    assert "hx-trigger" not in page.text
    answer = as_agent.get(f"/exports/{export.pk}/")
    assert answer["Content-Disposition"].startswith('attachment; filename="returns 2')
    assert ExportPart.objects.count() > 1
    assert int(answer["Content-Length"]) == sum(
        map(len, ExportPart.objects.values_list("data", flat=True))
    )
    assert [row[0] for row in rows_of_xlsx(answer)] == [
        "Return",
        "Return-70",
        "Return-71",
        "Return-72",
    ]


@pytest.mark.slow
def test_a_notice_on_every_page_says_that_one_is_ready(as_agent, as_manager):
    request_export(as_agent)
    assert "Exports <b>" not in as_agent.get("/preferences/").text
    background.make_next()
    assert "Exports <b>1</b>" in flat(as_agent.get("/preferences/"))
    assert "Exports <b>" not in as_manager.get("/preferences/").text


def test_another_person_s_export_is_not_there(as_agent, as_admin):
    export = make_export(as_agent)
    assert as_admin.get(f"/exports/{export.pk}/").status_code == 404
    assert as_admin.post(f"/exports/{export.pk}/").status_code == 404
    assert "No exports" in as_admin.get("/exports/").text


def test_who_may_no_longer_gets_no_file(as_agent, agent, monkeypatch):
    export = make_export(as_agent)
    monkeypatch.setattr(forms, "MAX_RETURNS_WITHOUT_PERMISSION", 2)
    answer = as_agent.get(f"/exports/{export.pk}/")
    assert answer.status_code == 422
    assert "Your role can export up to 2 returns" in answer.text
    agent.groups.clear()
    assert as_agent.get(f"/exports/{export.pk}/").status_code == 403


def test_who_may_no_longer_when_it_is_made_is_told(as_agent, monkeypatch):
    export = request_export(as_agent)
    monkeypatch.setattr(forms, "MAX_RETURNS_WITHOUT_PERMISSION", 2)
    background.make_next()
    export.refresh_from_db()
    assert export.status == Progress.FAILED
    assert "Your role can export up to 2 returns" in as_agent.get("/exports/").text
    assert as_agent.get(f"/exports/{export.pk}/").status_code == 422


def test_more_than_a_sheet_holds_is_refused_in_words(as_manager, monkeypatch):
    monkeypatch.setattr(as_xlsx, "MAX_SHEET_ROWS", 2)
    answer = as_manager.post("/exports/")
    assert answer.status_code == 422
    assert "An Excel sheet holds up to 2 returns" in answer.text
    assert not Export.objects.exists()


def test_a_person_waits_for_three_at_most(as_agent, as_manager):
    for _ in range(3):
        request_export(as_agent)
    refused = as_agent.post("/exports/")
    assert refused.status_code == 422
    assert "You already have 3 exports in progress" in refused.text
    request_export(as_manager)


def test_an_unknown_filter_is_named_and_nothing_is_made(as_manager):
    assert "there is no such filter" in as_manager.post("/exports/?stete=Completed").text
    assert not Export.objects.exists()


def test_an_export_is_deleted_with_its_file(as_agent):
    export = make_export(as_agent)
    as_agent.post(f"/exports/{export.pk}/")
    assert not Export.objects.exists()
    assert not ExportPart.objects.exists()


def test_after_a_day_an_export_is_gone(as_agent):
    export = make_export(as_agent)
    assert not background.expired_exports(timezone.now())
    cache.delete(RETENTION_DONE)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert as_agent.get(f"/exports/{export.pk}/").status_code == 404
    all_background.run_short_jobs()
    assert not ExportPart.objects.exists()


def test_one_whose_process_died_is_made_again_but_not_for_ever(as_agent, monkeypatch):
    export = request_export(as_agent)

    def dies(*_, **__):
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(selection, "build_rows", dies)
        for _ in range(2):
            with pytest.raises(OperationalError):
                background.make_next()
    export.refresh_from_db()
    assert (export.status, export.attempts) == (Progress.RUNNING, 2)
    background.make_next()
    assert Export.objects.get().status == Progress.DONE


def test_one_that_is_killed_from_outside_is_not_given_up_at_the_third_time(as_agent):
    export = request_export(as_agent)
    killed = {"status": Progress.RUNNING, "started_at": timezone.now()}
    Export.objects.update(attempts=3, **killed)
    assert not background.make_next()  # it pauses, in case that it kills its process itself
    Export.objects.update(started_at=timezone.now() - timedelta(seconds=61))
    assert background.make_next()
    export.refresh_from_db()
    assert (export.status, export.attempts) == (Progress.DONE, 4)


def test_pauses_between_attempts_grow_and_come_to_an_end(as_agent):
    request_export(as_agent)
    hours_ago = timezone.now() - timedelta(minutes=59)
    Export.objects.update(status=Progress.RUNNING, attempts=9, started_at=hours_ago)
    assert not background.make_next()
    Export.objects.update(attempts=10, started_at=hours_ago - timedelta(minutes=2))
    assert background.make_next()
    assert "interrupted 10 times. Start it again" in Export.objects.get().message


def test_a_person_starts_a_failed_export_again(as_agent, monkeypatch):
    export = request_export(as_agent)
    with monkeypatch.context() as patch:
        patch.setattr(forms, "MAX_RETURNS_WITHOUT_PERMISSION", 2)
        background.make_next()
    assert "Start again" in as_agent.get("/exports/").text
    assert as_agent.post(f"/exports/{export.pk}/", {"again": "1"})["Location"] == "/exports/"
    background.make_next()
    export.refresh_from_db()
    assert (export.status, export.message) == (Progress.DONE, "")


def test_a_large_csv_file_is_made_in_the_background_too(as_agent):
    query = "sort=reference&columns=state&bom=1"
    offer = as_agent.get(f"/returns/export.csv?{query}")
    assert offer.status_code == 422
    assert '<input type="hidden" name="format" value="csv">' in offer.text
    as_agent.post(f"/exports/?{query}", {"format": "csv"})
    export = Export.objects.get()
    assert background.make_next()
    export.refresh_from_db()
    assert (export.rows, export.total, export.name[-4:]) == (3, 3, ".csv")
    answer = as_agent.get(f"/exports/{export.pk}/")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = ["Return,State", "Return-70,Created", "Return-71,Created", "Return-72,Created"]
    assert answer.getvalue().decode().splitlines() == ["\ufeff" + rows[0], *rows[1:]]


def test_a_file_has_a_largest_size(as_agent, settings, monkeypatch):
    settings.EXPORT_FILE_MB = 1
    monkeypatch.setattr(background, "MEGABYTE", 50)
    for file_format in FileFormat.values:
        as_agent.post("/exports/?sort=reference", {"format": file_format})
    for _ in range(2):
        background.make_next()
    messages = Export.objects.values_list("message", flat=True)
    assert all("may have up to 1 MB. Filter for fewer" in message for message in messages)
    assert len(messages) == 2
    assert not ExportPart.objects.exists()


def test_the_files_of_a_person_have_a_largest_size_together(as_agent, as_manager, settings):
    settings.EXPORT_STORAGE_MB = 1
    Export.objects.filter(pk=make_export(as_agent).pk).update(size=1_000_000)
    refused = as_agent.post("/exports/")
    assert refused.status_code == 422
    assert "Your exports may take up 1 MB. Delete those" in refused.text
    request_export(as_manager)


def test_who_is_inactive_or_without_a_role_gets_nothing_made(as_agent, agent):
    export = request_export(as_agent)
    agent.groups.clear()
    background.make_next()
    export.refresh_from_db()
    assert export.message == "You don't have permission to see returns any more."


def test_one_that_another_process_makes_is_passed_by(as_agent):
    first, second = request_export(as_agent), request_export(as_agent)
    with try_lock(Lock.EXPORT, first.pk):
        assert background.make_next()
        assert not background.make_next()
    stands = dict(Export.objects.values_list("pk", "status"))
    assert stands == {first.pk: Progress.WAITING, second.pk: Progress.DONE}
    assert background.make_next()


def test_one_that_is_deleted_while_it_is_made_leaves_nothing(as_agent, monkeypatch):
    request_export(as_agent)
    rows_of = selection.build_rows

    def deletes(*given, **options):
        Export.objects.all().delete()
        return rows_of(*given, **options)

    monkeypatch.setattr(selection, "build_rows", deletes)
    assert background.make_next()
    assert not ExportPart.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_how_far_it_is_can_be_seen_while_it_is_made(as_agent, monkeypatch):
    export = request_export(as_agent)
    monkeypatch.setattr(selection, "EXPORT_BATCH_SIZE", 2)
    seen, rows_of = [], selection.build_rows
    beside = connection.copy()

    def looks(*given, **options):
        with beside.cursor() as cursor:
            end = time.monotonic() + 30
            stored = None
            while stored != ("running", 2 * len(seen)) and time.monotonic() < end:
                cursor.execute("SELECT status, rows FROM returns_export WHERE id = %s", [export.pk])
                stored = cursor.fetchone()
        seen.append(stored)
        return rows_of(*given, **options)

    monkeypatch.setattr(selection, "build_rows", looks)
    background.make_next()
    beside.close()
    assert seen == [("running", 0), ("running", 2)]


@pytest.mark.django_db(transaction=True)
def test_a_file_is_of_one_moment_whatever_comes_meanwhile(as_agent, monkeypatch):
    monkeypatch.setattr(selection, "EXPORT_BATCH_SIZE", 2)
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 20)
    for _ in range(2):
        make_return(state=State.ARRIVED)
    answer = as_agent.get("/returns/export.csv?sort=arrived&columns=state")
    stream = iter(answer.streaming_content)
    first = next(stream)
    beside = connection.copy()
    with beside.cursor() as cursor:
        # The others leave the part of the walk that is read last.
        arrived = "state = 'ArrivedToWarehouse', arrived_to_warehouse_at = now()"
        cursor.execute(f"UPDATE returns_return SET {arrived}")
    beside.close()
    answer.streaming_content = [first + b"".join(stream)]
    states = [row[1] for row in rows_of_csv(answer)[1:]]
    assert states == ["Arrived"] * 2 + ["Created"] * 3


@pytest.mark.django_db(transaction=True)
def test_the_worker_makes_exports_beside_its_other_work(as_agent):
    request_export(as_agent)
    worker = all_background.Worker()
    worker.start()
    end = time.monotonic() + 30
    while not Export.objects.filter(status=Progress.DONE).exists() and time.monotonic() < end:
        time.sleep(0.1)
    worker.stop()
    assert not worker.is_alive()
    assert Export.objects.get().status == Progress.DONE


def test_the_file_is_a_whole_archive(as_agent):
    export = make_export(as_agent, "columns=all")
    file = as_agent.get(f"/exports/{export.pk}/").getvalue()
    assert ZipFile(BytesIO(file)).testzip() is None
    assert len(file) == export.size
