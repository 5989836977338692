"""Filters by what is in the parcel, on lists, in rules and deadlines, and their indexes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from returns.filters.conditions import ConditionSet
from returns.filters.filterset import ReturnFilterSet
from returns.filters.problems import Problem
from returns.filters.query import Query
from returns.models import Return, State
from tags.vocabulary import load_vocabulary
from tests.factories import line_item, make_return, make_returns, put_tag

pytestmark = pytest.mark.django_db


def matches(query: str) -> set[str]:
    filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
    assert filterset.problems() == []
    found = [record.return_reference_number for record in filterset.qs]
    assert len(found) == len(set(found))
    judged = ReturnFilterSet(Query.parse(query), load_vocabulary(), one_by_one=True).qs
    assert {record.return_reference_number for record in judged} == set(found)
    return set(found)


@pytest.fixture(autouse=True)
def some():
    """Returns by what is in them."""
    lines = {
        "unknown": None,
        "empty": [],
        "good": [line_item(), line_item("L-2", "TS-RED-M")],
        "twice": [line_item(), line_item("L-2")],
        "missing": [line_item(state="Missing"), line_item("L-2", state="Missing")],
        "damaged": [line_item(state="Damaged", damaged_state="SendToCustomer")],
        "undecided": [line_item(state="Damaged", damaged_state="WaitingInWarehouse")],
        "waiting": [line_item(state="WaitingToBeProcessed", serial_number="SN 9-1")],
    }
    for name, items in lines.items():
        make_return(name, line_items=items, state=State.COMPLETED)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sku=MUG", {"good", "twice", "missing", "damaged", "undecided", "waiting"}),
        ("sku=ts red m", {"good"}),
        ("sku=TS-RED", set()),
        ("sku=...", set()),
        ("serial=sn91", {"waiting"}),
        ("serial=sn9", set()),
        ("item=Damaged", {"damaged", "undecided"}),
        ("item=WaitingInWarehouse", {"undecided"}),
        ("item=Missing&item=WaitingToBeProcessed", {"missing", "waiting"}),
        ("item=Undamaged", {"good", "twice"}),
        ("items_missing=1", {"missing"}),
        ("items_missing=3", set()),
        ("items_waiting=1", {"waiting"}),
        ("sku=MUG&item=Missing&state=Completed", {"missing"}),
        ("problem=items_waiting", {"waiting"}),
        ("problem=no_items", {"empty"}),
        ("problem=no_items&problem=items_waiting", {"waiting", "empty"}),
    ],
)
def test_items_are_filtered(query, expected):
    assert matches(query) == expected


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("item=Lost", "Lost is not one of"),
        ("items_waiting=0", "greater than or equal to 1"),
        ("items_missing=x", "Enter a number"),
    ],
)
def test_an_unknown_value_is_named_and_matches_nothing(query, problem):
    filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
    assert problem in filterset.problems()[0]
    assert list(filterset.qs) == []


def test_only_completed_returns_have_these_problems():
    make_return("open", line_items=[line_item(state="WaitingToBeProcessed")], state=State.ARRIVED)
    make_return("on the way", line_items=[])
    assert matches(f"problem={Problem.ITEMS_WAITING}&problem={Problem.NO_ITEMS}") == {
        "waiting",
        "empty",
    }


def test_deadlines_may_use_them(vocabulary):
    query = Query.parse("sku=mug&item=Damaged&items_missing=1")
    assert ConditionSet(query, load_vocabulary()).problems() == []


@pytest.mark.slow
def test_a_page_of_a_sku_is_read_in_order_and_continued(as_agent, vocabulary):
    start = timezone.now() - timedelta(days=30)
    rows = make_returns(
        {
            "reference": f"many-{number:03}",
            "created_at": start + timedelta(minutes=number % 40),
            "line_items": [line_item(sku="CUP"), line_item("L-2", "cup")],
        }
        for number in range(120)
    )
    put_tag(rows[3], "books")
    seen, address = [], "/returns/?sku=CUP"
    for _ in range(3):
        listing = as_agent.get(address).context["list"]
        seen += [row.record.return_reference_number for row in listing.rows]
        address = f"/returns/?sku=CUP&after={listing.page.next or ''}"
    newest = Return.objects.filter(return_reference_number__startswith="many")
    expected = newest.order_by("-created_at", "-pk")
    assert seen == list(expected.values_list("return_reference_number", flat=True))
    assert matches("sku=CUP&tag=books") == {"many-003"}
    assert len(matches("sku=cup&sort=arrived")) == 120


@pytest.fixture
def many():
    """So many returns with items that an index is worth it."""
    make_returns(
        {
            "reference": f"many-{number}",
            "line_items": [line_item(sku=f"SKU-{number}", serial_number=f"SN-{number}")],
        }
        for number in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE returns_return, returns_returnitem")


def plan(query: str) -> str:
    filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
    page = filterset.qs.in_order_of("created_at", descending=True)[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    return page.explain()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("sku=MUG", "item_by_sku"),
        ("serial=SN1", "item_by_serial"),
        ("item=Damaged", "return_items_damaged"),
        ("item=Missing", "return_items_missing"),
        ("item=WaitingInWarehouse", "return_undecided"),
        ("items_waiting=2", "return_items_waiting"),
        ("problem=no_items", "return_no_items"),
        ("problem=items_waiting", "return_items_left"),
    ],
)
def test_each_filter_has_its_index(many, query, index):
    assert index in plan(query)
