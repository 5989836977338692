"""Orders are found by their number, their shopper and their products, each by one index."""

import pytest

from returns.models import Return
from returns.orders.finding import (
    find_order,
    find_orders,
    hashes_of_order,
    items_with_barcode,
    items_with_sku,
    orders_of_shopper,
    returns_of_shopper,
)
from returns.orders.shoppers import shopper_hashes
from tests.factories import make_return
from tests.returns.feed.orders.samples import (
    CUSTOMER,
    ITEM,
    REFERENCE,
    an_order,
    bring,
    make_many_orders,
    stored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _orders():
    make_return("Return-1", sales_order_reference_number=REFERENCE)
    make_return("Return-2", sales_order_reference_number="rso-770000001")
    make_return("Return-3", sales_order_reference_number="RSO2")
    other = CUSTOMER | {"email": "x@example.com", "phone": "+49 170 1234567", "customerNo": "2"}
    bring(an_order(), an_order("RSO2", customer=other, lineItems=[ITEM | {"sku": "OTHER"}]))


@pytest.mark.parametrize("text", [REFERENCE, "rso770000001", "RSO-770000001", "RSO 77 0000 001"])
def test_an_order_is_found_by_its_number_in_any_spelling(text):
    order = find_order(text)
    assert order.reference == REFERENCE
    assert [item.sku for item in order.items.all()] == ["TSHIRT-M"]


@pytest.mark.parametrize("text", ["", "RSO9", "\0", "...", "x" * 500])
def test_an_order_that_is_not_stored_is_none(text):
    assert find_order(text) is None


def test_an_order_is_found_by_the_key_of_its_return(django_assert_num_queries):
    record = Return.objects.get(return_reference_number="Return-2")
    with django_assert_num_queries(2):
        assert find_order(record.order_key).reference == REFERENCE


def test_of_orders_with_one_key_the_spelling_decides():
    make_return(sales_order_reference_number="RSO-2")
    bring(an_order("RSO-2"))
    assert find_order("RSO-2").reference == "RSO-2"
    assert find_order("RSO2").reference == "RSO2"
    assert find_order("rso 2").reference == "RSO2"


def test_orders_of_many_returns_take_one_query(django_assert_num_queries):
    keys = [*Return.objects.values_list("order_key", flat=True), None, "NONE"]
    with django_assert_num_queries(1):
        orders = find_orders(keys)
    assert sorted(order.reference for order in orders.values()) == ["RSO2", REFERENCE]
    assert find_orders([None]) == {}


@pytest.mark.parametrize(
    "text", ["GULSAH.yildiz@example.com", "+905327654321", "0532 765 4321", " cust-4711-ş"]
)
def test_the_orders_and_returns_of_a_shopper_are_found_by_any_of_their_numbers(text):
    hashes = shopper_hashes(text)
    assert [order.reference for order in orders_of_shopper(hashes)] == [REFERENCE]
    references = returns_of_shopper(hashes).values_list("return_reference_number", flat=True)
    assert sorted(references) == ["Return-1", "Return-2"]


@pytest.mark.parametrize("text", ["nobody@example.com", "", "7340000000001", "@"])
def test_who_is_not_known_has_no_orders(text):
    assert not orders_of_shopper(shopper_hashes(text)).exists()


def test_other_orders_of_a_shopper_are_found_from_one():
    make_return(sales_order_reference_number="RSO3")
    again = {"email": CUSTOMER["email"].upper(), "phone": None}
    bring(an_order("RSO3", customer=again, orderCreatedAt="2026-01-08T00:00:00Z"))
    found = orders_of_shopper(hashes_of_order(stored()))
    assert [order.reference for order in found] == ["RSO3", REFERENCE]


@pytest.mark.parametrize("text", ["8690000000012", "869 0000 000012", "x1", "X-1"])
def test_items_are_found_by_barcode_in_any_spelling(text):
    assert {item.sku for item in items_with_barcode(text)} == {"TSHIRT-M", "OTHER"}
    assert not items_with_barcode(f"{text}9").exists()


def test_items_are_found_by_sku_in_any_spelling():
    assert [item.order.reference for item in items_with_sku("tshirt m")] == [REFERENCE]
    for text in ("", "\0", "--", "TSHIRT"):
        assert not items_with_sku(text).exists()
        assert not items_with_barcode(text).exists()


@pytest.mark.parametrize(
    ("queryset", "index"),
    [
        (lambda: orders_of_shopper(shopper_hashes("x@example.com")), "order_by_email_hash"),
        (lambda: orders_of_shopper(shopper_hashes("0532 765 43 21")), "order_by_phone_hash"),
        (lambda: orders_of_shopper(shopper_hashes("Cust-1")), "order_by_customer_hash"),
        (lambda: items_with_sku("TSHIRT-M"), "order_item_by_sku"),
        (lambda: items_with_barcode("8690000000012"), "order_item_by_barcode"),
    ],
)
def test_each_is_one_look_into_an_index(queryset, index):
    make_many_orders()
    plan = queryset().explain()
    assert index in plan
    assert "Seq Scan" not in plan
