"""The search box finds what is in the parcels: SKUs, serial numbers and barcodes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from returns.models import Return
from returns.search import finding, search, statements
from tests.factories import line_item, make_return, make_returns
from tests.returns.feed.orders.samples import ITEM, REFERENCE, an_order, bring, make_many_orders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def some():
    """Returns with items, and one whose tracking ID ends like a serial number."""
    make_return("A", line_items=[line_item(sku="TS-RED-M"), line_item("L-2", "TS-RED-M")])
    make_return("B", line_items=[line_item(sku="TS-RED-L", serial_number="SN-4711-X")])
    make_return("C", line_items=[line_item(sku="MUG-1", serial_number="SN-4712-X")])
    make_return("D", tracking_id="734000004711X")
    make_return("E", sales_order_reference_number=REFERENCE)
    mug = {"sku": "mug 1", "barcodes": ["8690000000012", "12-A"]}
    bring(an_order(lineItems=[ITEM | mug, ITEM | {"sku": "NEVER-BACK", "barcodes": ["4006381"]}]))


def found(text: str) -> dict[str, str]:
    references = dict(Return.objects.values_list("pk", "return_reference_number"))
    return {references[pk]: hit.why for pk, hit in search(text).hits.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ts red m", {"A": "SKU is TSREDM"}),
        ("TS-RED", {"A": "SKU starts with TSRED", "B": "SKU starts with TSRED"}),
        ("sn4711x", {"B": "serial number is SN4711X"}),
        ("SN-47", {"B": "serial number starts with SN47", "C": "serial number starts with SN47"}),
        ("4711X", {"B": "serial number ends in 4711X", "D": "tracking ID ends in 4711X"}),
        ("734000004711X", {"D": "tracking ID is 734000004711X"}),
        ("8690000000012", {"C": "barcode is 8690000000012"}),
        ("869-0000 000012", {"C": "barcode is 8690000000012"}),
        ("12a", {"C": "barcode is 12A"}),
        ("869000000001", {}),
        ("690000000012", {}),
        ("4006381", {}),
        ("8690000000012, TS-RED-L", {"C": "barcode is 8690000000012", "B": "SKU is TSREDL"}),
        ("TS-RED-M\nSN-4712-X", {"A": "SKU is TSREDM", "C": "serial number is SN4712X"}),
    ],
)
def test_items_are_found_and_the_reason_is_said(text, expected):
    assert found(text) == expected


def test_a_list_names_what_is_nowhere():
    result = search("TS-RED-M\nNO-SUCH-1\nSN-4712-X")
    assert result.not_found == ("NO-SUCH-1",)


def test_enter_on_a_serial_number_opens_its_return(as_agent):
    answer = as_agent.get("/returns/?q=SN-4711-X&enter=1", follow=False)
    listing = as_agent.get("/returns/?q=SN-4711-X").context["list"]
    assert answer.status_code in (200, 302)
    assert [row.record.return_reference_number for row in listing.rows] == ["B"]
    assert listing.rows[0].reason == "serial number is SN4711X"


def test_a_whole_number_of_a_return_does_not_look_into_parcels(django_assert_num_queries):
    with django_assert_num_queries(1):
        search("734000004711X")


def test_each_branch_has_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {statements.ITEMS}", {"texts": ["4711"], "cap": 1001})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on returns_returnitem" not in plan
    indexes = re.findall(r"using (item_\w+) on returns_returnitem", plan)
    assert sorted(set(indexes)) == ["item_by_end_of_serial", "item_by_serial", "item_by_sku"]


def test_a_barcode_is_one_look_into_each_index():
    make_many_orders()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # as if there were many returns
        cursor.execute(f"EXPLAIN {statements.ITEMS}", {"texts": ["4711"], "cap": 1001})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(r"Index Scan (on|using) order_item_by_barcode", plan)
    assert "Seq Scan on returns_" not in plan


def test_a_barcode_finds_the_newest_returns_of_its_product_up_to_the_limit(monkeypatch):
    at = timezone.now() - timedelta(days=400)
    make_returns(
        {"reference": f"old-{n}", "line_items": [line_item(sku="MUG-1")], "created_at": at}
        for n in range(3)
    )
    monkeypatch.setattr(finding, "MAX_MATCHES", 1)
    monkeypatch.setattr(finding, "MIN_LIST_MATCHES", 1)
    result = search("8690000000012")
    assert found("8690000000012") == {"C": "barcode is 8690000000012"}
    assert result.cut_short
