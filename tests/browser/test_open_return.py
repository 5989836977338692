"""The page of a return follows what others do, and disturbs nobody."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from config.versions import version_of
from returns.deadlines import editing as deadlines
from returns.filters.query import Query
from returns.models import DeadlinePolicy, Presence, Return, State, Unit
from returns.record.comments import add_comment, edit_comment
from returns.record.corrections import correct
from returns.record.deletion import delete_return
from tags.tagging import add_tag
from tests.browser.lists import quiet
from tests.browser.test_barriers import PHONE, barriers, barriers_on_desk_and_phone
from tests.browser.test_box import hold_first
from tests.browser.waiting import settled, wait_until
from tests.factories import make_comment, make_return, make_tag

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/returns/Return-1/"


@pytest.fixture
def record(vocabulary) -> Return:
    return make_return("Return-1", state=State.ARRIVED, sales_order_reference_number="RSO-1")


def poll(page: Page) -> None:
    """Let the page poll now, and wait until the answer is shown."""
    quiet(page)
    with page.expect_response("**/live/**"):
        page.evaluate("document.getElementById('live-poll').dispatchEvent(new Event('desk:poll'))")
    quiet(page)


def place(page: Page) -> dict:
    """Return what a person would see move or get lost."""
    return page.evaluate(
        """() => {
          const field = document.activeElement;
          return {
            top: Math.round(field.getBoundingClientRect().top),
            id: field.id,
            typed: field.value,
            caret: [field.selectionStart, field.selectionEnd],
            selected: getSelection().toString(),
          };
        }"""
    )


def test_what_a_colleague_does_is_shown_and_marked(window, agent, manager, admin, record):
    page = window(agent)
    page.goto(PATH)
    add_tag(record, make_tag("urgent-refund"), manager)
    add_comment(record, "The shopper called.", uuid4(), manager)
    correct(record, {"notes": "Broken", "cargo_carrier": "DHL"}, admin)
    poll(page)
    expect(page.locator("#return-tags .tag")).to_have_text("urgent-refund")
    expect(page.locator("#timeline .comment-text")).to_have_text("The shopper called.")
    expect(page.locator("#return-notes")).to_contain_text("Broken")
    expect(page.locator("#announcer")).to_have_text(
        "Changed: Comment, Tags, Notes, Timeline, Carrier."
    )
    expect(page.locator("#return-facts .has-changed")).to_contain_text("DHL")
    assert barriers(page) == []
    # For a moment.
    expect(page.locator(".has-changed")).to_have_count(0)


def test_nothing_that_a_person_does_is_disturbed(window, agent, manager, record):
    mine = make_comment(record, agent, "Mine")
    for number in range(3):
        add_comment(record, f"Comment {number}", uuid4(), manager)
    page = window(agent, viewport={"width": 1440, "height": 500})
    page.goto(PATH)
    page.locator(".languages summary").click()
    page.get_by_label("Edit your comment").click()
    page.get_by_label("Your comment", exact=True).fill("Mine, but longer")
    page.get_by_label("Write a comment").fill("Half ty")
    page.get_by_label("Write a comment").press("ArrowLeft")
    before = place(page)
    for name in ("urgent-refund", "books", "wrong-size", "fragile", "investigate"):
        add_tag(record, make_tag(name), manager)
    add_comment(record, "Another", uuid4(), manager)
    edit_comment(mine.pk, "Mine, from another window", version_of("Mine"))
    correct(record, {"notes": "Long notes. " * 40}, manager)
    poll(page)
    expect(page.locator("#return-tags .tag")).to_have_count(5)
    assert place(page) == before
    assert before["typed"] == "Half ty"
    expect(page.get_by_label("Your comment", exact=True)).to_have_value("Mine, but longer")
    expect(page.locator(".languages")).to_have_attribute("open", "")


def test_an_open_editor_and_a_selection_stay(window, agent, manager, record):
    page = window(agent)
    page.goto(PATH)
    page.get_by_role("button", name="Edit tags").click()
    page.get_by_role("combobox", name="Add a tag").press_sequentially("el")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#return-status .say'))")
    before = place(page)
    add_tag(record, make_tag("books"), manager)
    poll(page)
    expect(page.locator("#timeline .of-tags")).to_contain_text("books")
    expect(page.locator("#return-tags .tag")).to_have_text("books")
    quiet(page)
    assert place(page) == before
    assert before["selected"].startswith("Arrived at the warehouse")
    expect(page.get_by_role("combobox", name="Add a tag")).to_have_value("el")


def test_news_do_not_open_an_editor_again_that_is_being_left(window, agent, manager, record):
    page = window(agent)
    page.goto(PATH)
    page.get_by_role("button", name="Edit tags").click()
    expect(page.get_by_role("combobox", name="Add a tag")).to_be_focused()
    held = hold_first(page, "**/tags/?view=chips*")
    page.keyboard.press("Escape")
    wait_until(page, lambda: held)
    add_tag(record, make_tag("books"), manager)
    with page.expect_response("**/live/**"):
        page.evaluate("document.getElementById('live-poll').dispatchEvent(new Event('desk:poll'))")
    settled(page, held)
    held[0].continue_()
    settled(page)
    expect(page.get_by_role("combobox", name="Add a tag")).to_have_count(0)
    expect(page.locator("#return-tags .tag")).to_have_text("books")


def test_the_deadline_follows_the_own_tag_at_once_and_nothing_own_is_marked(window, agent, record):
    parameters = deadlines.to_parameters(Query.parse("tag=urgent-refund"))
    deadlines.save_policy(
        DeadlinePolicy(name="Urgent", parameters=parameters, amount=2, unit=Unit.HOURS)
    )
    page = window(agent)
    page.goto(PATH)
    expect(page.locator("#return-facts")).not_to_contain_text("Urgent")
    page.keyboard.press("t")
    page.get_by_role("combobox", name="Add a tag").fill("urgent-refund")
    page.keyboard.press("Enter")
    expect(page.locator("#return-facts")).to_contain_text("Urgent")
    expect(page.locator("#timeline .of-tags")).to_contain_text("urgent-refund")
    assert page.locator(".has-changed").count() == 0


def test_a_return_that_was_deleted_is_said_to_be(window, agent, admin, record):
    page = window(agent)
    page.goto(PATH)
    page.get_by_label("Write a comment").fill("Half ty")
    delete_return(record, "Return-1", "A test", admin)
    poll(page)
    expect(page.get_by_text("This return has been deleted.")).to_be_visible()
    expect(page.get_by_label("Write a comment")).to_have_value("Half ty")
    expect(page.locator("#trouble")).to_be_hidden()
    assert barriers(page) == []


def test_who_else_looks_is_named_until_they_leave(window, agent, make_person, record):
    ada = make_person("ada", "Customer service", first_name="Ada", last_name="Yılmaz")
    mine, hers = window(agent, viewport=PHONE), window(ada)
    hers.goto(PATH)
    expect(hers.locator("#presence")).to_be_empty()
    mine.goto(PATH)
    expect(mine.locator("#presence")).to_have_text("Ada Yılmaz is looking at this return.")
    poll(hers)
    expect(hers.locator("#presence")).to_have_text("agent is looking at this return.")
    assert barriers_on_desk_and_phone(mine) == []
    # One of two tabs is closed.
    again = hers.context.new_page()
    again.goto(PATH)
    expect(again.locator("#presence")).to_have_text("agent is looking at this return.")
    wait_until(again, lambda: Presence.objects.filter(person=ada).count() == 2)
    again.goto("/queue/")
    wait_until(again, lambda: Presence.objects.filter(person=ada).count() == 1)
    poll(mine)
    expect(mine.locator("#presence")).to_have_text("Ada Yılmaz is looking at this return.")
    hers.goto("/returns/")
    # What the page sent as it was left.
    wait_until(hers, lambda: not Presence.objects.filter(person=ada).exists())
    poll(mine)
    expect(mine.locator("#presence")).to_be_empty()
