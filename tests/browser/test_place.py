"""Working through a list: from return to return, and back to the row."""

import pytest
from playwright.sync_api import expect

from tests.browser.lists import answered_late
from tests.browser.test_barriers import barriers_on_desk_and_phone
from tests.browser.test_keys import box, desk, four, link, press  # noqa: F401 - fixtures
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_keys_lead_through_the_list_and_back_to_the_row(desk):  # noqa: F811
    press(desk, "j", "Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("R1")
    press(desk, "k", "j")
    expect(desk.get_by_role("heading", level=1)).to_have_text("R2")
    places = desk.get_by_role("navigation", name="List")
    expect(places).to_contain_text("2 of 4")
    assert barriers_on_desk_and_phone(desk) == []
    press(desk, "j")
    expect(desk.get_by_role("heading", level=1)).to_have_text("R3")
    places.get_by_role("link", name="Back to list").click()
    expect(link(desk, "R3")).to_be_focused()
    press(desk, "j", "Enter")
    expect(places).to_contain_text("4 of 4, the last one")
    expect(places.get_by_role("link", name="Next")).to_have_count(0)


@pytest.mark.parametrize("pace", [60, 250])
def test_every_press_counts_while_the_next_return_is_on_its_way(desk, pace):  # noqa: F811
    press(desk, "j", "Enter")
    title = desk.get_by_role("heading", level=1)
    expect(title).to_have_text("R1")
    held = answered_late(desk, "**/returns/R2/**")
    desk.keyboard.type("jjjk", delay=pace)
    wait_until(desk, lambda: held)
    held[0]()
    expect(title).to_have_text("R3")
    press(desk, "j")
    expect(title).to_have_text("R4")
    desk.go_back()
    expect(title).to_have_text("R3")
    press(desk, "/")
    expect(box(desk)).to_be_focused()


def test_arrows_lead_from_the_box_to_what_is_below_it_and_back(desk, four):  # noqa: F811
    press(desk, "/", "ArrowDown", "ArrowDown")
    expect(link(desk, "R2")).to_be_focused()
    press(desk, "ArrowUp", "ArrowUp")
    expect(box(desk)).to_be_focused()
    box(desk).fill(f"{four[1].tracking_id[:-1]}X")
    near = desk.locator(".nearest a.reference")
    expect(near.first).to_be_visible()
    press(desk, "ArrowDown")
    expect(near.first).to_be_focused()
    press(desk, "ArrowDown", "ArrowUp", "ArrowUp")
    expect(box(desk)).to_be_focused()


def test_the_empty_box_offers_what_was_opened_last(desk):  # noqa: F811
    press(desk, "j", "j", "Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("R2")
    with desk.expect_response("**/presence/**"):
        desk.reload()
    press(desk, "/")
    offered = desk.locator("#recent a")
    expect(offered).to_have_text(["R2"])
    assert barriers_on_desk_and_phone(desk) == []
    press(desk, "ArrowDown")
    expect(offered).to_be_focused()
    press(desk, "ArrowUp")
    desk.keyboard.type("R3")
    expect(offered).to_be_hidden()
    box(desk).fill("")
    offered.click()
    expect(desk).to_have_url("/returns/R2/")
