"""What is typed of a shopper stays out of every address: requests, the address bar and Back."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.test_box import box, opened, rows
from tests.factories import make_return
from tests.returns.feed.orders.samples import CUSTOMER, REFERENCE, an_order, bring

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL, PHONE = CUSTOMER["email"], CUSTOMER["phone"]
NUMBERS = [EMAIL, PHONE, "+90 (532) 765-43-21", "90 532 765 43 21", "532 765 43 21"]
OF_SHOPPER = re.compile(r"/returns/\?shopper=[^&]+$")


@pytest.fixture
def shoppers(vocabulary):
    now = timezone.now()
    make_return("mine", sales_order_reference_number=REFERENCE, created_at=now)
    hour = timedelta(hours=1)
    make_return("mine-too", sales_order_reference_number=REFERENCE, created_at=now - hour)
    make_return("parcel", tracking_id="5327654399", created_at=now - 2 * hour)
    bring(an_order())


@pytest.fixture
def desk(window, agent, shoppers) -> Page:
    page = window(agent)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("framenavigated", lambda frame: page.asked.append(frame.url))
    return page


def told(page: Page) -> list[str]:
    """Return the addresses with something of the shopper, or enough of it to know the rest."""
    places = [*page.asked, page.url, page.evaluate("performance.getEntries().map(e => e.name)+''")]
    links = page.locator("[href], [action], [hx-get]").evaluate_all(
        "all => all.map(e => e.outerHTML.split('>')[0])"
    )
    plain = [unquote(each).lower() for each in (*places, *links)]
    return [each for each in plain if "yildiz" in each or re.search("532.?765.?4", each)]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_of_a_shopper_is_typed_and_stays_out_of_addresses(desk, text):
    for start in ("/returns/", "/returns/parcel/", "/preferences/", "/queue/"):
        desk.asked.clear()
        desk.goto(start)
        box(desk).focus()
        desk.keyboard.type(text[:-2], delay=5)
        expect(desk.locator("#box-note"), start).to_be_visible()
        desk.keyboard.type(text[-2:], delay=5)
        desk.keyboard.press("Enter")
        expect(desk, start).to_have_url(OF_SHOPPER)
        expect(rows(desk), start).to_have_text(["mine", "mine-too"])
        assert told(desk) == [], start
        desk.go_back()
        expect(desk).to_have_url(re.compile(re.escape(start)))
        desk.go_forward()
        expect(desk, start).to_have_url(OF_SHOPPER)
        assert told(desk) == [], start


def test_the_number_of_a_carrier_is_followed_while_it_is_typed(desk):
    make_return("other", tracking_id="315045706115")
    desk.goto("/returns/")
    box(desk).focus()
    desk.keyboard.type("315045706115", delay=5)
    expect(rows(desk)).to_have_text(["other"])
    expect(desk.locator("#box-note")).to_be_hidden()


def test_another_filter_goes_without_what_is_in_the_box(desk):
    desk.goto("/returns/")
    box(desk).fill(EMAIL)
    with desk.expect_response(lambda answer: "state=Completed" in answer.url):
        desk.locator("#state-Completed").check(force=True)
    expect(desk).to_have_url(re.compile("state=Completed"))
    assert told(desk) == []


def test_a_number_of_a_return_that_looks_like_a_phone_number_opens_it(desk):
    desk.goto("/returns/")
    box(desk).focus()
    desk.keyboard.type("5327654399")
    desk.keyboard.press("Enter")
    opened(desk, "parcel")


def test_nobody_known_is_said_on_the_list(desk):
    desk.goto("/returns/")
    box(desk).focus()
    desk.keyboard.type("nobody.yildiz@example.com")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url("/returns/?shopper=unknown")
    expect(desk.locator("#return-results")).to_contain_text("No order of this shopper is known")
    assert told(desk) == []
