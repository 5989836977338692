"""The keyboard on the list and on a return, selection, and a person's own columns."""

import re
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Error, Page, expect

from returns.models import Preferences, Return
from tests.browser.lists import time_stands_still, type_at
from tests.browser.test_barriers import barriers, desk_and_phone
from tests.browser.test_box import hold_first
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return, make_returns, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

# A person's fingers, and a hand scanner's: milliseconds from key to key.
BY_HAND, BY_SCANNER = 90, 8
# Notes what is submitted or pressed but is not the search.
CHANGES = """() => {
    const note = ({ target }) => {
        if (!target.closest("search, header")) sessionStorage.setItem("pressed", target.outerHTML);
    };
    document.addEventListener("click", note, true);
    document.addEventListener("submit", note, true);
}"""
# However busy the computer is, a scanner leaves no pause.
AT_ONCE = """keys => keys.forEach((key) =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))
)"""
PREVIEWED = """() => document.addEventListener('desk:preview', ({ target }) => {
    document.body.dataset.previewed = target.dataset.return;
})"""


@pytest.fixture
def four(vocabulary) -> list[Return]:
    """Four returns, the newest first: R1 to R4."""
    now = timezone.now()
    return [make_return(f"R{n}", created_at=now - timedelta(hours=n)) for n in (1, 2, 3, 4)]


@pytest.fixture
def desk(window, agent, four) -> Page:
    page = window(agent)
    page.goto("/returns/")
    return page


def link(page: Page, reference: str):
    return page.get_by_role("link", name=reference, exact=True)


def checkbox(page: Page, reference: str):
    return page.get_by_role("checkbox", name=f"Select {reference}", exact=True)


def bar(page: Page):
    return page.get_by_role("region", name="Selection")


def keys(page: Page):
    return page.get_by_role("dialog", name="Keyboard shortcuts")


def box(page: Page):
    return page.get_by_label("Order, return or tracking number")


def press(page: Page, *pressed: str):
    """Press keys as a person does."""
    for key in pressed:
        page.keyboard.press(key, delay=BY_HAND)


def refresh(page: Page, query: str = ""):
    """Let htmx fetch the list again."""
    with page.expect_response("**/returns/?*"):
        page.evaluate("document.getElementById('return-filters').requestSubmit()")


# Rows


def test_keys_and_arrows_move_the_focus_from_row_to_row_and_stop_at_the_ends(desk):
    for pressed, reference in [
        *(("j", "R1"), ("j", "R2"), ("ArrowDown", "R3"), ("j", "R4"), ("j", "R4")),
        *(("k", "R3"), ("ArrowUp", "R2"), ("k", "R1"), ("k", "R1")),
    ]:
        press(desk, pressed)
        expect(link(desk, reference)).to_be_focused()
    assert desk.locator("tr.is-current").count() == 1


def test_enter_opens_the_current_return_and_back_comes_back_to_it(desk):
    press(desk, "j", "j", "Enter")
    expect(desk).to_have_url(re.compile("/returns/R2/"))
    desk.go_back()
    expect(link(desk, "R2")).to_be_focused()


def test_t_edits_the_tags_of_the_row_and_escape_comes_back(desk, four):
    press(desk, "j", "j", "t")
    editor = desk.get_by_role("combobox", name="Add a tag")
    expect(editor).to_be_focused()
    desk.keyboard.type("books\n")
    expect(desk.locator('[data-return="R2"] [data-tag="books"]')).to_be_visible()
    press(desk, "Escape", "j")
    expect(link(desk, "R3")).to_be_focused()


def test_a_name_typed_right_behind_t_is_for_the_box(desk):
    press(desk, "j", "t", *"books", "Enter")
    expect(desk.locator('[data-return="R1"] [data-tag="books"]')).to_be_visible()


@pytest.mark.parametrize("key", ["p", "Space"])
def test_p_and_space_ask_for_a_preview_of_the_row(desk, key):
    desk.evaluate(PREVIEWED)
    press(desk, "j", "j", key)
    expect(desk.locator("body")).to_have_attribute("data-previewed", "R2")


