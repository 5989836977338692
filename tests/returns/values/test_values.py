"""The value of a return follows its items and its order, in whatever order these are written."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.feed.orders.cleanup import delete_orders_without_returns
from returns.models import (
    Change,
    Return,
    ReturnValue,
    SalesOrder,
    SalesOrderItem,
    State,
    UncountedReturn,
)
from returns.summaries import values as recounts
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import line_item, make_return, make_returns
from tests.returns.values.samples import put_order
from tests.trials import tried_on

pytestmark = pytest.mark.django_db


def value(reference: str = "one") -> tuple[Decimal, str] | None:
    return (
        ReturnValue.objects.filter(record__return_reference_number=reference)
        .values_list("amount", "currency")
        .first()
    )


def one(*skus: str, order: str = "RSO1", reference: str = "one", **fields: Any) -> Return:
    lines = [line_item(f"L-{place}", sku) for place, sku in enumerate(skus)]
    return make_return(
        reference, sales_order_reference_number=order, **{"line_items": lines} | fields
    )


def test_it_is_the_sum_of_the_prices_of_one_piece():
    put_order("RSO1", ("MUG", "18.4"), ("CUP", "0.1", "TRY", 3))
    one("mug", "CUP", "C-U-P")
    assert value() == (Decimal("18.6"), "TRY")


def test_the_first_line_of_a_product_counts():
    put_order("RSO1", ("MUG", "10"), ("MUG", "7"))
    one("MUG", "MUG")
    assert value() == (Decimal(20), "TRY")


def test_missing_items_count():
    put_order("RSO1", ("MUG", "10"))
    one(line_items=[line_item(state="Missing"), line_item("L-2", state="Damaged")])
    assert value() == (Decimal(20), "TRY")


@pytest.mark.parametrize(
    ("items", "skus"),
    [
        ([("MUG", "10"), ("CUP", "5", "EUR")], ["MUG", "CUP"]),
        ([("MUG", None)], ["MUG"]),
        ([("MUG", "10", "")], ["MUG"]),
        ([("MUG", "10")], ["MUG", "CUP"]),
        ([("MUG", "10"), ("...", "10")], ["MUG", "..."]),
        ([("MUG", "10")], []),
    ],
    ids=["currencies", "no price", "no currency", "not ordered", "no SKU", "nothing in it"],
)
def test_it_is_unknown(items, skus):
    put_order("RSO1", *items)
    one(*skus)
    assert value() is None


def test_only_the_currencies_of_what_came_back_matter():
    put_order("RSO1", ("MUG", "10"), ("CUP", "5", "EUR"))
    one("CUP")
    assert value() == (Decimal(5), "EUR")


def test_nothing_is_free_and_a_credit_is_negative():
    put_order("RSO1", ("MUG", "0"), ("VOUCHER", "-3.5"))
    one("MUG")
    one("VOUCHER", reference="two")
    assert (value(), value("two")) == ((0, "TRY"), (Decimal("-3.5"), "TRY"))


def test_the_dearest_items_can_be_added():
    price = "9" * 16 + ".9999"
    put_order("RSO1", ("MUG", price))
    one(*["MUG"] * 1_000)
    assert value() == (Decimal(price) * 1_000, "TRY")


def test_an_order_may_come_later_and_change():
    one("MUG")
    assert value() is None
    order = put_order("rso-1", ("MUG", "10"))
    assert value() == (Decimal(10), "TRY")
    order.items.update(price=11)
    assert value() == (Decimal(11), "TRY")
    order.items.update(currency="EUR")
    assert value() == (Decimal(11), "EUR")
    order.delete()
    assert value() is None


def test_the_order_that_is_spelled_so_comes_first_then_the_oldest():
    one("MUG", order="RSO-1")
    oldest = put_order("RSO1", ("MUG", "10"))
    put_order("RSO.1", ("MUG", "20"))
    assert value() == (Decimal(10), "TRY")
    exact = SalesOrder.objects.create(
        reference="RSO-1",
        state="Shipped",
        ordered_at=oldest.ordered_at,
        updated_at=oldest.updated_at,
    )
    assert value() is None  # its items are not known
    put_order("RSO-1", ("MUG", "30"))
    assert value() == (Decimal(30), "TRY")
    exact.delete()
    assert value() == (Decimal(10), "TRY")
    oldest.delete()
    assert value() == (Decimal(20), "TRY")


def test_a_return_may_move_to_another_order_and_get_other_items():
    put_order("RSO1", ("MUG", "10"))
    put_order("RSO2", ("MUG", "20"), ("CUP", "5"))
    record = one("MUG")
    Return.objects.filter(pk=record.pk).update(sales_order_reference_number="RSO2")
    assert value() == (Decimal(20), "TRY")
    Return.objects.filter(pk=record.pk).update(line_items=[line_item(), line_item("L-2", "CUP")])
    assert value() == (Decimal(25), "TRY")
    Return.objects.filter(pk=record.pk).update(line_items=None)
    assert value() is None
    Return.objects.filter(pk=record.pk).update(line_items=[line_item()])
    Return.objects.filter(pk=record.pk).update(sales_order_reference_number="")
    assert value() is None


def test_a_deleted_return_leaves_no_value():
    put_order("RSO1", ("MUG", "10"))
    one("MUG").delete()
    assert not ReturnValue.objects.exists()
    delete_orders_without_returns(timezone.now(), 10)
    assert not SalesOrder.objects.exists()


def test_open_pages_and_counts_of_deadlines_hear_of_a_value_that_an_order_brings():
    record = one("MUG")
    UncountedReturn.objects.all().delete()
    before = Change.objects.count()
    put_order("RSO1", ("MUG", "10"))
    assert set(UncountedReturn.objects.values_list("record_id", flat=True)) == {record.pk}
    assert Change.objects.count() > before


def test_an_equal_value_is_not_written_again():
    put_order("RSO1", ("MUG", "10"))
    record = one(line_items=[line_item(state="WaitingToBeProcessed")])
    changes = "SELECT xmin FROM returns_returnvalue"
    with connection.cursor() as cursor:
        first = cursor.execute(changes).fetchall()
        Return.objects.filter(pk=record.pk).update(line_items=[line_item()])
        assert cursor.execute(changes).fetchall() == first


def test_a_recount_finds_and_mends_a_wrong_value():
    put_order("RSO1", ("MUG", "10"))
    one("MUG")
    one("MUG", reference="two")
    call_command("rebuild_summaries")
    call_command("rebuild_summaries", "--check")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE returns_returnvalue SET amount = 11 WHERE record_id % 2 = 0")
        cursor.execute("DELETE FROM returns_returnvalue WHERE record_id % 2 = 1")
    assert len(recounts.find_differences()) == 2
    with pytest.raises(CommandError, match="differ from a recount"):
        call_command("rebuild_summaries", "--check")
    call_command("rebuild_summaries")
    assert (value(), value("two"), recounts.find_differences()) == (
        *[(Decimal(10), "TRY")] * 2,
        [],
    )


SKUS = st.sampled_from(["MUG", "m-u-g", "CUP", ""])
ORDERS = st.sampled_from(["", "RSO1", "rso-1", "RSO2"])
PRICED = st.tuples(
    SKUS, st.sampled_from([None, "10", "0.0001", "7.25"]), st.sampled_from(["TRY", "EUR", ""])
)
LINES = st.none() | st.lists(SKUS, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("returns"), st.lists(st.tuples(ORDERS, LINES), min_size=1, max_size=3)),
        st.tuples(st.just("change"), st.integers(0, 9), ORDERS, LINES),
        st.tuples(st.just("delete"), st.integers(0, 9)),
        st.tuples(
            st.just("order"),
            st.sampled_from(["RSO1", "rso-1", "RSO2"]),
            st.lists(PRICED, max_size=3),
        ),
        st.tuples(st.just("no order"), st.sampled_from(["RSO1", "rso-1", "RSO2"])),
        st.tuples(st.just("price"), PRICED),
    ),
    max_size=12,
)


def expected(record: Return) -> tuple[Decimal, str] | None:
    """Return the value by its definition."""
    orders = [
        order
        for order in SalesOrder.objects.order_by("pk").prefetch_related("items")
        if record.order_key and order.order_key == record.order_key
    ]
    orders.sort(key=lambda order: order.reference != record.sales_order_reference_number)
    if not orders or not record.line_items:
        return None
    pieces = [
        next((item for item in orders[0].items.all() if _key(item.sku) == _key(line[1])), None)
        for line in record.line_items
    ]
    if not all(each and _key(each.sku) and each.price is not None for each in pieces):
        return None
    (currency, *others) = {each.currency for each in pieces}
    total = sum((each.price for each in pieces), Decimal())
    return None if others or not currency else (total, currency)


def _key(sku: str) -> str:
    return "".join(filter(str.isalnum, sku.upper()))


class TestAnyOrderOfWrites(TestCase):
    @tried_on(150)
    @given(STEPS)
    def test_the_value_is_that_of_its_definition(self, steps):
        for step in steps:
            self.take(*step)
        stored = {each.pk: (each.amount, each.currency) for each in ReturnValue.objects.all()}
        assert stored == {
            each.pk: found for each in Return.objects.all() if (found := expected(each))
        }
        assert recounts.find_differences() == []

    def take(self, kind: str, *values: Any) -> None:
        match kind, *values:
            case "returns", rows:
                make_returns(
                    {"sales_order_reference_number": order, "line_items": self.lines(skus)}
                    for order, skus in rows
                )
            case "change", place, order, skus:
                for pk in self.some(place):
                    Return.objects.filter(pk=pk).update(
                        sales_order_reference_number=order, line_items=self.lines(skus)
                    )
            case "delete", place:
                Return.objects.filter(pk__in=self.some(place)).delete()
            case "order", reference, items:
                put_order(reference, *items)
            case "no order", reference:
                SalesOrder.objects.filter(reference=reference).delete()
            case "price", (sku, price, currency):
                SalesOrderItem.objects.filter(sku=sku).update(price=price, currency=currency)

    @staticmethod
    def lines(skus: list[str] | None) -> list[Any] | None:
        return skus and [line_item(f"L-{place}", sku) for place, sku in enumerate(skus)]

    @staticmethod
    def some(place: int) -> list[int]:
        return list(Return.objects.order_by("pk").values_list("pk", flat=True)[place : place + 1])


def do_at_once(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Do two things; the first commits as soon as the second waits for it."""
    is_done, may_commit = threading.Event(), threading.Event()

    def do_first() -> None:
        try:
            with transaction.atomic():
                first()
                is_done.set()
                may_commit.wait(30)
        finally:
            connection.close()

    def do_second() -> None:
        try:
            second()
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (do_first, do_second)]
    threads[0].start()
    assert is_done.wait(30)
    threads[1].start()
    wait_until_another_waits_for_a_lock()
    may_commit.set()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_return_and_its_order_that_are_written_at_once_see_each_other():
    do_at_once(put_mug, lambda: one("MUG", state=State.ARRIVED))
    assert value() == (Decimal(10), "TRY")


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.parametrize("first", ["the order", "the deletion"])
def test_a_return_that_is_deleted_while_its_order_is_written_leaves_no_value(first):
    one("MUG", tracking_id="")  # of one with a tracking ID, the deletion takes the lock anyway
    works = [put_mug, Return.objects.all().delete]
    do_at_once(*(works if first == "the order" else works[::-1]))
    assert not ReturnValue.objects.exists()


def put_mug() -> None:
    put_order("RSO1", ("MUG", "10"))
