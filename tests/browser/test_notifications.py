"""The form of a notification shows what its choices need; the page of a report says which it is."""

import re

import pytest
from playwright.sync_api import expect

from returns.models import Channel, Occasion
from tests.browser.test_barriers import barriers
from tests.browser.test_fit import PHONE, shot
from tests.returns.outgoing.subscribing import notify

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_filter_is_shown_only_if_the_occasion_has_one(window, manager):
    page = window(manager)
    page.goto("/outgoing/new/?carrier=DHL")
    panel = page.get_by_role("region", name="Filter")
    expect(panel).to_contain_text("DHL")
    for occasion in ("only when a rule says so", "the feed is silent"):
        page.get_by_role("radio", name=occasion).check()
        expect(panel).to_be_hidden()
        page.get_by_role("radio", name="a return begins to match the filter").check()
        expect(panel).to_be_visible()


def test_the_page_of_a_report_leads_to_exactly_this_report(window, agent):
    options = {"report": "flow", "query": "state=Completed&period=7", "every": "day", "at": "08:00"}
    entry = notify(agent, Occasion.TIMED, Channel.BELL, name="Morning", options=options)
    page = window(agent, viewport=PHONE)
    for path in ("/outgoing/", f"/outgoing/{entry.pk}/"):
        page.goto(path)
        shot(page, f"report-{len(path)}")
        assert barriers(page) == []
        expect(page.locator("main")).to_contain_text("7 days")
        page.get_by_role("link", name="Open the report").click()
        expect(page).to_have_url(re.compile(r"/reports/flow/\?state=Completed&period=7$"))
