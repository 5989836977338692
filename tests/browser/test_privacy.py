"""Redacting by keyboard alone: the page of a return, of a shopper, and what is left afterwards."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from returns.models import Return, SalesOrder, State
from tests.browser.test_barriers import DESK, barriers_on_desk_and_phone
from tests.browser.test_fit import shot
from tests.factories import line_item, make_comment, make_return, put_tag
from tests.returns.feed.orders.samples import an_order, bring

pytestmark = pytest.mark.django_db(transaction=True)
REDACT = "Redact this return"


@pytest.fixture
def desk(window, admin, agent, vocabulary) -> Page:
    for number in range(1, 4):
        record = make_return(
            f"Return-{number}",
            state=State.ARRIVED,
            sales_order_reference_number="RSO-1",
            notes="Too small, says Ayşe. " * 5,
            unknown_fields={"recipient": "Ayşe Yılmaz"},
            line_items=[line_item("1", "MUG"), line_item("2", "MUG", "Missing")],
        )
        make_comment(record, agent, "Ayşe called twice.")
        put_tag(record, "wrong-size")
    bring(an_order("RSO-1"))
    return window(admin, viewport=DESK)


def shots(page: Page, name: str) -> None:
    for width, scheme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        shot(page, f"{name}-{width}-{scheme}")
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")


def press_through(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_return_is_redacted_by_keyboard(desk):
    desk.goto("/returns/Return-1/")
    desk.get_by_role("link", name=REDACT).focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Redact Return-1")).to_be_visible()
    expect(desk.get_by_role("row", name="Returns with notes")).to_contain_text("1")
    assert barriers_on_desk_and_phone(desk) == []
    shots(desk, "redact-return")
    desk.get_by_label("Type the return reference to confirm").focus()
    desk.keyboard.type("Return-2")
    press_through(desk, "Tab")
    desk.keyboard.type("Asked for by the shopper")
    press_through(desk, "Enter")
    expect(desk.get_by_text("This is not the reference of this return.")).to_be_visible()
    assert barriers_on_desk_and_phone(desk) == []
    shots(desk, "redact-return-refused")
    desk.get_by_label("Type the return reference to confirm").fill("Return-1")
    press_through(desk, "Enter")
    expect(desk).to_have_url(re.compile("/returns/Return-1/"))
    expect(desk.locator("#return-notes")).to_contain_text("Redacted on")
    expect(desk.locator("#timeline-events")).to_contain_text("Redacted by admin")
    expect(desk.locator("#timeline-events")).to_contain_text("The text of this comment was")
    assert "Ayşe" not in desk.content()
    assert barriers_on_desk_and_phone(desk) == []
    shots(desk, "redacted")


def test_an_open_page_of_the_return_loses_the_texts(desk, window, agent):
    other = window(agent)
    other.goto("/returns/Return-1/")
    expect(other.locator("#return-notes")).to_contain_text("Ayşe")
    record = Return.objects.get(return_reference_number="Return-1")
    desk.goto(f"/return/{record.pk}/redact/")
    desk.get_by_label("Type the return reference to confirm").fill("Return-1")
    desk.get_by_label("Reason").fill("Asked for")
    desk.get_by_role("button", name=REDACT).click()
    expect(desk.locator("#return-notes")).to_contain_text("Redacted on")
    expect(other.locator("#return-notes")).to_contain_text("Redacted on")
    expect(other.locator("#timeline-events")).not_to_contain_text("Ayşe")


def test_a_shopper_is_downloaded_and_redacted(desk, tmp_path):
    desk.goto("/returns/Return-1/")
    desk.get_by_role("link", name=re.compile("2 other returns of this shopper")).click()
    desk.get_by_role("link", name="Redact this shopper").click()
    expect(desk.get_by_text("1 order with 3 returns")).to_be_visible()
    assert barriers_on_desk_and_phone(desk) == []
    shots(desk, "redact-shopper")
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Download as JSON").click()
    path = tmp_path / "shopper.json"
    download.value.save_as(path)
    file = json.loads(path.read_text())
    assert len(file["returns"]) == 3
    desk.get_by_label("Type the number of returns to confirm").fill("3")
    desk.get_by_label("Reason").fill("Asked for by the shopper")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Redacted a shopper with 3 returns.")).to_be_visible()
    assert not Return.objects.filter(redacted_at=None).exists()
    assert SalesOrder.objects.get().email_hash is None
