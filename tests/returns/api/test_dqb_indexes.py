"""DynamicQueryBuilder queries use indexes, and give what plain Python gives all the same."""

import pytest
from django.db import connection

from returns.api.conditions import build_condition
from returns.api.errors import InvalidRequest
from returns.models import Return
from tests.factories import make_return
from tests.returns.api import naive
from tests.returns.api.test_dqb import count, parse, references


@pytest.mark.parametrize(
    ("triple", "index"),
    [
        (("Equals", "trackingId", "ab-12345"), "tracking_key_start"),
        (("In", "salesOrderReferenceNumber", "rso-1,rso-2"), "order_key_start"),
        (("StartsWith", "returnReferenceNumber", "return-123"), "return_key_start"),
        (("EndsWith", "trackingId", "12345"), "tracking_key_end"),
        (("Contains", "notes", "DAMAGED by"), "return_words_of_notes"),
        (("In", "notes", "damaged box,wrong item"), "return_words_of_notes"),
        (("Contains", "returnReferenceNumber", "n-123"), "return_numbers_middle"),
        (("Contains", "salesOrderReferenceNumber,cs", "O12"), "return_numbers_middle"),
        (("Contains", "trackingId", "1 2 3"), "return_numbers_middle"),
        (("Equals", "trackingId", "null"), "tracking_key_start"),
    ],
)
def test_usual_queries_use_an_index(db, triple, index):
    parsed = parse(naive.as_dqb([triple]))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in Return.objects.filter(build_condition(parsed.filters)).explain()


@pytest.mark.parametrize(
    "value", ["-1", "a-", "12", "é1", "ß", "2 - 3", "1-2", "b12", "К12", "Ｂ12"]
)
@pytest.mark.parametrize("operator", ["cts", "sw", "ew", "eq", "ne", "in"])
def test_parts_of_numbers_are_found_whatever_the_index_has_of_them(db, operator, value):
    numbers = ["A-12", "a12-", "ab-1-2", "É1", "e1", "SS", "ß", "1 2 - 3", "123", "-", "", "Ж12"]
    rows = [
        make_return(f"R{n}", tracking_id=number, sales_order_reference_number=number[::-1])
        for n, number in enumerate(numbers)
    ]
    for option in ("", ",cs"):
        for name in ("trackingId", "salesOrderReferenceNumber"):
            triples = [(operator, name + option, value)]
            expected = {row.return_reference_number for row in naive.matches(rows, triples)}
            assert set(references(naive.as_dqb(triples))) == expected
            assert count(naive.as_dqb(triples)) == len(expected)


@pytest.mark.parametrize("sort", ["completedAt,desc", "arrivedToWarehouseAt,desc", "completedAt"])
def test_pages_by_a_time_that_may_be_missing_follow_on_each_other(db, sort):
    for number in range(7):
        moment = naive.MOMENTS[number % 2] if number < 4 else None
        state = "Completed" if moment else "ReturnCreated"
        make_return(str(number), state=state, completed_at=moment, arrived_to_warehouse_at=moment)
    expected = [row.return_reference_number for row in naive.in_order(Return.objects.all(), [sort])]
    for size in (1, 2, 3, 7):
        for offset in range(0, 8, size):
            dqb = f"s={sort}&offset={offset}&count={size}"
            assert references(dqb) == expected[offset : offset + size]


def test_a_sort_by_a_text_is_refused_where_too_many_match(db, monkeypatch):
    monkeypatch.setattr("returns.api.sorting.MAX_SORTED_BY_TEXT", 2)
    monkeypatch.setattr("returns.api.expected.MAX_FEW", 0)
    make_return("A", state="Completed")
    make_return("B")
    assert references("s=returnReferenceNumber") == ["A", "B"]
    make_return("C", state="Completed")
    with pytest.raises(InvalidRequest, match="more than 2 returns match"):
        references("s=returnReferenceNumber")
    assert references("o=eq&p=state&v=Completed&s=returnReferenceNumber,desc") == ["C", "A"]
    assert references("s=createdAt&s=returnReferenceNumber") == ["A", "B", "C"]
    assert references("", sort="-reference") == ["C", "B", "A"]


