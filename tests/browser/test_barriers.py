"""No page, in no state and in neither theme, has a barrier that axe finds."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from returns.models import Delivery, State, Subscription, TagRule
from returns.outgoing import editing as subscriptions
from returns.outgoing import noting
from returns.outgoing.sending import Answer
from returns.rules import editing as rules
from tags import editing
from tests.browser.waiting import NOTE_WHAT_IS_PENDING, settled
from tests.factories import line_item, make_return, make_tag, put_tag
from tests.returns.feed.orders import samples as orders
from tests.returns.feed.test_runs import BAD, bring, sent

pytestmark = pytest.mark.django_db(transaction=True)

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# For tests whose steps differ in width: each width once, and each theme once.
desk_and_phone = pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"]
)


# Only what is asked for, which halves the time. Without the style sheets axe cannot tell whether a
# page refuses to be turned; test_static.py says that none does.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}


def barriers(page: Page, **options: object) -> list[str]:
    """Return what axe finds, as lines to read: the rule, and the element that breaks it."""
    # Not the page that is being left, and what fades in when it is there.
    settled(page)
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    found = Axe().run(page, options=AXE_OPTIONS | options).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


def barriers_in_both_themes(page: Page) -> list[str]:
    """Return what axe finds in the light theme, and which colors it finds too weak in the dark."""
    found = barriers(page)
    page.emulate_media(color_scheme="dark")
    found += barriers(page, runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")
    return found


def barriers_on_desk_and_phone(page: Page) -> list[str]:
    """Return what axe finds on a phone in the dark theme, and on a desk in the light one."""
    found = []
    for viewport, scheme in ((PHONE, "dark"), (DESK, "light")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {barrier}" for barrier in barriers(page)]
    return found


@pytest.fixture
def returns(vocabulary):
    """Three returns of one order, in each state, with tags, long texts and missing numbers."""
    lines = [
        line_item("1", "TS-RED-M" * 4, "Damaged", damaged_state="WaitingInWarehouse"),
        line_item("2", "MUG", "Missing", serial_number="SN-4711" * 4),
        line_item("3", state="WaitingToBeProcessed"),
        line_item("4"),
    ]
    long = make_return(
        "Return-1",
        state=State.COMPLETED,
        notes="Too small. " * 60,
        tracking_id="12014504" * 4,
        line_items=lines,
    )
    for name in ("urgent-refund", "wrong-size", "apparel"):
        put_tag(long, name)
    ordered = [orders.ITEM | {"sku": "MUG", "amountInOrder": 3}, {"sku": "NO-PRICE"}]
    orders.bring(orders.an_order(long.sales_order_reference_number, lineItems=ordered))
    make_return("Return-2", state=State.ARRIVED, tracking_id="")
    make_return("Return-3", sales_order_reference_number="")
    bring(sent("Return-4"), BAD)


@pytest.fixture
def page(window, manager, returns) -> Page:
    """Return a manager's window."""
    return window(manager, viewport=DESK)


PAGES = {
    "the list": "/returns/",
    "the list, filtered": "/returns/?q=Return&state=Completed&tag=wrong-size&sort=-arrived",
    "why each was found": "/returns/?q=1201450412",
    "numbers that were not found": "/returns/?q=Return-1,Return-2,NOWHERE-77",
    "no match": "/returns/?q=nothing",
    "the nearest": "/returns/?q=12014504120145041201450412014599",
    "an address that is not understood": "/returns/?stete=Completed",
    "a return": "/returns/Return-1/",
    "a return with hardly anything": "/returns/Return-3/",
    "no such return": "/returns/Return-0/",
    "an order": "/orders/RSO2000001/",
    "an order that only its returns tell of": "/orders/RSO2000002/",
    "no such order": "/orders/RSO0/",
    "the queue": "/queue/?queue=to_inspect",
    "a bucket of the queue": "/queue/?queue=to_inspect&waiting_under=24",
    "a bucket of what is on the way": "/queue/?queue=on_the_way&on_the_way_over=72",
    "an empty queue": "/queue/?queue=completed_today&tag=books",
    "data quality": "/queue/problems/",
    "returns with a problem": "/returns/?problem=no_order&problem=silent",
    "a hand-over list": "/queue/handover/?queue=to_inspect",
    "nothing to hand over": "/queue/handover/?queue=completed_today&tag=books",
    "saved views": "/views/",
    "sentences": "/sentences/",
    "tags": "/tags/",
    "a new tag": "/tags/new/",
    "a new group": "/tags/groups/new/",
    "changes of the tags": "/tags/history/",
    "nothing to merge": "/tags/merge/",
    "tags for many": "/bulk/?state=Completed",
    "tags for none": "/bulk/?q=nothing",
    "tags for what is not understood": "/bulk/?stete=Completed",
    "the filter of a new rule": "/rules/new/filter/?state=Completed",
    "the filter of a new deadline": "/deadlines/new/filter/?tag=wrong-size",
    "mine": "/mine/",
    "notices": "/notices/",
    "activity": "/activity/",
    "record of access": "/trail/",
    "a wrong filter of the record of access": "/trail/?kinds=x&since=yesterday",
    "columns": "/preferences/columns/",
    "preferences": "/preferences/",
    "password": "/accounts/password/",
    "a report": "/reports/?period=90",
    "speed": "/reports/speed/?period=90",
    "why": "/reports/why/?period=90",
    "what was inside": "/reports/what/?period=90",
    "orders of several": "/reports/orders/?period=90",
    "tags at work": "/reports/rules/",
    "a report that is not understood": "/reports/?stete=Completed",
    "the feed": "/feed/",
    "rejected records": "/feed/rejected/",
    "records set aside": "/feed/rejected/?fate=aside",
    "how to call the API": "/openapi/v1/docs",
}


