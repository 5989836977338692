"""Tags are edited in place by keyboard alone, and neither focus nor scroll is lost."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import Return
from tags.models import Tag
from tests.browser.lists import answered_late
from tests.browser.test_box import hold_first
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


def row(page: Page, record: Return):
    return page.locator(f'[data-return="{record.return_reference_number}"]')


def box(page: Page):
    return page.get_by_role("combobox", name="Add a tag")


def edit(page: Page, record: Return):
    """Open the list and the editor in the return's row, by keyboard."""
    page.goto("/returns/")
    button = row(page, record).get_by_role("button", name="Edit tags")
    button.focus()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()


def chip(page: Page, name: str):
    return page.locator(f'.tagging [data-tag="{name}"]')


def names_on(record: Return) -> set[str]:
    return set(
        Tag.objects.filter(pk__in=record.taggings.values("tag")).values_list("name", flat=True)
    )


def test_several_tags_are_added_in_a_row_by_keyboard_alone(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    for text, name in [("wrong-size", "wrong-size"), ("boo", "books"), ("İNVESTI", "investigate")]:
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(chip(page, name)).to_be_visible()
        expect(box(page)).to_be_focused()
        expect(box(page)).to_have_value("")
    assert names_on(record) == {"wrong-size", "books", "investigate"}
    page.keyboard.press("Escape")
    expect(box(page)).to_have_count(0)
    expect(row(page, record).get_by_role("button", name="Edit tags")).to_be_focused()


def test_typing_on_while_the_answer_is_on_its_way_loses_nothing(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    page.keyboard.type("books\nwrong-size\nfragile\ndamaged")
    expect(chip(page, "fragile")).to_be_visible()
    expect(box(page)).to_have_value("damaged")
    expect(page.get_by_role("option", name="damaged-shipping")).to_be_visible()
    assert names_on(record) == {"books", "wrong-size", "fragile"}


def test_arrows_choose_and_the_list_says_so(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("fragile")
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#announcer")).to_have_text("2 tags")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = page.locator(f"#{box(page).get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("data-name", "fragile-item")
    page.keyboard.press("Enter")
    expect(chip(page, "fragile-item")).to_be_visible()
    expect(box(page)).to_have_attribute("aria-expanded", "false")


def test_enter_on_a_tag_that_is_there_adds_no_other(window, agent):
    record, page = make_return(), window(agent)
    put_tag(record, "damaged")
    edit(page, record)
    page.keyboard.type("damaged")
    expect(page.get_by_role("option", name="damaged on this return")).to_be_disabled()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.press("Enter")
    assert names_on(record) == {"damaged"}


def test_escape_closes_the_list_first_and_tab_adds_nothing(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    page.keyboard.type("book")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page)).to_have_value("book")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert names_on(record) == set()


def test_after_removing_the_focus_goes_to_the_next_chip_and_then_to_the_box(window, agent):
    record, page = make_return(), window(agent)
    for name in ("books", "damaged"):
        put_tag(record, name)
    edit(page, record)
    page.get_by_role("button", name="Remove damaged").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove books")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    assert names_on(record) == set()


def test_what_stands_in_the_box_survives_a_removal(window, agent):
    record, page = make_return(), window(agent)
    put_tag(record, "damaged")
    edit(page, record)
    page.keyboard.type("half a na")
    page.get_by_role("button", name="Remove damaged").click()
    expect(chip(page, "damaged")).to_have_count(0)
    expect(box(page)).to_have_value("half a na")


def test_priority_is_replaced_in_the_page(window, agent):
    record, page = make_return(), window(agent)
    put_tag(record, "standard")
    edit(page, record)
    page.keyboard.type("urgent-refund\n")
    expect(chip(page, "urgent-refund")).to_be_visible()
    expect(chip(page, "standard")).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("urgent-refund replaced standard.")


def test_an_unknown_name_is_said_beside_the_box_and_stays_in_it(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    page.keyboard.type("no such tag\n")
    expect(
        page.get_by_role("alert").filter(has_text="There is no tag “no such tag”.")
    ).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("no such tag")


def test_a_manager_creates_a_tag_without_leaving_the_row(window, manager):
    record, page = make_return(), window(manager)
    edit(page, record)
    page.keyboard.type("Boss asked")
    expect(page.get_by_role("option", name="Create “Boss asked” in Priority")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(chip(page, "Boss asked")).to_be_visible()
    assert Tag.objects.get(name="Boss asked").group.name == "Analysis"
    page.keyboard.type("boss ASKED")
    expect(page.get_by_role("option", name="Create")).to_have_count(0)


def test_enter_on_an_unknown_name_offers_near_ones_and_creates_none(window, manager):
    record, page = make_return(), window(manager)
    edit(page, record)
    page.keyboard.type("fragle")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Did you mean")).to_be_visible()
    expect(box(page)).to_be_focused()
    page.get_by_role("button", name="fragile", exact=True).click()
    expect(chip(page, "fragile")).to_be_visible()
    page.keyboard.type("quite new")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Create “quite new” in Process").click()
    expect(chip(page, "quite new")).to_be_visible()
    assert not Tag.objects.filter(name="fragle").exists()


@pytest.mark.parametrize("text", ["book", "books"])
def test_the_beginning_of_a_tag_that_is_there_creates_none(window, manager, text):
    record, page = make_return(), window(manager)
    put_tag(record, "books")
    edit(page, record)
    page.keyboard.type(text)
    expect(page.locator("[data-combobox-option-default]")).to_have_count(0)
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.press("Enter")
    assert names_on(record) == {"books"}
    assert not Tag.objects.filter(name="book").exists()


def test_the_mouse_does_it_too(window, manager):
    record, page = make_return(), window(manager)
    page.goto("/returns/")
    row(page, record).get_by_role("button", name="Edit tags").click()
    box(page).click()
    page.get_by_role("option", name="electronics").click()
    expect(chip(page, "electronics")).to_be_visible()
    expect(box(page)).to_be_focused()
    page.get_by_role("link", name="Done").click()
    expect(box(page)).to_have_count(0)
    expect(chip(page, "electronics")).to_be_visible()


def test_a_long_list_stays_where_it_is(window, agent):
    records = [make_return() for _ in range(40)]
    page = window(agent, viewport={"width": 1440, "height": 600})
    page.goto("/returns/")
    button = row(page, records[5]).get_by_role("button", name="Edit tags")
    button.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 0
    button.click()
    expect(box(page)).to_be_focused()
    page.keyboard.type("books\n")
    expect(chip(page, "books")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box(page)).to_have_count(0)
    assert page.evaluate("scrollY") == before


def test_a_fresh_list_leaves_an_open_editor_alone(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    page.keyboard.type("boo")
    with page.expect_response("**/returns/?*"):
        page.evaluate("document.getElementById('return-filters').requestSubmit()")
    expect(box(page)).to_have_value("boo")
    page.keyboard.press("Enter")
    expect(chip(page, "books")).to_be_visible()


def test_two_windows_edit_the_same_return_and_both_succeed(window, agent, manager):
    record = make_return()
    one, two = window(agent), window(manager)
    for page in (one, two):
        edit(page, record)
    one.keyboard.type("books\n")
    expect(chip(one, "books")).to_be_visible()
    two.keyboard.type("damaged\n")
    expect(chip(two, "damaged")).to_be_visible()
    expect(chip(two, "books")).to_be_visible()
    assert names_on(record) == {"books", "damaged"}


def test_when_the_server_fails_the_text_stays_and_words_appear(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    page.route("**/tags/", lambda route: route.fulfill(status=503, body="down"))
    page.keyboard.type("books\n")
    expect(box(page)).to_have_value("books")
    expect(page.locator("#trouble")).to_be_visible()
    page.unroute("**/tags/")
    page.locator("#trouble").get_by_role("button", name="Retry").click()
    expect(chip(page, "books")).to_be_visible()


def test_names_that_the_server_did_not_take_come_back_one_after_the_other(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    held: list = []
    page.route("**/tags/", lambda route: held.append(route))
    page.keyboard.type("books\nfragile\n")
    for number in range(2):
        wait_until(page, lambda count=number + 1: len(held) == count)
        held[number].fulfill(status=503, body="down")
    expect(box(page)).to_have_value("books")
    page.unroute("**/tags/")
    page.locator("#trouble").get_by_role("button", name="Retry").click()
    expect(chip(page, "books")).to_be_visible()
    expect(box(page)).to_have_value("fragile")


def test_what_was_added_before_is_not_said_again_when_the_server_fails(window, agent):
    record, page = make_return(), window(agent)
    edit(page, record)
    page.keyboard.type("books\n")
    expect(page.locator("#announcer")).to_have_text("Added books.")
    page.route("**/tags/", lambda route: route.fulfill(status=503, body="down"))
    page.keyboard.type("damaged")
    expect(page.locator("#announcer")).to_have_text("2 tags")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_be_visible()
    settled(page)
    expect(page.locator("#announcer")).not_to_have_text("Added books.")


def test_on_a_return_s_page_a_failure_is_said_until_it_is_mended(window, agent):
    record, page = make_return(), window(agent)
    page.goto(record.get_absolute_url())
    page.get_by_role("button", name="Edit tags").click()
    expect(box(page)).to_be_focused()
    page.route("**/tags/", lambda route: route.fulfill(status=503, body="down"))
    page.keyboard.type("books\n")
    expect(box(page)).to_have_value("books")
    settled(page)  # the timeline follows no edit that failed
    expect(page.locator("#trouble")).to_be_visible()


def test_what_is_typed_before_the_editor_is_there_is_for_its_box(window, agent):
    record, page = make_return(), window(agent)
    page.goto("/returns/")
    held = hold_first(page, "**/tags/?*")
    row(page, record).get_by_role("button", name="Edit tags").click()
    wait_until(page, lambda: held)
    page.keyboard.type("boo\nwrong-size\nfragilx", delay=90)
    page.keyboard.press("Backspace")
    held[0].continue_()
    expect(chip(page, "books")).to_be_visible()
    expect(chip(page, "wrong-size")).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("fragil")
    assert names_on(record) == {"books", "wrong-size"}


def test_edit_pressed_twice_opens_no_editor_that_was_left(window, agent):
    record, page = make_return(), window(agent)
    page.goto("/returns/")
    held = answered_late(page, "**/tags/?at=row*", nth=2)
    row(page, record).get_by_role("button", name="Edit tags").dblclick()
    wait_until(page, lambda: held or box(page).count())
    if not box(page).count():
        held.pop()()
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).to_have_count(0)
    for let_go in held:
        let_go()
    settled(page)
    expect(box(page)).to_have_count(0)


def test_escape_pressed_twice_closes_no_editor_that_is_opened_again(window, agent):
    record, page = make_return(), window(agent)
    held: list = []
    # Before the page: a request right after a new route may still pass it.
    page.route("**/tags/?view=chips*", lambda route: held.append(route))
    edit(page, record)
    page.keyboard.press("Escape")
    wait_until(page, lambda: held)
    page.keyboard.press("Escape")
    held.pop().continue_()
    expect(box(page)).to_have_count(0)
    page.keyboard.press("t")
    expect(box(page)).to_be_focused()
    for route in held:
        route.continue_()
    settled(page)
    expect(box(page)).to_be_focused()


def test_a_list_asked_for_before_an_edit_hides_it_not(window, agent):
    record, page = make_return(), window(agent)
    page.goto("/returns/")
    held = answered_late(page, "**/returns/?*")
    page.evaluate("document.getElementById('return-filters').requestSubmit()")
    wait_until(page, lambda: held)
    row(page, record).get_by_role("button", name="Edit tags").click()
    expect(box(page)).to_be_focused()
    page.keyboard.type("books\n")
    expect(chip(page, "books")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box(page)).to_have_count(0)
    with page.expect_event("requestfinished"):
        held[0]()
    settled(page)
    expect(chip(page, "books")).to_be_visible()


def test_the_panel_of_a_return_edits_all_of_its_tags(window, agent):
    record, page = make_return(), window(agent)
    for name in ("books", "damaged", "standard"):
        put_tag(record, name)
    page.goto(record.get_absolute_url())
    expect(page.locator(".tagging [data-tag]")).to_have_count(3)
    page.get_by_role("button", name="Edit tags").click()
    expect(box(page)).to_be_focused()
    page.keyboard.type("investigate\n")
    expect(chip(page, "investigate")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Edit tags")).to_be_focused()
    expect(page.locator(".tagging [data-tag]")).to_have_count(4)


def test_without_javascript_plain_forms_do_the_same(window, agent):
    record = make_return()
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/?state=ReturnCreated")
    row(page, record).get_by_role("button", name="Edit tags").click()
    box(page).fill("books")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page).to_have_url("/returns/?state=ReturnCreated")
    expect(chip(page, "books")).to_be_visible()
    row(page, record).get_by_role("button", name="Edit tags").click()
    page.get_by_role("button", name="Remove books").click()
    expect(chip(page, "books")).to_have_count(0)


def test_the_editor_has_a_page_of_its_own(window, agent):
    record, page = make_return(), window(agent)
    page.goto(f"/return/{record.pk}/tags/?next=/returns/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("books\n")
    expect(chip(page, "books")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url("/returns/")
