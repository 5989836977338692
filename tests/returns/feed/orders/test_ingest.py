"""Orders of returns are stored; whatever order records come in, they end the same."""

import threading
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.database.locks import Lock, lock_for_transaction
from returns.feed.orders import intake
from returns.feed.orders.ingest import OrderOutcome, write_orders
from returns.feed.orders.intake import import_orders
from returns.feed.orders.parsing import order_entry, parse_order
from returns.models import SalesOrder, SalesOrderItem
from returns.orders.shoppers import key_id
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_return
from tests.returns.feed.orders.samples import CUSTOMER, ITEM, REFERENCE, an_order, bring, stored
from tests.trials import tried_on

LATER, EARLIER = "2026-01-10T08:00:00Z", "2026-01-08T08:00:00Z"
pytestmark = pytest.mark.django_db


@pytest.fixture
def record():
    return make_return("Return-1", sales_order_reference_number=REFERENCE)


def rows() -> list:
    """Return all that is stored, but for ids."""
    orders = SalesOrder.objects.order_by("reference").values()
    items = SalesOrderItem.objects.order_by("order__reference", "position")
    return [
        [{name: value for name, value in order.items() if name != "id"} for order in orders],
        [
            {name: value for name, value in item.items() if name not in ("id", "order_id")}
            for item in items.values()
        ],
    ]


def test_an_order_of_a_return_is_stored(record):
    assert str(bring(an_order())) == (
        "read 1, created 1, updated 0, unchanged 0, without a return 0, rejected 0"
    )
    order = stored()
    assert (order.state, order.channel, order.carrier) == ("Delivered", "Trendyol", "Aras")
    assert (order.total, order.currency) == (Decimal("36.80"), "TRY")
    assert order.tracking_address == "https://kargo.example.com/?no=7340000000001"
    (item,) = order.items.all()
    assert (item.sku, item.price, item.quantity) == ("TSHIRT-M", Decimal("18.4"), 2)
    assert item.barcode_keys == ["8690000000012", "X1"]
    record.refresh_from_db()
    assert order.order_key == record.order_key


def test_the_same_again_changes_nothing(record):
    bring(an_order())
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM returns_salesorder")
        version = cursor.fetchone()
        assert bring(an_order(), an_order()).unchanged == 2
        cursor.execute("SELECT xmin::text FROM returns_salesorder")
        assert cursor.fetchone() == version
    assert rows() == before


def test_an_order_without_a_return_is_not_stored(record):
    result = bring(an_order("RSO2"), an_order("RSO2"), an_order())
    assert (result.read, result.created, result.without_return) == (3, 1, 2)
    assert not SalesOrder.objects.filter(reference="RSO2").exists()


@pytest.mark.parametrize("spelling", ["rso-770000001", "RSO 770 000 001"])
def test_an_order_belongs_to_its_return_in_any_spelling(spelling):
    make_return(sales_order_reference_number=spelling)
    assert bring(an_order()).created == 1


def test_an_order_of_other_letters_belongs_to_the_return_with_exactly_these():
    make_return(sales_order_reference_number="заказ")
    make_return(sales_order_reference_number="")
    result = bring(an_order("заказ"), an_order("ЗАКАЗ"), an_order("---"))
    assert (result.created, result.without_return) == (1, 2)


def test_the_newer_record_wins_whichever_comes_first(record):
    bring(an_order(updatedAt=LATER, state="Shipped", deliveredAt=None))
    assert bring(an_order(updatedAt=EARLIER)).unchanged == 1
    assert stored().state == "Shipped"
    assert bring(an_order(updatedAt="2026-01-11T00:00:00Z", state="Cancelled")).updated == 1
    assert stored().state == "Cancelled"


def test_items_are_replaced_as_a_whole(record):
    bring(an_order(lineItems=[ITEM, ITEM | {"sku": "B"}, ITEM | {"sku": "C"}]))
    bring(an_order(lineItems=[ITEM | {"sku": "C"}, ITEM], updatedAt=LATER))
    assert [item.sku for item in stored().items.all()] == ["C", "TSHIRT-M"]
    bring(an_order(lineItems=[], updatedAt="2026-01-11T00:00:00Z"))
    assert not SalesOrderItem.objects.exists()