def test_the_current_row_stays_while_the_list_changes_around_it(desk):
    press(desk, "j", "j")
    expect(link(desk, "R2")).to_be_focused()
    make_return("R0", created_at=timezone.now())
    refresh(desk)
    expect(link(desk, "R0")).to_be_visible()
    expect(link(desk, "R2")).to_be_focused()
    Return.objects.filter(return_reference_number="R2").delete()
    refresh(desk)
    expect(link(desk, "R0")).to_be_focused()


def test_n_and_b_turn_pages(window, agent, vocabulary):
    now = timezone.now()
    make_returns(
        {"reference": f"R{number:02}", "created_at": now - timedelta(minutes=number)}
        for number in range(60)
    )
    page = window(agent)
    page.goto("/returns/")
    press(page, "j", "n")
    expect(link(page, "R50")).to_be_focused()
    press(page, "b")
    expect(link(page, "R00")).to_be_visible()


# Keys pressed while the page loads, before its scripts are there


@pytest.fixture
def loading(window, agent, four):
    """Open a page whose scripts are on their way, do something on it, and let them arrive."""
    page = window(agent)

    @contextmanager
    def load(path: str):
        held = []
        page.route("**/js/app*.js", lambda route: held.append(route))
        page.goto(path, wait_until="commit")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        yield page
        wait_until(page, lambda: held)
        held[0].continue_()
        page.unroute("**/js/app*.js")

    return load


def test_a_key_pressed_while_a_return_loads_acts_when_its_scripts_are_there(loading):
    with loading("/returns/R2/") as page:
        press(page, "t", *"boo")
    expect(page.get_by_role("combobox", name="Add a tag")).to_be_focused()
    expect(page.get_by_role("combobox", name="Add a tag")).to_have_value("boo")


def test_keys_pressed_while_the_list_loads_move_to_their_row(loading):
    with loading("/returns/") as page:
        press(page, "j", "j", "x")
    expect(checkbox(page, "R2")).to_be_checked()
    expect(bar(page)).to_be_visible()


def test_what_follows_the_slash_while_a_page_loads_is_searched_for(loading, four):
    with loading("/returns/") as page:
        press(page, "/", *four[1].tracking_id)
    expect(box(page)).to_have_value(four[1].tracking_id)
    expect(page.locator("a.reference")).to_have_text(["R2"])


@pytest.mark.parametrize("length", [4, 5, 12])
def test_a_scan_while_a_page_loads_opens_its_return(loading, four, length):
    number = "7340123400056789"[:length]
    Return.objects.filter(pk=four[2].pk).update(tracking_id=number)
    with loading("/returns/") as page:
        page.evaluate(AT_ONCE, [*number, "Enter"])
    expect(page).to_have_url(re.compile("/returns/R3/"))


def test_keys_that_are_switched_off_do_nothing_while_a_page_loads(loading, agent):
    Preferences.objects.create(user=agent, single_keys=False)
    with loading("/returns/") as page:
        press(page, "j", "x")
    settled(page)
    expect(page.locator("tr.is-current")).to_have_count(0)
    expect(bar(page)).to_be_hidden()


# Where keys mean nothing


def test_nothing_fires_while_typing(desk):
    for field in ("Order reference", "Tracking ID", "Order, return or tracking number"):
        desk.get_by_label(field).focus()
        press(desk, "x", "j", "t", "?")
        expect(desk.get_by_label(field)).to_have_value("xjt?")
        desk.get_by_label(field).fill("")
    settled(desk)
    expect(bar(desk)).to_be_hidden()
    expect(keys(desk)).to_be_hidden()


def test_nothing_fires_in_a_menu_or_with_control(desk):
    desk.locator("#tag-picker summary").click()
    press(desk, "j", "x", "?")
    desk.keyboard.press("Escape")
    press(desk, "Control+j", "Alt+x")
    settled(desk)
    expect(desk.locator("tr.is-current")).to_have_count(0)
    expect(bar(desk)).to_be_hidden()