def test_pages(page):
    for name, path in PAGES.items():
        page.goto(path)
        assert barriers_on_desk_and_phone(page) == [], name
    page.goto("/feed/")
    page.get_by_role("region", name="Runs").get_by_role("link").first.click()
    assert barriers_on_desk_and_phone(page) == [], "a run of the feed"


def test_the_vocabulary(page):
    tag, other = make_tag("wrong-size"), make_tag("apparel")
    editing.add_synonym(tag, "too small", None)
    editing.retire(make_tag("books"), None, on=True)
    for path in (
        "/tags/",
        f"/tags/{tag.pk}/",
        f"/tags/groups/{tag.group_id}/",
        f"/tags/merge/?tag={tag.pk}&into={other.pk}",
        f"/tags/merge/?tag={tag.pk}&into={make_tag('standard').pk}",
        "/tags/history/",
    ):
        page.goto(path)
        assert barriers_in_both_themes(page) == [], path


def test_rules(page):
    TagRule.objects.all().delete()
    page.goto("/rules/")
    assert barriers_in_both_themes(page) == [], "none yet"
    page.goto("/rules/new/?stete=Completed")
    assert barriers_in_both_themes(page) == [], "not understood"
    page.goto("/rules/new/?state=Completed")
    assert barriers_in_both_themes(page) == [], "new"
    page.get_by_role("button", name="Save").click()
    assert barriers_in_both_themes(page) == [], "not kept"
    page.get_by_label("Name").fill("Done")
    page.get_by_role("group", name="Add").get_by_label("books").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Dry run")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "dry run"
    rule = TagRule.objects.get()
    for _ in range(3):
        rules.note_failure(rule, "There is no such tag.")
    for path in ("/rules/", f"/rules/{rule.pk}/", f"/rules/{rule.pk}/filter/"):
        page.goto(path)
        assert barriers_in_both_themes(page) == [], path


def test_notifications(page):
    page.goto("/outgoing/")
    assert barriers_in_both_themes(page) == [], "none yet"
    page.goto("/outgoing/types/")
    page.locator("summary", has_text="Show an example").first.click()
    assert barriers_on_desk_and_phone(page) == [], "types of events"
    page.goto("/returns/?state=Completed")
    page.get_by_role("link", name="Notify").click()
    page.get_by_label("Name").fill("Shop")
    # Only what the choices need shows, without scripts too.
    expect(page.get_by_label("Address")).to_be_hidden()
    expect(page.get_by_label("A return is created")).to_be_hidden()
    page.get_by_label("daily or weekly, at a time").check()
    expect(page.get_by_label("Day of the week")).to_be_hidden()
    page.get_by_label("How often").select_option("week")
    expect(page.get_by_label("Day of the week")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == [], "a new one"
    page.get_by_label("something happens to a return").check()
    page.get_by_label("webhook, for programs").check()
    page.get_by_label("Address").fill("https://127.0.0.1/hook")
    page.get_by_label("A return is created").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This address is not public")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "not kept"
    page.get_by_label("Address").fill("https://shop.example/hook")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Secret", exact=True)).to_have_value(re.compile("^whsec_"))
    assert barriers_in_both_themes(page) == [], "the secret"
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_text("1 message is waiting")).to_be_visible()
    subscription = Subscription.objects.get()
    delivery = Delivery.objects.get()
    noting.note(subscription, delivery, Answer(500, 20))
    page.reload()
    assert barriers_on_desk_and_phone(page) == [], "one that fails"
    subscriptions.set_aside(subscription, noting.RECEIVER_GONE)
    for path in ("/outgoing/", f"/outgoing/{subscription.pk}/"):
        page.goto(path)
        assert barriers_on_desk_and_phone(page) == [], path


