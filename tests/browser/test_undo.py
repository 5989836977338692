"""A manager reads what an import changed and undoes it; an admin deletes a return."""

import pytest
from playwright.sync_api import expect

from returns.models import DeletedReturn, Return, Way
from tests.browser.test_barriers import DESK, PHONE, barriers, desk_and_phone
from tests.factories import make_comment
from tests.returns.feed.test_runs import sent
from tests.returns.feed.test_undo import LATER, bring, stored

pytestmark = pytest.mark.django_db(transaction=True)
ARRIVED = {"state": "ArrivedToWarehouse", "arrivedToWarehouseAt": LATER}


@desk_and_phone
def test_an_import_is_read_and_undone(window, manager, agent, viewport, scheme):
    bring(sent(notes="Too small"), way=Way.PULL)
    notes = "The shopper says that it is much too large, and that the box was open."
    changed = sent(updatedAt=LATER, notes=notes, tag="books, fragile", **ARRIVED)
    row = bring(changed, sent("Return-2", tag="books"), sent("Return-3"))
    make_comment(stored("Return-3"), agent)
    page = window(manager, viewport=viewport, color_scheme=scheme)
    page.goto(f"/feed/{row.pk}/")
    expect(page.get_by_role("cell", name="books, fragile")).to_be_visible()
    assert barriers(page) == [], "run"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Undo this import").click()
    expect(page.get_by_text("somebody commented on it")).to_be_visible()
    assert barriers(page) == [], "preview"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("Undone by manager")).to_be_visible()
    assert barriers(page) == [], "undone"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Show them").click()
    expect(page.get_by_role("heading", name="Left as they are")).to_be_visible()
    assert set(Return.objects.values_list("notes", flat=True)) == {"Too small", ""}


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_a_return_is_deleted(window, admin, viewport):
    bring(sent())
    page = window(admin, viewport=viewport)
    page.goto("/returns/Return-1/")
    page.get_by_role("link", name="Delete this return").click()
    page.get_by_label("Type the return reference").fill("Return-2")
    page.get_by_label("Reason").fill("A test.")
    page.get_by_role("button", name="Delete this return").click()
    expect(page.get_by_text("This is not the reference of this return.")).to_be_visible()
    assert barriers(page) == [], "form"
    page.get_by_label("Type the return reference").fill("Return-1")
    page.get_by_role("button", name="Delete this return").click()
    expect(page.get_by_text("Deleted Return-1.")).to_be_visible()
    page.goto("/returns/Return-1/")
    expect(page.get_by_role("heading", name="Return-1 was deleted")).to_be_visible()
    assert barriers(page) == [], "deleted"
    assert DeletedReturn.objects.count() == 1
