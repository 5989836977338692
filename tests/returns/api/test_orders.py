"""Programs push orders and read those that are stored, without their shoppers."""

import json
import re
from decimal import Decimal
from urllib.parse import quote

import pytest

from returns.api import feed
from returns.api.orders import serialize_amount
from returns.models import FeedRun, RejectedRecord, SalesOrder
from tests.factories import make_return
from tests.returns.feed.fake_api import to_json
from tests.returns.feed.orders.samples import CUSTOMER, ITEM, REFERENCE, an_order, bring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _returns():
    for reference in (REFERENCE, "RSO2", "a,b", "ş/ 1"):
        make_return(sales_order_reference_number=reference)


def push(program, *records):
    body = to_json({"items": records})
    return program.send("POST", "/feed/orders", data=body, content_type="application/json")


def results(answer) -> list[str]:
    return [item["result"] for item in answer.json()["items"]]


# Pushing


def test_each_order_is_answered_for(program):
    push(program, an_order(), an_order("RSO2"))
    later = "2026-01-10T00:00:00Z"
    answer = push(
        program,
        an_order(),
        an_order("RSO2", updatedAt=later),
        an_order("RSO9"),
        an_order("a,b", state="Lost", payment={"totalPaymentAmount": "12345678901234567890"}),
        "x",
        an_order("ş/ 1"),
    ).json()
    assert {name: each for name, each in answer.items() if name != "items"} == {
        "read": 6,
        "created": 1,
        "updated": 1,
        "unchanged": 1,
        "older": 0,
        "withoutReturn": 1,
        "rejected": 2,
        "errorsLeftOut": 0,
    }
    assert [item["result"] for item in answer["items"]] == [
        *("unchanged", "updated", "withoutReturn", "rejected", "rejected", "created")
    ]
    wrong, no_object = answer["items"][3:5]
    assert wrong["referenceNumber"] == "a,b"
    assert [each["property"] for each in wrong["errors"]] == ["state", "payment.totalPaymentAmount"]
    assert no_object == {
        "referenceNumber": None,
        "result": "rejected",
        "errors": [{"property": "record", "message": "not an object"}],
    }


def test_numbers_of_a_push_are_exact(program):
    items = [ITEM | {"salePrice": Decimal(each)} for each in ("1234567890123456.7891", "0.1")]
    push(program, an_order(lineItems=items))
    prices = SalesOrder.objects.get().items.values_list("price", flat=True)
    assert list(prices) == [Decimal("1234567890123456.7891"), Decimal("0.1")]


def test_a_push_of_orders_is_no_run_and_keeps_no_rejected_record(program):
    assert results(push(program, an_order(state="Lost"))) == ["rejected"]
    assert not FeedRun.objects.exists()
    assert not RejectedRecord.objects.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "not JSON at line 1"), (b"[]", 'not {"items"'), (b"[" * 100_000, "nested too deeply")],
)
def test_what_is_no_feed_is_refused_whole(program, body, words):
    answer = program.send("POST", "/feed/orders", data=body, content_type="application/json")
    assert (answer.status_code, words in answer.json()["error"]["message"]) == (400, True)


def test_a_push_that_is_too_large_is_refused_whole(program, settings, monkeypatch):
    settings.FEED_CALL_RECORDS = 2
    assert push(program, *[an_order()] * 3).json()["error"]["code"] == "too_many"
    monkeypatch.setattr(feed, "MAX_PUSH_BYTES", 300)
    assert push(program, an_order()).json()["error"]["code"] == "too_large"
    assert not SalesOrder.objects.exists()


@pytest.mark.slow
def test_a_body_of_nearly_5_mb_is_taken(program):
    items = [ITEM | {"productName": "n" * 500}] * 6
    answer = push(program, *(an_order(f"RSO{n}", lineItems=items) for n in range(900)))
    assert (answer.json()["created"], answer.json()["withoutReturn"]) == (1, 899)


def test_a_token_without_the_scope_brings_nothing(make_program):
    answer = push(make_program("read", "tags"), an_order())
    assert answer.json()["error"]["code"] == "missing_scope"
    assert not SalesOrder.objects.exists()


@pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 400, None, Decimal("1.5"), [], {}])
def test_nonsense_as_a_reference_is_rejected_not_failed(program, value):
    assert results(push(program, an_order(value), an_order())) == ["rejected", "created"]


