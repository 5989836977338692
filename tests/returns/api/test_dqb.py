"""DynamicQueryBuilder queries give the same results as plain Python."""

from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from returns.api.conditions import folded
from returns.api.dqb import Dqb, Filter, Join, Operator, SortBy
from returns.api.dqb_parser import parse_dqb
from returns.api.errors import InvalidRequest
from returns.api.properties import PROPERTIES
from returns.api.query import run_query
from returns.models import Return
from tests.factories import make_return
from tests.returns.api import naive
from tests.trials import tried_on

some = tried_on(60)


def references(dqb: str, **others: str) -> list[str]:
    data = QueryDict(urlencode({"dqb": dqb, **others}))
    page = run_query(data, now=timezone.now())
    return [record.return_reference_number for record in page.returns]


def count(dqb: str, **others: str) -> int | None:
    data = QueryDict(urlencode({"dqb": dqb, **others}))
    return run_query(data, now=timezone.now()).data_set_count


def parse(text: str) -> Dqb:
    return parse_dqb(text, now=timezone.now())


def errors(text: str) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        parse(text)
    return [f"{detail.property}: {detail.message}" for detail in refused.value.details]


@pytest.mark.slow
@pytest.mark.parametrize("are_few", [True, False])
@some
@given(query=naive.queries())
def test_filters_and_sorts_give_what_plain_python_gives(db, are_few, query):
    rows, triples, sorts = query
    expected = naive.in_order(naive.matches(rows, triples), sorts)
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        if not are_few:
            patch.setattr("returns.api.expected.MAX_FEW", 0)
            patch.setattr("returns.api.sorting.NEWEST_LOOKED_AT", 2)
        Return.objects.bulk_create(rows)
        dqb = naive.as_dqb(triples, sorts)
        actual = references(dqb)
        total = count(dqb)
        transaction.set_rollback(True)
    assert actual == [row.return_reference_number for row in expected]
    assert total == len(expected)


EARLY, LATE = (moment.isoformat() for moment in naive.MOMENTS[:2])
NULLS = [
    [("ne", "completedAt", EARLY)],
    [("ne", "completedAt", "null")],
    [("in", "arrivedToWarehouseAt", f"null,{LATE}")],
    [("lt|or", "completedAt", LATE), ("gtoe", "completedAt", LATE)],
    [("eq|xor", "completedAt", EARLY), ("eq", "notes", "null")],
    [("lt|xor", "arrivedToWarehouseAt", LATE), ("ne", "completedAt", EARLY)],
    [("gt|xor", "completedAt", EARLY), ("lt|xor", "completedAt", LATE), ("eq", "notes", "A")],
    [("lt", "notes", "a")],
    [("cts", "trackingId", "")],
    [("in|xor", "trackingId", "null,X"), ("ne", "trackingId", "")],
]


@pytest.mark.parametrize("triples", NULLS)
def test_what_is_missing_is_compared_as_plain_python_does(db, triples):
    early, late = naive.MOMENTS[:2]
    times = [(None, None), (early, None), (late, early), (None, late), (late, late)]
    for (arrived, done), notes in zip(times, ["a", "", "a", "b", ""], strict=True):
        make_return(
            state="Completed" if done else "ArrivedToWarehouse" if arrived else "ReturnCreated",
            notes=notes,
            tracking_id=notes and "x",
            arrived_to_warehouse_at=arrived,
            completed_at=done,
        )
    expected = naive.matches(list(Return.objects.all()), triples)
    assert set(references(naive.as_dqb(triples))) == {
        row.return_reference_number for row in expected
    }


@some
@given(text=st.text(st.characters(exclude_categories=[])) | st.from_regex(r"([opvs]=.{0,9}&?)*"))
@example("o=eq&p=createdAt&v=9999-12-31")
@example("o=eq&p=createdAt&v=0001-01-01")
@example("o=in&p=state&v=%00")
@example("offset=٣&count=1e9")
def test_any_text_is_parsed_or_refused(text):
    with suppress(InvalidRequest):
        assert isinstance(parse(text), Dqb)


def test_the_database_folds_every_character_as_python_does(db):
    every = [chr(n) for n in range(1, 0x3000) if chr(n).isprintable()]
    expression = "lower(translate(c, 'İIıΣς', 'iiiσσ') COLLATE \"{}\")"
    collation = "pg_c_utf8" if connection.pg_version >= 170_000 else "und-x-icu"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c, {expression.format(collation)} FROM unnest(%s::text[]) AS each (c)", [every]
        )
        differ = [c for c, small in cursor.fetchall() if not small == folded(c) == naive.folded(c)]
    assert differ == []


