"""What is typed of a shopper leads to their returns, and is kept nowhere."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from returns.filters.query import Query
from returns.models import Export, SalesOrder, SavedView, TagRule
from tests.factories import make_return
from tests.returns.feed.orders.samples import CUSTOMER, REFERENCE, an_order, bring
from tests.returns.feed.orders.test_privacy import dump

EMAIL, PHONE, CUSTOMER_NO = CUSTOMER["email"], CUSTOMER["phone"], CUSTOMER["customerNo"]
LIST = re.compile(r"/returns/\?shopper=[^&]+$")
NOBODY = "/returns/?shopper=unknown"
OF_RETURN = "5327654399"  # which looks like a phone number
NEVER_KEPT = [EMAIL, PHONE, "+90 (532) 765-43-21", "5327654321", f"Return-9, {EMAIL}"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _returns(vocabulary):
    make_return("mine", sales_order_reference_number=REFERENCE)
    make_return("parcel", tracking_id="734000000053")
    bring(an_order())


def find(client: Client, text: str) -> str:
    answer = client.post(reverse("find-shopper"), {"text": text})
    assert answer.status_code == 302
    return answer["Location"]


def shown(client: Client, address: str) -> list[str]:
    rows = client.get(address).context["list"].rows
    return [row.record.return_reference_number for row in rows]


@pytest.mark.parametrize("text", NEVER_KEPT)
def test_a_number_of_a_shopper_leads_to_their_returns(as_agent, text):
    address = find(as_agent, text)
    assert LIST.fullmatch(address)
    assert shown(as_agent, address) == ["mine"]


@pytest.mark.parametrize("text", ["nobody@example.com", "0532 000 11 22", "+90 532 000 11 22"])
def test_a_number_of_nobody_leads_to_a_list_that_says_so(as_agent, settings, text):
    assert find(as_agent, text) == NOBODY
    page = as_agent.get(NOBODY)
    assert page.context["list"].rows == []
    assert "No order of this shopper is known here" in page.content.decode()
    settings.SHOPPER_KEYS = []
    assert find(as_agent, EMAIL) == NOBODY
    assert "the setting SHOPPER_KEY is not set" in as_agent.get(NOBODY).content.decode()


def test_a_whole_number_of_a_return_comes_before_a_phone_number(as_agent):
    make_return("other", tracking_id="5327654321")
    assert find(as_agent, "5327654321") == "/returns/other/"
    assert find(as_agent, "0532 765 43 21") == "/returns/other/"
    # And may stand in an address, as a number of a return.
    assert shown(as_agent, "/returns/?q=5327654321") == ["other"]
    assert as_agent.get("/returns/?q=5327654321").status_code == 200


def test_what_may_be_both_is_asked(as_agent):
    make_return("other", tracking_id="99-5327654321")
    page = as_agent.post(reverse("find-shopper"), {"text": "5327654321"})
    assert page.status_code == 200
    html = page.content.decode()
    assert "What did you mean?" in html
    assert "/returns/other/" in html
    assert shown(as_agent, page.context["choice"].shopper) == ["mine"]
    assert "5327654321" not in html
    SalesOrder.objects.all().delete()
    assert find(as_agent, "5327654321") == "/returns/other/"


def test_other_numbers_are_searched_as_ever(as_agent):
    assert find(as_agent, "734000000053") == "/returns/parcel/"
    assert find(as_agent, "73400009") == "/returns/?q=73400009"
    assert find(as_agent, "") == "/returns/"


def test_a_customer_number_leads_to_the_returns_of_the_shopper(as_agent):
    answer = as_agent.get(reverse("return-find"), {"q": CUSTOMER_NO})
    assert LIST.fullmatch(answer["Location"])
    page = as_agent.get("/returns/", {"q": CUSTOMER_NO})
    assert page.context["list"].customer_address == answer["Location"]
    assert "This is also the customer number of a shopper." in page.content.decode()
    assert as_agent.get("/returns/", {"q": "Cust-1"}).context["list"].customer_address == ""


@pytest.mark.parametrize("text", NEVER_KEPT)
@pytest.mark.parametrize(
    "path", ["/returns/", "/find/", "/queue/", "/exports/", "/returns/facets/"]
)
def test_an_address_with_a_number_of_a_shopper_is_redirected(as_agent, path, text):
    answer = as_agent.get(path, {"q": text, "state": "Completed"})
    assert answer.status_code == 302
    address = answer["Location"]
    assert Query.parse(address.partition("?")[2]).keys() == {"shopper", "state"}
    assert address.startswith("/returns/?" if path == "/find/" else path)


def test_an_address_never_leads_to_another_site(client, as_agent):
    for each in (client, as_agent):
        for path in ("//example.com/", "//["):
            answer = each.get(f"http://testserver{path}", {"q": EMAIL})
            assert answer.status_code == 302
            assert answer["Location"].startswith(f"/%2F{path[2:]}".rstrip("["))


def test_before_the_sign_in_the_database_is_not_asked(client, django_assert_num_queries):
    make_return("other", tracking_id=OF_RETURN)
    with django_assert_num_queries(0):
        answers = [client.get("/returns/", {"q": each}) for each in (OF_RETURN, PHONE)]
    assert {answer["Location"] for answer in answers} == {"/returns/"}


@pytest.mark.parametrize("text", [EMAIL, PHONE])
def test_who_may_see_no_returns_learns_nothing(client, stranger, text):
    as_stranger = Client()
    as_stranger.force_login(stranger, backend="returns.people.RoleBackend")
    for each in (client, as_stranger):
        answer = each.get("/returns/", {"q": text, "state": "Completed"})
        assert answer.status_code == 302
        assert answer["Location"] == "/returns/?state=Completed"
    assert as_stranger.post(reverse("find-shopper"), {"text": text}).status_code == 403


def test_a_search_for_people_in_django_admin_is_left_alone(as_admin):
    address = reverse("admin:auth_user_changelist")
    assert as_admin.get(address, {"q": EMAIL}).status_code == 200


@pytest.mark.parametrize("text", NEVER_KEPT)
def test_nothing_that_keeps_a_query_takes_such_a_number(as_manager, text):
    query = Query.from_lists({"q": [text]}).urlencode()
    answer = as_manager.post("/views/", {"name": "Secret", "query": query})
    assert answer.status_code == 422
    assert "phone numbers are not kept in links" in answer.content.decode()
    assert not SavedView.objects.filter(name="Secret").exists()
    rules = TagRule.objects.count()
    as_manager.post(f"/rules/new/?{query}", {"name": "Secret", "moment": "arrived"})
    as_manager.post(f"/exports/?{query}", {"format": "csv"})
    as_manager.post(f"/bulk/?{query}", {})
    assert (TagRule.objects.count(), Export.objects.count()) == (rules, 0)


@pytest.mark.parametrize("token", ["e-1:x", "x", "unknown2", "e-99999:AAAA"])
def test_a_token_that_names_nobody_is_named_and_matches_nothing(as_agent, token):
    found = as_agent.get("/returns/", {"shopper": token}).context["list"]
    assert found.rows == []
    assert "this shopper is not known here" in found.problems[0]


def test_the_chip_says_nobody_s_number(as_agent):
    chips = as_agent.get(find(as_agent, EMAIL)).context["list"].chips
    assert [(chip.label, chip.name) for chip in chips] == [("shopper:", "this shopper")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_neither_the_database_nor_the_log_has_what_was_typed(as_manager, caplog, capfd):
    caplog.set_level(0)
    secret = "somebody.else@shopper.example"
    for text in (secret, "+90 555 123 45 67"):
        address = find(as_manager, text)
        as_manager.get(address)
        as_manager.get("/returns/", {"q": text}, follow=True)
        as_manager.get("/find/", {"q": text}, follow=True)
        query = Query.from_lists({"q": [text]}).urlencode()
        as_manager.post("/views/", {"name": "Secret", "query": query})
        as_manager.post(f"/exports/?{query}", {"format": "csv"})
        as_manager.get(f"/openapi/v1/Returns?{query}")
    told = capfd.readouterr()
    text = dump() + told.out + told.err
    # Our own lines; Django's SQL is logged with DEBUG alone.
    text += "".join(
        each.getMessage() for each in caplog.records if each.name != "django.db.backends"
    )
    assert secret not in text.lower()
    assert "somebody.else" not in text
    assert "5551234567" not in re.sub(r"[^0-9]", "", text)
