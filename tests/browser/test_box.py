"""What only a browser shows of the one box: the scanner, Enter, races, pasting, keys too early."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import State
from tests.browser.lists import time_stands_still, type_at
from tests.browser.waiting import settled, wait_until
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


@pytest.fixture
def desk(window, agent, parcels) -> Page:
    """Open the list, with the focus in the box."""
    page = window(agent, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/returns/")
    box(page).focus()
    return page


def box(page: Page):
    return page.get_by_label("Order, return or tracking number")


def rows(page: Page):
    return page.locator("#return-results a.reference")


def scan(page: Page, code: str, end: str = "Enter"):
    """Type as a scanner does: every key at once, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press(end)


def scan_at_once(page: Page, *codes: str, end: str = "Enter"):
    """Scan with keys faster than any driver sends them: all in one task of the browser."""
    page.evaluate(
        """([codes, end]) => {
            const box = document.getElementById("id_q");
            const press = (key) => box.dispatchEvent(
                new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
            const type = (key) => press(key) && document.execCommand("insertText", false, key);
            for (const code of codes) {
                [...code].forEach(type);
                if (!press(end)) continue;
                const button = box.form.querySelector("button");
                if (button) button.click(); else box.form.requestSubmit();
            }
        }""",
        [codes, end],
    )


def hold_first(page: Page, path: str) -> list:
    """Keep the first request for a path waiting; return where it can be let go."""
    held: list = []
    page.route(path, lambda route: route.fallback() if held else held.append(route))
    # The browser takes up the route beside the page: a request of this very moment could slip by.
    page.evaluate("() => window.pending.frame()")
    return held


def paste(page: Page, text: str):
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


def opened(page: Page, reference: str, case: str | None = None):
    expect(page, case).to_have_url(re.compile(rf"/returns/{reference}/(\?|$)"))
    expect(page.locator("h1"), case).to_have_text(reference)


# A scanner


def test_a_scan_opens_its_return_from_every_page(desk):
    for path in ("/returns/", "/returns/third/", "/preferences/", "/nowhere"):
        desk.goto(path)
        desk.keyboard.press("/")
        scan(desk, FIRST)
        opened(desk, "first", path)


def test_a_scan_within_an_instant_opens_its_return(desk):
    for path in ("/returns/", "/returns/third/", "/preferences/"):
        desk.goto(path)
        box(desk).focus()
        scan_at_once(desk, SECOND)
        opened(desk, "second", path)


def test_what_a_scanner_adds_is_in_nobody_s_way(desk):
    for code in (f"]C1{SECOND}", f"\x1d{SECOND}", f"\x02{SECOND}\x03", f"420902109{SECOND}"):
        scan_at_once(desk, code)
        opened(desk, "second", code)
        scan_at_once(desk, FIRST)
        opened(desk, "first")
    scan_at_once(desk, f"00{SECOND}")
    opened(desk, "second")


def test_the_next_scan_needs_no_hand_on_the_keyboard(desk):
    for code, reference in [(FIRST, "first"), (SECOND, "second"), (FIRST, "first")]:
        scan(desk, code)
        opened(desk, reference)
        expect(box(desk)).to_be_focused()


def test_a_scan_that_ends_with_tab_is_entered_too(desk):
    desk.goto("/returns/third/")
    box(desk).focus()
    scan_at_once(desk, FIRST, end="Tab")
    opened(desk, "first")
    expect(box(desk)).to_be_focused()


def test_tab_of_a_person_goes_on_to_the_next_control(desk):
    desk.keyboard.type("third", delay=60)
    desk.keyboard.press("Tab")
    expect(box(desk)).not_to_be_focused()
    expect(rows(desk)).to_have_text(["third"])


@pytest.mark.parametrize(
    ("pauses", "is_scan"),
    [([120] * 6, True), ([30, 60, 8, 40, 20, 50], True), ([70, 110, 60, 140, 90, 80], False)],
)
def test_tab_right_after_a_fast_hand_goes_on_and_after_a_scanner_enters(desk, pauses, is_scan):
    desk.goto("/returns/third/")
    box(desk).focus()
    with time_stands_still(desk):
        for key, pause in zip("ORD-77", pauses, strict=True):
            type_at(desk, key, pause)
        desk.keyboard.press("Tab")
    if is_scan:
        expect(desk).to_have_url(re.compile("/returns/.*77"))
    else:
        expect(box(desk)).not_to_be_focused()
        expect(desk).to_have_url("/returns/third/")


