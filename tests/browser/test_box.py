"""What only a browser shows of the one box: the scanner, Enter, races, pasting, keys too early."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import State
from tests.factories import make_return

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = "1201450414625470014100902000010011", "315045706115"


@pytest.fixture
def parcels(vocabulary):
    """Two parcels with barcodes, and two returns of one order."""
    now = timezone.now()
    make_return("first", tracking_id=FIRST, created_at=now)
    make_return("second", tracking_id=SECOND, created_at=now - timedelta(hours=1))
    for name in ("third", "fourth"):
        make_return(name, state=State.ARRIVED, sales_order_reference_number="ORD-77")


def box(page: Page):
    return page.get_by_label("Order, return or tracking number")


def scan(page: Page, code: str):
    """Type as a scanner does: every key at once, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def opened(page: Page, reference: str):
    expect(page).to_have_url(re.compile(rf"/returns/{reference}/$"))
    expect(page.locator("h1")).to_have_text(reference)


@pytest.mark.parametrize("path", ["/returns/", "/returns/third/", "/preferences/", "/nowhere"])
def test_a_scan_opens_its_return_from_every_page(window, agent, parcels, path):
    page = window(agent)
    page.goto(path)
    page.keyboard.press("/")
    scan(page, FIRST)
    opened(page, "first")


def test_the_next_scan_needs_no_hand_on_the_keyboard(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    page.keyboard.press("/")
    scan(page, FIRST)
    opened(page, "first")
    expect(box(page)).to_be_focused()
    scan(page, f"420902109{SECOND}")
    opened(page, "second")
    expect(box(page)).to_be_focused()


def test_two_scans_in_a_row_end_at_the_second(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    held: list = []
    page.route("**/find/?*", lambda route: route.continue_() if held else held.append(route))
    box(page).focus()
    scan(page, FIRST)
    page.wait_for_timeout(100)
    scan(page, SECOND)
    opened(page, "second")
    assert FIRST in held[0].request.url
    page.wait_for_timeout(300)
    opened(page, "second")


def test_enter_twice_opens_once(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    box(page).focus()
    page.keyboard.type(FIRST)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    opened(page, "first")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/returns/(\?q=.*)?$"))


def test_a_scan_of_nothing_says_what_was_tried_and_offers_the_nearest(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    box(page).focus()
    scan(page, "315045706116")
    results = page.get_by_role("region", name="Results")
    expect(results).to_contain_text("No return matches “315045706116”")
    expect(results.get_by_role("link", name="second")).to_be_visible()
    expect(box(page)).to_have_value("315045706116")


def test_a_late_answer_never_covers_what_was_typed_later(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    held: list = []
    page.route("**/returns/?*", lambda route: route.continue_() if held else held.append(route))
    box(page).fill("third")
    page.wait_for_timeout(400)
    box(page).fill("fourth")
    rows = page.locator("#return-results a.reference")
    expect(rows).to_have_text(["fourth"])
    held[0].continue_()
    page.wait_for_timeout(300)
    expect(rows).to_have_text(["fourth"])
    expect(page).to_have_url(re.compile(r"q=fourth$"))


def test_enter_on_an_order_of_several_returns_lists_it(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    box(page).focus()
    scan(page, "ord 77")
    expect(page).to_have_url(re.compile(r"/returns/\?order=ORD-77$"))
    expect(page.locator("[data-return]")).to_have_count(2)


def test_each_row_says_why_while_the_box_keeps_the_focus(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    box(page).focus()
    page.keyboard.type("0011", delay=30)
    expect(page.locator("[data-return=first]")).to_contain_text("tracking ID ends in 0011")
    expect(box(page)).to_be_focused()
    assert box(page).evaluate("field => field.selectionStart") == 4


def test_pasted_lines_stay_apart(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(f"navigator.clipboard.writeText('{FIRST}\\n{SECOND}\\r\\nNOWHERE-77\\n')")
    box(page).focus()
    page.keyboard.press("Control+V")
    expect(page.locator("[data-return]")).to_have_count(2)
    expect(page.locator("#not-found")).to_contain_text("1 of 3 numbers were not found: NOWHERE-77")


def test_back_shows_the_search_as_it_was(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    box(page).fill("ord77")
    rows = page.locator("#return-results a.reference")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="third").click()
    opened(page, "third")
    page.go_back()
    expect(rows).to_have_count(2)
    expect(box(page)).to_have_value("ord77")


def test_keys_that_came_before_the_scripts_filter_all_the_same(window, agent, parcels):
    page = window(agent)
    held: list = []
    page.route("**/htmx.min*.js", lambda route: held.append(route))
    page.goto("/returns/", wait_until="commit")
    box(page).fill("third")
    held[0].continue_()
    expect(page.locator("#return-results a.reference")).to_have_text(["third"])


def test_escape_leaves_the_box(window, agent, parcels):
    page = window(agent)
    page.goto("/returns/")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).not_to_be_focused()


def test_the_box_works_without_scripts(window, agent, parcels):
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/third/")
    box(page).fill(SECOND)
    box(page).press("Enter")
    opened(page, "second")
    box(page).fill("nothing like it")
    box(page).press("Enter")
    expect(page.locator("#return-results")).to_contain_text("No return matches")
