"""Lists, queues, exports and the page of a return show values, and can be asked for them."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from config.numbers import money
from returns.filters.conditions import ConditionSet
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.filters.sorting import Sort
from returns.lists import page as list_pages
from returns.lists.cells import CellContext, currency_cell, value_cell
from returns.lists.rows import build_rows
from returns.models import Return, State
from returns.queues import values as queue_values
from tags.vocabulary import load_vocabulary
from tests.factories import line_item, make_return, make_returns
from tests.returns.exports.test_rows import SHEET, part_of, rows_of_csv, rows_of_xlsx
from tests.returns.values.samples import put_order

pytestmark = pytest.mark.django_db


def priced(name: str, price: str | None, currency: str = "TRY", **fields: Any) -> Return:
    put_order(f"Order-{name}", ("MUG", price, currency))
    return make_return(
        name, sales_order_reference_number=f"Order-{name}", line_items=[line_item()], **fields
    )


@pytest.fixture
def some(vocabulary):
    """Returns in two currencies, and one without a value."""
    priced("cheap", "9.9")
    priced("dear", "1299.8", state=State.ARRIVED)
    priced("euro", "80", "EUR", state=State.ARRIVED)
    priced("unknown", None, state=State.ARRIVED)


def matches(query: str) -> set[str]:
    filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
    assert filterset.problems() == []
    judged = ConditionSet(Query.parse(query), load_vocabulary()).qs
    found = {record.return_reference_number for record in filterset.qs}
    assert {record.return_reference_number for record in judged} == found
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("value_over=9.89", {"cheap", "dear", "euro"}),
        ("value_over=9.9", {"dear", "euro"}),
        ("value_under=9.9", {"cheap"}),
        ("value_over=50&value_under=1000", {"euro"}),
        ("value_over=50&currency=try", {"dear"}),
        ("currency=EUR", {"euro"}),
        ("currency=USD", set()),
    ],
)
def test_values_are_filtered(some, query, expected):
    assert matches(query) == expected


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("value_over=-1", "greater than or equal to 0"),
        ("value_over=NaN", "Enter a number"),
        ("value_under=x", "Enter a number"),
        ("currency=Lira", "“LIRA” is not a currency. Use three letters, such as TRY."),
        ("currency=TR%C4%B0", "is not a currency"),
    ],
)
def test_an_impossible_value_is_named_and_matches_nothing(query, problem):
    filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
    assert problem in filterset.problems()[0]
    assert list(filterset.qs) == []


def order_of(client: Any, address: str) -> list[str]:
    rows = client.get(address).context["list"].rows
    return [row.record.return_reference_number for row in rows]


def test_lists_are_sorted_by_currency_and_then_by_amount(some, as_agent):
    assert order_of(as_agent, "/returns/?sort=value") == ["euro", "cheap", "dear", "unknown"]
    assert order_of(as_agent, "/returns/?sort=-value") == ["dear", "cheap", "euro", "unknown"]
    assert order_of(as_agent, "/returns/?sort=-value&currency=TRY") == ["dear", "cheap"]
    assert order_of(as_agent, "/queue/?queue=to_inspect&sort=-value")[0] == "dear"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1299.8", "1,299.80 TRY"), ("0.0001", "0.0001 TRY"), ("-3.125", "-3.125 TRY")],
)
def test_an_amount_is_written_exactly(amount, text):
    assert money(Decimal(amount), "TRY") == text


def test_the_largest_amount_is_written_exactly_in_each_language():
    amount = Decimal("99999999999999999999.9999")
    with override("de"):
        assert money(amount, "EUR").startswith("99.999.999.999.999.999.999,9999")


def test_the_column_shows_the_value():
    priced("one", "9.9")
    listing = list_pages.return_list(Query.parse("sort=value"), ("reference", "value", "currency"))
    assert [str(row.value) for row in listing.rows] == ["9.9000 TRY"]
    context = CellContext(may_tag=False, back_to="", now=timezone.now())
    assert ">9.90 TRY</td>" in value_cell(listing.rows[0], context)
    assert ">TRY</td>" in currency_cell(listing.rows[0], context)


def test_all_rows_together_cost_one_query(some, django_assert_num_queries):
    records = list(Return.objects.with_tag_ids())
    with django_assert_num_queries(1):
        rows = build_rows(records, {}, with_value=True)
    assert sum(row.value is not None for row in rows) == 3
    with django_assert_num_queries(0):
        build_rows(records, {})


COLUMNS = "columns=reference&columns=value&columns=currency"


def test_exports_have_the_amount_and_the_currency(some, as_manager):
    answer = as_manager.get(f"/returns/export.csv?sort=value&{COLUMNS}")
    rows = [
        ["euro", "80.00", "EUR"],
        ["cheap", "9.90", "TRY"],
        ["dear", "1299.80", "TRY"],
        ["unknown", "", ""],
    ]
    assert rows_of_csv(answer)[1:] == rows
    answer = as_manager.get(f"/returns/export.xlsx?sort=value&{COLUMNS}")
    assert re.search(r'<c r="B4" s="\d+"><v>1299.80</v></c>', part_of(answer, SHEET))
    assert [row[:3] for row in rows_of_xlsx(answer)[1:4]] == rows[:3]


def test_an_amount_that_excel_would_round_is_written_as_a_text(as_manager, vocabulary):
    priced("dear", "1234567890123456.7891")
    answer = as_manager.get(f"/returns/export.xlsx?{COLUMNS}")
    assert rows_of_xlsx(answer)[1] == ["dear", "1234567890123456.7891", "TRY"]
    assert "1234567890123456.7891</t>" in part_of(answer, SHEET)


def test_the_page_says_the_value_or_why_it_is_unknown(some, as_agent):
    assert "Value: 1,299.80 TRY" in as_agent.get("/returns/dear/").content.decode()
    assert "Value:" not in as_agent.get("/returns/unknown/").content.decode()
    put_order("Order-dear", ("MUG", "1"), ("CUP", "2", "EUR"))
    Return.objects.filter(return_reference_number="dear").update(
        line_items=[line_item(), line_item("L-2", "CUP")]
    )
    page = as_agent.get("/returns/dear/").content.decode()
    assert "Value: unknown, because the prices are in several currencies (EUR, TRY)." in page


def cards(client: Any) -> dict[str, str]:
    answer = client.get("/queue/?queue=to_inspect")
    return {card.name: card.value for card in answer.context["cards"]}


def test_queues_show_what_waits_in_each_currency(some, as_manager, manager):
    priced("more", "0.2", state=State.ARRIVED)
    priced("done", "7", state=State.COMPLETED)
    found = cards(as_manager)
    assert found["to_inspect"] == "1,300.00 TRY · 80.00 EUR"
    assert found["on_the_way"] == "9.90 TRY"
    assert found["completed_today"] == ""


def test_sums_of_more_returns_than_are_counted_say_so(some, as_manager, monkeypatch):
    monkeypatch.setattr(queue_values, "LIST_CAP", 2)
    assert "+" in cards(as_manager)["to_inspect"]
    assert "+" not in cards(as_manager)["on_the_way"]


def test_of_many_currencies_the_most_common_are_shown(as_manager, vocabulary):
    for number, currency in enumerate(["TRY", "TRY", "EUR", "USD", "GBP"]):
        priced(f"r{number}", "1", currency, state=State.ARRIVED)
    assert cards(as_manager)["to_inspect"] == "2.00 TRY · 1.00 EUR · 1.00 GBP · …"


@pytest.mark.slow
def test_few_dear_returns_are_read_from_their_index(vocabulary):
    start = timezone.now() - timedelta(days=300)
    put_order("RSO-cheap", ("MUG", "5"))
    put_order("RSO-dear", ("MUG", "5000", "EUR"))
    make_returns(
        {
            "created_at": start + timedelta(minutes=number),
            "sales_order_reference_number": "RSO-dear" if number % 2_000 == 7 else "RSO-cheap",
            "line_items": [line_item()],
        }
        for number in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE returns_return, returns_returnvalue")
    for query in ("value_over=1000", "currency=EUR", "currency=EUR&value_over=1000"):
        filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
        plan = filterset.qs.in_order_of("created_at", descending=True)[:51].explain()
        assert "Seq Scan" not in plan, query
        assert "return_by_creation" not in plan, query
    sort = Sort.parse("-value")
    rows = Return.objects.filter(sort.column.is_present)
    rows = rows.in_order_of(sort.column.name, descending=True)
    after = rows.after_row(sort.column.name, "TRY5.0000", 999_999_999, descending=True)
    for part in (rows, after):
        plan = part[:51].explain()
        assert "value_in_order" in plan
        assert "Sort" not in plan
    assert "Index Cond: (ROW" in after[:51].explain()