def test_items_that_are_the_same_are_not_written_again(record):
    bring(an_order())
    pk = SalesOrderItem.objects.get().pk
    bring(an_order(updatedAt=LATER))
    assert SalesOrderItem.objects.get().pk == pk


def test_a_record_without_items_or_shopper_says_nothing_about_them(record):
    bring(an_order())
    before = stored()
    short = an_order(updatedAt=LATER, state="Cancelled")
    del short["lineItems"], short["customer"]
    assert bring(short).updated == 1
    order = stored()
    assert (order.state, order.items.count()) == ("Cancelled", 1)
    assert order.email_hash == before.email_hash
    bring(an_order(updatedAt=LATER, customer=None, lineItems=None))
    assert (stored().email_hash, stored().items.count()) == (None, 0)


def test_currencies_stay_apart(record):
    items = [ITEM | {"currency": each} for each in ("TRY", "EUR")]
    bring(an_order(lineItems=items, payment={"totalPaymentAmount": 1, "currency": "USD"}))
    assert [item.currency for item in stored().items.all()] == ["TRY", "EUR"]
    assert stored().currency == "USD"


def test_batches_of_any_size_end_the_same(record, monkeypatch):
    monkeypatch.setattr(intake, "ORDER_BATCH_SIZE", 2)
    result = bring(*(an_order(updatedAt=f"2026-01-1{day}T00:00:00Z") for day in range(5)))
    assert (result.created, result.updated, result.unchanged) == (1, 2, 2)


def test_a_dry_run_writes_nothing(record):
    entries = [order_entry("order 1", an_order())]
    result = import_orders(entries, on_reject=lambda *_: None, dry_run=True)
    assert result.created == 1
    assert not SalesOrder.objects.exists()


def test_what_the_database_refuses_does_not_stop_the_others(record):
    """A sign that stands for five letters each makes a search key that is too long."""
    make_return(sales_order_reference_number="RSO2")
    bad = an_order("RSO2", lineItems=[ITEM | {"sku": "㎯" * 100}])
    rejected = []
    entries = [order_entry(f"order {n}", each) for n, each in enumerate([bad, an_order(), bad])]
    result = import_orders(entries, on_reject=lambda *each: rejected.append(each))
    assert (result.created, result.rejected) == (1, 2)
    assert {str(error) for _, error in rejected} == {"record: refused by the database"}
    assert stored()


# Names and keys


def test_a_name_is_stored_only_where_it_is_switched_on(record, settings):
    bring(an_order())
    assert stored().shopper_name == ""
    settings.SHOPPER_NAMES = True
    assert bring(an_order()).updated == 1
    assert stored().shopper_name == "Gülşah Yıldızoğlu"


def test_an_order_that_comes_again_is_hashed_with_the_newest_key(record, settings):
    old, new = "an older key, which is as long, too", "a new key of 32 characters or more"
    settings.SHOPPER_KEYS = [old]
    bring(an_order())
    before = stored()
    settings.SHOPPER_KEYS = [new, old]
    assert bring(an_order()).updated == 1
    order = stored()
    assert (before.hash_key, order.hash_key) == (key_id(old), key_id(new))
    assert order.email_hash != before.email_hash
    assert bring(an_order()).unchanged == 1


def test_an_older_record_does_not_bring_its_shopper_back_under_a_new_key(record, settings):
    settings.SHOPPER_KEYS = ["an older key, which is as long, too"]
    bring(an_order(updatedAt=LATER))
    before = stored().email_hash
    settings.SHOPPER_KEYS = ["a new key of 32 characters or more"]
    assert bring(an_order(updatedAt=EARLIER)).unchanged == 1
    assert stored().email_hash == before


# Any order


