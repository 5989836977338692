"""A manager uploads a file: chooses, previews and imports it, and fixes a rejected row."""

import pytest
from playwright.sync_api import expect

from returns.feed import uploads
from returns.models import Return
from tests.browser.test_barriers import DESK, PHONE, barriers
from tests.returns.feed.test_mappings import FOREIGN
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


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_the_columns_of_a_foreign_file_are_matched(window, manager, viewport, scheme):
    page = window(manager, viewport=viewport, color_scheme=scheme)
    page.goto("/feed/upload/")
    file = {"name": "shop.csv", "mimeType": "text/csv", "buffer": FOREIGN.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Match the columns")).to_be_visible()
    expect(page.get_by_label("Sales channel of all returns")).to_be_hidden()
    for field, column in (
        ("Return reference", "Talep"),
        ("State", "Sonuç"),
        ("Created", "Tarih"),
        ("Arrived", "Kargo Tarihi"),
        ("Sales channel", "The same for all:"),
    ):
        page.get_by_label(field, exact=True).select_option(column)
    page.get_by_label("Sales channel of all returns").fill("Trendyol")
    page.get_by_label("Meaning of BEKLİYOR").select_option("Created")
    page.get_by_label("Meaning of İADE ALINDI").select_option("Arrived")
    page.get_by_label("Meaning of İPTAL").select_option("Leave these rows out")
    page.get_by_label("Put before each return reference").fill("SHOP-")
    page.get_by_label("Remember as").fill("Shop X")
    assert barriers(page) == [], "columns"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Remember as").press("Enter")
    expect(
        page.get_by_text("The columns are read as in the column mapping “Shop X”.")
    ).to_be_visible()
    assert barriers(page) == [], "preview"
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run")
    assert Return.objects.filter(return_reference_number="SHOP-1").exists()
    page.goto("/feed/mappings/")
    assert barriers(page) == [], "mappings"
    page.get_by_role("link", name="Shop X").click()
    assert barriers(page) == [], "mapping"
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No column mappings yet")).to_be_visible()
