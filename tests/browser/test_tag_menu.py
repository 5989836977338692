"""What only a browser shows of the menu of tags: three ways for each, chips, numbers."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lists import address_is, chips, shows
from tests.browser.test_box import hold_first
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def returns(vocabulary):
    """Returns named after their tags."""
    for names in ([], ["books"], ["damaged"], ["books", "damaged"], ["standard"]):
        record = make_return("+".join(names) or "none")
        for name in names:
            put_tag(record, name)


@pytest.fixture
def desk(window, agent, returns) -> Page:
    """Open the menu of tags over the list."""
    page = window(agent)
    page.goto("/returns/")
    page.locator("#tag-picker summary").click()
    return page


def way(page: Page, label: str):
    return page.locator("#tag-picker").get_by_label(label, exact=True)


def test_any_of_two_tags_and_back(desk):
    way(desk, "any of: books").click()
    shows(desk, "books+damaged", "books")
    way(desk, "any of: damaged").click()
    shows(desk, "books+damaged", "damaged", "books")
    address_is(desk, "?tag_any=damaged&tag_any=books")
    expect(chips(desk)).to_have_text(["any of damaged", "any of books"])
    desk.go_back()
    shows(desk, "books+damaged", "books")
    expect(chips(desk)).to_have_text(["any of books"])
    desk.go_back()
    shows(desk, "standard", "books+damaged", "damaged", "books", "none")
    expect(chips(desk)).to_have_count(0)


def test_a_tag_is_chosen_in_one_way(desk):
    way(desk, "books").click()
    shows(desk, "books+damaged", "books")
    way(desk, "none of: books").click()
    shows(desk, "standard", "damaged", "none")
    address_is(desk, "?tag_none=books")
    expect(way(desk, "books")).not_to_be_checked()
    expect(chips(desk)).to_have_text(["none of books"])


def test_the_keyboard_alone_chooses_and_closes(desk):
    way(desk, "books").focus()
    desk.keyboard.press("Tab")
    expect(way(desk, "any of: books")).to_be_focused()
    desk.keyboard.press("Space")
    shows(desk, "books+damaged", "books")
    expect(way(desk, "any of: books")).to_be_focused()
    desk.keyboard.press("Tab")
    expect(way(desk, "none of: books")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#tag-picker summary")).to_be_focused()
    expect(way(desk, "books")).to_be_hidden()


def test_chips_are_taken_off_in_place_and_the_focus_stays_among_them(desk):
    desk.goto("/returns/?tag_any=books&tag_none=standard&missing_group=Process&sort=created")
    shows(desk, "books", "books+damaged")
    expect(chips(desk)).to_have_text(["any of books", "none of standard", "no tag from Process"])
    desk.evaluate("window.isTheSamePage = true")
    desk.get_by_role("link", name="Remove filter any of books").focus()
    desk.keyboard.press("Enter")
    shows(desk, "none", "books", "damaged", "books+damaged")
    address_is(desk, "?sort=created&tag_none=standard&missing_group=Process")
    expect(desk.get_by_role("link", name="Remove filter none of standard")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(chips(desk)).to_have_text(["no tag from Process"])
    desk.keyboard.press("Enter")
    expect(chips(desk)).to_have_count(0)
    expect(desk.locator("#tag-picker summary")).to_be_focused()
    assert desk.evaluate("window.isTheSamePage")


def test_a_double_click_takes_off_no_more_and_brings_nothing_back(desk):
    desk.goto("/returns/?tag=books&tag=damaged")
    held = hold_first(desk, "**/returns/?*")
    chips(desk).get_by_label("Remove filter damaged").click()
    wait_until(desk, lambda: held)
    chips(desk).get_by_label("Remove filter books").dblclick()
    shows(desk, "standard", "books+damaged", "damaged", "books", "none")
    expect(chips(desk)).to_have_count(0)


def test_without_javascript_the_form_and_the_chips_do_the_same(window, agent, returns):
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/?sort=created")
    page.locator("#tag-picker summary").click()
    way(page, "any of: books").click()
    way(page, "none of: damaged").click()
    page.get_by_role("button", name="Filter").click()
    shows(page, "books")
    expect(page.locator("#tags-chosen")).to_have_text("2")
    page.get_by_role("link", name="Remove filter none of damaged").click()
    shows(page, "books", "books+damaged")
    expect(way(page, "any of: books")).to_be_checked()


def test_the_menu_stays_within_a_phone(window, agent, returns):
    page = window(agent, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/returns/")
    page.get_by_role("button", name="Filters").tap()
    page.locator("#tag-picker summary").click()
    way(page, "any of: books").tap()
    shows(page, "books+damaged", "books")
    assert way(page, "any of: books").bounding_box()["width"] >= 38
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def facet(page: Page, name: str):
    return page.locator(".ways", has=page.get_by_label(name, exact=True)).locator(".facet")


def test_numbers_appear_when_the_menu_opens_and_follow_the_filter(desk):
    expect(facet(desk, "books")).to_have_text("2")
    expect(facet(desk, "standard")).to_have_text("1")
    way(desk, "none of: damaged").click()
    expect(facet(desk, "books")).to_have_text("1")
    expect(facet(desk, "damaged")).to_have_text("0")
    way(desk, "any of: standard").click()
    expect(facet(desk, "books")).to_have_text("0")
    expect(way(desk, "any of: standard")).to_be_focused()
    expect(way(desk, "standard")).to_have_accessible_description("1")


def test_numbers_are_asked_for_only_while_the_menu_is_open(desk):
    expect(facet(desk, "books")).to_have_text("2")
    asked: list[str] = []
    desk.on("request", lambda request: "/facets/" in request.url and asked.append(request.url))
    desk.keyboard.press("Escape")
    desk.get_by_label("Order reference").fill("RSO")
    address_is(desk, "?order=RSO")
    settled(desk)
    assert asked == []
    desk.locator("#tag-picker summary").click()
    expect(facet(desk, "books")).to_have_text("2")
    settled(desk)
    assert len(asked) == 1
    assert "order=RSO" in asked[0]
