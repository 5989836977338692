"""Invented orders: what came back was ordered, totals are right, times come before the return."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from returns.demo import orders
from returns.demo.filling import fill_demo
from returns.demo.generator import generate_records
from returns.demo.orders import InventedOrders
from returns.demo.products import catalogue
from returns.feed.ingest import ingest
from returns.models import Return, SalesOrder, SalesOrderItem
from returns.order_page.page import order_page
from returns.orders.finding import orders_of_shopper
from returns.orders.shoppers import shopper_hashes

UNTIL = datetime(2026, 3, 2, 9, tzinfo=UTC)


def invent(count: int, seed: int = 5) -> InventedOrders:
    invented = InventedOrders(seed, count)
    ingest(
        invented.watch(generate_records(count, seed=seed, until=UNTIL)),
        source="demo",
        batch_size=500,
    )
    invented.write()
    return invented


@pytest.mark.django_db
def test_each_order_has_what_came_back_and_more(vocabulary):
    invent(300)
    assert SalesOrder.objects.count() > 250
    more = 0
    for order in SalesOrder.objects.prefetch_related("items"):
        ordered = {item.sku: item.quantity for item in order.items.all()}
        returned = Counter[str]()
        for record in Return.objects.filter(order_key=order.order_key):
            returned.update(line[1] for line in record.line_items or ())
            assert order.ordered_at < order.shipped_at < record.created_at
            assert order.delivered_at is None or order.shipped_at < order.delivered_at
            assert order.delivered_at is None or order.delivered_at < record.created_at
        assert all(count <= ordered[sku] for sku, count in returned.items())
        assert ordered
        more += sum(ordered.values()) > returned.total()
    assert more > 150
    references = Return.objects.exclude(sales_order_reference_number="")
    assert set(references.values_list("order_key", flat=True)) == set(
        SalesOrder.objects.values_list("order_key", flat=True)
    )


@pytest.mark.django_db
def test_totals_and_currencies_are_right(vocabulary):
    invent(300)
    for order in SalesOrder.objects.prefetch_related("items"):
        items = order.items.all()
        currency = "EUR" if order.channel == "Amazon.de" else "TRY"
        assert {order.currency, *(item.currency for item in items)} == {currency}
        assert order.total == sum((item.price * item.quantity for item in items), Decimal())
        assert order.tracking_address.startswith("https://")
    assert set(SalesOrder.objects.values_list("currency", flat=True)) == {"EUR", "TRY"}
    assert len(set(SalesOrder.objects.values_list("channel", flat=True))) == 6


@pytest.mark.django_db
def test_the_same_seed_has_the_same_orders(vocabulary):
    def entries(seed: int) -> list:
        invented = InventedOrders(seed, 200)
        list(invented.watch(generate_records(200, seed=seed, until=UNTIL)))
        return [entry.raw for entry in invented.entries()]

    assert entries(5) == entries(5)
    assert entries(5) != entries(6)
    invented = invent(200)
    again = invented.write()
    assert (again.created, again.updated, again.unchanged) == (0, 0, again.read)


@pytest.mark.django_db
def test_customers_are_only_hashed_and_some_order_again(vocabulary):
    invented = invent(200)
    customers = Counter(entry.raw["customer"]["email"] for entry in invented.entries())
    email, count = customers.most_common(1)[0]
    assert count > 2
    assert orders_of_shopper(shopper_hashes(email)).count() == count
    assert not SalesOrder.objects.exclude(shopper_name="").exists()
    phones = {entry.raw["customer"]["phone"] for entry in invented.entries()}
    assert all(orders_of_shopper(shopper_hashes(phone)).exists() for phone in phones)


@pytest.mark.django_db
def test_the_page_of_an_invented_order_says_what_came_back(vocabulary):
    invent(100)
    order = SalesOrder.objects.latest("ordered_at")
    page = order_page(order.reference)
    assert page.returns
    assert all(product.is_in_order for product in page.contents.products)


@pytest.mark.django_db
def test_only_the_newest_returns_get_orders(vocabulary, monkeypatch):
    monkeypatch.setattr(orders, "MAX_RETURNS_WITH_ORDERS", 20)
    invent(100)
    newest = Return.objects.exclude(order_key=None).order_by("-created_at", "-pk")[:20]
    keys = {record.order_key for record in newest}
    assert set(SalesOrder.objects.values_list("order_key", flat=True)) == keys


@pytest.mark.django_db(transaction=True)
def test_the_demo_and_the_generator_write_orders(vocabulary, settings):
    settings.LOCAL = True
    try:
        fill_demo(40, until=UNTIL, on_progress=lambda _: None)
        count = SalesOrder.objects.count()
        assert count > 30
        call_command("generate_returns", "50", "--until=2026-01-31")
        both = SalesOrder.objects.count()
        assert both > count + 30
        call_command("generate_returns", "50", "--until=2026-01-31")
        assert SalesOrder.objects.count() == both
        skus = {product.sku for product in catalogue()}
        assert set(SalesOrderItem.objects.values_list("sku", flat=True)) <= skus
    finally:
        with connection.cursor() as cursor:
            cursor.execute("COMMENT ON TABLE returns_return IS NULL")
