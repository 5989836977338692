"""What a person has typed outlives a reload, an expired login and a closed tab."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import BrowserSession, Comment, DeadlinePolicy
from tests.browser.test_barriers import barriers_in_both_themes
from tests.factories import make_comment, make_return

pytestmark = pytest.mark.django_db(transaction=True)
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"


@pytest.fixture
def record(vocabulary):
    return make_return("Return-1")


def box(page: Page):
    return page.get_by_label("Write a comment")


def notice(page: Page):
    return page.locator(".draft")


def test_a_comment_is_offered_after_a_reload_and_gone_once_sent(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).fill("The shopper called about the blue shoes.")
    page.reload()
    expect(notice(page)).to_contain_text("“The shopper called about the blue shoes.”")
    assert barriers_in_both_themes(page) == []
    notice(page).get_by_role("button", name="Restore").click()
    expect(box(page)).to_have_value("The shopper called about the blue shoes.")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment")).to_have_count(1)
    assert page.evaluate(DRAFTS) == []
    page.reload()
    expect(notice(page)).to_have_count(0)


def test_a_draft_is_discarded(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).fill("x")
    page.reload()
    notice(page).get_by_role("button", name="Discard").click()
    expect(notice(page)).to_have_count(0)
    assert page.evaluate(DRAFTS) == []


def test_an_edited_comment_survives_until_it_is_saved_or_cancelled(window, agent, record):
    comment = make_comment(record, agent, "one")
    page = window(agent)
    page.goto("/returns/Return-1/")
    page.get_by_label("Edit your comment").click()
    page.get_by_label("Your comment", exact=True).fill("one and two")
    page.reload()
    page.get_by_label("Edit your comment").click()
    notice(page).get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".comment-text").first).to_have_text("one and two")
    assert page.evaluate(DRAFTS) == []
    assert Comment.objects.get().text == "one and two"
    page.get_by_label("Edit your comment").click()
    page.get_by_label("Your comment", exact=True).fill("three")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Your comment", exact=True)).to_have_count(0)
    assert page.evaluate(DRAFTS) == []
    assert comment.pk == Comment.objects.get().pk


def test_a_deadline_outlives_an_expired_login(window, manager, record):
    page = window(manager)
    page.goto("/deadlines/new/?notes=wet")
    page.get_by_label("Name").fill("Wet parcels")
    page.get_by_label("Due after").fill("3")
    BrowserSession.objects.all().delete()
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Username").fill(manager.username)
    page.get_by_label("Password").fill("secret-parcel")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/deadlines/new/?notes=wet")
    notice(page).get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved the deadline “Wet parcels”.")).to_be_visible()
    assert page.evaluate(DRAFTS) == []
    assert DeadlinePolicy.objects.get().name == "Wet parcels"


def test_a_form_with_errors_keeps_its_draft_until_it_is_saved(window, manager, record):
    page = window(manager)
    page.goto("/deadlines/new/?notes=wet")
    page.get_by_label("Name").fill("Wet parcels")
    page.get_by_label("Due after").fill("300")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_be_visible()
    expect(notice(page)).to_have_count(0)
    page.goto("/deadlines/")
    page.goto("/deadlines/new/?notes=wet")
    expect(notice(page)).to_contain_text("Wet parcels")


def test_signing_out_removes_what_was_typed(window, agent, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).fill("x")
    page.get_by_label("Your menu, agent").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    assert page.evaluate(DRAFTS) == []


def test_a_restored_draft_does_not_overwrite_what_a_colleague_saved(window, manager, record):
    policy = DeadlinePolicy.objects.create(name="Wet", amount=1, unit="hours", position=1)
    page = window(manager)
    page.goto(f"/deadlines/{policy.pk}/")
    page.get_by_label("Due after").fill("3")
    DeadlinePolicy.objects.update(amount=9)
    page.reload()
    notice(page).get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_contain_text("changed")
    assert DeadlinePolicy.objects.get().amount == 9


def test_another_tab_does_not_decide_what_has_been_sent(window, manager, record):
    page = window(manager)
    page.goto("/deadlines/new/?notes=wet")
    page.get_by_label("Name").fill("Wet parcels")
    page.evaluate("""() => {
        const key = Object.keys(localStorage).find((each) => each.startsWith("draft:"));
        const draft = JSON.parse(localStorage.getItem(key));
        localStorage.setItem(key, JSON.stringify({ ...draft, sent: "another tab" }));
    }""")
    page.goto("/deadlines/")
    assert "another tab" in page.evaluate("Object.values(localStorage).join()")


def test_a_text_is_not_left_to_the_next_person(window, agent, manager, record):
    page = window(agent)
    page.goto("/returns/Return-1/")
    box(page).fill("x")
    page.evaluate("""() => {
        const key = Object.keys(localStorage).find((each) => each.startsWith("draft:"));
        localStorage.setItem("draft:0:comment", localStorage.getItem(key));
    }""")
    page.goto("/returns/")
    assert len(page.evaluate(DRAFTS)) == 1
