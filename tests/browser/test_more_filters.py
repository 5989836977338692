"""What only a browser shows of the menu of more filters, and of a rule that is made of them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.dates import full_day
from returns.models import State, TagRule
from returns.rules.running import run_queued
from tests.browser.lists import address_is, chips, shows
from tests.factories import make_return, make_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def returns(vocabulary):
    """Returns named after what is particular about them."""
    now = timezone.now()
    make_return("plain")
    make_return("torn", notes="Kutu hasarlı")
    make_return("late", state=State.ARRIVED, arrived_to_warehouse_at=now - timedelta(hours=50))
    make_return("old", created_at=now - timedelta(days=9), notes="damaged")


@pytest.fixture
def desk(window, agent, returns) -> Page:
    """Open the menu over the list."""
    page = window(agent)
    page.goto("/returns/?sort=reference")
    page.locator("#more-filters summary").click()
    return page


def test_words_of_notes_filter_while_they_are_typed_and_back(desk):
    desk.get_by_label("Notes contain").fill("hasar")
    shows(desk, "torn")
    desk.get_by_label("or", exact=True).fill("damaged")
    shows(desk, "old", "torn")
    address_is(desk, "?sort=reference&notes=hasar&notes=damaged")
    expect(chips(desk)).to_have_text(["notes contain hasar", "notes contain damaged"])
    expect(desk.locator("#more-chosen")).to_have_text("2")
    desk.go_back()
    shows(desk, "torn")
    expect(chips(desk)).to_have_text(["notes contain hasar"])


def test_chips_empty_their_fields_in_place(desk):
    desk.evaluate("window.isTheSamePage = true")
    desk.get_by_label("Waiting over (hours)", exact=True).fill("48")
    shows(desk, "late")
    day = timezone.localdate() - timedelta(days=4)
    desk.get_by_label("Created from", exact=True).fill(day.isoformat())
    address_is(desk, f"?sort=reference&waiting_over=48&created_from={day}")
    expect(chips(desk)).to_have_text(["waiting over 48 h", f"created from {full_day(day)}"])
    desk.keyboard.press("Escape")
    desk.get_by_role("link", name="Remove filter waiting over 48 h").click()
    shows(desk, "late", "plain", "torn")
    expect(desk.get_by_label("Waiting over (hours)", exact=True)).to_have_value("")
    address_is(desk, f"?sort=reference&created_from={day}")
    expect(
        desk.get_by_role("link", name=f"Remove filter created from {full_day(day)}")
    ).to_be_focused()
    assert desk.evaluate("window.isTheSamePage")


def test_a_word_for_a_date_is_seen_and_gives_way_to_a_day(desk):
    desk.goto("/returns/?created_from=-3d&sort=reference")
    expect(chips(desk)).to_have_text(["created from 3 days ago"])
    desk.locator("#more-filters summary").click()
    long_ago = timezone.localdate() - timedelta(days=20)
    desk.get_by_label("Created from", exact=True).fill(long_ago.isoformat())
    shows(desk, "late", "old", "plain", "torn")
    expect(chips(desk)).to_have_text([f"created from {full_day(long_ago)}"])
    desk.goto("/returns/?created_from=-3d&sort=reference")
    desk.evaluate("window.isTheSamePage = true")
    desk.get_by_role("link", name="Remove filter created from 3 days ago").click()
    shows(desk, "late", "old", "plain", "torn")
    assert desk.evaluate("window.isTheSamePage")


def test_a_manager_makes_a_rule_of_a_filter_tries_it_and_switches_it_on(window, manager, returns):
    page = window(manager)
    page.goto("/returns/?notes=hasar")
    page.get_by_role("link", name="Make a rule").click()
    expect(page.get_by_role("definition")).to_have_text("hasar")
    # Without a name and a tag it is told what is missing, and nothing that was typed is lost.
    page.get_by_label("Name").fill("Torn")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Choose a tag to add or to remove.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Torn")
    page.get_by_role("group", name="Add").get_by_label("investigate").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rule Torn")
    dry_run = page.get_by_role("region", name="Dry run")
    expect(dry_run).to_contain_text("Would have changed 1 return of the last 30 days.")
    expect(dry_run.get_by_role("link")).to_have_text(["1 return", "torn"])
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Switched “Torn” on.")).to_be_visible()
    assert TagRule.objects.get(name="Torn").adds == [make_tag("investigate").pk]

    record = make_return("next", notes="hasar var")
    run_queued()
    page.goto(record.get_absolute_url())
    chip = page.get_by_role("region", name="Tags").locator("[data-tag=investigate]")
    expect(chip).to_have_attribute("title", re.compile("Added by the rule “Torn”, "))


def test_a_carrier_is_filtered_by_once_it_is_a_whole_name(window, agent, returns):
    make_return("sent", cargo_carrier="UPS")
    page = window(agent)
    page.goto("/returns/?sort=reference")
    page.locator("#more-filters summary").click()
    carrier = page.locator("#id_carrier")
    carrier.press_sequentially("u")
    expect(page.get_by_role("list", name="Active filters")).to_have_count(0)
    carrier.press_sequentially("ps")
    shows(page, "sent")
    expect(carrier).to_have_value("UPS")
    address_is(page, "?sort=reference&carrier=UPS")
    page.get_by_label("Created during").select_option("Yesterday")
    expect(chips(page)).to_have_text(["carrier UPS", "created yesterday"])
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Remove filter created yesterday").click()
    shows(page, "sent")
    expect(page.get_by_label("Created during")).to_have_value("")


def test_the_panel_of_tags_is_searched_by_the_keyboard(window, agent, vocabulary):
    page = window(agent)
    page.goto("/returns/")
    page.locator("#tag-picker summary").click()
    page.get_by_label("Search the tags").press_sequentially("WRONG")
    shown = page.locator("#tag-picker .ways:visible")
    expect(shown).to_have_text(re.compile("wrong-size"))
    address_is(page, "")
    page.keyboard.press("Enter")
    expect(chips(page)).to_have_text(["wrong-size"])
    page.keyboard.press("ArrowDown")
    expect(page.locator("#tag-picker .ways:visible input").first).to_be_focused()
    page.get_by_label("Search the tags").fill("zzz")
    expect(page.get_by_text("No tag has this name.")).to_be_visible()
