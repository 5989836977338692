"""After signing out, the next person at the computer sees nothing of what was open."""

import re
import time
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import BrowserType, Page, expect

from tests.factories import make_return

SLOW = 3  # seconds; some browsers have taken much longer to clear their cache


@pytest.fixture
def shared(browser_type: BrowserType, browser_type_launch_args, live_server, agent) -> Iterator:
    """Open a window that keeps whole pages for Back, as people's browsers do."""
    kept = {"ignore_default_args": ["--disable-back-forward-cache"]}
    browser = browser_type.launch(**browser_type_launch_args, **kept)
    client = Client()
    client.force_login(agent, backend="returns.people.RoleBackend")
    session = client.cookies["sessionid"].value
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    browser.close()


def test_back_shows_nothing_after_signing_out(shared: Page, vocabulary):
    record = make_return("Return-4711")
    shared.goto("/returns/")
    shared.goto(f"/returns/{record.return_reference_number}/")
    expect(shared.locator("body")).to_contain_text("Return-4711")
    began = time.monotonic()
    shared.evaluate("document.querySelector('form[action$=\"/logout/\"]').requestSubmit()")
    expect(shared).to_have_url(re.compile("/accounts/login/"))
    assert time.monotonic() - began < SLOW
    for _ in range(2):
        shared.evaluate("history.back()")
        expect(shared).to_have_url(re.compile("/accounts/login/.next="))
        expect(shared.get_by_role("button", name="Sign in")).to_be_visible()
        expect(shared.locator("body")).not_to_contain_text("Return-4711")
