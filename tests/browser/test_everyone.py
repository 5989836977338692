"""What only a browser shows of the frame of every page: keys, copying, trouble, contrast."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from returns.templatetags.returns_display import relative
from tests.factories import make_return

pytestmark = pytest.mark.django_db(transaction=True)

BOX = "Order, return or tracking number"


@pytest.fixture
def desk(window, agent):
    """Open the list of one return as customer service."""
    make_return("Return-1")
    page = window(agent, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/returns/")
    return page


def fail_requests(page, **answer):
    """Let the list's requests by htmx fail; without an answer the network is down."""
    page.route("**/returns/?*", lambda route: route.fulfill(**answer) if answer else route.abort())


# Keys


def test_slash_focuses_the_one_box_and_types_nothing(desk):
    desk.keyboard.press("/")
    box = desk.get_by_label(BOX)
    expect(box).to_be_focused()
    expect(box).to_have_value("")


def test_slash_of_a_turkish_keyboard_focuses_the_one_box_too(desk):
    desk.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: '/', code: 'Digit7', shiftKey: true, bubbles: true}))"
    )
    expect(desk.get_by_label(BOX)).to_be_focused()


def test_slash_in_a_field_is_a_slash(desk):
    field = desk.get_by_label("Order reference")
    field.press_sequentially("A/1")
    expect(field).to_have_value("A/1")


def test_escape_closes_the_person_s_menu_and_gives_the_focus_back(desk):
    menu = desk.locator("#person-menu summary")
    menu.click()
    expect(desk.get_by_role("button", name="Sign out")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu).to_be_focused()


# Copying


def test_a_copy_button_copies_and_says_so(desk):
    desk.goto("/returns/Return-1/")
    desk.get_by_role("button", name="Copy return reference").click()
    expect(desk.locator("#announcer")).to_have_text("Copied")
    assert desk.evaluate("navigator.clipboard.readText()") == "Return-1"


def test_copying_works_where_the_browser_hides_its_clipboard(desk):
    desk.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    desk.goto("/returns/Return-1/")
    button = desk.get_by_role("button", name="Copy return reference")
    button.click()
    expect(desk.locator("#announcer")).to_have_text("Copied")
    expect(button).to_be_focused()


# Trouble


def test_a_broken_network_is_said_nothing_typed_is_lost_and_retry_works(desk):
    fail_requests(desk)
    field = desk.get_by_label("Order reference")
    field.fill("RSO")
    expect(desk.get_by_role("alert")).to_contain_text("could not be reached")
    expect(field).to_have_value("RSO")
    expect(desk.locator("[data-return='Return-1']")).to_be_visible()
    desk.unroute("**/returns/?*")
    desk.get_by_role("button", name="Retry").click()
    expect(desk.locator("#trouble")).to_be_hidden()
    expect(desk).to_have_url(re.compile("order=RSO"))


def test_a_failing_server_leaves_the_page_as_it_is(desk):
    fail_requests(desk, status=500, content_type="text/html", body="<h1>broken</h1>")
    desk.get_by_label("Tracking ID").fill("7")
    expect(desk.get_by_role("alert")).to_contain_text("The server failed")
    expect(desk.locator("[data-return='Return-1']")).to_be_visible()
    expect(desk.locator("body")).not_to_contain_text("broken")


def test_a_lost_role_is_said_in_the_server_s_words(desk, agent):
    agent.groups.clear()
    desk.get_by_label("Tracking ID").fill("7")
    expect(desk.get_by_role("alert")).to_contain_text("Your role may not do this")


def test_a_lost_connection_is_shown_until_it_is_back(desk):
    bar = desk.locator("#offline")
    desk.context.set_offline(True)
    expect(bar).to_be_visible()
    desk.context.set_offline(False)
    expect(bar).to_be_hidden()


# Times


def test_the_browser_writes_relative_times_as_the_server_does(desk):
    now = datetime(2026, 11, 23, 11, 5, tzinfo=UTC)
    seconds = [0, 59, 60, 3599, 3600, 86399, 86400, 30 * 86400 - 1, 30 * 86400, 400 * 86400]
    ages = [timedelta(seconds=sign * s) for s in seconds for sign in (1, -1)]
    written = desk.evaluate(
        "async ([now, thens]) => (({relative}) => thens.map((then) => relative(then, now)))"
        "(await import(document.querySelector('script[src*=app]').src.replace('app', 'times')))",
        [now.timestamp() * 1000, [(now - age).timestamp() * 1000 for age in ages]],
    )
    assert written == [relative(now - age, now) for age in ages]


# Everybody can read it


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/preferences/", "/accounts/password/", "/returns/", "/nowhere/"])
def test_pages_of_everyone_have_no_barriers(window, stranger, path, scheme):
    page = window(stranger, color_scheme=scheme)
    page.goto(path)
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_has_no_barriers(browser, live_server, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    assert Axe().run(page).response["violations"] == []
    page.close()


@pytest.mark.parametrize("width", [390, 768, 1024, 1366, 1920])
def test_no_page_scrolls_sideways(window, agent, width):
    make_return("Return-1", tracking_id="1201450414625470014100902000010012", notes="Long " * 80)
    page = window(agent, viewport={"width": width, "height": 800})
    for path in ("/returns/", "/returns/Return-1/", "/preferences/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
