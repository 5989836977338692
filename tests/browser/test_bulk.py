"""Tagging many returns at once in Chromium: choosing by keyboard, progress, stopping, undoing."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import ReturnTag, State
from tests.browser.lists import hold_the_list
from tests.browser.test_keys import press
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three():
    return [make_return(f"Return-{number}", state=State.ARRIVED) for number in (1, 2, 3)]


def choose_books(page: Page) -> None:
    page.get_by_role("group", name="Product category").first.get_by_label("books").check()
    page.get_by_role("button", name="Preview").click()


def test_selected_returns_are_tagged_and_it_is_undone(window, agent, three):
    page = window(agent)
    page.goto("/returns/")
    press(page, "j", "x", "j", "x")
    page.get_by_role("link", name="Tag these").click()
    expect(page.get_by_role("heading", name="Tag 2 returns")).to_be_visible()
    choose_books(page)
    expect(page.get_by_text("Add “books”: 2 returns.")).to_be_visible()
    page.get_by_role("button", name="Tag 2 returns").click()
    expect(page.get_by_text("“books” added to 2.")).to_be_visible()
    assert ReturnTag.objects.count() == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("Undone. Tags restored on 2 returns.")
    assert not ReturnTag.objects.exists()


def test_everything_under_the_filter_that_is_typed_is_tagged(window, agent, three):
    make_return("Other-9")
    page = window(agent)
    page.goto("/returns/")
    page.keyboard.press("/")
    page.keyboard.type("Return-")
    everything = page.get_by_role("link", name="Tag everything that matches")
    expect(everything).to_have_attribute("href", "/bulk/?q=Return-")
    everything.click()
    choose_books(page)
    page.get_by_role("button", name="Tag 3 returns").click()
    expect(page.get_by_text("“books” added to 3.")).to_be_visible()
    page.get_by_role("link", name="Back to list").click()
    expect(page.locator("#return-results .tag", has_text="books").first).to_be_visible()


def test_what_is_tagged_is_what_is_chosen_before_the_list_has_followed(window, agent, three):
    make_return("Done-1", state=State.COMPLETED)
    page = window(agent)
    page.goto("/returns/?state=ArrivedToWarehouse&state=Completed&sort=created")
    held = hold_the_list(page)
    page.locator("label[for=state-ArrivedToWarehouse]").click()
    wait_until(page, lambda: held)
    settled(page, held)
    assert len(held) == 1
    page.get_by_role("link", name="Tag everything that matches").click()
    expect(page.get_by_role("heading", name="Tag 1 return", exact=True)).to_be_visible()


def test_long_work_shows_its_progress_and_can_be_stopped(window, agent, three, monkeypatch):
    monkeypatch.setattr("tags.bulk.steps.STEP_SIZE", 1)
    monkeypatch.setattr("returns.views.bulk.START_SECONDS", 0)
    monkeypatch.setattr("returns.views.bulk.POLL_SECONDS", 0)
    page = window(agent)
    page.goto("/bulk/?state=ArrivedToWarehouse")
    choose_books(page)
    # The page asks for the next step by itself; hold that back to see the progress.
    held = []
    page.route("**/bulk/*/?poll", lambda route: held.append(route))
    page.get_by_role("button", name="Tag 3 returns").click()
    expect(page.get_by_text("1 of 3.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "33")
    page.get_by_role("button", name="Stop and undo").click()
    expect(page.get_by_role("status").first).to_contain_text("Undone. Tags restored on 1 return.")
    assert not ReturnTag.objects.exists()


def test_the_page_lets_the_work_go_on_to_its_end(window, agent, three, monkeypatch):
    monkeypatch.setattr("tags.bulk.steps.STEP_SIZE", 1)
    monkeypatch.setattr("returns.views.bulk.START_SECONDS", 0)
    monkeypatch.setattr("returns.views.bulk.POLL_SECONDS", 0)
    page = window(agent)
    page.goto("/bulk/?state=ArrivedToWarehouse")
    choose_books(page)
    page.get_by_role("button", name="Tag 3 returns").click()
    expect(page.get_by_text("“books” added to 3.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop and undo")).to_be_hidden()