def test_tagging_many(page):
    page.goto("/bulk/?state=Completed")
    page.get_by_role("group", name="Analysis").first.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Preview").click()
    assert barriers_in_both_themes(page) == [], "preview"
    page.get_by_role("button", name="Tag 1 return").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "result"


@pytest.mark.parametrize("path", ["/returns/", "/returns/Return-1/"])
def test_the_editor_of_tags(page, path):
    page.goto(path)
    page.get_by_role("button", name="Edit tags").first.click()
    box = page.get_by_role("combobox", name="Add a tag")
    expect(box).to_be_focused()
    assert barriers_in_both_themes(page) == [], "open"
    box.press_sequentially("re")
    expect(page.get_by_role("option", name="refund-pending")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "with its options"
    box.fill("brand new")
    expect(page.get_by_role("option", name="Create “brand new” in Process")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "with a new tag"
    box.fill("a, b")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "refused"


def test_the_editor_s_own_page(page):
    page.goto("/returns/Return-1/")
    editor = page.locator(".edit-tags").get_attribute("action")
    page.goto(f"{editor}?next=/returns/")
    assert barriers_in_both_themes(page) == []


def test_menus(page):
    page.goto("/returns/")
    page.locator("#tag-picker summary").click()
    expect(page.get_by_label("wrong-size", exact=True)).to_be_visible()
    expect(page.locator("#tag-picker .facet").first).to_have_text("1")
    assert barriers_in_both_themes(page) == [], "tags to filter by"
    page.get_by_label("any of: wrong-size").click()
    expect(page.get_by_role("link", name="Remove filter any of wrong-size")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "a tag chosen in one of three ways"
    page.goto("/returns/?notes=too&created_from=-90d")
    page.locator("#more-filters summary").click()
    expect(page.get_by_label("Notes contain", exact=True)).to_be_visible()
    assert barriers_in_both_themes(page) == [], "more filters"
    page.locator("#person-menu summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "the person's"
    with page.expect_response("**/presence/**"):  # which notes that it was opened
        page.goto("/returns/Return-1/")
    page.get_by_role("searchbox", name="Order, return or tracking number").focus()
    expect(page.locator("#recent a")).to_have_text(["Return-1"])
    assert barriers_in_both_themes(page) == [], "what was opened last"
    page.set_viewport_size(PHONE)
    page.get_by_role("navigation", name="Main").get_by_text("More").click()
    assert barriers_in_both_themes(page) == [], "more pages, on a phone"
    page.goto("/returns/")
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Sort", exact=True)).to_be_visible()
    assert barriers_in_both_themes(page) == [], "filters, on a phone"


def test_trouble(page):
    page.goto("/returns/")
    page.route("**/returns/?*", lambda route: route.abort())
    page.get_by_label("Tracking ID").fill("7")
    expect(page.get_by_role("alert")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "a request that failed"
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    assert barriers_in_both_themes(page) == [], "offline"


def test_pages_of_a_person_without_a_role(window, stranger):
    page = window(stranger)
    for path in ("/returns/", "/preferences/", "/nowhere/"):
        page.goto(path)
        assert barriers_in_both_themes(page) == [], path


def test_a_list_without_any_return(window, agent):
    page = window(agent)
    page.goto("/returns/")
    expect(page.get_by_role("heading", name="No returns yet")).to_be_visible()
    assert barriers_in_both_themes(page) == []


def test_signing_in(browser, live_server):
    page = browser.new_page()
    page.add_init_script(NOTE_WHAT_IS_PENDING)
    page.goto(f"{live_server.url}/accounts/login/")
    assert barriers_in_both_themes(page) == []
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong username or password")
    assert barriers_in_both_themes(page) == [], "refused"
    page.close()
