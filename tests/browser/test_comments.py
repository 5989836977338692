"""Comments are written and edited in place, and the timeline follows the tags."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from returns.models import Comment, Return
from returns.record.comments import edit_comment, version_of
from tests.browser.lists import answered_late
from tests.browser.test_barriers import barriers, desk_and_phone
from tests.browser.test_box import hold_first
from tests.browser.waiting import settled, wait_until
from tests.factories import make_comment, make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def record(vocabulary) -> Return:
    return make_return("Return-1")


def box(page: Page):
    return page.get_by_label("Write a comment")


def own(page: Page):
    return page.get_by_label("Your comment", exact=True)


def said(page: Page):
    return page.locator(".comment > .comment-text")


def test_a_comment_is_written_edited_and_read_by_keyboard_alone(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).focus()
    page.keyboard.type("Called.\nNobody answered.")
    page.keyboard.press("Control+Enter")
    expect(said(page)).to_have_text("Called.Nobody answered.")
    expect(box(page)).to_have_value("")
    expect(box(page)).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Comment added.")
    page.get_by_label("Edit your comment").focus()
    page.keyboard.press("Enter")
    expect(own(page)).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Wrote.")
    page.keyboard.press("Control+Enter")
    expect(said(page)).to_have_text("Called.Nobody answered. Wrote.")
    expect(page.get_by_label("Edit your comment")).to_be_focused()
    page.get_by_text("edited", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".earlier .comment-text")).to_have_text("Called.Nobody answered.")


def test_the_next_comment_may_be_begun_while_the_first_is_on_its_way(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).focus()
    page.keyboard.type("First.")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("Second.")
    expect(said(page)).to_have_text("First.")
    expect(box(page)).to_have_value("Second.")
    page.keyboard.press("Control+Enter")
    expect(said(page)).to_have_text(["Second.", "First."])


def test_a_double_click_makes_one_comment(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).fill("Called.")
    page.get_by_role("button", name="Comment", exact=True).dblclick()
    expect(said(page)).to_have_count(1)
    assert Comment.objects.count() == 1


def test_what_is_refused_stays_typed(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).fill("  ")
    box(page).press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="Enter a comment.")).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("  ")


def test_a_comment_that_the_network_lost_stays_typed(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.route("**/comments/", lambda route: route.abort())
    box(page).fill("Called.")
    box(page).press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="could not be reached")).to_be_visible()
    expect(box(page)).to_have_value("Called.")


def test_the_timeline_follows_the_tags_and_leaves_alone_what_is_typed(
    window, agent, manager, record
):
    put_tag(record, "damaged")
    edited = make_comment(record, manager, "one")
    edit_comment(edited.pk, "two", version_of("one"))
    make_comment(record, agent, "Called.")
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.get_by_text("edited", exact=True).click()
    page.get_by_label("Edit your comment").click()
    own(page).fill("Called twice.")
    box(page).fill("A draft")
    page.get_by_role("button", name="Edit tags").click()
    page.get_by_role("button", name="Remove damaged").click()
    expect(page.locator("#timeline .of-tags").first).to_contain_text("Removed")
    expect(own(page)).to_have_value("Called twice.")
    expect(box(page)).to_have_value("A draft")
    expect(page.get_by_text("one", exact=True)).to_be_visible()
    own(page).press("Control+Enter")
    expect(said(page)).to_have_text(["Called twice.", "two"])
    expect(box(page)).to_have_value("A draft")


def test_an_edit_that_clashes_shows_both_texts(window, agent, record):
    comment = make_comment(record, agent, "one")
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.get_by_label("Edit your comment").click()
    own(page).fill("mine")
    edit_comment(comment.pk, "two", version_of("one"))
    own(page).press("Control+Enter")
    expect(page.locator(".comment-form .comment-text")).to_have_text("two")
    expect(own(page)).to_have_value("mine")
    own(page).press("Control+Enter")
    expect(said(page)).to_have_text("mine")


def test_edit_pressed_twice_opens_no_form_that_was_left(window, agent, record):
    make_comment(record, agent, "one")
    page = window(agent)
    page.goto("/returns/Return-1/")
    held = answered_late(page, "**/comment/*/", nth=2)
    page.get_by_label("Edit your comment").dblclick()
    expect(own(page)).to_be_focused()
    page.get_by_role("link", name="Cancel").click()
    expect(own(page)).to_have_count(0)
    settled(page, held)
    for let_go in held:
        let_go()
    settled(page)
    expect(own(page)).to_have_count(0)


def test_nothing_is_typed_into_a_comment_that_is_being_saved(window, agent, record):
    make_comment(record, agent, "one")
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.get_by_label("Edit your comment").click()
    expect(own(page)).to_be_focused()
    held = hold_first(page, "**/comment/*/")
    own(page).fill("two")
    own(page).press("Control+Enter")
    wait_until(page, lambda: held)
    page.keyboard.type(" three")
    expect(own(page)).to_have_value("two")
    held[0].fulfill(status=503, body="down")
    expect(page.locator("#trouble")).to_be_visible()
    page.keyboard.type(" three")
    own(page).press("Control+Enter")
    expect(said(page)).to_have_text("two three")


def test_a_page_asked_for_before_a_comment_hides_it_not(window, agent, record):
    put_tag(record, "damaged")
    page = window(agent)
    held = answered_late(page, "**/live/*")
    page.goto("/returns/Return-1/")
    page.get_by_role("button", name="Edit tags").click()
    page.get_by_role("button", name="Remove damaged").click()
    wait_until(page, lambda: held)
    box(page).fill("Called.")
    box(page).press("Control+Enter")
    expect(said(page)).to_have_text("Called.")
    page.evaluate(
        """() => new MutationObserver(() => {
          if (!document.querySelector(".comment-text")) document.body.dataset.lost = "";
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    with page.expect_response("**/live/*"):
        held[0]()
    settled(page)
    expect(said(page)).to_have_text("Called.")
    assert page.locator("body[data-lost]").count() == 0
    expect(page.locator("#timeline .of-tags").first).to_contain_text("Removed")


def test_deleting_can_be_undone(window, agent, record):
    make_comment(record, agent, "one")
    page = window(agent)
    page.goto("/returns/Return-1/")
    for undo in (lambda: page.get_by_role("button", name="Undo").click(), press_ctrl_z(page)):
        page.get_by_role("button", name="Delete the comment by agent").click()
        expect(page.get_by_text("Comment deleted by agent")).to_be_visible()
        expect(said(page)).to_have_count(0)
        undo()
        expect(said(page)).to_have_text("one")
        expect(page.locator("#toast")).to_contain_text("Comment restored.")
    page.get_by_role("button", name="Close this notice").click()
    expect(page.locator("#toast")).to_be_empty()


def press_ctrl_z(page: Page) -> Callable[[], None]:
    return lambda: page.keyboard.press("Control+z")


def test_without_javascript_the_same_is_done_by_plain_forms(window, agent, record):
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/Return-1/")
    box(page).fill("one")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page).to_have_url("/returns/Return-1/#timeline")
    page.get_by_label("Edit your comment").click()
    own(page).fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter a comment.")).to_be_visible()
    own(page).fill("two")
    page.get_by_role("button", name="Save").click()
    expect(said(page)).to_have_text("two")
    page.get_by_role("button", name="Delete the comment by agent").click()
    expect(page.get_by_text("Comment deleted by agent")).to_be_visible()


@desk_and_phone
def test_no_barriers(window, agent, admin, record, viewport, scheme):
    comment = make_comment(record, agent, "one")
    edit_comment(comment.pk, "two", version_of("one"))
    put_tag(record, "damaged")
    page = window(agent, color_scheme=scheme, viewport=viewport)
    page.goto("/returns/Return-1/")
    page.get_by_text("edited", exact=True).click()
    assert barriers(page) == [], "read"
    page.get_by_label("Edit your comment").click()
    own(page).fill(" ")
    own(page).press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="Enter a comment")).to_be_visible()
    box(page).fill(" ")
    box(page).press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="Enter a comment")).to_have_count(2)
    assert barriers(page) == [], "refused"
    for path in (f"/return/{record.pk}/timeline/?timeline=all", f"/comment/{comment.pk}/"):
        page.goto(path)
        assert barriers(page) == [], path
