"""What comes is on every open page within seconds, and nothing that a person does is disturbed."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from returns.models import FeedRun, Outcome, Return, ReturnTag, State, Way
from tests.browser.lists import quiet, shows
from tests.browser.test_barriers import DESK, barriers, barriers_on_desk_and_phone, desk_and_phone
from tests.browser.waiting import settled
from tests.factories import make_comment, make_return, make_returns, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
WITHIN = 5_000  # milliseconds
LIST, QUEUE = "/returns/", "/queue/?queue=to_inspect"


def _address() -> str:
    at = connection.settings_dict
    host, port = quote(at["HOST"], safe=""), at["PORT"]
    person = f"{at['USER']}:{quote(at['PASSWORD'])}" if at["PASSWORD"] else at["USER"]
    return f"postgres://{person}@{host}{f':{port}' if port else ''}/{at['NAME']}"


@pytest.fixture
def bring(tmp_path) -> Callable[[str], None]:
    """Bring a parcel with a process of its own, as a feed does; it goes on until it is done."""

    def run(reference: str) -> None:
        now = datetime.now(UTC).isoformat()
        record = {
            "returnReferenceNumber": reference,
            "state": State.ARRIVED,
            "createdAt": now,
            "updatedAt": now,
            "arrivedToWarehouseAt": now,
        }
        file = tmp_path / f"{reference}.json"
        file.write_text(json.dumps({"items": [record]}))
        settings = {
            "DATABASE_URL": _address(),
            "SECRET_KEY": "a test signs nothing that anybody keeps 0123456789 0123456789",
            "ALLOWED_HOSTS": "localhost",
        }
        command = [sys.executable, "manage.py", "import_returns", str(file)]
        subprocess.run(
            command, cwd=ROOT, env=os.environ | settings, check=True, stdout=subprocess.PIPE
        )

    return run


@pytest.fixture
def waiting(vocabulary) -> None:
    """Let as many returns wait as fill a screen."""
    for number in range(40):
        make_return(f"Old-{number:02}", state=State.ARRIVED)


def hide(page: Page, *, hidden: bool) -> None:
    """Let the page believe that another tab is in front of it, or no longer."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.fixture
def watched(window, manager, waiting) -> Callable[..., Page]:
    """Open a manager's window whose clock can be put forward."""

    def open_window(**options) -> Page:
        page = window(manager, **options)
        page.clock.install()
        return page

    return open_window


def pass_by(page: Page, seconds: float = WITHIN / 1000) -> None:
    """Let so many seconds pass by the clock of a watched page, in an instant."""
    left = int(seconds * 1000)
    while left > 0:
        quiet(page)
        page.clock.run_for(min(left, WITHIN))
        left -= WITHIN


def polls(page: Page) -> list[str]:
    """Return a list that the page's polls go into."""
    asked: list[str] = []
    page.on("request", lambda request: "/live/" in request.url and asked.append(request.url))
    return asked


def place(page: Page) -> dict:
    """Return what a person would see move: rows, scroll, focus, caret, and what they typed."""
    return page.evaluate(
        """() => {
          const field = document.activeElement;
          const tops = [...document.querySelectorAll("#return-results tr, .filter-line, .queue")];
          return {
            tops: tops.map((element) => element.getBoundingClientRect().top),
            scroll: [scrollX, scrollY],
            focus: field.id,
            typed: field.value,
            caret: [field.selectionStart, field.selectionEnd],
          };
        }"""
    )


NOTE_END_OF_SCROLLING = """() => {
    window.scrolled = new Promise((end) => addEventListener("scrollend", () => end(), true));
}"""


