"""The endpoints: returns, one return, with tags, replacing tags, the vocabulary."""

import json
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from returns.models import ReturnTag
from tags import editing
from tags.models import TagAction
from tags.vocabulary import find_tag
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db


def items(answer) -> list[str]:
    return [each["returnReferenceNumber"] for each in answer.json()["items"]]


def test_a_page_says_how_many_match_in_all(program):
    for number in range(3):
        make_return(f"R-{number}", sales_order_reference_number="O-1")
    make_return("other")
    answer = program.get("/Returns?salesOrderReferenceNumber=O-1&count=2&offset=1&sort=reference")
    assert items(answer) == ["R-1", "R-2"]
    envelope = {name: value for name, value in answer.json().items() if name != "items"}
    assert envelope == {"count": 2, "offset": 1, "dataSetCount": 3}


def test_a_cursor_leads_through_all_returns(program):
    made = [make_return().return_reference_number for _ in range(3)]
    found, cursor = [], ""
    while cursor is not None:
        answer = program.get(f"/Returns?Cursor={cursor}&count=2")
        found += items(answer)
        cursor = answer.json()["nextCursor"]
    assert found == made


@pytest.mark.parametrize(
    "reference",
    [
        *("Return-1", "A/B", "/a//b/", "a b+c%20d", "İade №5?x=1#y", "GETRETURNSWITHTAG"),
        "a\r\n\u2028",
    ],
)
def test_one_return_is_told_whatever_its_reference_holds(program, reference):
    make_return(reference)
    answer = program.get(f"/Returns/{quote(reference, safe='')}")
    assert answer.json()["returnReferenceNumber"] == reference
    assert program.get(f"/Returns/{quote(reference, safe='')}x").status_code == 404


def test_a_reference_is_exact(program):
    make_return("Return-1")
    assert program.get("/Returns/return-1").status_code == 404
    assert program.get("/Returns/Return-1/").status_code == 404


def test_tags_stand_in_the_order_of_the_vocabulary(program, vocabulary):
    record = make_return("R-1")
    for name in ("books", "wrong-size", "urgent-refund"):
        put_tag(record, name)
    make_return("R-2")
    answer = program.get("/Returns/GetReturnsWithTag?sort=reference")
    assert [each["tag"] for each in answer.json()["items"]] == [
        "urgent-refund,wrong-size,books",
        "",
    ]
    assert items(program.get("/Returns/GetReturnsWithTag?tag=books")) == ["R-1"]
    assert "tag" not in program.get("/Returns").json()["items"][0]


def update(program, reference: str, tag: str):
    sent = json.dumps({"referenceNumber": reference, "tag": tag})
    return program.patch("/Returns/UpdateReturnTag", sent)


def test_more_tags_than_a_return_may_have_are_refused(program, vocabulary, settings):
    settings.RETURN_TAGS = 2
    record = make_return("R-1")
    put_tag(record, "books")
    answer = update(program, "R-1", "fragile,damaged,new-name")
    assert answer.status_code == 400
    [error] = answer.json()["error"]["errors"]
    assert error["message"] == "tag: A return can have up to 2 tags."
    assert (error["property"], error["errorCode"]) == ("tag", "too_many")
    assert ReturnTag.objects.count() == 1
    assert find_tag("new-name") is None
    assert update(program, "R-1", "fragile,damaged").status_code == 200


def test_tags_are_replaced(program, vocabulary):
    put_tag(make_return("R/1"), "fragile")
    answer = update(program, "R/1", "books, Wrong-Size,books,")
    assert answer.json() == {
        "referenceNumber": "R/1",
        "tag": "wrong-size,books",
        "added": ["wrong-size", "books"],
        "removed": ["fragile"],
        "givenWay": [],
    }
    assert "by the API token “Shop”" in TagAction.objects.get().words
    assert update(program, "R/1", "books,wrong-size").json()["added"] == []
    assert program.get("/Returns/GetReturnsWithTag").json()["items"][0]["tag"] == "wrong-size,books"


def test_what_gave_way_is_told(program, vocabulary):
    make_return("R-1")
    answer = update(program, "R-1", "standard,urgent-refund")
    assert answer.json()["givenWay"] == [{"tag": "standard", "kept": "urgent-refund"}]


@pytest.mark.parametrize(
    ("tag", "code"), [("x" * 51, "bad_name"), (",".join(map(str, range(51))), "too_many")]
)
def test_tags_that_cannot_be_are_refused(program, tag, code):
    make_return("R-1")
    answer = update(program, "R-1", tag)
    (detail,) = answer.json()["error"]["errors"]
    assert (answer.status_code, detail["property"], detail["errorCode"]) == (400, "tag", code)
    assert not ReturnTag.objects.exists()


def test_tags_of_no_return_are_not_found(program):
    assert update(program, "R-1", "books").status_code == 404
    assert update(program, "\0", "books").status_code == 404


def test_the_vocabulary_is_listed_in_its_order(program, vocabulary, agent):
    editing.add_synonym(find_tag("books"), "novels", agent)
    groups = {each["name"]: each for each in program.get("/Tags").json()["items"]}
    names = [tag["name"] for tag in groups["Priority"]["tags"]]
    assert names[0] == "urgent-refund"
    assert groups["Priority"]["exclusive"] is True
    books = next(tag for tag in groups["Product category"]["tags"] if tag["name"] == "books")
    assert books["synonyms"] == ["novels"]


@pytest.mark.parametrize("path", ["/Returns", "/Returns/GetReturnsWithTag", "/Returns?cursor="])
def test_a_page_costs_the_same_queries_whatever_its_length(program, vocabulary, path):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.get(path).status_code == 200
        # That a token was used is written now and then, whatever it reads.
        return sum("returns_apitoken" not in query["sql"] for query in captured)

    program.get(path)
    put_tag(make_return(), "books")
    few = queries()
    for _ in range(5):
        put_tag(make_return(), "apparel")
    assert queries() == few