def test_keys_that_are_switched_off_do_nothing(window, agent, four):
    Preferences.objects.create(user=agent, single_keys=False)
    page = window(agent)
    page.goto("/returns/")
    press(page, "j", "x", "?", "/", "ArrowDown")
    settled(page)
    expect(page.locator("tr.is-current")).to_have_count(0)
    expect(page.locator("body")).to_be_focused()


def test_a_scan_into_the_page_goes_into_the_box_and_fires_nothing(desk, four):
    number = "xtj/7340" + four[2].tracking_id
    Return.objects.filter(pk=four[2].pk).update(tracking_id=number)
    with time_stands_still(desk):
        type_at(desk, "j", BY_HAND)
        type_at(desk, number, BY_SCANNER)
        desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/returns/R3/"))


def test_a_scan_without_enter_is_searched_for(desk, four):
    with time_stands_still(desk):
        type_at(desk, four[1].tracking_id, BY_SCANNER)
    expect(box(desk)).to_have_value(four[1].tracking_id)
    expect(desk.locator("a.reference")).to_have_text(["R2"])
    expect(bar(desk)).to_be_hidden()


def test_a_scan_that_a_busy_computer_delivers_late_is_whole(desk, four):
    first, rest = four[1].tracking_id[:2], four[1].tracking_id[2:]
    with time_stands_still(desk):
        type_at(desk, first, 100)
        type_at(desk, rest, BY_SCANNER)
    expect(box(desk)).to_have_value(four[1].tracking_id)


def test_a_letter_waits_no_longer_than_it_takes_to_tell_a_slow_scanner(desk):
    with time_stands_still(desk):
        type_at(desk, "j", 140)
        expect(desk.locator("tr.is-current")).to_have_count(0)
        desk.clock.run_for(10)
        expect(link(desk, "R1")).to_be_focused()
        # What comes next proves that nothing else follows, and no number begins with "?".
        type_at(desk, "j", 0)
        desk.keyboard.press("Escape")
        expect(link(desk, "R2")).to_be_focused()
        type_at(desk, "?", 0)
        expect(keys(desk)).to_be_visible()


@pytest.mark.parametrize(
    ("pace", "path", "end"),
    [(30, "/returns/", "Enter"), (120, "/returns/", "Tab"), (120, "/returns/R1/", "Enter")],
)
def test_a_paced_scan_anywhere_opens_its_return_and_fires_nothing(desk, four, pace, path, end):
    # Every letter is a key of the list or of a return.
    number = f"XTJ{four[2].tracking_id}"
    Return.objects.filter(pk=four[2].pk).update(tracking_id=number)
    desk.goto(path)
    if path == "/returns/":
        checkbox(desk, "R1").focus()
    with time_stands_still(desk):
        type_at(desk, number, pace)
        expect(box(desk)).to_have_value(number)
        desk.keyboard.press(end)
    expect(desk).to_have_url(re.compile("/returns/R3/"))
    expect(desk.get_by_role("combobox", name="Add a tag")).to_have_count(0)


START = "Start page"


@pytest.mark.parametrize(
    ("place", "number", "end"),
    [
        # "S" would choose the page for scanning, and a space open the list of choices.
        ("select", "S31504 7061", "Enter"),
        ("select", "S315", "Tab"),
        ("button", "1 504 7061", "Enter"),
        ("dialog", "xtj31504706", "Enter"),
        ("dialog", "x315", "Enter"),
        ("menu", "xtj31504706", "Enter"),
    ],
)
def test_a_scan_reaches_the_desk_wherever_the_focus_is(desk, four, place, number, end):
    Return.objects.filter(pk=four[2].pk).update(tracking_id=number)
    desk.goto("/preferences/")
    desk.evaluate(CHANGES)
    if place == "select":
        desk.get_by_label(START).focus()
    elif place == "button":
        desk.get_by_role("button", name="Save").first.focus()
    elif place == "menu":
        desk.locator("#person-menu summary").click()
    else:
        press(desk, "?")
        expect(keys(desk).get_by_role("button", name="Close")).to_be_focused()
    with time_stands_still(desk):
        type_at(desk, number, 120)
        desk.keyboard.press(end)
    expect(desk).to_have_url(re.compile("/returns/R3/"))
    expect(keys(desk)).to_be_hidden()
    assert desk.evaluate("sessionStorage.getItem('pressed')") is None
    desk.go_back()
    expect(desk.get_by_label(START)).to_have_value("")