def test_a_parcel_is_on_every_open_page_within_five_seconds(window, manager, waiting, bring):
    queue, listed = window(manager, viewport=DESK), window(manager, viewport=DESK)
    queue.goto(QUEUE)
    listed.goto(LIST)
    # One has a tag half typed and is scrolled, the other a filter whose letters are not complete.
    row = queue.locator("tr[data-return=Old-20]")
    row.get_by_role("button", name="Edit tags").click()
    row.get_by_role("combobox", name="Add a tag").press_sequentially("el", delay=20)
    queue.keyboard.press("ArrowLeft")
    queue.evaluate(NOTE_END_OF_SCROLLING)
    queue.mouse.wheel(0, 120)
    queue.evaluate("() => window.scrolled")
    listed.locator("#more-filters summary").click()
    listed.get_by_label("Order reference").focus()
    for page in (queue, listed):
        settled(page)
    before = [place(page) for page in (queue, listed)]
    bring("New-1")
    done = time.monotonic()
    for page, name in ((queue, "queue"), (listed, "list")):
        expect(page.locator("#news b")).to_have_text("1 arrived", timeout=WITHIN)
        print(f"{name}: {time.monotonic() - done:.1f} s after the import was done")  # noqa: T201
    assert [place(page) for page in (queue, listed)] == before
    assert before[0]["typed"] == "el"
    assert before[0]["scroll"][1] > 0
    for page in (queue, listed):
        expect(page).to_have_title(page_title := page.title())
        assert page_title.startswith("(1) ")
        expect(page.locator("#announcer")).to_have_text("1 arrived")
    expect(queue.locator("#queue-to_inspect .big")).to_have_text("41")
    expect(listed.locator("#count-ArrivedToWarehouse")).to_have_text("41")
    bring("New-2")
    for page in (queue, listed):
        expect(page.locator("#news b")).to_have_text("2 arrived", timeout=WITHIN)
    assert [place(page) for page in (queue, listed)] == before


def test_show_brings_the_rows_and_marks_them(watched):
    page = watched()
    page.goto(f"{LIST}?state=ArrivedToWarehouse")
    make_return("New", state=State.ARRIVED)
    make_return("Other", state=State.CREATED)
    pass_by(page)
    expect(page.locator("#news b")).to_have_text("1 arrived")
    page.get_by_role("link", name="Show", exact=True).click()
    new = page.locator("#return-results tr.is-new")
    expect(new).to_have_count(1)
    expect(new.locator("a.reference")).to_have_text("New")
    expect(new.locator("a.reference")).to_be_focused()
    expect(page.locator("#news")).to_be_empty()
    expect(page).to_have_title("Returns · Returns desk")
    make_return("Newer", state=State.ARRIVED)
    pass_by(page)
    expect(page.locator("#news b")).to_have_text("1 arrived")
    page.get_by_role("link", name="Only these").click()
    shows(page, "Newer")


def test_news_are_those_of_the_filter_that_is_shown_by_now(watched):
    page = watched()
    page.goto(LIST)
    page.get_by_role("checkbox", name="Completed").check()
    expect(page).to_have_url("/returns/?state=Completed")
    make_return("Waits", state=State.ARRIVED)
    make_return("Done", state=State.COMPLETED)
    pass_by(page)
    expect(page.locator("#news b")).to_have_text("1 completed")
    page.get_by_role("checkbox", name="Completed").uncheck()
    shows_all = page.locator("#return-results a.reference", has_text="Waits")
    expect(shows_all).to_be_visible()
    expect(page.locator("#news")).to_be_empty()
    expect(page).to_have_title("Returns · Returns desk")


def test_a_hidden_tab_asks_once_a_minute_and_at_once_when_it_is_seen(watched):
    page = watched()
    page.goto(LIST)
    asked = polls(page)
    with page.expect_response("**/live/**"):
        pass_by(page)
    hide(page, hidden=True)
    asked.clear()
    make_return("New", state=State.ARRIVED)
    pass_by(page, 50)
    settled(page)
    assert asked == []
    pass_by(page, 15)
    expect(page).to_have_title("(1) Returns · Returns desk")
    assert len(asked) == 1
    make_return("Newer", state=State.ARRIVED)
    hide(page, hidden=False)
    expect(page.locator("#news b")).to_have_text("2 arrived")
    assert len(asked) == 2


def test_a_row_that_leaves_says_so_in_its_place(watched):
    page = watched(viewport=DESK)
    page.goto(f"{QUEUE}&group=carrier")
    expect(page).to_have_title("Queue · Returns desk")
    row = page.locator("tr[data-return=Old-03]")
    page.locator("tr[data-return=Old-05] a.reference").focus()
    before = place(page)
    done = timezone.now() - timedelta(minutes=40)
    old = Return.objects.get(return_reference_number="Old-03")
    Return.objects.filter(pk=old.pk).update(state=State.COMPLETED, completed_at=done)
    make_return("New", state=State.ARRIVED)
    make_comment(Return.objects.get(return_reference_number="Old-04"), User.objects.get())
    pass_by(page)
    expect(page.locator("#news b")).to_have_text("1 arrived, 1 left this page")
    expect(row.locator(".left-note")).to_have_text(re.compile(r"completed 4\d min ago"))
    expect(page.locator("tr[data-return=Old-04] .commented")).to_have_text("1 comment")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.locator("#announcer")).to_have_text("1 arrived, 1 left this page")
    assert place(page) == before
    assert barriers_on_desk_and_phone(page) == []
    page.get_by_role("link", name="Show", exact=True).click()
    expect(row).to_have_count(0)
    expect(page.locator(".left-note")).to_have_count(0)
    expect(page).to_have_title("Queue · Returns desk")


