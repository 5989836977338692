"""The page of an order: its items beside what came back, its returns, one timeline."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from config.numbers import money
from returns.models import Return, SalesOrder, State
from returns.order_page.came_back import CameBack
from returns.order_page.page import MAX_SHOWN_RETURNS, order_page
from returns.order_page.timeline import MAX_EVENTS
from returns.orders.addresses import order_path
from returns.record.parcel import parcel_of
from tests.factories import line_item, make_return, make_returns, put_tag
from tests.returns.feed.orders.samples import ITEM, REFERENCE, an_order, bring

pytestmark = pytest.mark.django_db

AT = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)


def item(sku: str, quantity: int | None = 1, price: str | None = "10", **more) -> dict:
    amount = Decimal(price) if price else None
    fields = {"sku": sku, "amountInOrder": quantity, "salePrice": amount, "productSalePrice": None}
    return ITEM | fields | {"barcodes": [], "productName": f"A {sku}"} | more


def a_return(*lines: list, order: str = REFERENCE, **fields) -> Return:
    fields = {"state": State.COMPLETED, "created_at": AT} | fields
    return make_return(sales_order_reference_number=order, line_items=list(lines), **fields)


def outcomes(reference: str = REFERENCE) -> dict[str, str]:
    return {each.sku: each.outcome for each in order_page(reference).contents.products}


# What came back


def test_what_came_back_is_counted_over_all_returns_by_the_product():
    a_return(line_item("1", "MUG"), line_item("2", "mug ", "Damaged"), line_item("3", "CUP"))
    a_return(line_item("1", "MUG"))
    bring(an_order(lineItems=[item("MUG", 5), item("CUP"), item("PEN", 2)]))
    assert outcomes() == {
        "MUG": "3 of 5 returned, 1 damaged",
        "CUP": "1 of 1 returned",
        "PEN": "none returned",
    }
    assert order_page(REFERENCE).contents.share == "4 of 8 items returned"


def test_only_what_is_in_the_warehouse_has_returned():
    waiting = "WaitingToBeProcessed"
    a_return(line_item("1", "MUG", "Missing"), line_item("2", "MUG"))
    a_return(line_item("1", "MUG", waiting), state=State.ARRIVED)
    a_return(line_item("1", "MUG", waiting), line_item("2", "CUP", waiting), state=State.CREATED)
    bring(an_order(lineItems=[item("MUG", 4), item("CUP")]))
    assert outcomes() == {
        "MUG": "2 of 4 returned, 1 waiting, 1 missing, 1 on the way",
        "CUP": "none returned, 1 on the way",
    }


def test_lines_of_one_product_are_one_product():
    a_return(line_item("1", "MUG"))
    bring(an_order(lineItems=[item("MUG", 1), item("CUP"), item("m-u-g", 2)]))
    assert outcomes() == {"MUG": "1 of 3 returned", "CUP": "none returned"}


def test_what_is_not_in_the_order_is_listed_and_marked(as_agent):
    a_return(line_item("1", "OTHER"), line_item("2", ""))
    bring(an_order(lineItems=[item("MUG", 2)]))
    assert outcomes() == {"MUG": "none returned", "": "1 returned", "OTHER": "1 returned"}
    page = as_agent.get(order_path(REFERENCE)).text
    assert page.count("not in the order") == 2
    contents = order_page(REFERENCE).contents
    assert contents.share == "0 of 2 items returned"
    assert (contents.values, contents.without_value) == ([], 2)


def test_a_product_without_letters_or_digits_is_compared_by_its_text():
    a_return(line_item("1", "中号"))
    bring(an_order(lineItems=[item("中号", 2), item("", 3), item("大号")]))
    assert outcomes() == {"中号": "1 of 2 returned", "": "unknown", "大号": "none returned"}


def test_what_nobody_has_said_is_unknown_and_not_zero(as_agent):
    make_return(sales_order_reference_number=REFERENCE, state=State.ARRIVED)
    bring(an_order(lineItems=[item("MUG", 2)]))
    assert outcomes() == {"MUG": "unknown"}
    assert order_page(REFERENCE).contents.share == ""
    a_return(line_item("1", "MUG"))
    assert outcomes() == {"MUG": "1 of 2 returned"}
    assert order_page(REFERENCE).contents.share == "At least 1 of 2 items returned"
    page = as_agent.get(order_path(REFERENCE)).text
    assert "The WMS has not said what is in 1 of the returns." in page


def test_a_parcel_on_its_way_has_certainly_brought_nothing_yet():
    make_return(sales_order_reference_number=REFERENCE)
    bring(an_order(lineItems=[item("MUG", 2)]))
    assert outcomes() == {"MUG": "none returned"}


def test_items_that_the_order_does_not_say_are_unknown(as_agent):
    a_return(line_item("1", "MUG"))
    raw = an_order()
    del raw["lineItems"]
    bring(raw)
    contents = order_page(REFERENCE).contents
    assert (contents.share, outcomes()) == ("1 item returned", {"MUG": "1 returned"})
    page = as_agent.get(order_path(REFERENCE)).text
    assert "The WMS has not said what was ordered." in page
    assert "not in the order" not in page


def test_an_unknown_quantity_is_left_out():
    a_return(line_item("1", "MUG"))
    bring(an_order(lineItems=[item("MUG", None), item("CUP", 2)]))
    assert outcomes() == {"MUG": "1 returned", "CUP": "none returned"}
    assert order_page(REFERENCE).contents.share == "1 item returned"


def test_the_worst_result_marks_a_product():
    assert CameBack(undamaged=1, damaged=1, missing=1).result == "Damaged"
    assert CameBack(undamaged=1, missing=1).result == "Missing"
    assert CameBack(undamaged=1, on_the_way=1).result == "WaitingToBeProcessed"
    assert CameBack(undamaged=1).result == "Undamaged"
    assert CameBack().result == ""


# Money


def values(*returned: str, items: list[dict]) -> tuple[list[str], int]:
    a_return(*(line_item(str(n), sku) for n, sku in enumerate(returned)))
    bring(an_order(lineItems=items))
    contents = order_page(REFERENCE).contents
    return list(contents.values), contents.without_value


def test_sums_are_exact_and_kept_apart_by_currency():
    items = [item("A", 3, "0.1"), item("B", 1, "1299.80"), item("C", 1, "20", currency="EUR")]
    assert values("A", "A", "A", "B", "C", items=items) == (["20.00 EUR", "1,300.10 TRY"], 0)


def test_every_digit_of_an_amount_is_kept():
    big = "9999999999999999.9999"
    assert values("A", items=[item("A", 1, big)]) == (["9,999,999,999,999,999.9999 TRY"], 0)


def test_items_without_a_price_are_counted_apart():
    items = [item("A", 1), item("B", 1, None)]
    assert values("A", "B", "B", "Z", items=items) == (["10.00 TRY"], 3)


def test_different_prices_are_added_only_if_all_came_back():
    items = [item("A", 1, "10"), item("A", 1, "9")]
    assert values("A", items=items) == ([], 1)
    a_return(line_item("1", "A"))
    contents = order_page(REFERENCE).contents
    assert contents.values == ["19.00 TRY"]
    assert contents.products[0].prices == ["10.00 TRY", "9.00 TRY"]


def test_more_than_was_ordered_is_worth_what_was_ordered():
    assert values("A", "A", items=[item("A", 1)]) == (["10.00 TRY"], 1)
    assert outcomes() == {"A": "2 of 1 returned"}


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("1299.8", "TRY", "en", "1,299.80 TRY"),
        ("1299.8", "TRY", "tr", "1.299,80 TRY"),
        ("1299.8", "EUR", "de", "1.299,80 EUR"),
        ("0.0500", "TRY", "en", "0.05 TRY"),
        ("0.0051", "TRY", "en", "0.0051 TRY"),
        ("-5", "", "en", "-5.00"),
        ("0", "TRY", "en", "0.00 TRY"),
        ("1200", "TRY", "en", "1,200.00 TRY"),
    ],
)
def test_amounts_are_written_as_the_language_does(amount, currency, language, text):
    with translation.override(language):
        assert money(Decimal(amount), currency) == text


# The page


def test_the_page_shows_what_the_wms_says_of_the_order(as_agent):
    a_return()
    bring(an_order())
    page = as_agent.get(order_path(REFERENCE)).text
    for text in ("Trendyol", "Delivered", "CreditCard", "36.80 TRY", "Aras"):
        assert text in page
    assert (
        '<a href="https://kargo.example.com/?no=7340000000001" target="_blank" '
        'rel="noreferrer noopener" referrerpolicy="no-referrer"'
    ) in " ".join(page.split())
    # Nothing of the shopper.
    assert "Gülşah" not in page
    assert "ulsah" not in page


def test_a_link_without_tracking_id_or_carrier_is_as_safe(as_agent):
    a_return()
    bring(an_order(shippingInfo={"trackingUrl": "https://kargo.example.com/?x=1"}))
    page = " ".join(as_agent.get(order_path(REFERENCE)).text.split())
    link = '<a href="https://kargo.example.com/?x=1" target="_blank" rel="noreferrer noopener"'
    assert link in page
    assert ">kargo.example.com</a>" in page


@pytest.mark.parametrize("text", [REFERENCE, "rso-770000001", "RSO 77 0000 001"])
def test_an_order_opens_in_any_spelling(as_agent, text):
    a_return()
    bring(an_order())
    assert as_agent.get(order_path(text)).context["page"].reference == REFERENCE


def test_an_order_that_is_not_known_shows_its_returns(as_agent):
    record = a_return(line_item("1", "MUG"), order="RSO-9")
    answer = as_agent.get(order_path("RSO-9"))
    assert answer.status_code == 200
    assert "The WMS has not told us about this order" in answer.text
    assert record.return_reference_number in answer.text
    assert outcomes("RSO-9") == {"MUG": "1 returned"}


def test_an_order_whose_return_was_deleted_is_still_shown(as_agent):
    record = a_return()
    bring(an_order())
    record.delete()
    answer = as_agent.get(order_path(REFERENCE))
    assert "No return of this order is known." in answer.text
    assert outcomes() == {"TSHIRT-M": "none returned"}


def test_what_nobody_knows_is_not_found(as_agent):
    for path in ("/orders/RSO9/", "/orders/%00/", "/orders/-/", f"/orders/{'x' * 5000}/"):
        answer = as_agent.get(path)
        assert answer.status_code == 404
    answer = as_agent.get("/orders/RSO9/")
    assert "There is no order “RSO9”." in answer.text


@pytest.mark.parametrize(
    "reference", ["a/b", "a/../b", "ş ü", "50%", "?#", "-", "中号", "//", "a&b", "./", "a\\b"]
)
def test_any_reference_has_its_page(as_agent, reference):
    record = a_return(order=reference)
    path = order_path(reference)
    assert path.count("/") == 3
    assert as_agent.get(path).context["page"].returns[0].row.record == record


def test_what_no_path_can_hold_is_linked_as_a_list():
    assert order_path(".") == "/returns/?order_is=."
    assert order_path("..") == "/returns/?order_is=.."
    assert order_path("") == ""


def test_its_returns_are_shown_with_tags_and_contents_up_to_a_limit(as_agent):
    record = a_return(line_item(), line_item("2", state="Missing"), created_at=AT)
    put_tag(record, "wrong-size")
    page = as_agent.get(order_path(REFERENCE)).text
    for text in (record.get_absolute_url(), "wrong-size", "2 items: 1 undamaged, 1 missing"):
        assert text in page
    assert "Show all" not in page
    make_returns(
        {"sales_order_reference_number": REFERENCE, "created_at": AT}
        for _ in range(MAX_SHOWN_RETURNS)
    )
    answer = as_agent.get(order_path(REFERENCE))
    assert f"Show all {MAX_SHOWN_RETURNS + 1} returns of this order" in answer.text
    listing = as_agent.get(answer.context["page"].list_address).context["list"]
    assert listing.total.number == MAX_SHOWN_RETURNS + 1


# The timeline


def timeline(reference: str = REFERENCE) -> list[tuple[str, str]]:
    return [
        (each.text or each.state, str(each.record or ""))
        for each in order_page(reference).timeline.events
    ]


def test_one_timeline_has_the_order_and_its_returns_newest_first():
    at = (AT + timedelta(minutes=90)).isoformat(timespec="microseconds")
    a_return(line_item("1", "MUG", "Damaged", processed_at=at), reference="R-1")
    a_return(reference="R-2", state=State.CREATED, created_at=AT + timedelta(days=1))
    bring(an_order())
    assert timeline() == [
        ("ReturnCreated", "R-2"),
        ("Completed", "R-1"),
        ("Inspected: MUG damaged", "R-1"),
        ("ArrivedToWarehouse", "R-1"),
        ("ReturnCreated", "R-1"),
        ("Delivered to the shopper", ""),
        ("Shipped to the shopper", ""),
        ("Ordered", ""),
    ]


def test_a_long_timeline_ends_at_a_limit(as_agent):
    returned = [
        {
            "sales_order_reference_number": REFERENCE,
            "state": State.COMPLETED,
            "created_at": AT,
            "line_items": [
                line_item(str(n), processed_at=f"2026-02-02T10:{n:02}:00.000000+00:00")
                for n in range(10)
            ],
        }
        for _ in range(20)
    ]
    make_returns(returned)
    page = order_page(REFERENCE)
    assert (len(page.timeline.events), page.timeline.more) == (MAX_EVENTS, True)
    assert "Earlier events are not shown." in as_agent.get(order_path(REFERENCE)).text


# Queries


def test_the_page_has_as_many_queries_with_more_of_everything(
    as_agent, django_assert_max_num_queries
):
    def bring_many(reference: str, count: int) -> None:
        for number in range(count):
            lines = [line_item(str(n), f"SKU-{n}") for n in range(count)]
            put_tag(a_return(*lines, order=reference), f"tag-{number}")
        bring(an_order(reference, lineItems=[item(f"SKU-{n}") for n in range(count)]))

    bring_many("FEW1", 3)
    bring_many("MANY1", 9)
    as_agent.get(order_path("FEW1"))
    with django_assert_max_num_queries(40) as few:
        as_agent.get(order_path("FEW1"))
    with django_assert_max_num_queries(len(few)):
        as_agent.get(order_path("MANY1"))
    assert SalesOrder.objects.count() == 2


# Links to it


def test_a_return_and_its_preview_link_to_the_order(as_agent):
    record, other = a_return(order="RSO/9"), a_return(order="RSO/9")
    for path in (record.get_absolute_url(), f"/return/{record.pk}/card/"):
        page = as_agent.get(path, headers={"HX-Request": "true"}).text
        assert 'href="/orders/RSO%2F9/"' in page
        assert other.get_absolute_url() in page  # other returns of this order


def test_the_lines_of_a_parcel_have_the_names_of_the_order(as_agent):
    record = a_return(line_item("1", "mug"), line_item("2", "OTHER"))
    bring(an_order(lineItems=[item("MUG", productName="Tasse, blau")]))
    for path in (record.get_absolute_url(), f"/return/{record.pk}/card/"):
        page = as_agent.get(path, headers={"HX-Request": "true"}).text
        assert page.count("Tasse, blau") == 1


def test_names_take_one_query_and_none_without_items(django_assert_num_queries):
    record = a_return(*(line_item(str(n), f"SKU-{n}") for n in range(30)))
    bring(an_order(lineItems=[item(f"SKU-{n}") for n in range(20)]))
    record.refresh_from_db()
    with django_assert_num_queries(1):
        parcel = parcel_of(record)
    assert len([each for each in (*parcel.lines, *parcel.folded) if each.product]) == 20
    for other in (a_return(), a_return(line_item(), order="")):
        other.refresh_from_db()
        with django_assert_num_queries(0):
            parcel_of(other)