def test_letters_of_a_person_still_choose_in_a_select(desk):
    desk.goto("/preferences/")
    desk.get_by_label(START).focus()
    press(desk, "r", "e", "p")
    expect(desk.get_by_label(START)).to_have_value("reports")


def test_a_held_key_acts_at_once_and_a_fast_row_of_keys_acts_as_often(desk):
    with time_stands_still(desk):
        desk.keyboard.down("j")
        desk.clock.run_for(140)
        # The browser repeats a key that is held down.
        desk.keyboard.down("j")
        expect(link(desk, "R2")).to_be_focused()
        desk.keyboard.down("j")
        expect(link(desk, "R3")).to_be_focused()
        desk.keyboard.up("j")
        type_at(desk, "kkjj", 30)
        desk.clock.run_for(150)
        expect(link(desk, "R3")).to_be_focused()
        type_at(desk, "kk", 120)
        desk.clock.run_for(150)
        expect(link(desk, "R1")).to_be_focused()


def test_a_short_number_is_a_scan_if_its_end_follows_at_once(desk, four):
    Return.objects.filter(pk=four[3].pk).update(sales_order_reference_number="X24K")
    press(desk, "j")
    expect(link(desk, "R1")).to_be_focused()
    with time_stands_still(desk):
        type_at(desk, "X24K", 120)
        desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/returns/R4/"))


def test_a_slow_scan_into_a_comment_stays_text(desk, four):
    desk.goto("/returns/R1/")
    text = desk.get_by_label("Comment")
    text.focus()
    with time_stands_still(desk):
        type_at(desk, four[2].tracking_id, 120)
        desk.keyboard.press("Enter")
    expect(text).to_have_value(f"{four[2].tracking_id}\n")
    expect(desk).to_have_url(re.compile("/returns/R1/"))


def test_keys_that_follow_each_other_fast_are_no_scan_and_keep_their_order(desk):
    with time_stands_still(desk):
        type_at(desk, "jxjjxk", 120)
        desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/returns/R2/"))


# Help


def test_the_help_holds_the_focus_and_gives_it_back(desk):
    press(desk, "j", "?")
    expect(keys(desk)).to_be_visible()
    expect(keys(desk).get_by_role("button", name="Close")).to_be_focused()
    assert barriers(desk) == []
    press(desk, "Tab", "Tab", "Tab", "x", "j")
    assert desk.evaluate("document.activeElement.closest('#keys, body').id") in {"keys", ""}
    expect(bar(desk)).to_be_hidden()
    press(desk, "Escape")
    expect(keys(desk)).to_be_hidden()
    expect(link(desk, "R1")).to_be_focused()


def test_the_help_opens_from_the_person_s_menu_on_every_page(desk):
    for path in ("/returns/", "/returns/R1/", "/preferences/"):
        desk.goto(path)
        desk.locator("#person-menu summary").click()
        desk.get_by_role("link", name="Keyboard shortcuts").click()
        keys(desk).get_by_role("button", name="Close").click()
        expect(desk.locator("#person-menu summary")).to_be_focused()


def test_on_a_return_t_edits_its_tags_and_slash_leads_to_the_box(desk):
    desk.goto("/returns/R1/")
    press(desk, "t")
    expect(desk.get_by_role("combobox", name="Add a tag")).to_be_focused()
    press(desk, "Escape", "/")
    expect(box(desk)).to_be_focused()
    expect(box(desk)).to_have_value("")


def test_keys_work_at_once_when_the_editor_is_left(desk):
    desk.goto("/returns/R1/")
    press(desk, "t")
    expect(desk.get_by_role("combobox", name="Add a tag")).to_be_focused()
    held = hold_first(desk, "**/tags/?view=chips*")
    press(desk, "Escape")
    wait_until(desk, lambda: held)
    press(desk, "/")
    expect(box(desk)).to_be_focused()
    held[0].continue_()
    expect(desk.get_by_role("combobox", name="Add a tag")).to_have_count(0)
    expect(box(desk)).to_be_focused()


