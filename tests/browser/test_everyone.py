"""What only a browser shows of the frame of every page: keys, copying, trouble, contrast."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Request, expect

from returns.display.durations import relative
from tests.browser.lists import is_form
from tests.browser.test_box import hold_first
from tests.browser.waiting import settled
from tests.factories import make_return, put_tag

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


def test_retry_after_enter_lets_the_list_follow_what_was_typed(desk):
    desk.route("**/find/?*", lambda route: route.abort())
    desk.get_by_label(BOX).fill("nothing")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("could not be reached")
    settled(desk)  # the list does not follow by itself: that would hide the words
    desk.unroute_all()
    desk.get_by_role("button", name="Retry").click()
    expect(desk.get_by_role("heading", name="No returns match")).to_be_visible()
    expect(desk).to_have_url(re.compile(r"/returns/\?q=nothing$"))


def test_what_the_page_asks_by_itself_does_not_take_the_place_of_what_is_tried_again(desk):
    fail_requests(desk)
    desk.get_by_label("Order reference").fill("RSO")
    expect(desk.get_by_role("alert")).to_contain_text("could not be reached")
    desk.route("**/views/counts/*", lambda route: route.abort())
    with desk.expect_event("requestfailed"):
        desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.unroute_all()
    desk.get_by_role("button", name="Retry").click()
    expect(desk).to_have_url(re.compile("order=RSO"))
    expect(desk.get_by_label("Order reference")).to_have_value("RSO")


def test_a_failing_server_leaves_the_page_as_it_is(desk):
    fail_requests(desk, status=500, content_type="text/html", body="<h1>broken</h1>")
    desk.get_by_label("Tracking ID").fill("7")
    expect(desk.get_by_role("alert")).to_contain_text("The server could not answer")
    expect(desk.locator("[data-return='Return-1']")).to_be_visible()
    expect(desk.locator("body")).not_to_contain_text("broken")


def test_what_failed_is_said_while_other_parts_of_the_page_are_answered(desk):
    with desk.expect_response("**/facets/?*"):
        desk.locator("#tag-picker summary").click()
    fail_requests(desk, status=503, body="down")
    with desk.expect_response("**/facets/?*"):
        desk.locator("#tag-picker").get_by_label("books", exact=True).click()
    settled(desk)
    expect(desk.locator("#trouble")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.locator("[data-return='Return-1']").hover()
    desk.get_by_role("button", name="Preview Return-1").click()
    expect(desk.locator("#preview h2")).to_have_text("Return-1")
    expect(desk.locator("#trouble")).to_be_visible()


def test_a_form_on_its_way_is_not_sent_again_as_it_is_but_with_other_words_it_is(window, manager):
    page = window(manager)
    page.goto("/sentences/")
    hold_first(page, "**/sentences/**")
    sent: list[Request] = []
    page.on("request", lambda request: is_form(request) and sent.append(request))
    text = page.get_by_label("Turkish").first
    text.fill("Kolay gelsin.")
    page.keyboard.press("Tab")
    with page.expect_request(is_form):
        page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Merhaba.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: Created, Turkish.")).to_be_visible()
    expect(text).to_have_value("Kolay gelsin. Merhaba.")
    assert len(sent) == 2


def test_a_lost_role_is_said_in_the_server_s_words(desk, agent):
    agent.groups.clear()
    desk.get_by_label("Tracking ID").fill("7")
    expect(desk.get_by_role("alert")).to_contain_text("You don't have permission to do this")


def test_a_lost_connection_is_shown_until_it_is_back(desk):
    bar = desk.locator("#offline")
    desk.context.set_offline(True)
    expect(bar).to_be_visible()
    desk.context.set_offline(False)
    expect(bar).to_be_hidden()


# The one box


def test_enter_on_a_number_opens_its_return_and_back_leads_to_the_list(desk):
    make_return("Return-12")
    desk.keyboard.press("/")
    desk.keyboard.type("return 1")
    desk.keyboard.press("Enter")
    expect(desk).to_have_title(re.compile("^Return-1 "))
    desk.go_back()
    expect(desk.locator("[data-return='Return-1']")).to_be_visible()


def test_enter_on_many_matches_leaves_the_list_and_what_is_typed(desk):
    make_return("Return-12")
    box = desk.get_by_label(BOX)
    box.fill("Ret")
    box.press("Enter")
    expect(desk).to_have_url(re.compile(r"/returns/\?q=Ret$"))
    expect(desk).to_have_title(re.compile("^Ret · Returns"))
    expect(box).to_be_focused()


def test_enter_opens_a_return_from_another_page_and_without_javascript(window, agent):
    make_return("Return-1")
    page = window(agent, java_script_enabled=False)
    for path in ("/preferences/", "/returns/"):
        page.goto(path)
        page.get_by_label(BOX).fill("return1")
        page.get_by_label(BOX).press("Enter")
        expect(page).to_have_title(re.compile("^Return-1 "))


# The list


def test_columns_keep_their_place_whatever_the_rows_hold(desk):
    full = make_return("Return-2", notes="Long " * 80, tracking_id="2" * 34)
    for name in ("customer-dissatisfaction", "quality-check-required"):
        put_tag(full, name)
    arrived = desk.get_by_role("columnheader", name="Arrived")
    before = arrived.bounding_box()
    desk.get_by_label(BOX).fill("222222")
    expect(desk.locator("tbody tr")).to_have_count(1)
    expect(desk.locator("[data-return='Return-2']")).to_be_visible()
    assert arrived.bounding_box() == before


def test_a_shortened_number_is_whole_when_it_is_copied(desk):
    make_return("Return-2", tracking_id="1201450414625470014100902000010012")
    desk.reload()
    shown = desk.get_by_title("1201450414625470014100902000010012")
    assert shown.bounding_box()["width"] < 180
    shown.dblclick()
    desk.keyboard.press("Control+c")
    copied = desk.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == "1201450414625470014100902000010012"


def test_a_card_on_a_phone_opens_its_return(window, agent):
    make_return("Return-1")
    page = window(agent, viewport={"width": 390, "height": 800})
    page.goto("/returns/")
    page.locator("[data-return='Return-1'] .of-state").click(force=True)
    expect(page).to_have_title(re.compile("^Return-1 "))


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


# Every width


@pytest.mark.parametrize("width", [390, 768, 1024, 1366, 1920])
def test_no_page_scrolls_sideways(window, admin, width):
    make_return("Return-1", tracking_id="1201450414625470014100902000010012", notes="Long " * 80)
    page = window(admin, viewport={"width": width, "height": 800})
    for path in ("/returns/", "/returns/Return-1/", "/preferences/", "/openapi/v1/docs"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