def test_a_carrier_is_compared_with_those_that_returns_have(db):
    for name, carrier in zip("ABCD", ["Aras", "ARAS", "", "UPS"], strict=True):
        make_return(name, cargo_carrier=carrier, source="Oplog" if name == "A" else "WMS")
    for triples, expected in [
        ([("eq", "cargoCarrier", "aras")], "AB"),
        ([("eq", "cargoCarrier,cs", "Aras")], "A"),
        ([("ne", "cargoCarrier", "aras")], "CD"),
        ([("eq", "cargoCarrier", "null")], "C"),
        ([("gt", "cargoCarrier", "aras")], "D"),
        ([("ne|xor", "source", "wms"), ("sw", "cargoCarrier", "u")], "AD"),
        ([("eq", "cargoCarrier", "nobody")], ""),
    ]:
        assert "".join(sorted(references(naive.as_dqb(triples)))) == expected
        assert count(naive.as_dqb(triples)) == len(expected)


@pytest.mark.parametrize("looked_at", [1, 3, 5, 20_000])
@pytest.mark.parametrize("sort", ["", "s=createdAt,desc&", "s=createdAt,desc&s=notes&"])
def test_a_page_is_the_same_whether_the_newest_returns_fill_it_or_not(
    db, monkeypatch, looked_at, sort
):
    monkeypatch.setattr("returns.api.sorting.NEWEST_LOOKED_AT", looked_at)
    monkeypatch.setattr("returns.api.expected.MAX_FEW", looked_at % 4)
    # Several have the same time, at the end of those that are looked at too.
    for number, letter in enumerate("aabbabba"):
        make_return(f"R{number}", notes=letter, created_at=naive.MOMENTS[number // 3])
    sorts = [each.partition("=")[2] for each in sort.split("&") if each]
    for triples in [[("eq", "notes", "A")], [("ne", "notes", "a")], [("cts", "trackingId", "")]]:
        expected = naive.in_order(naive.matches(Return.objects.all(), triples), sorts)
        wanted = [row.return_reference_number for row in expected]
        for offset in range(5):
            dqb = f"{sort}{naive.as_dqb(triples)}&offset={offset}&count=2"
            assert references(dqb) == wanted[offset : offset + 2]
            assert count(dqb) == len(wanted)


def test_a_count_that_would_take_too_long_is_not_begun(db, monkeypatch):
    monkeypatch.setattr("returns.api.expected.MAX_COST", 0)
    make_return("A", notes="gift")
    assert count("o=cts&p=notes&v=gif") is None
    assert count("o=ne&p=notes&v=gift") is None
    assert count("o=eq&p=returnReferenceNumber&v=a") == 1


@pytest.mark.parametrize("value", ["naht", "NAHT o", "offen", "t offen", "ıssız", "issi", "2 cm!"])
@pytest.mark.parametrize("operator", ["cts", "sw", "ew", "eq", "ne"])
def test_parts_of_notes_are_found_whatever_the_index_has_of_them(db, operator, value):
    texts = ["Naht offen", " naht offen ", "Nähte-offen", "(Naht)", "ISSIZ", "ıssız", "issiz 2 cm!"]
    rows = [make_return(str(number), notes=notes) for number, notes in enumerate(texts)]
    for option in ("", ",cs"):
        triples = [(operator, f"notes{option}", value)]
        expected = {row.return_reference_number for row in naive.matches(rows, triples)}
        assert set(references(naive.as_dqb(triples))) == expected


@pytest.mark.parametrize("state", ["ReturnCreated", "ArrivedToWarehouse", "Completed"])
@pytest.mark.parametrize("name", ["arrivedToWarehouseAt", "completedAt"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("more", ["", "&s=createdAt,asc"])
def test_a_sort_by_a_time_that_no_match_has_is_one_by_what_follows(
    db, monkeypatch, state, name, direction, more
):
    monkeypatch.setattr("returns.api.expected.MAX_FEW", 0)
    rows = [
        make_return(str(number), state=one, created_at=naive.MOMENTS[number % 2])
        for number, one in enumerate(["ReturnCreated", "ArrivedToWarehouse", "Completed"] * 3)
    ]
    sorts = [f"{name},{direction}", *([more.partition("=")[2]] if more else [])]
    wanted = naive.in_order([row for row in rows if row.state == state], sorts)
    dqb = f"o=eq&p=state&v={state}&s={name},{direction}{more}"
    assert references(dqb) == [row.return_reference_number for row in wanted]
