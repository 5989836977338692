"""A record of an order is read exactly, or rejected with all that is wrong with it."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.feed.orders.parsing import MAX_ORDER_ITEMS, order_entry, parse_order
from returns.feed.orders.records import ORDER_SOURCES
from returns.feed.orders.values import MAX_ITEM_BARCODES
from returns.feed.records import RecordError
from returns.models import OrderState
from tests.returns.feed.orders.samples import CUSTOMER, ITEM, an_order
from tests.trials import tried_on


def problems(raw) -> dict[str, str]:
    with pytest.raises(RecordError) as rejected:
        parse_order(raw)
    return {field: str(why) for field, why in rejected.value.problems}


def priced(value):
    return an_order(lineItems=[ITEM | {"salePrice": value}])


def test_an_order_is_read_as_the_wms_says_it():
    record = parse_order(an_order())
    assert record.reference == "RSO770000001"
    assert record.facts.state == OrderState.DELIVERED
    assert record.facts.ordered_at == datetime(2026, 1, 2, 7, 59, tzinfo=UTC)
    assert record.facts.shipped_at == datetime(2026, 1, 3, 7, tzinfo=UTC)
    assert (record.facts.carrier, record.facts.tracking_id) == ("Aras", "7340000000001")
    assert (record.facts.total, record.facts.currency) == (Decimal("36.8"), "TRY")
    (item,) = record.items
    assert item.barcodes == ("8690000000012", "869-0000-00001-2", "X1")
    assert (item.name, item.quantity, item.price) == ("Tişört, 中号", 2, Decimal("18.4"))


def test_what_is_missing_is_empty():
    record = parse_order(
        {"referenceNumber": 17, "state": "Created", "createdAt": "2026-01-02T08:00:00Z"}
    )
    assert record.reference == "17"
    assert record.facts.ordered_at == record.facts.updated_at
    assert (record.facts.channel, record.facts.total, record.facts.currency) == ("", None, "")
    assert (record.items, record.shopper) == (None, None)
    nothing = dict.fromkeys(("lineItems", "customer", "payment", "shippingInfo", "shippedAt"))
    empty = parse_order(an_order(**nothing))
    assert (empty.items, empty.facts.shipped_at) == ((), None)
    assert empty.shopper.email_hash is None


# Money


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("18.4", "18.4"),
        ('"18.40"', "18.4"),
        ("18.4000000000000", "18.4"),
        ("0.1", "0.1"),
        ("1234567890123456.7891", "1234567890123456.7891"),
        ("9999999999999999", "9999999999999999"),
        ("1e3", "1000"),
        ("1.5e-3", "0.0015"),
        ("0e-999999999", "0"),
        ("-5", "-5"),
        ("-0.0", "0"),
        ('" 7 "', "7"),
    ],
)
def test_an_amount_is_exact(written, amount):
    (item,) = parse_order(priced(json.loads(written, parse_float=Decimal))).items
    assert item.price == Decimal(amount)
    assert str(item.price) == f"{Decimal(amount):.4f}"


def test_a_tenth_and_two_tenths_are_three_tenths():
    items = [ITEM | {"salePrice": Decimal(each)} for each in ("0.1", "0.2")]
    record = parse_order(an_order(lineItems=items))
    assert sum(item.price for item in record.items) == Decimal("0.3")


@pytest.mark.parametrize(
    "written",
    [
        "12345678901234567890",
        '"12345678901234567890"',
        "10000000000000000",
        "0.12345",
        "0.00000000000000000001",
        "1e999999999",
        "1e-999999999",
        "-12345678901234567890.5",
    ],
)
def test_an_amount_that_does_not_fit_is_rejected_by_its_field(written):
    found = problems(priced(json.loads(written, parse_float=Decimal)))
    assert list(found) == ["lineItems[0].salePrice"]
    assert "has too many digits; at most 16 before and 4 after the point" in str(found)


@pytest.mark.parametrize("value", ["12,5", "abc", "1e3", True, [], {}, float("nan"), 1.5])
def test_what_is_no_exact_number_is_rejected(value):
    assert problems(priced(value)) == {"lineItems[0].salePrice": "not a number"}


def test_the_price_is_that_of_a_piece_and_the_products_own_where_there_is_none():
    assert parse_order(priced(None)).items[0].price == Decimal("20")
    assert parse_order(priced(Decimal("0"))).items[0].price == 0
    neither = ITEM | {"salePrice": None, "productSalePrice": ""}
    assert parse_order(an_order(lineItems=[neither])).items[0].price is None
    wrong = ITEM | {"salePrice": None, "productSalePrice": "x"}
    assert list(problems(an_order(lineItems=[wrong]))) == ["lineItems[0].productSalePrice"]


@pytest.mark.parametrize(
    ("written", "currency"), [("TRY", "TRY"), (" eur ", "EUR"), ("TL", "TRY"), ("", ""), (None, "")]
)
def test_a_currency_has_three_letters(written, currency):
    record = parse_order(an_order(payment={"currency": written}))
    assert record.facts.currency == currency


@pytest.mark.parametrize("written", ["₺", "EURO", "E1R", "ТЛУ", "T L"])
def test_another_currency_is_rejected(written):
    found = problems(an_order(payment={"currency": written}))
    assert found.keys() == {"payment.currency"}


@pytest.mark.parametrize(("written", "quantity"), [(0, 0), ("3", 3), (Decimal("2.0"), 2)])
def test_a_quantity_is_a_whole_number(written, quantity):
    record = parse_order(an_order(lineItems=[ITEM | {"amountInOrder": written}]))
    assert record.items[0].quantity == quantity


@pytest.mark.parametrize("written", [-1, Decimal("1.5"), 2**31, Decimal("1e999999999"), True, "x"])
def test_another_quantity_is_rejected(written):
    found = problems(an_order(lineItems=[ITEM | {"amountInOrder": written}]))
    assert found.keys() == {"lineItems[0].amountInOrder"}


# Texts, times and addresses


@pytest.mark.parametrize("name", ["Ağaç işi", "運動靴", "كتاب", "𐍈𐌰", "e\u0301", "👟" * 500])
def test_a_name_is_kept_in_any_script(name):
    assert parse_order(an_order(lineItems=[ITEM | {"productName": name}])).items[0].name == name


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://kargo.example.com/?no=1", "https://kargo.example.com/?no=1"),
        ("HTTPS://kargo.example.com/", "https://kargo.example.com/"),
        ("http://kargo.example.com/", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https:kargo", ""),
        ("https://me:secret@kargo.example.com/", ""),
        ("https://kargo.example.com/a b", ""),
        ("https://[kargo/", ""),
        ("kargo.example.com", ""),
    ],
)
def test_only_addresses_of_https_are_kept(address, kept):
    record = parse_order(an_order(shippingInfo={"trackingUrl": address}))
    assert record.facts.tracking_address == kept


def test_a_wrong_order_says_all_that_is_wrong():
    found = problems(
        {
            "referenceNumber": "x" * 31,
            "state": "Lost",
            "updatedAt": "yesterday",
            "shippedAt": "2026-01-02T08:00:00",
            "deliveredAt": (timezone.now() + timedelta(days=2)).isoformat(),
            "salesChannel": {"a": 1},
            "shippingInfo": [],
            "payment": {"totalPaymentAmount": "a lot"},
            "lineItems": [7, {"sku": "x" * 101, "barcodes": "1"}],
        }
    )
    assert found == {
        "referenceNumber": "31 characters; at most 30 are allowed",
        "shippingInfo": "not an object",
        "salesChannel": "not text",
        "state": "unknown: 'Lost'; use Cancelled, Created, Picked, Packed, ReadyToBeShipped, "
        "Shipped, Delivered",
        "updatedAt": "not a time: 'yesterday'",
        "shippedAt": "no time zone: '2026-01-02T08:00:00'",
        "deliveredAt": found["deliveredAt"],
        "payment.totalPaymentAmount": "not a number",
        "orderCreatedAt": "missing",
        "lineItems[0]": "not an object",
        "lineItems[1].sku": "101 characters; at most 100 are allowed",
        "lineItems[1].barcodes": "not a list",
    }
    assert "more than a day in the future" in found["deliveredAt"]


def test_too_many_items_and_barcodes_are_rejected():
    assert list(problems(an_order(lineItems=[ITEM] * (MAX_ORDER_ITEMS + 1)))) == ["lineItems"]
    many = ITEM | {"barcodes": ["1"] * (MAX_ITEM_BARCODES + 1)}
    assert list(problems(an_order(lineItems=[many]))) == ["lineItems[0].barcodes"]


@pytest.mark.parametrize("value", ["\x00", "\ud800"])
def test_what_cannot_be_stored_is_rejected(value):
    for raw in (
        an_order(value),
        an_order(salesChannel=f"a{value}"),
        an_order(lineItems=[ITEM | {"productName": value}]),
    ):
        assert len(problems(raw)) == 1


def test_an_entry_that_is_no_object_is_not_repeated():
    entry = order_entry("items[0]", "gulsah.yildiz@example.com")
    assert str(entry.error) == "record: not an object"
    assert "example.com" not in repr(order_entry("items[0]", an_order()))


# Shoppers


def test_a_shopper_is_hashed_and_has_no_name(settings):
    shopper = parse_order(an_order()).shopper
    assert all((shopper.email_hash, shopper.phone_hash, shopper.customer_hash))
    assert shopper.shopper_name == ""
    settings.SHOPPER_NAMES = True
    assert parse_order(an_order()).shopper.shopper_name == "Gülşah Yıldızoğlu"


def test_without_a_key_shoppers_are_not_read(settings):
    settings.SHOPPER_KEYS = []
    settings.SHOPPER_NAMES = True
    assert parse_order(an_order()).shopper is None
    assert parse_order(an_order(customer="?")).shopper is None


@pytest.mark.parametrize("name", ["email", "phone", "customerNo", "firstName"])
@pytest.mark.parametrize("value", [["secret"], {"secret": 1}, "secret\0", "secret" * 500])
def test_what_is_wrong_about_a_shopper_is_said_without_it(settings, name, value):
    settings.SHOPPER_NAMES = True
    found = problems(an_order(customer=CUSTOMER | {name: value}))
    assert found.keys() == {f"customer.{name}"}
    assert "secret" not in str(found)


def test_a_name_that_is_not_stored_cannot_be_wrong():
    assert parse_order(an_order(customer=CUSTOMER | {"firstName": ["?"]})).shopper.email_hash


def test_a_bad_number_leaves_the_others(settings):
    shopper = parse_order(an_order(customer=CUSTOMER | {"phone": "yok", "email": "-"})).shopper
    assert (shopper.phone_hash, shopper.email_hash) == (None, None)
    assert shopper.customer_hash


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=4,
)
FIELDS = {"referenceNumber", "lineItems", "customer", *(s.name for s in ORDER_SOURCES.values())}


@tried_on(400)
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON))
def test_any_json_is_read_or_rejected(fields):
    for raw in (fields, an_order() | fields, an_order(lineItems=[fields], payment=fields)):
        with suppress(RecordError):
            parse_order(raw)
