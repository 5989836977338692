"""The way of customer service on the phone, by keyboard alone: find, tag, comment, next."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from returns.models import Comment, State
from tests.factories import make_return

pytestmark = pytest.mark.django_db(transaction=True)


def test_find_tag_comment_and_next(window, agent, vocabulary):
    now = timezone.now()
    for number in (1, 2, 3):
        make_return(
            f"Return-{number}",
            state=State.ARRIVED,
            created_at=now - timedelta(hours=number),
            sales_order_reference_number="TY-77",
            tracking_id=f"73400090{number}",
        )
    page = window(agent)
    page.goto("/returns/")
    keys = page.keyboard
    # Find: the order has three returns, which the list then shows.
    keys.press("/")
    keys.type("TY-77")
    expect(page.locator("tr[data-return]")).to_have_count(3)
    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Return-2")
    # Tag: the slip with "urgent-refund" is taken back at once.
    keys.press("t")
    expect(page.get_by_role("combobox", name="Add a tag")).to_be_focused()
    keys.type("urgent")
    keys.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Added urgent-refund on Return-2.")
    keys.press("Control+z")
    expect(page.locator("#toast")).to_contain_text("Undone.")
    keys.type("books")
    keys.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Added books on Return-2.")
    keys.press("Escape")
    # Comment.
    expect(page.get_by_role("button", name="Edit tags")).to_be_focused()
    keys.press("c")
    expect(page.get_by_label("Write a comment")).to_be_focused()
    keys.type("Promised a call.")
    keys.press("Control+Enter")
    expect(page.locator(".latest-comment")).to_contain_text("Promised a call.")
    # Next: out of the text, and on to the next return of the list.
    keys.press("Tab")
    keys.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Return-3")
    comment = Comment.objects.get()
    assert (str(comment.record), comment.text) == ("Return-2", "Promised a call.")
    assert list(comment.record.taggings.values_list("tag__name", flat=True)) == ["books"]