def test_tags_follow_in_their_place_and_an_open_editor_keeps_its_text(watched):
    old, edited = (Return.objects.get(return_reference_number=f"Old-{n}") for n in ("03", "05"))
    put_tag(old, "vip-customer")
    page = watched(viewport=DESK)
    page.goto(QUEUE)
    edited_row = page.locator("tr[data-return=Old-05]")
    edited_row.get_by_role("button", name="Edit tags").click()
    edited_row.get_by_role("combobox", name="Add a tag").press_sequentially("el")
    before = place(page)
    ReturnTag.objects.all().delete()
    for record in (old, edited):
        put_tag(record, "urgent-refund")
    pass_by(page)
    expect(page.locator("tr[data-return=Old-03] .tags")).to_have_text("urgent-refund")
    assert place(page) == before
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(edited_row.locator(".tags")).to_have_text("urgent-refund")


def test_numbers_that_grow_move_no_row(watched):
    page = watched(viewport=DESK)
    Return.objects.all().delete()
    page.goto(QUEUE)
    before = place(page)
    make_returns({"state": State.ARRIVED} for _ in range(1_200))
    make_returns({"state": State.CREATED} for _ in range(20))
    pass_by(page)
    expect(page.locator("#queue-to_inspect .big")).to_have_text("1,200")
    assert place(page) == before


def test_a_server_that_is_silent_is_said_to_be_and_that_it_speaks_again(watched):
    page = watched()
    page.goto(LIST)
    line = page.locator("#live-line [data-sentence=server]")
    page.get_by_label("Order reference").fill("half ty")
    # The answer to what was typed is a sign of life too.
    expect(page).to_have_url(re.compile("order=half"))
    page.route("**/live/**", lambda route: route.abort())
    pass_by(page, 10)
    expect(line).to_be_hidden()
    pass_by(page, 10)
    expect(line).to_be_visible()
    expect(line).to_have_text(
        re.compile(r"No answer from the server for \d+ s\. What you see may be out of date\.")
    )
    expect(page.locator("#announcer")).to_contain_text("No answer from the server")
    expect(page.locator("#trouble")).to_be_hidden()
    assert barriers(page) == []
    page.unroute("**/live/**")
    pass_by(page)
    expect(line).to_be_hidden()
    expect(page.get_by_label("Order reference")).to_have_value("half ty")


def test_who_was_signed_out_is_told_and_led_back(watched):
    page = watched()
    page.goto(f"{LIST}?state=Completed")
    page.context.clear_cookies()
    link = page.locator("#live-line").get_by_role("link", name="Sign in")
    pass_by(page)
    expect(link).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()
    assert barriers(page) == []
    link.click()
    page.get_by_label("Username").fill("manager")
    page.get_by_label("Password").fill("secret-parcel")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url("/returns/?state=Completed")


def test_the_sound_is_a_choice_that_stays(watched):
    page = watched()
    page.goto(LIST)
    button = page.get_by_role("button", name="Sound")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    make_return("New", state=State.ARRIVED)
    pass_by(page)
    expect(page.locator("#news b")).to_have_text("1 arrived")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


@desk_and_phone
def test_news_have_no_barrier_and_need_no_wider_page(watched, viewport, scheme):
    page = watched(color_scheme=scheme, viewport=viewport)
    for path in (LIST, QUEUE):
        page.goto(path)
        settled(page)
        before = page.locator(".filter-line").bounding_box()
        for _ in range(3):
            make_return(state=State.ARRIVED)
        pass_by(page)
        expect(page.locator("#news b")).to_have_text("3 arrived")
        assert page.locator(".filter-line").bounding_box() == before
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert barriers(page) == []
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{path.split('/')[1]}-{viewport['width']}-{scheme}.png")


def test_without_javascript_the_page_says_how_new_the_feed_is(window, manager, waiting):
    day_ago = timezone.now() - timedelta(days=1, minutes=1)
    FeedRun.objects.create(way=Way.PULL, origin="far", outcome=Outcome.DONE, ended_at=day_ago)
    page = window(manager, java_script_enabled=False)
    page.goto(LIST)
    expect(page.locator("#live-line")).to_contain_text("The feed has been silent for 1 d")
    expect(page.get_by_role("button", name="Sound")).to_be_hidden()
