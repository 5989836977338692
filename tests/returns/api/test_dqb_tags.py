"""In ``dqb``, tags are a property, None is no logical operator, and no encoding is recognised."""

from urllib.parse import quote

import pytest

from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def tagged(vocabulary, agent):
    first, second = make_return("R-1"), make_return("R-2")
    make_return("R-3", state="Completed")
    for record, name in ((first, "books"), (first, "wrong-size"), (second, "apparel")):
        put_tag(record, name)


def matches(program, dqb: str) -> str:
    answer = program.get(f"/Returns?sort=reference&dqb={quote(dqb)}")
    assert answer.status_code == 200, answer.json()
    return "".join(each["returnReferenceNumber"][-1] for each in answer.json()["items"])


@pytest.mark.parametrize(
    ("dqb", "found"),
    [
        ("o=Equals&p=tag&v=books", "1"),
        ("o=eq&p=TAG&v=Wrong-Size ", "1"),
        ("o=Equals&p=tag,cs&v=books", "1"),
        ("o=In&p=tag&v=books,apparel", "12"),
        ("o=In&p=tag&v=books,null", "13"),
        ("o=NotEqual&p=tag&v=books", "23"),
        ("o=Equals&p=tag&v=null", "3"),
        ("o=Equals&p=tag&v=", "3"),
        ("o=NotEqual&p=tag&v=null", "12"),
        ("o=Contains&p=tag&v=SIZE", "1"),
        ("o=Contains&p=tag,cs&v=SIZE", ""),
        ("o=StartsWith&p=tag&v=a", "2"),
        ("o=EndsWith&p=tag&v=s", "1"),
        ("o=Contains&p=tag&v=nowhere", ""),
        ("o=Equals|OrElse&p=tag&v=books&o=Equals&p=state&v=Completed", "13"),
        ("o=Contains|Xor&p=tag&v=nowhere&o=Equals&p=tag&v=books", "1"),
        ("o=Equals|None&p=state&v=ReturnCreated&o=Equals|None&p=tag&v=books", "1"),
        ("o=eq|none&p=tag&v=books", "1"),
    ],
)
def test_tags_are_a_property(program, tagged, dqb, found):
    assert matches(program, dqb) == found


@pytest.mark.parametrize(
    ("dqb", "words"),
    [
        ("o=Equals&p=tag&v=boks", "there is no tag “boks”. Did you mean books?"),
        ("o=In&p=tag&v=books,nope", "there is no tag “nope”."),
        ("s=tag,asc", "a return has any number of tags"),
        ("o=Contains&p=tag&v=null", "null can only be compared"),
        ("o=Equals|Nor&p=tag&v=books", "there is no logical operator “Nor”"),
    ],
)
def test_what_is_wrong_is_named(program, tagged, dqb, words):
    answer = program.get(f"/Returns?dqb={quote(dqb)}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/Returns", "/Returns/GetReturnsWithTag", "/SalesOrders"])
def test_a_query_that_was_not_encoded_is_recognised(program, tagged, path):
    answer = program.get(f"{path}?dqb=o=Equals&p=state&v=Completed&s=createdAt,desc&offset=0")
    (error,) = answer.json()["error"]["errors"]
    assert (answer.status_code, error["errorCode"]) == (400, "not_encoded")
    assert "Encode it as one value" in error["message"]
    assert program.get(f"{path}?p=state").json()["error"]["errors"][0]["property"] == "p"
