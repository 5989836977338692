"""Claims by key in two windows, a reminder that comes with the parcel, a mention at the bell."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from returns.models import Claim, Comment, FollowUp, Return, State
from returns.people import roles
from tests.browser.test_barriers import barriers
from tests.browser.test_fit import shot
from tests.factories import make_return

pytestmark = pytest.mark.django_db(transaction=True)


def test_claim_by_key_shows_in_another_window_and_is_taken_over_there(window, agent, manager):
    record = make_return("Return-1")
    one, other = window(agent), window(manager)
    for page in (one, other):
        page.goto("/returns/")
        page.locator(f"#open-{record.pk}").focus()
    one.keyboard.press("v")
    expect(one.locator("#toast")).to_contain_text("You claimed Return-1.")
    expect(one.locator(f"#claim-{record.pk}")).to_contain_text("Claimed by agent")
    expect(other.locator(f"#claim-{record.pk}")).to_contain_text("Claimed by agent")
    other.keyboard.press("v")
    expect(other.locator("#toast")).to_contain_text("agent has claimed Return-1.")
    other.get_by_role("button", name="Take over").click()
    expect(other.locator(f"#claim-{record.pk}")).to_contain_text("Claimed by manager")
    # Whoever had it hears of it at the bell, and sees it in the row.
    expect(one.locator(f"#claim-{record.pk}")).to_contain_text("Claimed by manager")
    expect(one.locator("#bell-link")).to_have_attribute("data-number", "1")
    one.goto("/returns/Return-1/")
    one.keyboard.press("v")
    expect(one.locator("#claim-line")).to_contain_text("You have claimed this return")
    assert Claim.objects.get(ended_at=None).person == agent


def test_reminder_set_by_key_comes_with_the_parcel(window, agent):
    record = make_return("Return-2")
    page = window(agent)
    page.goto("/returns/")
    page.locator(f"#open-{record.pk}").focus()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Reminder")
    expect(dialog.get_by_label("Remind me")).to_be_focused()
    assert barriers(page) == []
    dialog.get_by_label("Remind me").select_option("arrived")
    dialog.get_by_label("Why").fill("Call the shopper")
    dialog.get_by_label("Why").press("Enter")
    expect(page.locator("#toast")).to_contain_text("You will be reminded of Return-2.")
    expect(dialog).to_be_hidden()
    expect(page.locator("#bell-link")).to_have_attribute("data-number", "0")
    now = timezone.now()
    Return.objects.filter(pk=record.pk).update(state=State.ARRIVED, arrived_to_warehouse_at=now)
    expect(page.locator("#bell-link")).to_have_attribute("data-number", "1")
    page.locator("#bell-link").click()
    page.get_by_role("link", name="Show them").click()
    expect(page.locator("#due")).to_contain_text("Call the shopper")
    assert barriers(page) == []
    page.locator("#due").get_by_role("button", name="Done").click()
    expect(page.locator("#due")).to_have_count(0)
    assert FollowUp.objects.get().done_at


@pytest.mark.parametrize("width", [390, 1440])
def test_buttons_of_a_reminder_are_side_by_side_and_as_high(window, agent, width):
    record = make_return("Return-5")
    page = window(agent, viewport={"width": width, "height": 844})
    page.goto("/returns/Return-5/")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Reminder")
    buttons = [dialog.get_by_role("button", name=name) for name in ("Remind me", "Cancel")]
    for each in buttons:
        expect(each).to_be_visible()
    shot(page, f"reminder-{width}")
    boxes = [each.bounding_box() for each in buttons]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["height"] == boxes[1]["height"]
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    buttons[1].click()
    expect(dialog).to_be_hidden()
    assert not FollowUp.objects.filter(record=record).exists()


def test_mention_is_chosen_by_keys_and_leads_to_the_comment(window, agent, make_person):
    make_return("Return-3")
    ayse = make_person("ayse", roles.CUSTOMER_SERVICE, first_name="Ayşe", last_name="Yılmaz")
    make_person("ali", roles.CUSTOMER_SERVICE, first_name="Ali", last_name="Kaya")
    page, told = window(agent), window(ayse)
    told.goto("/returns/Return-3/")
    page.goto("/returns/Return-3/")
    box = page.locator("#comment-new-text")
    box.focus()
    page.keyboard.type("Please call, @a")
    options = page.get_by_role("listbox", name="People to mention").get_by_role("option")
    expect(options).to_have_text([re.compile("Ali Kaya"), re.compile("Ayşe Yılmaz")])
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    box.fill("Please call, @")
    page.keyboard.type("yil")
    expect(options).to_have_text([re.compile("Ayşe Yılmaz")])
    page.keyboard.press("Enter")
    expect(box).to_have_value("Please call, @ayse ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".mention")).to_have_text("@ayse")
    expect(told.locator("#bell-link")).to_have_attribute("data-number", "1")
    told.locator("#bell-link").click()
    told.get_by_role("button", name="Open").click()
    expect(told).to_have_url(re.compile(rf"/returns/Return-3/#comment-{Comment.objects.get().pk}$"))
    expect(told.locator("#bell-link")).to_have_attribute("data-number", "0")