def test_a_number_that_nothing_can_hold_is_refused(program):
    body = b'{"items": [{"totalPaymentAmount": 1e9999999999999999999}]}'
    answer = program.send("POST", "/feed/orders", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert "a number that is too large" in answer.json()["error"]["message"]


def test_what_is_answered_and_said_elsewhere_repeats_nothing_of_a_shopper(program, caplog):
    caplog.set_level(0)
    wrong = an_order(state="Lost", customer=CUSTOMER | {"phone": ["0532 765 43 21"]})
    said = push(program, wrong).text + caplog.text
    said += program.send("POST", "/feed/orders", data=f'{{"items": {CUSTOMER}').text
    said = re.sub(r"[0-9a-f]{32}|[\d-]{10}T[\d:.]+Z", "", said)  # ids and times may hold them
    for secret in ("532", "765", "7654321", "xample.com", "4711", "Gül"):
        assert secret not in said


# Reading


def asked(program, dqb: str, **more: str):
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return program.get(f"/SalesOrders?dqb={quote(dqb, safe='')}{rest}")


def references(answer) -> list[str]:
    return [each["referenceNumber"] for each in answer.json()["items"]]


def test_an_order_is_answered_in_the_shape_of_the_wms(program):
    bring(an_order())
    assert program.get(f"/SalesOrders/{REFERENCE}").json() == {
        "referenceNumber": REFERENCE,
        "salesChannel": "Trendyol",
        "state": "Delivered",
        "updatedAt": "2026-01-09T08:00:00.000000Z",
        "orderCreatedAt": "2026-01-02T07:59:00.000000Z",
        "shippedAt": "2026-01-03T07:00:00.000000Z",
        "deliveredAt": "2026-01-05T12:00:00.000000Z",
        "shippingInfo": {
            "shippingCompany": "Aras",
            "shippingTrackingId": "7340000000001",
            "trackingUrl": "https://kargo.example.com/?no=7340000000001",
        },
        "payment": {
            "paymentOption": "CreditCard",
            "totalPaymentAmount": 36.8,
            "currency": "TRY",
        },
        "lineItems": [
            {
                "sku": "TSHIRT-M",
                "barcodes": ["8690000000012", "869-0000-00001-2", "X1"],
                "productName": "Tişört, 中号",
                "productCategory": "apparel",
                "amountInOrder": 2,
                "salePrice": 18.4,
                "currency": "TRY",
            }
        ],
    }


def test_nobody_is_told_who_the_shopper_is(program, settings):
    settings.SHOPPER_NAMES = True
    bring(an_order())
    order = SalesOrder.objects.get()
    for path in (f"/SalesOrders/{REFERENCE}", "/SalesOrders"):
        text = program.get(path).text
        for secret in ("customer", "Gülşah", order.email_hash, order.hash_key):
            assert secret not in text


@pytest.mark.parametrize("reference", ["RSO9", "rso770000001", "%00", "."])
def test_an_order_that_is_not_stored_is_not_found(program, reference):
    bring(an_order())
    assert program.get(f"/SalesOrders/{reference}").status_code == 404


def test_orders_are_found_by_their_references(program):
    bring(*(an_order(each) for each in (REFERENCE, "RSO2", "a,b", "ş/ 1")))
    assert references(asked(program, "o=In&p=referenceNumber&v=RSO2,x,rso770000001,%C5%9E/ 1")) == [
        *(REFERENCE, "RSO2", "ş/ 1")
    ]
    assert references(asked(program, "o=Equals&p=referenceNumber&v=a,b")) == ["a,b"]
    assert references(asked(program, "o=sw&p=REFERENCENUMBER&v=rso&s=referenceNumber,desc")) == [
        *(REFERENCE, "RSO2")
    ]
    assert program.get(f"/SalesOrders/{quote('ş/ 1', safe='')}").json()["state"] == "Delivered"


def test_pages_are_walked_through_by_offset(program):
    bring(*(an_order(each) for each in (REFERENCE, "RSO2", "a,b")))
    page = program.get("/SalesOrders?count=2").json()
    assert (page["count"], page["offset"], page["dataSetCount"]) == (2, 0, 3)
    assert references(program.get("/SalesOrders?COUNT=2&offset=2")) == ["a,b"]
    assert references(asked(program, "offset=1&count=1")) == ["RSO2"]
    assert references(program.get("/SalesOrders?offset=-5&count=0")) == [REFERENCE]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("state=Delivered", "state"),
        ("count=x", "count"),
        ("count=1&count=2", "count"),
        ("dqb=count%3D1&count=2", "count"),
        ("dqb=o%3DEquals%26p%3Dstate%26v%3DDelivered", "state"),
        ("dqb=o%3DEquals%26p%3Dcustomer%26v%3Dx", "customer"),
    ],
)
def test_what_is_not_understood_is_named(program, query, name):
    answer = program.get(f"/SalesOrders?{query}")
    assert answer.status_code == 400
    assert [each["property"] for each in answer.json()["error"]["errors"]] == [name]


def test_a_page_takes_few_queries(program, django_assert_max_num_queries):
    bring(*(an_order(each) for each in (REFERENCE, "RSO2", "a,b", "ş/ 1")))
    program.get("/SalesOrders?count=1")
    with django_assert_max_num_queries(12) as few:
        program.get("/SalesOrders?count=1")
    with django_assert_max_num_queries(len(few)):
        program.get("/SalesOrders?count=4")


def test_a_token_needs_the_scope_to_read(make_program):
    program = make_program("feed", "tags")
    assert program.get("/SalesOrders").status_code == 403


@pytest.mark.parametrize(
    ("amount", "number"),
    [
        ("18.4000", 18.4),
        ("5.0000", 5),
        ("1000.0000", 1000),
        ("-0.5000", -0.5),
        ("0.0000", 0),
        ("1234567890123456.7891", "1234567890123456.7891"),
        ("9999999999999999.0000", "9999999999999999"),
    ],
)
def test_an_amount_is_a_number_where_every_program_reads_it_exactly(amount, number):
    written = serialize_amount(Decimal(amount))
    assert json.dumps(written) == json.dumps(number)
