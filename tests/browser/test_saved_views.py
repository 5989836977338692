"""What only a browser shows of saved views: tabs that count, follow the filter, and are kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from returns.filters.query import Query
from returns.lists.saved_views import save_view
from returns.models import SavedView, State
from tests.browser.lists import hold_the_list
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(window, agent, vocabulary) -> Page:
    """The list of three returns, one of them about books, with two views as tabs."""
    SavedView.objects.all().delete()
    for number in range(3):
        make_return(f"R{number}", state=State.values[number])
    put_tag(make_return("B1"), "books")
    save_view(agent, "Completed ones", Query.parse("state=Completed"))
    save_view(agent, "Books", Query.parse("tag=books"))
    page = window(agent)
    page.goto("/returns/")
    return page


def tab(page: Page, name: str):
    return page.locator("#saved-views").get_by_role("link", name=re.compile(f"^{name}"))


def test_tabs_count_after_the_page_and_show_their_returns(desk):
    expect(tab(desk, "Books")).to_have_text(re.compile(r"Books\s+1"))
    expect(tab(desk, "All")).to_have_attribute("aria-current", "page")
    tab(desk, "Completed ones").click()
    expect(desk.locator("[data-return]")).to_have_count(1)
    expect(tab(desk, "Completed ones")).to_have_attribute("aria-current", "page")


def test_the_current_tab_follows_the_filters(desk):
    desk.locator("label[for=state-Completed]").click()
    expect(tab(desk, "Completed ones")).to_have_attribute("aria-current", "page")
    expect(tab(desk, "All")).not_to_have_attribute("aria-current", "page")
    desk.go_back()
    expect(tab(desk, "All")).to_have_attribute("aria-current", "page")


def test_what_is_filtered_now_is_kept_under_a_name(desk, agent):
    desk.get_by_label("Tracking ID").fill("73400")
    expect(desk).to_have_url(re.compile("tracking=73400"))
    desk.get_by_text("Save view", exact=True).click()
    desk.get_by_label("Name").fill("FedEx-like")
    desk.get_by_label("Name").press("Enter")
    expect(tab(desk, "FedEx-like")).to_have_attribute("aria-current", "page")
    expect(desk.get_by_text("Saved the view “FedEx-like”.")).to_be_visible()
    assert SavedView.objects.get(name="FedEx-like").parameters == {"tracking": ["73400"]}


def test_a_view_keeps_what_is_chosen_before_the_list_has_followed(desk):
    held = hold_the_list(desk)
    desk.locator("label[for=state-Completed]").click()
    desk.get_by_text("Save view", exact=True).click()
    desk.get_by_label("Name").fill("Done")
    wait_until(desk, lambda: held)
    settled(desk, held)
    assert len(held) == 1
    desk.get_by_label("Name").press("Enter")
    expect(tab(desk, "Done")).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get(name="Done").parameters == {"state": ["Completed"]}


def test_a_tag_edited_in_place_is_counted_in_the_tabs(desk):
    expect(tab(desk, "Books")).to_have_text(re.compile(r"Books\s+1"))
    desk.locator("[data-return=R1]").get_by_role("button", name="Edit tags").click()
    desk.get_by_role("combobox", name="Add a tag").fill("books")
    desk.keyboard.press("Enter")
    expect(tab(desk, "Books")).to_have_text(re.compile(r"Books\s+2"))


def test_views_are_managed_by_keyboard(desk):
    tab(desk, "Manage views").click()
    desk.get_by_role("button", name="Move Books up").press("Enter")
    expect(desk.locator(".saved-views .reference")).to_have_text(["Books", "Completed ones"])
    desk.get_by_label("More: Books").press("Enter")
    desk.get_by_label("New name for Books").fill("Paper")
    desk.keyboard.press("Enter")
    expect(desk.locator(".saved-views .reference")).to_have_text(["Paper", "Completed ones"])


def test_saving_works_without_scripts(window, agent, vocabulary):
    make_return(state=State.COMPLETED)
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/?state=Completed")
    page.get_by_text("Save view", exact=True).click()
    page.get_by_label("Name").fill("Done")
    page.get_by_label("Name").press("Enter")
    expect(tab(page, "Done")).to_have_attribute("aria-current", "page")


def test_many_tabs_scroll_in_their_strip_on_a_phone(window, agent, desk):
    for number in range(12):
        save_view(agent, f"A view with a long name, number {number}", Query.parse(f"q={number}"))
    page = window(agent, viewport={"width": 390, "height": 800})
    page.goto("/returns/?q=11")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(tab(page, "A view with a long name, number 11")).to_be_in_viewport()
