"""Headers beside the API's own: links to the pages beside this one, and the limit on calls."""

import re
from urllib.parse import quote, urlsplit

import pytest

from tests.factories import make_returns
from tests.returns.feed.orders.samples import an_order, bring

pytestmark = pytest.mark.django_db


def links(answer) -> dict[str, str]:
    """The targets by relation, as RFC 8288 writes them; as what comes after the API's path."""
    found = re.findall(r'<([^>]*)>; rel="(\w+)"(?:, |$)', answer.headers.get("Link", ""))
    for target, _ in found:
        assert target.startswith("http://testserver/openapi/v1/")
    return {
        relation: f"{urlsplit(target).path}?{urlsplit(target).query}".removeprefix("/openapi/v1")
        for target, relation in found
    }


def references(answer) -> list[str]:
    return [each["returnReferenceNumber"] for each in answer.json()["items"]]


@pytest.fixture
def five(vocabulary):
    return make_returns({"reference": f"R-{number}"} for number in range(5))


@pytest.mark.parametrize(
    "query",
    [
        "sort=reference&count=2",
        "sort=reference&COUNT=2&offset=0&source=",
        "dqb=" + quote("s=returnReferenceNumber&count=2&o=sw&p=returnReferenceNumber&v=R-"),
        "dqb=" + quote("?offset=0&count=2&s=returnReferenceNumber") + "&state=ReturnCreated",
        "sort=changed&count=2&include=tag",
    ],
)
def test_links_lead_through_all_pages_and_back(program, five, query):
    answer, seen = program.get(f"/Returns?{query}"), []
    assert links(answer).keys() == {"next"}
    while True:
        seen += references(answer)
        if "next" not in links(answer):
            break
        answer = program.get(links(answer)["next"])
    assert seen == [f"R-{number}" for number in range(5)]
    back = program.get(links(answer)["prev"])
    assert references(back) == ["R-2", "R-3"]
    assert references(program.get(links(back)["prev"])) == ["R-0", "R-1"]


def test_links_lead_along_cursors(program, five):
    answer, seen = program.get("/Returns?cursor=&count=2"), []
    while "next" in links(answer):
        seen += references(answer)
        answer = program.get(links(answer)["next"])
    assert [*seen, *references(answer)] == [f"R-{number}" for number in range(5)]
    # Who follows changes has always a next page.
    end = program.get(links(program.get("/Returns?cursor=&sort=changed"))["next"])
    assert (references(end), links(end).keys()) == ([], {"next"})


def test_a_first_page_that_is_shorter_overlaps_nothing(program, five):
    answer = program.get("/Returns?sort=reference&offset=1&count=3")
    assert references(program.get(links(answer)["prev"])) == ["R-0"]


def test_one_page_has_no_links(program, five):
    assert not program.get("/Returns").has_header("Link")
    assert not program.get("/Returns/R-1").has_header("Link")


def test_orders_have_links_too(program, five):
    make_returns({"sales_order_reference_number": f"RSO{number}"} for number in range(3))
    bring(*(an_order(f"RSO{number}") for number in range(3)))
    answer = program.get("/SalesOrders?count=2")
    assert len(program.get(links(answer)["next"]).json()["items"]) == 1


def test_the_limit_is_told_in_the_notation_of_the_draft(program, settings):
    settings.API_CALLS_PER_MINUTE = 2
    answers = [program.get("/Tags") for _ in range(3)]
    assert [answer["RateLimit-Policy"] for answer in answers] == ['"calls";q=2;w=60'] * 3
    told = [re.fullmatch(r'"calls";r=(\d);t=(\d+)', each["RateLimit"]) for each in answers]
    assert [each[1] for each in told] == ["1", "0", "0"]
    assert all(1 <= int(each[2]) <= 60 for each in told)
    assert [answer["x-remaining-calls"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].status_code == 429
    assert not program.get("/Tags", Authorization="x").has_header("RateLimit")
