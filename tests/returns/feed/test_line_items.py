"""Line items: what records say of them, what is refused, and the rows that follow from them."""

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from returns.feed import item_parsing
from returns.feed.item_parsing import line_item_payload
from returns.feed.parsing import parse_record
from returns.feed.records import RecordError
from returns.feed.run_changes import list_changes
from returns.models import ItemState, LineItem, RejectedRecord, Return, ReturnItem
from returns.models.line_items import to_line_items
from returns.record.corrections import correct
from tests.factories import make_return
from tests.returns.feed.test_runs import DAY, bring, sent

LATER, LATEST = "2026-01-06T09:00:00Z", "2026-01-07T09:00:00Z"
STATES = "known: WaitingToBeProcessed, Missing, Damaged, Undamaged"
DECISIONS = "known: WaitingInWarehouse, SendToCustomer"


def line(reference: str = "L-1", **fields) -> dict:
    return {"lineItemReferenceNumber": reference, "sku": "MUG", "state": "Undamaged"} | fields


def raw(items: object) -> dict:
    times = {"createdAt": DAY, "updatedAt": DAY}
    return {"returnReferenceNumber": "R", "state": "ReturnCreated", "lineItems": items} | times


def parsed(items: object) -> tuple[LineItem, ...] | None:
    return parse_record(raw(items)).line_items


def refused(items: object) -> list[str]:
    with pytest.raises(RecordError) as caught:
        parsed(items)
    return [f"{field}: {why}" for field, why in caught.value.problems]


def stored() -> Return:
    return Return.objects.get()


def rows() -> list[tuple[str, ...]]:
    return list(ReturnItem.objects.values_list("line_reference", "sku", "state"))


# What a record says


ODD_TEXTS = ["", " ", " x ", "x" * 100, "x" * 101, "Şişe", "\x00", "\ud800", "Missing", LATER]


@pytest.mark.parametrize("value", [*ODD_TEXTS, "SendToCustomer", None, 0, 7, True, [], {}])
@pytest.mark.parametrize("field", [*item_parsing.ITEM_API_NAMES.values(), "other"])
def test_the_quick_way_reads_what_the_exact_one_reads(field, value, monkeypatch):
    def outcomes() -> list[object]:
        found: list[object] = []
        for items in ([line(**{field: value})], [line("L-2"), line(**{field: value})]):
            try:
                found.append(parsed(items))
            except RecordError as error:
                found.append([(name, str(why)) for name, why in error.problems])
        return found

    quick = outcomes()
    monkeypatch.setattr(item_parsing, "_plain_line", lambda _: None)
    assert quick == outcomes()


def test_a_line_item_has_every_field_of_the_wms():
    (item,) = parsed(
        [
            line(
                serialNumber=" SN-9 ",
                state="Damaged",
                damagedState="SendToCustomer",
                processedAt="2026-01-05T12:00:00.5+03:00",
                shelf={"a": 1},
            )
        ]
    )
    assert item == LineItem(
        *("L-1", "MUG", "SN-9", "Damaged", "SendToCustomer"),
        "2026-01-05T09:00:00.500000+00:00",
        {"shelf": {"a": 1}},
    )
    assert item.processed == datetime(2026, 1, 5, 9, 0, 0, 500_000, tzinfo=UTC)
    assert item.outcome == "damaged, going back to the shopper"


def test_the_order_of_the_list_makes_no_difference():
    assert parsed([line("b"), line("a")]) == parsed([line("a"), line("b")])


@pytest.mark.parametrize(
    ("sent_items", "known"), [(None, None), ([], ()), ("", None), ("[]", ())], ids=repr
)
def test_no_list_says_nothing_and_an_empty_one_that_there_are_none(sent_items, known):
    record = parse_record(raw(sent_items))
    assert (record.line_items, "line_items" in record.absent) == (known, known is None)


@pytest.mark.parametrize("name", ["\u9774\u5b50-1", "\u0627\u0644\u0642\u0645\u064a\u0635", "Ş-ğ"])
def test_a_sku_may_be_in_any_script(name):
    assert parsed([line(sku=name)])[0].sku == name


