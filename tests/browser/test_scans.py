"""The page for scanning: its field, the scans that wait, its tones, and a slow scanner."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import Scan, State
from tests.browser.lists import hold_forms, time_stands_still, type_at
from tests.browser.test_barriers import PHONE, barriers_on_desk_and_phone
from tests.browser.test_box import scan
from tests.browser.waiting import wait_until
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

OPEN, URGENT = "315045706115", "XTJ315045706226"
# Writes down what is played.
LISTENER = """() => {
    window.played = [];
    window.AudioContext = class {
        currentTime = 0;
        async resume() {}
        createGain() { return {gain: {setValueAtTime() {}, exponentialRampToValueAtTime() {}},
            connect: (to) => to}; }
        createOscillator() {
            const frequency = {set value(hertz) { window.played.push(hertz); }};
            return {frequency, connect: (to) => to, start() {}, stop() {}};
        }
    };
}"""

# htmx starts by a timer.
LATE_TIMERS = """() => {
    const { setTimeout } = window;
    window.setTimeout = (run, delay = 0, ...values) =>
        setTimeout(run, document.readyState === "complete" ? delay : delay + 300, ...values);
}"""


@pytest.fixture
def parcels(vocabulary):
    make_return("R1", tracking_id=OPEN, state=State.ARRIVED)
    put_tag(make_return("R2", tracking_id=URGENT, state=State.ARRIVED), "urgent-refund")


@pytest.fixture
def desk(window, agent, parcels) -> Page:
    page = window(agent)
    page.add_init_script(f"({LISTENER})()")
    page.goto("/scan/")
    return page


def field(page: Page):
    return page.locator("#scan-text")


def verdict(page: Page):
    return page.locator("#verdict .word")


def waiting(page: Page):
    return page.get_by_role("list", name="Scans that are waiting").get_by_role("listitem")


def listed(page: Page):
    return page.locator(".scans tbody td:nth-child(2)")


def test_scans_in_quick_succession_are_all_answered_in_order_with_a_tone_each(desk):
    expect(field(desk)).to_be_focused()
    for code in (OPEN, URGENT, "999999"):
        scan(desk, code)
    expect(verdict(desk)).to_have_text("Unknown")
    expect(listed(desk)).to_have_text(["999999", URGENT, OPEN])
    expect(waiting(desk)).to_have_count(0)
    expect(field(desk)).to_be_focused()
    expect(field(desk)).to_have_value("")
    assert desk.evaluate("played") == [880, 660, 880, 1100, 330, 220]
    desk.get_by_role("button", name="Sound").click()
    scan(desk, OPEN)
    expect(verdict(desk)).to_have_text("Scanned before")
    assert len(desk.evaluate("played")) == 6
    assert list(Scan.objects.order_by("pk").values_list("text", flat=True))[:2] == [OPEN, URGENT]


def test_a_slow_and_then_a_broken_network_lose_no_scan(desk):
    held = hold_forms(desk)
    scan(desk, OPEN)
    scan(desk, URGENT)
    wait_until(desk, lambda: held)
    expect(waiting(desk)).to_have_text([OPEN, URGENT])
    expect(desk.locator("#verdict p").first).to_be_hidden()
    held[0].abort()
    expect(desk.get_by_text("Not sent yet")).to_be_visible()
    desk.get_by_role("button", name="Try again").click()
    wait_until(desk, lambda: len(held) > 1)
    held[1].continue_()
    wait_until(desk, lambda: len(held) > 2)
    # A reload, as after a crash, goes on with what was not answered. What is held never arrives.
    desk.reload()
    wait_until(desk, lambda: len(held) > 3)
    held[3].continue_()
    expect(verdict(desk)).to_have_text("Urgent")
    expect(listed(desk)).to_have_text([URGENT, OPEN])
    expect(waiting(desk)).to_have_count(0)


def update(page: Page):
    """Let the page ask what has changed, as it does every 20 seconds."""
    with page.expect_response("**/scan/?poll=*"):
        page.evaluate(
            "document.getElementById('scan-again').dispatchEvent(new Event('desk:again'))"
        )


def test_what_is_large_is_about_the_last_scan_even_if_that_was_refused(desk):
    scan(desk, OPEN)
    expect(verdict(desk)).to_have_text("Open")
    desk.keyboard.insert_text("9" * 501)
    desk.keyboard.press("Enter")
    expect(verdict(desk)).to_have_text("Not a number")
    update(desk)
    expect(desk.locator("#scan-results.htmx-swapping, .htmx-request")).to_have_count(0)
    expect(verdict(desk)).to_have_text("Not a number")
    scan(desk, OPEN)
    expect(verdict(desk)).to_have_text("Scanned before")
    desk.route("**/scan/?poll", lambda route: route.abort())
    scan(desk, URGENT)
    expect(desk.get_by_text("Not sent yet")).to_be_visible()
    update(desk)
    expect(verdict(desk)).to_be_hidden()
    assert barriers_on_desk_and_phone(desk) == []
    desk.unroute_all()
    desk.get_by_role("button", name="Try again").click()
    expect(verdict(desk)).to_have_text("Urgent")


def test_a_session_that_has_expired_says_so_and_its_scans_are_sent_later(desk):
    cookies = desk.context.cookies()
    desk.context.clear_cookies(name="sessionid")
    scan(desk, OPEN)
    expect(desk.get_by_text("Signed out")).to_be_visible()
    expect(desk).to_have_url("/scan/")
    expect(waiting(desk)).to_have_text([OPEN])
    desk.context.add_cookies(cookies)
    desk.reload()
    expect(verdict(desk)).to_have_text("Open")


def test_what_waits_is_sent_also_if_htmx_is_the_last_to_start(desk):
    held = hold_forms(desk)
    scan(desk, OPEN)
    wait_until(desk, lambda: held)
    desk.add_init_script(f"({LATE_TIMERS})()")
    desk.reload()
    wait_until(desk, lambda: len(held) > 1)
    held[1].continue_()
    expect(verdict(desk)).to_have_text("Open")


@pytest.mark.parametrize("end", ["Enter", "Tab"])
def test_a_slow_scan_outside_of_the_field_is_a_scan(desk, end):
    desk.get_by_role("link", name="Reports").focus()
    with time_stands_still(desk):
        type_at(desk, URGENT, 120)
        desk.keyboard.press(end)
    expect(verdict(desk)).to_have_text("Urgent")
    expect(field(desk)).to_be_focused()
    expect(desk).to_have_url("/scan/")


def test_an_unknown_number_is_found_when_its_return_is_recorded_and_then_dismissed(desk):
    scan(desk, "999999")
    unknown = desk.get_by_role("region", name="Unknown numbers")
    expect(unknown).to_contain_text("999999")
    make_return("R9", tracking_id="999999")
    desk.evaluate("document.getElementById('scan-again').dispatchEvent(new Event('desk:again'))")
    expect(unknown.get_by_role("link", name="R9")).to_be_visible()
    unknown.get_by_role("button", name="Dismiss 999999").click()
    expect(unknown).to_have_count(0)
    expect(field(desk)).to_be_focused()


def test_of_several_returns_one_is_chosen_and_the_next_scan_follows(desk):
    for name in ("R7", "R8"):
        make_return(name, sales_order_reference_number="ORD-77")
    scan(desk, "ORD-77")
    desk.get_by_role("button", name="R7").click()
    expect(verdict(desk)).to_have_text("Open")
    expect(desk.locator("#verdict .reference")).to_have_text("R7")
    scan(desk, URGENT)
    expect(verdict(desk)).to_have_text("Urgent")


def test_on_a_phone_field_and_verdict_are_seen_without_scrolling(window, agent, parcels):
    page = window(agent, viewport=PHONE)
    # As in a browser without sound.
    page.add_init_script("delete window.AudioContext")
    page.goto("/scan/")
    assert barriers_on_desk_and_phone(page) == [], "empty"
    for code, word in ((OPEN, "Open"), (URGENT, "Urgent"), (OPEN, "Scanned before")):
        scan(page, code)
        expect(verdict(page)).to_have_text(word)
    page.set_viewport_size(PHONE)
    assert page.evaluate("scrollY") == 0
    bottom = page.locator("#verdict").evaluate("(part) => part.getBoundingClientRect().bottom")
    assert bottom < page.locator("#nav").evaluate("(nav) => nav.getBoundingClientRect().top")
    scan(page, "999999")
    expect(verdict(page)).to_have_text("Unknown")
    assert barriers_on_desk_and_phone(page) == [], "scanned"


# The test of a scanner


@pytest.fixture
def preferences(window, agent) -> Page:
    page = window(agent)
    page.goto("/preferences/")
    page.get_by_label("Scan a barcode into this field").focus()
    return page


def findings(page: Page):
    return page.locator("#scanner-findings [data-finding]:not([hidden])")


@pytest.mark.parametrize(
    ("text", "pace", "end", "told"),
    [
        ("RSO2000001", 30, "Enter", ["10", "30 ms", "with Enter", "recognises", "Nothing"]),
        ("]C1rso2000001", 120, "Tab", ["13", "120 ms", "Tab", "recognises", "]C1", "lower-case"]),
        ("RSO2000001", 200, "", ["10", "200 ms", "neither", "150 ms", "Nothing"]),
        ("X24", 30, "Enter", ["3", "30 ms", "with Enter", "fewer than 6", "Nothing"]),
    ],
)
def test_the_preferences_tell_what_a_scanner_sends(preferences, text, pace, end, told):
    with time_stands_still(preferences):
        type_at(preferences, text, pace)
        if end:
            preferences.keyboard.press(end)
        else:
            preferences.clock.run_for(1_000)
    for place, words in enumerate(told):
        expect(findings(preferences).nth(place)).to_contain_text(words)
    expect(findings(preferences)).to_have_count(len(told))
    expect(preferences).to_have_url("/preferences/")


def test_a_scanner_for_another_keyboard_is_noticed(preferences):
    """Of a Turkish keyboard: the keys of "-" and "i" type "*" and "ı"."""
    preferences.evaluate(
        """() => {
            const field = document.getElementById("scanner-text");
            const press = (key, code) => field.dispatchEvent(
                new KeyboardEvent("keydown", {key, code, bubbles: true, cancelable: true}));
            press("ı", "KeyI");
            press("*", "Minus");
            press("1", "Digit1");
            press("Enter", "Enter");
        }"""
    )
    exchanged = preferences.locator("[data-finding=layout]")
    expect(exchanged).to_contain_text("i → ı, - → *")
    expect(exchanged).to_contain_text("Set the scanner to the language")
    assert barriers_on_desk_and_phone(preferences) == []