@pytest.mark.parametrize("field", ["Order, return or tracking number", "Order reference"])
def test_escape_leaves_a_field_as_it_is_for_the_list(desk, field):
    desk.get_by_label(field).focus()
    press(desk, "R", "Escape")
    expect(desk.get_by_label(field)).to_have_value("R")
    expect(link(desk, "R1")).to_be_focused()


# Selection


def test_x_and_checkboxes_select_and_the_bar_says_how_many(desk):
    press(desk, "j", "x", "j", "x")
    expect(bar(desk)).to_contain_text("2 selected")
    expect(desk.locator("#announcer")).to_have_text("2 selected")
    expect(link(desk, "R2")).to_be_focused()
    checkbox(desk, "R1").uncheck()
    expect(bar(desk)).to_contain_text("1 selected")
    bar(desk).get_by_role("button", name="Clear").click()
    expect(bar(desk)).to_be_hidden()
    expect(
        desk.get_by_role("checkbox", checked=True).and_(desk.locator("[name=select]"))
    ).to_have_count(0)


def test_shift_and_a_click_select_all_between_and_the_header_the_page(desk):
    checkbox(desk, "R1").click()
    checkbox(desk, "R3").click(modifiers=["Shift"])
    expect(bar(desk)).to_contain_text("3 selected")
    assert desk.locator("#select-page").evaluate("(box) => box.indeterminate")
    desk.locator("#select-page").click()
    expect(bar(desk)).to_contain_text("4 selected")
    assert barriers(desk) == []


def test_references_and_tracking_ids_are_copied_a_line_each(desk, four):
    Return.objects.filter(pk=four[1].pk).update(tracking_id="")
    desk.reload()
    desk.locator("#select-page").click()
    copied = bar(desk).locator("[data-references]").get_attribute("data-copy")
    assert copied.split("\n") == ["R1", "R2", "R3", "R4"]
    tracking = bar(desk).locator("[data-trackings]").get_attribute("data-copy").split("\n")
    assert tracking == [four[0].tracking_id, four[2].tracking_id, four[3].tracking_id]
    bar(desk).get_by_role("button", name="Copy references").click()
    expect(desk.locator("#announcer")).to_have_text("Copied")


def test_only_what_is_selected_is_shown(window, agent, vocabulary):
    for number in (10007, 10008, 10009):
        make_return(f"Return-{number}")
    page = window(agent)
    page.goto("/returns/")
    checkbox(page, "Return-10007").check()
    checkbox(page, "Return-10009").check()
    bar(page).get_by_role("link", name="Show only these").click()
    expect(page.locator("a.reference")).to_have_count(2)
    expect(link(page, "Return-10008")).to_have_count(0)


def test_the_selection_survives_a_refresh_and_ends_with_another_search(desk):
    checkbox(desk, "R2").check()
    make_return("R0", created_at=timezone.now())
    refresh(desk)
    expect(link(desk, "R0")).to_be_visible()
    expect(checkbox(desk, "R2")).to_be_checked()
    expect(bar(desk)).to_contain_text("1 selected")
    box(desk).fill("R")
    expect(bar(desk)).to_be_hidden()
    expect(desk.locator("#announcer")).to_have_text("Selection cleared")


# Columns


def choose_columns(page: Page):
    page.locator("#columns-menu summary").click()
    expect(page.get_by_role("group", name="Columns after “Return”")).to_be_visible()


def headers(page: Page) -> list[str]:
    return page.locator(".data thead th:not(.check)").all_inner_texts()


