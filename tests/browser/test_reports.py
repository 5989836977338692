"""Reports as a person reads them: by keyboard, while counted, without scripts, on paper."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import State
from returns.summaries import maintenance
from tests.browser.test_box import hold_first
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def returns(vocabulary):
    """Four returns of today, two of them completed after some hours."""
    arrived = timezone.now() - timedelta(days=1)
    for hours in (3, 20):
        times = {
            "arrived_to_warehouse_at": arrived,
            "completed_at": arrived + timedelta(hours=hours),
        }
        times |= {"created_at": timezone.now(), "cargo_carrier": "DHL"}
        record = make_return(state=State.COMPLETED, **times)
        put_tag(record, "wrong-size")
    for _ in range(2):
        make_return(created_at=timezone.now())
    maintenance.rebuild()


@pytest.fixture
def desk(window, manager, returns) -> Page:
    page = window(manager)
    page.goto("/reports/?period=7")
    return page


def test_a_point_is_reached_by_keyboard_and_opens_its_list(desk):
    bar = desk.locator(".chart .is-created a").last
    expect(bar).to_have_attribute("aria-label", re.compile(r": 4 created$"))
    stops = desk.locator(".chart svg :is(a, [tabindex]):not([tabindex='-1'])")
    expect(stops).to_have_count(desk.locator(".chart svg").count())
    first = desk.locator(".chart svg").first.locator("a").first
    first.focus()
    desk.keyboard.press("ArrowRight")
    expect(first).not_to_be_focused()
    desk.keyboard.press("Home")
    expect(first).to_be_focused()
    for _ in range(6):  # the last day of the first series
        desk.keyboard.press("ArrowRight")
    expect(bar).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("tr[data-return]")).to_have_count(4)
    desk.go_back()
    expect(desk.get_by_role("heading", name="Flow", exact=True)).to_be_visible()


def test_a_point_without_a_list_is_reached_by_keyboard_too(desk):
    """Items have no list: their bars say their number alone."""
    lines = [["1", "MUG", "", "Damaged", "", None, None]]
    make_return(state=State.ARRIVED, arrived_to_warehouse_at=timezone.now(), line_items=lines)
    desk.goto("/reports/what/?period=7")
    points = desk.locator(".chart svg").first.get_by_role("img")
    points.first.focus()
    for _ in range(13):  # the last day of the second series
        desk.keyboard.press("ArrowRight")
    bar = desk.locator(".chart .is-damaged [role=img]").nth(6)
    expect(bar).to_be_focused()
    expect(bar).to_have_attribute("aria-label", re.compile(r": 1 damaged$"))
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(r"/reports/what/\?period=7$"))


TELL_WHAT_IS_SAID = """() => {
    const said = document.getElementById("counting");
    new MutationObserver(() => console.info(said.textContent)).observe(said, { childList: true });
}"""


def test_a_report_that_takes_its_time_says_that_it_counts(desk):
    held = hold_first(desk, "**/reports/speed/**")
    said = desk.locator("#counting")
    expect(said).to_be_hidden()
    desk.evaluate(TELL_WHAT_IS_SAID)
    # While the next page is on its way, nothing can be asked of this one.
    with desk.expect_console_message(lambda said: said.text == "Counting the returns …"):
        desk.get_by_role("link", name="Speed").click(no_wait_after=True)
    held[0].continue_()
    expect(desk.get_by_role("heading", name="Processing time", exact=True)).to_be_visible()
    expect(said).to_be_hidden()


def test_whatever_asks_for_a_report_says_so_and_back_hides_it(desk):
    desk.route("**/reports/**", lambda route: route.fulfill(status=204))
    said = desk.locator("#counting")
    for role, name in (("link", "30 days"), ("button", "Show"), ("link", "Completed")):
        desk.locator("main").get_by_role(role, name=name, exact=True).last.click()
        expect(said).to_have_text("Counting the returns …")
        desk.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        expect(said).to_be_hidden()


def test_days_are_chosen_and_tables_sorted_without_scripts(window, manager, returns):
    page = window(manager, java_script_enabled=False)
    page.goto("/reports/speed/?tag=wrong-size")
    page.get_by_label("From", exact=True).fill(f"{timezone.localdate() - timedelta(days=2)}")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#speed .totals")).to_contain_text("21 h")
    expect(page.get_by_role("list", name="Active filters")).to_have_text(re.compile("wrong-size"))
    page.get_by_label("Carrier", exact=True).select_option("DHL")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#speed .totals")).to_contain_text("21 h")
    expect(page.get_by_label("From", exact=True)).to_have_value(
        f"{timezone.localdate() - timedelta(days=2)}"
    )
    head = page.locator("#table-speed thead")
    head.get_by_role("link", name="P90").click()
    expect(page.locator("#table-speed [aria-sort]")).to_have_text("P90")
    expect(page.locator("#table-speed tbody tr").first).to_contain_text("21 h")


def test_filters_are_chosen_and_taken_off_by_keyboard_and_the_address_is_short(desk):
    desk.get_by_label("Tag", exact=True).focus()
    desk.keyboard.type("wrong")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(r"/reports/\?period=7&tag=wrong-size$"))
    expect(desk.locator(".is-created dd").first).to_have_text("2")
    desk.get_by_role("link", name="Remove filter tags wrong-size").focus()
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(r"/reports/flow/\?period=7$"))
    expect(desk.locator(".is-created dd").first).to_have_text("4")


def test_on_paper_charts_and_whole_tables_stay_and_controls_go(desk):
    desk.goto("/reports/why/?period=90")
    desk.emulate_media(media="print", color_scheme="dark")
    for hidden in (".bar", ".nav", ".dates", ".tabs"):
        expect(desk.locator(hidden).first).to_be_hidden()
    expect(desk.locator(".chart").first).to_be_visible()
    wrapped = desk.locator(".file-rows").first
    assert wrapped.evaluate("box => getComputedStyle(box).maxHeight") == "none"
    background = desk.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def test_a_table_is_taken_along(desk):
    with desk.expect_download() as taken:
        desk.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename.startswith("report flow ")
