"""The page of what is kept how long, in a browser: no barriers, and nothing is wider than it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from returns.models import AccessEvent, Retention
from returns.retention import overview, steps
from tests.browser.test_barriers import DESK, PHONE, barriers_on_desk_and_phone

pytestmark = pytest.mark.django_db(transaction=True)


def fits(page) -> bool:
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return page.evaluate(script)


def test_admins_open_it_from_their_menu_in_each_of_its_states(window, admin, settings, monkeypatch):
    settings.NOTES_DAYS = 365
    page = window(admin, viewport=DESK)
    page.goto("/preferences/")
    page.locator("#person-menu summary").click()
    page.get_by_role("link", name="Retention").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retention")
    expect(page.get_by_text("has not looked at everything yet")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == []
    cache.delete(steps.RETENTION_DONE)
    for days in (95, 96):
        at = timezone.now() - timedelta(days=days)
        AccessEvent.objects.create(kind="exported", at=at)
    steps.delete_old_rows()
    AccessEvent.objects.create(kind="exported", at=timezone.now() - timedelta(days=99))
    page.reload()
    row = page.get_by_role("row").filter(has_text="Access events")
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    assert barriers_on_desk_and_phone(page) == []
    page.set_viewport_size(PHONE)
    assert fits(page)
    Retention.objects.update(ran_at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(overview, "COUNTING_SECONDS", 0)
    page.reload()
    expect(page.get_by_text("Not everything was counted")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == []
