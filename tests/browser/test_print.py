"""Paper: the hand-over list and the list as Chromium prints them."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import State
from tests.factories import make_returns, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(window, manager, vocabulary) -> Page:
    """Open the queue in the dark theme, with 60 returns that wait."""
    *_, last = make_returns(
        {"reference": f"Return-{number}", "state": State.ARRIVED, "tracking_id": "12" * 17}
        for number in range(60)
    )
    put_tag(last, "urgent-refund")
    page = window(manager, color_scheme="dark")
    page.goto("/queue/?queue=to_inspect")
    return page


def colours(page: Page) -> list[str]:
    names = ("backgroundColor", "color")
    return page.evaluate("names => names.map(n => getComputedStyle(document.body)[n])", names)


def test_the_queue_is_printed_as_a_hand_over_list(desk):
    desk.get_by_role("link", name="Print").click()
    expect(desk.get_by_role("heading", name="To inspect")).to_be_visible()
    desk.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    desk.get_by_role("button", name="Print").click()
    expect(desk.locator("body")).to_have_attribute("data-printed", "yes")
    desk.emulate_media(media="print", color_scheme="dark")
    for hidden in (".bar", ".nav", "[data-print]"):
        expect(desk.locator(hidden)).to_be_hidden()
    expect(desk.locator("tr[data-return]")).to_have_count(60)
    expect(desk.locator("tr[data-return]").first).to_contain_text("urgent-refund")
    assert colours(desk) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    # Several pages, and none of them empty.
    assert 2 <= desk.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 5


def test_the_list_prints_its_rows_alone(desk):
    desk.goto("/returns/")
    desk.emulate_media(media="print", color_scheme="dark")
    for hidden in (".bar", ".nav", ".filter-line", "nav[aria-label=Pages]", "#select-page"):
        expect(desk.locator(hidden)).to_be_hidden()
    expect(desk.locator("tr[data-return]").first).to_be_visible()
    assert colours(desk) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