@pytest.mark.parametrize(
    ("items", "problems"),
    [
        ("x", ["lineItems: not a list: 'x'"]),
        ({"a": 1}, ["lineItems: not a list: {'a': 1}"]),
        ([1], ["lineItems[0]: not an object"]),
        ([line(""), line("b")], ["lineItems[0].lineItemReferenceNumber: missing"]),
        (
            [line(), line("b", state="Lost")],
            ["lineItems[1].state: not a state of a line item: 'Lost'; " + STATES],
        ),
        (
            [line(state=None)],
            ["lineItems[0].state: not a state of a line item: None; " + STATES],
        ),
        (
            [line(damagedState="Sold")],
            ["lineItems[0].damagedState: not a state of a line item: 'Sold'; " + DECISIONS],
        ),
        (
            [line("b"), line("a"), line("b")],
            ["lineItems: more than one line item with the reference 'b'"],
        ),
        ([line(sku=[1])], ["lineItems[0].sku: not text: [1]"]),
        ([line(sku="a\0")], ["lineItems[0].sku: contains a NUL character"]),
        ([line(sku="x" * 101)], ["lineItems[0].sku: 101 characters; at most 100 are allowed"]),
        ([line(processedAt="soon")], ["lineItems[0].processedAt: not a time: 'soon'"]),
        (
            [line(processedAt="2026-01-05T12:00:00")],
            ["lineItems[0].processedAt: no time zone: '2026-01-05T12:00:00'"],
        ),
        (
            [line(str(n)) for n in range(10_000)],
            ["lineItems: 10,000 line items; at most 1,000 are allowed"],
        ),
        (
            [line(shelf="x" * 600)],
            ["lineItems[0]: 613 characters in unknown fields; at most 500 are stored"],
        ),
    ],
    ids=lambda value: None if isinstance(value, list) else repr(value)[:20],
)
def test_what_is_wrong_is_named_by_its_line(items, problems):
    assert refused(items) == problems


def test_everything_that_is_wrong_is_named_at_once():
    problems = refused([line(state="x", sku=1.5), line("b", processedAt=3)])
    assert [each.split(":")[0] for each in problems] == [
        *("lineItems[0].sku", "lineItems[0].state", "lineItems[1].processedAt")
    ]


@pytest.mark.django_db
def test_a_rejected_record_is_kept_and_the_others_come_in():
    bring(sent(lineItems=[line(state="Lost")]), sent("Return-2", lineItems=[line()]))
    assert list(Return.objects.values_list("return_reference_number", flat=True)) == ["Return-2"]
    assert "lineItems[0].state" in RejectedRecord.objects.get().field


# Which list wins


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_newest_list_wins_in_any_order_and_again(order):
    records = [
        sent(lineItems=[line("old")]),
        sent(lineItems=[line("new", state="Missing"), line("also")], updatedAt=LATER),
        sent(updatedAt="2026-01-07T09:00:00Z"),  # as the WMS's list sends it
    ]
    for place in [*order, *order]:
        bring(records[place])
    assert rows() == [("also", "MUG", "Undamaged"), ("new", "MUG", "Missing")]
    assert (stored().item_count, stored().items_missing) == (2, 1)


@pytest.mark.django_db
def test_an_empty_list_says_that_there_are_none():
    bring(sent(lineItems=[line()]))
    bring(sent(lineItems=[], updatedAt=LATER))
    assert (stored().line_items, stored().item_count, rows()) == ([], 0, [])
    bring(sent(lineItems=[line()]))
    assert rows() == []


@pytest.mark.django_db
def test_the_same_again_changes_nothing():
    bring(sent(lineItems=[line("b"), line("a", processedAt=DAY)]))
    before = Return.objects.values().get(), list(ReturnItem.objects.values())
    bring(sent(lineItems=[line("a", processedAt=DAY), line("b")]))
    assert (Return.objects.values().get(), list(ReturnItem.objects.values())) == before


# The rows


