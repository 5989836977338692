"""What only a browser shows of the list and of a return's page: live filters, history, copying."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import DeadlinePolicy, ReturnTag, State
from tests.browser.lists import hold_the_list
from tests.browser.waiting import settled, wait_until
from tests.factories import make_return, make_returns, put_tag, put_tags

pytestmark = pytest.mark.django_db(transaction=True)

LONG_NUMBER = "1201450414625470014100902000010011"
FILTER_REQUESTS = "**/returns/?*"

# What a person sees of the list, and what the form would send next.
SEEN = """() => {
    const all = (selector, write) => [...document.querySelectorAll(selector)].map(write);
    return {
        rows: all('[data-return]', (row) => row.dataset.return),
        fields: [...new FormData(document.getElementById('return-filters'))].map(String),
        sort: all('[aria-sort]', (header) => header.textContent.trim() + header.ariaSort),
        counts: all('.filters .number, #return-count', (count) => count.textContent),
    };
}"""


@pytest.fixture
def three_returns(vocabulary):
    """Returns one, two and three, the newest first; two and three are of one order."""
    now = timezone.now()
    make_return("one", tracking_id=LONG_NUMBER, created_at=now - timedelta(hours=1))
    others = {"sales_order_reference_number": "ORD-77"}
    second = make_return("two", state=State.ARRIVED, created_at=now - timedelta(hours=2), **others)
    third = make_return(
        "three", state=State.COMPLETED, created_at=now - timedelta(hours=3), **others
    )
    put_tag(second, "books")
    put_tag(third, "books")
    put_tag(third, "damaged")


@pytest.fixture
def many_returns(vocabulary):
    """One hundred and twenty returns, in every state, each third one about books."""
    now = timezone.now()
    records = make_returns(
        {
            "reference": f"R{number:03}",
            "state": State.values[number % 2],
            "created_at": now - timedelta(minutes=number),
        }
        for number in range(120)
    )
    put_tags((record, "books") for record in records[::3])


@pytest.fixture
def desk(window, agent, three_returns) -> Page:
    """Open the list of three returns."""
    return open_list(window(agent))


def open_list(page: Page, query: str = "") -> Page:
    page.goto(f"/returns/{query}")
    return page


def box(page: Page):
    return page.get_by_label("Order, return or tracking number")


def order(page: Page):
    return page.get_by_role("searchbox", name="Order reference")


def choose_state(page: Page, state: str):
    page.locator(f"label[for=state-{state}]").click()


def choose_tag(page: Page, name: str):
    if not page.locator("#tag-picker[open]").count():
        page.locator("#tag-picker summary").click()
    page.locator("#tag-picker").get_by_label(name, exact=True).click()


def header(page: Page, name: str):
    return page.get_by_role("columnheader", name=name, exact=True)


def shows(page: Page, *references: str):
    """Wait until the list shows these returns in this order."""
    found = page.locator("#return-results a.reference")
    expect(found).to_have_count(len(references))
    if references:
        expect(found).to_have_text(list(references))


def address_is(page: Page, query: str):
    expect(page).to_have_url(re.compile(rf"/returns/{re.escape(query)}$"))


def requests_of(page: Page) -> list[str]:
    """Return a list that grows with every request for the list."""
    seen: list[str] = []
    page.on("request", lambda request: "/returns/?" in request.url and seen.append(request.url))
    return seen


def hold_first_answer(page: Page):
    """Keep the first request for the list waiting; return where it can be let go."""
    held: list = []
    page.route(
        FILTER_REQUESTS, lambda route: route.continue_() if held else held.append(route), times=9
    )
    return held


def type_at_once(page: Page, text: str, *, go_back: bool = False):
    """Type into the box faster than any driver does: all in one task of the browser."""
    page.evaluate(
        """([text, goBack]) => {
            document.getElementById("id_q").focus();
            for (const letter of text) document.execCommand("insertText", false, letter);
            if (goBack) history.back();
        }""",
        [text, go_back],
    )


def is_seen(page: Page, address: str, seen: dict):
    """Wait until the page shows again what was seen at an address."""
    expect(page).to_have_url(address)
    settled(page)
    assert page.evaluate(SEEN) == seen


# Filters while typing


@pytest.mark.parametrize(
    ("label", "text", "query", "found"),
    [
        ("Order, return or tracking number", "thr", "?q=thr", ["three"]),
        ("Order reference", "ord 77", "?order=ord+77", ["two", "three"]),
        ("Tracking ID", "0011", "?tracking=0011", ["one"]),
    ],
)
def test_typing_filters_and_the_address_follows(desk, label, text, query, found):
    field = desk.get_by_label(label)
    field.press_sequentially(text)
    shows(desk, *found)
    address_is(desk, query)
    expect(field).to_be_focused()
    expect(field).to_have_value(text)


def test_the_caret_stays_where_it_is(desk):
    box(desk).fill("tee")
    expect(desk.locator("#return-results")).to_contain_text("No returns match “tee”")
    box(desk).press("ArrowLeft")
    box(desk).press("ArrowLeft")
    box(desk).press_sequentially("hr")
    shows(desk, "three")
    assert box(desk).evaluate("field => [field.selectionStart, field.selectionEnd]") == [3, 3]


def test_an_answer_that_comes_while_typing_goes_on_takes_no_letter_away(desk):
    held = hold_first_answer(desk)
    box(desk).press_sequentially("t")
    wait_until(desk, lambda: held)
    box(desk).press_sequentially("h")
    held[0].continue_()
    shows(desk, "three")
    expect(box(desk)).to_have_value("th")
    expect(box(desk)).to_be_focused()
    address_is(desk, "?q=th")


def test_the_newest_answer_wins(desk):
    held = hold_first_answer(desk)
    box(desk).press_sequentially("t")
    wait_until(desk, lambda: held)
    box(desk).press_sequentially("wo")
    shows(desk, "two")
    held[0].continue_()
    settled(desk)
    shows(desk, "two")
    address_is(desk, "?q=two")


def test_a_word_typed_quickly_is_one_request(desk):
    requests = requests_of(desk)
    type_at_once(desk, "three")
    shows(desk, "three")
    settled(desk)
    assert len(requests) == 1


def test_clearing_the_box_shows_everything_again(desk):
    box(desk).press_sequentially("thr")
    shows(desk, "three")
    box(desk).fill("")
    shows(desk, "one", "two", "three")
    address_is(desk, "")


def test_enter_on_what_may_be_several_stays_on_the_list(desk):
    box(desk).fill("e")
    box(desk).press("Enter")
    shows(desk, "one", "three")
    address_is(desk, "?q=e")


def test_enter_on_one_return_opens_it_and_back_leads_to_the_list(desk):
    choose_state(desk, "Completed")
    address_is(desk, "?state=Completed")
    box(desk).fill("thr")
    box(desk).press("Enter")
    expect(desk.get_by_role("heading", name="three", level=1)).to_be_visible()
    desk.go_back()
    shows(desk, "three")


def test_the_box_of_another_page_leads_to_the_list(desk):
    desk.goto("/returns/one/")
    box(desk).fill("e")
    box(desk).press("Enter")
    shows(desk, "one", "three")
    expect(box(desk)).to_have_value("e")


# States, tags, counts


def test_several_states_may_be_on(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    choose_state(desk, "ReturnCreated")
    shows(desk, "one", "three")
    address_is(desk, "?state=ReturnCreated&state=Completed")
    choose_state(desk, "Completed")
    shows(desk, "one")


def test_counts_follow_the_filters_and_are_announced(desk):
    status = desk.locator("#return-count")
    expect(status).to_have_text("3 returns, newest first")
    # A live region that is replaced is not read aloud.
    status.evaluate("node => { node.isTheSame = true; }")
    order(desk).fill("ORD")
    expect(status).to_have_text("2 returns, newest first")
    expect(status).to_have_js_property("isTheSame", True)
    counts = [desk.locator(f"#count-{state}") for state in State.values]
    for count, number in zip(counts, "011", strict=True):
        expect(count).to_have_text(number)
    choose_state(desk, "Completed")
    expect(status).to_have_text("1 return, newest first")
    expect(counts[1]).to_have_text("1")


def test_tags_are_picked_one_after_the_other(desk):
    choose_tag(desk, "books")
    shows(desk, "two", "three")
    choose_tag(desk, "damaged")
    shows(desk, "three")
    expect(desk.locator("#tags-chosen")).to_have_text("2")
    address_is(desk, "?tag=damaged&tag=books")
    choose_tag(desk, "damaged")
    expect(desk.locator("#tags-chosen")).to_have_text("1")


def test_escape_closes_the_tags_and_gives_the_focus_back(desk):
    choose_tag(desk, "books")
    shows(desk, "two", "three")
    desk.keyboard.press("Escape")
    expect(desk.locator("#tag-picker .items")).to_be_hidden()
    expect(desk.locator("#tag-picker summary")).to_be_focused()
    shows(desk, "two", "three")


def test_a_tag_of_another_case_in_a_link_is_checked_and_not_lost(desk):
    open_list(desk, "?tag=BOOKS&tag=books")
    expect(desk.locator("#tags-chosen")).to_have_text("1")
    order(desk).fill("ORD")
    address_is(desk, "?order=ORD&tag=books")
    shows(desk, "two", "three")


def test_returns_without_a_tag_of_a_group_are_chosen_beside_its_tags(desk):
    choose_tag(desk, "No tag from Return reason")
    shows(desk, "one", "two")
    expect(desk.locator("#tags-chosen")).to_have_text("1")
    order(desk).fill("ORD")
    address_is(desk, "?order=ORD&missing_group=Return+reason")
    choose_tag(desk, "No tag from Return reason")
    address_is(desk, "?order=ORD")
    shows(desk, "two", "three")


def test_nothing_found_says_so_and_offers_the_way_out(desk):
    box(desk).fill("nothing like it")
    expect(desk.get_by_role("heading", name="No returns match")).to_be_visible()
    desk.get_by_role("link", name="Clear filters").click()
    shows(desk, "one", "two", "three")
    expect(box(desk)).to_have_value("")


# Order and pages


def test_headers_sort_and_the_filters_keep_the_order(desk):
    expect(header(desk, "Created")).to_have_attribute("aria-sort", "descending")
    header(desk, "Created").get_by_role("link").click()
    shows(desk, "three", "two", "one")
    expect(header(desk, "Created")).to_have_attribute("aria-sort", "ascending")
    expect(header(desk, "Created").get_by_role("link")).to_be_focused()
    order(desk).fill("ORD")
    shows(desk, "three", "two")
    address_is(desk, "?sort=created&order=ORD")
    header(desk, "Created").get_by_role("link").click()
    shows(desk, "two", "three")
    address_is(desk, "?order=ORD")


def test_a_header_pressed_while_a_filter_is_on_its_way_does_not_undo_it(desk):
    held = hold_first_answer(desk)
    box(desk).fill("t")
    wait_until(desk, lambda: held)
    header(desk, "Created").get_by_role("link").click()
    settled(desk, held)
    held[0].continue_()
    settled(desk)
    shows(desk, "two", "three")
    address_is(desk, "?q=t")


def test_typing_while_a_header_is_on_its_way_filters(desk):
    held = hold_first_answer(desk)
    header(desk, "Created").get_by_role("link").click()
    wait_until(desk, lambda: held)
    box(desk).fill("t")
    shows(desk, "two", "three")
    held[0].continue_()
    settled(desk)
    shows(desk, "two", "three")
    address_is(desk, "?q=t")


def test_pages_follow_each_other_and_a_filter_starts_at_the_first(window, agent, many_returns):
    page = open_list(window(agent))
    names = [f"R{number:03}" for number in range(120)]
    shows(page, *names[:50])
    page.get_by_role("link", name="Next").click()
    shows(page, *names[50:100])
    page.get_by_role("link", name="Next").click()
    shows(page, *names[100:])
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="Previous").click()
    shows(page, *names[50:100])
    choose_state(page, "ReturnCreated")
    shows(page, *names[:100:2])
    address_is(page, "?state=ReturnCreated")


# The address always says what you see


def steps_of(page: Page):
    """Filter, sort and turn the page step by step; yield after each."""
    yield
    order(page).fill("RSO")
    yield
    choose_state(page, "ReturnCreated")
    yield
    choose_tag(page, "books")
    yield
    page.keyboard.press("Escape")
    choose_state(page, "ArrivedToWarehouse")
    yield
    choose_tag(page, "books")
    yield
    header(page, "Order").get_by_role("link").click()
    yield
    page.get_by_role("link", name="Next").click()
    yield


def walk(page: Page) -> list[tuple[str, dict]]:
    """Take the steps; return each address with what is seen there."""
    seen = []
    for _ in steps_of(page):
        wait_until(page, lambda: not seen or page.url != seen[-1][0])
        settled(page)
        seen.append((page.url, page.evaluate(SEEN)))
    return seen


def test_back_forward_reload_and_a_pasted_link_show_the_same(window, agent, manager, many_returns):
    page = open_list(window(agent))
    seen = walk(page)
    for address, before in reversed(seen[:-1]):
        page.go_back()
        is_seen(page, address, before)
    for address, after in seen[1:]:
        page.go_forward()
        is_seen(page, address, after)
    page.reload()
    is_seen(page, *seen[-1])
    pasted = window(manager)
    for address, before in seen:
        pasted.goto(address)
        is_seen(pasted, address, before)


def test_back_from_a_return_leads_to_the_filtered_list(desk):
    order(desk).press_sequentially("ORD")
    shows(desk, "two", "three")
    choose_state(desk, "Completed")
    shows(desk, "three")
    address, before = desk.url, desk.evaluate(SEEN)
    desk.get_by_role("link", name="three", exact=True).click()
    expect(desk.get_by_role("heading", name="three", level=1)).to_be_visible()
    desk.go_back()
    is_seen(desk, address, before)
    choose_state(desk, "Completed")
    shows(desk, "two", "three")


def test_back_shows_the_filters_of_the_list_that_comes_back(desk):
    held = hold_the_list(desk)
    choose_state(desk, "Completed")
    wait_until(desk, lambda: held)
    settled(desk, held)
    assert len(held) == 1
    desk.get_by_role("link", name="three", exact=True).click()
    expect(desk.get_by_role("heading", name="three", level=1)).to_be_visible()
    desk.go_back()
    shows(desk, "one", "two", "three")
    address_is(desk, "")
    expect(desk.locator("#state-Completed")).not_to_be_checked()


def test_filters_work_on_after_going_back(desk):
    order(desk).fill("ORD")
    shows(desk, "two", "three")
    desk.go_back()
    shows(desk, "one", "two", "three")
    expect(order(desk)).to_have_value("")
    box(desk).press_sequentially("thr")
    shows(desk, "three")
    address_is(desk, "?q=thr")


def test_going_back_while_an_answer_is_on_its_way_stays_there(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    held = hold_first_answer(desk)
    box(desk).fill("t")
    wait_until(desk, lambda: held)
    desk.go_back()
    shows(desk, "one", "two", "three")
    held[0].continue_()
    settled(desk)
    shows(desk, "one", "two", "three")
    address_is(desk, "")
    expect(box(desk)).to_have_value("")


def test_going_back_just_after_typing_stays_there(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    type_at_once(desk, "t", go_back=True)
    shows(desk, "one", "two", "three")
    settled(desk)
    shows(desk, "one", "two", "three")
    address_is(desk, "")
    expect(box(desk)).to_have_value("")


def test_the_list_that_is_left_asks_for_nothing_while_back_waits(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    held: list = []
    desk.route("**/returns/", lambda route: held.append(route), times=1)
    type_at_once(desk, "t", go_back=True)
    wait_until(desk, lambda: held)
    settled(desk, held)
    address_is(desk, "")
    held[0].continue_()
    shows(desk, "one", "two", "three")
    address_is(desk, "")
    box(desk).press_sequentially("thr")
    shows(desk, "three")


def test_back_twice_asks_for_nothing_of_what_is_left_either(desk):
    choose_state(desk, "Completed")
    address_is(desk, "?state=Completed")
    choose_tag(desk, "damaged")
    address_is(desk, "?state=Completed&tag=damaged")
    held: list = []
    desk.route("**/returns/**", lambda route: held.append(route), times=2)
    desk.evaluate("history.back()")
    wait_until(desk, lambda: len(held) == 1)
    type_at_once(desk, "t", go_back=True)
    wait_until(desk, lambda: len(held) == 2)
    settled(desk, held[1:])
    address_is(desk, "")
    held[1].continue_()
    shows(desk, "one", "two", "three")
    address_is(desk, "")


def test_what_is_changed_on_its_way_is_written_though_back_was_pressed(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    row = desk.locator("tr[data-return=three]")
    row.get_by_role("button", name="Edit tags").click()
    held: list = []
    desk.route("**/tags/", lambda route: held.append(route), times=1)
    row.get_by_role("button", name="Remove books").click()
    wait_until(desk, lambda: held)
    desk.evaluate("history.back()")
    shows(desk, "one", "two", "three")
    held[0].continue_()
    wait_until(
        desk,
        lambda: (
            not ReturnTag.objects.filter(
                entity__return_reference_number="three", tag__name="books"
            ).exists()
        ),
    )


def test_what_was_asked_for_before_back_is_not_answered(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    late, held = hold_first_answer(desk), []
    box(desk).press_sequentially("t")
    wait_until(desk, lambda: late)
    desk.route("**/returns/", lambda route: held.append(route), times=1)
    desk.evaluate("history.back()")
    wait_until(desk, lambda: held)
    late[0].continue_()
    settled(desk, held)
    address_is(desk, "")
    held[0].continue_()
    shows(desk, "one", "two", "three")
    address_is(desk, "")


def test_next_pressed_twice_turns_one_page(window, agent, many_returns):
    page = open_list(window(agent))
    page.get_by_role("link", name="Next").dblclick()
    shows(page, *[f"R{number:03}" for number in range(50, 100)])
    page.go_back()
    shows(page, *[f"R{number:03}" for number in range(50)])


def test_an_address_that_cannot_be_understood_is_explained(desk):
    for query in ("?stete=Completed", "?state=Lost", "?tag=no-such-tag"):
        open_list(desk, query)
        expect(desk.get_by_role("alert").first).to_contain_text("address is not valid")
        shows(desk)
    desk.get_by_role("link", name="Show all returns").click()
    shows(desk, "one", "two", "three")


# Without JavaScript


def test_without_javascript_a_plain_form_does_the_same(window, agent, three_returns):
    page = open_list(window(agent, java_script_enabled=False))
    order(page).fill("ORD")
    choose_state(page, "Completed")
    choose_tag(page, "books")
    page.get_by_role("button", name="Filter").click()
    shows(page, "three")
    expect(order(page)).to_have_value("ORD")
    expect(page.locator("#state-Completed")).to_be_checked()
    expect(page.locator("#tags-chosen")).to_have_text("1")
    box(page).fill("tw")
    box(page).press("Enter")
    shows(page)
    page.get_by_role("link", name="Clear filters").click()
    shows(page, "one", "two", "three")


def test_without_javascript_links_sort_and_turn_pages(window, agent, many_returns):
    page = open_list(window(agent, java_script_enabled=False))
    header(page, "Created").get_by_role("link").click()
    expect(header(page, "Created")).to_have_attribute("aria-sort", "ascending")
    names = [f"R{number:03}" for number in reversed(range(120))]
    page.get_by_role("link", name="Next").click()
    shows(page, *names[50:100])
    page.get_by_role("link", name="Previous").click()
    shows(page, *names[:50])
    choose_state(page, "ReturnCreated")
    page.get_by_role("button", name="Filter").click()
    shows(page, *names[1::2][:50])


# Who


def test_signing_in_again_leads_back_to_what_was_asked_for(desk):
    choose_state(desk, "Completed")
    shows(desk, "three")
    other = desk.context.new_page()
    open_list(other).locator("#person-menu summary").click()
    other.get_by_role("button", name="Sign out").click()
    box(desk).fill("thr")
    expect(desk).to_have_url(re.compile("/accounts/login/"))
    desk.get_by_label("Username").fill("agent")
    desk.get_by_label("Password").fill("secret-parcel")
    desk.get_by_role("button", name="Sign in").click()
    shows(desk, "three")
    expect(box(desk)).to_have_value("thr")
    expect(desk.locator("#state-Completed")).to_be_checked()


def test_a_person_without_a_role_reads_whom_to_ask(window, stranger, three_returns):
    page = open_list(window(stranger))
    expect(page.get_by_role("heading", name="You have no role yet")).to_be_visible()
    expect(page.locator("#return-results")).to_have_count(0)


def test_what_one_window_tags_another_one_finds(desk, window, manager):
    other = open_list(window(manager))
    choose_state(other, "ReturnCreated")
    shows(other, "one")
    other.locator("[data-return=one]").get_by_role("button", name="Edit tags").click()
    expect(other.get_by_role("combobox", name="Add a tag")).to_be_focused()
    other.keyboard.type("damaged\n")
    expect(other.locator(".tagging [data-tag=damaged]")).to_be_visible()
    choose_tag(desk, "damaged")
    shows(desk, "one", "three")
    shows(other, "one")


# What people wrote is text


HTML = '<img src=x><b>crushed</b> "&amp;'


def test_html_of_a_record_is_text(window, agent):
    make_return("<b>1</b>", notes=HTML, sales_order_reference_number="<i>RSO</i>")
    page = open_list(window(agent))
    shows(page, "<b>1</b>")
    expect(page.locator("td.note")).to_have_text(HTML)
    page.get_by_role("link", name="<b>1</b>").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>1</b>")
    expect(page.locator(".prose")).to_have_text(HTML)
    expect(page.locator("main img")).to_have_count(0)


def test_html_that_is_typed_is_text(desk):
    text = '"><script>alert(1)</script>'
    order(desk).fill(text)
    shows(desk)
    desk.reload()
    expect(order(desk)).to_have_value(text)
    shows(desk)


# The page of a return


def test_copy_buttons_copy_the_whole_number(window, agent):
    make_return("Return-1", tracking_id=LONG_NUMBER, sales_order_reference_number="RSO 1")
    page = window(agent, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/returns/Return-1/")
    numbers = {"return reference": "Return-1", "order reference": "RSO 1"}
    for what, number in (numbers | {"tracking ID": LONG_NUMBER}).items():
        button = page.get_by_role("button", name=f"Copy {what}")
        button.click()
        expect(button).to_have_class(re.compile("is-copied"))
        assert page.evaluate("navigator.clipboard.readText()") == number


def test_the_steps_say_where_a_return_is(desk):
    desk.goto("/returns/two/")
    steps = desk.get_by_role("region", name="Status").get_by_role("listitem")
    for step, words in enumerate(["Created", "1 h after creation", "not yet"]):
        expect(steps.nth(step)).to_contain_text(words)
    expect(steps.nth(1)).to_have_attribute("aria-current", "step")
    expect(steps.nth(1)).to_be_in_viewport()
    others = desk.get_by_role("region", name="Other returns of this order")
    others.get_by_role("link", name="three").click()
    expect(desk.get_by_role("heading", name="three", level=1)).to_be_visible()


# On a phone


def test_rows_are_cards_on_a_phone(window, agent, three_returns):
    page = open_list(window(agent, viewport={"width": 390, "height": 844}, has_touch=True))
    card = page.locator("[data-return=one]")
    expect(card).not_to_have_css("display", "table-row")
    expect(card).to_contain_text(LONG_NUMBER[-8:])
    page.get_by_role("button", name="Filters").tap()
    choose_tag(page, "books")
    shows(page, "two", "three")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.keyboard.press("Escape")
    box(page).fill("thr")
    shows(page, "three")
    assert page.locator("[data-return=three]").bounding_box()["width"] > 300
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


# How far the last letter of a number lies beside the box that shows it; 0 if it is seen.
HIDDEN_ENDS = """() => [...document.querySelectorAll(".ends")].filter((box) => {
    const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (texts.nextNode());
    const last = document.createRange();
    last.setStart(texts.currentNode, texts.currentNode.length - 1);
    last.setEnd(texts.currentNode, texts.currentNode.length);
    const letter = last.getBoundingClientRect();
    let seen = box.getBoundingClientRect();
    for (let each = box; each.tagName !== "BODY"; each = each.parentElement) {
        if (getComputedStyle(each).overflowX === "hidden") {
            const { left, right } = each.getBoundingClientRect();
            seen = { left: Math.max(seen.left, left), right: Math.min(seen.right, right) };
        }
    }
    return letter.width < 1 || letter.right > seen.right + 1 || letter.left < seen.left - 1;
}).map((box) => box.textContent)"""


@pytest.mark.parametrize("address", ["/returns/", "/queue/"])
def test_numbers_keep_their_ends_where_room_is_short(window, manager, vocabulary, address):
    for letters in ("W" * 24, "1" * 34, "MMMMMM-M8"):
        make_return(
            letters,
            state=State.ARRIVED,
            sales_order_reference_number=f"{letters[:28]}-A",
            tracking_id=f"{letters}B",
        )
    page = window(manager)
    page.goto(address)
    expect(page.locator(".ends")).to_have_count(9)
    for width in (390, 768, 1000, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(HIDDEN_ENDS) == [], width


def test_a_number_is_copied_and_found_whole(desk, three_returns):
    desk.goto("/returns/")
    number = desk.locator("#return-results .ends").filter(has_text=LONG_NUMBER)
    number.dblclick()
    assert desk.evaluate("getSelection().toString()").strip() == LONG_NUMBER
    assert desk.evaluate(f"find('{LONG_NUMBER}', false, false, true)")


@pytest.mark.parametrize("path", ["/returns/", "/queue/?queue=to_inspect"])
def test_at_double_zoom_a_table_has_its_rows_above_the_fold(window, agent, path):
    now = timezone.now()
    record = make_return("Return-1", state=State.ARRIVED, arrived_to_warehouse_at=now)
    page = window(agent, viewport={"width": 720, "height": 450})
    page.goto(path)
    row = page.get_by_role("row").filter(has_text=record.return_reference_number)
    expect(page.get_by_role("columnheader", name="Return", exact=True)).to_be_visible()
    box = row.bounding_box()
    assert box["y"] + box["height"] <= 450
    expect(row.get_by_role("button", name="Edit tags of Return-1", exact=True)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_on_a_phone_the_list_is_sorted_among_the_filters(window, admin, vocabulary):
    now = timezone.now()
    for hours in (1, 2):
        make_return(f"R{hours}", created_at=now - timedelta(hours=hours))
    page = window(admin, viewport={"width": 390, "height": 844})
    page.goto("/returns/")
    page.get_by_role("button", name="Filters").click()
    sort = page.get_by_label("Sort", exact=True)
    sort.select_option("Oldest first")
    shows(page, "R2", "R1")
    address_is(page, "?sort=created")
    page.get_by_label("Order reference").fill("RSO")
    address_is(page, "?sort=created&order=RSO")
    page.reload()
    page.get_by_role("button", name="Filters").click()
    expect(sort).to_have_value("created")
    sort.select_option("Newest first")
    shows(page, "R1", "R2")
    address_is(page, "?order=RSO")


@pytest.mark.parametrize("path", ["/returns/", "/queue/?queue=to_inspect"])
def test_on_a_phone_the_first_row_is_seen_and_filters_lie_behind_a_button(
    window, admin, vocabulary, path
):
    make_return("Return-1", state=State.ARRIVED, tracking_id="77")
    DeadlinePolicy.objects.create(name="All", amount=1, unit="hours", position=1)
    page = window(admin, viewport={"width": 390, "height": 844})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    row = page.locator("tr[data-return]")
    assert row.bounding_box()["y"] < 320
    if path != "/returns/":
        # The ages are a thin line; what it says comes with the filters.
        expect(page.locator("[data-chosen] .ageing")).to_be_visible()
        expect(page.locator("[data-chosen] .legend")).to_be_hidden()
    navigation = page.get_by_role("navigation", name="Main")
    assert navigation.locator("> :is(a, details):visible").count() <= 5
    expect(page.get_by_label("Tracking ID")).to_be_hidden()
    button = page.get_by_role("button", name="Filters")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    if path != "/returns/":
        expect(page.locator("[data-chosen] .legend")).to_be_visible()
    page.get_by_label("Tracking ID").fill("78")
    expect(row).to_have_count(0)
    navigation.get_by_text("More").click()
    navigation.get_by_role("link", name="Deadlines").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deadlines")
