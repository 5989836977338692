"""A macro by key on a row, undone from its notice; on a selection; and the bar that claims."""

import pytest
from playwright.sync_api import expect

from returns.models import Claim, Comment, Macro
from tests.browser.test_barriers import barriers
from tests.factories import make_return, make_tag

pytestmark = pytest.mark.django_db(transaction=True)


def test_macro_is_found_by_typing_runs_by_enter_and_is_undone(window, agent):
    record = make_return("Return-1", sales_order_reference_number="RSO1")
    books = make_tag("books")
    Macro.objects.create(name="Nothing to do with it", comment="No", position=1)
    Macro.objects.create(
        name="Call back",
        adds=[books.pk],
        comment="Called",
        claims=True,
        language="en",
        position=2,
    )
    page = window(agent)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/returns/")
    page.locator(f"#open-{record.pk}").focus()
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Run a macro")
    expect(dialog.get_by_label("Find a macro")).to_be_focused()
    assert barriers(page) == []
    page.keyboard.type("call")
    expect(dialog.locator("li:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Macro “Call back” on Return-1.")
    expect(dialog).to_be_hidden()
    expect(page.locator(f"#claim-{record.pk}")).to_contain_text("Claimed by agent")
    assert "Return-1" in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Control+z")
    expect(page.locator("#toast")).to_contain_text("Claims given back: 1.")
    expect(page.locator(f"#claim-{record.pk}")).not_to_contain_text("Claimed by agent")
    assert not record.taggings.exists()
    page.goto("/returns/Return-1/")
    page.keyboard.press("m")
    expect(dialog.get_by_label("Find a macro")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Macro “Call back” on Return-1.")
    expect(page.locator("#timeline")).to_contain_text("Ran the macro “Call back”")
    assert barriers(page) == []


def test_selection_is_claimed_and_a_macro_runs_on_it_after_a_preview(window, agent):
    records = [make_return(f"Return-{number}") for number in (1, 2)]
    Macro.objects.create(name="Call back", comment="Called")
    page = window(agent)
    page.goto("/returns/")
    page.locator("#select-page").click()
    page.locator("#claim-selected").click()
    expect(page.locator("#toast")).to_contain_text("Claimed 2 returns.")
    for record in records:
        expect(page.locator(f"#claim-{record.pk}")).to_contain_text("Claimed by agent")
    assert Claim.objects.filter(ended_at=None).count() == len(records)
    page.locator(f"#open-{records[0].pk}").focus()
    page.keyboard.press("m")
    page.get_by_role("button", name="Call back").click()
    expect(page.locator("#bulk")).to_contain_text("Comment on 2 returns: “Called”")
    assert barriers(page) == []
    page.get_by_role("button", name="Run the macro").click()
    expect(page.locator("#bulk")).to_contain_text("Wrote 2 comments.")
    assert Comment.objects.count() == len(records)