@pytest.mark.django_db
def test_rows_follow_the_list_whoever_writes_it(admin):
    record = make_return(line_items=[["a", "MUG", "", "Damaged", "WaitingInWarehouse", None, None]])
    assert rows() == [("a", "MUG", "Damaged")]
    Return.objects.update(line_items=[["b", "CUP", "S", "Missing", "", None, None]])
    assert rows() == [("b", "CUP", "Missing")]
    Return.objects.update(notes="x")
    correct(record, {"created_at": datetime(2026, 1, 1, tzinfo=UTC)}, by=admin)
    assert ReturnItem.objects.get().record_created_at == datetime(2026, 1, 1, tzinfo=UTC)
    Return.objects.update(line_items=None)
    assert (rows(), stored().item_count) == ([], None)


@pytest.mark.django_db
def test_rows_go_with_their_return():
    record = make_return(line_items=[["a", "MUG", "", "Missing", "", None, None]])
    record.delete()
    assert rows() == []


@pytest.mark.django_db
def test_one_row_of_each_sku_is_the_first():
    lines = [[str(n), sku, "", "Missing", "", None, None] for n, sku in enumerate("aAb")]
    make_return(line_items=lines)
    firsts = ReturnItem.objects.filter(is_first_of_sku=True)
    assert list(firsts.values_list("line_reference", flat=True)) == ["0", "2"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([["a", "", "", "Lost", "", None, None]], "item_state_is_known"),
        ([["a", "", "", "Damaged", "Sold", None, None]], "damaged_state_is_known"),
        (
            [["a", "", "", "Missing", "", None, None]] * 2,
            "line_reference_is_unique_in_a_return",
        ),
    ],
)
def test_the_database_refuses_what_no_record_can_say(lines, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        make_return(line_items=lines)


@pytest.mark.django_db
def test_each_kind_is_counted():
    states = [*ItemState.values, "Missing"]
    lines = [[str(n), "", "", state, "", None, None] for n, state in enumerate(states)]
    lines.append(["x", "", "", "Damaged", "WaitingInWarehouse", None, None])
    record = make_return(line_items=lines)
    record.refresh_from_db()
    counts = [record.items_waiting, record.items_missing, record.items_damaged]
    assert (record.item_count, *counts) == (6, 1, 2, 2)
    assert (record.items_undamaged, record.items_undecided) == (1, 1)


@pytest.mark.django_db
def test_the_rows_of_a_return_are_read_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM returns_returnitem WHERE record_id = 1")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "line_reference_is_unique_in_a_return" in plan


# Answers


@pytest.mark.django_db
def test_what_is_answered_can_be_sent_again():
    given = line(processedAt="2026-01-05T12:00:00.000001Z", shelf="x", serialNumber="S")
    bring(sent(lineItems=[given]))
    (item,) = to_line_items(stored().line_items)
    answered = line_item_payload(item)
    assert answered == given | {"damagedState": None}
    assert parsed([json.loads(json.dumps(answered))]) == (item,)


# What a run did


@pytest.mark.django_db
def test_the_page_of_a_run_says_what_changed_in_the_parcel():
    bring(sent(lineItems=[line(), line("b", shelf=[1])]))
    later = bring(sent(lineItems=[line(state="Missing"), line("b")], updatedAt=LATER))
    (change,) = list_changes(later).shown
    assert ("Line items", "2 items: 2 undamaged", "2 items: 1 undamaged, 1 missing") in change.facts
    last = bring(sent(lineItems=[line(state="Missing"), line("b", sku="CUP")], updatedAt=LATEST))
    (change,) = list_changes(last).shown
    same = "2 items: 1 undamaged, 1 missing (b / {} undamaged)"
    assert ("Line items", same.format("MUG"), same.format("CUP")) in change.facts


@pytest.mark.django_db
def test_an_admin_sees_them_and_changes_none(as_admin):
    bring(sent(lineItems=[line(serialNumber="SN-9")]))
    path = reverse("admin:returns_return_change", args=[stored().pk])
    assert "L-1 · MUG · SN-9 · undamaged" in as_admin.get(path).text
