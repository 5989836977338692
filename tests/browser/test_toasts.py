"""Slips are taken back from the notice of what was done, by its button or by Ctrl+Z."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import State, TagRule
from tests.browser.test_barriers import barriers_on_desk_and_phone
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def record(vocabulary):
    made = make_return("Return-1", state=State.ARRIVED)
    put_tag(made, "standard")
    return made


def names(record) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def toast(page: Page):
    return page.locator("#toast")


def add(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Add a tag").fill(name)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("address", ["/returns/", "/returns/Return-1/"])
def test_tags_are_undone_by_button_and_by_key(window, agent, record, address):
    page = window(agent)
    page.goto(address)
    page.get_by_role("button", name="Edit tags").first.click()
    add(page, "urgent-refund")
    expect(toast(page)).to_contain_text("urgent-refund replaced standard on Return-1.")
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone.")
    expect(page.locator(f"#tags-{record.pk} [data-tag=standard]")).to_be_visible()
    # The editor has stayed open, and has the focus for the next tag.
    expect(page.get_by_role("combobox", name="Add a tag")).to_be_focused()
    add(page, "books")
    expect(toast(page)).to_contain_text("Added books")
    page.keyboard.press("Control+z")
    expect(page.locator(f"#tags-{record.pk} [data-tag=books]")).to_have_count(0)
    expect(toast(page)).to_contain_text("Undone.")
    assert names(record) == {"standard"}


def test_in_a_text_the_key_belongs_to_the_text(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.get_by_role("button", name="Edit tags").click()
    add(page, "books")
    expect(toast(page)).to_contain_text("Added books")
    page.get_by_label("Write a comment").fill("x")
    page.keyboard.press("Control+z")
    page.get_by_role("link", name="Done").click()
    assert names(record) == {"standard", "books"}
    expect(page.get_by_label("Write a comment")).to_have_value("")


def test_a_row_that_has_left_the_list_is_undone_with_a_new_page(window, agent, record):
    page = window(agent)
    page.goto("/returns/?tag=standard")
    page.get_by_role("button", name="Edit tags").click()
    add(page, "urgent-refund")
    expect(toast(page)).to_contain_text("urgent-refund replaced standard")
    page.evaluate("document.querySelector('[data-return]').remove()")
    toast(page).get_by_role("button", name="Undo").click()
    expect(page.locator("[data-return=Return-1]")).to_be_visible()
    expect(page.get_by_text("Undone. Tags restored on 1 return.")).to_be_visible()
    expect(page).to_have_url("/returns/?tag=standard")


def test_the_notice_and_its_buttons_have_no_barriers(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.get_by_role("button", name="Edit tags").click()
    add(page, "books")
    expect(toast(page)).to_contain_text("Added books")
    assert barriers_on_desk_and_phone(page) == []
    for button in page.locator(".tagging .tag button").all():
        box = button.bounding_box()
        assert (box["width"], box["height"]) >= (24, 24)


def test_a_deleted_rule_comes_back(window, manager, vocabulary):
    rule = TagRule.objects.create(name="Mine", moment="hourly", parameters={"notes": ["wet"]})
    page = window(manager)
    page.goto(f"/rules/{rule.pk}/")
    page.get_by_role("button", name="Delete").click()
    toast(page).get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Restored “Mine”.")).to_be_visible()
    assert TagRule.objects.filter(pk=rule.pk).exists()


def test_the_notice_ends_on_a_live_page(window, agent, record):
    page = window(agent)
    page.clock.install()
    page.goto("/returns/Return-1/")
    page.get_by_role("button", name="Edit tags").click()
    add(page, "books")
    expect(toast(page)).to_contain_text("Added books")
    for _ in range(9):
        with page.expect_response("**/live/?*"):
            page.clock.run_for(4_000)
    expect(toast(page)).to_be_empty()