def test_an_uneven_scan_that_began_outside_of_the_box_is_entered_by_its_tab(desk):
    desk.goto("/returns/third/")
    with time_stands_still(desk):
        for place, key in enumerate(SECOND):
            type_at(desk, key, (40, 110, 70)[place % 3])
        desk.keyboard.press("Tab")
    opened(desk, "second")
    expect(box(desk)).to_be_focused()


def test_tab_after_a_scan_into_a_text_is_a_person_s(desk):
    desk.goto("/returns/third/")
    box(desk).fill("12")
    with time_stands_still(desk):
        box(desk).press("End")
        type_at(desk, SECOND, 30)
        desk.keyboard.press("Tab")
    expect(box(desk)).not_to_be_focused()
    expect(desk).to_have_url("/returns/third/")


def test_two_scans_in_a_row_end_at_the_second(desk):
    held = hold_first(desk, "**/find/?*")
    scan(desk, FIRST)
    wait_until(desk, lambda: held)
    scan(desk, SECOND)
    opened(desk, "second")
    assert FIRST in held[0].request.url
    held[0].continue_()
    settled(desk)
    opened(desk, "second")


def test_a_scan_that_begins_before_the_page_of_the_last_one_is_there_loses_no_key(desk):
    held = hold_first(desk, "**/find/?*")
    scan(desk, FIRST)
    wait_until(desk, lambda: held)
    desk.keyboard.type(SECOND[:6])
    held[0].continue_()
    opened(desk, "first")
    scan(desk, SECOND[6:])
    opened(desk, "second")


def test_a_burst_of_scans_ends_at_the_last(desk):
    # A person has four requests at once, and the page's own are over.
    settled(desk)
    scan_at_once(desk, FIRST, SECOND, "fourth")
    opened(desk, "fourth")


def test_enter_twice_opens_once(desk):
    requests: list = []
    desk.on("request", lambda request: "/find/" in request.url and requests.append(request))
    scan(desk, FIRST)
    desk.keyboard.press("Enter")
    opened(desk, "first")
    desk.keyboard.press("Enter")
    opened(desk, "first")
    desk.go_back()
    # Live filtering may have been quicker than the first Enter.
    expect(desk).to_have_url(re.compile(r"/returns/(\?q=\d+)?$"))
    assert len(requests) <= 2


# What Enter leads to


def test_a_scan_of_nothing_says_what_was_tried_and_offers_the_nearest(desk):
    scan_at_once(desk, "315045706116")
    results = desk.get_by_role("region", name="Results")
    expect(results).to_contain_text("No returns match “315045706116”")
    expect(results.get_by_role("link", name="second")).to_be_visible()
    expect(box(desk)).to_have_value("315045706116")


