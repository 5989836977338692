"""The vocabulary in Chromium: choosing, merging, undoing; the old name in the combobox."""

import pytest
from playwright.sync_api import Page, expect

from returns.models import ReturnTag
from tags import editing
from tags.models import Tag
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


def open_tags(window, person) -> Page:
    page = window(person)
    page.goto("/tags/")
    return page


def test_a_manager_merges_tags_and_undoes_it(window, manager):
    for name in ("defective", "defective-product", "damaged"):
        put_tag(make_return(), name)
    page = open_tags(window, manager)
    merge_bar = page.get_by_role("button", name="Merge into one…")
    expect(merge_bar).to_be_hidden()
    page.get_by_label("Choose defective", exact=True).check()
    page.get_by_label("Choose damaged", exact=True).check()
    merge_bar.click()
    page.get_by_label("Merge into").select_option("defective-product")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("“defective”, “damaged”: 2 returns.")).to_be_visible()
    page.get_by_role("button", name="Merge into “defective-product”").click()
    expect(page.get_by_role("status").first).to_contain_text("Tags replaced: 2.")
    expect(page.get_by_text("also damaged, defective")).to_be_visible()
    assert ReturnTag.objects.filter(tag__name="defective-product").count() == 3
    page.get_by_role("button", name="Undo: Merged").click()
    expect(page.get_by_role("status").first).to_contain_text("Undone. Tags restored on 2 returns.")
    assert ReturnTag.objects.filter(tag__name="defective-product").count() == 1


def test_uses_come_after_the_page_and_lead_to_the_returns(window, agent):
    record = make_return()
    put_tag(record, "books")
    page = open_tags(window, agent)
    row = page.locator(f"#tag-{make_tag('books').pk}")
    expect(row).to_contain_text("1 in the last 30 days · last used")
    row.get_by_role("link", name="1 return").click()
    expect(page.get_by_role("link", name=str(record))).to_be_visible()


def test_a_tag_moves_by_keyboard_and_stays_in_sight(window, manager):
    page = open_tags(window, manager)
    page.get_by_role("button", name="Move bulk-return up").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('#')[0]}#tag-{make_tag('bulk-return').pk}")
    names = list(Tag.objects.filter(group__name="Product category").values_list("name", flat=True))
    assert names[-2:] == ["bulk-return", "fragile-item"]


def test_typing_another_name_offers_and_adds_the_real_tag(window, agent):
    editing.add_synonym(make_tag("books"), "Bücher", None)
    record = make_return()
    page = window(agent)
    page.goto(record.get_absolute_url())
    page.get_by_role("button", name="Edit tags").click()
    page.get_by_role("combobox", name="Add a tag").press_sequentially("büc")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option", name="books also Bücher")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove books")).to_be_visible()
    assert record.taggings.get().tag == make_tag("books")


def test_a_stale_window_says_so_and_keeps_what_was_typed(window, manager, admin):
    tag = make_tag("books")
    windows = [window(person) for person in (manager, admin)]
    for page in windows:
        page.goto(f"/tags/{tag.pk}/")
    windows[0].get_by_label("Name", exact=True).fill("novels")
    windows[0].get_by_role("button", name="Save").click()
    expect(windows[0].get_by_role("status").first).to_contain_text("Saved “novels”")
    windows[1].get_by_label("Description").fill("Anything printed")
    windows[1].get_by_role("button", name="Save").click()
    expect(windows[1].get_by_text("Somebody changed “novels” meanwhile")).to_be_visible()
    expect(windows[1].get_by_label("Description")).to_have_value("Anything printed")
    assert Tag.objects.get(pk=tag.pk).name == "novels"
