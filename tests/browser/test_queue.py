"""The queue in Chromium: cards, buckets, filters beside them, and tags in place."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import Return, State
from tests.browser.lists import address_is, chips, shows
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(window, manager, vocabulary) -> Page:
    """Open the start of a manager: three returns wait, one of them urgent, one is on the way."""
    now = timezone.now()
    for name, hours in (("new", 2), ("old", 90), ("urgent", 30)):
        arrived = now - timedelta(hours=hours)
        record = make_return(name, state=State.ARRIVED, arrived_to_warehouse_at=arrived)
    put_tag(record, "urgent-refund")
    make_return("way")
    page = window(manager)
    page.goto("/")
    return page


def card(page: Page, name: str):
    return page.get_by_role("region", name=name)


def test_a_manager_starts_at_what_waits_and_opens_a_bucket_and_comes_back(desk):
    address_is(desk, "?queue=to_inspect", "/queue/")
    shows(desk, "urgent", "old", "new")
    expect(card(desk, "To inspect")).to_contain_text("over 72 h 1")
    card(desk, "To inspect").get_by_role("link", name="over 72 h 1").click()
    shows(desk, "old")
    address_is(desk, "?queue=to_inspect&waiting_over=72", "/queue/")
    expect(chips(desk)).to_have_text(["waiting over 72 h"])
    # The chip is taken off in place, and the queue stays.
    desk.get_by_role("link", name="Remove filter waiting over 72 h").click()
    shows(desk, "urgent", "old", "new")
    address_is(desk, "?queue=to_inspect", "/queue/")
    expect(card(desk, "To inspect").locator("[aria-current=true]")).to_have_count(0)
    desk.go_back()
    shows(desk, "old")


def test_the_whole_card_leads_to_its_queue_on_a_phone_too(desk):
    for size in ({"width": 1440, "height": 900}, {"width": 390, "height": 844}):
        desk.set_viewport_size(size)
        desk.goto("/queue/?queue=to_inspect")
        card(desk, "On the way").click(position={"x": 200, "y": 12})
        shows(desk, "way")
        expect(desk.get_by_role("link", name="On the way", exact=True)).to_have_attribute(
            "aria-current", "page"
        )


def test_filters_stay_in_the_queue_and_tags_are_edited_in_place(desk):
    desk.get_by_label("Order reference").press_sequentially("RSO", delay=40)
    address_is(desk, "?queue=to_inspect&order=RSO", "/queue/")
    shows(desk, "urgent", "old", "new")
    row = desk.locator("tr[data-return=new]")
    row.get_by_role("button", name="Edit tags").click()
    box = row.get_by_role("combobox", name="Add a tag")
    box.press_sequentially("books", delay=40)
    box.press("Enter")
    expect(row.locator("[data-tag=books]")).to_be_visible()
    desk.get_by_role("link", name="Clear filters").click()
    address_is(desk, "?queue=to_inspect", "/queue/")


@pytest.mark.parametrize("width", [1245, 1280, 1366, 1400])
def test_tags_stay_in_their_column(desk, width):
    for name in ("customer-dissatisfaction", "exchange-requested", "quality-check-required"):
        put_tag(Return.objects.get(return_reference_number="urgent"), name)
    desk.set_viewport_size({"width": width, "height": 800})
    desk.goto("/queue/?queue=to_inspect")
    cell = desk.locator("[data-return=urgent] td:has(.tagging)")
    expect(cell.get_by_role("button", name="Edit tags")).to_be_visible()
    edges = """(cell) => [...cell.querySelectorAll("*"), cell]
        .map((each) => each.getBoundingClientRect().right)"""
    assert max(cell.evaluate(edges)) == cell.evaluate(edges)[-1]
