"""Shoppers with many returns are counted in the same way in lists and by rules."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import SalesOrder, TagRule
from tags.vocabulary import load_vocabulary
from tests.factories import make_return
from tests.returns.feed.orders.samples import CUSTOMER, an_order, bring

pytestmark = pytest.mark.django_db

NEWER = {"customerNo": "9", "email": "other@example.com"}


@pytest.fixture(autouse=True)
def _returns():
    """Three recent returns of one shopper and an old one; one of another with the same phone."""
    now = timezone.now()
    for number, days in enumerate([1, 2, 80, 200]):
        at = now - timedelta(days=days)
        make_return(f"A-{number}", sales_order_reference_number=f"RSO{number}", created_at=at)
    make_return("B", sales_order_reference_number="RSO9", created_at=now)
    make_return("none", sales_order_reference_number="RSO-none", created_at=now)
    make_return("without", sales_order_reference_number="", created_at=now)
    bring(*(an_order(f"RSO{number}") for number in range(4)))
    bring(an_order("RSO9", customer=CUSTOMER | NEWER))


def matching(number: int, *, one_by_one: bool) -> list[str]:
    query = Query.from_lists({"shopper_returns_over": [str(number)]})
    filterset = ReturnFilterSet(query, load_vocabulary(), one_by_one=one_by_one)
    assert filterset.problems() == []
    return sorted(each.return_reference_number for each in filterset.qs)


@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        # The shared phone number has four recent returns.
        (3, ["A-0", "A-1", "A-2", "A-3", "B"]),
        (4, []),
    ],
)
def test_the_returns_of_frequent_shoppers_are_kept(one_by_one, number, expected):
    assert matching(number, one_by_one=one_by_one) == expected


@pytest.mark.parametrize("one_by_one", [True, False])
def test_each_number_is_counted_by_itself(one_by_one):
    SalesOrder.objects.filter(reference="RSO9").update(phone_hash=None)
    assert matching(2, one_by_one=one_by_one) == ["A-0", "A-1", "A-2", "A-3"]
    assert matching(3, one_by_one=one_by_one) == []


@pytest.mark.parametrize("one_by_one", [True, False])
def test_a_return_counts_once_however_many_orders_are_spelled_like_its_own(one_by_one):
    make_return("A-5", sales_order_reference_number="RSO-2")
    bring(an_order("RSO-2"))
    assert "A-0" in matching(4, one_by_one=one_by_one)
    assert matching(5, one_by_one=one_by_one) == []


def test_the_shipped_rule_is_off():
    rule = TagRule.objects.get(name="Frequent returner")
    assert not rule.is_on
    assert rule.moment == "arrived"
    assert rule.parameters == {"shopper_returns_over": ["3"]}
