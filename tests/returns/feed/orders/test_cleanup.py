"""What is kept of orders without need is deleted."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from returns import background
from returns.models import OrderRequest, Return, SalesOrder, SalesOrderItem
from returns.retention.steps import RETENTION_DONE
from tests.factories import make_return
from tests.returns.feed.orders.samples import REFERENCE, an_order, bring, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _due():
    cache.delete(RETENTION_DONE)


def test_orders_of_deleted_returns_are_deleted():
    for reference in (REFERENCE, "RSO2", "заказ", "заказ 2"):
        make_return(reference, sales_order_reference_number=reference)
    make_return("Return-2", sales_order_reference_number="rso-2")
    bring(*(an_order(each) for each in (REFERENCE, "RSO2", "заказ")))
    Return.objects.exclude(return_reference_number__in=["Return-2", "заказ"]).delete()
    background.run_short_jobs()
    kept = set(SalesOrder.objects.values_list("reference", flat=True))
    assert kept == {"RSO2", "заказ"}
    assert SalesOrderItem.objects.count() == 2


def test_names_are_deleted_once_they_are_switched_off(settings):
    settings.SHOPPER_NAMES = True
    make_return(sales_order_reference_number=REFERENCE)
    bring(an_order())
    background.run_short_jobs()
    assert stored().shopper_name
    cache.delete(RETENTION_DONE)
    settings.SHOPPER_NAMES = False
    background.run_short_jobs()
    assert stored().shopper_name == ""
    assert stored().email_hash


def test_requests_that_nobody_asks_for_are_deleted():
    for days in (29, 31):
        at = timezone.now() - timedelta(days=days)
        OrderRequest.objects.create(reference=f"RSO{days}", requested_at=at)
    background.run_short_jobs()
    assert [each.reference for each in OrderRequest.objects.all()] == ["RSO29"]
