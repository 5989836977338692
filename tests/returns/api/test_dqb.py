"""Every question of the DynamicQueryBuilder gives what plain Python gives."""

from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from returns.api.asking import ask
from returns.api.conditions import condition, folded
from returns.api.dqb import Dqb, Filter, Join, Operator, SortBy, parse_dqb
from returns.api.mistakes import NotUnderstood
from returns.api.properties import PROPERTIES
from returns.models import Return
from tests.factories import make_return
from tests.returns.api import naive
from tests.trials import tried_on

some = tried_on(60)


def asked(dqb: str, **others: str) -> list[str]:
    data = QueryDict(urlencode({"dqb": dqb, **others}))
    answer = ask(data, now=timezone.now())
    return [record.return_reference_number for record in answer.returns]


def parsed(text: str) -> Dqb:
    return parse_dqb(text, now=timezone.now())


def mistakes(text: str) -> list[str]:
    with pytest.raises(NotUnderstood) as refused:
        parsed(text)
    return [f"{mistake.property}: {mistake.message}" for mistake in refused.value.mistakes]


@some
@given(question=naive.questions())
def test_filters_and_sorts_give_what_plain_python_gives(db, question):
    rows, triples, sorts = question
    expected = naive.in_order(naive.kept(rows, triples), sorts)
    with transaction.atomic():
        Return.objects.bulk_create(rows)
        found = asked(naive.as_dqb(triples, sorts))
        transaction.set_rollback(True)
    assert found == [row.return_reference_number for row in expected]


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
    expected = naive.kept(list(Return.objects.all()), triples)
    assert set(asked(naive.as_dqb(triples))) == {row.return_reference_number for row in expected}


@some
@given(text=st.text(st.characters(exclude_categories=[])) | st.from_regex(r"([opvs]=.{0,9}&?)*"))
@example("o=eq&p=createdAt&v=9999-12-31")
@example("o=eq&p=createdAt&v=0001-01-01")
@example("o=in&p=state&v=%00")
@example("offset=٣&count=1e9")
def test_any_text_is_read_or_said_not_to_be_understood(text):
    with suppress(NotUnderstood):
        assert isinstance(parsed(text), Dqb)


def test_the_database_writes_every_character_small_as_python_does(db):
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
    assert parsed(f"{text}&offset=-3&count=10") == Dqb(
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
    assert set(asked(text)) == {"A", "B"}
    text = "o=eq|xor&p=state&v=Completed&o=eq&p=notes&v=x"
    assert set(asked(text)) == {"B", "C"}


@pytest.mark.parametrize("value", ["50% off %26 more", quote("50% off & more")])
def test_values_may_be_encoded_within_the_string(db, value):
    make_return("A", notes="50% off & more")
    assert asked(f"o=eq&p=notes&v={value}") == ["A"]


def test_a_plus_sign_of_a_zone_may_have_become_a_space(db):
    make_return("A", created_at=naive.MOMENTS[0])
    local = naive.MOMENTS[0].astimezone(timezone.get_fixed_timezone(180)).isoformat()
    assert asked(f"o=eq&p=createdAt&v={local}") == ["A"]


def test_a_leading_question_mark_is_no_part_of_the_string(db):
    make_return("A")
    assert asked("?o=eq&p=returnReferenceNumber&v=a") == ["A"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("o=eq&p=stat&v=x", "stat: dqb: filter or sort 1: there is no property “stat”."),
        ("o=eq&p=stat&v=x", "Did you mean state?"),
        ("o=Equal&p=state&v=Completed", "there is no operator “Equal”. Did you mean Equals?"),
        ("o=eq|Nor&p=state&v=Completed", "there is no logical operator “Nor”. Did you mean Or?"),
        ("o=eq&p=state,ci&v=Completed", "“ci” is no option"),
        ("o=eq&p=state&v=Complete", "no state “Complete”. Did you mean Completed?"),
        ("o=eq&p=state", "1 o, 1 p and 0 v"),
        ("o=eq&p=notes&v=&o=gt&p=createdAt&v=soon", "createdAt: dqb: filter or sort 2: createdAt"),
        ("o=cts&p=createdAt&v=2026", "Contains compares text"),
        ("o=lt&p=completedAt&v=null", "null can be compared with"),
        ("s=createdAt,down", "“down” is none of asc, desc and cs"),
        ("s=creatdAt", "Did you mean createdAt?"),
        ("cout=3", "there is no “cout”. Did you mean count?"),
        ("count=many", "count: “many” is no whole number"),
        ("o=eq&p=notes&v=%00", "a character that no text can hold"),
        ("&".join(["o=eq&p=notes&v=x"] * 51), "at most 50 filters"),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(text, said):
    assert said in " ".join(mistakes(text))


def test_all_mistakes_are_told_at_once():
    assert len(mistakes("o=eq&p=stat&v=x&o=foo&p=notes&v=x&s=x&count=y")) == 4


@pytest.mark.parametrize(
    ("text", "offset", "count"),
    [("", 0, 100), ("offset=-1&count=0", 0, 1), ("offset=1&count=101", 1, 100), ("count=2", 0, 2)],
)
def test_offset_and_count_are_brought_within_their_limits(db, text, offset, count):
    references = [make_return(created_at=naive.MOMENTS[n]).return_reference_number for n in (1, 0)]
    answer = ask(QueryDict(urlencode({"dqb": text})), now=timezone.now())
    assert (answer.offset, answer.count, answer.data_set_count) == (offset, count, 2)
    given = [record.return_reference_number for record in answer.returns]
    assert given == references[offset : offset + count]


@pytest.mark.parametrize(
    ("triple", "index"),
    [
        (("Equals", "trackingId", "ab-12345"), "tracking_key_start"),
        (("In", "salesOrderReferenceNumber", "rso-1,rso-2"), "order_key_start"),
        (("StartsWith", "returnReferenceNumber", "return-123"), "return_key_start"),
        (("EndsWith", "trackingId", "12345"), "tracking_key_end"),
        (("Contains", "notes", "DAMAGED by"), "return_words_of_notes"),
    ],
)
def test_the_usual_questions_are_answered_by_an_index(db, triple, index):
    operator, name, value = triple
    found = parsed(naive.as_dqb([(operator, name, value)]))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in Return.objects.filter(condition(found.filters)).explain()
