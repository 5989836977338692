"""The desk in German, a third longer than English, and in Turkish with its long words."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation
from playwright.sync_api import Browser, Page, expect

from returns.deadlines import editing
from returns.display.durations import duration, relative
from returns.models import DeadlinePolicy, Preferences, State, Unit
from tests.browser.lists import address_is
from tests.browser.test_barriers import DESK, PHONE, barriers
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

LOCALES = {"tr": "tr-TR", "de": "de-DE"}
in_each_language = pytest.mark.parametrize("language", LOCALES)
PAGES = (
    *("/returns/", "/returns/?q=7340", "/returns/Late/", "/queue/?queue=to_inspect", "/scan/"),
    *("/queue/?queue=completed_today", "/reports/?period=90", "/tags/", "/preferences/"),
)
# What a person presses or reads as a name. Tags and notes are data: they may end in "…".
LABELS = (
    "h1, h2, h3, button, .button, .tabs a, .segments :is(a, label), .nav a, .nav-more summary,"
    " th, dt, label, legend, .state, time, .waited"
)
# The labels of which a part is outside of their box or cell, is clipped, or is beyond the window.
CUT = """(labels) => {
    const isSeen = (element) => element.checkVisibility({visibilityProperty: true})
        && !element.closest(".visually-hidden") && !(element.closest("thead")?.clientHeight <= 1);
    function rectsOf(label) {
        const texts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
        const rects = [];
        while (texts.nextNode()) {
            const text = texts.currentNode;
            if (!text.data.trim() || !isSeen(text.parentElement)) continue;
            const range = document.createRange();
            range.selectNodeContents(text);
            rects.push(...range.getClientRects());
        }
        return rects;
    }
    function isCut(label) {
        const rects = rectsOf(label);
        for (let box = label; box; box = box.parentElement) {
            const {display, overflowX} = getComputedStyle(box);
            if (display === "inline" || display === "contents") continue;
            if (box !== label && ["auto", "scroll"].includes(overflowX)) return false;
            if (box !== label && overflowX === "visible" && !box.matches("td, th, body")) continue;
            const {left, right} = box.getBoundingClientRect();
            if (rects.some((at) => at.left < left - 1.5 || at.right > right + 1.5)) return true;
        }
        return false;
    }
    return labels.filter((label) => isSeen(label) && isCut(label)).map((label) => label.outerHTML);
}"""
WRITTEN = """async ([now, thens, ages]) => {
    const times = document.querySelector("script[src*=app]").src.replace("app", "times");
    const {duration, relative} = await import(times);
    return [thens.map((then) => relative(then, now)), ages.map(duration)];
}"""


def cut_labels(page: Page) -> list[str]:
    """Return the labels that a person cannot read whole; what scrolls within the page is whole."""
    return page.locator(LABELS).evaluate_all(CUT)


def troubles(page: Page, language: str) -> list[str]:
    """Return what is wrong with a page in a language, as lines to read."""
    found = [f"cut: {label}" for label in cut_labels(page)] + barriers(page)
    if (beyond := page.evaluate("document.scrollingElement.scrollWidth - innerWidth")) > 0:
        found.append(f"scrolls sideways by {beyond} pixels")
    if (shown := page.locator("html").get_attribute("lang")) != language:
        found.append(f"is in {shown}")
    return found


@pytest.fixture
def returns(vocabulary) -> None:
    """Make returns whose words take the most room: waiting, late, at risk and just completed."""
    now = timezone.now()
    long_ago = now - timedelta(days=29, hours=23, minutes=59)
    since = {"created_at": long_ago, "arrived_to_warehouse_at": long_ago}
    late = make_return("Late", state=State.ARRIVED, **since)
    for tag in ("customer-dissatisfaction", "quality-check-required", "books"):
        put_tag(late, tag)
    put_tag(make_return("Soon", state=State.ARRIVED, **since), "books")
    make_return("Done", state=State.COMPLETED, completed_at=now, **since)
    # Due in 23 h 59 min, or since a month; the first one that fits counts.
    for name, hours, filters in (("Soon", 31 * 24, {"reference": ["Soon"]}), ("Late", 2, {})):
        policy = DeadlinePolicy(name=name, parameters=filters, amount=hours, unit=Unit.HOURS)
        editing.save_policy(policy)


@in_each_language
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_longer_words_are_whole(window, manager, returns, language, viewport):
    page = window(manager, viewport=viewport, locale=LOCALES[language])
    for path in PAGES:
        page.goto(path)
        if path == "/scan/":
            page.locator("#scan-text").fill("Late")
            page.keyboard.press("Enter")
            expect(page.locator(".scans tbody tr")).to_have_count(1)
        assert troubles(page, language) == [], path
    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/returns/")
    assert troubles(page, language) == []


def test_a_label_that_is_cut_is_found(window, agent):
    page = window(agent, viewport=PHONE)
    page.goto("/returns/")
    assert cut_labels(page) == []
    page.locator("#show-filters").evaluate("(button) => { button.style.width = '20px'; }")
    assert len(cut_labels(page)) == 1


@pytest.mark.parametrize(
    ("language", "name", "title"), [("tr", "Türkçe", "İadeler"), ("de", "Deutsch", "Retouren")]
)
def test_the_page_is_shown_again_in_the_language_that_a_person_chooses(
    window, agent, language, name, title
):
    make_return("Return-1", state=State.ARRIVED)
    page = window(agent)
    page.goto("/returns/?state=ArrivedToWarehouse")
    page.get_by_label("Order reference").fill("RSO")
    expect(page).to_have_url(re.compile("order=RSO"))
    query = page.url.partition("/returns/")[2]
    assert "state=ArrivedToWarehouse" in query
    page.locator("#person-menu summary").click()
    page.get_by_role("button", name=name).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    address_is(page, query)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator("[data-return='Return-1']")).to_be_visible()
    page.goto("/preferences/")
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize(
    ("language", "name", "title"), [("tr", "Türkçe", "Oturum aç"), ("de", "Deutsch", "Anmelden")]
)
def test_the_language_chosen_before_signing_in_stays(
    browser: Browser, live_server, agent, language, name, title
):
    page = browser.new_page(base_url=live_server.url)
    page.goto("/returns/?state=Completed")
    query = page.url.partition("/accounts/login/")[2]
    page.get_by_role("button", name=name).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    address_is(page, query, "/accounts/login/")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.locator("[name=username]").fill("agent")
    page.locator("[name=password]").fill("secret-parcel")
    page.locator("[type=submit]").click()
    address_is(page, "?state=Completed")
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.close()


@in_each_language
def test_the_browser_writes_times_as_the_server_does(window, agent, language):
    page = window(agent, locale=LOCALES[language])
    page.goto("/preferences/")
    now = datetime(2026, 11, 23, 11, 5, tzinfo=UTC)
    seconds = [0, 59, 60, 3599, 3600, 86399, 86400, 2 * 86400, 30 * 86400 - 1, 30 * 86400]
    ages = [timedelta(seconds=each) for each in (*seconds, 400 * 86400)]
    thens = [now - sign * age for age in ages for sign in (1, -1)]
    written = page.evaluate(
        WRITTEN,
        [
            now.timestamp() * 1000,
            [then.timestamp() * 1000 for then in thens],
            [age.total_seconds() * 1000 for age in ages],
        ],
    )
    with translation.override(language):
        expected = [[relative(then, now) for then in thens], [duration(age) for age in ages]]
    assert written == expected


def test_a_page_follows_when_the_language_is_chosen_in_a_second_window(window, agent):
    make_return("Return-1", state=State.ARRIVED)
    page = window(agent)
    page.goto("/returns/")
    Preferences.objects.update_or_create(user=agent, defaults={"language": "de"})
    page.get_by_label("Order reference").fill("RSO")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Retouren")
    expect(page).to_have_url(re.compile("order=RSO"))
    expect(page.locator("#id_order")).to_have_value("RSO")
