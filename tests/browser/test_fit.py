"""What a person reads and presses is within its table, card or field, on windows of every width."""

import os

import pytest
from playwright.sync_api import Page, expect

from returns.models import Occasion, State
from tests.factories import make_return, put_tag
from tests.returns.outgoing.subscribing import notify

pytestmark = pytest.mark.django_db(transaction=True)

TABLET, PHONE = ({"width": 768, "height": 900}, {"width": 390, "height": 844})
# The texts of cells with a word that goes on in the next line.
BROKEN = """(cells) => cells.filter((cell) => {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        for (const { index, 0: word } of texts.currentNode.data.matchAll(/[A-Za-z]+/g)) {
            const range = document.createRange();
            range.setStart(texts.currentNode, index);
            range.setEnd(texts.currentNode, index + word.length);
            if (range.getClientRects().length > 1) return true;
        }
    }
    return false;
}).map((cell) => cell.textContent)"""

# In how many lines the text of each element is.
LINES = """(elements) => elements.map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
})"""


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_the_button_beside_the_tags_is_within_a_tablet_s_window(window, agent):
    record = make_return("R1", state=State.ARRIVED)
    for name in ("urgent-refund", "books", "damaged"):
        put_tag(record, name)
    page = window(agent, viewport=TABLET)
    page.goto("/returns/")
    shot(page, "tablet")
    button = page.get_by_role("button", name="Edit tags of R1").bounding_box()
    wrap = page.locator(".table-wrap").bounding_box()
    assert button["x"] + button["width"] <= wrap["x"] + wrap["width"]


def test_the_sort_is_as_wide_as_the_card_of_filters(window, agent):
    make_return(state=State.ARRIVED)
    page = window(agent, viewport=PHONE)
    page.goto("/queue/?queue=to_inspect")
    page.get_by_role("button", name="Filters").click()
    shot(page, "phone")
    assert page.locator("#sort-choice").bounding_box()["width"] > PHONE["width"] - 40


@pytest.mark.parametrize("width", [390, 1440])
def test_filter_of_a_notification_stays_whole_in_the_list(window, agent, width):
    references = ["S2-*", "Ab-*-cd-*", "A-17"]
    for number, reference in enumerate(references):
        for before in ("", "Very "):
            name = f"{before}late {number}"
            parameters = {"reference": [reference], "carrier": ["DHL"]}
            notify(agent, Occasion.MATCH, name=name, parameters=parameters)
    page = window(agent, viewport={"width": width, "height": 844})
    page.goto("/outgoing/")
    shot(page, f"outgoing-{width}")
    phrases = page.locator(".phrase")
    expect(phrases).to_have_count(2 * 2 * len(references))
    assert phrases.evaluate_all(LINES) == [1] * phrases.count()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [768, 1440])
def test_words_stay_whole_beside_a_scan_of_300_characters(window, manager, width):
    page = window(manager, viewport={"width": width, "height": 900})
    page.goto("/scan/")
    page.locator("#scan-text").fill("X1" * 150)
    page.keyboard.press("Enter")
    expect(page.locator(".scans tbody tr")).to_have_count(1)
    shot(page, f"scans-{width}")
    texts = page.locator(".scans tbody td:not(.id)")
    assert page.locator(".scans th, .scans tbody td:not(.id)").evaluate_all(BROKEN) == []
    expect(texts).to_have_count(3)
