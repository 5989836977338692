"""Taking a list along in Chromium: the file of a click, on a desk and on a phone."""

import csv
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from returns.exports import background, forms
from returns.models import Export, Progress, State
from tests.browser.lists import hold_forms, is_form
from tests.factories import make_return

pytestmark = pytest.mark.django_db(transaction=True)

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 800}


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_the_list_that_is_shown_is_downloaded_by_clicks(window, agent, viewport):
    make_return("Return-1", state=State.ARRIVED, notes="İade")
    make_return("Other-2")
    page = window(agent, viewport=viewport)
    page.goto("/returns/?state=ArrivedToWarehouse")
    if viewport == PHONE:
        page.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_text("1 return", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    with page.expect_download() as plain:
        page.get_by_role("button", name="CSV").click()
    assert plain.value.suggested_filename.startswith("returns Arrived 20")
    rows = list(csv.reader(plain.value.path().open(encoding="utf-8", newline="")))
    assert [row[0] for row in rows] == ["Return", "Return-1"]
    page.get_by_label("All columns").check()
    with page.expect_download() as book:
        page.get_by_role("button", name="Excel (XLSX)").click()
    assert book.value.suggested_filename.endswith(".xlsx")
    assert book.value.path().read_bytes()[:2] == b"PK"


def test_the_notice_of_a_ready_export_fits_a_phone(window, admin):
    for number in range(12):
        fields = {"total": 1, "status": Progress.DONE, "columns": ["reference"]}
        times = dict.fromkeys(("ended_at", "expires_at"), timezone.now() + timedelta(hours=1))
        Export.objects.create(by=admin, name=f"returns {number}.xlsx", **fields, **times)
    page = window(admin, viewport=PHONE)
    for path in ("/returns/", "/exports/"):
        page.goto(path)
        expect(page.get_by_role("link", name="Exports 12")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_page_of_exports_follows_one_until_it_is_ready(window, agent, monkeypatch):
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 1)
    make_return("Return-1")
    make_return("Return-2")
    page = window(agent, viewport=DESK)
    page.goto("/returns/export/")
    page.get_by_role("button", name="Excel (XLSX)").click()
    page.get_by_role("button", name="Make workbook").click()
    expect(page.get_by_text("Waiting to start, 2 returns.")).to_be_visible()
    assert background.make_next()
    link = page.get_by_role("link", name="returns 20")
    expect(link).to_be_visible()
    with page.expect_download() as book:
        link.click()
    assert book.value.path().read_bytes()[:2] == b"PK"
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No exports")).to_be_visible()


def test_a_workbook_that_is_asked_for_by_two_presses_is_made_once(window, agent, monkeypatch):
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 1)
    make_return("Return-1")
    make_return("Return-2")
    page = window(agent)
    page.goto("/returns/export/")
    page.get_by_role("button", name="Excel (XLSX)").click()
    page.get_by_role("button", name="Make workbook").wait_for()
    page.wait_for_load_state()  # the scripts are there
    sent = hold_forms(page)
    page.get_by_role("button", name="Make workbook").focus()
    with page.expect_request(is_form):
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    sent[0].continue_()
    expect(page.get_by_text("Waiting to start, 2 returns.")).to_have_count(1)
    assert len(sent) == 1
    assert Export.objects.count() == 1