def test_a_scan_of_nothing_on_another_page_leads_to_what_was_tried(desk):
    desk.goto("/returns/third/")
    box(desk).focus()
    scan(desk, "315045706116")
    expect(desk.locator("#return-results")).to_contain_text("No returns match “315045706116”")
    expect(desk.get_by_role("link", name="Returns", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    scan(desk, SECOND)
    opened(desk, "second")


def test_enter_on_an_order_of_several_returns_lists_it(desk):
    scan(desk, "ord 77")
    expect(desk).to_have_url(re.compile(r"/returns/\?order=ORD-77$"))
    expect(desk.locator("[data-return]")).to_have_count(2)


def test_the_list_that_enter_leads_to_has_no_filter_left_from_before(desk):
    desk.locator("label[for=state-ReturnCreated]").click()
    expect(rows(desk)).to_have_text(["first", "second"])
    desk.goto("/returns/first/")
    desk.go_back()
    desk.locator("label[for=state-ArrivedToWarehouse]").click()
    expect(rows(desk)).to_have_count(4)
    box(desk).focus()
    scan(desk, "ord 77")
    expect(desk).to_have_url(re.compile(r"/returns/\?order=ORD-77$"))
    expect(desk.locator(".segments input:checked")).to_have_count(0)


def test_the_list_goes_on_following_the_box_after_enter(desk):
    desk.goto("/returns/third/")
    box(desk).focus()
    scan(desk, "r")
    expect(rows(desk)).to_have_text(["first", "second"])
    desk.keyboard.type("etu")
    expect(desk.locator("#return-results")).to_contain_text("No returns match “etu”")
    desk.keyboard.press("Control+A")
    desk.keyboard.type("thir")
    expect(rows(desk)).to_have_text(["third"])


def test_the_page_that_enter_opens_is_announced(desk):
    scan(desk, FIRST)
    expect(desk.locator("#announcer")).to_have_text("first")
    expect(desk).to_have_title("first · Returns desk")


def test_a_page_that_enter_cannot_open_leaves_this_one_and_its_address(desk):
    desk.route("**/find/?*", lambda route: route.fulfill(status=503, body="no"))
    scan(desk, FIRST)
    expect(desk.locator("#trouble")).to_contain_text("The server could not answer")
    expect(desk).to_have_url(re.compile(r"/returns/(\?q=.*)?$"))
    expect(box(desk)).to_have_value(FIRST)
    desk.unroute("**/find/?*")
    desk.get_by_role("button", name="Retry").click()
    expect(rows(desk)).to_have_text(["first"])


# Races, focus, history


def test_a_late_answer_never_covers_what_was_typed_later(desk):
    held = hold_first(desk, "**/returns/?*")
    box(desk).fill("third")
    wait_until(desk, lambda: held)
    box(desk).fill("fourth")
    expect(rows(desk)).to_have_text(["fourth"])
    held[0].continue_()
    settled(desk)
    expect(rows(desk)).to_have_text(["fourth"])
    expect(desk).to_have_url(re.compile(r"q=fourth$"))


def test_a_late_list_never_covers_the_return_that_enter_opened(desk):
    held = hold_first(desk, "**/returns/?*")
    desk.keyboard.type(FIRST)
    wait_until(desk, lambda: held)
    desk.keyboard.press("Enter")
    opened(desk, "first")
    held[0].continue_()
    settled(desk)
    opened(desk, "first")


def test_the_list_does_not_follow_what_enter_is_opening(desk):
    held = hold_first(desk, "**/find/?*")
    scan_at_once(desk, FIRST)
    wait_until(desk, lambda: held)
    settled(desk, held)
    expect(rows(desk)).to_have_count(4)
    held[0].continue_()
    opened(desk, "first")
    desk.go_back()
    expect(desk).to_have_url(re.compile(r"/returns/$"))
    expect(rows(desk)).to_have_count(4)


def test_what_is_typed_while_enter_opens_something_is_followed(desk):
    held = hold_first(desk, "**/find/?*")
    scan_at_once(desk, FIRST)
    wait_until(desk, lambda: held)
    box(desk).fill("third")
    expect(rows(desk)).to_have_text(["third"])


def test_after_back_the_list_follows_what_was_entered_before(desk):
    desk.locator("label[for=state-Completed]").click()
    expect(desk).to_have_url(re.compile(r"\?state=Completed$"))
    held = hold_first(desk, "**/find/?*")
    box(desk).fill("third")
    box(desk).press("Enter")
    wait_until(desk, lambda: held)
    desk.go_back()
    expect(box(desk)).to_have_value("")
    expect(rows(desk)).to_have_count(4)
    box(desk).fill("third")
    expect(rows(desk)).to_have_text(["third"])


def test_a_scan_while_back_waits_opens_its_return(desk):
    scan_at_once(desk, FIRST)
    opened(desk, "first")
    held = hold_first(desk, "**/returns/")
    desk.evaluate("history.back()")
    wait_until(desk, lambda: held)
    scan_at_once(desk, SECOND)
    opened(desk, "second")
    held[0].continue_()
    settled(desk)
    opened(desk, "second")


# What may be a phone number is posted, although it only reads.
@pytest.mark.parametrize(
    ("code", "path"), [(f"0{SECOND}", "**/find-shopper/"), ("third", "**/find/?*")]
)
def test_back_is_never_undone_by_a_late_answer(desk, code, path):
    scan_at_once(desk, FIRST)
    opened(desk, "first")
    held = hold_first(desk, path)
    scan(desk, code)
    wait_until(desk, lambda: held)
    desk.go_back()
    expect(rows(desk)).to_have_count(4)
    held[0].continue_()
    settled(desk)
    expect(rows(desk)).to_have_count(4)


def test_each_row_says_why_while_the_box_keeps_the_focus(desk):
    desk.keyboard.type("0011", delay=30)
    expect(desk.locator("[data-return=first]")).to_contain_text("tracking ID ends in 0011")
    expect(box(desk)).to_be_focused()
    assert box(desk).evaluate("field => field.selectionStart") == 4


def test_back_shows_the_search_as_it_was(desk):
    box(desk).fill("ord77")
    expect(rows(desk)).to_have_count(2)
    desk.get_by_role("link", name="third").click()
    opened(desk, "third")
    desk.go_back()
    expect(rows(desk)).to_have_count(2)
    expect(box(desk)).to_have_value("ord77")


def test_back_and_forward_through_several_searches_and_what_enter_opened(desk):
    box(desk).fill("ord77")
    expect(rows(desk)).to_have_count(2)
    box(desk).select_text()
    scan_at_once(desk, FIRST)
    opened(desk, "first")
    scan(desk, SECOND)
    opened(desk, "second")
    desk.go_back()
    opened(desk, "first")
    desk.go_back()
    expect(rows(desk)).to_have_count(2)
    expect(box(desk)).to_have_value("ord77")
    expect(box(desk)).to_be_focused()
    desk.go_forward()
    opened(desk, "first")


def test_the_box_works_as_before_after_back(desk):
    scan(desk, FIRST)
    opened(desk, "first")
    desk.go_back()
    # As the list was left: the number had filtered it by then, or not yet.
    expect(rows(desk).first).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    expect(box(desk)).to_be_focused()
    scan_at_once(desk, SECOND, end="Tab")
    opened(desk, "second")


def test_two_windows_of_one_person_do_not_disturb_each_other(desk):
    other = desk.context.new_page()
    other.goto("/returns/third/")
    box(other).focus()
    scan(desk, FIRST)
    scan(other, SECOND)
    opened(desk, "first")
    opened(other, "second")


# Pasting, keys too early, leaving, no scripts


def test_pasted_lines_stay_apart(desk):
    paste(desk, f"{FIRST}\n{SECOND}\r\nNOWHERE-77\n")
    expect(desk.locator("[data-return]")).to_have_count(2)
    expect(desk.locator("#not-found")).to_contain_text("1 of 3 numbers were not found: NOWHERE-77")


def test_two_hundred_long_numbers_fit_and_one_more_is_said(desk):
    numbers = [f"{10**33 + number}" for number in range(198)]
    paste(desk, "\n".join([FIRST, *numbers, SECOND]))
    expect(rows(desk)).to_have_text(["first", "second"])
    expect(desk.locator("#not-found")).to_contain_text("198 of 200 numbers")
    desk.keyboard.press("Control+A")
    paste(desk, "\n".join([FIRST, *numbers, SECOND, "NOWHERE-77"]))
    expect(desk.get_by_role("alert").first).to_contain_text("enter at most 200 numbers")


def test_a_pasted_book_is_refused_in_words_and_never_cut(desk):
    paste(desk, "RSO1004711 " * 3_000)
    expect(desk.get_by_role("alert").first).to_contain_text("10000 characters")
    expect(rows(desk)).to_have_count(0)


def test_keys_that_came_before_the_scripts_filter_all_the_same(window, agent, parcels):
    for script in ("htmx.min.js", "search.js"):
        page = window(agent)
        held = hold_first(page, f"**/{script}")
        page.goto("/returns/", wait_until="commit")
        box(page).fill("third")
        wait_until(page, lambda held=held: held)
        held[0].continue_()
        expect(rows(page)).to_have_text(["third"])


def test_enter_before_the_scripts_opens_the_return(window, agent, parcels):
    page = window(agent)
    page.route(re.compile(r"/(vendor|words|app)\b.*\.js$"), lambda route: None)
    page.goto("/returns/", wait_until="commit")
    box(page).fill(SECOND)
    box(page).press("Enter", no_wait_after=True)
    opened(page, "second")


def test_slash_marks_what_is_in_the_box_and_escape_leaves_it_as_it_is(desk):
    desk.keyboard.type("third")
    desk.keyboard.press("Escape")
    expect(box(desk)).not_to_be_focused()
    expect(box(desk)).to_have_value("third")
    desk.keyboard.press("/")
    desk.keyboard.type("fourth")
    expect(box(desk)).to_have_value("fourth")


def test_the_box_works_without_scripts(window, agent, parcels):
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/third/")
    box(page).fill(SECOND)
    box(page).press("Enter")
    opened(page, "second")
    box(page).fill("nothing like it")
    box(page).press("Enter")
    expect(page.locator("#return-results")).to_contain_text("No returns match")
