"""A return beside the list: by key and mouse, following the rows, on a phone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import Return, State
from tests.browser.test_barriers import PHONE, barriers, desk_and_phone
from tests.browser.test_keys import press
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

CARDS = "**/return/*/card/"


@pytest.fixture
def three(vocabulary) -> list[Return]:
    """R1 to R3, the newest first; R2 and R3 are of one order, R2 has notes and a tag."""
    now = timezone.now()
    order = {"sales_order_reference_number": "ORD-77"}
    first = make_return("R1", created_at=now - timedelta(hours=2))
    second = make_return(
        "R2", created_at=now - timedelta(hours=3), state=State.ARRIVED, notes="Box is open", **order
    )
    third = make_return("R3", created_at=now - timedelta(hours=4), **order)
    put_tag(second, "books")
    return [first, second, third]


@pytest.fixture
def desk(window, agent, three) -> Page:
    page = window(agent, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/returns/?order=&sort=-created")
    return page


def panel(page: Page):
    return page.get_by_role("dialog", name="Preview")


def link(page: Page, reference: str):
    return page.locator("#return-results").get_by_role("link", name=reference, exact=True)


def shows(page: Page, reference: str):
    expect(panel(page).locator("h2")).to_have_text(reference)


def test_p_shows_the_return_beside_the_list_and_the_row_keeps_the_focus(desk):
    address = desk.url
    press(desk, "j", "j", "p")
    shows(desk, "R2")
    expect(panel(desk)).to_contain_text("Arrived at the warehouse")
    expect(panel(desk)).to_contain_text("Next: the warehouse inspects the return")
    expect(panel(desk)).to_contain_text("Box is open")
    expect(panel(desk).locator(".facts")).to_contain_text("books")
    expect(panel(desk).get_by_role("link", name="R3")).to_be_visible()
    expect(desk.locator("#announcer")).to_contain_text("R2: Arrived at the warehouse")
    expect(link(desk, "R2")).to_be_focused()
    assert desk.url == address


def test_the_preview_follows_the_keys_and_p_or_escape_closes_it(desk):
    press(desk, "j", "p")
    shows(desk, "R1")
    press(desk, "j")
    shows(desk, "R2")
    press(desk, "p")
    expect(panel(desk)).to_be_hidden()
    expect(link(desk, "R2")).to_be_focused()
    press(desk, "Space")
    shows(desk, "R2")
    press(desk, "Escape")
    expect(panel(desk)).to_be_hidden()
    expect(link(desk, "R2")).to_be_focused()


def test_a_late_answer_never_covers_the_return_that_was_asked_for_later(desk):
    held: list = []
    desk.route(CARDS, lambda route: route.fallback() if held else held.append(route))
    press(desk, "j", "p")
    wait_until(desk, lambda: held)
    press(desk, "j")
    shows(desk, "R2")
    held[0].continue_()
    settled(desk)
    shows(desk, "R2")
    expect(panel(desk)).not_to_have_class("preview is-loading")


def test_a_double_click_is_no_failure(desk):
    held: list = []
    desk.route(CARDS, lambda route: held.append(route))
    desk.locator("[data-return=R2]").hover()
    desk.get_by_role("button", name="Preview R2").dblclick()
    wait_until(desk, lambda: len(held) == 2)
    settled(desk, held[1:])
    expect(panel(desk).get_by_text("could not be loaded")).to_be_hidden()
    held[1].continue_()
    shows(desk, "R2")


def test_the_mouse_opens_and_closes_it_and_copies_the_sentence(desk):
    desk.locator("[data-return=R2]").hover()
    desk.get_by_role("button", name="Preview R2").click()
    shows(desk, "R2")
    sentence = panel(desk).locator(".quote p").first.inner_text()
    panel(desk).get_by_role("button", name="Copy the sentence for the shopper").click()
    assert desk.evaluate("navigator.clipboard.readText()") == sentence
    panel(desk).get_by_role("button", name="Close the preview").click()
    expect(panel(desk)).to_be_hidden()
    expect(desk.get_by_role("button", name="Preview R2")).to_be_focused()


def test_the_list_goes_on_beside_it(desk, three):
    press(desk, "j", "j", "p")
    shows(desk, "R2")
    desk.get_by_label("Order, return or tracking number").fill("R1")
    expect(link(desk, "R2")).to_have_count(0)
    shows(desk, "R2")
    press(desk, "Escape")
    expect(panel(desk)).to_be_visible()
    expect(link(desk, "R1")).to_be_focused()
    press(desk, "Escape")
    expect(panel(desk)).to_be_hidden()


def test_a_preview_that_fails_says_so_and_can_be_asked_for_again(desk):
    desk.route(CARDS, lambda route: route.fulfill(status=503, body="down"))
    press(desk, "j", "p")
    expect(panel(desk).get_by_text("could not be loaded")).to_be_visible()
    expect(desk.locator("#trouble")).to_contain_text("The server could not answer")
    desk.unroute(CARDS)
    desk.locator("#trouble").get_by_role("button", name="Retry").click()
    shows(desk, "R1")
    expect(panel(desk).get_by_text("could not be loaded")).to_be_hidden()


def test_a_return_that_is_gone_says_so(desk, three):
    three[0].delete()
    press(desk, "j", "p")
    expect(panel(desk).get_by_text("could not be loaded")).to_be_visible()
    expect(desk.locator("#trouble")).to_contain_text("no longer exists")


def test_back_from_the_return_shows_the_list(desk):
    press(desk, "j", "p")
    shows(desk, "R1")
    panel(desk).get_by_role("link", name="R1", exact=True).click()
    expect(desk).to_have_url(re.compile("/returns/R1/"))
    expect(desk.get_by_role("navigation", name="List")).to_contain_text("1 of 3")
    desk.go_back()
    expect(link(desk, "R3")).to_be_visible()


def test_on_a_phone_it_covers_the_page_and_holds_the_focus(window, agent, three):
    page = window(agent, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/returns/")
    page.get_by_role("button", name="Preview R2").tap()
    shows(page, "R2")
    assert page.evaluate("document.getElementById('preview').matches(':modal')")
    assert page.evaluate("document.getElementById('preview').contains(document.activeElement)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Close the preview").tap()
    expect(page.get_by_role("button", name="Preview R2")).to_be_focused()


@desk_and_phone
def test_the_preview_has_no_barrier(window, agent, three, viewport, scheme):
    page = window(agent, color_scheme=scheme, viewport=viewport)
    page.goto("/returns/")
    page.locator("[data-return=R2]").hover()
    page.get_by_role("button", name="Preview R2").click()
    shows(page, "R2")
    assert barriers(page) == []
