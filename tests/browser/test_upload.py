"""A manager uploads a file: chooses, previews and imports it, and fixes a rejected row."""

import pytest
from playwright.sync_api import expect

from returns.feed import uploads
from returns.models import Return
from tests.browser.test_barriers import DESK, PHONE, barriers
from tests.returns.feed.test_upload import MIXED

pytestmark = pytest.mark.django_db(transaction=True)
FILE = {"name": "iade.csv", "mimeType": "text/csv", "buffer": MIXED.encode("cp1254")}


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "dark"), (PHONE, "light")])
def test_a_file_is_previewed_and_imported(window, manager, viewport, scheme):
    page = window(manager, viewport=viewport, color_scheme=scheme)
    page.goto("/feed/")
    page.get_by_role("link", name="Upload a file").click()
    assert barriers(page) == [], "choose"
    page.get_by_label("File", exact=True).set_input_files(FILE)
    page.get_by_role("button", name="Preview").click()
    wrong = page.get_by_role("region", name="Rejected rows")
    expect(wrong.get_by_role("row", name="line 5")).to_contain_text("day first")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == [], "preview"
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Rejected records to fix")).to_be_visible()
    assert Return.objects.count() == 2
    page.go_back()
    expect(page.get_by_text("This file was imported")).to_be_visible()
    page.goto("/feed/rejected/")
    assert barriers(page) == [], "rejected"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Created", exact=True).fill("28.02.2026")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 record retried: 1 imported, 0 rejected again.")).to_be_visible()


def test_a_large_file_says_by_itself_when_it_is_in(window, manager, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_IMMEDIATE_BYTES", 10)
    page = window(manager, viewport=DESK)
    page.goto("/feed/upload/")
    page.get_by_label("File", exact=True).set_input_files(FILE)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("The import is about to start in the background.")).to_be_visible()
    assert uploads.import_next()
    expect(page.get_by_text("This file was imported")).to_be_visible()