def test_what_is_equal_without_case_has_the_same_search_key(db):
    every = [chr(n) for n in range(1, 0x3000) if chr(n).isprintable()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a FROM unnest(%s::text[], %s::text[]) AS each (a, b)"
            " WHERE returns_search_key(a) IS DISTINCT FROM returns_search_key(b)",
            [every, [folded(character) for character in every]],
        )
        assert cursor.fetchall() == []


def test_a_string_is_read_into_typed_values():
    text = "o=Equals|OrElse&p=state&v=Completed&o=ew&p=TRACKINGID,cs&v=0011&s=createdAt,desc"
    assert parse(f"{text}&offset=-3&count=10") == Dqb(
        filters=(
            Filter(PROPERTIES["state"], Operator.EQUALS, ("Completed",)),
            Filter(PROPERTIES["trackingId"], Operator.ENDS_WITH, ("0011",), True, Join.OR),
        ),
        sorts=(SortBy(PROPERTIES["createdAt"], descending=True),),
        offset=-3,
        count=10,
    )


def test_operators_join_to_the_next_filter_without_precedence(db):
    make_return("A", state="Completed", notes="x")
    make_return("B", state="ReturnCreated", notes="x")
    make_return("C", state="Completed", notes="y")
    text = "o=eq|or&p=state&v=Completed&o=eq|and&p=notes&v=x&o=eq&p=notes&v=x"
    assert set(references(text)) == {"A", "B"}
    text = "o=eq|xor&p=state&v=Completed&o=eq&p=notes&v=x"
    assert set(references(text)) == {"B", "C"}


@pytest.mark.parametrize("value", ["50% off %26 more", quote("50% off & more")])
def test_values_may_be_encoded_within_the_string(db, value):
    make_return("A", notes="50% off & more")
    assert references(f"o=eq&p=notes&v={value}") == ["A"]


def test_a_plus_sign_of_a_zone_may_have_become_a_space(db):
    make_return("A", created_at=naive.MOMENTS[0])
    local = naive.MOMENTS[0].astimezone(timezone.get_fixed_timezone(180)).isoformat()
    assert references(f"o=eq&p=createdAt&v={local}") == ["A"]


def test_a_leading_question_mark_is_no_part_of_the_string(db):
    make_return("A")
    assert references("?o=eq&p=returnReferenceNumber&v=a") == ["A"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("o=eq&p=stat&v=x", "stat: dqb: filter or sort 1: there is no property “stat”."),
        ("o=eq&p=stat&v=x", "Did you mean state?"),
        ("o=Equal&p=state&v=Completed", "there is no operator “Equal”. Did you mean Equals?"),
        ("o=eq|Nor&p=state&v=Completed", "there is no logical operator “Nor”. Did you mean Or?"),
        ("o=eq&p=state,ci&v=Completed", "“ci” is not an option"),
        ("o=eq&p=state&v=Complete", "no state “Complete”. Did you mean Completed?"),
        ("o=eq&p=state", "1 o, 1 p and 0 v"),
        ("o=eq&p=notes&v=&o=gt&p=createdAt&v=soon", "createdAt: dqb: filter or sort 2: createdAt"),
        ("o=cts&p=createdAt&v=2026", "Contains only compares texts"),
        ("o=lt&p=completedAt&v=null", "null can only be compared with"),
        ("s=createdAt,down", "“down” is not asc, desc or cs"),
        ("s=creatdAt", "Did you mean createdAt?"),
        ("cout=3", "there is no “cout”. Did you mean count?"),
        ("count=many", "count: “many” is not a whole number"),
        ("o=eq&p=notes&v=%00", "a character that texts cannot hold"),
        ("&".join(["o=eq&p=notes&v=x"] * 51), "at most 50 filters"),
    ],
)
def test_errors_name_their_position(text, message):
    assert message in " ".join(errors(text))


def test_all_errors_are_reported_at_once():
    assert len(errors("o=eq&p=stat&v=x&o=foo&p=notes&v=x&s=x&count=y")) == 4


@pytest.mark.parametrize(
    ("text", "offset", "count"),
    [("", 0, 100), ("offset=-1&count=0", 0, 1), ("offset=1&count=101", 1, 100), ("count=2", 0, 2)],
)
def test_offset_and_count_are_brought_within_their_limits(db, text, offset, count):
    references = [make_return(created_at=naive.MOMENTS[n]).return_reference_number for n in (1, 0)]
    page = run_query(QueryDict(urlencode({"dqb": text})), now=timezone.now())
    assert (page.offset, page.count, page.data_set_count) == (offset, count, 2)
    answered = [record.return_reference_number for record in page.returns]
    assert answered == references[offset : offset + count]
