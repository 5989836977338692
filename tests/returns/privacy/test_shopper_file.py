"""Everything that is stored about a shopper, as one file."""

import json
from contextlib import ExitStack

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.versions import version_of
from returns.models import Occasion, OccasionType, Return, SalesOrder
from returns.orders.shoppers import ShopperKind
from returns.orders.tokens import token_of_orders
from returns.outgoing.posting import post
from returns.record.comments import delete_comment, edit_comment
from returns.record.corrections import correct
from returns.record.deletion import delete_return
from tags import tagging
from tests.factories import line_item, make_comment, make_return, make_tag
from tests.returns.feed.orders.samples import CUSTOMER, an_order, bring
from tests.returns.outgoing.subscribing import notify

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(settings, admin, agent):
    """Make an order with a return that has everything, and a return of somebody else."""
    settings.SHOPPER_NAMES = True
    record = make_return(
        "Return-1",
        sales_order_reference_number="RSO-1",
        notes="Too small",
        unknown_fields={"gift": "yes"},
        line_items=[line_item(others={"colour": "red"})],
    )
    gone = make_return("Return-0", sales_order_reference_number="RSO-1", notes="A test")
    make_return("Return-9", sales_order_reference_number="RSO-9", notes="Of another")
    other = CUSTOMER | {"email": "b@example.com", "phone": "", "customerNo": "2"}
    bring(an_order("RSO-1"), an_order("RSO-9", customer=other))
    tagging.add_tag(record, make_tag("books"), agent)
    comment = make_comment(record, agent, "Called")
    edit_comment(comment.pk, "Called twice", replaces=version_of("Called"))
    delete_comment(comment.pk, agent)
    correct(record, {"notes": "Much too small", "cargo_carrier": "UPS"}, by=admin)
    delete_return(gone, "Return-0", "A test.", admin)
    orders = SalesOrder.objects.filter(reference="RSO-1")
    return reverse("shopper-file", args=[token_of_orders(orders)])


def test_the_file_has_all_of_the_shopper_and_nothing_of_others(as_admin, address):
    answer = as_admin.post(address)
    assert answer["Content-Type"] == "application/json"
    assert "shopper" in answer["Content-Disposition"]
    text = answer.getvalue().decode()
    assert "Of another" not in text
    file = json.loads(text)
    (order,) = file["orders"]
    assert (order["referenceNumber"], order["name"]) == ("RSO-1", "Gülşah Yıldızoğlu")
    assert order["lineItems"][0]["sku"] == "TSHIRT-M"
    assert order["total"] == "36.8000"
    (record,) = file["returns"]
    assert record["notes"] == "Much too small"
    assert record["sentBeforeCorrection"]["notes"] == "Too small"
    assert record["otherFields"] == {"gift": "yes"}
    assert record["lineItems"][0]["colour"] == "red"
    assert [tag["tag"] for tag in record["tags"]] == ["books"]
    (comment,) = record["comments"]
    assert (comment["text"], comment["earlierTexts"][0]["text"]) == ("Called twice", "Called")
    assert comment["deletedAt"]
    changes = [each.get("change") or sorted(each["changes"]) for each in record["timeline"]]
    # All of it happened at the time of this test's transaction.
    assert changes == [["cargo_carrier", "corrections", "notes"], "tag.added"]
    (deleted,) = file["deletedReturns"]
    assert deleted["facts"]["notes"] == "A test"


def test_the_file_has_no_hash_and_no_colleague(as_admin, address):
    text = as_admin.post(address).getvalue().decode()
    order = SalesOrder.objects.get(reference="RSO-1")
    secrets = (order.hash_key, order.email_hash, order.phone_hash, order.customer_hash)
    assert not [each for each in (*secrets, "agent", "admin") if each in text]


def test_the_same_data_gives_the_same_file(as_admin, address):
    first = as_admin.post(address).getvalue()
    assert as_admin.post(address).getvalue() == first


def test_a_file_of_many_returns_costs_as_many_queries(as_admin, address):
    counts = []
    for number in range(2):
        with ExitStack() as stack:
            queries = stack.enter_context(CaptureQueriesContext(connection))
            as_admin.post(address).getvalue()
            counts.append(len(queries))
        for each in range(5):
            make_return(f"Return-{number}-{each}", sales_order_reference_number="RSO-1")
    assert counts[0] == counts[1]


def test_only_people_who_may_download_it_do_so(as_manager, as_admin, address):
    assert as_manager.post(address).status_code == 403
    assert as_admin.get(address).status_code == 405
    assert as_admin.post(reverse("shopper-file", args=["c-1:wrong"])).status_code == 404


def test_the_page_shows_the_shopper_and_leads_to_more(as_admin, address, as_manager):
    newer = "2026-02-01T00:00:00Z"
    bring(an_order("RSO-9", customer=CUSTOMER | {"customerNo": "2"}, updatedAt=newer))
    page_address = address.replace("/file/", "/redact/")
    assert as_manager.get(page_address).status_code == 403
    page = as_admin.get(page_address)
    assert "Return-1" in page.text
    assert "Download as JSON" in page.text
    token = token_of_orders(
        SalesOrder.objects.filter(reference="RSO-1"), kinds=[ShopperKind.CUSTOMER]
    )
    narrow = as_admin.get(reverse("redact-shopper", args=[token]))
    assert "Look at all of them" in narrow.text


def test_the_list_of_a_shopper_leads_there(as_admin, as_agent, address):
    token = token_of_orders(SalesOrder.objects.filter(reference="RSO-1"))
    link = reverse("redact-shopper", args=[token])
    path = reverse("return-list", query={"shopper": token})
    assert link in as_admin.get(path).text
    assert link not in as_agent.get(path).text
    assert "/shopper/" not in as_admin.get("/returns/?shopper=unknown").text


def test_looking_writes_nothing_but_that_somebody_looked(as_admin, address):
    record = Return.objects.get(return_reference_number="Return-1")
    pages = [address.replace("/file/", "/redact/"), reverse("redact-return", args=[record.pk])]
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            assert as_admin.get(page).status_code == 200
        written = [each["sql"] for each in queries.captured_queries]
        statements = [each.split()[0] for each in written if "returns_accessevent" not in each]
        assert set(statements) <= {"SELECT", "SAVEPOINT", "RELEASE", "SET"}, statements


def test_a_form_without_a_reason_is_refused(as_admin, address):
    page = as_admin.post(address.replace("/file/", "/redact/"), {"number": "1"})
    assert page.status_code == 422
    wrong = as_admin.post(address.replace("/file/", "/redact/"), {"number": "7", "reason": "x"})
    assert "This is not the number of returns of this shopper." in wrong.text
    record = Return.objects.get(return_reference_number="Return-1")
    path = reverse("redact-return", args=[record.pk])
    answer = as_admin.post(path, {"reference": "Return-2", "reason": "x"})
    assert answer.status_code == 422
    assert "This is not the reference of this return." in answer.text
    done = as_admin.post(path, {"reference": "Return-1", "reason": "x"}, follow=True)
    assert "Redacted Return-1." in done.text


def test_the_file_has_what_was_told_about_the_return(as_admin, address, agent):
    entry = notify(agent, Occasion.MATCH)
    record = Return.objects.get(notes="Much too small")
    post(entry, OccasionType.MATCHED, {"count": 1}, [record.pk])
    file = json.loads(as_admin.post(address).getvalue())
    (told,) = file["returns"][0]["told"]
    assert (told["event"], told["by"], told["sentAt"]) == ("return.matched", "bell", None)
