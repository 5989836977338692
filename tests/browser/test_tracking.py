"""The tracking ID of a return opens its carrier's page, which learns nothing of the desk."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_barriers import barriers
from tests.factories import make_carrier, make_return

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(window, agent) -> Page:
    make_carrier("Aras Kargo", address="https://carrier.example/track?n={tracking}")
    make_return("R1", cargo_carrier="ARAS KARGO", tracking_id="73400 1/2")
    return window(agent, permissions=["clipboard-read", "clipboard-write"])


@pytest.mark.parametrize("where", ["page", "preview"])
def test_the_number_opens_a_tab_without_referrer_and_is_still_copied(desk, where):
    if where == "page":
        desk.goto("/returns/R1/")
        facts = desk.locator("#return-facts")
    else:
        desk.goto("/returns/")
        desk.keyboard.press("j")
        desk.keyboard.press("p")
        facts = desk.get_by_role("dialog", name="Preview").locator(".facts")
    link = facts.get_by_role("link", name="Track 73400 1/2 on the page of Aras Kargo")
    expect(link).to_have_text("73400 1/2")
    assert barriers(desk) == []
    asked = []

    def answer(route) -> None:
        asked.append(route.request)
        route.fulfill(body="Here is your parcel", content_type="text/plain")

    desk.context.route("https://carrier.example/**", answer)
    with desk.context.expect_page() as opened:
        link.click()
    tab = opened.value
    expect(tab.locator("body")).to_have_text("Here is your parcel")
    assert tab.url == "https://carrier.example/track?n=73400%201%2F2"
    assert "referer" not in asked[0].all_headers()
    assert tab.evaluate("window.opener") is None
    tab.close()
    facts.get_by_role("button", name="Copy tracking ID").click()
    desk.wait_for_function("navigator.clipboard.readText().then((text) => text === '73400 1/2')")