def test_columns_apply_at_once_and_search_focus_and_scroll_stay(desk):
    desk.goto("/returns/?order=RSO&sort=updated")
    checkbox(desk, "R1").check()
    choose_columns(desk)
    notes = desk.get_by_role("checkbox", name="Notes")
    notes.uncheck()
    expect(desk.get_by_role("columnheader", name="Notes")).to_have_count(0)
    expect(notes).to_be_focused()
    desk.get_by_role("checkbox", name="Carrier").check()
    expect(desk.get_by_role("columnheader", name="Carrier")).to_be_visible()
    expect(desk).to_have_url("/returns/?order=RSO&sort=updated")
    expect(desk.get_by_label("Order reference")).to_have_value("RSO")
    expect(checkbox(desk, "R1")).to_be_checked()
    desk.reload()
    assert headers(desk)[-1] == "Carrier"


def test_a_column_is_moved_by_keyboard_and_the_focus_stays_with_it(desk):
    choose_columns(desk)
    button = desk.get_by_role("button", name="Move State up")
    button.focus()
    for before in ("Tracking ID", "Order"):
        desk.keyboard.press("Enter")
        expect(desk.locator(".data th", has_text="State").locator("+ th")).to_have_text(before)
        expect(button).to_be_focused()
    desk.get_by_role("button", name="Reset columns").click()
    expect(desk.locator(".data th", has_text="State").locator("+ th")).to_have_text("Tags")


def test_columns_chosen_while_another_list_is_on_its_way_do_not_bring_back_the_old_one(desk):
    held = hold_first(desk, "**/returns/?*")
    desk.locator("label[for=state-Completed]").click()
    wait_until(desk, lambda: held)
    choose_columns(desk)
    desk.get_by_role("checkbox", name="Notes").uncheck()
    quiet_but_for_the_list = desk.locator(".htmx-request:not(#return-results)")
    expect(quiet_but_for_the_list).to_have_count(0)
    held[0].continue_()
    expect(desk).to_have_url("/returns/?state=Completed")
    settled(desk)
    expect(desk).to_have_url("/returns/?state=Completed")
    expect(desk.get_by_role("heading", name="No returns match")).to_be_visible()


def test_of_columns_chosen_quickly_the_last_choice_is_kept(desk, agent):
    choose_columns(desk)
    held = hold_first(desk, "**/preferences/columns/")
    desk.get_by_role("checkbox", name="Notes").uncheck()
    wait_until(desk, lambda: held)
    desk.get_by_role("checkbox", name="Carrier").check()
    settled(desk, held)
    # The server works on the first choice, whether or not anybody waits for it any more.
    answer = held[0].fetch()
    with suppress(Error):
        held[0].fulfill(response=answer)
    expect(desk.get_by_role("columnheader", name="Carrier")).to_be_visible()
    assert "carrier" in Preferences.objects.get(user=agent).columns


def test_the_density_applies_at_once(desk):
    row = desk.locator('[data-return="R1"]')
    tall = row.bounding_box()["height"]
    choose_columns(desk)
    desk.get_by_label("Compact").check()
    expect(desk.locator("#return-results")).to_have_attribute("data-density", "compact")
    assert row.bounding_box()["height"] < tall


@desk_and_phone
def test_columns_and_selection_have_no_barrier(window, agent, four, viewport, scheme):
    put_tag(four[0], "books")
    everything = [
        "reference",
        "updated",
        "waiting",
        "carrier",
        "channel",
        "source",
        "order",
        "tags",
    ]
    Preferences.objects.create(user=agent, columns=everything)
    page = window(agent, color_scheme=scheme, viewport=viewport)
    page.goto("/returns/?q=R")
    checkbox(page, "R2").check()
    assert barriers(page) == [], "selected"
    choose_columns(page)
    assert barriers(page) == [], "columns"
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.goto("/preferences/columns/")
    assert barriers(page) == [], "the page of columns"


def test_without_javascript_plain_forms_choose_columns(window, agent, four):
    page = window(agent, java_script_enabled=False)
    page.goto("/returns/?order=RSO")
    page.locator("#columns-menu summary").click()
    page.get_by_role("link", name="Choose columns").click()
    page.get_by_role("checkbox", name="Carrier").check()
    page.get_by_role("button", name="Move State up").click()
    expect(page).to_have_url("/returns/?order=RSO")
    assert headers(page)[:3] == ["Return", "Order", "State"]
    assert "Carrier" in headers(page)
    expect(page.locator("[name=select]").first).to_be_hidden()
