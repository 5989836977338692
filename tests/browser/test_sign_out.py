"""After signing out, the next person at the computer sees nothing of what was open."""

import re
import time

from playwright.sync_api import expect

from tests.factories import make_return

SLOW = 3  # seconds; some browsers took much longer to clear their cache


def test_back_shows_nothing_after_signing_out(window, agent):
    record = make_return("Return-4711")
    page = window(agent)
    page.goto("/returns/")
    page.goto(f"/returns/{record.return_reference_number}/")
    expect(page.locator("body")).to_contain_text("Return-4711")
    began = time.monotonic()
    page.evaluate("document.querySelector('form[action$=\"/logout/\"]').requestSubmit()")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    assert time.monotonic() - began < SLOW
    for _ in range(2):
        page.go_back()
        expect(page).to_have_url(re.compile("/accounts/login/"))
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("Return-4711")
