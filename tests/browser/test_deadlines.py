"""Deadlines in Chromium: made from a filter, seen in the queue, without barriers."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.deadlines import editing
from returns.display.deadlines import due_text
from returns.filters.due import Due
from returns.models import DeadlinePolicy, State, Unit
from tests.browser.lists import address_is, chips, quiet, shows
from tests.browser.test_barriers import DESK, barriers_in_both_themes, barriers_on_desk_and_phone
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(window, manager, vocabulary) -> Page:
    """Open a manager's window: two returns wait, one of them for long."""
    now = timezone.now()
    for name, hours in (("new", 1), ("old", 90)):
        arrived = now - timedelta(hours=hours)
        put_tag(make_return(name, state=State.ARRIVED, arrived_to_warehouse_at=arrived), "books")
    return window(manager, viewport=DESK)


def keep(name: str, amount: int) -> DeadlinePolicy:
    made = DeadlinePolicy(name=name, parameters={}, amount=amount, unit=Unit.HOURS)
    return editing.save_policy(made)


def test_a_manager_makes_a_deadline_from_a_filter_and_finds_what_is_late(desk):
    desk.goto("/returns/?tag=books")
    desk.get_by_role("link", name="Make a deadline").click()
    desk.get_by_label("Name").fill("Books")
    desk.get_by_label("Due after").fill("24")
    desk.get_by_label("Unit").select_option("hours")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("region", name="Deadlines")).to_contain_text("24 hours")
    desk.goto("/queue/?queue=to_inspect")
    desk.get_by_role("region", name="To inspect").get_by_role("link", name="1 late").click()
    shows(desk, "old")
    address_is(desk, "?queue=to_inspect&deadline=late", "/queue/")
    expect(chips(desk)).to_have_text(["deadline late"])
    expect(desk.locator("tr[data-return=old] time.due")).to_have_text("late by 2 d 18 h")
    desk.get_by_role("link", name="Remove filter deadline late").click()
    shows(desk, "old", "new")


def test_the_pages_have_no_barriers(desk):
    desk.goto("/deadlines/")
    assert barriers_in_both_themes(desk) == [], "none yet"
    late, soon = keep("Late", 2), keep("Soon", 400)
    editing.use_filter(late, {"reference": ["old"]})
    for path in (
        "/deadlines/",
        "/deadlines/new/",
        "/deadlines/new/?q=one",
        f"/deadlines/{soon.pk}/",
        "/deadlines/calendar/",
        "/queue/?queue=to_inspect&deadline=late",
        "/returns/old/",
    ):
        desk.goto(path)
        assert barriers_on_desk_and_phone(desk) == [], path
    desk.goto("/deadlines/calendar/")
    desk.get_by_label("Extra closing days").fill("tomorrow")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Line 1: “tomorrow” is not a day")).to_be_visible()
    assert barriers_in_both_themes(desk) == [], "not kept"


def test_the_script_and_the_server_use_the_same_words(desk):
    desk.goto("/deadlines/")
    now = timezone.now().replace(microsecond=0)
    soon = timedelta(hours=8)
    for minutes in (-4000, -1441, -1440, -61, -60, -1, 0, 1, 59, 60, 479, 480):
        due = Due(now + timedelta(minutes=minutes), "All", soon)
        said = desk.evaluate(
            """async ([due, soon, now]) =>
                (await import("/static/js/times.js")).standing(due, soon, now)[1]""",
            [due.at.timestamp() * 1000, soon.total_seconds() * 1000, now.timestamp() * 1000],
        )
        assert said == due_text(due, now)


def test_waiting_and_due_text_go_on_while_the_page_stays_open(desk):
    keep("All", 9)
    desk.clock.install()
    desk.goto("/queue/?queue=to_inspect")
    row = desk.locator("tr[data-return=new]")
    expect(row.locator("time.due")).to_have_text("at risk, due in 7 h 59 min")
    quiet(desk)
    desk.clock.fast_forward(9 * 3_600_000)
    expect(row.locator("time.due")).to_have_text("late by 1 h")
    expect(row.locator("time.due")).to_have_class("due is-late")
    expect(row.locator("time.wait")).to_have_text("10 h")