def orders() -> st.SearchStrategy[dict]:
    absent = object()
    values = st.fixed_dictionaries(
        {
            "referenceNumber": st.sampled_from([REFERENCE, "RSO2", "no return"]),
            "updatedAt": st.sampled_from([EARLIER, LATER]),
            "state": st.sampled_from(["Created", "Shipped"]),
            "salesChannel": st.sampled_from(["", "Shop"]),
            "payment": st.sampled_from([None, {"totalPaymentAmount": Decimal("0.1")}]),
            "lineItems": st.sampled_from([absent, [], [ITEM], [ITEM, ITEM | {"sku": "B"}]]),
            "customer": st.sampled_from([absent, None, CUSTOMER, {"email": "a@example.com"}]),
        }
    )
    return values.map(lambda raw: {k: v for k, v in an_order(**raw).items() if v is not absent})


class TestAnyOrder(TestCase):
    @tried_on(120)
    @given(st.lists(orders(), min_size=2, max_size=7), st.data())
    def test_records_in_any_order_and_any_batches_end_the_same(self, raws, data):
        for reference in (REFERENCE, "RSO2"):
            make_return(sales_order_reference_number=reference)
        bring(*raws)
        expected = rows()
        SalesOrder.objects.all().delete()
        again = data.draw(st.permutations(raws + raws[:2]))
        while again:
            count = data.draw(st.integers(1, len(again)))
            bring(*again[:count])
            again = again[count:]
        assert rows() == expected


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_end_the_same():
    make_return(sales_order_reference_number=REFERENCE)
    outcomes = []

    def write(day: int) -> None:
        try:
            each = parse_order(an_order(updatedAt=f"2026-01-1{day}T00:00:00Z"))
            outcomes.extend(write_orders([each]).values())
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[day]) for day in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(OrderOutcome.CREATED) == 1
    assert stored().updated_at.day == 15
    assert SalesOrderItem.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again(record):
    bring(an_order())
    is_locked = threading.Event()

    def hold_the_row_then_wait_for_the_lock() -> None:
        try:
            # PostgreSQL may end this transaction instead.
            with suppress(OperationalError), transaction.atomic():
                SalesOrder.objects.select_for_update().get()
                is_locked.set()
                wait_until_another_waits_for_a_lock()
                lock_for_transaction(Lock.ORDERS)
        finally:
            connection.close()

    other = threading.Thread(target=hold_the_row_then_wait_for_the_lock)
    other.start()
    assert is_locked.wait(30)
    assert bring(an_order(updatedAt=LATER)).updated == 1
    other.join()


# What the database refuses


@pytest.mark.parametrize(
    ("model", "values", "rule"),
    [
        (SalesOrder, {"reference": ""}, "order_has_a_reference"),
        (SalesOrder, {"reference": REFERENCE}, "order_reference_is_unique"),
        (SalesOrder, {"state": "Lost"}, "order_state_is_known"),
        (SalesOrder, {"currency": "tl"}, "order_currency_is_three_letters"),
        (SalesOrder, {"currency": "try"}, "order_currency_is_three_letters"),
        (SalesOrder, {"tracking_address": "http://x"}, "order_tracking_address_is_https"),
        (SalesOrder, {"email_hash": "0" * 64}, "order_hashes_name_their_key"),
        (SalesOrder, {"shopper_name": "Ayşe"}, "order_hashes_name_their_key"),
        (SalesOrderItem, {"position": 0}, "order_item_has_its_own_place"),
        (SalesOrderItem, {"quantity": -1}, "order_item_quantity_is_not_negative"),
        (SalesOrderItem, {"currency": "₺"}, "order_item_currency_is_three_letters"),
    ],
)
def test_what_must_never_be_wrong_is_refused_by_name(record, model, values, rule):
    bring(an_order())
    order = stored()
    usual = {"order": order, "position": 1} if model is SalesOrderItem else {}
    if model is SalesOrder:
        times = {"ordered_at": order.ordered_at, "updated_at": order.updated_at}
        usual = {"reference": "RSO5", "state": "Created"} | times
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        model.objects.create(**usual | values)
